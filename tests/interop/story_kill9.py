"""The story of a bad night: `tandemail serve` is killed with SIGKILL at 50 random moments and started
again, while mail arrives, mailboxes are copied and people are cut over and rolled back. Senders try
again like an MTA: the same bytes. At the end nothing is lost and nothing is doubled.

story_kill9.py [dovecot|builtin] [--kills N] [--seed N] [--full]
Moments are chosen by the seed: after some more answers to senders, plus a fraction of a second.
"""
import argparse
import pathlib
import random as random_module
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import process                     # noqa: E402
from tandemtest.company import Company             # noqa: E402
from tandemtest.traffic import Traffic             # noqa: E402

IN_DOUBT = {"gateway": {"in_doubt": "2s"}}         # how long a replay of what may have arrived waits


def tell(text):
    print(text, flush=True)


def story(company, options):
    messages, size = company.fill_old_side(options.messages // options.people, options.profile, options.big)
    tell(f"the old side holds {messages} messages, {size / 1e6:.1f} MB")
    routes = {"gateway": company.gateway_route, "gateway again": company.gateway_route, "old MX": company.old.smtp}
    arriving = Traffic(routes, company.addresses, company.manifest, threads=4, per_second=options.rate,
                       retry_after=0.3, seed=options.seed, profile=options.profile, name="outside").start()
    operator = Operator(company, options.seed)
    try:
        company.tandem.sync()
        operator.start()
        kill_at_random_moments(company, options)
    finally:
        operator.stop()
        arriving.stop(drain=60)
    tell(f"killed {options.kills} times; {operator.done} switches done, {len(operator.broken)} broken off; "
         f"answers: {dict(company.manifest.counts())}")
    verdict = company.settle(options.bound)
    tell(verdict.summary(company.manifest))
    if not verdict.clean:
        tell(company.explain(verdict))
    if arriving.unfinished:
        tell(f"{arriving.unfinished} messages never got a final answer")
    return verdict.clean and not arriving.unfinished and not company.manifest.rows("refused")


def kill_at_random_moments(company, options):
    random, pause = random_module.Random(f"kills/{options.seed}"), threading.Event()
    for _ in range(options.kills):
        company.manifest.wait_for_more(random.randint(1, 8), bound=5)
        pause.wait(random.random() * random.random() * 0.5)
        company.tandem.kill9()
        company.tandem.launch()


class Operator(threading.Thread):
    """Cuts people over and rolls them back, one after the other; a kill breaks the command off."""

    def __init__(self, company, seed):
        super().__init__(name="operator", daemon=True)
        self.company, self.random = company, random_module.Random(f"operator/{seed}")
        self.ending, self.done, self.broken = threading.Event(), 0, []

    def run(self):
        while not self.ending.is_set():
            address = self.random.choice(self.company.addresses)
            tandem = self.company.tandem
            try:
                switch = tandem.cut_over if tandem.homes()[address] == "old" else tandem.roll_back
                switch([address])
                self.done += 1
            except process.PeerError as error:
                self.broken.append(str(error))
                self.ending.wait(0.1)

    def stop(self):
        self.ending.set()
        if self.is_alive():
            self.join()


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
