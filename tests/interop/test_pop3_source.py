"""A host that has POP3 and no IMAP, as the old side: copied, kept up to date, cut over and back. Counted by imaplib and
poplib, straight at the servers. The old side is a Dovecot whose passwords go by APOP after STLS, or by APOP alone.

test_pop3_source.py [StlsToDovecot|ApopToBuiltin]
"""
import email.utils
import imaplib
import json
import mailbox
import pathlib
import poplib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import test_pop3_ids                                                # noqa: E402
from tandemtest import probe, process                               # noqa: E402
from tandemtest.mailgen import Generator                            # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN = "example.jp"
HANAKO = test_pop3_ids.HANAKO
AT_NEW = test_pop3_ids.AT_NEW
FIRST, REMOVED, LATER = 60, 7, 5
RECEIVED = "Received: from a.example by mx.example; {}\r\n"
APOP_ONLY = "auth_mechanisms = apop\n"


class Pop3Source:
    """`old_url()` says how the old side is read, `new_side()` makes the new one."""

    def setUp(self):
        self.received = {}        # Message-ID → when the topmost Received line says
        self.mails = [self.stamped(mail, number) for number, mail in enumerate(Generator(5).mails(FIRST + LATER))]
        # People log in through us with USER and PASS.
        only = "" if "clients" in self.id() else APOP_ONLY
        self.old = self.started(Dovecot([HANAKO], extra=only))
        new = self.new_side()
        row = {"address": HANAKO.address, "old_password": HANAKO.password, "new_password": AT_NEW.password}
        self.tandem = self.started(Tandemail([Migration(
            "move", DOMAIN, {"pop3": self.old_url(), "login": "{address}"}, new, [row],
            {"gateway": {"enabled": "no"}, "sync": {"propagate_deletes": "yes"}})]))

    def started(self, peer):
        self.addCleanup(peer.stop)
        peer.start()
        return peer

    def stamped(self, mail, number):
        """The bytes of `mail`, as POP3 sends them, with the time of its receipt and a name of its own on top."""
        when = 1_700_000_000 + 3600 * number
        name = f"<source-{number}@example.jp>"
        self.received[name] = when
        body = mail.data if mail.data.endswith(b"\r\n") else mail.data + b"\r\n"
        return (RECEIVED.format(email.utils.formatdate(when)) + f"X-Name: {name}\r\n").encode() + body

    def deliver(self, mails):
        for data in mails:
            self.old.save(HANAKO, data)

    def at_old(self):
        """Straight at the old server: the UIDLs."""
        client = self.pop3_at_old()
        ids = [line.split()[1] for line in client.uidl()[1]]
        client.quit()
        return ids

    def pop3_at_old(self):
        client = poplib.POP3(self.old.host, self.old.ports["pop3"], timeout=probe.BOUND)
        client.stls(probe.tls_context(self.old))
        client.apop(HANAKO.address, HANAKO.password)
        return client

    def at_new(self):
        """Straight at the new server: [(bytes, INTERNALDATE, flags)]."""
        seen = []
        with probe.imap(self.new, AT_NEW) as client:
            client.select("INBOX", readonly=True)
            for number in client.search(None, "ALL")[1][0].decode().split():
                (head, data), rest = client.fetch(number, "(INTERNALDATE FLAGS BODY.PEEK[])")[1]
                when = time.mktime(imaplib.Internaldate2tuple(head + rest))
                seen.append((data, when, imaplib.ParseFlags(head + rest)))
        return seen

    def copied(self):
        return sorted(one[0] for one in self.at_new())

    def once(self):
        """A pass, while nobody serves."""
        self.tandem.process.stop()
        told = self.tandem.cli_json("sync", "--once")
        self.tandem.launch()
        self.assertEqual((told["failed"], told["skipped"]), (0, 0))
        return told["copied"]

    def verify(self):
        for words in ([], ["--full"]):
            done = self.tandem.cli("verify", *words, check=False)
            self.assertEqual(done.returncode, 0, done.stdout.decode())

    def in_sync(self):
        return all(map(self.tandem.synced_at, self.tandem.accounts()))

    def synced(self):
        self.tandem.sync()
        process.until(self.in_sync, 60, "in sync")

    def test_1_copied_kept_up_to_date_and_proved(self):
        self.deliver(self.mails[:FIRST])
        found = json.loads(self.tandem.cli("check", HANAKO.address, "--json", check=False).stdout)
        self.assertEqual([one["kind"] for one in found[0]["remarks"] if one["kind"] != "no_uidplus"], ["pop3_only"])
        self.synced()
        self.assertEqual(self.copied(), sorted(self.mails[:FIRST]))
        for data, when, flags in self.at_new():
            name = data.split(b"X-Name: ")[1].split(b"\r\n")[0].decode()
            self.assertEqual(when, self.received[name])
            self.assertNotIn(b"\\Seen", flags)
        self.verify()

        # A client fetches and deletes: that is no deletion, even with propagate_deletes.
        client = self.pop3_at_old()
        for number in range(3, 3 + REMOVED):
            client.dele(number)
        client.quit()
        self.deliver(self.mails[FIRST:])
        self.assertEqual([self.once() for _ in range(3)], [LATER, 0, 0])
        self.assertEqual(self.copied(), sorted(self.mails))
        self.verify()
        self.assertEqual(len(self.at_old()), FIRST - REMOVED + LATER)

    def test_2_killed_in_the_middle(self):
        self.deliver(self.mails[:FIRST])
        for wanted in (0, 1, 30):
            self.tandem.sync()
            process.until(lambda: len(self.at_new()) >= wanted, 60, f"{wanted} copied")
            self.tandem.kill9()
            self.tandem.launch()
        self.synced()
        self.assertEqual(self.once(), 0)
        self.assertEqual(self.copied(), sorted(self.mails[:FIRST]))
        self.verify()

    def test_3_clients_download_nothing_twice(self):
        fetchmail = test_pop3_ids.Fetchmail(self, self.tandem)
        self.deliver(self.mails[:FIRST])
        self.assertEqual(fetchmail.fetch(), FIRST)
        self.synced()
        known = self.listing()
        self.tandem.cut_over([HANAKO.address])
        self.assertEqual(self.listing(), known)
        self.assertEqual(fetchmail.fetch(), 0)
        # A straggler is brought over; nothing is copied back, and that is said once.
        self.deliver(self.mails[FIRST:FIRST + 1])
        with probe.imap(self.new, AT_NEW) as client:
            client.append("INBOX", None, None, self.mails[FIRST + 1])
            client.create("Projekt")
            client.append("Projekt", None, None, self.mails[FIRST + 2])
        self.tandem.sync()
        process.until(lambda: len(self.at_new()) == FIRST + 2, 60, "the straggler")
        process.until(lambda: self.account()["problem"], 60, "a word on it")
        self.assertEqual(self.account()["problem"]["kind"], "one_way")
        self.assertEqual(self.account()["notes"], 0)
        self.assertEqual(len(self.at_old()), FIRST + 1)
        self.assertEqual(fetchmail.fetch(), 2)
        self.verify()
        self.tandem.roll_back([HANAKO.address])
        self.assertEqual(fetchmail.fetch(), 0)

    def test_4_exported_to_files(self):
        self.deliver(self.mails[:FIRST])
        place = self.tandem.directory / "archive"
        words = ("export", HANAKO.address, "--side", "old", "--to", place, "--json")
        refused = self.tandem.cli(*words, check=False)              # beside a server
        self.assertEqual(refused.returncode, 4)
        self.assertIn("Stop tandemail", refused.stderr.decode())
        self.tandem.process.stop()
        for written, before in ((FIRST, 0), (0, FIRST)):
            report = json.loads(self.tandem.cli(*words).stdout)[0]
            self.assertEqual(report["problems"], [])
            self.assertEqual([(one["name"], one["written"], one["before"]) for one in report["folders"]],
                             [("INBOX", written, before)])
        self.deliver(self.mails[FIRST:])
        report = json.loads(self.tandem.cli(*words).stdout)[0]
        self.assertEqual([(one["written"], one["before"]) for one in report["folders"]], [(LATER, FIRST)])
        files = mailbox.Maildir(place / HANAKO.address, create=False)
        self.assertEqual(sorted(files.get_bytes(key).replace(b"\r\n", b"\n") for key in files.keys()),
                         sorted(data.replace(b"\r\n", b"\n") for data in self.mails))
        for key in files.keys():
            message = files.get_message(key)
            self.assertEqual(message.get_date(), self.received[message["X-Name"]])

    def account(self):
        return self.tandem.accounts()[0]

    def listing(self):
        client = probe.pop3(self.tandem, HANAKO)
        ids = [line.split()[1] for line in client.uidl()[1]]
        client.quit()
        return ids


class StlsToDovecotTest(Pop3Source, unittest.TestCase):
    def old_url(self):
        return f"pop3://{self.old.tls_name}:{self.old.ports['pop3']}?ca={self.old.ca_file}"

    def new_side(self):
        self.new = self.started(Dovecot([AT_NEW]))
        return side_of(self.new)


class ApopToBuiltinTest(Pop3Source, unittest.TestCase):
    """The new host is another Tandemail."""

    def old_url(self):
        return f"pop3://127.0.0.1:{self.old.ports['pop3']}?tls=never"

    def new_side(self):
        self.new = self.started(Tandemail([], mailboxes=[AT_NEW]))
        return side_of(self.new)


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
