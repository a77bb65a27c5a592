"""docs/benchmarks.md: one section per bench and day, the newest of a day replacing the earlier."""
import re


def section(name, date, machine, versions, command, load_after, tables):
    head = [f"## {name}, {date}", "", f"Machine: {machine}; after {load_after}.", f"Versions: {versions}.",
            f"Again: `{command}`", ""]
    return "\n".join(head) + "\n" + "\n".join(tables)


def put(text, new):
    """`text` with the section `new` in it: in the place of one with the same heading, else at the end."""
    heading = new.splitlines()[0]
    old = re.compile(re.escape(heading) + r"\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if old.search(text):
        return old.sub(lambda _: new.rstrip("\n") + "\n\n", text, count=1).rstrip("\n") + "\n"
    return text.rstrip("\n") + "\n\n" + new.rstrip("\n") + "\n"
