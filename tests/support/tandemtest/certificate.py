"""A certificate authority for one test run: keys and certificates made by the openssl program.

`Authority(directory)` makes a root; `issue(names)` a server certificate for DNS
names and addresses (EC P-256: fast to make, and every peer takes it).
Nothing leaves the directory, nothing is trusted by the machine: clients are told `authority.file`.
"""
import collections
import ipaddress
import pathlib

from .process import run

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
Certificate = collections.namedtuple("Certificate", "chain key")


class Authority:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file, self._key = self.directory / "ca.pem", self.directory / "ca.key"
        run(["openssl", "req", "-x509", *NEW_KEY, "-nodes",
             "-keyout", self._key, "-out", self.file, "-days", "30", "-subj", "/CN=Tandemail test root"])

    def issue(self, names=("localhost", "127.0.0.1")):
        """A chain file and a key file (PEM) valid for `names`; the first is the subject."""
        stem = self.directory / names[0]
        request, chain, key = (pathlib.Path(f"{stem}.{end}") for end in ("csr", "pem", "key"))
        extensions = pathlib.Path(f"{stem}.ext")
        extensions.write_text("subjectAltName=" + ",".join(map(_alternative_name, names)) + "\n")
        run(["openssl", "req", "-new", *NEW_KEY, "-nodes", "-keyout", key, "-out", request,
             "-subj", f"/CN={names[0]}"])
        run(["openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key,
             "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", chain])
        return Certificate(chain, key)


def _alternative_name(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
