"""Thunderbird itself, through the proxy: it receives, flags, files and sends, before and after its person moves.

One person with two Dovecots; what Thunderbird did is looked up on their servers, by Python. It runs all the time: the
cut-over breaks its sessions, and it comes back by itself, to the other side.
"""
import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import check, process, seed                         # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User                 # noqa: E402
from tandemtest.real_thunderbird import Thunderbird                 # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, AT_NEW = User(f"hanako@{DOMAIN}", "old password"), User(f"hanako@{DOMAIN}", "new password")
FRIEND = "friend@elsewhere.example"
BEFORE = 5                   # generated messages in INBOX
LETTER = b"From: %b\r\nTo: hanako@example.jp\r\nSubject: %b\r\n\r\nRead me.\r\n"


@unittest.skipUnless(shutil.which("thunderbird"), "no Thunderbird here")
class ThunderbirdTest(unittest.TestCase):
    def setUp(self):
        self.out = self.started(Postfix(["elsewhere.example"], maildirs=["friend"]))
        self.old, self.new = (self.started(Dovecot([user], relay=self.out.ports["smtp"])) for user in (HANAKO, AT_NEW))
        seed.append(self.old, HANAKO, Generator(5).mails(BEFORE))
        self.old.save(HANAKO, LETTER % (FRIEND.encode(), b"first"))
        row = {"address": HANAKO.address, "old_password": HANAKO.password, "new_password": AT_NEW.password}
        self.tandem = self.started(Tandemail([Migration("move", DOMAIN, side_of(self.old), side_of(self.new), [row],
                                                        {"gateway": {"enabled": False}})]))
        self.tandem.sync()
        process.until(lambda: all(map(self.tandem.synced_at, self.tandem.accounts())), 60, "in sync")

    def started(self, peer):
        self.addCleanup(peer.stop)
        return peer.start()

    def holds(self, store, user, folder, subject, flags):
        """Until one message with this subject, and one only, has these flags in the folder of that server."""
        def found():
            return [one for one in check.read_imap(store, user).get(folder, []) if one.label == subject]
        process.until(lambda: [one.flags >= flags for one in found()] == [True], 60,
                      f"'{subject}' with {sorted(flags)} in {folder}")

    def sent(self, subject):
        def arrived():
            return [one for one in self.out.stored(FRIEND) if f"\nSubject: {subject}\n".encode() in one]
        process.until(arrived, 60, f"'{subject}' at the friend's")
        (message,) = arrived()
        self.assertIn(b"\nFrom: " + HANAKO.address.encode(), message)

    def test_before_and_after_the_cut_over(self):
        mail = self.started(Thunderbird(self.tandem, HANAKO))
        shown = mail.receive(BEFORE + 1)
        self.assertEqual(shown[-1], {"subject": "first", "read": False, "flagged": False, "tags": ""})
        text = mail.text("first").encode()                         # its own notes, X-Mozilla-*, may come before
        self.assertTrue(text.endswith(LETTER % (FRIEND.encode(), b"first")), text)
        mail.flag("first")
        mail.read("first")
        mail.make_folder("Work")
        mail.move("first", "Work")
        self.holds(self.old, HANAKO, "Work", "first", {r"\flagged", r"\seen"})
        mail.receive(BEFORE)
        mail.send(FRIEND, "from the old side", "Hello.\n")
        self.sent("from the old side")
        self.holds(self.old, HANAKO, "Sent", "from the old side", {r"\seen"})

        self.tandem.cut_over([HANAKO.address])
        self.new.save(AT_NEW, LETTER % (FRIEND.encode(), b"second"))
        shown = mail.receive(BEFORE + 1)
        self.assertEqual([one["subject"] for one in shown].count("second"), 1)
        self.assertEqual(mail.receive(1, "Work")[0]["flagged"], True)
        mail.flag("second")
        mail.move("second", "Work")
        self.holds(self.new, AT_NEW, "Work", "second", {r"\flagged"})
        mail.send(FRIEND, "from the new side", "Hello again.\n")
        self.sent("from the new side")
        self.holds(self.new, AT_NEW, "Sent", "from the new side", {r"\seen"})
        mail.receive(2, "Sent")


if __name__ == "__main__":
    unittest.main(verbosity=2)
