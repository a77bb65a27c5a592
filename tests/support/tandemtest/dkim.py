"""DKIM signatures for tests (RFC 6376), simple/simple: the verifier must be told each byte as it is.

The key and the signature are made by the `openssl` command; nothing here verifies: that is the peers' part.
"""
import base64
import hashlib
import pathlib

from .process import run


class Signer:
    def __init__(self, directory, domain, selector="test"):
        self.domain, self.selector = domain, selector
        self._key = pathlib.Path(directory) / f"{selector}.{domain}.pem"
        run(["openssl", "genrsa", "-out", self._key, "2048"])
        public = run(["openssl", "rsa", "-in", self._key, "-pubout", "-outform", "DER"]).stdout
        self.record = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"

    @property
    def name(self):
        """The DNS name of `record`."""
        return f"{self.selector}._domainkey.{self.domain}"

    def sign(self, message, names=("From", "To", "Subject")):
        """`message` has CRLF line ends, each of `names` once, not folded, and a body that does not end with empty lines."""
        head, _, body = message.partition(b"\r\n\r\n")
        lines = {line.partition(b":")[0].lower(): line for line in head.split(b"\r\n")}
        body_hash = base64.b64encode(hashlib.sha256(body).digest()).decode()
        field = (f"DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d={self.domain}; s={self.selector};\r\n"
                 f"\th={':'.join(names)};\r\n\tbh={body_hash};\r\n\tb=").encode()
        signed = b"".join(lines[name.lower().encode()] + b"\r\n" for name in names) + field
        signature = run(["openssl", "dgst", "-sha256", "-sign", self._key], data=signed).stdout
        return field + base64.b64encode(signature) + b"\r\n" + message
