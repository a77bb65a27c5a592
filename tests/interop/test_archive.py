"""tandemail export and load between real mailboxes and files: nothing altered, nothing twice, whatever is killed.

What a mailbox holds is read by imaplib, the files by Python's `mailbox` and by another Dovecot that is given the tree as its
mail. The mail is generated and malformed. The new side is a Dovecot or the built-in server (in Tandemail itself, which is
seen once the person has been cut over).

    test_archive.py [ToDovecot | ToBuiltin]        TANDEM_MESSAGES (default 80)
"""
import contextlib
import hashlib
import json
import mailbox
import os
import pathlib
import random
import shutil
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import check, malformed, process                    # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.process import Process                              # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402
from test_pairs import FOLDERS, Mailbox                             # noqa: E402

DOMAIN = "example.jp"
HANAKO, READER = User(f"hanako@{DOMAIN}", "pass word"), User(f"reader@{DOMAIN}", "third")
MESSAGES = int(os.environ.get("TANDEM_MESSAGES", 80))
DONE, FAILED, USAGE, NOTES, NEEDS_YOU = 0, 1, 2, 3, 4
FLAGS = {"D": r"\draft", "F": r"\flagged", "R": r"\answered", "S": r"\seen", "T": r"\deleted"}
ENDS = 12                  # how often an export, and a load, is killed


def total(report, what):
    return sum(folder[what] for folder in report["folders"])


def multiset(found):
    """{folder: sorted [(digest, flags, date)]}, of folders that hold mail."""
    return {folder: sorted((one.digest, sorted(one.flags), one.date) for one in messages)
            for folder, messages in found.items() if messages}


def tree(directory):
    """{path: (bytes, time)} of the messages below, without what differs between two mailboxes that hold the same."""
    found = {}
    for path in sorted(pathlib.Path(directory).rglob("*,S=*")):
        time, _, rest = path.name.partition(".V")
        where = str(path.parent.relative_to(directory))
        found.setdefault((where, time, rest.partition(".tandemail,")[2]), []).append(
            (path.read_bytes(), int(path.stat().st_mtime)))
    return {name: sorted(all_of_it) for name, all_of_it in found.items()}


class Archive:
    """`own`: the new side is the built-in server of Tandemail itself. The tests build on each other."""

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.old = stack.enter_context(Dovecot([HANAKO]))
        cls.new = None if cls.own else stack.enter_context(Dovecot([HANAKO]))
        cls.third = Dovecot([READER])
        stack.callback(cls.third.stop)
        cls.tandem = Tandemail([Migration(
            "move", DOMAIN, side_of(cls.old), {"provider": "builtin"} if cls.own else side_of(cls.new),
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}],
            {"gateway": {"enabled": False}})], mailboxes=[HANAKO] if cls.own else ())
        stack.callback(cls.tandem.stop)
        cls.tandem.prepare()
        cls.place = cls.tandem.directory / "archive"
        cls.tree = cls.place / HANAKO.address
        cls.fill(Mailbox(cls.old, HANAKO))
        cls.seen = check.read_imap(cls.old, HANAKO)
        cls.count = sum(map(len, cls.seen.values()))

    @classmethod
    def fill(cls, box):
        mails = Generator(31).mails(MESSAGES)
        with box.client() as client:
            for folder, share in FOLDERS:
                box.make(client, folder)
                for _ in range(max(int(MESSAGES * share), 5)):
                    mail = next(mails, None) or Generator(32).mail(0)
                    box.append(client, folder, mail.data, mail.flags + mail.keywords, mail.date)
            for number, data in enumerate(malformed.MESSAGES.values()):
                box.append(client, "INBOX", data, ((r"\Flagged", "$Forwarded"), ("$label1", r"\Seen"), ())[number % 3],
                           Generator(33).mail(number).date)

    def command(self, *words, code=DONE):
        done = self.tandem.cli(*words, "--json", check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode() + done.stdout.decode())
        return json.loads(done.stdout)

    def export(self, side="old", to=None, *words, code=DONE):
        (report,) = self.command("export", HANAKO.address, "--side", side, "--to", to or self.place, *words, code=code)
        return report

    def load(self, path, *words, code=DONE):
        return self.command("load", HANAKO.address, "--side", "new", "--from", path, *words, code=code)

    def names(self):
        return {str(path.relative_to(self.place)): path.stat().st_mtime_ns for path in self.place.rglob("*")
                if path.is_file()}

    def test_1_a_first_and_a_second_export(self):
        report = self.export()
        self.assertEqual((total(report, "found"), total(report, "written"), total(report, "before")),
                         (self.count, self.count, 0))
        before = self.names()
        report = self.export()
        self.assertEqual((total(report, "written"), total(report, "before"), total(report, "renewed")), (0, self.count, 0))
        self.assertEqual(self.names(), before)

    def test_2_python_reads_the_same(self):
        found = {}
        for name in ("", *mailbox.Maildir(self.tree).list_folders()):
            folder = mailbox.Maildir(self.tree / f".{name}" if name else self.tree)
            words = dict(line.split(" ", 1) for line in self.lines(folder, "dovecot-keywords"))
            place = name.replace(".", "/") or "INBOX"
            for key in folder.keys():
                message = folder.get_message(key)
                letters = message.get_flags()
                flags = {FLAGS[one] for one in letters if one in FLAGS}
                flags |= {words[str(ord(one) - ord("a"))].lower() for one in letters if one.islower()}
                found.setdefault(place, []).append((hashlib.sha256(folder.get_bytes(key)).hexdigest(), sorted(flags),
                                                    int(message.get_date())))
        self.assertEqual({folder: sorted(messages) for folder, messages in found.items()},
                         {folder: [(digest, flags, date) for digest, flags, date in messages]
                          for folder, messages in multiset(self.seen).items()})

    @staticmethod
    def lines(folder, name):
        path = pathlib.Path(folder._path) / name
        return path.read_text().splitlines() if path.exists() else []

    def test_3_another_dovecot_shows_the_same(self):
        home = self.third.home(READER)
        home.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.tree, home / "Maildir")
        for path in (home.parent, home, *home.rglob("*")):
            shutil.chown(path, "nobody") if os.geteuid() == 0 else None
        self.third.start()
        self.assertEqual(multiset(check.read_imap(self.third, READER)), multiset(self.seen))

    def test_4_loaded_once(self):
        report = self.load(self.tree)
        self.assertEqual((total(report, "written"), report["problems"]), (self.count, []))
        report = self.load(self.tree)
        self.assertEqual((total(report, "written"), total(report, "before")), (0, self.count))

    def test_5_there_and_back_is_the_same(self):
        self.export("new", self.tandem.directory / "back")
        self.assertEqual(tree(self.tandem.directory / "back" / HANAKO.address), tree(self.tree))

    def test_6_mbox_there_and_back(self):
        boxes = self.tandem.directory / "boxes"
        report = self.export("old", boxes, "--format", "mbox")
        self.assertEqual(total(report, "written"), self.count)
        report = self.export("old", boxes, "--format", "mbox")
        self.assertEqual((total(report, "written"), total(report, "before")), (0, self.count))
        inbox = mailbox.mbox(boxes / HANAKO.address / "INBOX.mbox", create=False)
        self.assertEqual(len(inbox), len(self.seen["INBOX"]))
        inbox.close()
        report = self.load(boxes / HANAKO.address)
        self.assertEqual((total(report, "written"), total(report, "before")), (0, self.count))
        report = self.load(boxes / HANAKO.address / "INBOX.mbox", "--folder", "Loaded")
        self.assertEqual(total(report, "written"), len(self.seen["INBOX"]))

    def killed(self, *words):
        """Runs a command to its end, after it has been killed at random moments."""
        random_moments = random.Random(5)
        arguments = [self.tandem.binary, words[0], "--config", self.tandem.config, *words[1:]]
        for number in range(ENDS):
            running = Process(arguments, self.tandem.directory / "killed.log")
            if running.wait(random_moments.uniform(0.02, 0.02 + 0.06 * number)) is None:
                running.kill()
            running.stop()

    def test_7_killed_exports_leave_nothing_twice_and_nothing_half(self):
        for form in ("maildir", "mbox"):
            place = self.tandem.directory / f"killed-{form}"
            self.killed("export", HANAKO.address, "--side", "old", "--to", place, "--format", form)
            report = self.export("old", place, "--format", form)
            self.assertEqual(total(report, "written") + total(report, "before"), self.count)
            if form == "maildir":
                self.assertEqual(tree(place / HANAKO.address), tree(self.tree))
            else:
                name = f"{HANAKO.address}/INBOX.mbox"
                self.assertEqual(len((place / name).read_bytes()), len((self.tandem.directory / "boxes" / name).read_bytes()))

    def test_8_killed_loads_leave_nothing_twice(self):
        self.killed("load", HANAKO.address, "--side", "new", "--from", self.tree, "--folder", "Killed")
        report = self.load(self.tree, "--folder", "Killed")
        self.assertEqual(total(report, "written") + total(report, "before"), self.count)
        self.export("new", self.tandem.directory / "killed-back")
        found = tree(self.tandem.directory / "killed-back" / HANAKO.address)
        inside = {(where, time, rest): all_of_it for (where, time, rest), all_of_it in found.items()
                  if where.startswith(".Killed")}
        found = {(where.replace(".Killed", "", 1).lstrip("/") or "cur", time, rest): all_of_it
                 for (where, time, rest), all_of_it in inside.items()}
        wanted = tree(self.tree)
        self.assertEqual({name: len(found.get(name, ())) for name in {*found, *wanted}},
                         {name: len(wanted.get(name, ())) for name in {*found, *wanted}})
        self.assertEqual(found, wanted)

    def test_9_beside_a_running_server(self):
        self.tandem.start()
        self.tandem.sync()
        process.until(lambda: all(map(self.tandem.synced_at, self.tandem.accounts())), 60, "in sync")
        self.assertEqual(total(self.export(), "before"), self.count)
        done = self.tandem.cli("load", HANAKO.address, "--side", "new", "--from", self.tree, check=False)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("built-in server" if self.own else "tandemail pause", done.stderr.decode())
        if not self.own:
            self.tandem.cli("pause", HANAKO.address)
            self.assertEqual(total(self.load(self.tree), "written"), 0)
            self.resume_while_it_loads()
        self.tandem.cut_over([HANAKO.address])
        found = check.read_imap(self.tandem if self.own else self.new, HANAKO)
        for folder, messages in multiset(self.seen).items():
            self.assertEqual(multiset(found)[folder], messages)

    def resume_while_it_loads(self):
        """What the sync would copy is being loaded: it waits for the end, says so, and nothing comes twice."""
        more = list(Generator(34).mails(20))
        box = Mailbox(self.old, HANAKO)
        with box.client() as client:
            for mail in more:
                box.append(client, "INBOX", mail.data, mail.flags + mail.keywords, mail.date)
        self.export("old", self.tandem.directory / "more")
        leases = self.tandem.data / "leases"
        self.as_if_killed(leases)
        logins = self.new.log_text(1_000_000).count("Login: ")
        load = Process([self.tandem.binary, "load", "--config", self.tandem.config, HANAKO.address, "--side", "new",
                        "--from", self.tandem.directory / "more" / HANAKO.address], self.tandem.directory / "more.log")
        self.addCleanup(load.stop)
        process.until(lambda: f"{load.pid} load".encode() in leases.read_bytes(), 30, "a lease")
        # Behind its last look at whether the account is paused.
        process.until(lambda: self.new.log_text(1_000_000).count("Login: ") > logins, 30, "the load's log-in")
        load.signal(signal.SIGSTOP)
        self.tandem.cli("resume", HANAKO.address)
        (account,) = self.tandem.accounts()
        self.assertEqual(account["problem"]["kind"], "in_use")
        self.assertIn(f"tandemail load (PID {load.pid})", account["problem"]["what"])
        load.signal(signal.SIGCONT)
        self.assertEqual(load.wait(60), DONE, load.log.read_text())
        wanted = {"messages_done": self.count + len(more), "messages_total": self.count + len(more)}
        synced = lambda: wanted.items() <= self.tandem.accounts()[0]["copied"].items()        # noqa: E731
        process.until(synced, 60, "a pass behind the load")
        type(self).seen = check.read_imap(self.old, HANAKO)
        self.assertEqual(sum(map(len, self.seen.values())), self.count + len(more))
        found = multiset(check.read_imap(self.new, HANAKO))
        self.assertEqual({folder: found.get(folder) for folder in multiset(self.seen)}, multiset(self.seen))

    @staticmethod
    def as_if_killed(leases):
        """The account's holder before was a load that did not give its lease back: the next one waits until the server is
        quiet, which takes seconds."""
        note = 64
        with leases.open("r+b") as file:
            file.seek(leases.stat().st_size - note)
            file.write(b"1 load".ljust(note - 1) + b"\n")

    def test_0_what_is_wrong_is_said(self):
        for words, code, said in ((["export", HANAKO.address, "--to", "x"], FAILED, "--side old"),
                                  (["export", "--side", "old", "--to", "x"], USAGE, "--all"),
                                  (["export", "no@example.jp", "--side", "old", "--to", "x"], FAILED, "accounts"),
                                  (["load", HANAKO.address, "--side", "new", "--from", "/nowhere"], NEEDS_YOU,
                                   "no mail in /nowhere"),
                                  (["load", HANAKO.address, "--side", "left", "--from", "x"], FAILED, "no side 'left'")):
            done = self.tandem.cli(*words, check=False)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(said, done.stderr.decode())


class ToDovecotTest(Archive, unittest.TestCase):
    own = False


class ToBuiltinTest(Archive, unittest.TestCase):
    own = True


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
