"""T-08, T-09, T-10: SMTP smuggling through the gateway to servers that can be smuggled to.

test_smuggling.py [Postfix|Exim|OpenSmtpd]. Each backend is first shown to be vulnerable without us: for
the sequences in `ends_early` it takes what follows as commands and keeps a second message. Then every
sequence goes through the gateway, by DATA and by BDAT, with `bare_newlines` at repair and at refuse. What
the backend stored is read from its Maildirs: for each answer 250 one whole message, for each 5xx none,
and never one for the recipient whom only the smuggled commands name.
"""
import contextlib
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import maildir, packages, process                     # noqa: E402
from tandemtest.peers import Exim, OpenSmtpd, Postfix                 # noqa: E402
from tandemtest.raw_smtp import Relay, Session                        # noqa: E402
from tandemtest.tandem import Migration, Tandemail                    # noqa: E402

DOMAIN = "example.jp"
SMUGGLED = "smuggled"                       # the recipient of smuggled messages
SENDER = "attacker@partner.example"
SEQUENCES = {
    "LF.LF": b"\n.\n", "LF.CRLF": b"\n.\r\n", "CR.CR": b"\r.\r", "CRLF.LF": b"\r\n.\n", "CRLF.CR": b"\r\n.\r",
    "CR.CRLF": b"\r.\r\n", "CRLF.CRCRLF": b"\r\n.\r\r\n", "CRLF NUL . CRLF": b"\r\n\0.\r\n",
}
ONLY_BDAT = {"CRLF.CRLF": b"\r\n.\r\n"}     # text there, and the end in DATA
NEWLINES = {"crlf": b"\r\n", "lf": b"\n"}   # of the header: some servers go by the first line's end
COMMANDS = (f"MAIL FROM:<smuggler@evil.example>\r\nRCPT TO:<{SMUGGLED}@{DOMAIN}>\r\nDATA\r\n"
            "Subject: smuggled\r\n\r\nthe end of it\r\n").encode()


class Attempt:
    """One message: how it is sent, to a recipient of its own."""

    def __init__(self, number, way, sequence, newline):
        self.way, self.sequence, self.newline = way, sequence, newline
        self.local, self.code = f"case-{number}", None
        self.head = b"Subject: first" + NEWLINES[newline] * 2 + b"the beginning"

    def __str__(self):
        return f"{self.sequence} by {self.way}, header with {self.newline}"

    @property
    def recipient(self):
        return f"{self.local}@{DOMAIN}"

    def send(self, server):
        between = {**SEQUENCES, **ONLY_BDAT}[self.sequence]
        with Session(*server) as client:
            client.begin(SENDER, [self.recipient])
            if self.way == "DATA":
                self.code = client.data(self.head + between + COMMANDS + b".\r\n")
            elif self.way == "BDAT":
                self.code = client.bdat([self.head + between + COMMANDS])
            else:                           # the chunks meet within the sequence
                self.code = client.bdat([self.head + between[:1], between[1:] + COMMANDS])
            client.ask(b"QUIT")


def attempts():
    made = []
    for way in ("DATA", "BDAT", "BDAT in two"):
        for sequence in [*SEQUENCES, *(ONLY_BDAT if way != "DATA" else ())]:
            made += [Attempt(len(made) + place, way, sequence, newline) for place, newline in enumerate(NEWLINES)]
    return made


NAMES = [SMUGGLED, "last", "plain", *(one.local for one in attempts())]


class SmugglingTest:
    """For each backend. `ends_early`: {newline: sequences it takes for the end of a message}."""
    ends_early = {}

    def backend(self):
        raise NotImplementedError

    def start(self, stack, bare_newlines="repair"):
        """(backend, relay before it, gateway before that)."""
        try:
            backend = stack.enter_context(self.backend())
        except packages.Unavailable as error:
            self.skipTest(str(error))
        relay = stack.enter_context(Relay(backend.host, backend.ports["smtp"]))
        gateway = stack.enter_context(Tandemail([migration(relay)], sections={"smtp": {"bare_newlines": bare_newlines}}))
        return backend, relay, (gateway.host, gateway.ports["smtp"])

    def settle(self, backend, server):
        """All that was accepted so far is stored: a last message is, and nothing waits."""
        with Session(*server) as client:
            client.begin(SENDER, [f"last@{DOMAIN}"])
            self.assertEqual(client.data(b"Subject: last\r\n\r\nlast\r\n.\r\n"), 250)
        process.until(lambda: backend.stored(f"last@{DOMAIN}") and backend.idle(), 60, "all mail stored")

    def judge(self, backend, all_attempts):
        for one in all_attempts:
            stored = backend.stored(one.recipient)
            self.assertTrue(one.code == 250 or 500 <= one.code <= 599, f"{one}: {one.code}")
            self.assertEqual(len(stored), 1 if one.code == 250 else 0, f"{one}: {one.code}")
            for message in stored:
                self.assertIn(b"the beginning", message, str(one))
                self.assertIn(b"the end of it", message, str(one))
        kept = {one.local for one in all_attempts if one.code == 250} | {"last"}
        self.assertEqual(maildir.owners(backend.mail), kept)

    def judge_wire(self, relay, backend):
        """T-09. The relay heard as many messages as were stored, each clean."""
        contents = relay.contents()
        self.assertEqual(len(contents), len(list(backend.mail.glob("*/new/*"))))
        for content in contents:
            self.assertIsNone(re.search(rb"\r(?!\n)|(?<!\r)\n|\0", content), content)
            for line in content.split(b"\r\n"):
                self.assertFalse(line.startswith(b".") and not line.startswith(b".."), content)

    # ---- the tests --------------------------------------------------------------------------------
    def test_without_the_gateway_it_is_smuggled(self):
        try:
            peer = self.backend()
        except packages.Unavailable as error:
            self.skipTest(str(error))
        with peer as backend:
            server = (backend.host, backend.ports["smtp"])
            wanted = 0
            for newline, sequences in self.ends_early.items():
                for sequence in sequences:
                    wanted += 1
                    with self.subTest(sequence, newline=newline), Session(*server) as client:
                        client.begin(SENDER, [f"plain@{DOMAIN}"])
                        head = Attempt(0, "DATA", sequence, newline).head
                        self.assertEqual(client.data(head + SEQUENCES[sequence]), 250)
                        for line in COMMANDS.partition(b"Subject")[0].splitlines():
                            self.assertIn(client.ask(line)[0], (250, 354))
                        client.send(b"Subject: smuggled\r\n\r\nsmuggled\r\n.\r\n")
                        self.assertEqual(client.reply()[0], 250)
            self.settle(backend, server)
            self.assertEqual(len(backend.stored(f"{SMUGGLED}@{DOMAIN}")), wanted)

    def test_T08_repairing_one_message_arrives_or_none(self):
        """T-08, T-10."""
        with contextlib.ExitStack() as stack:
            backend, relay, server = self.start(stack)
            made = attempts()
            for one in made:
                one.send(server)
            self.settle(backend, server)
            self.judge(backend, made)
            self.judge_wire(relay, backend)
            # The repair is shown to happen, and the shapes to be refused.
            codes = {(one.way, one.sequence): one.code for one in made}
            self.assertEqual(codes["BDAT", "CRLF.CRLF"], 250)
            self.assertEqual(codes["DATA", "LF.CRLF"], 554)

    def test_T08_refusing_nothing_bare_arrives(self):
        """T-08, T-10."""
        with contextlib.ExitStack() as stack:
            backend, relay, server = self.start(stack, "refuse")
            made = attempts()
            for one in made:
                one.send(server)
            self.settle(backend, server)
            self.judge(backend, made)
            self.judge_wire(relay, backend)
            for one in made:
                clean = one.sequence in ONLY_BDAT and one.newline == "crlf"
                self.assertEqual(one.code, 250 if clean else 554, str(one))

    def test_T09_what_leaves_is_clean_and_stuffed(self):
        """T-09. Dots where lines begin, at every place around the edges of buffers, and after bare ones."""
        with contextlib.ExitStack() as stack:
            backend, relay, server = self.start(stack)
            sent = [b".begins: with a dot\r\n\r\n.\x2e\r\n..\r\n...\r\n"]
            for edge in (1_024, 4_096, 8_192, 16_384, 32_768, 65_536):
                filler = b"Subject: edge\r\n\r\n" + (b"x" * 62 + b"\r\n") * ((edge - 300) // 64)
                sent += [filler + b"y" * (edge - len(filler) - shift) + b"\r\n.dot\r\n" for shift in range(-4, 12)]
            sent.append(b"Subject: bare\r\n\r\na\rb\r.c\nd\n.e\r\n.f\r\n\0g\r\n\0.h\r\n")
            for content in sent:
                with Session(*server) as client:
                    client.begin(SENDER, [f"plain@{DOMAIN}"])
                    self.assertEqual(client.data(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
                                     if content is not sent[-1] else client.data(content + b".\r\n"), 250)
            self.settle(backend, server)
            self.judge_wire(relay, backend)
            wanted = [one.partition(b"\r\n\r\n")[2] for one in sent[:-1]] + [b"a b .c\r\nd\r\n.e\r\nf\r\n g\r\n .h\r\n"]
            found = [with_crlf(one).partition(b"\r\n\r\n")[2] for one in backend.stored(f"plain@{DOMAIN}")]
            self.assertEqual(sorted(found), sorted(wanted))


class PostfixTest(SmugglingTest, unittest.TestCase):
    ends_early = {"crlf": ("LF.LF", "LF.CRLF", "CRLF.LF", "CRLF.CRCRLF")}

    def backend(self):
        """As before 2023: bare line feeds end lines, anybody may pipeline anything."""
        return Postfix([DOMAIN], maildirs=NAMES, options={"smtpd_forbid_bare_newline": "no",
                                                          "smtpd_forbid_unauth_pipelining": "no"})


class EximTest(SmugglingTest, unittest.TestCase):
    ends_early = {"lf": ("LF.LF", "LF.CRLF", "CRLF.LF")}

    def backend(self):
        return Exim([DOMAIN], NAMES)


class OpenSmtpdTest(SmugglingTest, unittest.TestCase):
    ends_early = {"crlf": ("LF.LF", "LF.CRLF", "CRLF.LF"), "lf": ("LF.LF", "LF.CRLF", "CRLF.LF")}

    def backend(self):
        return OpenSmtpd([DOMAIN])


def migration(relay):
    """One side is enough: nobody is in the account list, so everybody lives on the old side."""
    unused = f"imaps://localhost:{relay.port}"
    side = {"smtp": f"smtp://{relay.host}:{relay.port}?tls=never", "imap": unused}
    return Migration("move", DOMAIN, {**side, "login": "{address}"}, {**side, "login": "{local}"})


def with_crlf(data):
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
