"""What happens in other folders than the INBOX, on servers that tell of all of them on one connection (NOTIFY, RFC 5465;
Dovecot): it is on the other side within seconds, and not only with the next look at everything, after five minutes.

    test_other_folders.py [OtherFoldersTest]
"""
import contextlib
import pathlib
import smtplib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
FILTER = 'require ["fileinto"];\nif header :contains "subject" "invoice" { fileinto "Work"; }\n'
SECONDS = 60         # far from the five minutes between two looks at everything
PREFIX = "INBOX."    # of the new side, where the folders are called otherwise


def letter(subject):
    return f"From: a@example.net\r\nTo: {HANAKO.address}\r\nSubject: {subject}\r\n\r\nhello\r\n".encode()


class OtherFoldersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.old = stack.enter_context(Dovecot([HANAKO], sieve={HANAKO.address: FILTER}))
        cls.new = stack.enter_context(Dovecot([HANAKO], prefix=PREFIX, separator="."))
        with imap(cls.old, HANAKO) as client:
            client.create("Work")
            client.append("Work", None, None, letter("first"))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", HANAKO.domain, side_of(cls.old), side_of(cls.new),
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}],
            {"gateway": {"enabled": "no"}})]))
        cls.tandem.sync()
        process.until(lambda: cls.tandem.accounts()[0]["state"] == "in_sync", 60, "in sync")

    def flags(self, peer, folder, subject):
        """Of the messages with this subject."""
        with imap(peer, HANAKO) as client:
            if client.select(folder, readonly=True)[0] != "OK":
                return None
            numbers = client.search(None, "SUBJECT", f'"{subject}"')[1][0].decode().split()
            return [client.fetch(number, "(FLAGS)")[1][0].decode().partition("FLAGS ")[2] for number in numbers]

    def comes(self, peer, folder, subject):
        process.until(lambda: self.flags(peer, folder, subject), SECONDS, f"'{subject}' in {folder} of {peer.name}")
        self.assertEqual(len(self.flags(peer, folder, subject)), 1)

    def test_1_what_comes_into_another_folder(self):
        for subject in ("second", "third"):      # the second time out of a watch that has been ended and begun again
            with imap(self.old, HANAKO) as client:
                client.append("Work", None, None, letter(subject))
            self.comes(self.new, PREFIX + "Work", subject)

    def test_2_what_a_filter_files(self):
        with smtplib.LMTP("127.0.0.1", self.old.ports["lmtp"]) as client:
            client.sendmail("a@example.net", [HANAKO.address], letter("your invoice"))
        self.comes(self.new, PREFIX + "Work", "your invoice")

    def test_3_what_comes_on_the_mirror(self):
        with imap(self.new, HANAKO) as client:
            client.append(PREFIX + "Sent", None, None, letter("sent there"))
        self.comes(self.old, "Sent", "sent there")

    def test_4_what_is_read_in_another_folder(self):
        with imap(self.old, HANAKO) as client:
            client.select("Work")
            client.store("1", "+FLAGS", r"(\Flagged)")

        def is_flagged():
            return r"\Flagged" in "".join(self.flags(self.new, PREFIX + "Work", "first"))
        process.until(is_flagged, SECONDS, "the flag on the new side")

    def test_5_a_folder_that_is_made(self):
        with imap(self.old, HANAKO) as client:
            client.create("Later")
            client.append("Later", None, None, letter("later"))
        self.comes(self.new, PREFIX + "Later", "later")


if __name__ == "__main__":
    unittest.main(verbosity=2)
