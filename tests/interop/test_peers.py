"""Self-tests of the peers: each starts, takes a mail, gives it back, stops and leaves no process.

One class per peer; `test_peers.py Dovecot` runs that class alone.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import canonical, check, packages, process, seed  # noqa: E402
from tandemtest.mailgen import Generator               # noqa: E402
from tandemtest.peers import Courier, Cyrus, Dovecot, Exim, Nginx, OpenSmtpd, Postfix, User   # noqa: E402
from tandemtest.probe import imap, pop3, smtp          # noqa: E402

USER = User("taro@example.jp", "secret one")
MAIL = Generator(seed=1)


class PeerTest(unittest.TestCase):
    def assert_gone(self, peer):
        self.assertEqual(peer.leftovers(), [])
        self.assertFalse(peer.directory.exists())

    def keeps(self, make):
        """An MX with Maildirs takes a mail and has it, whole."""
        try:
            peer = make()
        except packages.Unavailable as error:
            self.skipTest(str(error))
        with peer:
            with smtp(peer) as client:
                client.sendmail("sender@partner.example", [USER.address], MAIL.mail(5).data)
            process.until(lambda: peer.stored(USER.address) and peer.idle(), 20, "a mail in the Maildir")
            found = peer.stored(USER.address)
        self.assertEqual([canonical.in_transit(one) for one in found], [canonical.in_transit(MAIL.mail(5).data)])
        self.assert_gone(peer)

    def inbox(self, peer, user=USER):
        """Every message of INBOX, after waiting for the first."""
        with imap(peer, user) as client:
            process.until(lambda: client.select()[1][0] != b"0", 10, "a mail in INBOX")
            answer = client.fetch("1:*", "(BODY.PEEK[])")[1]
            return [part[1] for part in answer if isinstance(part, tuple)]


class DovecotTest(PeerTest):
    def round_trip(self, **options):
        mail = MAIL.mail(5)
        with Dovecot([USER], **options) as peer:
            peer.save(USER, mail.data)
            self.assertEqual(self.inbox(peer), [mail.data])
        self.assert_gone(peer)

    def test_maildir(self):
        self.round_trip()

    def test_mdbox_with_a_prefix(self):
        self.round_trip(storage="mdbox", prefix="INBOX.", separator=".")

    def test_folder_below_the_prefix(self):
        with Dovecot([USER], prefix="INBOX.", separator=".") as peer:
            peer.save(USER, MAIL.mail(1).data, "Projects/2021")
            with imap(peer, USER) as client:
                names = b"\n".join(client.list()[1])
        self.assertIn(b"INBOX.Projects.2021", names)

    def test_capabilities_sync_relies_on(self):
        with Dovecot([USER]) as peer, imap(peer, USER) as client:
            words = client.capability()[1][0].split()
        for word in (b"CONDSTORE", b"QRESYNC", b"UIDPLUS", b"MOVE", b"IDLE", b"SPECIAL-USE"):
            self.assertIn(word, words)

    def test_master_user(self):
        master = User("root", "master secret")
        with Dovecot([USER], master=master) as peer:
            with imap(peer, User(USER.address + "*root", master.password)) as client:
                self.assertEqual(client.select()[0], "OK")

    def test_wrong_password_is_refused(self):
        with Dovecot([USER]) as peer, self.assertRaises(process.PeerError):
            imap(peer, User(USER.address, "wrong"))


class PostfixTest(PeerTest):
    def test_delivers_to_dovecot(self):
        with Dovecot([USER]) as store, Postfix(["example.jp"], lmtp_port=store.ports["lmtp"]) as peer:
            with smtp(peer) as client:
                client.sendmail("sender@partner.example", [USER.address], MAIL.mail(5).data)
            found = self.inbox(store)
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].endswith(MAIL.mail(5).data.partition(b"\r\nFrom: ")[2]))
        self.assert_gone(peer)

    def test_refuses_unknown_recipients_and_domains(self):
        with Postfix(["example.jp"], recipients=[USER.address]) as peer, smtp(peer) as client:
            client.mail("sender@partner.example")
            self.assertEqual(client.rcpt("nobody@example.jp")[0], 550)
            self.assertEqual(client.rcpt("taro@elsewhere.example")[0], 554)
            self.assertEqual(client.rcpt(USER.address)[0], 250)

    def test_keeps_mail_in_maildirs(self):
        self.keeps(lambda: Postfix([USER.domain], maildirs=[USER.local]))

    def test_xclient(self):
        with Postfix(["example.jp"], xclient=True) as peer, smtp(peer) as client:
            client.ehlo()
            self.assertTrue(client.has_extn("xclient"))
            self.assertEqual(client.docmd("XCLIENT", "ADDR=192.0.2.7 NAME=mx.partner.example")[0], 220)

    def test_vacation_answers_the_sender(self):
        # One Postfix takes what Dovecot's Sieve sends; Dovecot hands it over by SMTP.
        with Postfix(["example.jp"], open_relay=True) as out:
            relay = f"submission_host = 127.0.0.1:{out.ports['smtp']}\n"
            with Dovecot([USER], vacation=True, extra=relay) as store:
                with Postfix(["example.jp"], lmtp_port=store.ports["lmtp"]) as peer, smtp(peer) as client:
                    client.sendmail("friend@partner.example", [USER.address],
                                    b"To: taro@example.jp\r\nSubject: hello\r\n\r\nhi\r\n")
                    process.until(lambda: "to=<friend@partner.example>" in out.log_text(), 15,
                                  "the vacation answer")


class EximTest(PeerTest):
    def test_keeps_mail_in_maildirs(self):
        self.keeps(lambda: Exim([USER.domain], [USER.local]))


class OpenSmtpdTest(PeerTest):
    def test_keeps_mail_in_maildirs(self):
        self.keeps(lambda: OpenSmtpd([USER.domain]))


class FoldersTest(PeerTest):
    """A server that is unpacked keeps a folder's mail."""

    def round_trip(self, kind, folder, **options):
        inbox, other = list(MAIL.mails(20)), list(MAIL.mails(3, 20))
        try:
            peer = kind([USER], **options)
        except packages.Unavailable as error:
            self.skipTest(str(error))
        with peer:
            seed.append(peer, USER, inbox)
            seed.append(peer, USER, other, folder)
            wanted = {"INBOX": check.expected(inbox), "Sub/Year": check.expected(other)}
            report = check.compare(wanted, check.read_imap(peer, USER))
            self.assertTrue(report.clean, report.table())
            client = pop3(peer, USER)
            self.assertEqual(client.stat()[0], len(inbox))
            client.quit()
        self.assert_gone(peer)


class CyrusTest(FoldersTest):
    def test_slashes_beside_inbox(self):
        self.round_trip(Cyrus, "Sub/Year")

    def test_dots_below_inbox(self):
        self.round_trip(Cyrus, "INBOX.Sub.Year", separator=".", prefix=True)


class CourierTest(FoldersTest):
    def test_dots_below_inbox(self):
        self.round_trip(Courier, "INBOX.Sub.Year")

    def test_starttls_and_a_wrong_password(self):
        try:
            peer = Courier([USER])
        except packages.Unavailable as error:
            self.skipTest(str(error))
        with peer:
            with imap(peer, USER, "imap") as client:
                self.assertEqual(client.select(), ("OK", [b"0"]))
            client = pop3(peer, USER, "pop3")
            self.assertEqual(client.stat(), (0, 0))
            client.quit()
            with self.assertRaises(process.PeerError):
                imap(peer, User(USER.address, "wrong"))
        self.assert_gone(peer)


class NginxTest(PeerTest):
    def test_proxies_imap_and_pop3(self):
        with Dovecot([USER]) as store:
            def route(who, protocol):
                return ("127.0.0.1", store.ports[protocol]) if who == USER.address else None
            with Nginx(route) as peer:
                seed.append(peer, USER, MAIL.mails(3))
                self.assertEqual(self.inbox(peer), [mail.data for mail in MAIL.mails(3)])
                client = pop3(peer, USER)
                self.assertEqual(client.stat()[0], 3)
                client.quit()
                with self.assertRaises(process.PeerError):
                    imap(peer, User("stranger@example.jp", "x"))
            self.assert_gone(peer)


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
