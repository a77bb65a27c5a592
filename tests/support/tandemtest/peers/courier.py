"""Courier IMAP 5.0 and POP3 as a peer: imap, imaps, pop3, pop3s, over Maildirs.

Unpacked rather than installed (its packages begin daemons with fixed ports and bring a competitor for Postfix), in a
view of its own (`view`): the path of the socket where it asks for log-ins is compiled in. What answers there is an
authdaemond look-alike in the test process (a request is a few lines of text), so no user database is needed.
Folders lie below "INBOX." with the separator ".", as always with Courier. Needs root; mail belongs to nobody.

What it does in its own way: no LITERAL+, no CONDSTORE, no SPECIAL-USE; keywords only as IMAP_KEYWORDS=1 has them; RENAME and
DELETE of a folder take 2 s each, a wrong password 5 s. POP3 wraps a message with bytes above 127 in its header into one
that says "Cannot display Unicode content" unless the client says UTF8 before it logs in (IMAP gives it as it is).
"""
import os
import pathlib
import pwd
import shutil

from .. import packages, view
from .base import Peer
from .unix_server import UnixServer

PACKAGES = ("courier-imap", "courier-pop", "courier-base", "courier-authlib", "libcourier-unicode4", "gamin", "libgamin0",
            "libglib2.0-0", "libidn12", "libgdbm6")
SECURE = ("imaps", "pop3s")
# Debian's own settings; kept apart for the two protocols because they share names.
COMMON = {"MAILDIRPATH": "Maildir", "TLS_VERIFYPEER": "NONE", "TLS_TRUSTCERTS": "/etc/ssl/certs/ca-certificates.crt"}
IMAP = {
    "IMAP_CAPABILITY": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE",
    "IMAP_CAPABILITY_TLS": "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA "
                           "IDLE AUTH=PLAIN",
    "IMAP_KEYWORDS": "1", "IMAP_ACL": "1", "IMAP_IDLE_TIMEOUT": "60", "IMAP_MAILBOX_SANITY_CHECK": "1",
    "IMAP_CHECK_ALL_FOLDERS": "0", "IMAP_OBSOLETE_CLIENT": "0", "IMAP_USELOCKS": "1", "IMAP_ENHANCEDIDLE": "0",
    "IMAP_TRASHFOLDERNAME": "Trash", "IMAP_EMPTYTRASH": "Trash:7", "IMAP_MOVE_EXPUNGE_TO_TRASH": "0",
    "IMAP_STARTTLS": "YES", "IMAP_TLS_REQUIRED": "0", "IMAP_UMASK": "022"}
POP3 = {"POP3AUTH": "PLAIN LOGIN", "POP3AUTH_TLS": "PLAIN LOGIN", "POP3_STARTTLS": "YES"}


class Courier(Peer):
    name = "courier"
    port_names = ("imap", "imaps", "pop3", "pop3s")
    prefix, separator = "INBOX.", "."

    def __init__(self, users, keep=False, per_address=1000):
        """`per_address`: MAXPERIP, connections of one port from one address; who comes too many is hung up on."""
        super().__init__(keep)
        view.check()
        self.root = packages.unpacked("courier", PACKAGES)
        self.users, self.per_address = list(users), per_address
        self._certificate, self._daemon = None, None

    def configure(self):
        self._certificate = self._certificate or self.certificate()
        accounts, ids = view.accounts(self.directory, ["courier"])      # who talks TLS
        pem = self.write("courier.pem", self._certificate.key.read_text() + self._certificate.chain.read_text(), 0o600)
        shutil.chown(pem, ids["courier"], ids["courier"])
        place = self.directory / "run/courier/authdaemon"
        place.mkdir(parents=True, exist_ok=True)
        self._daemon = self._daemon or AuthDaemon(place / "socket", self.users, self.directory / "mail")
        for user in self.users:
            self._make_maildir(user)
        listeners = [self._listener(name, port, pem) for name, port in self.ports.items()]
        # Watches folders for the IMAP server, which else tries for a second at each log-in to start it.
        watcher = f"setpriv --reuid nobody --regid nogroup --clear-groups {self.root}/usr/libexec/gam_server --notimeout " \
                  f"{self.directory.name}"
        self.write("serve.sh", "".join(f"{one} &\n" for one in [watcher, *listeners]) + "wait\n")
        self._binds = {**accounts, "/run": self.directory / "run"}

    def _listener(self, name, port, pem):
        secure, imap = name in SECURE, name.startswith("imap")
        library = self.root / "usr/lib/courier/courier"
        settings = {**COMMON, **(IMAP if imap else POP3), "TLS_CERTFILE": pem,
                    "COURIERTLS": self.root / "usr/bin/couriertls"}
        if secure:
            settings["IMAP_TLS" if imap else "POP3_TLS"] = "1"
        log_in = ([library / "imaplogin", self.root / "usr/bin/imapd"] if imap
                  else [library / "courierpop3login", library / "courierpop3d"])
        words = ["env", *(f"'{key}={value}'" for key, value in settings.items()),
                 self.root / "usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=1000", f"-maxperip={self.per_address}",
                 "-nodnslookup", "-noidentlookup", port,
                 *([self.root / "usr/bin/couriertls", "-server", "-tcpd", "-user=courier"] if secure else []), *log_in, "Maildir"]
        return " ".join(str(word) for word in words)

    def command(self):
        return view.command(self._binds, ["sh", self.directory / "serve.sh"])

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": packages.library_path(self.root), "GAM_CLIENT_ID": self.directory.name}

    def home(self, user):
        return self.directory / "mail" / user.domain / user.local

    def _make_maildir(self, user):
        home = self.home(user)
        for name in ("cur", "new", "tmp"):
            (home / "Maildir" / name).mkdir(parents=True, exist_ok=True)
        self.own(home)

    @staticmethod
    def own(place):
        """Gives everything below `place` to those who read mail."""
        for path in (place, *place.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")

    def stop(self):
        super().stop()
        if self._daemon:
            self._daemon.close()


class AuthDaemon(UnixServer):
    """Answers on a Unix socket as Courier's authdaemond does: AUTH with service, "login", user and password, one a
    line; the account's attributes up to a single dot, or FAIL."""

    def __init__(self, path: pathlib.Path, users, mail):
        self._passwords = {user.address: user.password for user in users}
        self._mail, self._owner = mail, pwd.getpwnam("nobody")
        super().__init__(path)

    def answer(self, stream):
        line = stream.readline()
        while b"=" in line:                          # of the client: TCPREMOTEIP=…
            line = stream.readline()
        command, length = line.split()
        _service, kind, name, password = stream.read(int(length)).decode().split("\n")[:4]
        good = command == b"AUTH" and kind == "login" and self._passwords.get(name) == password
        return self._attributes(name).encode() if good else b"FAIL\n"

    def _attributes(self, name):
        local, _, domain = name.partition("@")
        lines = (f"UID={self._owner.pw_uid}", f"GID={self._owner.pw_gid}",
                 f"HOME={self._mail}/{domain}/{local}", f"ADDRESS={name}", ".")
        return "".join(line + "\n" for line in lines)
