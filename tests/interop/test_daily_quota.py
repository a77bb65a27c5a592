"""A side's daily quota between two real Dovecots: copying stops before it, in plain words and with the time it
goes on, everything else goes on, a process that was killed remembers, and with the quota gone the rest comes, once.
(The hours themselves pass in tests/sync/daily_quota_test.cpp, where a test moves the clock.)
"""
import contextlib
import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, TARO = User(f"hanako@{DOMAIN}", "pass word"), User(f"taro@{DOMAIN}", "secret two")
QUOTA = 10 * 1024 * 1024
LARGE = 1_500_000


def message(name, size):
    head = f"Subject: {name}\r\nMessage-ID: <{name}@example.jp>\r\n\r\n".encode()
    line = b"x" * 76 + b"\r\n"
    return head + line * ((size - len(head)) // len(line))


def sizes(peer, user, folder):
    with imap(peer, user) as client:
        if client.select(f'"{folder}"', readonly=True)[0] != "OK":
            return []
        answers = client.uid("FETCH", "1:*", "(RFC822.SIZE)")[1]
    return [int(line.split(b"RFC822.SIZE ")[1].split(b" ")[0].rstrip(b")")) for line in answers if line]


class DailyQuotaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.old, cls.new = (stack.enter_context(Dovecot([HANAKO, TARO])) for _ in range(2))
        for user in (HANAKO, TARO):
            with imap(cls.old, user) as client:
                client.create("Archive")
                for number in range(3):
                    client.append("INBOX", None, None, message(f"in-{number}", 2000))
                for number in range(10 if user is HANAKO else 2):
                    client.append("Archive", None, None, message(f"archive-{number}", LARGE))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old), side_of(cls.new, upload_per_day="10M"),
            [{"address": one.address, "old_password": one.password, "new_password": one.password}
             for one in (HANAKO, TARO)], {"gateway": {"enabled": "no"}})]))
        cls.tandem.sync()
        process.until(cls.waits, 60, "the daily quota")

    @classmethod
    def account(cls, user=HANAKO):
        return next(one for one in cls.tandem.accounts() if one["address"] == user.address)

    @classmethod
    def waits(cls):
        # Between passes: one that looks for changes is "checking".
        account = cls.account()
        problem = account["problem"]
        stands = problem and problem["kind"] == "daily_quota" and account["state"] == "copying"
        return account if stands else None

    def test_1_it_stops_before_the_quota_and_says_when_it_goes_on(self):
        account = process.until(self.waits, 60, "the daily quota")
        self.assertEqual(account["problem"]["who"], "nobody")
        there = sizes(self.new, HANAKO, "Archive")
        self.assertEqual(len(there), 6)
        self.assertLess(sum(there), QUOTA)
        self.assertEqual(len(sizes(self.new, HANAKO, "INBOX")), 3)
        (quota,) = account["daily_quotas"]
        self.assertEqual((quota["side"], quota["way"], quota["per_day"]), ("new", "upload", QUOTA))
        self.assertGreater(quota["used"], sum(there))
        goes_on = datetime.datetime.fromisoformat(quota["goes_on_at"].replace("Z", "+00:00"))
        hours = (goes_on - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
        self.assertTrue(23 < hours <= 25, hours)
        self.assertEqual(account["eta"]["limit"], "new")
        self.assertLessEqual(account["eta"]["low"], quota["goes_on_at"])
        left = account["copied"]["bytes_total"] - account["copied"]["bytes_done"]
        self.assertTrue(4 * LARGE * 0.9 < left < 4 * LARGE * 1.1, left)
        shown = self.tandem.cli("status").stdout.decode()
        self.assertIn("The daily limit of the new side is reached", shown)
        self.assertIn("done between", shown)
        shown = self.tandem.cli("status", HANAKO.address).stdout.decode()
        self.assertIn("new side, upload:", shown)
        # The other has a quota of his own.
        process.until(lambda: self.tandem.synced_at(self.account(TARO)), 60, "taro in sync")
        self.assertEqual(len(sizes(self.new, TARO, "Archive")), 2)

    def test_2_meanwhile_the_rest_is_kept_alike(self):
        with imap(self.old, HANAKO) as client:
            client.select("INBOX")
            client.store("2", "+FLAGS", r"(\Flagged)")

        def is_flagged():
            with imap(self.new, HANAKO) as client:
                client.select("INBOX", readonly=True)
                return client.search(None, "FLAGGED")[1][0].split()
        process.until(is_flagged, 60, "the flag")

    def test_3_a_killed_process_remembers(self):
        (before,) = self.account()["daily_quotas"]
        self.tandem.kill9()
        self.tandem.launch()
        (after,) = self.account()["daily_quotas"]
        self.assertGreaterEqual(after["used"], before["used"])
        self.tandem.sync([HANAKO.address])
        process.until(self.waits, 60, "the daily quota again")
        self.assertEqual(len(sizes(self.new, HANAKO, "Archive")), 6)

    def test_4_without_the_quota_the_rest_comes_and_each_once(self):
        self.tandem.migrations[0].new["upload_per_day"] = "none"
        self.tandem.configure()
        self.tandem.restart()
        process.until(lambda: self.account()["state"] == "in_sync", 60, "in sync")
        for folder in ("INBOX", "Archive"):
            self.assertEqual(sizes(self.new, HANAKO, folder), sizes(self.old, HANAKO, folder))
        account = self.account()
        self.assertEqual((account["problem"], account["daily_quotas"]), (None, []))


if __name__ == "__main__":
    unittest.main(verbosity=2)
