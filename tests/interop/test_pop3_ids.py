"""POP3 clients that leave their mail on the server, through a cut-over and back: they see the ids they know, and
download nothing twice. Counted by fetchmail and getmail, which keep their lists between runs, and by poplib.

test_pop3_ids.py [DovecotToDovecot|DovecotToBuiltin|BuiltinToBuiltin]
"""
import os
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process, seed                         # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.peers.base import temporary_directory               # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO = User(f"hanako@{DOMAIN}", "old password")
AT_NEW = User(HANAKO.address, "new password")
BEFORE, REMOVED, AFTER = 30, 4, 5


class Leaving:
    """A client's folder that stays between its runs; fetch() says how many messages a run brought."""

    def __init__(self, test, target, name):
        self.target, self.home = target, temporary_directory(name)
        test.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def write(self, name, text):
        (self.home / name).write_text(text)
        (self.home / name).chmod(0o600)

    def fetch(self):
        before = self.count()
        done = self.run_client()
        if done.returncode not in (0, 1):        # fetchmail's 1: nothing new
            raise process.PeerError(f"{done.args[0]}: {done.stdout.decode()}{done.stderr.decode()}")
        return self.count() - before

    def environment(self):
        return {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


class Fetchmail(Leaving):
    def __init__(self, test, target):
        super().__init__(test, target, "fetchmail-ids")
        self.write("rc", f'poll "{target.tls_name}" protocol pop3 port {target.ports["pop3s"]} uidl\n'
                         f'  username "{HANAKO.address}" password "{HANAKO.password}" ssl sslcertck\n'
                         f'  sslcertfile "{target.ca_file}" keep no rewrite\n'
                         f'  mda "/bin/sh -c \'cat > $(mktemp {self.home}/mail.XXXXXX)\'"\n')

    def run_client(self):
        return process.run(["fetchmail", "-f", self.home / "rc", "--nosyslog", "-i", self.home / "ids",
                            "--pidfile", self.home / "pid"],   # else one per machine
                           env=self.environment(), check=False)

    def count(self):
        return len(list(self.home.glob("mail.*")))


class GetmailStumbled(Exception):
    """By a fault of its own."""


class Getmail(Leaving):
    def __init__(self, test, target):
        super().__init__(test, target, "getmail-ids")
        for name in ("box/cur", "box/new", "box/tmp"):
            (self.home / name).mkdir(parents=True)
        self.write("getmailrc",
                   f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = {target.tls_name}\n"
                   f"port = {target.ports['pop3s']}\nusername = {HANAKO.address}\npassword = {HANAKO.password}\n"
                   f"ca_certs = {target.ca_file}\ntimeout = 10\n[destination]\ntype = Maildir\npath = {self.home}/box/\n"
                   "[options]\nread_all = false\ndelete = false\nverbose = 0\n")

    def run_client(self):
        """getmail 6.18 waits for a child of its own that has ended already when the child was quicker than its
        SIGCHLD handler; it then does not know what it delivered, and nothing can be counted any more."""
        words = ["getmail", "--getmaildir", self.home]
        if os.geteuid() == 0:                     # getmail delivers nothing as root
            process.run(["chown", "-R", "nobody:nogroup", self.home])
            words = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *words]
        done = process.run(words, env=self.environment(), check=False)
        if re.search(rb"waiting child pid \d+ timed out", done.stderr):
            raise GetmailStumbled
        return done

    def count(self):
        return len(list((self.home / "box" / "new").iterdir()))


class Pop3Ids:
    """`old_side()` and `new_side()` give the sides."""
    mailboxes = ()

    def setUp(self):
        self.mails = list(Generator(11).mails(BEFORE + AFTER))
        old, new = self.old_side(), self.new_side()
        row = {"address": HANAKO.address, "old_password": HANAKO.password, "new_password": AT_NEW.password}
        self.tandem = self.started(Tandemail([Migration("move", DOMAIN, old, new, [row], {"gateway": {"enabled": False}})],
                                             mailboxes=self.mailboxes))

    def started(self, peer):
        self.addCleanup(peer.stop)
        peer.start()
        return peer

    def listing(self):
        """What a POP3 client of HANAKO sees: [(id, size)]."""
        client = probe.pop3(self.tandem, HANAKO, "pop3s")
        ids = [line.split()[1].decode() for line in client.uidl()[1]]
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        client.quit()
        return list(zip(ids, sizes))

    def test_nothing_is_downloaded_twice(self):
        for _ in range(3):
            try:
                return self.there_and_back()
            except GetmailStumbled:
                self.doCleanups()
                self.setUp()
        return self.there_and_back()

    def there_and_back(self):
        fetchmail, getmail = Fetchmail(self, self.tandem), Getmail(self, self.tandem)
        seed.append(self.old_store, HANAKO, self.mails[:BEFORE])
        self.assertEqual((fetchmail.fetch(), getmail.fetch()), (BEFORE, BEFORE))
        self.tandem.sync()
        process.until(lambda: all(map(self.tandem.synced_at, self.tandem.accounts())), 60, "in sync")
        # A person removes some by POP3; the sync leaves them on the new side.
        client = probe.pop3(self.tandem, HANAKO, "pop3s")
        for number in range(2, 2 + REMOVED):
            client.dele(number)
        client.quit()
        before = self.listing()
        self.assertEqual(len(before), BEFORE - REMOVED)

        self.tandem.cut_over([HANAKO.address])
        self.assertEqual(self.listing(), before)
        self.assertEqual((fetchmail.fetch(), getmail.fetch()), (0, 0))
        seed.append(self.tandem, HANAKO, self.mails[BEFORE:])
        self.assertEqual((fetchmail.fetch(), getmail.fetch()), (AFTER, AFTER))
        after = self.listing()
        self.assertEqual(after[:len(before)], before)
        self.assertEqual(len({one[0] for one in after}), len(before) + AFTER)

        self.tandem.restart()
        self.assertEqual(self.listing(), after)
        self.tandem.roll_back([HANAKO.address])
        self.assertEqual([one[0] for one in self.listing()], [one[0] for one in after])
        self.assertEqual((fetchmail.fetch(), getmail.fetch()), (0, 0))
        self.tandem.cut_over([HANAKO.address])
        self.assertEqual((fetchmail.fetch(), getmail.fetch()), (0, 0))


class DovecotToDovecotTest(Pop3Ids, unittest.TestCase):
    def old_side(self):
        self.old_store = self.started(Dovecot([HANAKO]))
        return side_of(self.old_store)

    def new_side(self):
        self.new_store = self.started(Dovecot([AT_NEW]))
        return side_of(self.new_store)


class DovecotToBuiltinTest(DovecotToDovecotTest):
    mailboxes = (AT_NEW,)

    def new_side(self):
        return {"provider": "builtin"}


class BuiltinToBuiltinTest(DovecotToBuiltinTest):
    """The old host is another Tandemail."""

    def old_side(self):
        self.old_store = self.started(Tandemail([], mailboxes=[HANAKO]))
        return side_of(self.old_store)


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
