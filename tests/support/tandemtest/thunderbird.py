"""The IMAP commands Thunderbird sends in an ordinary session, replayed over one TLS socket.

`session(target, user, sent)` logs in, lists, selects with CONDSTORE, fetches flags and headers,
idles, marks, copies, moves, appends `sent` to Sent, expunges, closes, and logs out. Each tagged
answer must be OK where Thunderbird relies on it; else PeerError with the dialogue so far (the log-in
left out). Returns {step: untagged answers as bytes}.
"""
import base64
import re
import socket

from . import probe
from .process import PeerError

HEADERS = ("From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To "
           "Content-Type Reply-To")


class Connection:
    """One IMAP connection that knows tags, literals and nothing else."""

    def __init__(self, target):
        raw = socket.create_connection((target.host, target.ports["imaps"]), timeout=probe.BOUND)
        self.socket = probe.tls_context(target).wrap_socket(raw, server_hostname=target.tls_name)
        self.stream = self.socket.makefile("rb")
        self.dialogue, self.number = [], 0
        self.greeting = self.response()

    def close(self):
        self.stream.close()
        self.socket.close()

    def response(self):
        """One response with its literals, as bytes."""
        whole = b""
        while True:
            line = self.stream.readline()
            if not line.endswith(b"\r\n"):
                raise PeerError("connection closed in: " + self.told())
            whole += line
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            if not literal:
                self.dialogue.append("S: " + whole[:200].decode("utf-8", "replace"))
                return whole
            whole += self.stream.read(int(literal.group(1)))

    def command(self, text, secret=False, literal=None):
        """Sends a command, with one literal at its end if given; (status, [untagged])."""
        tag = self.begin(text, secret)
        if literal is not None:
            return self.finish(tag, lambda: literal + b"\r\n")
        return self.finish(tag)

    def begin(self, text, secret=False):
        self.number += 1
        tag = str(self.number)
        self.dialogue.append("C: " + ("(log-in)" if secret else f"{tag} {text}"))
        self.socket.sendall(f"{tag} {text}\r\n".encode())
        return tag.encode() + b" "

    def finish(self, tag, on_continuation=None):
        untagged = []
        while True:
            response = self.response()
            if response.startswith(tag):
                return response.split(b" ", 2)[1].decode(), untagged
            if response.startswith(b"+"):
                self.socket.sendall(on_continuation())
            else:
                untagged.append(response)

    def told(self):
        return "\n".join(line.rstrip() for line in self.dialogue[-30:])


def session(target, user, sent, sent_folder="Sent", trash_folder="Trash"):
    """INBOX must hold two messages or more: one is copied and deleted, one is moved to the trash."""
    connection = Connection(target)
    answers = {}

    def step(name, text, need="OK", **more):
        status, untagged = connection.command(text, **more)
        answers[name] = b"".join(untagged)
        if need and status != need:
            raise PeerError(f"{name}: {status}\n{connection.told()}")
        return answers[name]

    try:
        step("capability", "CAPABILITY")
        plain = base64.b64encode(f"\0{user.address}\0{user.password}".encode())
        status, _ = connection.finish(connection.begin("AUTHENTICATE PLAIN", secret=True), lambda: plain + b"\r\n")
        if status != "OK":
            raise PeerError(f"log-in: {status}")
        able = step("capability after log-in", "CAPABILITY").split()
        if b"ID" in able:
            step("id", 'ID ("name" "Thunderbird" "version" "115.0")')
        if b"NAMESPACE" in able:
            step("namespace", "NAMESPACE")
        if b"ENABLE" in able and b"CONDSTORE" in able:
            step("enable", "ENABLE CONDSTORE")
        step("list", 'LIST (SUBSCRIBED) "" "*" RETURN (SPECIAL-USE)' if b"LIST-EXTENDED" in able else 'LSUB "" "*"')
        step("list inbox", 'LIST "" "INBOX"')
        step("select", 'SELECT "INBOX" (CONDSTORE)' if b"CONDSTORE" in able else 'SELECT "INBOX"')
        _work_in_inbox(step, able, sent_folder, trash_folder)
        if b"IDLE" in able:
            tag = connection.begin("IDLE")
            status, untagged = connection.finish(tag, lambda: b"DONE\r\n")
            answers["idle"] = b"".join(untagged)
            if status != "OK":
                raise PeerError(f"idle: {status}\n{connection.told()}")
        step("append", f'APPEND "{sent_folder}" (\\Seen) {{{len(sent)}}}', literal=sent)
        step("status", f'STATUS "{sent_folder}" (UIDNEXT MESSAGES UNSEEN RECENT)')
        step("expunge", "EXPUNGE")
        step("close", "CLOSE")
        step("logout", "LOGOUT")
    finally:
        connection.close()
    return answers


def _work_in_inbox(step, able, sent_folder, trash_folder):
    flags = step("flags", "UID FETCH 1:* (FLAGS)")
    uids = [int(uid) for uid in re.findall(rb"UID (\d+)", flags)]
    if len(uids) < 2:
        raise PeerError(f"INBOX holds {len(uids)} messages, two are needed")
    step("headers", f"UID FETCH {uids[0]}:{uids[-1]} (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS ({HEADERS})])")
    step("structure", f"UID FETCH {uids[0]} (BODYSTRUCTURE)")
    step("body", f"UID FETCH {uids[0]} (UID RFC822.SIZE BODY[])")
    step("seen", f"UID STORE {uids[0]} +FLAGS (\\Seen)")
    step("label", f"UID STORE {uids[0]} +FLAGS ($label1)")
    step("copy", f'UID COPY {uids[0]} "{sent_folder}"')
    step("delete", f"UID STORE {uids[0]} +FLAGS (\\Deleted \\Seen)")
    if b"MOVE" in able:
        step("move", f'UID MOVE {uids[1]} "{trash_folder}"')
    else:
        step("copy to trash", f'UID COPY {uids[1]} "{trash_folder}"')
        step("delete the original", f"UID STORE {uids[1]} +FLAGS (\\Deleted)")
    step("noop", "NOOP")
