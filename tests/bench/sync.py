"""sync: seconds for the first copy of mailboxes, for a pass that finds nothing new, and for one that finds 1 % new.

Source and target are two Dovecots on this machine (Maildir, `mail_fsync = optimized`, its default).
Every run copies into accounts that did not exist before and with a state of its own; afterwards both
sides must hold the same number of messages and bytes per folder. Whole programs are timed, their start
included; several accounts are given four at a time to tools that copy one account per call.

The second group is the same with both servers 50 ms away (far.py; a tool that writes into the target's storage runs there).

What is compared: `tandemail sync --once` (IMAP to IMAP), mbsync (IMAP to IMAP), interimap (likewise,
QRESYNC), `doveadm backup` from IMAP into the target's own storage (it has no APPEND to wait for), and
`doveadm backup` between both storages without any IMAP. imapsync is not in Debian: it takes part when
$IMAPSYNC names the program. In the first copy there is also a writer that reads nothing (bare_writer.py): what the target
accepts over one connection for each account. Where source and target share two processors, a copy costs what reading
costs as well: in the last group the target has a processor to itself, in both.
"""
import concurrent.futures
import contextlib
import dataclasses
import itertools
import math
import os
import shutil
import statistics
import time

import bare_writer
import machine
from far import Far
from figures import Contender, Group, Sample, Wrong
from sync_tools import Tool, tools
from tandemtest import mailgen, process
from tandemtest.peers import Dovecot, User

VERSIONS = ("dovecot-core", "isync", "interimap")
DOMAIN = "bench.example"
BOUND = 900
AT_ONCE = 4                  # accounts, for tools that copy one per call
EMPTY_PASSES = 3             # per run; their median counts
NEW = 0.01                   # the share of an account that is new in the last pass of a run
ROUND_TRIP = 0.05            # seconds, to a server that is far
# Which share of an account's messages is in which folder.
FOLDERS = (("INBOX", 0.5), ("Sent", 0.25), ("Archive/2024", 0.15), ("Projects", 0.1))
FSYNC = "mail_fsync = optimized\nservice imap {\n  process_limit = 2000\n}\n"


@dataclasses.dataclass
class Job:
    """What one run copies: pairs of accounts, and a directory for the tool's files."""
    source: Dovecot
    target: Dovecot
    pairs: list
    directory: object
    peak: float = 0          # MiB of memory at the most, of ours


def bench(options):
    small = 10 if options.quick else 1
    sizes = {f"1 account of {10_000 // small:,} messages": ("big", 1, 10_000 // small),
             f"20 accounts of {1_000 // small:,} messages": ("many", 20, 1_000 // small)}
    far = {f"1 account of {2_000 // small:,} messages": ("far", 1, 2_000 // small)}
    with contextlib.ExitStack() as stack:
        users = {name: [User(f"{name}{n}@{DOMAIN}", "secret") for n in range(count)]
                 for name, count, _ in (*sizes.values(), *far.values())}
        source = stack.enter_context(Dovecot(list(itertools.chain(*users.values())), extra=FSYNC))
        target = stack.enter_context(Dovecot([], extra=FSYNC))
        for name, _, count in (*sizes.values(), *far.values()):
            seed(source, users[name], count)
        later = {}               # (passes, tool, cell) -> their seconds, filled by the first copies
        present = tools(options)
        contenders = [Contender(tool.name, lambda cell, tool=tool: copy(tool, cell, source, target, later),
                                tool.ours) for tool in present]
        cells = {label: (label, users[name]) for label, (name, _, _) in sizes.items()}
        alone = [Contender("MULTIAPPEND writer, no source", lambda cell: write(cell, source, target))]
        yield Group("First copy", "seconds", contenders + alone, cells, better="lower", warm_up=False)
        yield Group("Pass with nothing to do", "seconds", seen(present, later, "empty"), cells, better="lower", warm_up=False,
                    note=f"Each figure is the median of {EMPTY_PASSES} passes after a first copy.")
        yield Group("Pass with 1 % new", "seconds", seen(present, later, "new"), cells, better="lower", warm_up=False,
                    note="One pass after those, over as many new messages in each folder of each account.")
        ends = [stack.enter_context(Far(peer, ROUND_TRIP)) for peer in (source, target)]
        present = [tool for tool in present if tool.over_imap]
        contenders = [Contender(tool.name, lambda cell, tool=tool: copy(tool, cell, *ends, later), tool.ours)
                      for tool in present]
        cells = {label: (label, users[name]) for label, (name, _, _) in far.items()}
        away = f"Every byte to or from a server is {1000 * ROUND_TRIP / 2:.0f} ms late."
        yield Group("First copy, servers far away", "seconds", contenders, cells, better="lower", warm_up=False, note=away)
        yield Group("Pass with nothing to do, servers far away", "seconds", seen(present, later, "empty"), cells,
                    better="lower", warm_up=False,
                    note=f"The same; each figure is the median of {EMPTY_PASSES} passes after a first copy.")
        yield Group("Pass with 1 % new, servers far away", "seconds", seen(present, later, "new"), cells, better="lower",
                    warm_up=False)
        machine.apart(target)    # for all that follows
        ours = [Contender(tool.name, lambda cell, tool=tool: copy(tool, cell, source, target, later), tool.ours)
                for tool in present if tool.ours]
        cells = {label: (label, users[name]) for label, (name, _, _) in sizes.items()}
        yield Group("First copy into a target with a processor of its own", "seconds", ours + alone, cells, better="lower",
                    warm_up=False, note="As a host has one: source and copier share the others.")


def seen(present, later, passes):
    """Contenders whose figures the first copies left in `later`."""
    return [Contender(tool.name, lambda cell, tool=tool: later[passes, tool.name, cell[0]].pop(0), tool.ours)
            for tool in present]


def seed(source, users, count):
    """Fills the accounts of `source`, straight into their Maildirs."""
    for user in users:
        source.doveadm("mailbox", "create", "-s", "-u", user.address, *(name for name, _ in FOLDERS), check=False)
        add(source, user, {folder: round(count * share) for folder, share in FOLDERS})


def add(source, user, counts):
    """Puts `counts[folder]` more messages into each folder of one account."""
    for folder, count in counts.items():
        path = source.home(user) / "Maildir"
        if folder != "INBOX":
            path = path / ("." + folder.replace("/", "."))
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        for _ in range(count):
            mail = GENERATOR.mail(next(MAILS))
            kept = tuple(flag for flag in mail.flags if flag != "\\Deleted")   # some tools leave those out
            mailgen.write_maildir(path, dataclasses.replace(mail, flags=kept))
    for root, _, files in os.walk(source.home(user)):
        for path in (root, *(os.path.join(root, name) for name in files)):
            shutil.chown(path, "nobody", "nogroup")
    source.doveadm("index", "-u", user.address, "*")


@contextlib.contextmanager
def something_new(source, users):
    """1 % more messages in each folder; gone again afterwards, so that each tool finds the same accounts."""
    before = {user.address: mailboxes(source, user) for user in users}
    for user in users:
        add(source, user, {folder: math.ceil(NEW * count) for folder, (count, _) in before[user.address].items()})
    yield
    for user in users:
        for folder, (count, _) in before[user.address].items():
            source.doveadm("expunge", "-u", user.address, "mailbox", folder, f"{count + 1}:*")


def copy(tool, cell, source, target, later):
    """One first copy with `tool` into new accounts, then its empty passes, then one with something new; each checked."""
    label, users = cell
    job = new_job(users, source, target)
    with tool.prepared(job) as step:
        first, empty = first_and_empty(tool, job, step)
        with something_new(source, users):
            new = timed(tool, job, step)
            check(tool, job)
    later.setdefault(("empty", tool.name, label), []).append(Sample(empty))
    later.setdefault(("new", tool.name, label), []).append(Sample(new))
    return copied(job, first)


def first_and_empty(tool, job, step):
    """Seconds of a first copy, and of a pass with nothing to do behind it (a median)."""
    first = timed(tool, job, step)
    check(tool, job)
    again = [timed(tool, job, step) for _ in range(EMPTY_PASSES)]
    check(tool, job)
    return first, statistics.median(again)


def write(cell, source, target):
    """The same first copy by a writer that has all of it in memory."""
    job = new_job(cell[1], source, target)
    held = {user.address: {name: bare_writer.load(source.home(user) / "Maildir", name) for name, _ in FOLDERS}
            for user in cell[1]}
    writer = Tool()
    first = timed(writer, job, lambda pair: bare_writer.write(target, pair[1], held[pair[0].address]))
    check(writer, job)
    return copied(job, first)


def new_job(users, source, target):
    """Accounts on the target that did not exist before, and a directory."""
    number = next(NUMBERS)
    pairs = [(user, target.add_user(f"t{number}x{n}@{DOMAIN}", "secret")) for n, user in enumerate(users)]
    for _, user in pairs:
        known_to(target, user)
    directory = target.directory / f"run{number}"
    directory.mkdir()
    return Job(source, target, pairs, directory)


def copied(job, seconds):
    """The figure of a first copy; what it brought to the target goes."""
    messages = sum(count for user, _ in job.pairs for count, _ in mailboxes(job.source, user).values())
    for _, user in job.pairs:
        shutil.rmtree(job.target.home(user))
    shutil.rmtree(job.directory)
    return Sample(seconds, {"messages/s": messages / seconds} | ({"MiB at the most": job.peak} if job.peak else {}))


def known_to(dovecot, user):
    """Waits until the user can log in: Dovecot looks at its file of users at most once a second."""
    words = ["doveadm", "-c", dovecot.directory / "dovecot.conf", "auth", "test", user.address, user.password]
    process.until(lambda: process.run(words, check=False).returncode == 0, 10, f"log-in of {user.address}")


NUMBERS, MAILS = itertools.count(1), itertools.count()
GENERATOR = mailgen.Generator(seed=1, profile="bench")


def timed(tool, job, step):
    started = time.monotonic()
    if tool.all_at_once:
        step(job.pairs)
    else:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(step, job.pairs))
    return time.monotonic() - started


def mailboxes(peer, user):
    """{folder: (messages, bytes)} of the folders that hold anything."""
    text = peer.doveadm("-f", "tab", "mailbox", "status", "-u", user.address, "messages vsize", "*",
                        check=False, bound=BOUND)       # it complains of a parent that is no mailbox itself
    rows = (line.split("\t") for line in text.splitlines()[1:])
    return {name: (int(messages), int(size)) for name, messages, size in rows if int(messages)}


def check(tool, job):
    for source, target in job.pairs:
        wanted = {folder: (messages, size + messages * tool.adds)
                  for folder, (messages, size) in mailboxes(job.source, source).items()}
        found = mailboxes(job.target, target)
        if wanted != found:
            raise Wrong(f"{tool.name}: {source.address} has {wanted}, its copy {found}")
