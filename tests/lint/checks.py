"""The house rules that a program can check. Each check takes the source tree and gives its findings.

A check is a function `(Tree) -> [Finding]`, listed in CHECKS by the name ctest shows. Patterns that
would find themselves are written in two pieces. The allow-list of sleeps is empty on purpose.
"""
import pathlib
import re
import subprocess

import cxx
import documents
from finding import Finding

CODE = (".cpp", ".hpp", ".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".sh")

LIB_BASE = ("lib/base",)
LIB_MAIL = LIB_BASE + ("lib/mail",)
LIB_PROTOCOL = LIB_MAIL + ("lib/protocol",)
LIB_NET = LIB_PROTOCOL + ("lib/net",)
LIB_ALL = LIB_NET + ("lib/store", "lib/delivery")
LOWER = LIB_ALL + ("config",)
# Who may include whom, besides itself. Longer names first where one is inside another.
ARROWS = {
    "lib/base": (), "lib/mail": LIB_BASE, "lib/protocol": LIB_MAIL, "lib/net": LIB_PROTOCOL,
    "lib/store": LIB_BASE, "lib/delivery": LIB_NET + ("lib/store",),
    "config": LIB_NET + ("lib/store",), "migration": LOWER, "server": LOWER,
    "sync": LOWER + ("migration",), "archive": LOWER + ("migration", "sync"), "proxy/gateway": LOWER + ("migration",),
    "proxy/session": LOWER + ("migration",), "webui": LOWER + ("migration",),
    "app": LOWER + ("migration", "server", "sync", "archive", "proxy/gateway", "proxy/session", "proxy", "webui"),
}
PRODUCT = tuple(ARROWS)

# Header pattern → who alone may include it.
RESERVED = (
    (r"boost/", PRODUCT[3:] + ("tests",)),                       # not lib/base, lib/mail, lib/protocol
    (r"boost/asio/ssl|openssl/ssl\.h|ares\.h", ("lib/net", "tests")),
    (r"sqlite3\.h|libpq-fe\.h", ("lib/store", "tests/store")),
    (r"boost/beast", ("webui", "lib/net/http", "lib/net", "tests")),
    (r"boost/program_options", ("config", "app", "tests/config")),
)
HEAVY = re.compile(r"boost/asio/ssl|boost/asio\.hpp|boost/beast|boost/json\.hpp|spdlog/spdlog\.h|"
                   r"boost/program_options|^regex$|^filesystem$")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
# net::sleep_for waits on the timers that tests move, so only the thread's own sleep is meant.
SLEEPS = re.compile(r"\b(?:this_thread\s*::\s*sleep" r"_\w+|u" r"sleep|nano" r"sleep|time\." r"sleep|"
                    r"set" r"Timeout|waitFor" r"Timeout)\b|^\s*sleep" r" [0-9$]", re.MULTILINE)
MACHINE = re.compile(r"(?<![\w.])/wo" r"rk/|\.\./sha" r"red\b|(?<!\w)/ro" r"ot/")
LOG_CALL = re.compile(r'\blog::(debug|info|warning|error)\(\s*(?:"([^"]*)")?')
MAX_LINES = 600
MAX_FUNCTION_LINES = 80
FUNCTION = re.compile(r"^(?!namespace|class|struct|enum|union|extern|constexpr|const |template)\w[^\n=]*\{\n(.*?)^\}",
                      re.MULTILINE | re.DOTALL)


class Tree:
    """The files of the repository (what git tracks or would track) under `root`."""

    def __init__(self, root, names=None):
        self.root = pathlib.Path(root)
        self.names = sorted(names if names is not None else self._listed())

    def _listed(self):
        command = ["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            listed = done.stdout.decode().splitlines()
        else:
            listed = [str(path.relative_to(self.root)) for path in self.root.rglob("*")]
        return [name for name in listed if not name.startswith(("build/", ".git/")) and "node_modules" not in name
                and (self.root / name).is_file()]

    def files(self, endings, below=()):
        for name in self.names:
            if name.endswith(endings) and (not below or name.startswith(tuple(f"{room}/" for room in below))):
                yield name, self.text(name)

    def text(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")


def room_of(name, rooms=PRODUCT):
    found = [room for room in rooms if name.startswith(room + "/")]
    return max(found, key=len) if found else None


def includes(text):
    return [(cxx.line_of(text, match.start(1)), match.group(1)) for match in INCLUDE.finditer(text)]


def check_arrows(tree):
    findings = []
    for name, text in tree.files((".cpp", ".hpp"), PRODUCT):
        room = room_of(name)
        for line, header in includes(text):
            target = room_of(header)
            if target and target != room and target not in ARROWS[room]:
                findings.append(Finding(name, line, f"{room} may not include {target} ({header})"))
            elif header.startswith("tests/"):
                findings.append(Finding(name, line, f"the product includes a test ({header})"))
    return findings


def check_reserved(tree):
    findings = []
    for name, text in tree.files((".cpp", ".hpp")):
        for line, header in includes(text):
            for pattern, owners in RESERVED:
                if re.match(pattern, header) and not any(name.startswith(owner + "/") for owner in owners):
                    findings.append(Finding(name, line, f"{header} belongs to {', '.join(owners)}"))
                    break
    return findings


def check_heavy_headers(tree):
    return [Finding(name, line, f"{header} in a header: forward declare, or move it to the .cpp")
            for name, text in tree.files((".hpp",), PRODUCT)
            for line, header in includes(text) if HEAVY.search(header)]


def check_sleeps(tree):
    return [Finding(name, cxx.line_of(text, match.start()), f"a sleep in a test: {match.group(0).strip()}")
            for name, text in tree.files(CODE, ("tests",))
            for match in SLEEPS.finditer(cxx.blanked(text) if name.endswith((".cpp", ".hpp")) else text)]


def check_co_await(tree):
    findings = []
    for name, text in tree.files((".cpp", ".hpp")):
        parts = ((line, part) for line, statement in cxx.statements(cxx.blanked(text))
                 for part in cxx.without_control(statement))
        for line, statement in parts:
            if not re.search(r"\bco_await\b", statement):
                continue
            for mark, what in ((cxx.LAMBDA, "a lambda"), (cxx.BRACE, "a braced value"), ("?", "?:")):
                if mark in statement:
                    findings.append(Finding(name, line, f"{what} in a statement with co_await: "
                                                        f"{' '.join(statement.split())[:70]}"))
    return findings


def check_spawn(tree):
    owned = re.compile(r"\b(?:co_spawn|detached)\b")
    return [Finding(name, cxx.line_of(text, match.start()), f"{match.group(0)} outside lib/net")
            for name, text in tree.files((".cpp", ".hpp"), PRODUCT) if room_of(name) != "lib/net"
            for match in owned.finditer(cxx.blanked(text))]


def check_log_ids(tree):
    """What an operator searches for: D-, I-, W- or E-ROOM-number, once in the source."""
    findings, seen = [], {}
    for name, text in tree.files((".cpp", ".hpp"), PRODUCT):
        for match in LOG_CALL.finditer(text):
            level, given, line = match.group(1), match.group(2), cxx.line_of(text, match.start())
            if not given or not re.fullmatch(level[0].upper() + r"-[A-Z]+-\d+", given):
                findings.append(Finding(name, line, f"no log id like {level[0].upper()}-ROOM-1: {given}"))
            elif given in seen:
                findings.append(Finding(name, line, f"{given} stands in {seen[given]} already"))
            else:
                seen[given] = name
    return findings


def check_length(tree):
    return [Finding(name, text.count("\n"), f"longer than {MAX_LINES} lines")
            for name, text in tree.files(CODE) if text.count("\n") > MAX_LINES]


def check_functions(tree):
    """Functions at a file's left edge; text within literals (a schema) does not count."""
    return [Finding(name, cxx.line_of(text, match.start()), f"a function longer than {MAX_FUNCTION_LINES} lines")
            for name, text in tree.files((".cpp", ".hpp"))
            for match in FUNCTION.finditer(cxx.blanked(text))
            if sum(1 for line in match.group(1).splitlines() if line.strip()) > MAX_FUNCTION_LINES]


def check_machine_paths(tree):
    return [Finding(name, cxx.line_of(text, match.start()), f"a path of one machine: {match.group(0)}")
            for name, text in tree.files(CODE + (".md", ".txt", ".cmake", ".json", ".conf", ".service", "/dev"))
            for match in MACHINE.finditer(text)]


def check_rooms(tree):
    """Each room and each folder of tests says in its README what may not enter."""
    folders = {name.split("/")[1] for name in tree.names if name.startswith("tests/") and name.count("/") > 1}
    rooms = [room for room in PRODUCT if any(name.startswith(room + "/") for name in tree.names)]
    return [Finding(f"{room}/README.md", 1, "no README that says what may not enter")
            for room in rooms + sorted(f"tests/{folder}" for folder in folders)
            if f"{room}/README.md" not in tree.names or "ay not enter" not in tree.text(f"{room}/README.md")]


def check_contracts(tree):
    """A file opens with what it is for; a .cpp beside its own header may leave that to the header."""
    return [Finding(name, 1, "the file does not open with its contract")
            for name, text in tree.files((".cpp", ".hpp"), PRODUCT)
            if not text.startswith("//") and not (name.endswith(".cpp") and name[:-4] + ".hpp" in tree.names)]


CHECKS = {
    "includes": check_arrows, "reserved": check_reserved, "headers": check_heavy_headers,
    "sleeps": check_sleeps, "co_await": check_co_await, "spawn": check_spawn,
    "length": check_length, "functions": check_functions,
    "paths": check_machine_paths, "log_ids": check_log_ids, "rooms": check_rooms, "contracts": check_contracts,
    "rfc": documents.check_rfc, "documents": documents.check_documents, "statements": documents.check_statements,
    "decisions": documents.check_decisions, "commands": documents.check_commands,
}
