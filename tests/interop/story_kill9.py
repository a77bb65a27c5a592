"""The story of a bad night: `tandemail serve` is killed with SIGKILL at 50 random moments and started
again, while mail arrives, mailboxes are copied and people are cut over and rolled back. Senders try
again like an MTA: the same bytes. At the end nothing is lost and nothing is doubled, neither where
people happen to be then nor after all have moved to the new side.

story_kill9.py [dovecot|builtin] [--kills N] [--seed N] [--full]
Moments are drawn by the seed and differ in kind (`Moments`): right after the start, after some mail
was taken, in the middle of a switch, right after one.
"""
import argparse
import collections
import pathlib
import random as random_module
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                     # noqa: E402
from tandemtest.company import Company             # noqa: E402
from tandemtest.traffic import Traffic             # noqa: E402

IN_DOUBT = {"gateway": {"in_doubt": "2s"}}         # how long a replay of what may have arrived waits
MOVES_PER_KILL = 1 / 10                         # fewer: the night was too quiet to show anything


def tell(text):
    print(text, flush=True)


def story(company, options):
    messages, size = company.fill_old_side(options.messages // options.people, options.profile, options.big)
    tell(f"the old side holds {messages} messages, {size / 1e6:.1f} MB")
    routes = {"gateway": company.gateway_route, "gateway again": company.gateway_route, "old MX": company.old.smtp}
    arriving = Traffic(routes, company.addresses, company.manifest, threads=4, per_second=options.rate,
                       retry_after=0.3, seed=options.seed, profile=options.profile, name="outside").start()
    operator = Operator(company, options.seed)
    moments = Moments(company.manifest, operator, options.seed)
    try:
        company.tandem.sync()
        operator.start()
        for _ in range(options.kills):
            moments.wait_for_one()
            company.tandem.kill9()
            company.tandem.launch()
    finally:
        operator.stop()
        arriving.stop(drain=60)
    tell(f"killed {options.kills} times ({moments}); {operator}; answers: {dict(company.manifest.counts())}")
    faults = list(complaints(company, options, arriving, operator))
    for fault in faults:
        tell(fault)
    where_they_are = judge(company, options, "the morning after")
    company.tandem.cut_over([address for address, home in company.tandem.homes().items() if home == "old"])
    all_moved = judge(company, options, "all people moved")
    return where_they_are and all_moved and not faults


def complaints(company, options, arriving, operator):
    if arriving.unfinished:
        yield f"{arriving.unfinished} messages never got a final answer"
    yield from (f"refused: {row}" for row in company.manifest.rows("refused")[:10])
    if operator.moved < options.kills * MOVES_PER_KILL:
        yield f"only {operator.moved} moves in {options.kills} lives; the last switch that failed: {operator.last_words}"


def judge(company, options, when):
    verdict = company.settle(options.bound)
    tell(f"{when}: {verdict.summary(company.manifest)}")
    if not verdict.clean:
        tell(company.explain(verdict))
    return verdict.clean


class Moments:
    """When to kill: a kind, and within it a moment, both by chance."""

    def __init__(self, manifest, operator, seed):
        self.manifest, self.operator = manifest, operator
        self.random, self._pause = random_module.Random(f"kills/{seed}"), threading.Event()
        self.chosen = collections.Counter()

    def wait_for_one(self):
        kind = self.random.choice(("start", "mail", "mail", "switch", "switch", "switched"))
        self.chosen[kind] += 1
        getattr(self, "_" + kind)()

    def _start(self):
        """Recovery and the first looks at the mailboxes."""
        self._pause.wait(self.random.random() * 0.3)

    def _mail(self):
        """Any step of a message: the senders' next moves follow within some milliseconds."""
        self.manifest.wait_for_more(self.random.randint(1, 30), bound=5, outcome="accepted")
        self._pause.wait(self.random.random() * 0.1)

    def _switch(self):
        """Any step of a cut-over or roll-back; first the accounts must be in sync again."""
        self.operator.wait_for_more("begun", bound=20)
        self._pause.wait(self.random.random() * 1.2 * self.operator.usual_time)

    def _switched(self):
        """The person was just told that it is done."""
        self.operator.wait_for_more("done", bound=20)

    def __str__(self):
        return ", ".join(f"{kind} {count}" for kind, count in sorted(self.chosen.items()))


class Operator(threading.Thread):
    """Cuts people over and rolls them back, one after the other; a kill breaks the command off, before
    or after the person has `moved`. `counts`: begun, done, broken off."""

    def __init__(self, company, seed):
        super().__init__(name="operator", daemon=True)
        self.tandem, self.random = company.tandem, random_module.Random(f"operator/{seed}")
        self.ending, self._changed = threading.Event(), threading.Condition()
        self.counts, self.last_words = collections.Counter(), "none was begun"
        self.moved, self._homes, self.usual_time = 0, {}, 0.5

    def run(self):
        while not self.ending.is_set():
            try:
                address, switch = self._choose()
            except (process.PeerError, IndexError):        # dead just now, or nobody is in sync yet
                self.ending.wait(0.05)
                continue
            began = time.monotonic()
            self._note("begun")
            try:
                switch([address])
                self.usual_time = time.monotonic() - began
                self._note("done")
            except process.PeerError as error:
                self.last_words = str(error)
                self._note("broken off")

    def _choose(self):
        switches = {"cut_over": self.tandem.cut_over, "roll_back": self.tandem.roll_back}
        accounts = self.tandem.accounts()
        homes = {account["address"]: account["home"] for account in accounts}
        self.moved += sum(home != self._homes.get(address, home) for address, home in homes.items())
        self._homes = homes
        return self.random.choice([(account["address"], switches[word]) for account in accounts
                                   for word in account["can"] if word in switches])

    def _note(self, what):
        with self._changed:
            self.counts[what] += 1
            self._changed.notify_all()

    def wait_for_more(self, what, bound):
        """Until one more switch is `what`, at most `bound` seconds."""
        with self._changed:
            goal = self.counts[what] + 1
            self._changed.wait_for(lambda: self.counts[what] >= goal, bound)

    def stop(self):
        self.ending.set()
        if self.is_alive():
            self.join()

    def __str__(self):
        return f"{self.moved} moves; switches: {dict(self.counts)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("new", choices=("dovecot", "builtin"), nargs="?", default="dovecot")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int)
    parser.add_argument("--messages", type=int)
    parser.add_argument("--rate", type=float, default=15, help="arriving messages per second")
    parser.add_argument("--bound", type=float, default=180, help="seconds the end may take to settle")
    parser.add_argument("--full", action="store_true", help="20 people, 2,000 messages of all sizes")
    options = parser.parse_args()
    options.profile = "real" if options.full else "tiny"
    options.big = 30_000_000 if options.full else None
    options.people = options.people or (20 if options.full else 6)
    options.messages = options.messages or (2_000 if options.full else 180)
    with Company(f"kill9-{options.new}", options.people, options.new, migration_sections=IN_DOUBT) as company:
        if not story(company, options):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
