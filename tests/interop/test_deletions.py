"""Deletions that are carried over, between two real Dovecots: into quarantine, back by undo, held by the
brake, removed for good when their time is over, and each exactly once when Tandemail is killed.

The new side names its folders below "INBOX.". Time does not pass: rows of the ledger are made older while
nobody runs.
"""
import contextlib
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, TARO, KIYO = (User(f"{name}@{DOMAIN}", "pass word") for name in ("hanako", "taro", "kiyo"))
DONE, NEEDS_YOU = 0, 4
QUARANTINE = "Tandemail quarantine"
BRAKE = 60
FOLDERS = [f"Folder {number}" for number in range(12)]


def letter(subject):
    return f"From: a@example.net\r\nSubject: {subject}\r\nMessage-ID: <{subject}@example.net>\r\n\r\n{subject}\r\n".encode()


def subjects(peer, user, folder):
    """All of the folder, sorted; None: there is no such folder."""
    with imap(peer, user) as client:
        if client.select(f'"{folder}"', readonly=True)[0] != "OK":
            return None
        found = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1] if int(client.response("EXISTS")[1][-1]) else []
        return sorted(part[1].decode().split(":", 1)[1].strip() for part in found if isinstance(part, tuple))


def remove(peer, user, folder, numbers):
    with imap(peer, user) as client:
        client.select(f'"{folder}"')
        client.store(numbers, "+FLAGS", r"(\Deleted)")
        client.expunge()


class DeletionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        people = [HANAKO, TARO, KIYO]
        cls.old = stack.enter_context(Dovecot(people))
        cls.new = stack.enter_context(Dovecot(people, prefix="INBOX.", separator="."))
        cls.quarantine = f"INBOX.{QUARANTINE}"
        for user, count in ((HANAKO, 8), (TARO, 100)):
            with imap(cls.old, user) as client:
                for number in range(count):
                    client.append("INBOX", None, None, letter(f"{user.address[:4]}-{number:03}"))
        with imap(cls.old, KIYO) as client:
            for folder in FOLDERS:
                client.create(f'"{folder}"')
                for number in range(4):
                    client.append(f'"{folder}"', None, None, letter(f"{folder}-{number}".replace(" ", "-")))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old), side_of(cls.new),
            [{"address": one.address, "old_password": one.password, "new_password": one.password} for one in people],
            {"gateway": {"enabled": "no"},
             "sync": {"propagate_deletes": "yes", "brake_messages": BRAKE, "quarantine_time": "1h"}})]))
        cls.tandem.sync()
        process.until(lambda: all(map(cls.tandem.synced_at, cls.tandem.accounts())), 60, "in sync")

    def deletions(self, user):
        return self.tandem.api("GET", f"deletions/{user.address}?limit=500")

    def states(self, user):
        return [one["state"] for one in self.deletions(user)["messages"]]

    def sync_until(self, condition, what):
        def holds():
            self.tandem.sync()
            return condition()
        process.until(holds, 60, what)

    def test_1_into_quarantine_and_back(self):
        remove(self.old, HANAKO, "INBOX", "2,5")
        gone = ["hana-001", "hana-004"]
        self.sync_until(lambda: self.states(HANAKO) == ["quarantined"] * 2, "two in quarantine")
        self.assertEqual(subjects(self.new, HANAKO, self.quarantine), gone)
        left = subjects(self.old, HANAKO, "INBOX")
        self.assertEqual(subjects(self.new, HANAKO, "INBOX"), left)
        self.assertIsNone(subjects(self.old, HANAKO, QUARANTINE))
        done = self.tandem.cli("deletions", HANAKO.address)
        self.assertIn(f"{HANAKO.address}: 2 in quarantine", done.stdout.decode())
        which, = (one["id"] for one in self.deletions(HANAKO)["messages"] if one["subject"] == "hana-004")
        done = self.tandem.cli("deletions", "undo", HANAKO.address, str(which))
        self.assertIn("1 messages are back where they were", done.stdout.decode())
        self.assertEqual(subjects(self.new, HANAKO, self.quarantine), gone[:1])
        self.assertEqual(subjects(self.new, HANAKO, "INBOX"), sorted(left + gone[1:]))
        # It is neither brought home nor removed again, and no difference.
        before = max(map(self.tandem.synced_at, self.tandem.accounts()))
        self.sync_until(lambda: min(map(self.tandem.synced_at, self.tandem.accounts())) > before, "another pass")
        self.assertEqual(subjects(self.new, HANAKO, "INBOX"), sorted(left + gone[1:]))
        self.assertEqual(subjects(self.old, HANAKO, "INBOX"), left)
        self.assertEqual(self.tandem.cli("verify", HANAKO.address).returncode, DONE)

    def test_2_for_good_when_the_time_is_over(self):
        self.assertEqual(subjects(self.new, HANAKO, self.quarantine), ["hana-001"])
        with imap(self.new, HANAKO) as client:         # what a person puts there is not ours
            client.append(f'"{self.quarantine}"', r"(\Deleted)", None, letter("mine"))
        self.tandem.process.stop()
        with contextlib.closing(sqlite3.connect(self.tandem.data / "ledger" / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE sync_deletion SET at_ms = at_ms - 3600000 WHERE subject = 'hana-001'")
        self.tandem.launch()
        self.sync_until(lambda: "expunged" in self.states(HANAKO), "removed for good")
        self.assertEqual(subjects(self.new, HANAKO, self.quarantine), ["mine"])
        self.assertEqual(sorted(self.states(HANAKO)), ["expunged", "restored"])

    def test_3_the_brake(self):
        remove(self.old, TARO, "INBOX", f"1:{BRAKE + 1}")
        self.sync_until(lambda: self.deletions(TARO)["held"], "held")
        held, = self.deletions(TARO)["held"]
        self.assertEqual((held["folder"], held["side"], held["messages"]), ("INBOX", "new", BRAKE + 1))
        self.assertEqual(len(subjects(self.new, TARO, "INBOX")), 100)
        self.assertIsNone(subjects(self.new, TARO, self.quarantine))
        account, = (one for one in self.tandem.accounts() if one["address"] == TARO.address)
        self.assertEqual((account["state"], account["problem"]["kind"]), ("needs_you", "deletions_held"))
        self.assertIn("deletions are held", self.tandem.cli("status").stdout.decode())
        done = self.tandem.cli("deletions", check=False)
        self.assertEqual(done.returncode, NEEDS_YOU)
        self.assertIn(f"tandemail deletions allow {TARO.address} 'INBOX'", done.stdout.decode())
        done = self.tandem.cli("deletions", "allow", TARO.address, "INBOX")
        self.assertIn(f"{BRAKE + 1} messages go to quarantine", done.stdout.decode())
        self.sync_until(lambda: self.states(TARO).count("quarantined") == BRAKE + 1, "in quarantine")
        self.assertEqual(subjects(self.new, TARO, "INBOX"), subjects(self.old, TARO, "INBOX"))
        self.tandem.cli("deletions", "undo", TARO.address)
        self.assertEqual(len(subjects(self.new, TARO, "INBOX")), 100)
        self.assertEqual(subjects(self.new, TARO, self.quarantine), [])

    def test_4_killed_in_the_middle(self):
        for folder in FOLDERS:
            remove(self.old, KIYO, folder, "2:4")
        gone = sorted(f"{folder}-{number}".replace(" ", "-") for folder in FOLDERS for number in (1, 2, 3))
        for least in (1, 7, 16, 25):
            self.tandem.sync([KIYO.address])
            process.until(lambda: len(subjects(self.new, KIYO, self.quarantine) or []) >= least, 60, f"{least} have gone")
            self.tandem.kill9()
            self.tandem.launch()
        self.sync_until(lambda: self.states(KIYO) == ["quarantined"] * len(gone), "all have gone")
        self.assertEqual(subjects(self.new, KIYO, self.quarantine), gone)
        for folder in FOLDERS:
            self.assertEqual(subjects(self.new, KIYO, f"INBOX.{folder}"), [f"{folder}-0".replace(" ", "-")])
        self.tandem.cli("deletions", "undo", KIYO.address)
        for folder in FOLDERS:
            self.assertEqual(len(subjects(self.new, KIYO, f"INBOX.{folder}")), 4)
        self.assertEqual(subjects(self.new, KIYO, self.quarantine), [])
        self.assertEqual(self.tandem.cli("verify", KIYO.address).returncode, DONE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
