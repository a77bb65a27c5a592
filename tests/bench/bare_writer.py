"""What a target accepts: a writer that has all messages in memory, and nothing to read, record or check.

Per account one connection (IMAP over TLS), MULTIAPPEND of a hundred messages or 4 MiB with LITERAL+, everything sent
before the first answer is looked at (RFC 3502, RFC 7888).
"""
import imaplib
import itertools

from tandemtest.probe import imap

MESSAGES, BYTES = 100, 4 * 1024 * 1024      # of one command
FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen"}


def load(maildir, folder):
    """[the message's part of a command], in the order of arrival."""
    path = maildir if folder == "INBOX" else maildir / ("." + folder.replace("/", "."))
    files = sorted((path / "cur").iterdir(), key=lambda file: int(file.name.partition(".M")[2].partition(".")[0]))
    return [part(file) for file in files]


def part(file):
    data = file.read_bytes().replace(b"\n", b"\r\n")
    flags = " ".join(FLAGS[letter] for letter in file.name.rpartition(",")[2] if letter in FLAGS)
    date = imaplib.Time2Internaldate(file.stat().st_mtime)
    return f" ({flags}) {date} {{{len(data)}+}}\r\n".encode() + data


def commands(parts):
    """Lists of parts, each as much as one command holds."""
    batch, size = [], 0
    for one in parts:
        if batch and (len(batch) == MESSAGES or size + len(one) > BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one)
    if batch:
        yield batch


def write(peer, user, folders):
    """`folders`: {name: parts}."""
    with imap(peer, user) as client:
        for name in folders:
            if name != "INBOX":
                client.create(f'"{name}"')
        tags = itertools.count()
        for name, parts in folders.items():
            for batch in commands(parts):
                client.sock.sendall(b'W%d APPEND "%s"' % (next(tags), name.encode()) + b"".join(batch) + b"\r\n")
        for number in range(next(tags)):
            answer = client.readline()
            while not answer.startswith(b"W"):
                answer = client.readline()
            if not answer.startswith(b"W%d OK" % number):
                raise RuntimeError(f"the target says {answer}")
