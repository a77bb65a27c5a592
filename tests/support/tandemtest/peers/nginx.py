"""nginx as a mail proxy in front of another peer: IMAP, POP3 and SMTP with log-in at the proxy.

The auth_http service is ours: a small HTTP server in the test process that asks `route(user,
protocol)` and answers with host and port of the backend (always the address log-in, password as
given). Ports: imap, imaps, pop3, pop3s, smtp; the backend is spoken to without TLS, as nginx does.
"""
import getpass
import http.server
import os
import threading

from .base import Peer

CONFIG = """\
load_module {module};
daemon off;
master_process on;
worker_processes 1;
user {user};
pid {directory}/nginx.pid;
error_log {directory}/output.log notice;
events {{ worker_connections 4096; }}
mail {{
  server_name nginx.test.example;
  auth_http 127.0.0.1:{auth}/auth;
  proxy_pass_error_message on;
  ssl_certificate {chain};
  ssl_certificate_key {key};
  imap_capabilities IMAP4rev1 UIDPLUS IDLE NAMESPACE CONDSTORE SASL-IR;
  imap_auth plain login;
  pop3_auth plain;
  smtp_auth login plain;
  server {{ listen 127.0.0.1:{imap}; protocol imap; starttls on; }}
  server {{ listen 127.0.0.1:{imaps} ssl; protocol imap; }}
  server {{ listen 127.0.0.1:{pop3}; protocol pop3; starttls on; }}
  server {{ listen 127.0.0.1:{pop3s} ssl; protocol pop3; }}
  server {{ listen 127.0.0.1:{smtp}; protocol smtp; starttls on; xclient off; }}
}}
"""


class Nginx(Peer):
    name = "nginx"
    port_names = ("imap", "imaps", "pop3", "pop3s", "smtp")
    module = "/usr/lib/nginx/modules/ngx_mail_module.so"

    def __init__(self, route, keep=False):
        """`route(user, protocol)` → (host, port), or None to refuse; protocol is imap, pop3 or smtp."""
        super().__init__(keep)
        self.route, self._auth, self._certificate = route, None, None

    def configure(self):
        self._auth = self._auth or _start_auth_server(self.route)
        self._certificate = self._certificate or self.certificate()
        self.write("nginx.conf", CONFIG.format(
            directory=self.directory, module=self.module, auth=self._auth.server_address[1],
            user="nobody nogroup" if os.geteuid() == 0 else getpass.getuser(),
            chain=self._certificate.chain, key=self._certificate.key, **self.ports))

    def command(self):
        return ["nginx", "-p", self.directory, "-c", self.directory / "nginx.conf",
                "-e", self.directory / "output.log"]

    def stop(self):
        super().stop()
        if self._auth:
            self._auth.shutdown()
            self._auth.server_close()
            self._auth = None


def _start_auth_server(route):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):                                       # noqa: N802 (the library's name)
            target = route(self.headers.get("Auth-User", ""), self.headers.get("Auth-Protocol", ""))
            self.send_response(200)
            if target:
                self.send_header("Auth-Status", "OK")
                self.send_header("Auth-Server", target[0])
                self.send_header("Auth-Port", str(target[1]))
            else:
                self.send_header("Auth-Status", "Invalid login or password")
            self.end_headers()

        def log_message(self, *arguments):
            """Says nothing: the headers hold passwords."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
