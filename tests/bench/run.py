"""`run.py [--tandemail BINARY] [NAME…]`: measures Tandemail beside its peers on this machine.

Names: smtp, sync, proxy, cutover, large; all without one. Progress goes to standard error, the tables to standard
output; `--record` puts them into docs/benchmarks.md. `--peers-only` leaves Tandemail out (is the rest
of the measurement sound?), `--quick` measures little of everything, for trying the bench itself.
`--group TEXT` takes only groups whose title holds it, `--cell TEXT` only rows of tables whose label does. Needs root where Postfix takes part.
"""
import argparse
import datetime
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import cutover          # noqa: E402
import figures          # noqa: E402
import large            # noqa: E402
import machine          # noqa: E402
import proxy            # noqa: E402
import record           # noqa: E402
import smtp             # noqa: E402
import sync             # noqa: E402

BENCHES = {"smtp": smtp, "sync": sync, "proxy": proxy, "cutover": cutover, "large": large}


def main():
    options = arguments()
    for name in options.names or BENCHES:
        text = one(name, options)
        print(text)
        if options.record:
            path = ROOT / "docs" / "benchmarks.md"
            path.write_text(record.put(path.read_text() if path.exists() else "# Benchmarks\n", text))


def one(name, options):
    """Runs one bench; its section for docs/benchmarks.md."""
    bench, before, tables = BENCHES[name], machine.describe(), []
    for group in bench.bench(options):
        if options.group.lower() not in group.title.lower():
            continue
        group.cells = {label: cell for label, cell in group.cells.items() if options.cell.lower() in label.lower()}
        if not group.cells:
            continue
        print(f"{name}: {group.title}", file=sys.stderr)
        tables.append(figures.table(group, figures.measure(group, options.rounds)))
        print(tables[-1], file=sys.stderr, flush=True)
    again = f"./dev bench {name}" + (f" --rounds {options.rounds}" if options.rounds != 5 else "")
    again += "".join(f' --{name} "{text}"' for name, text in (("group", options.group), ("cell", options.cell)) if text)
    again += " --quick" if options.quick else ""
    versions = f"tandemail {version(options)}, {machine.versions(bench.VERSIONS)}"
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    return record.section(name, date, before, versions, again, machine.load(), tables)


def version(options):
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode().strip() or "of unknown version"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--tandemail", type=pathlib.Path, default=ROOT / "build" / "tandemail")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--group", default="")
    parser.add_argument("--cell", default="")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--peers-only", dest="ours", action="store_false")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    if options.quick:
        options.rounds = min(options.rounds, 2)
    options.build = ROOT / "build" / "bench"
    options.build.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
