"""`check` and `sync --once` between two Dovecots, as somebody types them before a move."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe                                        # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO, TARO = User("hanako@example.jp", "pass word"), User("taro@example.jp", "another")
DONE, FAILED, NEEDS_YOU = 0, 1, 4
LETTER = b"Subject: hello %d\r\nMessage-ID: <%d@example.jp>\r\n\r\nbody\r\n"


def row(user, password=None):
    return {"address": user.address, "old_password": password or user.password, "new_password": user.password}


class CommandLineTest(unittest.TestCase):
    def setUp(self):
        self.old, self.new = (self.started(Dovecot([HANAKO, TARO])) for _ in range(2))
        with probe.imap(self.old, HANAKO) as client:
            for number in range(5):
                client.append("INBOX", None, None, LETTER % (number, number))

    def started(self, peer):
        self.addCleanup(peer.stop)
        peer.start()
        return peer

    def tandem(self, *accounts):
        return Tandemail([Migration("move", "example.jp", side_of(self.old), side_of(self.new), list(accounts),
                                    {"gateway": {"enabled": False}})])

    def count(self, peer, user):
        with probe.imap(peer, user) as client:
            return int(client.select(readonly=True)[1][0])

    def test_check(self):
        tandem = self.started(self.tandem(row(HANAKO), row(TARO, "not this one")))
        found = tandem.cli_json("check", HANAKO.address)[0]
        self.assertEqual((found["light"], found["old"]["messages"], found["new"]["messages"]), ("green", 5, 0))
        self.assertIn(("INBOX", "INBOX", "inbox", 5), [(one["name"], one["other_name"], one["rule"], one["messages"])
                                                       for one in found["preview"]["folders"]])
        done = tandem.cli("check", HANAKO.address)
        self.assertEqual(done.returncode, DONE)
        self.assertIn(b"INBOX -> INBOX, 5 messages: INBOX everywhere", done.stdout)
        done = tandem.cli("check", check=False)                     # everybody
        self.assertEqual(done.returncode, NEEDS_YOU, done.stdout + done.stderr)
        self.assertIn(b"1 need you first", done.stdout)
        self.assertNotIn(b"INBOX -> INBOX", done.stdout)            # unless it is asked for
        done = tandem.cli("check", "--folders", check=False)
        self.assertIn(b"INBOX -> INBOX, 5 messages", done.stdout)
        self.assertIn(b"taro@example.jp on the old side", done.stdout)
        self.assertNotIn(b"not this one", done.stdout + done.stderr)
        self.assertEqual(self.count(self.new, HANAKO), 0)           # it only looked

    def test_sync_once(self):
        tandem = self.tandem(row(HANAKO))
        self.addCleanup(tandem.stop)
        tandem.prepare()
        self.assertEqual(tandem.cli_json("sync", "--once"), {"accounts": 1, "copied": 5, "skipped": 0, "failed": 0})
        self.assertEqual(self.count(self.new, HANAKO), 5)
        self.assertEqual(tandem.cli_json("sync", "--once")["copied"], 0)
        done = tandem.cli("sync", "--once", TARO.address, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"tandemail accounts", done.stderr)
        tandem.start()
        done = tandem.cli("sync", "--once", check=False)            # the server has the ledger
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(b"'tandemail sync' asks it", done.stderr)

    def test_sync_once_with_a_wrong_password(self):
        tandem = self.tandem(row(TARO, "not this one"))
        self.addCleanup(tandem.stop)
        tandem.prepare()
        done = tandem.cli("sync", "--once", check=False)
        self.assertEqual(done.returncode, NEEDS_YOU, done.stdout + done.stderr)
        self.assertIn(b"taro@example.jp", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
