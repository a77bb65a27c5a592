"""Self-tests of what the stories stand on: the generator, the checker (it must see faults), traffic."""
import pathlib
import re
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import canonical, check, process, seed, tandem  # noqa: E402
from tandemtest.mailgen import KINDS, Generator                # noqa: E402
from tandemtest.manifest import Manifest                       # noqa: E402
from tandemtest.peers import Dovecot, Postfix, User            # noqa: E402
from tandemtest.traffic import Traffic                         # noqa: E402

USERS = [User(f"person{number}@example.jp", "secret") for number in range(3)]


class GeneratorTest(unittest.TestCase):
    def test_same_index_same_message(self):
        first, second = Generator(7, "bench"), Generator(7, "bench")
        for mail in first.mails(50):
            self.assertEqual(mail, second.mail(mail.index))
        self.assertNotEqual(first.mail(3).data, Generator(8, "bench").mail(3).data)

    def test_line_ends_and_kinds(self):
        kinds, duplicates = set(), 0
        for mail in Generator(1).mails(1500):
            self.assertIsNone(re.search(rb"\0|\r(?!\n)|(?<!\r)\n", mail.data), mail.kind)
            kinds.add(mail.kind)
            duplicates += mail.duplicate_of is not None
        self.assertEqual(kinds, {kind for kind, _ in KINDS})
        self.assertGreater(duplicates, 0)

    def test_sizes(self):
        sizes = sorted(len(mail.data) for mail in Generator(1, "real").mails(1000))
        self.assertTrue(6_000 < sizes[500] < 11_000, sizes[500])
        self.assertTrue(1_500_000 < sizes[990] < 6_000_000, sizes[990])
        self.assertGreater(len(Generator(1).big(0).data), 30_000_000 * 4 // 3)


class CheckTest(unittest.TestCase):
    def test_every_fault_is_seen(self):
        mails = list(Generator(5).mails(4))
        wanted = {"INBOX": check.expected(mails)}
        for name, found in (("lost", wanted["INBOX"][1:]), ("doubled", wanted["INBOX"] + wanted["INBOX"][:1]),
                            ("unexpected", wanted["INBOX"] + check.expected([Generator(6).mail(9)]))):
            report = check.compare(wanted, {"INBOX": found})
            self.assertEqual([row[1] for row in report.rows], [name], report.table())
        changed = [check.Found(found.digest, found.flags ^ {"\\seen"}, found.date) for found in wanted["INBOX"]]
        self.assertEqual(len(check.compare(wanted, {"INBOX": changed}).of("changed")), 4)
        self.assertTrue(check.compare(wanted, wanted).clean)

    def test_imap_and_mbsync_agree_with_what_was_put(self):
        inbox, other = list(Generator(3).mails(60)), list(Generator(3).mails(5, 60))
        with Dovecot(USERS[:1], prefix="INBOX.", separator=".") as peer:
            seed.append(peer, USERS[0], inbox)
            seed.append(peer, USERS[0], other, "INBOX.Projects.&ZeVnLIqe-")
            wanted = {"INBOX": check.expected(inbox), "Projects/&ZeVnLIqe-": check.expected(other)}
            for found, keywords in ((check.read_imap(peer, USERS[0]), True), (check.read_mbsync(peer, USERS[0]), False)):
                report = check.compare(wanted, found, keywords=keywords)
                self.assertTrue(report.clean, report.table())

    def test_trace_headers_do_not_count_in_transit(self):
        data = b"Subject: x\r\n\r\nhello\r\n"
        traced = b"Received: from a\r\n\tby b\r\nDelivered-To: c\r\n" + data
        self.assertEqual(canonical.in_transit(data), canonical.in_transit(traced))
        self.assertNotEqual(canonical.exact(data), canonical.exact(traced))
        self.assertNotEqual(canonical.in_transit(data), canonical.in_transit(data.replace(b"x", b"y")))


class TrafficTest(unittest.TestCase):
    def test_nothing_lost_over_a_restart_of_the_mx(self):
        addresses = [user.address for user in USERS]
        with tempfile.TemporaryDirectory() as directory, Dovecot(USERS) as store:
            manifest = Manifest(pathlib.Path(directory, "manifest.jsonl"))
            with Postfix(["example.jp"], lmtp_port=store.ports["lmtp"], recipients=addresses) as mx:
                route = {"mx": (mx.host, mx.ports["smtp"])}
                traffic = Traffic(route, addresses + ["nobody@example.jp"], manifest, per_second=100)
                traffic.burst(40)
                traffic.start()
                process.until(lambda: traffic.made >= 60, 20, "sixty messages")
                mx.process.stop()
                process.until(lambda: manifest.rows("temporary"), 20, "a failed attempt")
                mx.launch()
                traffic.stop()
                self.assertEqual(traffic.unfinished, 0)
                self.assertTrue(manifest.rows("refused", "nobody@example.jp"))
                process.until(lambda: "is empty" in mx.queue(), 30, "an empty queue")
            for user in USERS:
                found = check.read_imap(store, user, canonical.in_transit)
                report = check.compare({"INBOX": manifest.expected(user.address)}, found, flags=False, dates=False,
                                       doubtful=manifest.doubtful(user.address))
                # A Postfix stopped between its LMTP delivery and its own note of it delivers again.
                self.assertEqual(report.of("lost") + report.of("unexpected"), [], report.table())
            manifest.close()


class PortsTest(unittest.TestCase):
    def test_nobody_gets_a_port_between_release_and_use(self):
        """Beside those who ask for given ports there are those who take any (2000 of 14,000: some would meet ours)."""
        ours = process.Ports(*range(100))
        ours.release()
        others = set()
        for _ in range(20):
            others |= set(process.Ports(*range(100)).numbers.values())
        for _ in range(2000):
            with socket.socket() as any_port:
                any_port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                any_port.bind(("127.0.0.1", 0))
                others.add(any_port.getsockname()[1])
        self.assertEqual(others & set(ours.numbers.values()), set())


class TandemailFilesTest(unittest.TestCase):
    def test_configuration_text(self):
        text = tandem.ini_text(tandem.merge({"": {"a": 1}, "tls": {"key": "k"}}, {"tls": {"key": None, "on": True}}))
        self.assertEqual(text, "a = 1\n[tls]\non = true\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
