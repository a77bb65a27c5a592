"""C++ read just well enough for the lint checks: text without comments and literals, and statements.

`blanked(text)` keeps every line and column and blanks comments, strings and characters, so line
numbers stay true. `statements(text)` (of blanked text) yields (line, text) of each statement; what a
lambda's body holds is yielded apart, and leaves LAMBDA in the statement around it; braces that make a
value leave BRACE. A heuristic reader, not a compiler: macros with unbalanced braces would confuse it.
"""
import re

LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s\\"]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.DOTALL)
LAMBDA, BRACE = "@lambda@", "@brace@"
LAMBDA_HEAD = re.compile(r"\[[^\[\]]*\]\s*(?:<[^<>]*>\s*)?(?:\([^()]*(?:\([^()]*\)[^()]*)*\))?\s*"
                         r"(?:mutable|constexpr|static|noexcept)?\s*(?:->\s*[\w:<>,&*\s]+)?\s*$")
BLOCK_WORDS = re.compile(r"\b(?:class|struct|union|enum|namespace|extern|concept)\b")
BLOCK_END = re.compile(r"(?:\b(?:else|do|try|const|noexcept|override|final|mutable)|[):&]|->\s*[\w:<>,&*\s]+)\s*$")


def blanked(text):
    def blank(match):
        kept = match.group(0)
        if kept.startswith("/") or kept.startswith("'"):
            return re.sub(r"[^\n]", " ", kept)
        return '"' + re.sub(r"[^\n]", " ", kept[1:-1]) + '"'
    return LITERALS.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_control(statement):
    """`for (…) body` and its like as two statements: what stands in the parentheses, and the body."""
    parts = []
    while match := re.match(r"\s*(?:else\s+)?(?:for|while|if(?:\s+constexpr)?|switch)\s*\(", statement):
        depth, end = 1, match.end()
        while end < len(statement) and depth:
            depth += {"(": 1, ")": -1}.get(statement[end], 0)
            end += 1
        parts.append(statement[:end])
        statement = statement[end:]
    return parts + [statement]


class _Frame:
    """What is open: `kind` is "block", "lambda", "brace" or "paren"; `text` the statement so far."""

    def __init__(self, kind, start):
        self.kind, self.text, self.start = kind, [], start

    def so_far(self):
        return "".join(self.text)


def statements(text):
    text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                  flags=re.MULTILINE)
    stack, found = [_Frame("block", 0)], []

    def finish(frame, position):
        body = frame.so_far()
        if body.strip():
            found.append((line_of(text, _first_word(text, frame.start, position)), body.strip()))
        frame.text = []
        frame.start = position + 1

    for position, letter in enumerate(text):
        top = stack[-1]
        if letter == "(":
            top.text.append(letter)
            stack.append(_Frame("paren", position))
        elif letter == ")" and top.kind == "paren":
            stack.pop()
            stack[-1].text.append(top.so_far() + letter)
        elif letter == "{":
            stack.append(_Frame(_brace_kind(stack), position + 1))
        elif letter == "}" and len(stack) > 1:
            _close(stack, finish, position)
        elif letter == ";" and top.kind in ("block", "lambda"):
            finish(top, position)
        else:
            top.text.append(letter)
    finish(stack[0], len(text))
    return found


def _brace_kind(stack):
    before = stack[-1].so_far()
    if LAMBDA_HEAD.search(before) and not re.search(r"\w\s*\[[^\[\]]*\]\s*$", before):
        return "lambda"
    if stack[-1].kind in ("paren", "brace"):
        return "brace"
    if not before.strip() or BLOCK_WORDS.search(before) or BLOCK_END.search(before):
        return "block"
    return "brace"


def _close(stack, finish, position):
    while stack[-1].kind == "paren" and len(stack) > 2:     # unbalanced: give up on the parentheses
        stack.pop()
    top = stack.pop()
    if top.kind == "brace":
        stack[-1].text.append(" " + BRACE + " " + top.so_far())
        return
    finish(top, position)
    if top.kind == "lambda":
        stack[-1].text.append(" " + LAMBDA + " ")
    else:
        finish(stack[-1], position)


def _first_word(text, start, end):
    match = re.compile(r"\S").search(text, start, end)
    return match.start() if match else start
