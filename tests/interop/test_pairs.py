"""Every kind of server as the old and as the new side of a move: Dovecot, Cyrus, Courier and the built-in server.

First copy, a pass with nothing to do, changes on both sides, verify; the mail is generated and malformed
(`tandemtest.malformed`). What is on the sides is read by imaplib, byte for byte, in order: whatever differs must be what
that server is known to do with those bytes. "Builtin" is another Tandemail's server, reached by IMAP; "Own" is the new
side in Tandemail itself, which outsiders see once the person has been cut over.

    test_pairs.py [DovecotToCyrus …]        TANDEM_MESSAGES (default 100): how many, in six folders

With 10,000, by hand, 2026-11-27, two at a time on two cores, others building beside them: all twenty, all of it as with 100. Seconds
of the whole test, from and to:

             Dovecot   Cyrus  Courier  Builtin    Own
    Dovecot      104      78      424       49    111
    Cyrus        207     111      426      139    255
    Courier      302     299      531      234    165
    Builtin      115     184      414       39     94

Courier takes longer for each message the fuller the folder is, from imaplib too.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import check, malformed, packages, process          # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Courier, Cyrus, Dovecot, User          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO, AT_NEW = User(f"hanako@{DOMAIN}", "old password"), User(f"hanako@{DOMAIN}", "new password")
MESSAGES = int(os.environ.get("TANDEM_MESSAGES", 100))
BOUND = 60 + MESSAGES / 4                    # seconds for one pass; Courier takes that long
ASK_AGAIN = 2        # seconds
FOLDERS = (("INBOX", 0.6), ("Sent", 0.1), ("Projects", 0.1), ("Projects/2021", 0.1), ("&i3BOi5My-", 0.05),
           ("&iYt6TWb4-/2024&XnRepg-", 0.05))
UNSUBSCRIBED = "Projects/2021"
DONE = 0
KINDS = {"Dovecot": Dovecot, "Cyrus": Cyrus, "Courier": Courier,
         "Builtin": lambda users: Tandemail([], mailboxes=users)}


class Mailbox:
    """A person's mailbox on one server, by imaplib."""

    def __init__(self, peer, user):
        self.peer, self.user, self.kind = peer, user, peer.name

    def client(self):
        return imap(self.peer, self.user)

    def name(self, folder):
        """The server's own, quoted."""
        prefix, separator = getattr(self.peer, "prefix", ""), getattr(self.peer, "separator", "/")
        prefix = prefix if isinstance(prefix, str) else ""
        return '"' + ("INBOX" if folder == "INBOX" else prefix + folder.replace("/", separator)) + '"'

    def make(self, client, folder, subscribed=True):
        if folder != "INBOX":
            client.create(self.name(folder))
            (client.subscribe if subscribed else client.unsubscribe)(self.name(folder))

    def append(self, client, folder, data, flags=(), date=None):
        """Exactly these bytes (imaplib's own append mends line ends). Whether they were taken."""
        client.literal = data
        words = [f"({' '.join(flags)})", f'"{date:%d-%b-%Y %H:%M:%S %z}"' if date else None]
        return client._simple_command("APPEND", self.name(folder), *filter(None, words))[0] == "OK"

    def read(self, kept_by=None):
        """{folder: [Found] in order}; with what `kept_by` would make of each message, without what it would refuse."""
        def digest(data):
            data = malformed.kept(kept_by, data) if kept_by else data
            return data and hashlib.sha256(data).hexdigest()
        found = check.read_imap(self.peer, self.user, digest)
        return {folder: [one for one in messages if one.digest] for folder, messages in found.items() if messages}

    def sizes(self, folder, which):
        """Of the messages for which `which(bytes)`."""
        with self.client() as client:
            client.select(self.name(folder), readonly=True)
            parts = client.fetch("1:*", "(BODY.PEEK[])")[1]
            return [len(part[1]) for part in parts if isinstance(part, tuple) and which(part[1])]

    def subscriptions(self):
        with self.client() as client:
            return {name for name, _ in check.folders(client, "lsub")} - {"INBOX"}

    def next_uids(self):
        """{folder: UIDNEXT}, of those that ever had a message: it grows with each that comes, even one that goes again."""
        with self.client() as client:
            found = {name: client.status(raw, "(UIDNEXT)")[1][0] for name, raw in check.folders(client)}
        uids = {name: int(answer.rpartition(b"UIDNEXT ")[2].rstrip(b")")) for name, answer in found.items()}
        return {name: uid for name, uid in uids.items() if uid > 1}

    def store(self, folder, number, command, *flags):
        with self.client() as client:
            client.select(self.name(folder))
            client.store(str(number), command, f"({' '.join(flags)})")

    def remove(self, folder, number):
        with self.client() as client:
            client.select(self.name(folder))
            client.store(str(number), "+FLAGS.SILENT", r"(\Deleted)")
            client.uid("EXPUNGE", client.fetch(str(number), "(UID)")[1][0].rpartition(b"UID ")[2].rstrip(b")").decode())


class Pair:
    """`old_kind`, `new_kind`: names in KINDS, or "Own" as the new one. The tests build on each other."""

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        try:
            cls.old = Mailbox(stack.enter_context(KINDS[cls.old_kind]([HANAKO])), HANAKO)
            if cls.new_kind != "Own":
                cls.new = Mailbox(stack.enter_context(KINDS[cls.new_kind]([AT_NEW])), AT_NEW)
        except packages.Unavailable as error:
            raise unittest.SkipTest(str(error)) from None
        own = cls.new_kind == "Own"
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old.peer), {"provider": "builtin"} if own else side_of(cls.new.peer),
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": AT_NEW.password}],
            {"gateway": {"enabled": False}})], mailboxes=[AT_NEW] if own else ()))
        if own:
            cls.new = Mailbox(cls.tandem, HANAKO)
        cls.fill()

    @classmethod
    def fill(cls):
        """The old side; `refused`: names of the malformed that it does not take."""
        mails, cls.refused, cls.seeded = Generator(21).mails(MESSAGES), set(), {}
        with cls.old.client() as client:
            for folder, share in FOLDERS:
                cls.old.make(client, folder, folder != UNSUBSCRIBED)
                for _ in range(max(int(MESSAGES * share), 10)):
                    mail = next(mails, None) or Generator(22).mail(0)
                    cls.put(client, folder, mail.data, mail.flags + mail.keywords, mail.date)
            for number, (name, data) in enumerate(malformed.MESSAGES.items()):
                if not cls.put(client, "INBOX", data, (("\\Flagged",), ("$label1", "\\Seen"), ())[number % 3],
                               Generator(23).mail(number).date):
                    cls.refused.add(name)

    @classmethod
    def put(cls, client, folder, data, flags, date):
        kept = malformed.kept(cls.old.kind, data)
        taken = cls.old.append(client, folder, data, flags, date)
        if taken != (kept is not None):
            raise AssertionError(f"{cls.old.kind} takes {data[:200]!r}: {taken}")
        if taken:
            cls.seeded.setdefault(folder, []).append(hashlib.sha256(kept).hexdigest())
        return taken

    def passed(self):
        """One more whole pass. Times are told in whole seconds: one that ends in the second in which it was asked for
        cannot be told from an earlier one, and is asked for again."""
        since, asked = time.time(), 0

        def is_over():
            nonlocal asked
            if time.time() - asked > ASK_AGAIN:
                self.tandem.sync()
                asked = time.time()
            return all((self.tandem.synced_at(one) or 0) > since for one in self.tandem.accounts())
        process.until(is_over, BOUND, "a pass")

    def at_rest(self):
        """The account's status between passes. One that was asked for meanwhile may be under way, and is trying again what
        was left out: as long as it does so nothing is named."""
        told = {}

        def is_told():
            told.update(self.tandem.cli_json("status", HANAKO.address))
            return told["account"]["state"] != "copying"
        process.until(is_told, BOUND, "the end of the last pass")
        return told

    def assert_alike(self, ordered):
        """Both sides hold the same, but for what their servers do to it."""
        old, new = self.old.read(self.new.kind), self.new.read()
        report = check.compare(old, new)
        self.assertTrue(report.clean, report.table())
        if ordered:
            for folder in old:
                self.assertEqual([one.state for one in old[folder]], [one.state for one in new[folder]], folder)
        return old, new

    def test_1_first_copy(self):
        seen = {folder: [one.digest for one in found] for folder, found in self.old.read().items()}
        self.assertEqual(seen, self.seeded, "what the old server shows is not what it is known to make of the mail")
        self.passed()
        type(self).left_out = self.at_rest()["skipped"]
        if self.new_kind == "Own":
            self.tandem.cut_over([HANAKO.address])
        self.assert_alike(ordered=True)
        wanted = {folder for folder, _ in FOLDERS} - {"INBOX", UNSUBSCRIBED}
        for box in (self.old, self.new):
            self.assertEqual(box.subscriptions() & ({UNSUBSCRIBED} | wanted), wanted)

    def test_2_what_the_new_server_refused_is_named(self):
        wanted = [size for size in self.old.sizes("INBOX", lambda data: malformed.kept(self.new.kind, data) is None)]
        self.assertEqual(sorted(one["size"] for one in self.left_out), sorted(wanted), self.left_out)
        self.assertEqual({one["folder"] for one in self.left_out}, {"INBOX"} if wanted else set())

    def test_3_a_second_pass_copies_nothing(self):
        before = self.old.next_uids(), self.new.next_uids()
        self.passed()
        self.assertEqual((self.old.next_uids(), self.new.next_uids()), before)

    def test_4_changes_on_both_sides(self):
        before = self.old.read(), self.new.read()
        mails = [one for one in Generator(24).mails(40) if one.kind != "raw_headers"]
        fresh = "Projects/Neu"
        # Courier loses a keyword when two sessions set keywords of one message in the same moment: one at a time.
        self.tandem.cli("pause")
        home = self.new if self.new_kind == "Own" else self.old     # a folder that is new at the other side stays there
        with home.client() as client:
            home.make(client, fresh)
            self.arrive(home, client, {fresh: mails[9:11]})
        with self.old.client() as client:
            self.arrive(self.old, client, {"INBOX": mails[:3], "Projects": mails[3:4]})
        with self.new.client() as client:
            self.arrive(self.new, client, {"INBOX": mails[6:8], "Projects": mails[8:9]})
        self.old.store("Sent", 1, "+FLAGS", r"\Flagged", r"\Answered", "Eilig")
        self.old.store("Sent", 2, "FLAGS")
        self.new.store("Sent", 3, "+FLAGS", r"\Flagged", r"\Answered", "$label2")
        self.new.store("Sent", 4, "FLAGS")
        self.old.store("Sent", 5, "+FLAGS", r"\Flagged", "Eilig")            # both sides, one message
        self.new.store("Sent", 5, "+FLAGS", r"\Draft", "$label2")
        self.old.remove("Sent", 9)
        self.new.remove("Sent", 10)
        self.tandem.cli("resume")
        for _ in range(2):                     # the second brings the flags of what the first one brought
            self.passed()
        old, new = self.old.read(self.new.kind), self.new.read()
        self.assertEqual(
            {row[:2] for row in check.compare(old, new).rows}, {("Sent", "lost"), ("Sent", "unexpected")},
            "removed on one side: there only, and not copied again\n" + check.compare(old, new).table())
        for side, was in ((self.old.read(), before[0]), (new, before[1])):
            grown = {folder: len(found) - len(was.get(folder, [])) for folder, found in side.items()}
            self.assertEqual({folder: more for folder, more in grown.items() if more},
                             {"INBOX": 5, "Projects": 2, fresh: 2, "Sent": -1})
        self.assertIn(fresh, self.new.subscriptions() & self.old.subscriptions())
        for number, flags in ((0, {r"\flagged", r"\answered", "eilig"}), (2, {r"\flagged", r"\answered", "$label2"}),
                              (4, {r"\flagged", r"\draft", "eilig", "$label2"})):
            for found in (old, new):
                self.assertLessEqual(flags, found["Sent"][number].flags)
        self.assertFalse(old["Sent"][3].flags | new["Sent"][1].flags)
        self.test_3_a_second_pass_copies_nothing()

    def test_5_verify_says_so_too(self):
        for words in ([], ["--full"]):
            done = self.tandem.cli("verify", "--json", *words, check=False, bound=BOUND)
            (report,) = json.loads(done.stdout)
            self.assertEqual((done.returncode, report["differences"], report["clean"]), (DONE, [], True), words)

    @staticmethod
    def arrive(box, client, mail):
        for folder, mails in mail.items():
            for one in mails:
                if not box.append(client, folder, one.data, one.flags + one.keywords, one.date):
                    raise AssertionError(f"{box.kind} refuses {one.kind}")


def _classes():
    for old in KINDS:
        for new in (*KINDS, "Own"):
            name = f"{old}To{new}Test"
            yield name, type(name, (Pair, unittest.TestCase), {"old_kind": old, "new_kind": new})


globals().update(_classes())

if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
