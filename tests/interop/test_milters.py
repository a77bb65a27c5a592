"""Rspamd and OpenDKIM as milters of the gateway: what they find stands in front of the message, the same bytes
in home and mirror; what they refuse reaches neither side; and mail flows while they are down.

The sender's DNS is theirs alone: its SPF record names 127.0.0.9, its key signs. Signatures are simple/simple, so
the milters must be told every byte as it came.

test_milters.py [Rspamd|OpenDkim|Both]
"""
import pathlib
import re
import shutil
import smtplib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.dkim import Signer                                  # noqa: E402
from tandemtest.peers import Dovecot, OpenDkim, Rspamd, User        # noqa: E402
from tandemtest.peers.base import temporary_directory               # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
HOST = "gate.test.example"
SENDER, DOMAIN = "anna@sender.example", "sender.example"
PERMITTED, STRANGER = "127.0.0.9", "127.0.0.10"
FORGED = (f"Authentication-Results: {HOST}; dkim=pass header.d=bank.example; spf=pass\r\n"
          f"authentication-results : (x) {HOST.upper()}\r\n ; dmarc=pass\r\n").encode()
# https://spamassassin.apache.org/gtube/, in two parts so that no filter finds this file.
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-" + b"ANTI-UBE-TEST-EMAIL*C.34X\r\n"


def letter(subject, body=b"Hello Hanako,\r\n\r\n.a dot, and  two blanks\r\n"):
    return (f"From: Anna  <{SENDER}>\r\nTo: {HANAKO.address}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@{DOMAIN}>\r\n\r\n").encode() + body


class Milters:
    filters = ()

    @classmethod
    def setUpClass(cls):
        keys = temporary_directory("signer")
        cls.addClassCleanup(shutil.rmtree, keys)
        cls.signer = Signer(keys, DOMAIN)
        records = {cls.signer.name: cls.signer.record, DOMAIN: f"v=spf1 ip4:{PERMITTED} -all"}
        cls.milters = [cls.started(kind(records)) for kind in cls.filters]
        cls.old, cls.new = cls.started(Dovecot([HANAKO])), cls.started(Dovecot([HANAKO]))
        sides = [side_of(store, smtp=f"lmtp://127.0.0.1:{store.ports['lmtp']}?tls=never")
                 for store in (cls.old, cls.new)]
        account = {"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}
        cls.target = cls.started(Tandemail([Migration("move", HANAKO.domain, *sides, [account])], hostname=HOST,
                                           sections={"": {"milter": [one.address for one in cls.milters]}}))
        cls.target.sync()
        process.until(lambda: all(map(cls.target.synced_at, cls.target.accounts())), 60, "in sync")
        cls.target.cli("pause")     # or the sync may bring a copy before the gateway does

    @classmethod
    def started(cls, peer):
        cls.addClassCleanup(peer.stop)
        return peer.start()

    def send(self, message, source=PERMITTED):
        """The server's answer after the dot: (code, words)."""
        with smtplib.SMTP(self.target.host, self.target.ports["smtp"], local_hostname="mx.sender.example",
                          timeout=60, source_address=(source, 0)) as client:
            client.ehlo()
            client.mail(SENDER)
            self.assertEqual(client.rcpt(HANAKO.address)[0], 250)
            code, words = client.data(message)
            return code, words.decode()

    def found(self, store, subject):
        """The whole messages of this subject in a side's INBOX."""
        with probe.imap(store, HANAKO) as client:
            client.select(readonly=True)
            numbers = client.search(None, "HEADER", "Message-ID", f'"<{subject}@{DOMAIN}>"')[1][0].split()
            return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers]

    def delivered(self, message, subject, source=PERMITTED):
        """Sends it; what stands between our Received line and the message, in the copy of either side."""
        code, words = self.send(message, source)
        self.assertEqual(code, 250, words)
        process.until(lambda: self.found(self.new, subject), 60, "the mirror's copy")
        home, mirror = self.found(self.old, subject), self.found(self.new, subject)
        self.assertEqual((len(home), len(mirror)), (1, 1))
        own = mirror[0]
        self.assertTrue(home[0].endswith(own), "home and mirror differ below what the store itself adds")
        self.assertTrue(own.startswith(b"Received: from mx.sender.example"), own[:400])
        head = own[own.index(b"+0000\r\n") + 7:]
        expected = message.replace(FORGED, b"")
        self.assertTrue(head.endswith(expected), head)
        return head[:len(head) - len(expected)].decode()

    def verdicts(self, added):
        """{method: result} of the fields by our host."""
        fields = re.sub(r"\r\n[ \t]+", " ", added).splitlines()
        ours = [line.partition(";")[2] for line in fields if line.startswith(f"Authentication-Results: {HOST};")]
        self.assertEqual(len(ours), len(self.milters), fields)
        return {name: result for text in ours for name, result in re.findall(r"\b(dkim|spf)=(\w+)", text)}

    def test_signed_and_permitted(self):
        added = self.delivered(self.signer.sign(letter("signed")), "signed")
        self.assertEqual(self.verdicts(added), dict.fromkeys(self.methods, "pass"))

    def test_spoofed(self):
        spoofed = self.signer.sign(letter("spoofed")).replace(b"Hello", b"Pay me,")
        added = self.delivered(spoofed, "spoofed", STRANGER)
        self.assertEqual(self.verdicts(added), dict.fromkeys(self.methods, "fail"))

    def test_forged_results_are_removed(self):
        other = b"Authentication-Results: other.example; dkim=pass header.d=list.example\r\n"
        added = self.delivered(FORGED + other + letter("forged"), "forged", STRANGER)
        self.assertNotIn("bank.example", added)
        self.assertNotIn("pass", self.verdicts(added).values())

    def test_long_message(self):
        body = b"".join(b"%070d\r\n" % number for number in range(20_000))
        added = self.delivered(self.signer.sign(letter("long", body)), "long")
        self.assertEqual(self.verdicts(added)["dkim"], "pass")


class RspamdTest(Milters, unittest.TestCase):
    filters, methods = (Rspamd,), ("dkim", "spf")

    def test_gtube(self):
        code, words = self.send(letter("gtube", GTUBE))
        self.assertEqual(code, 554, words)
        self.assertIn("Gtube", words)
        self.delivered(letter("after-gtube"), "after-gtube")
        self.assertEqual(self.found(self.old, "gtube") + self.found(self.new, "gtube"), [])


class OpenDkimTest(Milters, unittest.TestCase):
    filters, methods = (OpenDkim,), ("dkim",)


class BothTest(Milters, unittest.TestCase):
    filters, methods = (OpenDkim, Rspamd), ("dkim", "spf")

    def test_while_one_is_down(self):
        rspamd = self.milters[1]
        rspamd.process.stop()
        try:
            added = self.delivered(letter("down"), "down")
            self.assertIn("dkim=none", added)
            self.assertNotIn("spf=", added)
            self.assertIn("E-MILT-2", self.target.log_text())
        finally:
            rspamd.launch()
        added = self.delivered(letter("again"), "again")
        self.assertEqual(self.verdicts(added)["spf"], "pass")
        self.assertIn("W-MILT-3", self.target.log_text())


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
