"""Measuring side by side, and the table of it.

A `Contender` is a name and a function `run(cell) -> Sample`; one of a `Group` is ours, the others are
peers or variants. `measure(group, …)` runs one warm-up of each, then rounds in which all take
turns, every second round in the opposite order, so that what drifts (heat, caches, neighbours) hits
all alike. The table shows min, median and max of each and how many times better our median is: for a
rate ours / theirs, for a time theirs / ours; above 1.00 we are ahead. A run whose result is not
what it must be raises `Wrong`: no figure is better than a wrong one.
"""
import collections
import dataclasses
import statistics
import sys
import time


class Wrong(RuntimeError):
    """A run did not do its work: the figure would be of something else."""


@dataclasses.dataclass
class Sample:
    """One run: the figure itself, and further ones {column: number} shown as medians."""
    value: float
    more: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Contender:
    name: str
    run: object                      # callable(cell) -> Sample
    ours: bool = False               # the one the others are compared with, one per group


@dataclasses.dataclass
class Group:
    """`cells`: {label: parameters}; each contender is measured in each."""
    title: str
    unit: str
    contenders: list
    cells: dict
    better: str = "higher"           # or "lower"
    note: str = ""
    warm_up: bool = True


def measure(group, rounds, say=lambda text: print(text, file=sys.stderr, flush=True)):
    """{cell label: {contender name: [Sample]}}."""
    results = {}
    for label, cell in group.cells.items():
        samples = collections.defaultdict(list)
        for number in range(-1 if group.warm_up else 0, rounds):
            order = group.contenders if number % 2 == 0 else group.contenders[::-1]
            for contender in order:
                started = time.monotonic()
                sample = contender.run(cell)
                if number >= 0:
                    samples[contender.name].append(sample)
                say(f"  {label} · {contender.name}: {number_text(sample.value)} {group.unit}"
                    f"{' (warm-up)' if number < 0 else ''}, {time.monotonic() - started:.1f} s")
        results[label] = dict(samples)
    return results


def ratio(ours, theirs, better):
    """How many times better our median is than theirs."""
    mine, other = (statistics.median(sample.value for sample in samples) for samples in (ours, theirs))
    above, below = (mine, other) if better == "higher" else (other, mine)
    return above / below if below else float("inf")


def table(group, results):
    """The group as a Markdown table with its title."""
    extra = []
    for samples in (one for cell in results.values() for one in cell.values()):
        for name in samples[0].more:
            if name not in extra:
                extra.append(name)
    better = "more is better" if group.better == "higher" else "less is better"
    lines = [f"### {group.title}", "", f"{group.unit}; {better}."]
    if group.note:
        lines[-1] += " " + group.note
    head = ["", "", "min", "median", "max", "ours is … times as good", *extra]
    lines += ["", "| " + " | ".join(head) + " |", "|---|---|" + "---:|" * (len(head) - 2)]
    for label, cell in results.items():
        ours = next((cell[contender.name] for contender in group.contenders if contender.ours), None)
        for contender in group.contenders:
            lines.append(_row(label, contender, cell[contender.name], ours, group, extra))
            label = ""
    return "\n".join(lines) + "\n"


def _row(label, contender, samples, ours, group, extra):
    values = [sample.value for sample in samples]
    name = f"**{contender.name}**" if contender.ours else contender.name
    better = "" if contender.ours or not ours else f"**{ratio(ours, samples, group.better):.2f}**"
    cells = [label, name, *map(number_text, (min(values), statistics.median(values), max(values))), better]
    for column in extra:
        known = [sample.more[column] for sample in samples if column in sample.more]
        cells.append(number_text(statistics.median(known)) if known else "–")
    return "| " + " | ".join(cells) + " |"


def number_text(value):
    """Three significant figures or whole numbers, thousands apart."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"
