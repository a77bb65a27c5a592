"""The story of a move: 20 people and 2,000 messages from a rented host to another, or to our own server,
while mail arrives by every route and people mark what they read; half of them cut over, some rolled
back and cut over again, then all.

story_migration.py [dovecot|builtin] [--people N] [--messages N] [--profile NAME] [--big BYTES] [--rate N]
Prints one line; exits 1 when a message is lost, doubled or changed on home or mirror.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from tandemtest import check                       # noqa: E402
from tandemtest.company import Company             # noqa: E402
from tandemtest.traffic import Traffic             # noqa: E402


def tell(text):
    print(text, flush=True)


def story(company, options):
    messages, size = company.fill_old_side(options.messages // options.people, options.profile, options.big)
    tell(f"the old side holds {messages} messages, {size / 1e6:.0f} MB")

    arriving = [mail(company, options, company.routes, "outside")]
    try:
        company.tandem.sync()
        company.wait_in_sync(options.bound)
        tell("everything is copied")
        if company.new:
            arriving.append(mail(company, options, {"new MX": company.new.smtp}, "neighbours"))

        moving = company.addresses[::2]
        company.mark(moving, "flagged")
        company.tandem.cut_over(moving)
        tell(f"{len(moving)} people are on the new side")
        stragglers(company, moving, "straggler")
        company.mark(company.addresses, "answered")

        returning = moving[:3]
        company.tandem.roll_back(returning)
        company.mark(returning, "seen")
        stragglers(company, returning, "after-roll-back")
        company.tandem.cut_over(returning)
        tell(f"{len(returning)} of them went back and came again")
    finally:
        for traffic in arriving:
            traffic.stop()
    half_way = judge(company, options, "half of the people moved")

    company.tandem.cut_over(company.addresses[1::2])
    stragglers(company, company.addresses, "late")
    at_the_end = judge(company, options, "all people moved")
    by_mbsync = second_opinion(company, company.people[:3])
    return half_way and at_the_end and by_mbsync


def mail(company, options, routes, name):
    """By three kinds of senders: through Tandemail; those who know the old MX only; and, once there are
    copies, customers of the new host, whose mail never leaves it."""
    return Traffic(routes, company.addresses, company.manifest, per_second=options.rate * len(routes) / 3,
                   profile="bench", seed=len(name), name=name).start()


def stragglers(company, people, name):
    """Mail by senders who still know the old MX, to people whose home is elsewhere."""
    Traffic({"old MX": company.old.smtp}, people, company.manifest, name=name, seed=len(name)).burst(2 * len(people))


def judge(company, options, when):
    verdict = company.settle(options.bound)
    tell(f"{when}: {verdict.summary(company.manifest)}")
    if not verdict.clean:
        tell(company.explain(verdict))
    refused = company.manifest.rows("refused")
    for row in refused[:10]:
        tell(f"refused: {row}")
    return verdict.clean and not refused


def second_opinion(company, people):
    """Keywords are left out: mbsync does not carry them."""
    verdict = company.verify(people, check.read_mbsync, keywords=False)
    if not verdict.clean:
        tell("mbsync sees it otherwise:\n" + company.explain(verdict))
    return verdict.clean


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("new", choices=("dovecot", "builtin"), nargs="?", default="dovecot")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--profile", choices=("real", "bench", "tiny"), default="real",
                        help="sizes of the copied mail, see mailgen")
    parser.add_argument("--big", type=int, default=30_000_000, help="bytes of one attachment")
    parser.add_argument("--rate", type=float, default=9, help="arriving messages per second")
    parser.add_argument("--bound", type=float, default=300, help="seconds anything may take to settle")
    options = parser.parse_args()
    with Company(f"story-{options.new}", options.people, options.new) as company:
        if not story(company, options):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
