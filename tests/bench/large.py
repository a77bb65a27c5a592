"""large: what is asked of the copier when there is much of it. Two Dovecots (Maildir) on this machine.

- One mailbox of 1,000,000 small messages: seconds for the first copy, for a pass that finds nothing new (median of three),
  for one that finds 100 and for a verification, and how much memory the program had at the most. No peer is beside it: the fastest of them takes
  the better part of an hour.
- 200 accounts of 50 folders with nothing new in them: seconds of a pass, beside mbsync and interimap, four accounts at a time.

Every copy is checked: the same number of messages and bytes in each folder of both sides.
"""
import contextlib
import grp
import itertools
import os
import pwd
import statistics
import time

import machine
import sync
import sync_tools
from figures import Contender, Group, Sample, Wrong
from tandemtest.peers import Dovecot

VERSIONS = ("dovecot-core", "isync", "interimap")
DOMAIN = sync.DOMAIN
BOUND = 7_200
NEW = 100            # messages that arrive for the last pass
EXTRA = sync.FSYNC + "default_vsz_limit = 4 G\nprotocol imap {\n  mail_max_userip_connections = 0\n}\n"


def bench(options):
    count, accounts, folders = (20_000, 8, 50) if options.quick else (1_000_000, 200, 50)
    with contextlib.ExitStack() as stack:
        source, target = (stack.enter_context(Dovecot([], extra=EXTRA)) for _ in range(2))
        if options.ours:
            mailbox = Mailbox(options.tandemail, source, target, count, stack)
            for title, run in (("first copy", mailbox.first), ("nothing new", mailbox.nothing),
                               (f"{NEW} new messages", mailbox.some), ("verify", mailbox.verify)):
                yield Group(f"One large mailbox, {title}", "seconds", [Contender("tandemail sync --once", run, ours=True)],
                            {f"{count:,} messages": None}, better="lower", warm_up=False)
        present = [tool for tool in sync_tools.tools(options) if tool.ours or tool.name in ("mbsync", "interimap")]
        many = Many(source, target, accounts, folders)
        yield Group("Many folders with nothing new", "seconds",
                    [Contender(tool.name, lambda cell, tool=tool: many.measure(tool), tool.ours) for tool in present],
                    {f"{accounts} accounts of {folders} folders": None}, better="lower", warm_up=False,
                    note=f"Each figure is the median of {sync.EMPTY_PASSES} passes after a first copy.")


class Mailbox:
    """One account with a large INBOX, and the state of the program that copied it last."""

    def __init__(self, binary, source, target, count, stack):
        self.binary, self.source, self.target, self.stack = binary, source, target, stack
        self.numbers = itertools.count()
        self.user = source.add_user(f"large@{DOMAIN}", "secret")
        self.copy = self.ours = None
        self.arrive(count)

    def arrive(self, count):
        place = self.source.home(self.user) / "Maildir"
        for part in ("tmp", "cur", "new"):
            (place / part).mkdir(parents=True, exist_ok=True)
        for number in itertools.islice(self.numbers, count):
            data = letter(number, self.user.address)
            size, wire = len(data), len(data) + data.count(b"\n")     # in the name: nobody has to open them for it
            path = place / "cur" / f"{1_700_000_000 + number}.M{number}.large,S={size},W={wire}:2,S"
            path.write_bytes(data)
            own(path)
        for path in (self.source.home(self.user), place, *place.iterdir()):
            own(path)
        self.source.doveadm("index", "-u", self.user.address, "INBOX", bound=BOUND)

    def first(self, _):
        self.copy = self.target.add_user(f"copy{next(sync.NUMBERS)}@{DOMAIN}", "secret")
        sync.known_to(self.target, self.copy)
        self.ours = self.stack.enter_context(
            sync_tools.installed(self.binary, self.source, self.target, [(self.user, self.copy)]))
        messages = sync.mailboxes(self.source, self.user)["INBOX"][0]
        seconds, peak = self.one_pass()
        return Sample(seconds, {"messages/s": messages / seconds, "MiB at the most": peak})

    def nothing(self, _):
        passes = [self.one_pass() for _ in range(sync.EMPTY_PASSES)]
        return Sample(statistics.median(seconds for seconds, _ in passes),
                      {"MiB at the most": max(peak for _, peak in passes)})

    def some(self, _):
        self.arrive(NEW)
        seconds, peak = self.one_pass()
        return Sample(seconds, {"MiB at the most": peak})

    def verify(self, _):
        """All headers of both sides, by the running server."""
        self.ours.launch()
        try:
            started = time.monotonic()
            self.ours.cli("verify", self.user.address, bound=BOUND)
            seconds, peak = time.monotonic() - started, machine.peak_memory(self.ours.process.pid)
        finally:
            self.ours.stop()
        return Sample(seconds, {"MiB at the most": peak})

    def one_pass(self):
        """(seconds, MiB at the most) of one pass, checked."""
        started = time.monotonic()
        peak = sync_tools.sync_once(self.ours)
        seconds = time.monotonic() - started
        wanted, found = sync.mailboxes(self.source, self.user), sync.mailboxes(self.target, self.copy)
        if wanted != found:
            raise Wrong(f"{wanted} were to be copied, {found} are there")
        return seconds, peak


class Many:
    """Accounts with many folders, two messages in each."""

    def __init__(self, source, target, accounts, folders):
        self.source, self.target = source, target
        self.users = [source.add_user(f"many{number}@{DOMAIN}", "secret") for number in range(accounts)]
        for user in self.users:
            sync.known_to(source, user)
            self.fill(user, folders)

    def fill(self, user, folders):
        names = ["INBOX", *(f"Folder {number:02}" for number in range(1, folders))]
        self.source.doveadm("mailbox", "create", "-s", "-u", user.address, *names[1:])
        for name in names:
            place = self.source.home(user) / "Maildir"
            place = place if name == "INBOX" else place / f".{name}"
            for number in (1, 2):
                path = place / "cur" / f"{1_700_000_000 + number}.M{number}.many:2,"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(letter(number, name))
                own(path.parent)
                own(path)
        self.source.doveadm("index", "-u", user.address, "*")

    def measure(self, tool):
        job = sync.new_job(self.users, self.source, self.target)
        with tool.prepared(job) as step:
            first, empty = sync.first_and_empty(tool, job, step)
        sync.copied(job, first)
        return Sample(empty)


def letter(number, to):
    return (f"From: a{number % 977}@partner.example\nTo: {to}\nSubject: number {number}\n"
            f"Date: Mon, 02 Mar 2026 10:00:00 +0900\nMessage-ID: <{number}.{to}@partner.example>\n\n"
            f"{number} words of a letter that says not much\n").encode()


NOBODY = pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid


def own(path):
    if os.geteuid() == 0:
        os.chown(path, *NOBODY)
