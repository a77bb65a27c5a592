"""Compressed connections (COMPRESS=DEFLATE, RFC 4978) between real Dovecots (imap_zlib), seen on the wire: where both sides
are always compressed everything arrives unchanged, and what comes later is heard of; left to itself, a far side is; and where
the operator says never, not even that. That a near one is not is a matter of milliseconds, which a busy machine does not keep:
that is shown in tests/net/imap_compress_test.cpp, where the time is given.

    test_compression.py [Always | FarAway | Never]
"""
import contextlib
import pathlib
import random
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
from far import Far                                                 # noqa: E402
from tandemtest import check, mailgen, process                      # noqa: E402
from tandemtest.peers import Dovecot, User                          # noqa: E402
from tandemtest.probe import imap                                   # noqa: E402
from tandemtest.recorder import Recorder                            # noqa: E402
from tandemtest.tandem import Migration, Tandemail                  # noqa: E402

HANAKO = User("hanako@example.jp", "pass word")
OFFERS_IT = "mail_plugins = $mail_plugins zlib\nprotocol imap {\n  mail_plugins = $mail_plugins imap_zlib\n}\n"
ASKED = b"COMPRESS DEFLATE"
READABLE = b"Readable on the wire unless compressed."
SECONDS = 60


def letter(subject, lines=1):
    return (b"From: a@example.net\r\nTo: hanako@example.jp\r\nSubject: %s\r\n\r\n" % subject.encode()
            + (READABLE + b"\r\n") * lines)


class Compression:
    compress, round_trip, lines = "auto", 0.03, 40_000   # 1.6 MB: enough to be worth it

    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.peers, cls.wires, sides = [], [], []
        for _ in range(2):
            peer = stack.enter_context(Dovecot([HANAKO], extra=OFFERS_IT))
            wire = stack.enter_context(Recorder(peer.ports["imap"]))
            port = wire.port
            if cls.round_trip:
                before = types.SimpleNamespace(ports={"imaps": wire.port})
                port = stack.enter_context(Far(before, cls.round_trip)).ports["imaps"]
            cls.peers.append(peer)
            cls.wires.append(wire)
            sides.append({"imap": f"imap://127.0.0.1:{port}?tls=never", "login": "{address}", "compress": cls.compress})
        cls.old, cls.new = cls.peers
        with imap(cls.old, HANAKO) as client:
            client.create("Work")
            for mail in mailgen.Generator(7).mails(60):
                client.append("Work", None, None, mail.data)
            client.append("INBOX", None, None, letter("noise") + random.Random(1).randbytes(300_000).hex().encode() + b"\r\n")
            client.append("INBOX", None, None, letter("large", cls.lines))
        cls.tandem = stack.enter_context(Tandemail([Migration(
            "move", HANAKO.domain, *sides,
            [{"address": HANAKO.address, "old_password": HANAKO.password, "new_password": HANAKO.password}],
            {"gateway": {"enabled": "no"}})]))
        cls.tandem.sync()
        process.until(lambda: cls.tandem.accounts()[0]["state"] == "in_sync", SECONDS, "in sync")

    def test_1_everything_arrived_unchanged(self):
        sides = [check.read_imap(peer, HANAKO) for peer in self.peers]
        self.assertEqual(sum(map(len, sides[0].values())), 62)
        report = check.compare(*sides)
        self.assertTrue(report.clean, report.table())

    def test_2_who_was_asked_to_compress(self):
        wanted = self.compress != "never"
        for wire in self.wires:
            self.assertEqual(ASKED in wire.asked, wanted)
        for bytes_ in (self.wires[0].answered, self.wires[1].asked):
            self.assertEqual(READABLE * 2 in bytes_.replace(b"\r\n", b""), not wanted)


class Always(Compression, unittest.TestCase):
    compress, round_trip, lines = "always", 0, 20

    def test_3_what_comes_later_is_heard_of(self):
        for subject in ("later", "later still"):
            with imap(self.old, HANAKO) as client:
                client.append("INBOX", None, None, letter(subject))
            process.until(lambda subject=subject: self.is_there(subject), SECONDS, f"'{subject}' on the new side")

    def is_there(self, subject):
        with imap(self.new, HANAKO) as client:
            client.select("INBOX", readonly=True)
            return client.search(None, "SUBJECT", f'"{subject}"')[1][0]


class FarAway(Compression, unittest.TestCase):
    pass


class Never(Compression, unittest.TestCase):
    """As far, and as much to move."""
    compress = "never"


if __name__ == "__main__":
    unittest.main(verbosity=2)
