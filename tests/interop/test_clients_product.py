"""Real clients against the product: the built-in server, and the session proxy in front of a Dovecot
before a cut-over, and in front of a Dovecot or the built-in server after it. One class each; every
client must find the same mail and be able to send, with TLS from the start and with STARTTLS.

test_clients_product.py [Builtin|Before|AfterDovecot|AfterBuiltin]
"""
import pathlib
import smtplib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import canonical, check, clients, probe, process, seed, thunderbird  # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User                 # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, TARO = User(f"hanako@{DOMAIN}", "pass word"), User(f"taro@{DOMAIN}", "secret two")
PEOPLE = (HANAKO, TARO)
# No raw 8-bit headers and over-long lines: what a client's own mail library rewrites is its affair.
KINDS = ("plain", "iso2022jp", "attachment", "alternative", "leading_dots")
SENT = b"From: hanako@example.jp\r\nTo: taro@example.jp\r\nSubject: to a colleague\r\n\r\nhello\r\n.dot\r\n"
INCOMING = b"From: a@partner.example\r\nTo: taro@example.jp\r\nSubject: from outside\r\n\r\nhello\r\n"


class Clients:
    """`target` is what the clients are set up with; INBOX of HANAKO holds `mails`."""
    target = None

    @classmethod
    def setUpClass(cls):
        cls.mails = [mail for mail in Generator(4).mails(60) if mail.kind in KINDS][:8]
        cls.arrange()

    @classmethod
    def started(cls, peer):
        cls.addClassCleanup(peer.stop)
        peer.start()
        return peer

    def assert_inbox(self, found, digest=canonical.in_transit):
        self.assertEqual(sorted(map(digest, found)), sorted(digest(mail.data) for mail in self.mails))

    def assert_arrives(self, send, user=TARO):
        """`send` brings `user` exactly one more message."""
        with probe.imap(self.target, user) as client:
            before = int(client.select(readonly=True)[1][0])
            send()

            def count():
                client.noop()
                return int(client.select(readonly=True)[1][0]) - before
            process.until(count, 20, "the message")
            self.assertEqual(count(), 1)

    # ---- reading --------------------------------------------------------------------------------
    def test_curl(self):
        found = {digest: [] for digest in ("imap", "imaps", "pop3", "pop3s")}
        uids = self.uids()
        for tls in ("imaps", "imap"):
            found[tls] = [clients.curl_imap(self.target, HANAKO, uid, tls) for uid in uids]
        for tls in ("pop3s", "pop3"):
            found[tls] = [clients.curl_pop3(self.target, HANAKO, number + 1, tls) for number in range(len(uids))]
        for tls in found:
            with self.subTest(tls):
                self.assert_inbox(found[tls])

    def test_imaplib_and_poplib(self):
        for port in ("imaps", "imap"):
            found = check.read_imap(self.target, HANAKO, port=port)["INBOX"]
            report = check.compare({"INBOX": check.expected(self.mails)}, {"INBOX": found}, flags=False)
            self.assertTrue(report.clean, report.table())
        for port in ("pop3s", "pop3"):
            client = probe.pop3(self.target, HANAKO, port)
            numbers = range(1, client.stat()[0] + 1)
            self.assertEqual(len({line.split()[1] for line in client.uidl()[1]}), len(self.mails))
            self.assert_inbox([b"\r\n".join(client.retr(number)[1]) + b"\r\n" for number in numbers])
            client.quit()

    def test_mbsync(self):
        for implicit in (True, False):
            found = check.read_mbsync(self.target, HANAKO, implicit=implicit)["INBOX"]
            report = check.compare({"INBOX": check.expected(self.mails)}, {"INBOX": found}, flags=False)
            self.assertTrue(report.clean, report.table())

    def test_fetchmail(self):
        for protocol in ("imap", "pop3"):
            for implicit in (True, False):
                with self.subTest(protocol=protocol, implicit=implicit):
                    self.assert_inbox(clients.fetchmail(self.target, HANAKO, protocol, implicit))

    def test_getmail(self):
        for protocol in ("imap", "pop3"):
            with self.subTest(protocol):
                self.assert_inbox(clients.getmail(self.target, HANAKO, protocol), canonical.unfolded)

    def test_offlineimap(self):
        for implicit in (True, False):
            self.assert_inbox(clients.offlineimap(self.target, HANAKO, implicit))

    def test_neomutt(self):
        for tls in ("imaps", "imap"):
            self.assert_inbox(clients.neomutt(self.target, HANAKO, tls))

    def test_wrong_password(self):
        wrong = User(HANAKO.address, "wrong")
        with self.assertRaises(process.PeerError):
            probe.imap(self.target, wrong)
        with self.assertRaises(smtplib.SMTPAuthenticationError):
            probe.smtp(self.target, "submission", tls=True, user=wrong)

    # ---- writing --------------------------------------------------------------------------------
    def test_thunderbird_and_append(self):
        for mail in self.mails[:3]:
            clients.curl_append(self.target, TARO, mail.data)
        answers = thunderbird.session(self.target, TARO, SENT)
        self.assertIn(b"HEADER.FIELDS", answers["headers"])
        self.assertGreaterEqual(len(check.read_imap(self.target, TARO)["Sent"]), 2)

    def test_sending(self):
        def by_smtplib():
            with probe.smtp(self.target, "submission", tls=True, user=HANAKO) as client:
                client.sendmail(HANAKO.address, [TARO.address], SENT)
        self.assert_arrives(by_smtplib)
        for port in ("submission", "submissions"):
            with self.subTest(port):
                self.assert_arrives(lambda port=port: clients.curl_smtp(
                    self.target, SENT, HANAKO.address, [TARO.address], HANAKO, port))
                self.assert_arrives(lambda port=port: clients.swaks(
                    self.target, SENT, HANAKO.address, [TARO.address], HANAKO, port, mechanism="PLAIN"))

    def test_mail_from_outside(self):
        # The same bytes several times: each client has read its answer, so each is a message of its own.
        for starttls in (True, False):
            with self.subTest(starttls=starttls):
                self.assert_arrives(lambda starttls=starttls: clients.curl_smtp(
                    self.target, INCOMING, "a@partner.example", [TARO.address], starttls=starttls))
                self.assert_arrives(lambda starttls=starttls: clients.swaks(
                    self.target, INCOMING, "a@partner.example", [TARO.address], starttls=starttls))

    def uids(self):
        with probe.imap(self.target, HANAKO) as client:
            client.select(readonly=True)
            return [int(uid) for uid in client.uid("SEARCH", "ALL")[1][0].split()]


class BuiltinTest(Clients, unittest.TestCase):
    """Mailboxes in the built-in server; no migration."""

    @classmethod
    def arrange(cls):
        cls.target = cls.started(Tandemail([], mailboxes=PEOPLE))
        seed.append(cls.target, HANAKO, cls.mails)


class ProxyClients(Clients):
    """Old host: a Dovecot. The mail is there; what people submit goes to its MX."""
    sections = {"gateway": {"mirror": "off"}}

    @classmethod
    def arrange(cls):
        old = cls.host()
        seed.append(old.store, HANAKO, cls.mails)
        rows = [{"address": user.address, "old_password": user.password, "new_password": user.password}
                for user in PEOPLE]
        new, mailboxes = cls.new_side()
        cls.target = cls.started(Tandemail([Migration("move", DOMAIN, old.side, new, rows, cls.sections)],
                                           mailboxes=mailboxes))
        cls.move()

    @classmethod
    def host(cls):
        return HostWithSubmission(cls)

    @classmethod
    def new_side(cls):
        return cls.host().side, ()

    @classmethod
    def move(cls):
        cls.target.sync()
        process.until(lambda: all(map(cls.target.synced_at, cls.target.accounts())), 60, "both accounts in sync")
        cls.target.cut_over([user.address for user in PEOPLE])


class BeforeTest(ProxyClients, unittest.TestCase):
    @classmethod
    def move(cls):
        """Nobody moves."""


class AfterDovecotTest(ProxyClients, unittest.TestCase):
    pass


class AfterBuiltinTest(ProxyClients, unittest.TestCase):
    @classmethod
    def new_side(cls):
        return {"provider": "builtin"}, PEOPLE


class HostWithSubmission:
    """Dovecot and its MX in a circle: submitted mail goes to the MX, that delivers to Dovecot."""

    def __init__(self, test):
        self.held = process.Ports("lmtp")
        self.held.release()
        self.mx = test.started(Postfix([DOMAIN], lmtp_port=self.held.numbers["lmtp"]))
        self.store = test.started(Dovecot(PEOPLE, relay=self.mx.ports["smtp"],
                                          extra=LMTP_TOO.format(port=self.held.numbers["lmtp"])))
        self.side = side_of(self.store, self.mx)


LMTP_TOO = """\
service lmtp {{
  inet_listener lmtp-for-mx {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""

if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
