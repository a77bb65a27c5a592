"""Postfix 3 as a peer: an inbound MX on a loopback port that delivers by LMTP (or SMTP) to another.

Own config, queue and data directories under a temporary one; no DNS, no chroot, no alias file. Local
delivery is for the names in `forwards` only: system users of Debian, each with his `.forward`. Takes mail for `domains` from anyone, relays for 127.0.0.1 when `open_relay`. Recipients
are checked against `recipients` when given (550 5.1.1 otherwise). `xclient` lets 127.0.0.1 use
XCLIENT. `options` are more main.cf settings. Needs root, as Postfix does, and Debian's user postfix.
Ports: smtp; submission and submissions (STARTTLS, TLS) when `submission`, without log-in unless
`log_in` names a Dovecot's `auth_socket`: then people send from the address they log in with.
"""
import os
import pathlib
import pwd
import shutil
import stat

from .. import maildir
from ..process import PeerError, run
from .base import Peer

MAIN = {
    "compatibility_level": "3.6", "mail_owner": "postfix", "setgid_group": "postdrop",
    "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4", "mynetworks": "127.0.0.0/8",
    "mydestination": "", "local_recipient_maps": "", "alias_maps": "", "alias_database": "",
    "smtp_dns_support_level": "disabled", "lmtp_dns_support_level": "disabled",
    "smtp_host_lookup": "native", "lmtp_host_lookup": "native", "smtpd_peername_lookup": "no",
    "local_header_rewrite_clients": "", "biff": "no", "append_dot_mydomain": "no", "smtputf8_enable": "no", "mailbox_size_limit": "0",
    "message_size_limit": "104857600", "queue_minfree": "0", "strict_rfc821_envelopes": "yes",
    "minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "queue_run_delay": "1s",
    "transport_retry_time": "1s", "maximal_queue_lifetime": "1h", "in_flow_delay": "0s",
    "smtpd_error_sleep_time": "0s", "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_connection_count_limit": "0", "default_process_limit": "60",
    "enable_long_queue_ids": "yes", "smtpd_delay_reject": "yes",
    "smtp_line_length_limit": "0", "lmtp_line_length_limit": "0", "header_size_limit": "1000000",
    "smtpd_tls_security_level": "may", "smtp_tls_security_level": "may",
    "smtpd_sender_login_maps": "regexp:{ {/^(.*)$$/ $$1} }",
}

MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
{submission_lines}postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n {queue_look} 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
local unix - n n - - local
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""

SUBMISSION = """\
127.0.0.1:{submission} inet n - n - - smtpd
 -o smtpd_relay_restrictions=permit_mynetworks,reject -o smtpd_recipient_restrictions=
127.0.0.1:{submissions} inet n - n - - smtpd
 -o smtpd_tls_wrappermode=yes
 -o smtpd_relay_restrictions=permit_mynetworks,reject -o smtpd_recipient_restrictions=
"""

LOG_IN = """\
127.0.0.1:{submission} inet n - n - - smtpd
 -o smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes -o smtpd_sasl_auth_enable=yes
 -o smtpd_sasl_type=dovecot -o smtpd_sasl_path={auth_socket}
 -o smtpd_sender_restrictions=reject_sender_login_mismatch
 -o smtpd_relay_restrictions=permit_sasl_authenticated,reject -o smtpd_recipient_restrictions=
"""


class Postfix(Peer):
    name = "postfix"

    def __init__(self, domains, lmtp_port=None, smtp_port=None, recipients=None, xclient=False,
                 open_relay=False, submission=False, hostname="postfix.test.example", options=None,
                 maildirs=None, forwards=None, log_in=None, keep=False, queue_look=1):
        """Mail for `domains` goes to `lmtp_port` or `smtp_port` on loopback; or, with `maildirs` (local parts),
        into a Maildir per local part, see `stored`; with none of them it is accepted and discarded. What was deferred is
        looked at every `queue_look` seconds (Debian: 300)."""
        super().__init__(keep)
        self.domains, self.recipients, self.xclient = list(domains), recipients, xclient
        self.lmtp_port, self.smtp_port, self.open_relay = lmtp_port, smtp_port, open_relay
        self.hostname, self.options = hostname, dict(options or {})
        self.log_in, self.queue_look = log_in, queue_look
        self.port_names = ("smtp",) + (("submission", "submissions") if submission else ("submission",) if log_in else ())
        self.maildirs, self.mail = maildirs, self.directory / "mail"
        self.forwards = dict(forwards or {})  # local part -> text of the .forward
        self.config = self.directory / "etc"
        self.mail_log = self.directory / "log" / "mail.log"
        self._certificate = None

    def logs(self):
        return [self.log, self.mail_log]

    def configure(self):
        if os.geteuid() != 0:
            raise PeerError("Postfix can be started by root only")
        for name, owner in (("etc", "root"), ("data", "postfix"), ("queue", "root"), ("log", "root"), ("mail", "nobody")):
            path = self.directory / name
            path.mkdir(exist_ok=True)
            shutil.chown(path, owner, "root")
        self._certificate = self._certificate or self.certificate()
        lines = SUBMISSION.format(**self.ports) if "submissions" in self.ports else ""
        if self.log_in:
            lines = LOG_IN.format(auth_socket=self.log_in, **self.ports)
        self.write("etc/master.cf", MASTER.format(submission_lines=lines, queue_look=self.queue_look, **self.ports))
        self.write("etc/main.cf", "".join(f"{key} = {value}\n" for key, value in self.settings().items()))
        for name, text in self.forwards.items():
            self.write(f"forward/{name}", text)
            shutil.chown(self.directory / "forward" / name, name)
        self._make_queue()

    def settings(self):
        """main.cf as a dict."""
        if self.lmtp_port:
            transport = f"lmtp:inet:127.0.0.1:{self.lmtp_port}"
        elif self.smtp_port:
            transport = f"smtp:[127.0.0.1]:{self.smtp_port}"
        elif self.maildirs:
            transport = "virtual:"
        else:
            transport = "discard:"
        relay = "permit_mynetworks, " if self.open_relay else ""
        own = {
            "queue_directory": self.directory / "queue", "data_directory": self.directory / "data",
            "maillog_file": self.mail_log, "maillog_file_prefixes": self.directory,
            "myhostname": self.hostname, "mydomain": self.hostname, "relay_domains": ", ".join(self.domains),
            "relay_transport": transport, "default_transport": transport if self.open_relay else
            "error:5.1.2 no route outside the test",
            "smtpd_relay_restrictions": relay + "reject_unauth_destination",
            "smtpd_tls_cert_file": self._certificate.chain, "smtpd_tls_key_file": self._certificate.key,
        }
        if self.recipients is not None:
            listed = "".join(f" {{ {address} = OK }}," for address in self.recipients)
            own["relay_recipient_maps"] = f"inline:{{{listed.rstrip(',')} }}" if listed else "static:{}"
        if self.maildirs:
            kept = ", ".join(f"{{ {name}@{domain} = {name}/ }}" for name in self.maildirs for domain in self.domains)
            nobody = pwd.getpwnam("nobody")
            own |= {"virtual_mailbox_base": self.mail, "virtual_mailbox_limit": "0",
                    "virtual_mailbox_maps": f"inline:{{ {kept} }}",
                    "virtual_uid_maps": f"static:{nobody.pw_uid}", "virtual_gid_maps": f"static:{nobody.pw_gid}"}
        if self.forwards:
            local = "".join(f" {{ {name}@{domain} = local: }}," for name in self.forwards for domain in self.domains)
            own |= {"transport_maps": f"inline:{{{local.rstrip(',')} }}", "mailbox_transport": transport,
                    "myorigin": self.domains[0], "forward_path": self.directory / "forward" / "$user"}
        if self.xclient:
            own["smtpd_authorized_xclient_hosts"] = "127.0.0.0/8"
        return {**MAIN, **own, **self.options}

    def command(self):
        return [self._program("master"), "-c", self.config, "-d"]

    def queue(self):
        """The queue as `postqueue -p` prints it."""
        return run(["postqueue", "-c", self.config, "-p"], check=False).stdout.decode("utf-8", "replace")

    def stored(self, address):
        """With `maildirs`: the messages this recipient has, as bytes."""
        return maildir.stored(self.mail, address)

    def idle(self):
        """Whether nothing waits in its queue."""
        return "is empty" in self.queue()

    def flush(self):
        """Tries every deferred message now."""
        run(["postqueue", "-c", self.config, "-f"])

    def _program(self, name):
        # Not asked of postconf: that looks our host name up first, seconds where there is no DNS.
        for directory in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix"):
            path = pathlib.Path(directory) / name
            if path.exists():
                return path
        raise PeerError("Postfix is not installed")

    def _make_queue(self):
        queue = self.directory / "queue"
        for name in ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming",
                     "private", "saved", "trace"):
            (queue / name).mkdir(exist_ok=True)
            (queue / name).chmod(0o700)
            shutil.chown(queue / name, "postfix", "root")
        (queue / "pid").mkdir(exist_ok=True)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (queue / name).mkdir(exist_ok=True)
            shutil.chown(queue / name, "postfix", "postdrop")
            (queue / name).chmod(mode | (stat.S_ISVTX if name == "maildrop" else 0))
