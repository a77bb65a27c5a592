"""Real mail programs, run without a person: each function does one job and returns what it got.

`target` is anything with `host`, `tls_name`, `ports` and `ca_file` (a peer or `Tandemail`). Reading
functions give INBOX as a list of bytes with CRLF line ends, in no promised order; sending functions
return when the server has accepted. A program that fails raises PeerError with its own words. Each run
has a HOME of its own, so nothing of the machine's user is read or changed.
(mbsync is in `check`, Thunderbird's commands in `thunderbird`, imaplib/poplib/smtplib in `probe`.)
"""
import contextlib
import os
import re
import shutil
import signal

from . import canonical
from .peers.base import temporary_directory
from .process import PeerError, run

NEOMUTT_ADDS = (b"content-length", b"lines", b"status", b"x-status")
GETMAIL_ADDS = (b"x-getmail-retrieved-from-mailbox",)


@contextlib.contextmanager
def _home(name):
    directory = temporary_directory(name)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _environment(home, **more):
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "vt100", **more}


def _private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def _maildir(directory):
    for name in ("cur", "new", "tmp"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    return directory


def _read_maildir(directory):
    return [canonical.with_crlf(path.read_bytes()) for name in ("new", "cur")
            for path in sorted((directory / name).iterdir())]


def _without(data, names):
    header, empty, body = canonical.split(data)
    kept = [line for line in canonical.fields(header) if line.partition(b":")[0].lower() not in names]
    return b"".join(kept) + empty + body


# ---- curl --------------------------------------------------------------------------------------------
def curl(target, user, url, *options, data=None):
    """Runs curl with the log-in and trust of `target`; its standard output."""
    with _home("curl") as home:
        login = _private(home / "login", f'user = "{user.address}:{user.password}"\n') if user else None
        words = ["curl", "-sS", "--max-time", "30", "--cacert", target.ca_file]
        words += ["-K", login] if login else []
        if data is not None:
            path = home / "mail"
            path.write_bytes(data)
            options += ("-T", str(path))
        return run([*words, *options, url], env=_environment(home)).stdout


def curl_imap(target, user, uid, tls="imaps"):
    """One message of INBOX; `tls` "imaps", or "imap" with STARTTLS."""
    return curl(target, user, f"{tls}://{target.tls_name}:{target.ports[tls]}/INBOX/;UID={uid}", "--ssl-reqd")


def curl_pop3(target, user, number, tls="pop3s"):
    return curl(target, user, f"{tls}://{target.tls_name}:{target.ports[tls]}/{number}", "--ssl-reqd")


def curl_append(target, user, data, folder="INBOX"):
    curl(target, user, f"imaps://{target.tls_name}:{target.ports['imaps']}/{folder}", data=data)


def curl_smtp(target, data, sender, recipients, user=None, port="smtp", starttls=True):
    options = ["--mail-from", sender, *(word for to in recipients for word in ("--mail-rcpt", to))]
    scheme = "smtps" if port == "submissions" else "smtp"
    curl(target, user, f"{scheme}://{target.tls_name}:{target.ports[port]}", *options,
         *(["--ssl-reqd"] if starttls else []), data=data)


# ---- sending -----------------------------------------------------------------------------------------
def swaks(target, data, sender, recipients, user=None, port="smtp", starttls=True, mechanism="LOGIN",
          source=None):
    """Sends with swaks, from the loopback address `source`; its transcript as text."""
    with _home("swaks") as home:
        (home / "mail").write_bytes(data)
        words = ["swaks", "--server", target.host, "--port", target.ports[port], "--timeout", "30",
                 "--helo", "swaks.test.example", "--from", sender, "--to", ",".join(recipients),
                 "--data", f"@{home / 'mail'}"]
        words += ["--tls-on-connect"] if port == "submissions" else ["--tls"] if starttls else []
        words += ["--local-interface", source] if source else []
        if user:
            config = _private(home / "config", f"--auth {mechanism}\n--auth-user {user.address}\n"
                                               f"--auth-password {user.password}\n")
            words += ["--config", config]
        return run(words, env=_environment(home)).stdout.decode("utf-8", "replace")


# ---- fetching ----------------------------------------------------------------------------------------
def fetchmail(target, user, protocol="imap", implicit=True):
    """Takes INBOX with fetchmail (nothing deleted); only what was not seen before it looks. TLS, or
    STARTTLS and STLS unless `implicit`."""
    port = target.ports[protocol + ("s" if implicit else "")]
    tls = "ssl sslcertck" if implicit else "sslproto TLS1.2+ sslcertck"
    with _home("fetchmail") as home:
        _private(home / "rc",
                 f'poll "{target.tls_name}" protocol {protocol} port {port}\n'
                 f'  username "{user.address}" password "{user.password}" {tls}\n'
                 f'  sslcertfile "{target.ca_file}" fetchall keep no rewrite no forcecr pass8bits\n'
                 f'  mda "/bin/sh -c \'cat > $(mktemp {home}/mail.XXXXXX)\'"\n')
        done = run(["fetchmail", "-f", home / "rc", "--nosyslog", "-i", home / "ids", "--pidfile", home / "pid",
                    "--invisible"],
                   env=_environment(home), check=False)
        if done.returncode not in (0, 1):         # 1: there was no mail
            raise PeerError(f"fetchmail: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
        return [canonical.with_crlf(path.read_bytes()) for path in sorted(home.glob("mail.*"))]


def getmail(target, user, protocol="imap"):
    """Takes INBOX with getmail into a Maildir, nothing deleted. It folds header lines above 78
    characters anew: compare with `canonical.unfolded`. getmail 6.18 waits for a child of its own that has
    ended already when the child was quicker than its SIGCHLD handler; then it is run again."""
    for _ in range(4):
        done, found = _getmail_once(target, user, protocol)
        if done.returncode == 0:
            return found
        if not re.search(rb"waiting child pid \d+ timed out", done.stderr):
            break
    raise PeerError(f"getmail: exit {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")


def _getmail_once(target, user, protocol):
    kind = {"imap": "SimpleIMAPSSLRetriever", "pop3": "SimplePOP3SSLRetriever"}[protocol]
    with _home("getmail") as home:
        box = _maildir(home / "box")
        (home / ".getmail").mkdir()
        _private(home / ".getmail" / "getmailrc",
                 f"[retriever]\ntype = {kind}\nserver = {target.tls_name}\nport = {target.ports[protocol + 's']}\n"
                 f"username = {user.address}\npassword = {user.password}\nca_certs = {target.ca_file}\ntimeout = 10\n"
                 f"[destination]\ntype = Maildir\npath = {box}/\n"
                 "[options]\nread_all = true\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 0\n")
        words = ["getmail", "--getmaildir", home / ".getmail"]
        if os.geteuid() == 0:                     # getmail delivers nothing as root
            run(["chown", "-R", "nobody:nogroup", home])
            words = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *words]
        done = run(words, env=_environment(home), check=False)
        return done, [_without(data, GETMAIL_ADDS) for data in _read_maildir(box)]


# After STARTTLS its IMAP library reads and writes one TLS object from two threads. That goes wrong now and
# then, with Dovecot alone too: of 400 runs, eight at a time, 10 waited for ever, one broke off in a TLS
# error, one in a segmentation fault; one after the other on an idle machine, 21 of 40. On one processor: none of 40.
# Of 800 runs with TLS from the start, none.
OFFLINEIMAP_BREAKS = ("Failed to start TLS connection", "not finished within", f"exit -{signal.SIGSEGV:d}")
OFFLINEIMAP_BOUND = 30  # seconds; a run takes two on a busy machine


def offlineimap(target, user, implicit=True):
    """Synchronises everything with offlineimap; INBOX of the result. TLS, or STARTTLS: then in at most three goes."""
    for _ in range(2):
        try:
            return _offlineimap_once(target, user, implicit)
        except PeerError as error:
            if implicit or not any(sign in str(error) for sign in OFFLINEIMAP_BREAKS):
                raise
    return _offlineimap_once(target, user, implicit)


def _offlineimap_once(target, user, implicit):
    port = target.ports["imaps" if implicit else "imap"]
    tls = "ssl = yes" if implicit else "ssl = no\nstarttls = yes"
    with _home("offlineimap") as home:
        config = _private(
            home / "rc",
            "[general]\naccounts = a\nmetadata = %s/meta\n[Account a]\nlocalrepository = near\n"
            "remoterepository = far\n[Repository near]\ntype = Maildir\nlocalfolders = %s/mail\n"
            "[Repository far]\ntype = IMAP\nreadonly = true\nremotehost = %s\nremoteport = %s\nremoteuser = %s\n"
            "remotepass = %s\n%s\nsslcacertfile = %s\n" % (
                home, home, target.tls_name, port, user.address, user.password.replace("%", "%%"), tls,
                target.ca_file))
        one_processor = ["taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))]
        run([*one_processor, "offlineimap", "-c", config, "-o", "-u", "quiet", "-1"], env=_environment(home), bound=OFFLINEIMAP_BOUND)
        return _read_maildir(home / "mail" / "INBOX")


def neomutt(target, user, tls="imaps"):
    """Opens INBOX in neomutt, saves every message to a Maildir, leaves; under a terminal of `script`.
    `tls` "imaps", or "imap" with STARTTLS."""
    with _home("neomutt") as home:
        box = _maildir(home / "box")
        _private(home / "rc", "\n".join((
            f'set folder="{tls}://{target.tls_name}:{target.ports[tls]}/"', f'set imap_user="{user.address}"',
            f'set imap_pass="{user.password}"', f'set certificate_file="{target.ca_file}"',
            "set ssl_starttls=yes", "set ssl_force_tls=yes", "set ssl_usesystemcerts=no", "set spoolfile=+INBOX", "set imap_keepalive=0", "set timeout=1",
            "set confirmappend=no", "set confirmcreate=no", "set sleep_time=0", "set wait_key=no", "set mark_old=no",
            "set mbox_type=Maildir", "set quit=yes", "unset help", "set imap_peek=yes", "set delete=no", "",
            f'push "<tag-pattern>~A<enter><tag-prefix><copy-message>{box}<enter><quit>"', "")))
        run(["script", "-qefc", f"stty rows 40 cols 120; exec neomutt -n -F {home / 'rc'}", home / "screen"],
            env=_environment(home), bound=60)
        return [_without(data, NEOMUTT_ADDS) for data in _read_maildir(box)]
