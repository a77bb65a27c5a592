"""What people submit through Tandemail reaches colleagues where they live, whoever has moved, and others by
the person's own server (submission = gateway).

Two real hosts, each a Dovecot with the mailboxes and a Postfix that is its MX and takes submissions from
people who log in, each from his own address only. Both think the whole domain is theirs. What leaves them for
other domains goes to one recording server.

The same for a scanner that cannot log in, at the relay port.

    test_submission.py [Colleagues|Passthrough|Scanner|Smarthost]
"""
import contextlib
import email
import pathlib
import smtplib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                 # noqa: E402
from tandemtest.clients import swaks                           # noqa: E402
from tandemtest.company import DOMAIN, people_of               # noqa: E402
from tandemtest.peers import Dovecot, Postfix                  # noqa: E402
from tandemtest.peers.base import temporary_directory          # noqa: E402
from tandemtest.probe import imap, smtp                        # noqa: E402
from tandemtest.process import PeerError                       # noqa: E402
from tandemtest.sink import Sink                               # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of    # noqa: E402

FRIEND = "friend@partner.example"
STAYED, MOVED, OTHER = PEOPLE = people_of(3)


class Host:
    """One side, which takes its people's mail for anywhere."""

    def __init__(self, users, sink, stack, **options):
        self.store = stack.enter_context(Dovecot(users))
        self.mx = stack.enter_context(Postfix(
            [DOMAIN], lmtp_port=self.store.ports["lmtp"], recipients=[user.address for user in users],
            log_in=self.store.auth_socket, options={"default_transport": f"smtp:[127.0.0.1]:{sink.port}", **options}))

    def side(self):
        port = self.mx.ports["submission"]
        return side_of(self.store, self.mx, submission=f"submission://localhost:{port}?ca={self.mx.ca_file}")


def letter(subject, sender, recipients):
    return (f"From: {sender}\r\nTo: {', '.join(recipients)}\r\nSubject: {subject}\r\n\r\n"
            "..dots and 8 bits: \xe9\r\n").encode("latin-1")


class World(unittest.TestCase):
    settings, relay = {}, None

    @classmethod
    def process_settings(cls):
        return {}

    @classmethod
    def refusing(cls, stack):
        """A table for Postfix: what it refuses after the dot."""
        directory = temporary_directory("checks")
        stack.callback(process.run, ["rm", "-rf", directory])
        table = directory / "table"
        table.write_text("/^Subject: refused/ REJECT not here\n")
        directory.chmod(0o755)
        table.chmod(0o644)
        return f"regexp:{table}"

    @classmethod
    def setUpClass(cls):
        with contextlib.ExitStack() as stack:               # who has begun shows his log if the others cannot
            cls.begin(stack)
            cls.addClassCleanup(stack.pop_all().close)

    @classmethod
    def begin(cls, stack):
        cls.sink = stack.enter_context(Sink())
        cls.old = Host([person.old for person in PEOPLE], cls.sink, stack)
        cls.new = Host([person.new for person in PEOPLE], cls.sink, stack,
                       header_checks=cls.refusing(stack))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, cls.old.side(), cls.new.side(), [person.row() for person in PEOPLE],
            {"gateway": cls.settings, **({"relay": cls.relay()} if cls.relay else {})})], relay=bool(cls.relay),
            sections={"": cls.process_settings()}))
        cls.tandem.sync()
        cls.tandem.wait_for_a_pass()
        cls.tandem.cut_over([MOVED.address])

    def send(self, person, subject, recipients, sender=None, port="submission"):
        sender = sender or person.address
        return swaks(self.tandem, letter(subject, sender, recipients), sender, recipients, person.client, port)

    def mails(self, subject, host, user):
        with imap(host.store, user) as client:
            client.select(readonly=True)
            found = client.search(None, "SUBJECT", f'"{subject}"')[1][0].split()
            return [client.fetch(number, "(RFC822)")[1][0][1] for number in found]

    def on_both_sides(self, subject, person):
        """The person's two copies of a message, home or mirror; there is one on each side."""
        def both():
            old, new = self.mails(subject, self.old, person.old), self.mails(subject, self.new, person.new)
            return (old, new) if old and new else None
        old, new = process.until(both, 60, f"{subject} for {person.address} on both sides")
        self.assertEqual((len(old), len(new)), (1, 1), f"{subject}, {person.address}")
        return old[0], new[0]

    def outside(self, subject, count=1):
        def there():
            found = [one for one in self.sink.received() if email.message_from_bytes(one.data)["Subject"] == subject]
            return found if len(found) >= count else None
        found = process.until(there, 30, f"{subject} outside")
        self.assertEqual(len(found), count)
        return found


class ColleaguesTest(World):
    def test_everybody_gets_it_once_whoever_sends(self):
        for sender in PEOPLE:
            subject = "from " + sender.address
            recipients = [STAYED.address, FRIEND, MOVED.address]
            self.send(sender, subject, recipients, port="submissions" if sender is OTHER else "submission")
            for person in (STAYED, MOVED):
                for copy in self.on_both_sides(subject, person):
                    self.assertIn(letter(subject, sender.address, recipients), copy)
                    self.assertIn(b"with ESMTPSA id", copy)
            self.assertEqual(self.outside(subject)[0].recipients, (FRIEND,))
            self.assertEqual(self.outside(subject)[0].sender, sender.address)
        answers = {one["recipient"]: one["home"]["side"] for one in self.tandem.deliveries(subject.split()[1])}
        self.assertEqual(answers[STAYED.address], "old")
        self.assertEqual(answers[MOVED.address], "new")
        for host in (self.old, self.new):
            process.until(host.mx.idle, 30, "an empty queue")
        for sender in PEOPLE:
            self.outside("from " + sender.address)          # still once

    def test_nobody_sends_as_another(self):
        """Postfix says it at RCPT, and it never hears of colleagues as recipients."""
        for recipients in ([STAYED.address], [FRIEND], [MOVED.address, FRIEND]):
            with self.assertRaisesRegex(PeerError, "553 5.7.1"):
                self.send(OTHER, "forged", recipients, sender=MOVED.address)
        with smtp(self.tandem, "submission", tls=True, user=MOVED.client) as client:
            with self.assertRaises(smtplib.SMTPRecipientsRefused):
                client.sendmail(STAYED.address, [STAYED.address], letter("forged", STAYED.address, [STAYED.address]))
            client.sendmail(MOVED.address, [STAYED.address], letter("honest", MOVED.address, [STAYED.address]))
        self.on_both_sides("honest", STAYED)
        self.assertEqual([one for one in self.sink.received() if b"forged" in one.data], [])
        for person in PEOPLE:
            self.assertEqual(self.mails("forged", self.old, person.old) + self.mails("forged", self.new, person.new), [])

    def test_unknown_colleagues_and_no_log_in(self):
        nobody = "nobody@" + DOMAIN
        with smtp(self.tandem, "submission", tls=True, user=STAYED.client) as client:
            client.mail(STAYED.address)
            self.assertEqual(client.rcpt(nobody)[0], 550)
            self.assertEqual(client.rcpt(MOVED.address)[0], 250)
        with smtp(self.tandem, "submission", tls=True) as client:
            self.assertEqual(client.mail(STAYED.address)[0], 530)
        with smtp(self.tandem, "smtp") as client:          # T-34
            client.mail(STAYED.address)
            self.assertEqual(client.rcpt(FRIEND)[0], 550)

    def test_a_session_goes_on_and_a_cut_over_ends_it(self):
        with smtp(self.tandem, "submission", tls=True, user=OTHER.client) as client:
            for number in range(3):
                recipients = [MOVED.address] + [FRIEND] * (number % 2)
                client.sendmail(OTHER.address, recipients, letter(f"number {number}", OTHER.address, recipients))
            self.tandem.cut_over([OTHER.address])
            with self.assertRaises(smtplib.SMTPException):
                client.sendmail(OTHER.address, [MOVED.address], letter("late", OTHER.address, [MOVED.address]))
        for number in range(3):
            self.on_both_sides(f"number {number}", MOVED)
        self.send(OTHER, "from the new side", [STAYED.address, FRIEND])
        self.on_both_sides("from the new side", STAYED)
        self.outside("from the new side")


class PassthroughTest(World):
    settings = {"submission": "passthrough"}

    def test_the_person_s_own_server_decides(self):
        """So a colleague who has moved gets it on the side that he has left; the sync has to bring it."""
        self.send(STAYED, "all yours", [MOVED.address, FRIEND])
        self.outside("all yours")
        process.until(lambda: self.mails("all yours", self.old, MOVED.old), 30, "it on the old side")
        self.assertEqual(self.tandem.deliveries("all yours"), [])


class SmarthostTest(World):
    """A report to a sender out in the world goes by a Postfix that takes it from who has logged in only."""

    @classmethod
    def process_settings(cls):
        file = cls.old.store.write("smarthost-password", STAYED.old.password + "\n", 0o600)
        port, ca = cls.old.mx.ports["submission"], cls.old.mx.ca_file
        return {"smarthost": f"smtp://localhost:{port}?ca={ca}", "smarthost_user": STAYED.old.address,
                "smarthost_password_file": file}

    def test_a_report(self):
        recipients = [STAYED.address, MOVED.address]                # the new host refuses it after the dot
        swaks(self.tandem, letter("refused", FRIEND, recipients), FRIEND, recipients, starttls=False)
        report = process.until(self.sink.received, 60, "the report outside")[0]
        self.assertEqual((report.sender, report.recipients), ("", (FRIEND,)))
        self.assertIn(b"with ESMTPSA id", report.data)              # Postfix's word for a log-in under TLS
        self.assertIn(b"not here", report.data)
        self.assertEqual(self.mails("refused", self.new, MOVED.new), [])


class ScannerTest(World):
    """It sits at 127.0.0.9 and sends from one address, without log-in and without TLS."""
    address, sender = "127.0.0.9", OTHER.address

    @classmethod
    def relay(cls):
        file = cls.old.store.write("relay-password", OTHER.old.password + "\n", 0o600)
        return {"from": cls.address, "sender": [cls.sender, "@forms.example"], "tls": "optional", "per_hour": 20,
                "via": "old", "via_user": OTHER.old.address, "via_password_file": file}

    def scan(self, subject, recipients, sender=None, source=None, starttls=False):
        sender = sender or self.sender
        return swaks(self.tandem, letter(subject, sender, recipients), sender, recipients, port="relay",
                     starttls=starttls, source=source or self.address)

    def test_everybody_gets_it_once(self):
        for starttls in (False, True):
            subject = f"scanned, {starttls}"
            recipients = [STAYED.address, MOVED.address, FRIEND]
            transcript = self.scan(subject, recipients, starttls=starttls)
            self.assertNotIn("AUTH", transcript)
            for person in (STAYED, MOVED):
                for copy in self.on_both_sides(subject, person):
                    self.assertIn(letter(subject, self.sender, recipients), copy)
            self.assertEqual(self.outside(subject)[0].recipients, (FRIEND,))

    def test_nobody_else(self):
        """T-34: no other machine, no other sender, and never at port 25."""
        with self.assertRaisesRegex(PeerError, "554 5.7.1"):
            self.scan("from elsewhere", [STAYED.address], source="127.0.0.10")
        with self.assertRaisesRegex(PeerError, "553 5.7.1"):
            self.scan("as another", [STAYED.address], sender=STAYED.address)
        with self.assertRaisesRegex(PeerError, "553 5.7.1"):        # the log-in's server allows its own address only
            self.scan("as a form", [FRIEND], sender="shop@forms.example")
        with self.assertRaisesRegex(PeerError, "550 5.7.1"):
            swaks(self.tandem, letter("at port 25", self.sender, [FRIEND]), self.sender, [FRIEND],
                  starttls=False, source=self.address)
        self.scan("a form to a colleague", [MOVED.address], sender="shop@forms.example")
        self.on_both_sides("a form to a colleague", MOVED)
        self.assertEqual([one for one in self.sink.received() if b"scanned" not in one.data], [])


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
