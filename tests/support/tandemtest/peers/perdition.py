"""perdition, the old hand among IMAP proxies: one process per session, in front of another peer. For measuring.

Port: imaps. Everybody goes to `backend` (host, port), with TLS on the way there whose certificate is checked (not its
name: perdition looks at the common name alone).
"""
import os
import shutil

from .base import Peer


class Perdition(Peer):
    name = "perdition"
    port_names = ("imaps",)

    def __init__(self, backend, backend_ca, keep=False):
        super().__init__(keep)
        self.backend, self.backend_ca, self._certificate = backend, backend_ca, None

    def configure(self):
        self._certificate = self._certificate or self.certificate()
        if os.geteuid() == 0:
            shutil.chown(self._certificate.key, "nobody", "nogroup")

    def command(self):
        host, port = self.backend
        return ["/usr/sbin/perdition", "--no_daemon", "--log_facility", "+", "--quiet", "--protocol", "IMAP4S", "--pid_file", "",
                "--config_file", "/dev/null", "--bind_address", "127.0.0.1", "--listen_port", self.ports["imaps"],
                "--outgoing_server", f"{host}:{port}", "--map_library", "", "--no_lookup", "--server_resp_line",
                "--username", "nobody", "--group", "nogroup", "--ssl_mode", "ssl_listen,ssl_outgoing",
                "--ssl_cert_file", self._certificate.chain, "--ssl_key_file", self._certificate.key,
                "--ssl_ca_file", self.backend_ca, "--ssl_no_cn_verify", "--ssl_no_client_cert_verify"]
