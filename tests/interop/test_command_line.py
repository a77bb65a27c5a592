"""`check` and `sync --once` between two Dovecots, as somebody types them before a move."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe                                        # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.process import until                                # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO, TARO = User("hanako@example.jp", "pass word"), User("taro@example.jp", "another")
DONE, FAILED, DONE_WITH_NOTES, NEEDS_YOU = 0, 1, 3, 4
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

    def tandem(self, *accounts, **new):
        return Tandemail([Migration("move", "example.jp", side_of(self.old), side_of(self.new, **new), list(accounts),
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

    def watched(self, tandem, *accounts):
        """What `status --watch` writes into a pipe until it says `100 %`."""
        command = [tandem.binary, "status", "--config", tandem.config, "--watch", *accounts]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as watching:
            self.addCleanup(watching.kill)
            lines = []
            for line in watching.stdout:
                lines.append(line.decode())
                if "100 %" in lines[-1]:
                    break
            watching.terminate()
        return lines

    def test_watch(self):
        """Into a pipe a line for each change, of everything and of one account; both with a bar."""
        tandem = self.started(self.tandem(row(HANAKO)))
        tandem.cli("sync", HANAKO.address)
        lines = self.watched(tandem)
        self.assertRegex(lines[-1], r"^move: .*\[#{30}\] 100 %  5 of 5 messages copied")
        self.assertEqual(len(lines), len(set(lines)))
        tandem.cli("pause", HANAKO.address)
        lines = self.watched(tandem, HANAKO.address)
        self.assertRegex(lines[-1], r"^hanako@example\.jp: paused .*100 %.*What it waits for: Paused until you resume$")

    def test_what_was_not_copied(self):
        """One message is larger than the new side takes in a day: listed, saved byte by byte, tried again."""
        large = b"Subject: drawings\r\n\r\n" + (b"x" * 998 + b"\r\n") * 11_000
        with probe.imap(self.old, HANAKO) as client:
            client.append("INBOX", None, None, large)
        tandem = self.started(self.tandem(row(HANAKO), upload_per_day="10M"))
        tandem.cli("sync", HANAKO.address)
        until(lambda: tandem.cli_json("status", HANAKO.address)["account"]["notes"] == 1, 30, "one message left out")
        done = tandem.cli("skipped", check=False)
        self.assertEqual(done.returncode, DONE_WITH_NOTES, done.stderr)
        self.assertIn(b'UID 6: "drawings"', done.stdout)
        self.assertIn(b"larger than what may be moved in a whole day", done.stdout)
        one = tandem.cli_json("status", HANAKO.address)["skipped"][0]
        self.assertEqual((one["folder"], one["uid"], one["side"], one["size"]), ("INBOX", 6, "old", len(large)))
        self.assertIn(one["id"].encode(), tandem.cli("status", HANAKO.address).stdout)
        file = tandem.data / "drawings.eml"
        tandem.cli("skipped", "save", HANAKO.address, one["id"], "--to", str(file))
        self.assertEqual(file.read_bytes(), large)
        done = tandem.cli("skipped", "save", HANAKO.address, one["id"], "--to", str(file), check=False)
        self.assertEqual(done.returncode, FAILED)                   # never over a file that is there
        done = tandem.cli("skipped", "save", HANAKO.address, "1-old-1", check=False)
        self.assertEqual(done.returncode, FAILED)                   # nor anything that is not listed
        self.assertIn(b"1 messages are tried again", tandem.cli("skipped", "retry", HANAKO.address, one["id"]).stdout)
        done = tandem.cli("skipped", "retry", HANAKO.address, "1-old-1", check=False)
        self.assertEqual(done.returncode, FAILED)

    def test_sync_once_with_a_wrong_password(self):
        tandem = self.tandem(row(TARO, "not this one"))
        self.addCleanup(tandem.stop)
        tandem.prepare()
        done = tandem.cli("sync", "--once", check=False)
        self.assertEqual(done.returncode, NEEDS_YOU, done.stdout + done.stderr)
        self.assertIn(b"taro@example.jp", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
