"""Behind HAProxy with PROXY headers of version 1 (Line) and 2 (Binary): what everything sees of a
client is the client's address; and nobody but the balancer may say whose connection it is (T-22, T-23).

On loopback everybody has an address of their own: the balancer 127.0.0.2, clients 127.0.0.9 and up.

test_proxy_protocol.py [Line|Binary]
"""
import contextlib
import imaplib
import pathlib
import smtplib
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.peers import Dovecot, HAProxy, User                 # noqa: E402
from tandemtest.tandem import LISTENERS, Migration, Tandemail, side_of   # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
BALANCER, CLIENT, OTHER, STRANGER = "127.0.0.2", "127.0.0.9", "127.0.0.10", "127.0.0.11"
MAIL_PORTS = [name for name in LISTENERS if name not in ("web", "https")]
IMPLICIT = ("submissions", "imaps", "pop3s")
GREETINGS = {"smtp": b"220 ", "submission": b"220 ", "submissions": b"220 ", "imap": b"* OK", "imaps": b"* OK",
             "pop3": b"+OK", "pop3s": b"+OK"}
MOST = 3        # connections per address


def connected(peer, name, source):
    return socket.create_connection((peer.host, peer.ports[name]), timeout=20, source_address=(source, 0))


def greeting(peer, name, source, first=b""):
    """What is heard first, b"" at the end; `first` is sent before anything is read."""
    with connected(peer, name, source) as stream:
        try:
            stream.sendall(first)
            if name not in IMPLICIT:
                return stream.recv(1000)
            with probe.tls_context(peer).wrap_socket(stream, server_hostname="localhost") as secured:
                return secured.recv(1000)
        except OSError:
            return b""


def everything(stream):
    """All that comes until the end."""
    heard = b""
    try:
        while part := stream.recv(1000):
            heard += part
    except ConnectionResetError:
        pass
    return heard


class ProxyProtocol:
    header = ""
    bytes_of_header = b""

    @classmethod
    def setUpClass(cls):
        cls.store = cls.started(Dovecot([HANAKO]))
        old = side_of(cls.store, smtp=f"lmtp://127.0.0.1:{cls.store.ports['lmtp']}?tls=never")
        migration = Migration("move", HANAKO.domain, old, {"provider": "builtin"},
                              [{"address": HANAKO.address, "old_password": HANAKO.password}],
                              {"gateway": {"mirror": "off"}})
        cls.target = cls.started(Tandemail([migration], sections={
            "trust": {"proxy_protocol_from": f"{BALANCER}, 2001:db8::/32", "proxy_protocol_only": "pop3"},
            "limits": {"connections_per_address": MOST}}))
        cls.balancer = cls.started(HAProxy(cls.target, MAIL_PORTS, cls.header, BALANCER))

    @classmethod
    def started(cls, peer):
        cls.addClassCleanup(peer.stop)
        return peer.start()

    def logged(self, *words):
        lines = self.target.log_text(200_000).splitlines()
        return [line for line in lines if all(word in line for word in words)]

    def assert_logged(self, *words):
        process.until(lambda: self.logged(*words), 20, f"a log line with {words}")

    def test_every_mail_port(self):
        for name in MAIL_PORTS:
            with self.subTest(name):
                heard = greeting(self.balancer, name, CLIENT)
                self.assertTrue(heard.startswith(GREETINGS[name]), heard)

    def test_received_line(self):
        text = b"From: a@partner.example\r\nTo: hanako@example.jp\r\nSubject: balanced\r\n\r\nhello\r\n"
        with smtplib.SMTP(self.balancer.host, self.balancer.ports["smtp"], local_hostname="mx.partner.example",
                          timeout=20, source_address=(CLIENT, 0)) as client:
            client.sendmail("a@partner.example", [HANAKO.address], text)
        with probe.imap(self.store, HANAKO) as client:
            client.select()
            answer = client.fetch("1:*", "(BODY.PEEK[HEADER])")[1]
        found = [part[1] for part in answer if isinstance(part, tuple) and b"Subject: balanced" in part[1]]
        self.assertEqual(len(found), 1)
        head = found[0]
        self.assertIn(f"mx.partner.example (unknown [{CLIENT}])".encode(), head)
        self.assertNotIn(BALANCER.encode(), head)

    def test_log_ins(self):
        context = probe.tls_context(self.target)
        with Session(connected(self.balancer, "imaps", OTHER), context) as client:
            client.login(HANAKO.address, HANAKO.password)
        with Session(connected(self.balancer, "imap", OTHER)) as client:
            client.starttls(context)
            with self.assertRaises(imaplib.IMAP4.error):
                client.login(HANAKO.address, "wrong")
        self.assert_logged("I-SES-2", HANAKO.address, OTHER)
        self.assertEqual(self.logged("I-SES-2", BALANCER), [])

    def test_limit_counts_clients(self):
        with contextlib.ExitStack() as held:
            for _ in range(MOST):
                stream = held.enter_context(connected(self.balancer, "imap", STRANGER))
                self.assertTrue(stream.recv(1000).startswith(b"* OK"))
            self.assertEqual(greeting(self.balancer, "imap", STRANGER), b"")
            self.assertTrue(greeting(self.balancer, "imap", "127.0.0.12").startswith(b"* OK"))

    def test_without_header(self):
        began = time.monotonic()
        self.assertEqual(greeting(self.target, "imap", BALANCER), b"")
        self.assertLess(time.monotonic() - began, 15)
        self.assert_logged("W-NET-5", BALANCER)

    def test_others(self):
        for name in ("smtp", "imap"):
            self.assertTrue(greeting(self.target, name, CLIENT).startswith(GREETINGS[name]))
            with connected(self.target, name, STRANGER) as stream:
                stream.sendall(self.bytes_of_header + b"EHLO forged.example\r\n")
                self.assertNotIn(b"\n250", everything(stream))
        self.assertEqual(greeting(self.target, "imaps", STRANGER, self.bytes_of_header), b"")
        self.assert_logged("W-NET-6", STRANGER)

    def test_port_for_the_balancer_only(self):
        self.assertEqual(greeting(self.target, "pop3", CLIENT), b"")
        self.assert_logged("W-NET-4", CLIENT)


class Session(imaplib.IMAP4):
    """IMAP on a socket that is there already."""

    def __init__(self, plain, context=None):
        self._plain = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        super().__init__("localhost")

    def _create_socket(self, timeout):
        return self._plain


class LineTest(ProxyProtocol, unittest.TestCase):
    header = "send-proxy"
    bytes_of_header = b"PROXY TCP4 198.51.100.7 192.0.2.1 56324 25\r\n"


class BinaryTest(ProxyProtocol, unittest.TestCase):
    header = "send-proxy-v2 proxy-v2-options crc32c,unique-id"
    bytes_of_header = (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\x02\x01\xdc\x04\0\x19")


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
