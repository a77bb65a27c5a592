"""The ports where people log in, against crowds that never mean to: memory stays flat and log-ins work, during and after.

A Dovecot is behind the session proxy. TANDEM_HOSTILE_CONNECTIONS hostile connections (default 2,000) of seed
TANDEM_HOSTILE_SEED, a quarter of them before memory is looked at first; TANDEM_LORIS_CONNECTIONS slow ones (default
1,000), held for TANDEM_LORIS_SECONDS (default 5). What was measured is printed.

    test_hostile_sessions.py [Crowd|Loris|Office]
"""
import contextlib
import json
import mmap
import os
import pathlib
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
import unittest
import urllib.request

SUPPORT = pathlib.Path(__file__).resolve().parent.parent / "support"
sys.path.insert(0, str(SUPPORT))
from tandemtest import probe, process                           # noqa: E402
from tandemtest.peers import Dovecot, User                      # noqa: E402
from tandemtest.sink import Sink                                # noqa: E402
from tandemtest.tandem import Migration, Tandemail, side_of     # noqa: E402

TARO = User("taro@example.jp", "secret one")
PORTS = ("imap", "imaps", "pop3", "pop3s", "submission", "submissions")
SEED = int(os.environ.get("TANDEM_HOSTILE_SEED", time.time_ns() % 1_000_000))
CROWD = int(os.environ.get("TANDEM_HOSTILE_CONNECTIONS", 2_000))
SLOW = int(os.environ.get("TANDEM_LORIS_CONNECTIONS", 1_000))
HELD = float(os.environ.get("TANDEM_LORIS_SECONDS", 5))
PROCESSES = 2                   # of attackers
BOUND = 1_800                   # seconds for all of them, of any number
LOGIN_BOUND = probe.BOUND     # seconds for one log-in, however busy the machine
LOGIN_LIMIT = 60                # seconds the server gives anybody to log in
SETTLE_BOUND = LOGIN_LIMIT + 30
MIB = 1024 * 1024
# What may be there after a crowd that was not there before it: what a stock keeps for the next connection (64 KiB, 16 times,
# per thread), pages of the ledger in memory, holes in the heap; and counts of wrong log-ins, of 10,000 addresses and
# 10,000 names at the most. (tests/session looks for single bytes, in memory.)
MAY_GROW = 3 * MIB + min(CROWD, 10_000) * 400
RETURN_BOUND = 20               # seconds until memory is the system's again: the server looks every ten


class Hostile(unittest.TestCase):
    limits = {}

    def setUp(self):
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        sink = stack.enter_context(Sink())
        dovecot = stack.enter_context(Dovecot([TARO], relay=sink.port))
        row = {"address": TARO.address, "old_password": TARO.password, "new_password": TARO.password}
        self.tandem = stack.enter_context(Tandemail(
            [Migration("move", "example.jp", side_of(dovecot), {"provider": "builtin"}, [row],
                       {"gateway": {"enabled": False, "submission": "passthrough"}})],
            # Somebody else is trusted to say whose connection it is: so a stranger's PROXY header is looked for.
            sections={"trust": {"proxy_protocol_from": "192.0.2.1"}, "limits": self.limits}))
        self.may_grow = MAY_GROW if not sanitized(self.tandem) else float("inf")
        self.ports = {name: self.tandem.ports[name] for name in PORTS}

    def start(self, *arguments):
        what, *numbers = arguments
        return subprocess.Popen(
            [sys.executable, "-B", "-m", "tandemtest.hostile", what, self.tandem.host, json.dumps(self.ports),
             *map(str, numbers)], cwd=SUPPORT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def log_in(self):
        """By each port; the seconds of each."""
        took = []
        for port in PORTS:
            started = time.monotonic()
            if port.startswith("imap"):
                with probe.imap(self.tandem, TARO, port) as client:
                    self.assertEqual(client.select("INBOX", readonly=True)[0], "OK")
            elif port.startswith("pop3"):
                probe.pop3(self.tandem, TARO, port).quit()
            else:
                with probe.smtp(self.tandem, port, tls=port == "submission", user=TARO):
                    pass
            took.append(time.monotonic() - started)
        self.assertLess(max(took), LOGIN_BOUND, dict(zip(PORTS, took)))
        return took

    def settled(self):
        """Bytes of memory when every connection is gone."""
        process.until(lambda: open_files(self.tandem) <= self.files_at_rest, SETTLE_BOUND, "an end of all connections",
                      self.tandem.process)
        return resident(self.tandem)


class CrowdTest(Hostile):
    def test_T15_T17_T18_a_crowd_leaves_memory_flat(self):
        """T-07, T-15, T-16, T-17, T-18, T-19."""
        self.log_in()
        self.files_at_rest = open_files(self.tandem) + 2
        first = CROWD // 4
        outcomes, _ = self.attack(0, first)
        before = self.settled()
        more, took = self.attack(first, CROWD - first)
        after = self.settled()
        self.log_in()
        for outcome, count in more.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
        print(f"{CROWD} connections of seed {SEED}: {outcomes}; memory {before / MIB:.1f} MiB after the first {first}, "
              f"{after / MIB:.1f} MiB after all; {len(took)} log-ins meanwhile, median {statistics.median(took) * 1000:.0f} ms, "
              f"longest {max(took) * 1000:.0f} ms")
        self.assertEqual(set(outcomes), {"ended", "left"}, f"seed {SEED}")
        self.assertEqual(sum(outcomes.values()), CROWD)
        self.assertLess(after - before, self.may_grow, f"seed {SEED}")

    def attack(self, first, count):
        """What became of them, and the seconds each log-in took meanwhile."""
        share = -(-count // PROCESSES)
        running = [self.start("attack", SEED, first + begin, min(share, count - begin)) for begin in range(0, count, share)]
        took = self.log_in()
        while any(one.poll() is None for one in running):
            took += self.log_in()
        outcomes = {}
        for one in running:
            for outcome, number in json.loads(one.communicate(timeout=BOUND)[0]).items():
                outcomes[outcome] = outcomes.get(outcome, 0) + number
        self.assertTrue(self.tandem.process.running(), f"seed {SEED}")
        return outcomes, took


class LorisTest(Hostile):
    def test_T18_a_slow_loris_keeps_nobody_out(self):
        """T-15, T-18."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        usual = self.log_in() + self.log_in()
        self.files_at_rest = open_files(self.tandem) + 2
        self.one_loris(SLOW // 4, 0)                       # what a crowd leaves behind once is there now
        before = self.settled()
        held, took, ended = self.one_loris(SLOW, HELD)
        self.settled()
        after = self.returned(before)
        self.log_in()
        each = (held - before) / SLOW
        print(f"{SLOW} slow connections for {HELD:g} s, {ended} ended by the server: {each / 1024:.1f} KiB each; memory "
              f"{before / MIB:.1f} MiB before, {held / MIB:.1f} MiB with them, {after / MIB:.1f} MiB after; {len(took)} log-ins "
              f"meanwhile, median {statistics.median(took) * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms; without them "
              f"{statistics.median(usual) * 1000:.0f} ms")
        if HELD > LOGIN_LIMIT:
            self.assertEqual(ended, SLOW)

    def returned(self, before):
        """Bytes of memory as soon as it is about what it was."""
        process.until(lambda: resident(self.tandem) < before + self.may_grow, RETURN_BOUND, "the crowd's memory given back",
                      self.tandem.process)
        return resident(self.tandem)

    def one_loris(self, count, seconds):
        """Memory while they are there, the seconds each log-in took, how many of them the server ended."""
        loris = self.start("loris", 0, count)
        self.assertEqual(json.loads(loris.stdout.readline()), {"open": count})
        process.until(lambda: open_files(self.tandem) >= count, LOGIN_BOUND, "all of them accepted", self.tandem.process)
        until = time.monotonic() + seconds
        held, took = resident(self.tandem), self.log_in()
        while time.monotonic() < until:
            took += self.log_in()
            held = max(held, resident(self.tandem))
        return held, took, json.loads(loris.communicate(timeout=BOUND)[0])["ended"]


def sanitized(peer):
    """Whether the binary has a sanitizer's heap, which gives nothing back for a long time."""
    with open(peer.binary, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return any(text.find(word) >= 0 for word in (b"__asan_init", b"__tsan_init"))


def open_files(peer):
    return len(os.listdir(f"/proc/{peer.process.pid}/fd"))


def resident(peer):
    """Bytes of memory the process holds, what it shares with others by /dev/shm not counted."""
    status = pathlib.Path(f"/proc/{peer.process.pid}/status").read_text()
    return sum(int(kib) * 1024 for kib in re.findall(r"Rss(?:Anon|File):\s+(\d+) kB", status))


class OfficeTest(Hostile):
    """A company behind one address: who has logged in is not counted, who has not is."""
    limits = {"connections_per_address": 3}

    def test_only_strangers_are_counted(self):
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(probe.imap(self.tandem, TARO))
            strangers = [stack.enter_context(self.connected()) for _ in range(3)]
            for stranger in strangers:
                self.assertTrue(stranger.recv(100).startswith(b"* OK"))
            self.assertEqual(stack.enter_context(self.connected()).recv(100), b"")
            self.metrics()      # the page has a count of its own
            for stranger in strangers:
                stranger.close()
            process.until(self.may_come, 20, "a place again")
            refused = re.search(r'clients_refused_total{reason="too_many_connections"} (\d+)', self.metrics())
            self.assertGreaterEqual(int(refused.group(1)), 1)

    def may_come(self):
        with self.connected() as stranger:
            return stranger.recv(100).startswith(b"* OK")

    def connected(self):
        return socket.create_connection((self.tandem.host, self.ports["imap"]), timeout=20)

    def metrics(self):
        token = (self.tandem.data / "api.token").read_text().strip()
        asked = urllib.request.Request(f"http://127.0.0.1:{self.tandem.ports['web']}/api/metrics",
                                       headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read().decode()


if __name__ == "__main__":
    sys.argv[1:] = [name if name.startswith("-") else name + "Test" for name in sys.argv[1:]]
    unittest.main(verbosity=2)
