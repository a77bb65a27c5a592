"""A host that lets in few connections from one address (Courier's MAXPERIP): everybody's come from ours. Copies keep to their
share of them: all arrive, nothing is shown as a fault, and people are let in all the while.
"""
import contextlib
import imaplib
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.peers import Courier, Dovecot, User                 # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
USERS = [User(f"user{number}@{DOMAIN}", "pass word") for number in range(8)]
PER_ADDRESS = 4
FOLDERS, MESSAGES = ("INBOX", "INBOX.Archive"), 25


class Person(threading.Thread):
    """Logs in again and again, and must always be let in: a connection that just went may be counted for a moment longer."""

    def __init__(self, peer, user):
        super().__init__()
        self.peer, self.user = peer, user
        self.ended, self.log_ins, self.fault = threading.Event(), 0, None

    def run(self):
        while not self.ended.is_set() and not self.fault:
            try:
                process.until(self.is_let_in, 5, "a place for a person")
                self.log_ins += 1
            except Exception as fault:          # told by the test's own thread
                self.fault = fault

    def is_let_in(self):
        try:
            with imap(self.peer, self.user) as client:
                return client.select("INBOX", readonly=True)[0] == "OK"
        except (imaplib.IMAP4.error, OSError):
            return False

    def __exit__(self, *_):
        self.ended.set()
        self.join()

    def __enter__(self):
        self.start()
        return self


class CountedAddressTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.old = stack.enter_context(Courier(USERS, per_address=PER_ADDRESS))
        cls.new = stack.enter_context(Dovecot(USERS))
        for user in USERS:
            with imap(cls.old, user) as client:
                client.create("INBOX.Archive")
                for folder in FOLDERS:
                    for number in range(MESSAGES):
                        client.append(folder, None, None, f"Subject: {folder} {number}\r\n\r\nhello\r\n".encode())
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old, connections_per_address=PER_ADDRESS), side_of(cls.new),
            [{"address": one.address, "old_password": one.password, "new_password": one.password} for one in USERS],
            {"gateway": {"enabled": "no"}})]))

    def states(self):
        accounts = self.tandem.accounts()
        for account in accounts:
            self.assertIsNone(account["problem"], account)
        return {account["state"] for account in accounts}

    def test_1_all_is_copied_and_people_are_let_in(self):
        with Person(self.old, USERS[0]) as person:
            self.tandem.sync()
            process.until(lambda: self.states() == {"in_sync"}, 120, "all accounts in sync")
            before = person.log_ins
            process.until(lambda: person.fault or person.log_ins > before + 3, 30, "a person, with nothing more to copy")
        self.assertIsNone(person.fault)
        for user in USERS:
            with imap(self.new, user) as client:
                for folder in ("INBOX", "Archive"):
                    self.assertEqual(int(client.select(folder, readonly=True)[1][0]), MESSAGES, (user, folder))

    def test_2_so_is_what_is_asked_for(self):
        with Person(self.old, USERS[0]) as person:
            for user in USERS[:3]:
                self.tandem.cli("verify", user.address)
        self.assertIsNone(person.fault)


if __name__ == "__main__":
    unittest.main(verbosity=2)
