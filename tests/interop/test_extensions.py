"""ESMTP extensions the gateway offers for its home sides, and passes on to them.

LIMITS and REQUIRETLS to a scripted server, for want of a packaged one that has them; DSN to a Postfix, which
makes the report.
test_extensions.py [Limits|RequireTls|Dsn]
"""
import contextlib
import email
import pathlib
import smtplib
import ssl
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                                      # noqa: E402
from tandemtest.certificate import Authority                        # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User                 # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.sink import Sink                                    # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of         # noqa: E402

DOMAIN, SENDER = "example.jp", "sender@sender.example"
HANAKO, TARO = User(f"hanako@{DOMAIN}", "pass word"), User(f"taro@{DOMAIN}", "secret two")
LETTER = b"From: sender@sender.example\r\nSubject: hello\r\n\r\nbody\r\n"


class Gateway(unittest.TestCase):
    """`sink` is the mail exchanger of both sides; Hanako and Taro live on the old one."""
    offers = ()

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        authority = Authority(stack.enter_context(tempfile.TemporaryDirectory(prefix="tandem-extensions-")))
        cls.sink = stack.enter_context(Sink(cls.offers, authority.issue()))
        old, new = (stack.enter_context(Dovecot([HANAKO, TARO])) for _ in range(2))
        smtp = f"smtp://localhost:{cls.sink.port}?ca={authority.file}"
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", DOMAIN, side_of(old, smtp=smtp), side_of(new, smtp=smtp),
            [{"address": one.address, "old_password": one.password} for one in (HANAKO, TARO)])]))

    @contextlib.contextmanager
    def session(self, tls=True):
        with smtplib.SMTP(self.tandem.host, self.tandem.ports["smtp"], "mx.sender.example", timeout=30) as client:
            if tls:
                client._host = self.tandem.tls_name                 # smtplib checks the name it connected to
                client.starttls(context=ssl.create_default_context(cafile=self.tandem.ca_file))
            client.ehlo()
            yield client

    def send(self, *mail_options):
        with self.session() as client:
            client.sendmail(SENDER, [HANAKO.address], LETTER, mail_options)


class LimitsTest(Gateway):
    offers = ("8BITMIME", "LIMITS MAILMAX=2 RCPTMAX=3")

    def test_the_least_of_all_is_announced_and_kept_to(self):
        with self.session() as client:
            self.assertEqual(client.esmtp_features["limits"], "RCPTMAX=1000")
        for _ in range(5):
            self.send()
        counts = [len(mails) for mails in self.sink.sessions]
        self.assertEqual(sum(counts), 5)
        self.assertLessEqual(max(counts), 2, "more messages in a session than MAILMAX")
        with self.session() as client:
            self.assertEqual(client.esmtp_features["limits"], "RCPTMAX=3")
            client.mail(SENDER)
            codes = [client.rcpt(f"{one}@{DOMAIN}") for one in ("hanako", "taro", "a", "b")]
            self.assertEqual([code for code, _ in codes], [250, 250, 250, 452])
            self.assertTrue(codes[3][1].startswith(b"4.5.3"), codes[3])


class RequireTlsTest(Gateway):
    offers = ("8BITMIME", "REQUIRETLS", "LIMITS MAILMAX=1")         # each message asks anew what is offered

    def test_it_is_passed_on_or_the_message_refused(self):
        with self.session() as client:
            self.assertFalse(client.has_extn("requiretls"), "offered before a home side has said that it can")
        self.send()
        with self.session(tls=False) as client:
            self.assertFalse(client.has_extn("requiretls"), "offered without TLS")
            self.assertEqual(client.mail(SENDER, ["REQUIRETLS"])[0], 555)
        with self.session() as client:
            self.assertTrue(client.has_extn("requiretls"))
        self.send("REQUIRETLS")
        self.assertIn("REQUIRETLS", self.sink.sessions[-1][0])
        self.sink.offers = ("8BITMIME", "LIMITS MAILMAX=1")
        with self.session() as client:                              # it was offered when this one said EHLO
            client.mail(SENDER, ["REQUIRETLS"])
            code, words = client.rcpt(HANAKO.address)
            self.assertEqual((code, words.split()[0]), (550, b"5.7.30"))
        with self.session() as client:
            self.assertFalse(client.has_extn("requiretls"), "offered though the home side does no more")
        self.assertEqual(len(self.sink.received()), 2)


class DsnTest(unittest.TestCase):
    def test_the_home_sides_postfix_makes_the_report_that_was_asked_for(self):
        with contextlib.ExitStack() as stack:
            store, new = (stack.enter_context(Dovecot([HANAKO, TARO])) for _ in range(2))
            mx = stack.enter_context(Postfix([DOMAIN], lmtp_port=store.ports["lmtp"]))
            tandem = stack.enter_context(Tandemail([Migration(
                "move", DOMAIN, side_of(store, mx), side_of(new, mx),
                [{"address": HANAKO.address, "old_password": HANAKO.password}], {"gateway": {"mirror": "off"}})]))

            def session():
                return smtplib.SMTP(tandem.host, tandem.ports["smtp"], "mx.sender.example", timeout=30)
            with session() as client:
                client.sendmail(SENDER, [HANAKO.address], LETTER)
            with session() as client:
                client.sendmail(TARO.address, [HANAKO.address], LETTER, ["RET=HDRS", "ENVID=order+2B7"],
                                ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;flower@shop.example"])

            def report():
                with imap(store, TARO) as client:
                    client.select(readonly=True)
                    return [client.fetch(one, "(RFC822)")[1][0][1] for one in client.search(None, "ALL")[1][0].split()]
            told = process.until(report, 30, "the report")
            self.assertEqual(len(told), 1)
            parts = {part.get_content_type(): part for part in email.message_from_bytes(told[0]).walk()}
            status = "".join(str(part) for part in parts["message/delivery-status"].get_payload())
            for field in ("Original-Envelope-Id: order+7", "Original-Recipient: rfc822;flower@shop.example",
                          f"Final-Recipient: rfc822; {HANAKO.address}", "Action: relayed"):
                self.assertIn(field, status)
            self.assertIn("text/rfc822-headers", parts)


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
