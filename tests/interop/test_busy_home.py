"""A home that counts: Postfix with its default of 50 connections from one address, and more people who send at
once. Nobody is refused, since no more connections are opened than `limits.connections_per_server`.
"""
import pathlib
import smtplib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest.peers import Dovecot, Postfix, User                  # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of          # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
SENDERS = 80


class BusyHomeTest(unittest.TestCase):
    def test_no_more_connections_than_the_home_allows(self):
        with Postfix([HANAKO.domain]) as home, Dovecot([HANAKO]) as store:
            migration = Migration("move", HANAKO.domain, side_of(store, home), {"provider": "builtin"},
                                  [{"address": HANAKO.address, "old_password": HANAKO.password}],
                                  {"gateway": {"mirror": "off"}})
            with Tandemail([migration], sections={"limits": {"connections_per_address": 1_000}}) as target:
                answers = self.all_at_once(target)
            self.assertEqual(answers, {250: SENDERS})
            log = home.log_text(1_000_000)
            self.assertNotIn("Connection concurrency limit exceeded", log)
            self.assertNotIn("too many connections", log)

    def all_at_once(self, target):
        """{code: how many}: everybody has a session open before anybody names a recipient."""
        answers, lock, ready = {}, threading.Lock(), threading.Barrier(SENDERS)

        def send(number):
            with smtplib.SMTP(target.host, target.ports["smtp"], local_hostname="mx.partner.example", timeout=60) as client:
                client.ehlo()
                ready.wait(60)
                code = client.mail("a@partner.example")[0]
                code = client.rcpt(HANAKO.address)[0] if code == 250 else code
                code = client.data(b"Subject: number %d\r\n\r\nhello\r\n" % number)[0] if code == 250 else code
            with lock:
                answers[code] = answers.get(code, 0) + 1
        threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers


if __name__ == "__main__":
    unittest.main()
