"""The outside verifier: what is in a mailbox, compared with what must be there. None of it is ours.

Two ways to read: `read_imap(peer, user)` with imaplib, and `read_mbsync(peer, user)` through the
program mbsync into a Maildir. Both give {folder: [Found]}. `expected(mails, digest)` makes the same
from generated mail. `compare(wanted, found, …)` works on multisets per folder and returns a `Report`:
lost, doubled, unexpected, and changed (same message, other flags, keywords or INTERNALDATE).
`report.table()` is for people, `report.clean` for tests.

Folder names are relative to the personal namespace, "/" between levels, so that sides with different
prefixes compare. Command line: check.py --help; passwords in LEFT_PASSWORD and RIGHT_PASSWORD.
"""
import argparse
import collections
import dataclasses
import datetime
import imaplib
import os
import pathlib
import re
import shutil
import sys
import types

if not __package__:
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from tandemtest import canonical, probe                     # noqa: E402
from tandemtest.peers.base import User, temporary_directory   # noqa: E402
from tandemtest.process import run                          # noqa: E402

BATCH = 200                                                  # messages fetched per command
IGNORED_FLAGS = frozenset(("\\recent", "$hasattachment", "$hasnoattachment"))
MAILDIR_FLAGS = {"D": "\\draft", "F": "\\flagged", "R": "\\answered", "S": "\\seen", "T": "\\deleted"}


@dataclasses.dataclass(frozen=True)
class Found:
    """One message as a mailbox shows it. `flags` hold keywords too, lower case; `date` is in seconds
    since 1970, None where the way of reading does not say; `label` only helps people."""
    digest: str
    flags: frozenset
    date: int | None
    label: str = ""

    @property
    def state(self):
        return self.digest, self.flags, self.date


def expected(mails, digest=canonical.exact):
    """[Found] for generated mail (`mailgen.Mail`)."""
    return [Found(digest(mail.data), _flags(mail.flags + mail.keywords), int(mail.date.timestamp()),
                  f"#{mail.index} {mail.kind}") for mail in mails]


# ---- reading -----------------------------------------------------------------------------------------
def read_imap(peer, user, digest=canonical.exact, port="imaps"):
    with probe.imap(peer, user, port) as client:
        return {name: _read_folder(client, raw, digest) for name, raw in folders(client)}


def folders(client, command="list"):
    """[(name relative to the namespace, the server's own quoted name)] of all selectable folders ("lsub": subscribed ones)."""
    prefix, _ = _namespace(client)
    found = []
    for line in getattr(client, command)()[1]:
        if line is None:
            continue                         # no folder at all
        if isinstance(line, tuple):          # a name sent as a literal
            flags_and_separator, name = line[0], line[1].decode()
        else:
            match = re.fullmatch(rb'(\(.*?\) (?:"(?:\\.|[^"])*"|NIL)) (.*)', line)
            flags_and_separator, name = match.group(1), _unquote(match.group(2).decode())
        if b"\\noselect" in flags_and_separator.lower() or b"\\nonexistent" in flags_and_separator.lower():
            continue
        separator = re.search(rb'"(\\?.)"$|NIL$', flags_and_separator.split(b"{")[0].strip())
        separator = separator.group(1)[-1:].decode() if separator and separator.group(1) else "/"
        short = name[len(prefix):] if prefix and name.startswith(prefix) else name
        found.append((short.replace(separator, "/"), _quote(name)))
    return found


def _namespace(client):
    if b"NAMESPACE" not in client.capability()[1][0].split():     # asked again: more after log-in
        return "", "/"
    answer = client.namespace()[1][0] or b""
    match = re.match(rb'\(\("((?:\\.|[^"])*)" "(\\?.)"', answer)
    return (match.group(1).decode(), match.group(2)[-1:].decode()) if match else ("", "/")


def _read_folder(client, raw, digest):
    if client.select(raw, readonly=True)[0] != "OK":
        raise imaplib.IMAP4.error(f"cannot open {raw}")
    uids = client.uid("SEARCH", "ALL")[1][0].split()
    found = []
    for start in range(0, len(uids), BATCH):
        batch = b",".join(uids[start:start + BATCH])
        answer = client.uid("FETCH", batch, "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]
        found += messages(answer, digest)
    if len(found) != len(uids):
        raise imaplib.IMAP4.error(f"{raw}: {len(uids)} messages, {len(found)} fetched")
    return found


def messages(answer, digest):
    """[Found] from imaplib's answer to FETCH (UID FLAGS INTERNALDATE BODY.PEEK[])."""
    found = []
    for position, part in enumerate(answer):
        if not isinstance(part, tuple):
            continue
        after = answer[position + 1] if position + 1 < len(answer) else b""
        attributes = part[0] + (after if isinstance(after, bytes) else b"")
        flags = _flags(flag.decode() for flag in imaplib.ParseFlags(attributes))
        found.append(Found(digest(part[1]), flags, _internal_date(attributes), _label(part[1])))
    return found


def _internal_date(attributes):
    text = re.search(rb'INTERNALDATE "([^"]+)"', attributes).group(1).decode().strip()
    return int(datetime.datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").timestamp())


def read_mbsync(peer, user, digest=canonical.exact, implicit=True):
    """The second opinion. mbsync keeps standard flags and dates; keywords it does not carry. TLS, or
    STARTTLS unless `implicit`."""
    directory = temporary_directory("mbsync")
    try:
        fetch_with_mbsync(peer, user, directory, implicit)
        return {_maildir_name(path, directory): _read_maildir(path, digest)
                for path in sorted(directory.rglob("cur"))}
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def fetch_with_mbsync(peer, user, directory, implicit=True):
    """Runs mbsync once, everything into Maildirs under `directory` (which gets its state too)."""
    config = directory / "mbsyncrc"
    config.write_text(
        f"IMAPStore far\nHost {peer.tls_name}\nPort {peer.ports['imaps' if implicit else 'imap']}\n"
        f"User {user.address}\nPassCmd \"cat {directory}/password\"\nSSLType {'IMAPS' if implicit else 'STARTTLS'}\nCertificateFile {peer.ca_file}\n"
        f"SystemCertificates no\nTimeout 30\n\n"
        f"MaildirStore near\nPath {directory}/mail/\nInbox {directory}/mail/INBOX\nSubFolders Verbatim\n\n"
        "Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync Pull\nCopyArrivalDate yes\n"
        "SyncState *\n")
    (directory / "password").write_text(user.password)
    (directory / "mail").mkdir(exist_ok=True)
    return run(["mbsync", "-c", config, "-q", "all"], bound=300)


def _maildir_name(cur, directory):
    return str(cur.parent.relative_to(directory / "mail"))


def _read_maildir(cur, digest):
    found = []
    for path in sorted(cur.parent.glob("cur/*")) + sorted(cur.parent.glob("new/*")):
        info = path.name.partition(":2,")[2]
        data = _without_tuid(path.read_bytes())
        found.append(Found(digest(data), frozenset(MAILDIR_FLAGS[c] for c in info if c in MAILDIR_FLAGS),
                           int(path.stat().st_mtime), _label(data)))
    return found


def _without_tuid(data):
    return re.sub(rb"^X-TUID: [^\n]*\n", b"", data, count=1, flags=re.MULTILINE)


# ---- comparing ---------------------------------------------------------------------------------------
@dataclasses.dataclass
class Report:
    """`rows`: (folder, what, label) per difference; `counts`: folder → (wanted, found)."""
    counts: dict
    rows: list

    @property
    def clean(self):
        return not self.rows

    def of(self, what):
        return [row for row in self.rows if row[1] == what]

    def table(self, limit=40):
        lines = [f"{'folder':<32}{'wanted':>8}{'found':>8}{'lost':>7}{'doubled':>9}{'extra':>7}{'changed':>9}"]
        for folder, (wanted, found) in sorted(self.counts.items()):
            tally = collections.Counter(row[1] for row in self.rows if row[0] == folder)
            lines.append(f"{folder:<32}{wanted:>8}{found:>8}{tally['lost']:>7}{tally['doubled']:>9}"
                         f"{tally['unexpected']:>7}{tally['changed']:>9}")
        lines += [f"  {folder}: {what}: {label}" for folder, what, label in self.rows[:limit]]
        if len(self.rows) > limit:
            lines.append(f"  … and {len(self.rows) - limit} more")
        return "\n".join(lines)


def compare(wanted, found, flags=True, dates=True, keywords=True, doubtful=frozenset()):
    """Both are {folder: [Found]}; an empty folder and a missing one are the same. `doubtful`: digests
    of which one more copy than wanted is no fault (see `Manifest.doubtful`)."""
    report = Report({}, [])
    for folder in sorted(set(wanted) | set(found)):
        left, right = wanted.get(folder, []), found.get(folder, [])
        if not left and not right:
            continue
        report.counts[folder] = (len(left), len(right))
        report.rows += _compare_folder(folder, left, right, (flags, dates, keywords), doubtful)
    return report


def _compare_folder(folder, wanted, found, what, doubtful):
    rows = []
    left, right = _by_digest(wanted), _by_digest(found)
    for digest in left.keys() | right.keys():
        have, see = left.get(digest, []), right.get(digest, [])
        name = (have or see)[0].label
        rows += [(folder, "lost", name)] * (len(have) - len(see))
        surplus = len(see) - len(have) - (digest in doubtful)
        rows += [(folder, "doubled" if have else "unexpected", name)] * surplus
        rows += [(folder, "changed", f"{name}: {words}") for words in _changes(have, see, *what)]
    return rows


def _changes(wanted, found, flags, dates, keywords):
    """Differences in what is not the bytes, after pairing off what agrees."""
    def state(message):
        kept = message.flags if keywords else {flag for flag in message.flags if flag.startswith("\\")}
        return (tuple(sorted(kept)) if flags else (), message.date if dates else None)
    want, see = collections.Counter(map(state, wanted)), collections.Counter(map(state, found))
    for a, b in zip((want - see).elements(), (see - want).elements()):
        if a[0] != b[0]:
            yield f"flags {' '.join(a[0]) or '-'} became {' '.join(b[0]) or '-'}"
        if a[1] != b[1]:
            yield f"date {a[1]} became {b[1]}"


def _by_digest(messages):
    grouped = {}
    for message in messages:
        grouped.setdefault(message.digest, []).append(message)
    return grouped


def _flags(words):
    return frozenset(word.lower() for word in words) - IGNORED_FLAGS


def _label(data):
    """The story's own id where the message has one, else its subject."""
    text = canonical.field(data, b"x-story-id") or canonical.field(data, b"subject") or b"(no subject)"
    return text[:60].decode("ascii", "replace")


def _unquote(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _quote(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    parser = argparse.ArgumentParser(description="Compare two mailboxes over IMAPS, as outsiders see them.")
    for side in ("left", "right"):
        parser.add_argument(f"--{side}", required=True, metavar="USER@HOST:PORT", help="log-in name may hold @")
        parser.add_argument(f"--{side}-ca", required=True)
    parser.add_argument("--transit", action="store_true", help="ignore trace headers")
    options = parser.parse_args()
    digest = canonical.in_transit if options.transit else canonical.exact
    boxes = []
    for side in ("left", "right"):
        login, _, place = getattr(options, side).rpartition("@")
        host, _, port = place.rpartition(":")
        peer = types.SimpleNamespace(host=host, tls_name=host, ports={"imaps": int(port)}, ca_file=getattr(options, side + "_ca"))
        boxes.append(read_imap(peer, User(login, os.environ[f"{side.upper()}_PASSWORD"]), digest))
    report = compare(*boxes)
    print(report.table())
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
