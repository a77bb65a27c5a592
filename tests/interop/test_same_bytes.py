"""The same conversation with a server directly and through the proxy gives the same bytes after the log-in.

Two people with the same mail at one real server: one is spoken for directly, the other through Tandemail, command for
command, first from a written list (literals, pipelining, IDLE, errors), then from random ones, cut into pieces anywhere.
What differs by nature (names, UIDVALIDITY, times, queue ids) is made equal before the answers are compared.
TANDEM_STREAMS (default 12) says how many random conversations each protocol gets, TANDEM_SEED (default 1) which.

    test_same_bytes.py [Dovecot|Cyrus|Courier|Builtin]
"""
import base64
import os
import pathlib
import random
import re
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import mailgen, probe, seed                         # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Courier, Cyrus, Dovecot, Postfix, User   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
ANNA, BERT = User(f"anna@{DOMAIN}", "pass anna"), User(f"bert@{DOMAIN}", "pass bert")
STREAMS, SEED = int(os.environ.get("TANDEM_STREAMS", 12)), int(os.environ.get("TANDEM_SEED", 1))
LETTER = b"From: a@b.example\r\nSubject: =?utf-8?B?44GC?=\r\n\r\n" + b"".join(b"line %d\r\n" % n for n in range(40))
DATE = b'"24-Nov-2026 10:00:00 +0900"'


class Talk:
    """One TLS connection as bytes. `pieces`: a Random that cuts what is sent."""

    def __init__(self, peer, port, pieces=None):
        raw = socket.create_connection((peer.host, peer.ports[port]), timeout=probe.BOUND)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = raw
        if port in ("imaps", "pop3s"):
            self.secure(peer)
        self._pieces, self._unread, self.heard = pieces, b"", b""

    def secure(self, peer):
        self._socket = probe.tls_context(peer).wrap_socket(self._socket, server_hostname=peer.tls_name)

    def say_goodbye(self, data):
        """In one piece: Dovecot takes CR alone for the end of the line, closes, and an LF that comes then costs
        its answer now and then (1 of 500 with Dovecot alone)."""
        self._socket.sendall(data)

    def say(self, data):
        while self._pieces and len(data) > 1:
            cut = self._pieces.randint(1, min(len(data), 200))
            self._socket.sendall(data[:cut])
            data = data[cut:]
        self._socket.sendall(data)

    def line(self):
        while b"\n" not in self._unread:
            more = self._socket.recv(65536)
            if not more:
                self.heard += self._unread
                self._unread = b""
                raise EOFError
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        self.heard += line + b"\n"
        return line + b"\n"

    def until(self, *beginnings):
        """Reads lines up to one that begins so."""
        while True:
            line = self.line()
            if line.startswith(beginnings):
                return line

    def to_end(self):
        try:
            while True:
                self.line()
        except EOFError:
            self._socket.close()

    def forget(self):
        self.heard = b""


# ---- IMAP: a step is a list of (bytes, what the answer to them begins with, what it begins with when the rest is unwelcome)

def imap_list(way):
    """A written conversation; "@" stands before names of folders."""
    lines = [b"CAPABILITY", b"NOOP", b'LIST "" "*"', b'LIST "" ""', b"SELECT INBOX", b"FETCH 1:* (FLAGS UID RFC822.SIZE)",
             b"UID FETCH 1:* (INTERNALDATE ENVELOPE)", b"FETCH 1 BODYSTRUCTURE", b"FETCH 1:3 (BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])",
             b"FETCH 2 BODY[]", b"FETCH 2 BODY.PEEK[TEXT]<10.100>", b"FETCH 999 FLAGS", b"FETCH nonsense", b"NOSUCHCOMMAND x",
             b'SEARCH SUBJECT "a"', b"SEARCH 1:5 UNSEEN", b"UID SEARCH ALL", b"SEARCH CHARSET UTF-8 TEXT {3+}\r\nabc",
             b"STORE 1:2 +FLAGS (\\Seen \\Flagged)", b"STORE 3 FLAGS.SILENT (\\Answered)", b"STORE 1 -FLAGS (\\Flagged)",
             b"CREATE @Work", b"COPY 1:3 @Work", b'STATUS @Work (MESSAGES UIDNEXT UNSEEN)', b"SUBSCRIBE @Work", b'LSUB "" "*"',
             b"RENAME @Work @Done", b"SELECT @Done", b"STORE 1:* +FLAGS (\\Deleted)", b"EXPUNGE", b"CHECK", b"CLOSE", b"DELETE @Done",
             b"DELETE @Done", b"SELECT @Nowhere", b"FETCH 1 FLAGS", b"EXAMINE INBOX", b"UNSELECT", b"SELECT INBOX"]
    steps = [way.step(b"T%d " % n, line.replace(b"@", way.prefix)) for n, line in enumerate(lines)]
    size = b"%d" % len(LETTER)
    steps.append([(b"L1 APPEND INBOX (\\Seen) " + DATE + b" {" + size + b"}\r\n", b"+"), (LETTER + b"\r\n", b"L1 ")])
    steps.append(way.step(b"L2 ", b"APPEND INBOX " + DATE + b" {" + size + b"+}\r\n" + LETTER))
    steps.append(way.step(b"L3 ", b"APPEND " + way.prefix + b"Nowhere {" + size + b"+}\r\n" + LETTER))
    steps.append([(b"I1 IDLE\r\n", b"+"), (b"DONE\r\n", b"I1 ")])
    steps.append([(b"P1 NOOP\r\nP2 FETCH 1 FLAGS\r\nP3 FETCH 2 UID\r\nP4 NOOP\r\n", b"P4 ")])
    return steps


class Way:
    """How one speaks to a server."""

    def __init__(self, prefix=b"", literal_plus=True, pipelined=True):
        self.prefix, self.literal_plus, self.pipelined = prefix, literal_plus, pipelined

    def step(self, tag, command):
        if self.alone(command):
            head, _, literal = command.partition(b"+}\r\n")
            return [(tag + head + b"}\r\n", b"+", tag), (literal + b"\r\n", tag)]
        return [(tag + command + b"\r\n", tag)]

    def alone(self, command):
        """Whether the server has to be waited for in the middle."""
        return not self.literal_plus and b"+}\r\n" in command


def imap_random(dice, way):
    """A conversation of 15 to 40 steps."""
    steps, tag = [[(b"S0 SELECT INBOX\r\n", b"S0 ")]], 0
    for _ in range(dice.randint(15, 40)):
        lines, last, alone = b"", b"", []
        for _ in range(dice.choice((1, 1, 1, 2, 5)) if way.pipelined else 1):
            command = imap_command(dice, way.prefix)
            tag += 1
            name = b"R%d " % tag
            if way.alone(command):
                alone.append(way.step(name, command))
            else:
                lines, last = lines + name + command + b"\r\n", name
        steps += ([[(lines, last)]] if lines else []) + alone
    return steps


def imap_command(dice, prefix):
    first = dice.randint(1, 8)
    some = dice.choice((b"%d" % first, b"%d:%d" % (first, first + dice.randint(0, 6)), b"1:*", b"*", b"%d,%d" % (first, first + 2)))
    uid = dice.choice((b"", b"UID "))
    folder = dice.choice((b"INBOX", prefix + b"Work", prefix + b"Work2", b'"' + prefix + b'Two words"', prefix + b"Sent"))
    flag = dice.choice((b"\\Seen", b"\\Flagged", b"\\Answered", b"\\Deleted", b"\\Draft", b"$Forwarded", b"(\\Seen \\Flagged)"))
    size = b"%d" % len(LETTER)
    return dice.choice((
        lambda: uid + b"FETCH " + some + b" " + dice.choice((
            b"FLAGS", b"(UID FLAGS)", b"ALL", b"FAST", b"FULL", b"BODYSTRUCTURE", b"ENVELOPE", b"BODY.PEEK[]", b"BODY[1]",
            b"BODY.PEEK[HEADER]", b"BODY.PEEK[]<5.1000>", b"RFC822.HEADER", b"BODY.PEEK[TEXT]", b"INTERNALDATE")),
        lambda: uid + b"STORE " + some + b" " + dice.choice((b"+FLAGS ", b"-FLAGS ", b"FLAGS ", b"+FLAGS.SILENT ")) + flag,
        lambda: uid + b"SEARCH " + dice.choice((b"ALL", b"UNSEEN", b"DELETED", b"LARGER 1000", b"NOT SEEN", b"SUBJECT a", b"OR SEEN DELETED")),
        lambda: uid + b"COPY " + some + b" " + folder,
        lambda: b"SELECT " + folder, lambda: b"EXAMINE " + folder, lambda: b"CREATE " + folder,
        lambda: b"STATUS " + folder + b" (MESSAGES UIDNEXT UNSEEN)", lambda: b"EXPUNGE", lambda: b"NOOP", lambda: b"CHECK",
        lambda: b"APPEND " + folder + b" " + DATE + b" {" + size + b"+}\r\n" + LETTER,
        lambda: b"FETCH (", lambda: b"BOGUS", lambda: b'LIST "" %', lambda: b"SUBSCRIBE " + folder))()


POP3_LIST = (b"STAT", b"LIST", b"UIDL", b"LIST 2", b"UIDL 3", b"LIST 99", b"TOP 1 0", b"TOP 2 5", b"RETR 1", b"RETR 99", b"DELE 1", b"LIST 1",
             b"RETR 1", b"STAT", b"RSET", b"STAT", b"NOOP", b"NONSENSE", b"RETR", b"DELE 2", b"CAPA")
LONG = re.compile(rb"(?i)^(LIST|UIDL|TOP \d+ \d+|RETR \d+|CAPA)$")


def pop3_random(dice):
    number = lambda: b"%d" % dice.randint(0, 9)                     # noqa: E731
    return [dice.choice((lambda: b"STAT", lambda: b"LIST", lambda: b"UIDL", lambda: b"LIST " + number(), lambda: b"UIDL " + number(),
                         lambda: b"TOP " + number() + b" " + number(), lambda: b"RETR " + number(), lambda: b"DELE " + number(),
                         lambda: b"RSET", lambda: b"NOOP", lambda: b"XXXX"))() for _ in range(dice.randint(10, 30))] + [b"RSET"]


SMTP_LIST = (b"NOOP", b"RSET", b"MAIL FROM:<@USER@>", b"RCPT TO:<c@elsewhere.example>", b"DATA", LETTER + b".", b"MAIL FROM:<@USER@> SIZE=100",
             b"RCPT TO:<c@elsewhere.example>", b"RCPT TO:<broken", b"RSET", b"RCPT TO:<c@elsewhere.example>", b"DATA", b"NONSENSE",
             b"MAIL FROM:<>", b"MAIL FROM:<@USER@>", b"RSET", b"VRFY x")


class SameBytes:
    """`server()` starts the peer with ANNA and BERT; `ports` says what it speaks."""

    def setUp(self):
        self.peer = self.server()
        self.tandem = self.started(Tandemail([Migration("move", DOMAIN, side_of(self.peer), {"provider": "builtin"}, [
            {"address": user.address, "old_password": user.password} for user in (ANNA, BERT)],
            {"gateway": {"enabled": False}, **self.settings})]))
        for user in (ANNA, BERT):
            self.fill(user, Generator(5).mails(8))

    def fill(self, user, mails):
        seed.append(self.peer, user, mails)

    settings = {}
    way = Way()

    def started(self, peer):
        self.addCleanup(peer.stop)
        return peer.start()

    def both(self, port, log_in, converse, pieces=None):
        """What the two hear after the log-in, made equal."""
        heard = []
        for peer, user, cut in ((self.peer, ANNA, None), (self.tandem, BERT, pieces)):
            talk = Talk(peer, port, cut)
            log_in(talk, peer, user)
            talk.forget()
            converse(talk, user)
            heard.append(equal(talk.heard, user))
        return heard

    def compare(self, what, heard):
        direct, proxied = heard
        self.assertGreater(len(direct), 100)
        if direct != proxied:
            pairs = zip(direct.splitlines() + [b"(end)"], proxied.splitlines() + [b"(end)"])
            number, (ours, theirs) = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
            self.fail(f"{what}, line {number}:\n  directly  {ours!r}\n  proxied   {theirs!r}")

    def imap(self, what, steps, pieces=None):
        def converse(talk, _):
            for step in steps:
                for data, wanted, *others in step:
                    talk.say(data)
                    if not talk.until(wanted, *others).startswith(wanted):
                        break
            talk.say_goodbye(b"Z LOGOUT\r\n")
            talk.to_end()
        self.compare(what, self.both("imaps", imap_log_in, converse, pieces))

    def pop3(self, what, commands, pieces=None):
        def converse(talk, _):
            for command in commands:
                talk.say(command + b"\r\n")
                if talk.line().startswith(b"+OK") and LONG.match(command):
                    talk.until(b".\r\n")
            talk.say_goodbye(b"QUIT\r\n")
            talk.to_end()
        self.compare(what, self.both("pop3s", pop3_log_in, converse, pieces))

    def test_imap(self):
        self.imap("the list", imap_list(self.way))
        for number in range(STREAMS):
            dice = random.Random(f"imap {SEED + number}")
            self.imap(f"TANDEM_SEED={SEED + number}", imap_random(dice, self.way), random.Random(number))

    def test_pop3(self):
        self.pop3("the list", POP3_LIST)
        for number in range(STREAMS):
            dice = random.Random(f"pop3 {SEED + number}")
            self.pop3(f"TANDEM_SEED={SEED + number}", pop3_random(dice), random.Random(number))


def plain(user):
    return base64.b64encode(f"\0{user.address}\0{user.password}".encode())


# With SASL, as the proxy itself logs in: some servers list other capabilities after a LOGIN.
def imap_log_in(talk, _, user):
    talk.line()
    talk.say(b"A AUTHENTICATE PLAIN\r\n")
    talk.until(b"+")
    talk.say(plain(user) + b"\r\n")
    if not (answer := talk.until(b"A ")).startswith(b"A OK"):
        raise AssertionError(answer)


def pop3_log_in(talk, _, user):
    talk.line()
    talk.say(b"AUTH PLAIN\r\n")
    talk.until(b"+")
    talk.say(plain(user) + b"\r\n")
    if not (answer := talk.line()).startswith(b"+OK"):
        raise AssertionError(answer)


def smtp_log_in(talk, peer, user):
    talk.until(b"220 ")
    talk.say(b"EHLO client.example\r\n")
    talk.until(b"250 ")
    talk.say(b"STARTTLS\r\n")
    talk.until(b"220 ")
    talk.secure(peer)
    talk.say(b"EHLO client.example\r\n")
    talk.until(b"250 ")
    talk.say(b"AUTH PLAIN " + plain(user) + b"\r\n")
    if not (answer := talk.line()).startswith(b"235"):
        raise AssertionError(answer)


def equal(heard, user):
    """Without what differs between two people, two moments."""
    heard = heard.replace(user.address.encode(), b"USER").replace(user.local.encode() + b"\r\n", b"USER\r\n")
    for pattern, instead in ((rb"UIDVALIDITY \d+", b"UIDVALIDITY"), (rb"(APPENDUID|COPYUID) \d+", rb"\1"),
                             (rb"\bUID(\d+)-\d+\r", rb"UID\1\r"),     # UIDL of Courier: UID and UIDVALIDITY
                             (rb"\(\d+\.\d+ \+ [^)]*secs?\)", b"(time)"), (rb"\d+\.\d+ secs?\b", b"time"),
                             (rb" ?\\(Un)?[Mm]arked", b""),
                             (rb"queued as \w+", b"queued"), (rb"\d+ bytes queued", b"queued"), (rb"HIGHESTMODSEQ \d+", b"HIGHESTMODSEQ"),
                             (rb"MODSEQ \(\d+\)", b"MODSEQ"), (rb"MAILBOXID \([^)]*\)", b"MAILBOXID"),
                             (rb"SESSIONID=<[^>]*>", b"SESSIONID"), (rb"=_\d+-\d+", b"=_wrapped"),
                             (rb"^(\+OK \d+|\d+) ([0-9a-f]{16,}|\d+\.\d+)\r", rb"\1 uidl\r")):
        heard = re.sub(pattern, instead, heard, flags=re.MULTILINE)
    return heard


class DovecotTest(SameBytes, unittest.TestCase):
    way = Way(pipelined=False)       # it answers commands side by side, as their pieces happen to come

    def server(self):
        self.relay = self.started(Postfix(["elsewhere.example"]))
        return self.started(Dovecot([ANNA, BERT], relay=self.relay.ports["smtp"]))

    def test_submission(self):
        def converse(talk, user):
            for command in SMTP_LIST:
                talk.say(command.replace(b"@USER@", user.address.encode()) + b"\r\n")
                while talk.line()[3:4] == b"-":
                    pass
            talk.say(b"QUIT\r\n")
            talk.to_end()
        for pieces in (None, random.Random(1), random.Random(2)):
            self.compare("submission", self.both("submission", smtp_log_in, converse, pieces))


class CyrusTest(SameBytes, unittest.TestCase):
    def server(self):
        return self.started(Cyrus([ANNA, BERT]))


class CourierTest(SameBytes, unittest.TestCase):
    way = Way(prefix=b"INBOX.", literal_plus=False)

    def server(self):
        return self.started(Courier([ANNA, BERT]))

    def fill(self, user, mails):
        """As files: POP3 gives them in the order of their names, which are random for what IMAP appends within a second."""
        place = self.peer.home(user) / "Maildir"
        for mail in mails:
            mailgen.write_maildir(place, mail)
        self.peer.own(place)


class BuiltinTest(SameBytes, unittest.TestCase):
    def server(self):
        return self.started(Tandemail([], sections={"server": {"domains": DOMAIN}}, mailboxes=[ANNA, BERT]))


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
