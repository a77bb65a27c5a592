"""A mirror copy sets nothing off: absence notes and forwards are active on both sides, and each message
that arrives is answered once and forwarded once (R7).

Two real hosts, each a Postfix that delivers by LMTP into a Dovecot with Sieve and an outgoing Postfix
that hands everything to one recording server. Of four people one has an absence note
(Sieve `vacation`), one a forward by Sieve (`redirect`), one a forward in Postfix (an alias), one a
`.forward` in his home. What left the hosts is read from the recording server, what arrived from both Dovecots.

    test_quiet_copies.py [Append|Quiet]
"""
import collections
import contextlib
import email
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                 # noqa: E402
from tandemtest.company import DOMAIN, Person, people_of       # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User            # noqa: E402
from tandemtest.probe import imap, smtp                        # noqa: E402
from tandemtest.sink import Sink                               # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of    # noqa: E402

FRIEND = "friend@partner.example"
PRIVATE = "private@elsewhere.example"         # where Sieve forwards to
OFFICE = "office@elsewhere.example"           # where the alias forwards to
HOME = "home@elsewhere.example"               # where the .forward forwards to
# A .forward is read for users of the system only; this one Debian always has.
SYSTEM = Person(f"games@{DOMAIN}", User(f"games@{DOMAIN}", "old secret"), User(f"games@{DOMAIN}", "new-geheim"))
AWAY, FORWARDS, ALIASED, SYSTEM = PEOPLE = [*people_of(3), SYSTEM]
SCRIPTS = {
    AWAY.address: f'require ["vacation"];\nvacation :days 0 :addresses "{AWAY.address}" :subject "Away" "I am away.";\n',
    FORWARDS.address: f'require ["copy"];\nredirect :copy "{PRIVATE}";\n',
}
ONE_OF_EACH = collections.Counter(("answer", PRIVATE, OFFICE, HOME))


class Host:
    """One side, with what its people have set up."""

    def __init__(self, users, sink, stack):
        self.out = stack.enter_context(Postfix([], smtp_port=sink.port, open_relay=True))
        self.store = stack.enter_context(Dovecot(
            users, sieve=SCRIPTS, extra=f"submission_host = 127.0.0.1:{self.out.ports['smtp']}\n"))
        self.mx = stack.enter_context(Postfix(
            [DOMAIN], lmtp_port=self.store.ports["lmtp"], recipients=[user.address for user in users],
            forwards={"games": f"\\games, {HOME}\n"}, options={
                "virtual_alias_maps": f"inline:{{ {{ {ALIASED.address} = {ALIASED.address}, {OFFICE} }} }}",
                "default_transport": f"smtp:[127.0.0.1]:{sink.port}"}))

    def side(self):
        return side_of(self.store, self.mx)

    def idle(self):
        return self.mx.idle() and self.out.idle()


class QuietCopiesTest:
    mirror = None

    def run_world(self, story):
        with contextlib.ExitStack() as stack:
            self.sink = stack.enter_context(Sink())
            self.old = Host([person.old for person in PEOPLE], self.sink, stack)
            self.new = Host([person.new for person in PEOPLE], self.sink, stack)
            self.tandem = stack.enter_context(Tandemail([Migration(
                "move", DOMAIN, self.old.side(), self.new.side(), [person.row() for person in PEOPLE],
                {"gateway": {"mirror": self.mirror}})]))
            story()

    def arrive(self, subject, wanted):
        """A message for each, through the gateway; what left the hosts because of it, once it is in both mailboxes of
        everybody, as many as are wanted have left (a forward leaves after its message is in the mailbox) and nothing
        waits any more."""
        self.sink.forget()
        for person in PEOPLE:
            with smtp(self.tandem) as client:
                client.sendmail(FRIEND, [person.address],
                                f"From: {FRIEND}\r\nTo: {person.address}\r\nSubject: {subject}\r\n\r\nhi\r\n".encode())
        process.until(lambda: all(self.is_there(subject, person) for person in PEOPLE), 60, "a copy on either side")
        self.sink.wait_for(wanted)
        process.until(lambda: self.old.idle() and self.new.idle(), 30, "empty queues")
        for person in PEOPLE:
            for host, user in ((self.old, person.old), (self.new, person.new)):
                self.assertEqual(self.count(subject, host, user), 1, f"{person.address} on {user.password}")
        return [kind_of(letter) for letter in self.sink.received()]

    def is_there(self, subject, person):
        return self.count(subject, self.old, person.old) and self.count(subject, self.new, person.new)

    @staticmethod
    def count(subject, host, user):
        with imap(host.store, user) as client:
            client.select(readonly=True)
            return len(client.search(None, "SUBJECT", f'"{subject}"')[1][0].split())

    def mirrored(self):
        """From now on there are copies on the other side."""
        self.tandem.sync()
        process.until(lambda: all(self.tandem.synced_at(one) for one in self.tandem.accounts()), 60, "all copied")


class AppendTest(QuietCopiesTest, unittest.TestCase):
    mirror = "append"

    def test_one_answer_and_one_forward_before_and_after_a_cut_over(self):
        def story():
            self.mirrored()
            self.assertEqual(collections.Counter(self.arrive("before", ONE_OF_EACH.total())), ONE_OF_EACH)
            self.tandem.cut_over([person.address for person in PEOPLE])
            self.assertEqual(collections.Counter(self.arrive("after", ONE_OF_EACH.total())), ONE_OF_EACH)
            self.tandem.roll_back([person.address for person in PEOPLE])
            self.assertEqual(collections.Counter(self.arrive("back again", ONE_OF_EACH.total())), ONE_OF_EACH)
        self.run_world(story)


class QuietTest(QuietCopiesTest, unittest.TestCase):
    """By mail without a sender (RFC 3834 2): nobody is answered twice. Forwards know no such rule: those that
    are set up on both sides fire on both (docs/first-move.md)."""
    mirror = "quiet"

    def test_one_answer_before_and_after_a_cut_over_and_forwards_twice(self):
        def story():
            self.mirrored()
            self.judge("before")
            self.tandem.cut_over([person.address for person in PEOPLE])
            self.judge("after")
        self.run_world(story)

    def judge(self, subject):
        self.tandem.cli("pause")    # or the sync may bring a copy before the gateway does, by APPEND: nothing is forwarded
        left = self.arrive(subject, 7)
        self.tandem.cli("resume")
        self.assertEqual(left.count("answer"), 1, left)
        for address in (PRIVATE, OFFICE, HOME):
            self.assertEqual(sum(address in what for what in left), 2, left)
        self.assertEqual(len(left), 7, left)


def kind_of(letter):
    """"answer" for an absence note to the friend; for a forward, to whom; else what it is."""
    message = email.message_from_bytes(letter.data)
    if letter.recipients == (FRIEND,) and message["Auto-Submitted"]:
        return "answer"
    if len(letter.recipients) == 1 and letter.recipients[0] in (PRIVATE, OFFICE, HOME) and letter.sender:
        return letter.recipients[0]
    return f"{letter.sender} to {letter.recipients}: {message['Subject']}"


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
