"""`tandemail canary` against a Postfix that asks rspamd about each sender, and a Dovecot behind it: what that side makes
of mail that comes from Tandemail is shown, before it trusts us and after.

The sender's SPF record names 127.0.0.9 alone; to a side that does not trust us the mail comes from 127.0.0.1.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest.peers import Dovecot, Postfix, Rspamd, User         # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO, JIRO, GONE = (User(f"{name}@example.jp", "pass word") for name in ("hanako", "jiro", "gone"))
SENDER, DOMAIN, PERMITTED = "anna@sender.example", "sender.example", "127.0.0.9"
TO_JUNK = 'require ["fileinto", "mailbox"];\nfileinto :create "Junk";\n'
GREEN, AMBER, RED = 0, 3, 4


class CanaryTest(unittest.TestCase):
    def tandem(self, forward_client):
        filters = self.started(Rspamd({DOMAIN: f"v=spf1 ip4:{PERMITTED} -all"}))
        store = self.started(Dovecot([HANAKO, JIRO, GONE], sieve={JIRO.address: TO_JUNK}))
        mx = self.started(Postfix(["example.jp"], lmtp_port=store.ports["lmtp"], xclient=True,
                                  recipients=[HANAKO.address, JIRO.address], options={"smtpd_milters": filters.address}))
        copies = self.started(Dovecot([HANAKO, JIRO, GONE]))
        accounts = [{"address": one.address, "old_password": one.password, "new_password": one.password}
                    for one in (HANAKO, JIRO, GONE)]
        old = side_of(store, mx, forward_client=forward_client)
        new = side_of(copies, smtp=f"lmtp://127.0.0.1:{copies.ports['lmtp']}?tls=never")
        tandem = self.started(Tandemail([Migration("move", "example.jp", old, new, accounts)]))
        tandem.sync()
        return tandem

    def started(self, peer):
        self.addCleanup(peer.stop)
        return peer.start()

    def canary(self, tandem, *arguments):
        done = tandem.cli("canary", *arguments, check=False)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def test_a_side_that_has_pop3_alone(self):
        store = self.started(Dovecot([HANAKO]))
        mx = self.started(Postfix(["example.jp"], lmtp_port=store.ports["lmtp"], recipients=[HANAKO.address]))
        copies = self.started(Dovecot([HANAKO]))
        old = {key: value for key, value in side_of(store, mx).items() if key != "imap"}
        new = side_of(copies, smtp=f"lmtp://127.0.0.1:{copies.ports['lmtp']}?tls=never")
        row = {"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}
        tandem = self.started(Tandemail([Migration("move", "example.jp", old, new, [row], {"gateway": {"mirror": "quiet"}})]))
        tandem.sync()
        code, text = self.canary(tandem, HANAKO.address, "--from", SENDER)
        self.assertEqual(code, GREEN, text)
        self.assertIn('old side (mail): in "INBOX" after ', text)
        self.assertIn('new side (copy): in "INBOX" after ', text)

    def test_a_side_that_does_not_trust_us(self):
        tandem = self.tandem(forward_client=False)
        code, text = self.canary(tandem, HANAKO.address, "--from", SENDER)
        self.assertEqual(code, AMBER, text)
        self.assertIn('old side (mail): in "INBOX" after ', text)
        self.assertIn('new side (copy): in "INBOX" after ', text)
        self.assertIn("amber: The old side doubts the sender: spf=fail.", text)
        self.assertIn("docs/trust-recipes.md", text)
        self.assertEqual(text.count("doubts"), 1, "a copy was judged: " + text)
        code, text = self.canary(tandem, JIRO.address, "--from", SENDER)
        self.assertEqual(code, AMBER, text)
        self.assertIn('The old side filed it in "Junk" instead of the inbox.', text)
        code, text = self.canary(tandem, GONE.address)
        self.assertEqual(code, RED, text)
        self.assertIn("red: The reader's own side has no such mailbox; the other side took the message.", text)
        self.assertIn('new side (mail): in "INBOX"', text)
        code, text = self.canary(tandem, JIRO.address, "--from", f"x@{'y' * 60}.{'z' * 70}.example")
        self.assertEqual(code, 1, text)
        self.assertIn("The sender is not an address", text)
        code, text = self.canary(tandem, "nobody@example.jp")
        self.assertIn("no such account", text)
        self.assertEqual(code, 1, text)

    def test_a_side_that_trusts_us(self):
        tandem = self.tandem(forward_client=True)
        code, text = self.canary(tandem, HANAKO.address, "--from", SENDER, "--client", PERMITTED)
        self.assertEqual(code, GREEN, text)
        self.assertIn("spf=pass", text)
        self.assertIn("green: it arrived where its reader looks.", text)
        code, text = self.canary(tandem, HANAKO.address, "--from", SENDER, "--client", "127.0.0.10")
        self.assertEqual(code, AMBER, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
