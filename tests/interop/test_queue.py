"""`deliveries`, `queue` and the metrics while the new side is away: a copy that cannot be made is listed, tried again when
somebody asks, or waived with a reason. Old side: Dovecot and Postfix; new side: Dovecot."""
import pathlib
import smtplib
import sys
import unittest
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import probe, process                               # noqa: E402
from tandemtest.company import Company                              # noqa: E402

LETTER = "From: sender@sender.example\r\nSubject: hello\r\nMessage-ID: <{0}@sender.example>\r\n\r\nbody {0}\r\n"


class QueueTest(unittest.TestCase):
    def setUp(self):
        self.company = Company("queue", people=1)
        self.company.__enter__()
        self.addCleanup(self.company.__exit__, None, None, None)
        self.tandem, self.person = self.company.tandem, self.company.people[0]
        self.tandem.sync()
        self.company.wait_in_sync(60)

    def send(self, name):
        with smtplib.SMTP("127.0.0.1", self.tandem.ports["smtp"], timeout=30) as client:
            client.sendmail("sender@sender.example", [self.person.address], LETTER.format(name))

    def waiting(self):
        return self.tandem.cli_json("queue")["items"]

    def metrics(self):
        """{(name, labels without the migration): value}, as a monitoring system reads them."""
        token = (self.tandem.data / "api.token").read_text().strip()
        request = urllib.request.Request(f"http://127.0.0.1:{self.tandem.ports['web']}/api/metrics",
                                         headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        return {(sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "migration")):
                sample.value for family in families for sample in family.samples}

    def copies(self):
        with probe.imap(self.company.new.store, self.person.new) as client:
            return int(client.select(readonly=True)[1][0])

    def test_a_copy_that_cannot_be_made(self):
        self.assertEqual(self.tandem.cli("queue").stdout, b"Nothing waits.\n")
        self.company.new.store.process.stop()
        self.tandem.cli("pause", self.person.address)               # so that the sync does not bring it
        self.send("one")
        self.send("two")
        process.until(lambda: [item["kind"] for item in self.waiting()] == ["debt", "debt"], 60, "two copies that wait")
        metrics = self.metrics()
        self.assertEqual(metrics["tandemail_waiting", "debt"], 2)
        self.assertEqual(metrics["tandemail_recipients", "delivered"], 2)
        self.assertEqual(metrics["tandemail_accounts", "paused"], 1)
        found = self.tandem.cli("deliveries", "<one@sender").stdout.decode()
        self.assertIn("old: delivered, new: debt", found)
        self.assertEqual(len(found.splitlines()), 2, found)

        one, two = (item["trace_id"] for item in self.waiting())
        refused = self.tandem.cli("queue", "drop", one, check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"--reason", refused.stderr)
        done = self.tandem.cli("queue", "drop", one, "--reason", "not wanted there")
        self.assertEqual(done.stdout, b"1 given up\n")
        self.assertEqual([item["trace_id"] for item in self.waiting()], [two])

        self.company.new.store.launch()
        self.assertEqual(self.tandem.cli("queue", "retry", two).stdout, b"1 will be tried now\n")
        process.until(lambda: not self.waiting(), 60, "the copy is made")
        self.assertEqual(self.copies(), 1)
        gone = self.tandem.cli("queue", "retry", two, check=False)
        self.assertEqual(gone.returncode, 1)
        self.assertIn(b"tandemail queue", gone.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
