"""HAProxy as a balancer in front of another peer: passes TCP on, with a PROXY header before it.

Its ports are those of `target` that are named, by the same names. `header` is how it says whose
connection it is: "send-proxy" (version 1), "send-proxy-v2", more server options after it, or "".
It connects from `source`, so that the target can tell it from who comes by itself.
"""
from .base import Peer

HEAD = """\
global
  maxconn 200
  nbthread 1
defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
"""
PORT = """\
listen {name}
  bind 127.0.0.1:{port}
  unique-id-format %[uuid()]
  source {source}
  server target {host}:{target} {header}
"""


class HAProxy(Peer):
    name = "haproxy"

    def __init__(self, target, names, header="send-proxy", source="127.0.0.2", keep=False):
        super().__init__(keep)
        self.target, self.port_names, self.header, self.source = target, tuple(names), header, source
        self.tls_name = target.tls_name

    @property
    def ca_file(self):
        return self.target.ca_file      # TLS is passed through

    def configure(self):
        ports = [PORT.format(name=name, port=port, source=self.source, header=self.header,
                             host=self.target.host, target=self.target.ports[name])
                 for name, port in self.ports.items()]
        self.write("haproxy.cfg", HEAD + "".join(ports))

    def command(self):
        return ["haproxy", "-db", "-f", self.directory / "haproxy.cfg"]
