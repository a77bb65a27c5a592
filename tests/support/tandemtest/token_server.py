"""An OAuth token server for tests (RFC 6749, RFC 7523), and the introspection by which a
Dovecot asks whose a token is.

`TokenServer(directory)` listens on loopback in this process: `url` is where tokens are asked for (HTTPS,
with its authority named as Tandemail's settings take it), `introspection` where Dovecot asks (HTTP).
`clients`: {id: secret} of applications, whose tokens open `opens`; `refresh`: {refresh token: address}; with
`rotates` each is good for one use. `service_keys`: {email: public key file} of service accounts. `granted` are the
tokens given so far, {token: address}.
"""
import base64
import http.server
import json
import secrets
import ssl
import threading
import urllib.parse

from . import certificate
from .process import run
from .serving import Serving

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Refused(Exception):
    """RFC 6749 5.2: code and description."""


class TokenServer(Serving):
    def __init__(self, directory, lasts=3600):
        self.directory, self.lasts = directory, lasts
        self.clients, self.opens, self.service_keys = {}, None, {}
        self.refresh, self.rotates, self.granted, self.asked = {}, False, {}, []
        self._lock = threading.Lock()
        authority = certificate.Authority(directory / "token-server")
        issued = authority.issue()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.chain, issued.key)
        self._servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler()) for _ in range(2)]
        self._servers[0].socket = context.wrap_socket(self._servers[0].socket, server_side=True)
        ports = [server.server_address[1] for server in self._servers]
        self.url = f"https://localhost:{ports[0]}/token?ca={authority.file}"
        self.introspection = f"http://127.0.0.1:{ports[1]}/introspect"

    def revoke_all(self):
        with self._lock:
            self.granted.clear()

    # ---- what it answers --------------------------------------------------------------------------
    def _answer(self, path, form):
        with self._lock:
            if path.startswith("/introspect"):
                owner = self.granted.get(form.get("token"))
                return 200, {"active": True, "username": owner} if owner else {"active": False}
            self.asked.append(form.get("grant_type"))
            try:
                return 200, self._grant(form)
            except Refused as refused:
                code, description = refused.args
                return 401 if code == "invalid_client" else 400, {"error": code, "error_description": description}

    def _grant(self, form):
        kind = form.get("grant_type")
        answer = {"token_type": "Bearer", "expires_in": self.lasts}
        if kind == "client_credentials":
            self._check_client(form)
            owner = self.opens
        elif kind == "refresh_token":
            self._check_client(form)
            owner = self.refresh.get(form["refresh_token"])
            if owner is None:
                raise Refused("invalid_grant", "Token has been expired or revoked.")
            if self.rotates:
                del self.refresh[form["refresh_token"]]
                answer["refresh_token"] = secrets.token_urlsafe(200)
                self.refresh[answer["refresh_token"]] = owner
        elif kind == JWT_BEARER:
            owner = self._subject(form["assertion"])
        else:
            raise Refused("unsupported_grant_type", "")
        answer["access_token"] = secrets.token_urlsafe(300)
        self.granted[answer["access_token"]] = owner
        return answer

    def _check_client(self, form):
        if self.clients.get(form.get("client_id")) != form.get("client_secret"):
            raise Refused("invalid_client", "AADSTS7000215: Invalid client secret provided. Ensure the secret being "
                          "sent in the request is the client secret value, not the client secret ID.")

    def _subject(self, assertion):
        head, claims, signature = assertion.split(".")
        told = json.loads(_decode(claims))
        (self.directory / "signed").write_text(f"{head}.{claims}")
        (self.directory / "signature").write_bytes(_decode(signature))
        key = self.service_keys.get(told["iss"])
        if key is None or run(["openssl", "dgst", "-sha256", "-verify", key, "-signature", self.directory / "signature",
                               self.directory / "signed"], check=False).returncode:
            raise Refused("invalid_grant", "Invalid JWT Signature.")
        if told["aud"] != self.url.partition("?")[0] or told["exp"] - told["iat"] > 3600:
            raise Refused("invalid_grant", "Invalid JWT")
        return told["sub"]

    def _handler(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = dict(urllib.parse.parse_qsl(body))
                status, answer = outer._answer(self.path, form)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        return Handler


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
