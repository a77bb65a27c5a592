"""cutover: a whole company moves at once, people's mail programs open: 1,000 accounts with 3,000 IMAP sessions.

Two Dovecots, every account with a mail on the old one, copied first. Then `tandemail cutover --all` and, when all are in
again, `tandemail rollback --all`. cutover_people.py says what a person's client is and what is counted: nobody's session may
end in the middle of a command, and everybody is back on the right side. Nothing is beside it: the other proxies here move
nobody. The figure is the seconds that the command took; "log-ins/s" are those of the busiest second.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from figures import Contender, Group, Sample, Wrong
from proxy import CROWD
from tandemtest import process
from tandemtest.peers import Dovecot, User
from tandemtest.tandem import Migration, Tandemail, side_of

VERSIONS = ("dovecot-core",)
DOMAIN = "bench.example"
PEOPLE = pathlib.Path(__file__).resolve().parent / "cutover_people.py"
LETTER = b"From: a@partner.example\r\nTo: all@bench.example\r\nSubject: one\r\n\r\n" + b"some words of a letter\r\n" * 200
BOUND = 1_800
# Few processes with many clients each: thousands of idle sessions are not what is measured.
MANY = CROWD + """\
service imap {
  process_limit = 5000
  service_count = 0
  client_limit = 50
}
service config {
  client_limit = 20000
}
"""


def bench(options):
    accounts, sessions = (100, 300) if options.quick else (1_000, 3_000)
    with contextlib.ExitStack() as stack:
        company = Company(accounts, options, stack)
        steps = {"cut-over": company.cut_over, "roll-back": company.roll_back}
        with company.people(sessions) as people:
            yield Group("Cut-over of a company at work", "seconds",
                        [Contender("Tandemail", lambda step: steps[step](people), ours=True)],
                        {f"{accounts:,} accounts, {sessions:,} sessions, {name}": name for name in steps}, better="lower",
                        warm_up=False)


class Company:
    def __init__(self, accounts, options, stack):
        self.users = [User(f"user{number}@{DOMAIN}", "secret") for number in range(accounts)]
        self.old, self.new = (stack.enter_context(Dovecot(self.users, extra=MANY)) for _ in range(2))
        for user in self.users:
            deliver(self.old, user)
        rows = [{"address": user.address, "old_password": user.password, "new_password": user.password}
                for user in self.users]
        self.tandem = stack.enter_context(Tandemail(
            [Migration("bench", DOMAIN, side_of(self.old), side_of(self.new), rows, {"gateway": {"enabled": False}})],
            binary=options.tandemail))
        self.tandem.cli("sync", *[user.address for user in self.users])
        process.until(lambda: all(map(self.tandem.synced_at, self.tandem.accounts())), BOUND, "all copied")

    @contextlib.contextmanager
    def people(self, sessions):
        with subprocess.Popen([sys.executable, "-B", str(PEOPLE), str(self.tandem.ports["imaps"]), str(self.tandem.ca_file),
                               DOMAIN, str(len(self.users)), str(sessions)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
            try:
                self.sessions = json.loads(running.stdout.readline())["ready"]
                yield running
            finally:
                running.stdin.close()

    def cut_over(self, people):
        return self.move(people, "cutover", "new")

    def roll_back(self, people):
        return self.move(people, "rollback", "old")

    def move(self, people, word, home):
        if set(self.tandem.homes().values()) == {home}:
            self.move(people, {"cutover": "rollback", "rollback": "cutover"}[word], {"new": "old", "old": "new"}[home])
        started = time.monotonic()
        self.tandem.cli(word, "--all", "--yes", bound=BOUND)
        seconds = time.monotonic() - started
        people.stdin.write("\n")
        people.stdin.flush()
        seen = json.loads(people.stdout.readline())
        if set(self.tandem.homes().values()) != {home}:
            raise Wrong(f"{word}: not everybody is on the {home} side")
        if seen["torn"] or seen["inside"] != self.sessions or seen["came_back"] < self.sessions:
            raise Wrong(f"{word}: {seen} of {self.sessions} sessions")
        there = len(getattr(self, home).doveadm("who", "-1").splitlines()) - 1
        if there < self.sessions:
            raise Wrong(f"{word}: {there} of {self.sessions} sessions are on the {home} side")
        return Sample(seconds, {"accounts/s": len(self.users) / seconds, "sessions back": seen["came_back"],
                                "torn": seen["torn"], "crossed": seen["crossed"], "log-ins refused": seen["failed"],
                                "log-ins/s": seen["per_second"], "s away, median": seen["away_median"],
                                "s away, longest": seen["away_longest"]})


def deliver(dovecot, user):
    """One mail, by a file: a delivery for each of a thousand would take longer than all else."""
    place = dovecot.home(user) / "Maildir"
    for name in ("tmp", "cur", "new"):
        (place / name).mkdir(parents=True, exist_ok=True)
    (place / "new" / "1.one.bench").write_bytes(LETTER)
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
