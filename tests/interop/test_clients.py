"""Real clients against Dovecot: proves the drivers in tandemtest, so that stories can trust them."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import canonical, check, clients, probe, process, seed, thunderbird  # noqa: E402
from tandemtest.mailgen import Generator                # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User     # noqa: E402

USER = User("hanako@example.jp", "pass word")
LETTER = b"From: a@partner.example\r\nTo: hanako@example.jp\r\nSubject: from outside\r\n\r\nhello\r\n.dot\r\n"


class ReadingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # No raw 8-bit headers and over-long lines here: what getmail's email package rewrites is its affair.
        cls.mails = [mail for mail in Generator(4).mails(30)
                     if mail.kind in ("plain", "iso2022jp", "attachment", "alternative", "leading_dots")][:8]
        cls.peer = Dovecot([USER])
        cls.addClassCleanup(cls.peer.stop)
        cls.peer.start()
        seed.append(cls.peer, USER, cls.mails)

    def assert_inbox(self, found, digest=canonical.in_transit):
        self.assertEqual(len(found), len(self.mails))
        self.assertEqual(sorted(map(digest, found)),
                         sorted(digest(mail.data) for mail in self.mails))

    def test_curl(self):
        for tls in ("imaps", "imap"):
            self.assertEqual(clients.curl_imap(self.peer, USER, 1, tls), self.mails[0].data)
        for tls in ("pop3s", "pop3"):
            self.assertEqual(clients.curl_pop3(self.peer, USER, 2, tls), self.mails[1].data)

    def test_wrong_password(self):
        with self.assertRaises(process.PeerError):
            clients.curl_imap(self.peer, User(USER.address, "wrong"), 1)

    def test_fetchmail(self):
        for protocol in ("imap", "pop3"):
            self.assert_inbox(clients.fetchmail(self.peer, USER, protocol))

    def test_getmail(self):
        for protocol in ("imap", "pop3"):
            self.assert_inbox(clients.getmail(self.peer, USER, protocol), canonical.unfolded)

    def test_offlineimap(self):
        self.assert_inbox(clients.offlineimap(self.peer, USER))

    def test_neomutt(self):
        self.assert_inbox(clients.neomutt(self.peer, USER))


class WritingTest(unittest.TestCase):
    def test_smtp_clients(self):
        with Dovecot([USER]) as store, Postfix(["example.jp"], lmtp_port=store.ports["lmtp"]) as mx:
            clients.curl_smtp(mx, LETTER, "a@partner.example", [USER.address])
            transcript = clients.swaks(mx, LETTER, "a@partner.example", [USER.address])
            self.assertIn("<~  250 2.0.0 Ok", transcript)
            with probe.imap(store, USER) as client:
                process.until(lambda: client.select()[1][0] == b"2", 15, "both mails")

    def test_submission_with_log_in(self):
        with Postfix(["partner.example"]) as out, Dovecot([USER], relay=out.ports["smtp"]) as peer:
            for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
                transcript = clients.swaks(peer, LETTER, USER.address, ["a@partner.example"], USER,
                                           "submission", mechanism=mechanism)
                self.assertIn("235", transcript)
                self.assertNotIn(USER.password, transcript)

    def test_append_and_thunderbird(self):
        with Dovecot([USER]) as peer:
            for mail in Generator(4).mails(3):
                clients.curl_append(peer, USER, mail.data)
            answers = thunderbird.session(peer, USER, LETTER)
            self.assertIn(b"HEADER.FIELDS", answers["headers"])
            counts = {folder: len(found) for folder, found in check.read_imap(peer, USER).items()}
            self.assertEqual((counts["INBOX"], counts["Sent"], counts["Trash"]), (1, 2, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
