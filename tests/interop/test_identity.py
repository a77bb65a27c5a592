"""Who the client is, through Tandemail: servers that trust us log the client's address instead of
ours (Home), and a server in front that we trust says whom it speaks for (Front). Nobody says it for
himself (T-24). And who we are to a side's servers: several addresses in turn (Sources).

On loopback everybody has an address of their own: Tandemail 127.0.0.1, clients 127.0.0.9 and up.

test_identity.py [Home|LogOnly|Front|Sources]
"""
import imaplib
import pathlib
import poplib
import re
import smtplib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.peers import Dovecot, Nginx, Postfix, User          # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
CLIENT, PROXY, FORGED = "127.0.0.9", "127.0.0.8", "203.0.113.66"
TRUSTS_US = "login_trusted_networks = 127.0.0.1/32\n"


def mail(subject):
    return f"From: a@partner.example\r\nTo: {HANAKO.address}\r\nSubject: {subject}\r\n\r\nhello\r\n".encode()


def connected(port, source):
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))


def smtp(peer, port, source, name="mx.partner.example"):
    return smtplib.SMTP(peer.host, peer.ports[port], local_hostname=name, timeout=20, source_address=(source, 0))


class Imap(imaplib.IMAP4_SSL):
    """From an address of one's own."""

    def __init__(self, peer, source):
        self._source = source
        super().__init__("localhost", peer.ports["imaps"], ssl_context=probe.tls_context(peer), timeout=20)

    def _create_socket(self, timeout):
        return self.ssl_context.wrap_socket(connected(self.port, self._source), server_hostname="localhost")


class Pop3(poplib.POP3_SSL):
    def __init__(self, peer, source):
        self._source = source
        super().__init__("localhost", peer.ports["pop3s"], context=probe.tls_context(peer), timeout=20)

    def _create_socket(self, timeout):
        return self.context.wrap_socket(connected(self.port, self._source), server_hostname="localhost")


class IdentityTest(unittest.TestCase):
    POSTFIX = {"xclient": True}

    @classmethod
    def setUpClass(cls):
        cls.mx = cls.started(Postfix([HANAKO.domain], **cls.POSTFIX))
        cls.store = cls.started(Dovecot([HANAKO], relay=cls.mx.ports["smtp"], extra=TRUSTS_US))
        old = side_of(cls.store, cls.mx, forward_client=True)
        migration = Migration("move", HANAKO.domain, old, {"provider": "builtin"},
                              [{"address": HANAKO.address, "old_password": HANAKO.password}],
                              {"gateway": {"mirror": "off"}})
        cls.target = cls.started(Tandemail([migration], sections={"trust": {"xclient_from": PROXY}}))

    @classmethod
    def started(cls, peer):
        cls.addClassCleanup(peer.stop)
        return peer.start()

    def assert_logged(self, peer, *words):
        def found():
            return [line for line in peer.log_text(200_000).splitlines() if all(word in line for word in words)]
        process.until(found, 20, f"a line of {peer.name}'s log with {words}")

    def assert_not_logged(self, peer, word):
        self.assertNotIn(word, peer.log_text(200_000))


class HomeTest(IdentityTest):
    def test_mail(self):
        for source in (CLIENT, "127.0.0.10", CLIENT):       # over one connection to Postfix
            with smtp(self.target, "smtp", source) as client:
                client.sendmail("a@partner.example", [HANAKO.address], mail("from " + source))
        self.assert_logged(self.mx, "smtpd", f"client=unknown[{CLIENT}]")
        self.assert_logged(self.mx, "smtpd", "client=unknown[127.0.0.10]")
        self.assert_not_logged(self.mx, "client=unknown[127.0.0.1]")

    def test_hello_is_no_attribute(self):
        with smtp(self.target, "smtp", CLIENT) as client:
            for name in ("a LOGIN=x", "a+20LOGIN=x", "a=b"):
                self.assertEqual(client.ehlo(name)[0], 501)

    def test_imap(self):
        with Imap(self.target, CLIENT) as client:
            client.xatom("ID", f'("name" "x" "x-originating-ip" "{FORGED}" "x-originating-port" "1")')
            client.login(HANAKO.address, HANAKO.password)
            client.select()
        self.assert_logged(self.store, "imap-login", "Login:", HANAKO.address, f"rip={CLIENT}")
        self.assert_not_logged(self.store, FORGED)

    def test_pop3(self):
        client = Pop3(self.target, "127.0.0.11")
        client.user(HANAKO.address)
        client.pass_(HANAKO.password)
        client.quit()
        self.assert_logged(self.store, "pop3-login", "Login:", HANAKO.address, "rip=127.0.0.11")

    def test_submission(self):
        with smtp(self.target, "submission", "127.0.0.12", "laptop.example") as client:
            client.starttls(context=probe.tls_context(self.target))
            client.ehlo()
            self.assertFalse(client.has_extn("xclient"))
            self.assertEqual(client.docmd("XCLIENT", f"ADDR={FORGED}")[0], 550)
            client.login(HANAKO.address, HANAKO.password)
            client.sendmail(HANAKO.address, [HANAKO.address], mail("submitted"))
        self.assert_logged(self.store, "submission-login", "Login:", HANAKO.address, "rip=127.0.0.12")
        self.assert_not_logged(self.store, FORGED)

    def test_a_side_that_is_not_to_know(self):
        """Without forward_client Dovecot sees our address, though it trusts us."""
        other = User("taro@other.example", "secret two")
        with Dovecot([other], extra=TRUSTS_US) as store:
            migration = Migration("move", other.domain, side_of(store, smtp="smtp://127.0.0.1:1?tls=never"),
                                  {"provider": "builtin"}, [{"address": other.address}],
                                  {"gateway": {"mirror": "off"}})
            with Tandemail([migration]) as target, Imap(target, CLIENT) as client:
                client.login(other.address, other.password)
            self.assert_logged(store, "imap-login", "Login:", other.address, "rip=127.0.0.1,")
            self.assert_not_logged(store, CLIENT)


class LogOnlyTest(IdentityTest):
    """A Postfix that lets us say who the client is for its log, and trusts us no further."""

    POSTFIX = {"options": {"smtpd_authorized_xforward_hosts": "127.0.0.1"}}

    def test_mail(self):
        for source in (CLIENT, "127.0.0.10", CLIENT):       # over one connection to Postfix
            with smtp(self.target, "smtp", source) as client:
                client.sendmail("a@partner.example", [HANAKO.address], mail("from " + source))
        # Each line is Postfix's log service's to write, which may be after its answer to the message.
        process.until(lambda: self.named() == ["127.0.0.10", CLIENT, CLIENT], 20, "each message's client in Postfix's log")

    def named(self):
        return sorted(re.findall(r"client=unknown\[127\.0\.0\.1\], orig_client=unknown\[([0-9.]+)\]", self.mx.log_text(200_000)))


class SourcesTest(unittest.TestCase):
    """Several addresses of our own: the servers of a side see them in turn."""

    def setUp(self):
        self.mx = self.started(Postfix([HANAKO.domain]))
        self.store = self.started(Dovecot([HANAKO], relay=self.mx.ports["smtp"]))

    def started(self, peer):
        self.addCleanup(peer.stop)
        return peer.start()

    def tandem(self, addresses):
        old = side_of(self.store, self.mx, source_address=addresses)
        return Tandemail([Migration("move", HANAKO.domain, old, {"provider": "builtin"},
                                    [{"address": HANAKO.address, "old_password": HANAKO.password}],
                                    {"gateway": {"mirror": "off"}})])

    def sources(self, peer, pattern):
        return sorted(set(re.findall(pattern, peer.log_text(200_000))))

    def test_in_turn(self):
        ours = ["127.0.0.21", "127.0.0.22"]
        target = self.started(self.tandem(", ".join(ours + ["::1"])))
        for client in (Imap, Pop3, Imap, Pop3):
            client = client(target, CLIENT)
            if isinstance(client, Imap):
                client.login(HANAKO.address, HANAKO.password)
                client.logout()
            else:
                client.user(HANAKO.address)
                client.pass_(HANAKO.password)
                client.quit()
        for protocol in ("imap", "pop3"):
            process.until(lambda: self.sources(self.store, rf"{protocol}-login.*Login:.*rip=([0-9.]+)") == ours, 20,
                          f"both addresses in Dovecot's log of {protocol}")
        target.cli("sync", HANAKO.address)
        with smtp(target, "smtp", CLIENT) as sender:
            sender.sendmail("a@partner.example", [HANAKO.address], mail("to Postfix"))
        seen = process.until(lambda: self.sources(self.mx, r" client=unknown\[([0-9.]+)\]"), 20, "us in Postfix's log")
        self.assertEqual(len(seen), 1)
        self.assertIn(seen[0], ours)

    def test_an_address_that_is_not_ours(self):
        target = self.tandem("127.0.0.21, 192.0.2.9")
        self.addCleanup(target.stop)
        target.prepare()
        for command in (["serve"], ["config", "--check"]):
            done = target.cli(*command, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("migrations/move.conf, [old] source_address", done.stderr.decode())
            self.assertIn("192.0.2.9", done.stderr.decode())


class FrontTest(IdentityTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        trusts_nginx = {"trust": {"xclient_from": "127.0.0.1"}}
        cls.behind_nginx = cls.started(Tandemail(cls.target.migrations, sections=trusts_nginx))

    def test_trusted(self):
        """Whom the front names is whom Postfix behind us sees."""
        with smtp(self.target, "smtp", PROXY) as client:
            client.ehlo()
            self.assertTrue(client.has_extn("xclient"))
            told = "ADDR=198.51.100.7 PORT=4711 NAME=mx.partner.example HELO=partner.example PROTO=ESMTP"
            self.assertEqual(client.docmd("XCLIENT", told)[0], 220)
            client.ehlo("partner.example")
            client.sendmail("a@partner.example", [HANAKO.address], mail("fronted"))
        self.assert_logged(self.mx, "smtpd", "client=mx.partner.example[198.51.100.7]")

    def test_nginx(self):
        """A front that others wrote: it says HELO, XCLIENT and HELO again, as the client."""
        nginx = self.started(Nginx(lambda user, protocol: ("127.0.0.1", self.behind_nginx.ports["smtp"]), mx=True))
        with smtp(nginx, "smtp", "127.0.0.13", "partner.example") as client:
            client.sendmail("a@partner.example", [HANAKO.address], mail("by nginx"))
        self.assert_logged(self.mx, "smtpd", "client=unknown[127.0.0.13]")

    def test_what_is_no_value_reaches_nobody(self):
        """xtext that decodes to a line end, a space or a further attribute (T-21)."""
        with smtp(self.target, "smtp", PROXY) as client:
            client.ehlo()
            for value in ("NAME=a+0D+0AQUIT", "HELO=a+20LOGIN+3Dx", "ADDR=198.51.100.7+00"):
                self.assertEqual(client.docmd("XCLIENT", value)[0], 501)

    def test_anybody_else(self):
        with smtp(self.target, "smtp", CLIENT) as client:
            client.ehlo()
            self.assertFalse(client.has_extn("xclient"))
            self.assertEqual(client.docmd("XCLIENT", f"ADDR={FORGED}")[0], 550)
            client.sendmail("a@partner.example", [HANAKO.address], mail("not fronted"))
        self.assert_logged(self.mx, "smtpd", f"[{CLIENT}]")
        self.assert_not_logged(self.mx, FORGED)


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
