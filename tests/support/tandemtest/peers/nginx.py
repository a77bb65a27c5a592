"""nginx as a mail proxy in front of another peer: IMAP, POP3 and SMTP with log-in at the proxy.

The auth_http service is ours: a small HTTP server in the test process that asks `route(user,
protocol)` and answers with host and port of the backend (always the address log-in, password as
given). Ports: imap, imaps, pop3, pop3s, smtp; the backend is spoken to without TLS, as nginx does.

For measuring, `backend` (host, port) lets nginx answer auth_http itself, always with that address and
with one worker per core; with `backend_ca` its stream module adds TLS on the way there.
"""
import getpass
import http.server
import os
import threading

from .base import Peer

CONFIG = """\
{modules}daemon off;
master_process on;
worker_processes {workers};
user {user};
pid {directory}/nginx.pid;
error_log {directory}/output.log notice;
events {{ worker_connections 32768; }}
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
  server {{ listen 127.0.0.1:{smtp}; protocol smtp; starttls on; {smtp_front} }}
}}
"""
OWN_AUTH = """\
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{auth};
    location / {{
      add_header Auth-Status OK;
      add_header Auth-Server {host};
      add_header Auth-Port {port};
      return 200;
    }}
  }}
}}
"""
ADD_TLS = """\
stream {{
  server {{
    listen 127.0.0.1:{plain};
    proxy_pass {host}:{port};
    proxy_timeout 1h;
    proxy_ssl on;
    proxy_ssl_verify on;
    proxy_ssl_name localhost;
    proxy_ssl_trusted_certificate {ca};
  }}
}}
"""


class Nginx(Peer):
    name = "nginx"
    port_names = ("imap", "imaps", "pop3", "pop3s", "smtp")
    modules = "/usr/lib/nginx/modules"

    def __init__(self, route, backend=None, backend_ca=None, mx=False, keep=False, workers=None):
        """`route(user, protocol)` → (host, port), or None to refuse; protocol is imap, pop3 or smtp.
        `mx`: smtp is for anybody, without a log-in, and the backend is told of each by XCLIENT."""
        super().__init__(keep)
        self.smtp_front = "smtp_auth none; xclient on;" if mx else "xclient off;"
        self.route, self.backend, self.backend_ca = route, backend, backend_ca
        self.workers = workers or (os.cpu_count() if backend else 1)
        self._auth, self._certificate = None, None
        if backend:
            self.port_names += ("auth", "plain") if backend_ca else ("auth",)

    def configure(self):
        self._certificate = self._certificate or self.certificate()
        ports, more = dict(self.ports), ""
        if self.backend:
            more = self._own_parts()
        else:
            self._auth = self._auth or _start_auth_server(self.route)
            ports["auth"] = self._auth.server_address[1]
        needed = ["mail", "stream"] if self.backend_ca else ["mail"]
        self.write("nginx.conf", CONFIG.format(
            directory=self.directory, workers=self.workers,
            modules="".join(f"load_module {self.modules}/ngx_{name}_module.so;\n" for name in needed),
            user="nobody nogroup" if os.geteuid() == 0 else getpass.getuser(),
            smtp_front=self.smtp_front, chain=self._certificate.chain, key=self._certificate.key, **ports) + more)

    def _own_parts(self):
        host, port = self.backend
        if not self.backend_ca:
            return OWN_AUTH.format(host=host, port=port, auth=self.ports["auth"])
        return (OWN_AUTH.format(host="127.0.0.1", port=self.ports["plain"], auth=self.ports["auth"])
                + ADD_TLS.format(host=host, port=port, ca=self.backend_ca, plain=self.ports["plain"]))

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
