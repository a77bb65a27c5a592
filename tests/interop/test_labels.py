"""Out of Gmail, whose folders are labels (a Dovecot behind `tandemtest.gmail`), into Dovecot, Cyrus, Courier and the
built-in server: what is in several folders is downloaded once, and each folder on the new side is as it would be
otherwise, in the same order; with labels given later, and killed in the middle.

    test_labels.py [ToDovecot …]
"""
import contextlib
import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import check, packages, process                     # noqa: E402
from tandemtest.gmail import Gmail                                  # noqa: E402
from tandemtest.peers import Courier, Cyrus, Dovecot, User          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
MESSAGES = 120
LABELS = {"INBOX": 1, "Sent": 4, "Work": 2, "Starred": 3}     # every how manieth message has it
FLAGS = (r"(\Seen)", r"(\Seen \Flagged)", "()")
DONE = 0


def letter(number):
    head = f"From: a@example.net\r\nSubject: {number}\r\nMessage-ID: <{number}@example.net>\r\n\r\n"
    return head.encode() + b"line\r\n" * (number * 7 % 400)


def date_of(number):
    return datetime.datetime(2020, 1, 1, 9, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=number)


class Labels:
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        try:
            cls.old = stack.enter_context(Dovecot([HANAKO]))
            cls.new = stack.enter_context(cls.kind([HANAKO]))
        except packages.Unavailable as error:
            raise unittest.SkipTest(str(error)) from None
        cls.gmail = stack.enter_context(Gmail(cls.old))
        with imap(cls.old, HANAKO) as client:
            for folder, every in LABELS.items():
                client.create(folder)
                for number in range(0, MESSAGES, every):
                    client.append(folder, FLAGS[number % 3], date_of(number), letter(number))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", HANAKO.domain, cls.gmail.side(), side_of(cls.new),
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}],
            {"gateway": {"enabled": "no"}})]))

    def alike(self):
        """All that has come, in order."""
        old, new = (check.read_imap(peer, HANAKO) for peer in (self.old, self.new))
        states = [{folder: [one.state for one in found] for folder, found in side.items() if found} for side in (old, new)]
        return states[0] == states[1]

    def in_sync(self):
        self.tandem.sync()
        process.until(self.alike, 60, "the same on both sides")

    def test_1_each_message_is_downloaded_once(self):
        self.in_sync()
        self.assertEqual(self.gmail.bodies, MESSAGES)
        self.assertEqual(self.tandem.cli("verify", HANAKO.address).returncode, DONE)

    def test_2_a_label_that_is_given_later(self):
        before = self.gmail.bodies
        with imap(self.old, HANAKO) as client:
            client.create("Later")
            client.select("INBOX")
            client.copy("5:40", "Later")
            client.append("Later", r"(\Seen)", date_of(MESSAGES), letter(MESSAGES))
            client.copy("60,62", "Later")
        self.in_sync()
        self.assertEqual(self.gmail.bodies, before + 1)

    def test_3_killed_in_the_middle(self):
        before = self.gmail.bodies
        names = [f"Killed {number}" for number in range(6)]
        with imap(self.old, HANAKO) as client:
            client.select("INBOX")
            for name in names:
                client.create(f'"{name}"')
                client.copy("1:100", f'"{name}"')
        for name in names[:3]:
            self.tandem.sync()

            def has_begun(name=name):
                found = check.read_imap(self.new, HANAKO)
                return found.get(name)
            process.until(has_begun, 60, f"something in {name}")
            self.tandem.kill9()
            self.tandem.launch()
        self.in_sync()
        self.assertEqual(self.gmail.bodies, before)
        self.assertEqual(self.tandem.cli("verify", HANAKO.address).returncode, DONE)


class ToDovecot(Labels, unittest.TestCase):
    kind = Dovecot


class ToCyrus(Labels, unittest.TestCase):
    kind = Cyrus


class ToCourier(Labels, unittest.TestCase):
    kind = Courier


class ToBuiltin(Labels, unittest.TestCase):
    @staticmethod
    def kind(users):
        return Tandemail([], mailboxes=users)


if __name__ == "__main__":
    unittest.main(verbosity=2)
