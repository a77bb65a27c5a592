"""A company that moves: people, their old and new host, Tandemail between them, and the outside check.

`with Company("story", old=…, new="dovecot" or "builtin", people=20) as company:` starts everything.
Each person has mail at the old host (`fill_old_side`), another password on each side, and uses the
old one in the client. `company.verify()` reads both sides as outsiders and says what is lost,
doubled or changed; `settle()` waits until that is nothing, with a bound. When the way out is an
exception, the logs of all are kept and their place is printed.
"""
import collections
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import sys
import time

from . import canonical, check, probe, process, seed
from .mailgen import Generator
from .manifest import Manifest
from .peers import Dovecot, Postfix, User
from .peers.base import temporary_directory
from .tandem import Migration, Tandemail, side_of
from .traffic import ID_HEADER

DOMAIN = "example.jp"
# Where a person's mail is: (folder as people write it, share in percent). Modified UTF-7 for
# 議事録, and for 2024年度 below 見積書.
FOLDERS = (("INBOX", 50), ("Sent", 12), ("Projects", 8), ("Projects/2021", 8), ("&i3BOi5My-", 8),
           ("&iYt6TWb4-", 4), ("&iYt6TWb4-/2024&XnRepg-", 6), ("Drafts", 2), ("Trash", 2))
ARRIVED = "arrived:"       # before the digest of mail that came by SMTP: compared without trace headers


@dataclasses.dataclass(frozen=True)
class Person:
    """One account of the migration. `old` and `new` are its log-ins on the two sides."""
    address: str
    old: User
    new: User

    @property
    def client(self):
        """What the person's mail program was set up with, before and after."""
        return self.old

    def row(self):
        return {"address": self.address, "old_login": self.old.address, "old_password": self.old.password,
                "new_login": self.new.address, "new_password": self.new.password}


def people_of(count, domain=DOMAIN):
    return [Person(address, User(address, f"old secret {n}"), User(address, f"new-geheim-{n}"))
            for n, address in ((n, f"person{n:02}@{domain}") for n in range(count))]


class Host:
    """A rented host: Dovecot with the mailboxes, Postfix as its MX."""

    def __init__(self, users, **dovecot):
        self.store = Dovecot(users, **dovecot)
        self.mx = None

    def __enter__(self):
        self.store.__enter__()
        self.mx = Postfix([DOMAIN], lmtp_port=self.store.ports["lmtp"],
                          recipients=[user.address for user in self.store.users])
        self.mx.__enter__()
        return self

    def __exit__(self, *error):
        for peer in (self.mx, self.store):
            if peer is not None:
                peer.__exit__(*error)

    def side(self):
        return side_of(self.store, self.mx)

    @property
    def smtp(self):
        return (self.mx.host, self.mx.ports["smtp"])


class Company:
    def __init__(self, name, people=20, new="dovecot", sections=None, migration_sections=None):
        """`new`: "dovecot" or "builtin". `sections`, `migration_sections`: more configuration."""
        self.name, self.people = name, people_of(people)
        self.by_address = {person.address: person for person in self.people}
        self.builtin = new == "builtin"
        self.sections, self.migration_sections = dict(sections or {}), dict(migration_sections or {})
        self.directory = temporary_directory(name)
        self.manifest = Manifest(self.directory / "manifest.jsonl")
        self.copied = {person.address: {} for person in self.people}   # {address: {folder: [Found]}}
        self.old = self.new = self.tandem = None
        self._peers = contextlib.ExitStack()

    # ---- life -----------------------------------------------------------------------------------
    def __enter__(self):
        try:
            self.old = self._peers.enter_context(
                Host([person.old for person in self.people], prefix="INBOX.", separator="."))
            if not self.builtin:
                self.new = self._peers.enter_context(Host([person.new for person in self.people]))
            self.tandem = Tandemail([self._migration()], sections=self.sections)
            if self.builtin:
                self.tandem.mailboxes = [person.new for person in self.people]
            self._peers.enter_context(self.tandem)
            return self
        except BaseException:
            self._leave(*sys.exc_info())
            raise

    def __exit__(self, *error):
        self._leave(*error)

    def _leave(self, kind, error, trace):
        if kind is not None:
            print(f"{self.name}: logs are kept in {self._keep_logs()}", file=sys.stderr)
        self._peers.__exit__(None, None, None)      # the logs are kept: nothing more to print
        self.manifest.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _keep_logs(self):
        place = pathlib.Path(os.environ.get("TANDEM_STORY_LOGS", "/tmp/tandem-story-logs")) / self.name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        shutil.copy(self.manifest.path, place / "manifest.jsonl")
        hosts = [("old", self.old), ("new", self.new)]
        peers = [(f"{side}-{kind}", getattr(host, kind)) for side, host in hosts if host for kind in ("store", "mx")]
        for name, peer in [*peers, ("tandemail", self.tandem)]:
            for path in peer.logs() if peer else []:
                if path.exists():
                    shutil.copy(path, place / f"{name}-{path.name}")
        return place

    def _migration(self):
        new = {"provider": "builtin"} if self.builtin else self.new.side()
        return Migration("move", DOMAIN, self.old.side(), new, [person.row() for person in self.people],
                         self.migration_sections)

    # ---- routes mail takes from outside ---------------------------------------------------------
    @property
    def gateway_route(self):
        return (self.tandem.host, self.tandem.ports["smtp"])

    @property
    def routes(self):
        """Through Tandemail, and by senders who still know the old MX."""
        return {"gateway": self.gateway_route, "old MX": self.old.smtp}

    @property
    def addresses(self):
        return [person.address for person in self.people]

    # ---- the mail that was there before ---------------------------------------------------------
    def fill_old_side(self, per_person, profile="real", big=None):
        """`big`: bytes of one attachment for the first person. Returns (messages, bytes)."""
        messages = total = 0
        for number, person in enumerate(self.people):
            generator = Generator(1000 + number, profile)
            mails = list(generator.mails(per_person))
            if big and number == 0:
                mails[-1] = generator.big(per_person - 1, big)
            for folder, share in _shares(mails):
                name = folder if folder == "INBOX" else "INBOX." + folder.replace("/", ".")
                seed.append(self.old.store, person.old, share, name)
                self.copied[person.address][folder] = check.expected(share)
            messages += len(mails)
            total += sum(len(mail.data) for mail in mails)
        return messages, total

    # ---- what people do meanwhile ---------------------------------------------------------------
    def mark(self, addresses, flag, count=5):
        """The mail programs of these people set a system flag ("flagged") on the last `count` messages
        of INBOX that were copied and lack it."""
        for address in addresses:
            with probe.imap(self.tandem, self.by_address[address].client) as client:
                client.select()
                uids = client.uid("SEARCH", f'UN{flag.upper()} NOT HEADER {ID_HEADER.decode()} ""')[1][0].split()
                uids = b",".join(uids[-count:])
                before = client.uid("FETCH", uids, "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]
                client.uid("STORE", uids, "+FLAGS.SILENT", f"(\\{flag})")
            copied = self.copied[address]["INBOX"]
            for one in check.messages(before, canonical.exact):
                place = next(n for n, known in enumerate(copied) if known.state == one.state)
                copied[place] = dataclasses.replace(one, flags=one.flags | {f"\\{flag}"})

    # ---- reading both sides ---------------------------------------------------------------------
    def sides_of(self, person, home):
        """[(what it is, peer, user)] of the sides an outsider can read. The built-in server shows a
        mailbox only through the front door: of a person who lives there."""
        old = ("old", self.old.store, person.old)
        if not self.builtin:
            return [old, ("new", self.new.store, person.new)]
        return [old, ("new", self.tandem, person.client)] if home == "new" else [old]

    def read(self, peer, user, reader=check.read_imap):
        """{folder: [Found]}; what came by SMTP has an ARRIVED digest and no date."""
        found = reader(peer, user, digest_of)
        return {folder: [_undated(one) for one in messages] for folder, messages in found.items()}

    def expected(self, person):
        wanted = {folder: list(found) for folder, found in self.copied[person.address].items()}
        wanted.setdefault("INBOX", []).extend(
            dataclasses.replace(found, digest=ARRIVED + found.digest)
            for found in self.manifest.expected(person.address))
        return wanted

    def verify(self, people=None, reader=check.read_imap, keywords=True):
        """Compares every readable side of everybody with what must be there; a `Verdict`."""
        verdict = Verdict()
        homes = self.tandem.homes()
        for person in people or self.people:
            wanted, home = self.expected(person), homes[person.address]
            for side, peer, user in self.sides_of(person, home):
                found = self.read(peer, user, reader)
                role = "home" if side == home else "mirror"
                verdict.add(person.address, side, role, found,
                            check.compare(wanted, found, keywords=keywords))
        return verdict

    def settle(self, bound=180):
        """Waits until all that is mirrored is in sync and the outside check finds nothing wrong;
        at the end of the bound the last verdict is returned as it is."""
        deadline = time.monotonic() + bound
        self.wait_for_postfix()
        self.tandem.sync()
        self.wait_in_sync(bound, since=time.time())
        waiting, whole = list(self.people), Verdict()
        while waiting:
            still = []
            for person in waiting:
                verdict = self.verify([person])
                if verdict.clean or time.monotonic() > deadline:
                    whole.merge(verdict)
                else:
                    still.append(person)
            if still and len(still) == len(waiting):
                self.tandem.sync([person.address for person in still])
            waiting = still
        return whole

    def wait_for_postfix(self, bound=60):
        """Until what the old and new MX accepted is in the mailboxes behind them."""
        for host in (self.old, self.new):
            if host:
                process.until(lambda mx=host.mx: "is empty" in mx.queue(), bound, "an empty queue")

    def wait_in_sync(self, bound=180, since=0.0):
        """Until every account had a whole pass that ended after `since` (seconds since 1970). Whose last one ended in
        the second of `since` is asked for another: nothing else may happen to it for minutes."""
        def lagging():
            self._lagging = [account for account in self.tandem.accounts()
                             if (self.tandem.synced_at(account) or 0) <= since]
            if since and self._lagging and time.time() > self._ask_again:
                self._ask_again = time.time() + 2
                self.tandem.sync([account["address"] for account in self._lagging])
            return self._lagging
        self._lagging, self._ask_again = [], time.time() + 2
        try:
            process.until(lambda: not lagging(), bound, "every account in sync")
        except process.PeerError as error:
            told = "\n".join(f"  {account['address']}: {account['state']} {account['copied']} "
                             f"{account['problem']}" for account in self._lagging[:10])
            raise process.PeerError(f"{error}\n{told}") from None

    # ---- explaining -----------------------------------------------------------------------------
    def explain(self, verdict, limit=20):
        """For each fault: which message, whose, by which route, and what the gateway's journal says."""
        lines = []
        for address, side, (folder, what, label) in verdict.faults[:limit]:
            lines.append(f"{what}: {address} {side} {folder}: {label}")
            for row in self.manifest.rows(recipient=address):
                if row["id"] == label.partition(" ")[0]:
                    lines.append(f"    {row['time']:.3f} {row['route']} {row['outcome']}: {row['code']} {row['text']}")
                    lines += self._journal(row["text"])
        if len(verdict.faults) > limit:
            lines.append(f"… and {len(verdict.faults) - limit} more")
        return "\n".join(lines)

    def _journal(self, answer):
        """What the gateway says of the message it answered with `answer`, which names the trace id."""
        trace = re.search(r"Ok (\w{20,})", answer)
        if not trace:
            return []
        try:
            return [f"    journal: {delivery}" for delivery in self.tandem.deliveries(trace.group(1))]
        except process.PeerError as error:
            return [f"    journal: {error}"]


@dataclasses.dataclass
class Verdict:
    """`faults`: [(address, side, (folder, what, label))]; `counts`: messages by role and kind."""
    faults: list = dataclasses.field(default_factory=list)
    counts: collections.Counter = dataclasses.field(default_factory=collections.Counter)

    @property
    def clean(self):
        return not self.faults

    def add(self, address, side, role, found, report):
        self.faults += [(address, side, row) for row in report.rows]
        for messages in found.values():
            arrived = sum(one.digest.startswith(ARRIVED) for one in messages)
            self.counts[role] += arrived
            if side == "new":
                self.counts["copied"] += len(messages) - arrived

    def merge(self, other):
        self.faults += other.faults
        self.counts += other.counts

    def of(self, what):
        return sum(row[1] == what for _, _, row in self.faults)

    def summary(self, manifest):
        """The one line of a story."""
        words = {"sent": len(manifest.rows("accepted")), "home": self.counts["home"],
                 "mirror": self.counts["mirror"], "copied": self.counts["copied"]}
        words |= {what: self.of(what) for what in ("lost", "doubled", "unexpected", "changed")}
        return " ".join(f"{key}={value}" for key, value in words.items())


def digest_of(data):
    """Copied mail byte for byte; mail that came by SMTP during the story without its trace headers."""
    if canonical.field(data, ID_HEADER.lower()) is None:
        return canonical.exact(data)
    return ARRIVED + canonical.in_transit(data)


def _undated(found):
    return dataclasses.replace(found, date=None) if found.digest.startswith(ARRIVED) else found


def _shares(mails):
    """[(folder, its mails)], INBOX first, by FOLDERS."""
    start, whole = 0, sum(share for _, share in FOLDERS)
    passed = 0
    for folder, share in FOLDERS:
        passed += share
        end = len(mails) * passed // whole
        if end > start:
            yield folder, mails[start:end]
        start = end
