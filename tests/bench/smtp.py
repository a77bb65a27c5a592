"""smtp: messages accepted per second, each answered 250 only when it is safe on the disk.

The load is Postfix's own smtp-source, over connections that stay open; with 32 sessions it runs eight
times with four sessions and a recipient each, since no host gets all its mail for one person.
Postfix has Debian's settings for durability (its queue file is fsynced before 250), Dovecot has
`mail_fsync = always` for LMTP. "delivered/s" counts to the moment the last message is where it is to be:
behind Postfix that is later than the answer. Before each run the page cache is emptied (as root). Three groups:

- into a mailbox: the built-in server, Postfix + Dovecot, and Postfix that throws the mail away after
  queueing (what accepting alone costs it);
- in front of a home: the gateway, a Postfix relay, nginx (which passes the session through and promises nothing itself), and
  that home alone (a Postfix without mailboxes);
- the same with a copy for the other side: the gateway with APPEND, Postfix with a BCC by LMTP.

In the last two the home (and the other side) gets a processor of its own: it is another host, and what stands in
front of it must not take its time. What is measured is then how much of the home's own rate is left.

A fourth group sends one message of 200 MB and says by how much the memory of all processes grew at the most, looked at
every 20 ms; the home and its mailboxes are not counted.
"""
import contextlib
import pathlib
import re
import subprocess
import tempfile
import threading
import time

from figures import Contender, Group, Sample, Wrong
import machine
from tandemtest import probe, process
from tandemtest.peers import Dovecot, Nginx, Postfix, User
from tandemtest.tandem import Migration, Tandemail, side_of

VERSIONS = ("postfix", "dovecot-core", "nginx")
DOMAIN, MIRROR = "bench.example", "mirror.example"
USERS = [User(f"user{number}@{DOMAIN}", "secret") for number in range(8)]
CELLS = {   # label: (bytes, sessions, messages)
    "5 KB, 1 session": (5_120, 1, 250), "5 KB, 32 sessions": (5_120, 32, 3_200), "5 KB, 256 sessions": (5_120, 256, 4_096),
    "100 KB, 1 session": (102_400, 1, 150), "100 KB, 32 sessions": (102_400, 32, 1_600),
    "100 KB, 256 sessions": (102_400, 256, 2_048),
}
LARGE = 200 * 1024 * 1024
ROOMY = {"message_size_limit": "300000000", "mailbox_size_limit": "0"}      # Postfix
BUSY = {"default_process_limit": "400"}                                     # Postfix, for 256 sessions
LIMITS = {"connections_per_address": 10_000, "message_size": "300M"}        # Tandemail
BOUND = 300          # seconds for anything
EVEN = "Ours gets four times as many messages, so that all send for about as long."
APART = "The sides' own servers have one processor to themselves; load and contender share the others."
FILLED = (" The other side's INBOXes hold thousands of messages by then: the gateway looks there before each copy, and for that"
          " Dovecot reads a Maildir's whole list (some 10 ms for a thousand messages); LMTP does not look.")
PAUSE = 0.1          # seconds between two looks at a mailbox that fills
DURABLE = "protocol lmtp {\n  mail_fsync = always\n}\nprotocol imap {\n  mail_fsync = always\n}\n"


class PostfixEnd:
    """Counts what a Postfix handed to its last transport, from its log."""

    def __init__(self, postfix, transport):
        self.postfix, self._offset, self._count = postfix, 0, 0
        self._sent = re.compile(rb"postfix/" + transport + rb"\[.* status=sent")

    def count(self):
        with open(self.postfix.mail_log, "rb") as log:
            log.seek(self._offset)
            text = log.read()
        text = text[:text.rfind(b"\n") + 1]
        self._offset += len(text)
        self._count += len(self._sent.findall(text))
        return self._count


class MaildirEnd:
    """Counts the files in the users' INBOX of a Dovecot."""

    def __init__(self, dovecot, users):
        self.dovecot, self.users = dovecot, users

    def count(self):
        total = 0
        for user in self.users:
            for part in ("new", "cur"):
                folder = self.dovecot.home(user) / "Maildir" / part
                total += sum(1 for _ in folder.iterdir()) if folder.exists() else 0
        return total


class ImapEnd:
    """Counts the messages in the users' INBOX over IMAP."""

    def __init__(self, peer, users):
        self.peer, self.users = peer, users

    def count(self):
        total = 0
        for user in self.users:
            with probe.imap(self.peer, user) as client:
                answer = client.status("INBOX", "(MESSAGES)")[1][0]
                total += int(re.search(rb"MESSAGES (\d+)", answer).group(1))
        return total


def send(port, size, sessions, count):
    """Sends with smtp-source; seconds until the last answer. Any refusal is an error."""
    programs = 1 if sessions == 1 else len(USERS)
    commands = [["smtp-source", "-d", "-s", str(sessions // programs), "-m", str(count // programs),
                 "-l", str(size), "-f", "sender@elsewhere.example", "-M", f"client{n}.elsewhere.example",
                 "-t", USERS[n].address, f"inet:127.0.0.1:{port}"] for n in range(programs)]
    started = time.monotonic()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for command in commands]
    for one in running:
        output, _ = one.communicate(timeout=BOUND)
        if one.returncode:
            raise Wrong(f"smtp-source: {output.decode('utf-8', 'replace')[-500:]}")
    return time.monotonic() - started


def contender(name, front, ends, servers, ours=False, times=1):
    """`front` takes the mail; each of `ends` must hold all of it afterwards; `servers` are whose CPU counts. Who is faster gets
    `times` as many messages, so that the start of the senders weighs alike."""
    def run(cell):
        size, sessions, count = cell
        count *= times
        before = [end.count() for end in ends]
        machine.empty_page_cache()
        cpu = machine.cpu_seconds(*servers)
        started = time.monotonic()
        seconds = send(front.ports["smtp"], size, sessions, count)
        for end, had in zip(ends, before):
            wait_for(end, had + count, name)
        delivered = time.monotonic() - started
        cpu = machine.cpu_seconds(*servers) - cpu
        return Sample(count / seconds, {"delivered/s": count / delivered, "CPU ms each": 1000 * cpu / count})
    return Contender(name, run, ours)


def growth(name, front, servers, ours=False):
    """One message of `size` bytes through `front`: by how many MiB the memory of `servers` grew at the most."""
    def run(size):
        line = b"x" * 76 + b"\r\n"
        piece = line * 10_000
        before = peak = sum(machine.memory(peer)[0] for peer in servers)
        with probe.smtp(front) as client:
            client.mail("sender@elsewhere.example")
            client.rcpt(USERS[0].address)
            code, words = client.docmd("DATA")
            if code != 354:
                raise Wrong(f"{name}: {code} {words}")
            client.sock.sendall(b"Subject: large\r\n\r\n")
            with watch(servers) as seen:
                for _ in range(size // len(piece)):
                    client.sock.sendall(piece)
                code, words = client.docmd(".")
            peak = max(peak, *seen)
        if code != 250:
            raise Wrong(f"{name}: {code} {words}")
        return Sample((peak - before) / 1024, {"MiB before": before / 1024})
    return Contender(name, run, ours)


@contextlib.contextmanager
def watch(servers):
    """A list that grows: the memory of `servers` in KiB, looked at while the block runs."""
    seen, over = [0], threading.Event()

    def look():
        while not over.wait(0.02):
            seen.append(sum(machine.memory(peer)[0] for peer in servers))
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def wait_for(end, wanted, name):
    deadline = time.monotonic() + BOUND
    while (found := end.count()) < wanted and time.monotonic() < deadline:
        process.select.select([], [], [], PAUSE)
    if found != wanted:
        raise Wrong(f"{name}: {found} messages at the end, {wanted} were sent")


def bench(options):
    """Starts everything and gives the groups."""
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        def postfix(*arguments, options, **more):
            return start(quick_to_log(start(memory()), *arguments, options=options, **more))
        discarding = postfix([DOMAIN], xclient=True, options=ROOMY | BUSY)
        dropped = PostfixEnd(discarding, b"discard")
        mailboxes = start(Dovecot(USERS, extra=DURABLE))
        delivering = postfix([DOMAIN], lmtp_port=mailboxes.ports["lmtp"], options=BUSY)
        relay = postfix([DOMAIN], smtp_port=discarding.ports["smtp"], options=ROOMY | BUSY)
        through = start(Nginx(None, backend=("127.0.0.1", discarding.ports["smtp"]), mx=True))
        copies = start(Dovecot(USERS + [User(user.address.replace(DOMAIN, MIRROR), user.password) for user in USERS],
                               extra=DURABLE))
        copying = postfix([DOMAIN, MIRROR], smtp_port=discarding.ports["smtp"], options=ROOMY | BUSY | bcc(copies))
        copied = MaildirEnd(copies, [User(user.address.replace(DOMAIN, MIRROR), "") for user in USERS])

        into = [contender("Postfix + Dovecot LMTP", delivering, [MaildirEnd(mailboxes, USERS)],
                          [delivering, mailboxes]),
                contender("Postfix, mail thrown away", discarding, [dropped], [discarding])]
        front = [contender("Postfix relay", relay, [dropped], [relay, discarding]),
                 contender("nginx, passed through", through, [dropped], [through, discarding]),
                 contender("the home alone (Postfix)", discarding, [dropped], [discarding])]
        both = [contender("Postfix relay with BCC by LMTP", copying, [dropped, copied], [copying, discarding, copies])]
        large = [growth("Postfix relay", relay, [relay]),
                 growth("Postfix relay with BCC by LMTP", copying, [copying])]
        if options.ours:
            builtin = start(built_in(options))
            into.insert(0, contender("Tandemail, built-in server", builtin, [ImapEnd(builtin, USERS)],
                                     [builtin], ours=True, times=4))
            gateway = start(gateway_to(discarding, mailboxes, copies, options))
            front.insert(0, contender("Tandemail gateway", gateway, [dropped], [gateway, discarding], ours=True))
            large.insert(0, growth("Tandemail gateway", gateway, [gateway], ours=True))
            mirroring = start(gateway_to(discarding, mailboxes, copies, options))
            begin_mirroring(mirroring)
            both.insert(0, contender("Tandemail gateway with APPEND", mirroring, [dropped, MaildirEnd(copies, USERS)],
                                     [mirroring, discarding, copies], ours=True))
            large.insert(1, growth("Tandemail gateway with APPEND", mirroring, [mirroring]))
            large.append(growth("Tandemail, built-in server", builtin, [builtin]))
        yield Group("Into a mailbox", "messages accepted/s", into, cells(options), note=EVEN)
        machine.apart(discarding, copies)
        for title, contenders, more in (("In front of a home, no copy", front, ""),
                                        ("In front of a home, a copy to the other side", both, FILLED)):
            yield Group(title, "messages accepted/s", contenders, cells(options), note=APART + more)
        yield Group("Memory for one message of 200 MB", "MiB more than before, at the most", large, {"200 MB": LARGE},
                    better="lower")


def memory():
    return tempfile.TemporaryDirectory(prefix="tandem-log-", dir="/dev/shm")


def quick_to_log(directory, *arguments, options, **more):
    """A Postfix whose log is in memory, since each process waits for the one that writes it. It is also left alone with
    its queue: the master warns when the queue manager is too busy to be woken, and while it waits to log that, the log
    daemon may be waiting for the master; then everything stands still."""
    patient = {"maillog_file_prefixes": directory, "queue_run_delay": "300s"}
    peer = Postfix(*arguments, options=options | patient, queue_look=300, **more)
    peer.mail_log = pathlib.Path(directory) / "mail.log"
    return peer


def cells(options):
    if not options.quick:
        return CELLS
    return {label: (size, sessions, max(64, count // 10) // 8 * 8) for label, (size, sessions, count) in CELLS.items()}


def bcc(copies):
    """main.cf of a relay that sends a second copy of everything to `copies` by LMTP."""
    pairs = ", ".join(f"{{ {user.address} = {user.address.replace(DOMAIN, MIRROR)} }}" for user in USERS)
    return {"recipient_bcc_maps": f"inline:{{ {pairs} }}",
            "transport_maps": f"inline:{{ {{ {MIRROR} = lmtp:inet:127.0.0.1:{copies.ports['lmtp']} }} }}"}


def built_in(options):
    peer = Tandemail([], sections={"server": {"domains": DOMAIN}, "limits": LIMITS},
                     binary=options.tandemail)
    peer.mailboxes = USERS
    return peer


def gateway_to(home, home_store, copies, options):
    """The gateway in front of `home`; once it mirrors, the copies go into `copies`."""
    accounts = [{"address": user.address, "old_password": user.password, "new_password": user.password}
                for user in USERS]
    migration = Migration("bench", DOMAIN, side_of(home_store, home), side_of(copies, home), accounts,
                          {"gateway": {"mirror": "append"}})
    peer = Tandemail([migration], sections={"limits": LIMITS}, binary=options.tandemail)
    return peer


def begin_mirroring(peer):
    """Every account gets its mirror; then copying pauses, so that only the gateway's copies are counted."""
    peer.sync()
    process.until(lambda: all(map(peer.synced_at, peer.accounts())), BOUND, "empty mailboxes in sync")
    peer.cli("pause")
