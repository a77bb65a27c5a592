"""Port 25 against clients that break rules on purpose, on the wire, at the gateway and at the built-in
server alike; and the gateway against a home server that never stops talking.

test_hostile_smtp.py [Gateway|Builtin|Backend]. What was stored is read from outside: from the home
server's Maildirs, or over IMAP.
"""
import contextlib
import pathlib
import re
import socketserver
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                                    # noqa: E402
from tandemtest.peers import Postfix, User                      # noqa: E402
from tandemtest.raw_smtp import Session                         # noqa: E402
from tandemtest.tandem import Migration, Tandemail              # noqa: E402

TARO = User("taro@example.jp", "secret one")
SENDER = "sender@partner.example"
LIMITS = {"limits": {"message_size": "2M", "connections_per_address": 10_000}}
KIB, MIB = 1024, 1024 * 1024


class HostileTest:
    """`self.tandem` serves port 25 for TARO; `count()`: his messages."""

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.begin()

    def session(self):
        return self.stack.enter_context(Session(self.tandem.host, self.tandem.ports["smtp"]))

    def after_rcpt(self):
        client = self.session()
        self.assertEqual(client.begin(SENDER, [TARO.address]), [250])
        return client

    def assert_refused_and_closed(self, client, data, code=554):
        client.send(data)
        self.assertEqual(client.reply()[0], code, data[:60])
        self.assertEqual(client.reply(), (0, b""), data[:60])

    # ---- TLS ------------------------------------------------------------------------------------
    def test_T01_nothing_behind_starttls_is_interpreted(self):
        """T-01."""
        client = self.session()
        client.ask(b"EHLO client.example")
        self.assert_refused_and_closed(client, b"STARTTLS\r\nMAIL FROM:<injected@partner.example>\r\n")
        client = self.session()
        client.ask(b"EHLO client.example")
        self.assertEqual(client.ask(b"STARTTLS")[0], 220)
        client.send(b"MAIL FROM:<injected@partner.example>\r\n")         # where a handshake is due
        self.assertNotRegex(client.rest(), rb"\d\d\d ")

    def test_T03_nothing_from_before_tls_is_believed_after_it(self):
        """T-03."""
        client = self.session()
        client.ask(b"EHLO before.example")
        self.assertEqual(client.ask(b"MAIL FROM:<before@partner.example>")[0], 250)
        client.ask(b"RSET")
        self.assertEqual(client.ask(b"STARTTLS")[0], 220)
        client.start_tls(probe.tls_context(self.tandem), "localhost")
        self.assertEqual(client.ask(b"MAIL FROM:<after@partner.example>")[0], 503)   # who are you?
        self.assertNotIn(b"STARTTLS", client.ask(b"EHLO after.example")[1])
        self.assertEqual(client.ask(b"RCPT TO:<taro@example.jp>")[0], 503)

    def test_T06_a_web_browser_is_cut_off(self):
        """T-06."""
        client = self.session()
        client.send(b"POST / HTTP/1.1\r\nHost: mail.test.example\r\n" + b"X-Canary: nothing-of-this\r\n" * 20 + b"\r\n")
        heard = client.rest()
        self.assertNotIn(b"nothing-of-this", heard)
        self.assertLessEqual(len(heard.splitlines()), 6)

    # ---- framing --------------------------------------------------------------------------------
    def test_T11_chunks(self):
        """T-11."""
        for size in (b"9223372036854775807", b"18446744073709551616", b"-1", b"0x10", b"99999999999 LAST", b""):
            client = self.after_rcpt()
            client.send(b"BDAT " + size + b"\r\n")
            self.assertIn(client.reply()[0], (501, 552), size)
            self.assertEqual(client.reply(), (0, b""), size)
        client = self.after_rcpt()
        for command in (b"DATA", b"STARTTLS", b"MAIL FROM:<other@partner.example>"):    # between chunks
            client.send(b"BDAT 5\r\nHello")
            self.assertIn(client.reply()[0], (250, 503))
            self.assertEqual(client.ask(command)[0], 503, command)
        client = self.after_rcpt()
        client.send(b"BDAT 17\r\nSubject: half\r\n\r\n")
        self.assertEqual(client.reply()[0], 250)
        self.assertEqual(client.ask(b"RSET")[0], 250)
        client.send(b"BDAT 5 LAST\r\nHello")                         # of a transaction that is over
        self.assertEqual(client.reply()[0], 503)
        with Session(self.tandem.host, self.tandem.ports["smtp"]) as gone:    # fewer bytes than announced
            gone.begin(SENDER, [TARO.address])
            gone.send(b"BDAT 1000 LAST\r\nSubject: too short\r\n\r\n")
        self.assert_only_the_last_arrived()

    def test_T13_pipelined_where_it_must_not_be(self):
        """T-13."""
        for before, data in (([], b"EHLO a.example\r\nMAIL FROM:<a@partner.example>\r\n"),
                             ([b"EHLO a.example"], b"NOOP\r\nEHLO a.example\r\nRSET\r\n"),
                             ([b"EHLO a.example"], b"VRFY taro\r\nQUIT\r\nNOOP\r\n")):
            client = self.session()
            for line in before:
                client.ask(line)
            client.send(data)
            heard = client.rest()
            self.assertTrue(re.search(rb"^554 ", heard, re.MULTILINE) or heard.endswith(b"goodbye\r\n"), heard)
        client = self.after_rcpt()
        self.assert_refused_and_closed(client, b"DATA\r\nSubject: early\r\n\r\nearly\r\n.\r\n")
        self.assert_only_the_last_arrived()

    def test_T14_limits_before_anything_is_stored(self):
        """T-14."""
        client = self.session()
        client.ask(b"EHLO client.example")
        self.assertEqual(client.ask(b"MAIL FROM:<a@partner.example> SIZE=2100000000")[0], 552)
        client.ask(b"MAIL FROM:<a@partner.example>")
        codes = [client.ask(b"RCPT TO:<taro@example.jp>")[0] for _ in range(1_003)]
        self.assertEqual(codes, [250] * 1_000 + [452] * 3)
        for what, content in (("message", b"Subject: big\r\n\r\n" + b"x" * 998 + (b"\r\n" + b"x" * 998) * 2_200),
                              ("header", b"".join(b"X-Field-%06d: %s\r\n" % (n, b"y" * 900) for n in range(1_300)) + b"\r\n"),
                              ("line", b"Subject: line\r\n\r\n" + b"z" * 300 * KIB)):
            with self.subTest(what):
                self.assertIn(self.after_rcpt().data(content + b"\r\n.\r\n"), (552, 554))
        self.assertEqual(self.after_rcpt().data(b"Subject: long\r\n\r\n" + b"x" * 20 * KIB + b"\r\n.\r\n"), 250)
        self.assert_only_the_last_arrived(more=1)

    # ---- relay ----------------------------------------------------------------------------------
    def test_T34_no_relay(self):
        """T-34."""
        client = self.session()
        client.ask(b"EHLO client.example")
        client.ask(b"MAIL FROM:<taro@example.jp>")                   # a sender of ours gets nowhere either
        for path in (b"x@elsewhere.example", b"@example.jp:x@elsewhere.example", b"elsewhere.example!x",
                     b"x@[127.0.0.1]", b"x@example.jp@elsewhere.example"):
            code = client.ask(b"RCPT TO:<" + path + b">")[0]
            self.assertIn(code, (501, 550, 553), path)
            client = self.session() if code == 501 else client
        client = self.session()
        client.ask(b"EHLO client.example")
        client.ask(b"MAIL FROM:<>")
        self.assertEqual(client.ask(b"RCPT TO:<x@elsewhere.example>")[0], 550)

    def assert_only_the_last_arrived(self, more=0):
        self.assertEqual(self.after_rcpt().data(b"Subject: the last\r\n\r\nlast\r\n.\r\n"), 250)
        self.wait_for_last()
        self.assertEqual(len(self.stored()), 1 + more)


class GatewayTest(HostileTest, unittest.TestCase):
    def begin(self):
        self.home = self.stack.enter_context(Postfix(["example.jp"], recipients=[TARO.address], maildirs=[TARO.local]))
        self.tandem = self.stack.enter_context(Tandemail(
            [one_sided(self.home.host, self.home.ports["smtp"])], sections=LIMITS))

    def stored(self):
        return self.home.stored(TARO.address)

    def wait_for_last(self):
        process.until(lambda: any(b"the last" in one for one in self.stored()) and self.home.idle(), 30, "the last")


class BuiltinTest(HostileTest, unittest.TestCase):
    def begin(self):
        self.tandem = self.stack.enter_context(Tandemail([], sections=LIMITS, mailboxes=[TARO]))

    def stored(self):
        with probe.imap(self.tandem, TARO) as client:
            count = int(client.select(readonly=True)[1][0])
            return [client.fetch(str(n + 1), "BODY.PEEK[]") for n in range(count)]

    def wait_for_last(self):
        """The built-in server's 250 means that it is in the mailbox."""


class BackendTest(unittest.TestCase):
    """T-20: a home server that talks without end costs a temporary answer, not memory."""

    def test_endless_answers(self):
        for name, answer in (("line", b"x" * 64 * KIB), ("multiline reply", b"250-more\r\n" * 6_000)):
            with self.subTest(name), contextlib.ExitStack() as stack:
                home = stack.enter_context(Babbler(answer))
                tandem = stack.enter_context(Tandemail([one_sided(*home.server_address)]))
                before = resident(tandem)
                for _ in range(5):
                    with Session(tandem.host, tandem.ports["smtp"]) as client:
                        (code,) = client.begin(SENDER, [TARO.address])
                    self.assertEqual(code // 100, 4)
                self.assertGreaterEqual(home.heard, 5)
                self.assertLess(resident(tandem) - before, 16 * MIB)


class Babbler(socketserver.ThreadingTCPServer):
    """Greets, and answers EHLO without end. `heard`: how often it has begun to. How much is taken from it
    before the other end goes is the kernel's matter."""
    daemon_threads = True

    def __init__(self, answer):
        self.answer, self.heard = answer, 0
        super().__init__(("127.0.0.1", 0), BabblerSession)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class BabblerSession(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 babble.test.example\r\n")
        if not self.rfile.readline():
            return
        self.server.heard += 1
        self.wfile.write(b"250-")
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(self.server.answer)


def resident(peer):
    """Bytes of memory the process holds."""
    status = pathlib.Path(f"/proc/{peer.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * KIB


def one_sided(host, port):
    """Nobody is in the account list, so everybody lives on the old side."""
    side = {"smtp": f"smtp://{host}:{port}?tls=never", "imap": f"imaps://localhost:{port}"}
    return Migration("move", "example.jp", {**side, "login": "{address}"}, {**side, "login": "{local}"})


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
