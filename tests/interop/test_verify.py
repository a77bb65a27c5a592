"""tandemail verify: what differs between two real mailboxes is named, and nothing else.

The mailboxes are Dovecots, changed behind the sync's back by imaplib; the body that was altered is a file of
the Maildir, since no IMAP command alters one.
"""
import contextlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, TARO = User(f"hanako@{DOMAIN}", "pass word"), User(f"taro@{DOMAIN}", "secret two")
DONE, NOTES, NEEDS_YOU = 0, 3, 4
ALTERED = b"Subject: altered\r\nMessage-ID: <altered@example.jp>\r\n\r\nthe sum is 100 yen\r\n"


class VerifyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.old, cls.new = (stack.enter_context(Dovecot([HANAKO, TARO])) for _ in range(2))
        for user in (HANAKO, TARO):
            with imap(cls.old, user) as client:
                client.create("Projekt")
                for number, mail in enumerate(Generator(11).mails(40)):
                    client.append("Projekt" if number % 2 else "INBOX", None, None, mail.data)
                client.append("INBOX", None, None, ALTERED)
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old), side_of(cls.new),
            [{"address": one.address, "old_password": one.password, "new_password": one.password}
             for one in (HANAKO, TARO)], {"gateway": {"enabled": "no"}})]))
        cls.tandem.sync()
        process.until(lambda: all(map(cls.tandem.synced_at, cls.tandem.accounts())), 60, "in sync")
        cls.tandem.cli("pause")

    def verify(self, *words):
        done = self.tandem.cli("verify", *words, check=False)
        return done.returncode, done.stdout.decode()

    def report(self, *words):
        code, text = self.verify("--json", *words)
        return code, json.loads(text)

    def test_1_clean(self):
        for full in ([], ["--full"]):
            code, text = self.verify(*full)
            self.assertEqual(code, DONE, text)
            self.assertIn(f"{HANAKO.address}: clean, 41 messages in", text)
            self.assertIn("2 accounts: 2 clean, 0 with differences, 0 not read.", text)

    def test_2_what_differs_is_named(self):
        with imap(self.new, HANAKO) as client:
            client.select("Projekt")
            client.store("3", "+FLAGS", r"(\Deleted)")
            client.expunge()
            client.append("INBOX", None, None, b"Subject: only there\r\n\r\nx\r\n")
        code, reports = self.report()
        self.assertEqual(code, NOTES)
        hanako, taro = sorted(reports, key=lambda one: one["address"])
        self.assertTrue(taro["clean"])
        found = {(one["folder"], one["lacking"]): one for one in hanako["differences"]}
        self.assertEqual(set(found), {("Projekt", "new"), ("INBOX", "old")})
        self.assertEqual(found["INBOX", "old"]["subject"], "only there")
        with imap(self.old, HANAKO) as client:
            client.select("Projekt", readonly=True)
            uid = found["Projekt", "new"]["uid"]
            self.assertEqual(client.uid("FETCH", str(uid), "(FLAGS)")[0], "OK")
        code, text = self.verify(HANAKO.address)
        self.assertEqual(code, NOTES, text)
        self.assertIn(f"{HANAKO.address}: missing on the other side: 1, only there: 1, not the same: 0", text)
        self.assertIn('INBOX "only there"', text)

    def test_3_an_altered_body_is_found_and_named_once(self):
        inbox = self.new.home(TARO) / "Maildir"
        files = [path for part in ("cur", "new") for path in (inbox / part).iterdir()
                 if b"the sum is 100 yen" in path.read_bytes()]
        self.assertEqual(len(files), 1)
        files[0].write_bytes(files[0].read_bytes().replace(b"100 yen", b"900 yen"))
        # Header and size are the same. There are fewer messages than a sample has: all are read.
        for words in ([], ["--full"]):
            code, (found,) = self.report(*words, TARO.address)
            self.assertEqual(code, NOTES)
            self.assertEqual([(one["kind"], one["subject"]) for one in found["differences"]], [("changed", "altered")])
            self.assertIsNone(found["differences"][0]["lacking"])
        code, text = self.verify(TARO.address)
        self.assertIn("missing on the other side: 0, only there: 0, not the same: 1", text)

    def test_4_who_cannot_be_read_is_named_and_the_others_are_verified(self):
        self.new.stop()
        done = self.tandem.cli("verify", check=False)
        self.assertEqual(done.returncode, NEEDS_YOU)
        self.assertIn(f"{TARO.address}: not verified", done.stderr.decode())
        self.assertIn("2 accounts: 0 clean, 0 with differences, 2 not read.", done.stdout.decode())
        done = self.tandem.cli("verify", "nobody@example.jp", check=False)
        self.assertIn("There is no such account", done.stderr.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
