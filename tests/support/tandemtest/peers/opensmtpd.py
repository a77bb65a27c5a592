"""OpenSMTPD as a peer: an inbound MX on a loopback port that keeps mail in Maildirs, one per local part.

Unpacked rather than installed (it excludes Postfix), in a view of its own (`view`): it has its users, its
spool, its socket and its helpers' paths compiled in. Debian 12's 6.8.0p2 takes a bare line feed for a line's
end everywhere, so LF.CRLF and LF.LF end a message: the most vulnerable backend there is. Port: smtp.
Needs root.
"""
import os
import shutil

from .. import maildir, packages, view
from .base import Peer

PACKAGES = ("opensmtpd", "libevent-2.1-7", "libdb5.3")
KEEPER = "keeper"
CONFIG = """\
table takers {{ "@" = {keeper} }}
listen on 127.0.0.1 port {smtp} hostname opensmtpd.test.example
action "keep" maildir "{directory}/mail/%{{rcpt.user}}" virtual <takers>
match from any for domain {{ {domains} }} action "keep"
"""


class OpenSmtpd(Peer):
    name = "opensmtpd"
    port_names = ("smtp",)

    def __init__(self, domains, keep=False):
        super().__init__(keep)
        view.check()
        self.root = packages.unpacked("opensmtpd", PACKAGES)
        self.domains, self.mail = list(domains), self.directory / "mail"

    def configure(self):
        binds, ids = view.accounts(self.directory, ["opensmtpd", "opensmtpq", KEEPER])
        for name in ("spool/smtpd", "lib/opensmtpd/empty", "run", "mail"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "spool/smtpd").chmod(0o711)
        for name in ("mail", "home"):
            shutil.chown(self.directory / name, ids[KEEPER], ids[KEEPER])
        self.write("smtpd.conf", CONFIG.format(
            directory=self.directory, keeper=KEEPER,
            domains=", ".join(f'"{domain}"' for domain in self.domains), **self.ports))
        self._binds = {**binds, "/var/spool": self.directory / "spool", "/var/lib": self.directory / "lib",
                       "/run": self.directory / "run", "/usr/libexec": self.root / "usr/libexec"}

    def command(self):
        return view.command(self._binds, [self.root / "usr/sbin/smtpd", "-d", "-f", self.directory / "smtpd.conf"])

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": packages.library_path(self.root)}

    def stored(self, address):
        return maildir.stored(self.mail, address)

    def idle(self):
        """Whether nothing waits in its queue."""
        spool = self.directory / "spool/smtpd"
        return not any(path.is_file() for name in ("incoming", "queue") for path in (spool / name).rglob("*"))
