"""Dovecot 2.3 as a peer: IMAP, POP3, LMTP, ManageSieve-less Sieve and optionally submission.

Users are a passwd-file with plain passwords, so that every mechanism works (PLAIN, LOGIN, CRAM-MD5,
SCRAM-SHA-256, APOP). With `introspection`, XOAUTH2 and OAUTHBEARER are offered too, and that URL is asked whose a
token is (../token_server.py). Ports: imap, imaps, pop3, pop3s, lmtp, and submission with `relay`. TLS with a
certificate of the peer's own authority; plain text log-in is allowed on loopback.

`storage` is "maildir" or "mdbox"; `prefix` and `separator` shape the one personal namespace, e.g.
prefix "INBOX." with separator "." like Courier. `vacation` gives each user a Sieve script that
answers every sender, `sieve` ({address: text}) one of its own. `master` is a master user (log in as `user*master`).
As root it runs as Debian's dovecot/dovenull users and mail belongs to nobody; else as the caller.
"""
import getpass
import os
import pathlib
import shutil

from ..process import run
from .base import Peer, User

CONFIG = """\
base_dir = {directory}/run
state_dir = {directory}/state
log_path = /dev/stderr
log_timestamp = "%H:%M:%S "
auth_verbose = yes
login_log_format_elements = user=<%u> method=%m rip=%r %c
protocols = {protocols}
listen = 127.0.0.1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_uid = {mail_user}
mail_gid = {mail_group}
mail_home = {directory}/mail/%d/%n
mail_location = {location}
mail_attachment_dir =
mail_fsync = never
mail_max_userip_connections = 1000
recipient_delimiter = +
lda_mailbox_autocreate = yes
postmaster_address = postmaster@localhost
hostname = dovecot.test.example
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-256 apop
auth_master_user_separator = *
auth_failure_delay = 0
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
namespace inbox {{
  inbox = yes
  prefix = {prefix}
  separator = {separator}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
}}
{master_passdb}passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {directory}/users
  override_fields = home={directory}/mail/%d/%n
}}
protocol imap {{
  imap_id_send = "name" *
}}
protocol lmtp {{
  mail_plugins = {lmtp_plugins}
}}
plugin {{
  sieve = file:~/sieve;active=~/active.sieve
  sieve_vacation_min_period = 0
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  service_count = 0
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""

SUBMISSION = """\
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_relay_trusted = yes
service submission-login {{
  chroot =
  service_count = 0
  inet_listener submission {{
    port = {submission}
  }}
}}
"""

AUTH_SOCKET = """\
service auth {{
  unix_listener {path} {{
    mode = 0666
  }}
}}
"""

MASTER = """\
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {directory}/masters
  master = yes
  result_success = continue
}}
"""

OAUTH = """\
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}}
"""

OAUTH_LOOKUP = """\
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""

VACATION = """\
require ["vacation"];
vacation :days 0 :subject "Away" "I am away.";
"""


class Dovecot(Peer):
    name = "dovecot"

    def __init__(self, users, storage="maildir", prefix="", separator="/", relay=None, vacation=False,
                 sieve=None, master=None, extra="", introspection=None, keep=False):
        """`relay`: port of an SMTP server that takes what users submit. `extra`: more configuration,
        read last, so it overrides. `auth_socket`: where a Postfix may ask for log-ins."""
        super().__init__(keep)
        self.users = list(users)
        self.storage, self.prefix, self.separator = storage, prefix, separator
        self.relay, self.master, self.extra = relay, master, extra
        self.introspection = introspection
        self.auth_socket = self.directory / "auth-postfix"
        self.sieve = dict.fromkeys((user.address for user in users), VACATION) if vacation else dict(sieve or {})
        self.port_names = ("imap", "imaps", "pop3", "pop3s", "lmtp") + (("submission",) if relay else ())
        self._certificate = None

    def configure(self):
        root = os.geteuid() == 0
        caller = getpass.getuser()
        self._certificate = self._certificate or self.certificate()
        protocols = "imap pop3 lmtp" + (" submission" if self.relay else "")
        location = {"maildir": "maildir:~/Maildir", "mdbox": "mdbox:~/mdbox"}[self.storage]
        text = CONFIG.format(
            directory=self.directory, protocols=protocols, location=location,
            internal="dovecot" if root else caller, login="dovenull" if root else caller,
            group="dovecot" if root else caller, mail_user="nobody" if root else caller,
            mail_group="nogroup" if root else caller, chain=self._certificate.chain,
            key=self._certificate.key, prefix=self.prefix, separator=self.separator,
            lmtp_plugins="$mail_plugins sieve" if self.sieve else "$mail_plugins",
            master_passdb=MASTER.format(directory=self.directory) if self.master else "", **self.ports)
        if self.relay:
            text += SUBMISSION.format(relay=self.relay, **self.ports)
        text += AUTH_SOCKET.format(path=self.auth_socket)
        if self.introspection:
            text += OAUTH.format(directory=self.directory)
            self.write("oauth2.conf", OAUTH_LOOKUP.format(url=self.introspection))
        self.write("dovecot.conf", text + self.extra)
        if self.master:
            self.write("masters", f"{self.master.address}:{{PLAIN}}{self.master.password}\n")
        self.write_users()
        self._make_mail_directory()

    def command(self):
        return ["dovecot", "-F", "-c", self.directory / "dovecot.conf"]

    def write_users(self):
        """Writes the user list; Dovecot sees a change by itself."""
        lines = (f"{user.address}:{{PLAIN}}{user.password}::::::\n" for user in self.users)
        self.write("users", "".join(lines))

    def add_user(self, address, password):
        user = User(address, password)
        self.users.append(user)
        self.write_users()
        self._make_home(user)
        return user

    def home(self, user):
        return self.directory / "mail" / user.domain / user.local

    def doveadm(self, *arguments, data=None, check=True, bound=60):
        """Runs doveadm on this instance; returns its standard output as text."""
        done = run(["doveadm", "-c", self.directory / "dovecot.conf", *arguments], data=data, check=check, bound=bound)
        return done.stdout.decode("utf-8", "replace")

    def save(self, user, data, mailbox="INBOX"):
        """Puts one message (bytes) into a mailbox of `user`, made when missing."""
        name = mailbox if mailbox == "INBOX" else self.prefix + mailbox.replace("/", self.separator)
        self.doveadm("mailbox", "create", "-u", user.address, name, check=False)
        self.doveadm("save", "-u", user.address, "-m", name, data=data)

    def _make_mail_directory(self):
        (self.directory / "mail").mkdir(exist_ok=True)
        _give_to_mail_user(self.directory / "mail")
        for user in self.users:
            self._make_home(user)

    def _make_home(self, user):
        home = self.home(user)
        home.mkdir(parents=True, exist_ok=True)
        script = home / "active.sieve"
        if user.address in self.sieve and not script.exists():
            script.write_text(self.sieve[user.address])
        for path in (home.parent, home, *home.glob("*.sieve")):
            _give_to_mail_user(path)


def _give_to_mail_user(path: pathlib.Path):
    if os.geteuid() == 0:
        shutil.chown(path, "nobody", "nogroup")
