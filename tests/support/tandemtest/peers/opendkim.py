"""OpenDKIM as a verifying milter on a Unix-domain socket. `records` is its DNS: {name: TXT record}."""
from .. import process
from .base import Peer

CONFIG = """\
Background no
Mode v
Socket local:{socket}
InternalHosts 192.0.2.254
AlwaysAddARHeader yes
TestPublicKeys {directory}/keys
Syslog no
"""


class OpenDkim(Peer):
    name = "opendkim"

    def __init__(self, records, keep=False):
        super().__init__(keep)
        self.records = dict(records)
        self.socket = self.directory / "opendkim.sock"

    @property
    def address(self):
        return f"unix:{self.socket}"

    def configure(self):
        self.socket.unlink(missing_ok=True)
        self.write("keys", "".join(f"{name} {text}\n" for name, text in self.records.items()))
        self.write("opendkim.conf", CONFIG.format(directory=self.directory, socket=self.socket))

    def command(self):
        return ["/usr/sbin/opendkim", "-f", "-x", self.directory / "opendkim.conf"]

    def launch(self):
        super().launch()
        process.until(self.socket.exists, process.START_BOUND, "opendkim's socket", self.process)
