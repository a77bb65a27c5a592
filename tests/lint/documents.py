"""What documents say about the sources, checked against the sources.

Checks, `(Tree) -> [Finding]` as all of them: RFCs named in sources are in docs/rfc.md; links, files and
`Type::function` in documents exist; commands and options that documents name are the program's;
docs/security.md and the tests agree on who proves what; every decision is in the index.
Fenced code in documents is left alone, and so are names with a placeholder (`resource_NAME.cpp`).
"""
import collections
import pathlib
import posixpath
import re

from cxx import line_of
from finding import Finding

RFC_INDEX, STATEMENTS, DECISIONS = "docs/rfc.md", "docs/security.md", "docs/decisions/"
SOURCES = (".cpp", ".hpp", ".py", ".ts", ".tsx", ".mjs")
# One anchor may name several: "RFC 5321 4.4, 6152, 6531" are three, and a clause of the first.
ANCHOR = re.compile(r"\bRFCs?[\s/*#]+(\d{3,5}(?:[\s,/*#]+(?:and\s+)?\d+(?:\.\d+)*)*)")
INDEX_ROW = re.compile(r"^\|\s*(\d{3,5})\s*\|.*\|\s*(\w+)[^|]*\|\s*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r'\]\(([^)\s#]+)(?:#[^)\s]*)?(?:\s+"[^"]*")?\)')
CODE_WORD = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(r"^[\w.][\w./-]*\.(?:cpp|hpp|py|mjs|ts|tsx|json|md|txt|sh|cmake|conf|service|css|html)$")
MEMBER = re.compile(r"^([A-Za-z_]\w*(?:::[A-Za-z_]\w*)+)(?:\(\))?$")
PLACEHOLDER = re.compile(r"NAME|ROOM|NNNN|…")
STATEMENT_ROW = re.compile(r"^(?P<head>\| (?P<number>T-\d\d) \|[^|]*\|)(?P<tests>[^|]*)\|(?P<missing>[^|]*)\|$",
                           re.MULTILINE)
STATEMENT = re.compile(r"\bT-\d\d\b")
MAIN = "app/main.cpp"
COMMAND_ROW = re.compile(r'Command\{("[^"]*"),\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+),')
SPOKEN = re.compile(r"^(?:\$ )?(?:\S*/)?(?:tandemail|tm) ([a-z]+)\s*(.*)$")
TESTS_OF_LINT = "tests/lint/"


def numbers_in(anchor):
    return [word for word in re.split(r"[^\d.]+", anchor) if re.fullmatch(r"\d{3,5}", word)]


def anchors(tree):
    """(file, line, number) of every RFC that a source names."""
    for name, text in tree.files(SOURCES):
        if name.startswith(TESTS_OF_LINT):
            continue
        for match in ANCHOR.finditer(text):
            for number in numbers_in(match.group(1)):
                yield name, line_of(text, match.start()), number


def check_rfc(tree):
    index = tree.text(RFC_INDEX) if RFC_INDEX in tree.names else ""
    listed = {match.group(1): (line_of(index, match.start()), match.group(2)) for match in INDEX_ROW.finditer(index)}
    named, findings = set(), []
    for name, line, number in anchors(tree):
        named.add(number)
        if number not in listed:
            findings.append(Finding(name, line, f"RFC {number} is not listed in {RFC_INDEX}"))
    findings += [Finding(RFC_INDEX, line, f"RFC {number} is said to be used ({status}), but no source names it")
                 for number, (line, status) in listed.items() if status in ("yes", "partly") and number not in named]
    return findings


def without_fences(text):
    return FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def exists(tree, folders, document, target):
    """A file or folder of the repository, named from the document's folder or from the root."""
    for start in (posixpath.dirname(document), ""):
        path = posixpath.normpath(posixpath.join(start, target))
        if path in tree.names or path in folders or path == ".":
            return True
    return False


def check_documents(tree):
    names, folders = set(tree.names), set()
    for name in names:
        folders.update(str(parent) for parent in pathlib.PurePosixPath(name).parents)
    ends = {part for name in names for part in _tails(name)}
    sources = "\n".join(text for name, text in tree.files((".cpp", ".hpp")))
    findings = []
    for document, text in tree.files((".md",)):
        text = without_fences(text)
        for match in LINK.finditer(text):
            target = match.group(1)
            if ":" not in target and not exists(tree, folders, document, target):
                findings.append(Finding(document, line_of(text, match.start()), f"a link to nothing: {target}"))
        for match in CODE_WORD.finditer(text):
            word = match.group(1)
            if PLACEHOLDER.search(word):
                continue
            member = MEMBER.match(word)
            if FILE_NAME.match(word) and word not in ends and not exists(tree, folders, document, word):
                findings.append(Finding(document, line_of(text, match.start()), f"no such file: {word}"))
            elif member and not word.startswith(("std::", "asio::", "boost::")) and member.group(1) not in sources:
                findings.append(Finding(document, line_of(text, match.start()), f"not in the sources: {word}"))
    return findings


def check_decisions(tree):
    """Every page of docs/decisions is in its index, under its own title."""
    index = tree.text(DECISIONS + "README.md") if DECISIONS + "README.md" in tree.names else ""
    findings = []
    for name, text in tree.files((".md",), (DECISIONS.rstrip("/"),)):
        number, _, title = text.partition("\n")[0].removeprefix("# ").partition(". ")
        row = f"| {number} | [{title}]({name.removeprefix(DECISIONS)}) |"
        if name != DECISIONS + "README.md" and row not in index:
            findings.append(Finding(name, 1, f"not in {DECISIONS}README.md: {row}"))
    return findings


def commands_of(main):
    """Command → (its usage, its options), from the table in app/main.cpp; two have no row there."""
    known = {name: ("", set()) for name in ("help", "version")}
    for row in COMMAND_ROW.finditer(main):
        name, usage, _, options = ("".join(re.findall(r'"([^"]*)"', part)) for part in row.groups())
        known[name] = usage, {option.rstrip("=") for option in options.split()} | {"config", "json", "help"}
    return known


def spoken_commands(text):
    """(line, command, what follows it) in code: `tandemail sync --json`, and fenced lines of a shell."""
    for match in CODE_WORD.finditer(without_fences(text)):
        yield from _spoken(line_of(text, match.start()), match.group(1))
    for fence in FENCE.finditer(text):
        for number, line in enumerate(fence.group(0).splitlines()):
            yield from _spoken(line_of(text, fence.start()) + number, line.partition(" #")[0])


def _spoken(line, code):
    match = SPOKEN.match(code)
    if match:
        yield line, match.group(1), match.group(2).partition(" > ")[0]


def check_commands(tree):
    """Documents name only commands, subcommands and options that the program has."""
    known = commands_of(tree.text(MAIN) if MAIN in tree.names else "")
    findings = []
    for name, text in tree.files((".md",)):
        for line, command, rest in spoken_commands(text):
            usage, options = known.get(command, (None, set()))
            if usage is None:
                findings.append(Finding(name, line, f"there is no command {command}"))
                continue
            findings += [Finding(name, line, f"{command} has no option --{option}")
                         for option in re.findall(r"(?<!\S)--([a-z-]+)", rest) if option not in options]
            word = re.match(r"[a-z]+(?=\s|$)", rest)
            if word and "…" not in usage.partition("[")[0] and word.group(0) not in usage:
                findings.append(Finding(name, line, f"{command} has no {word.group(0)}"))
    return findings


def _tails(name):
    parts = name.split("/")
    return ("/".join(parts[at:]) for at in range(len(parts)))


def proofs(tree):
    """Statement → the test files that carry its number."""
    found = collections.defaultdict(list)
    for name, source in tree.files((".cpp", ".py", ".mjs"), ("tests",)):
        if not name.startswith(TESTS_OF_LINT):
            for statement in set(STATEMENT.findall(source)):
                found[statement].append(name)
    return found


def check_statements(tree):
    """A row names exactly the tests that carry its number, and says "not yet" where there is none."""
    text = tree.text(STATEMENTS) if STATEMENTS in tree.names else ""
    proven, rows, findings = proofs(tree), set(), []
    for match in STATEMENT_ROW.finditer(text):
        statement, tests, missing = match.group("number", "tests", "missing")
        rows.add(statement)
        line = line_of(text, match.start())
        if sorted(CODE_WORD.findall(tests)) != sorted(proven[statement]):
            findings.append(Finding(STATEMENTS, line, f"{statement}: other tests carry it: --write-statements"))
        if not proven[statement] and "not yet" not in missing:
            findings.append(Finding(STATEMENTS, line, f'{statement} has no test and does not say "not yet"'))
    findings += [Finding(names[0], 1, f"{statement} has no row in {STATEMENTS}")
                 for statement, names in sorted(proven.items()) if names and statement not in rows]
    return findings


def write_statements(tree):
    """Writes the column of tests anew."""
    proven = proofs(tree)

    def row(match):
        tests = ", ".join(f"`{name}`" for name in sorted(proven[match.group("number")]))
        return f"{match.group('head')} {tests} |{match.group('missing')}|"

    path = tree.root / STATEMENTS
    path.write_text(STATEMENT_ROW.sub(row, path.read_text(encoding="utf-8")), encoding="utf-8")
