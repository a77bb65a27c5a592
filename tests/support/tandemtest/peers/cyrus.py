"""Cyrus IMAP 3.6 as a peer: IMAP, IMAPS, POP3, LMTP, unpacked rather than installed.

Own imapd.conf and cyrus.conf; everything it writes is below the temporary directory; runs as
Debian's user `mail`. Passwords are checked by a saslauthd look-alike in the test process (the socket's
protocol is four counted strings), so no SASL database is needed. Mailboxes are made over IMAP as the admin.
`separator` is "/" (unixhierarchysep) or "."; the user's folders lie beside INBOX (altnamespace) or
below it with `prefix=True`.
"""
import os
import pathlib
import shutil
import struct

from .. import packages, probe
from ..process import PeerError
from .base import Peer, User
from .unix_server import UnixServer

PACKAGES = ("cyrus-imapd", "cyrus-pop3d", "cyrus-common", "libclamav12", "libical3", "libxapian30", "libzephyr4",
            "libwrap0", "libpcre3", "libjansson4", "libsasl2-2", "libsasl2-modules", "libpq5", "libldap-2.5-0",
            "libical3", "libcom-err2", "libkrb5-3", "libxml2", "libicu72", "libsqlite3-0", "libssl3", "zlib1g")
ADMIN = User("cyrus", "admin secret")

IMAPD = """\
configdirectory: {directory}/conf
partition-default: {directory}/spool
defaultpartition: default
admins: cyrus
cyrus_user: mail
servername: cyrus.test.example
unixhierarchysep: {unix}
altnamespace: {alt}
virtdomains: userid
defaultdomain: test.example
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {directory}/sasl.socket
sasl_mech_list: PLAIN LOGIN
allowplaintext: yes
tls_server_cert: {chain}
tls_server_key: {key}
tls_sessions_db_path: {directory}/conf/tls_sessions.db
duplicate_db_path: {directory}/conf/deliver.db
mboxname_lockpath: {directory}/conf/lock
proc_path: {directory}/conf/proc
sync_log: no
lmtp_downcase_rcpt: yes
expunge_mode: immediate
delete_mode: immediate
maxmessagesize: 104857600
popminpoll: 0
"""

CYRUS = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {directory}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {directory}/imapd.conf" listen="127.0.0.1:{imap}" prefork=1
  imaps cmd="{bin}/imapd -s -C {directory}/imapd.conf" listen="127.0.0.1:{imaps}" prefork=0
  pop3 cmd="{bin}/pop3d -C {directory}/imapd.conf" listen="127.0.0.1:{pop3}" prefork=0
  pop3s cmd="{bin}/pop3d -s -C {directory}/imapd.conf" listen="127.0.0.1:{pop3s}" prefork=0
  lmtp cmd="{bin}/lmtpd -a -C {directory}/imapd.conf" listen="127.0.0.1:{lmtp}" prefork=0
}}
"""


class Cyrus(Peer):
    name = "cyrus"
    port_names = ("imap", "imaps", "pop3", "pop3s", "lmtp")

    def __init__(self, users, separator="/", prefix=False, keep=False):
        super().__init__(keep)
        if os.geteuid() != 0:
            raise packages.Unavailable("Cyrus can be started by root only")
        self.root = packages.unpacked("cyrus", PACKAGES)
        self.users, self.separator, self.prefix = list(users), separator, prefix
        self._certificate, self._sasl, self._made = None, None, False

    def configure(self):
        self._certificate = self._certificate or self.certificate()
        self._sasl = self._sasl or SaslServer(self.directory / "sasl.socket", self.users + [ADMIN])
        for name in ("conf", "conf/db", "conf/proc", "conf/lock", "conf/socket", "conf/log", "spool", "run"):
            (self.directory / name).mkdir(exist_ok=True)
            shutil.chown(self.directory / name, "mail", "mail")
        shutil.chown(self.directory, "mail", "mail")
        shutil.chown(self._certificate.key, "mail", "mail")
        self.write("imapd.conf", IMAPD.format(
            directory=self.directory, unix="yes" if self.separator == "/" else "no",
            alt="no" if self.prefix else "yes", chain=self._certificate.chain, key=self._certificate.key))
        self.write("cyrus.conf", CYRUS.format(
            directory=self.directory, bin=self.root / "usr/lib/cyrus/bin", **self.ports))

    def command(self):
        return [self.root / "usr/lib/cyrus/bin/master", "-C", self.directory / "imapd.conf",
                "-M", self.directory / "cyrus.conf", "-p", self.directory / "run/master.pid",
                "-L", self.directory / "conf/log/master.log"]

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": packages.library_path(self.root),
                "CYRUS_VERBOSE": "1"}

    def launch(self):
        super().launch()
        if not self._made:
            with probe.imap(self, ADMIN) as client:
                for user in self.users:
                    self._make_mailbox(client, user)
            self._made = True

    def _make_mailbox(self, client, user):
        local = user.local if self.separator == "/" else user.local.replace(".", "^")
        status, answer = client.create(f'"user{self.separator}{local}@{user.domain}"')
        if status != "OK":
            raise PeerError(f"mailbox of {user.address}: {answer}")

    def stop(self):
        super().stop()
        if self._sasl:
            self._sasl.close()


class SaslServer(UnixServer):
    """Answers on a Unix socket as saslauthd does: user, password, service, realm in; OK or NO out."""

    def __init__(self, path: pathlib.Path, users):
        self._passwords = {user.address: user.password for user in users}
        super().__init__(path)

    def answer(self, stream):
        user, password, _service, realm = (_counted(stream) for _ in range(4))
        names = {user, f"{user}@{realm}" if realm and "@" not in user else user}
        good = any(self._passwords.get(name) == password for name in names)
        answer = b"OK" if good else b"NO"
        return struct.pack(">H", len(answer)) + answer


def _counted(stream):
    (length,) = struct.unpack(">H", stream.read(2))
    return stream.read(length).decode()
