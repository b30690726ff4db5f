"""Cut an expression into tokens."""

import re
from dataclasses import dataclass

from yiwang.kernel.process.feel.functions import FUNCTIONS
from yiwang.kernel.process.feel.limits import LIMITS, N_, FeelCostError, FeelSyntaxError

KEYWORDS = frozenset(
    {"true", "false", "null", "and", "or", "if", "then", "else", "in", "between", "some", "every", "satisfies"}
)
REFUSED = frozenset({"for", "return", "function", "instance", "external"})
_WORDY = sorted((name for name in FUNCTIONS if " " in name), key=len, reverse=True)
_WORDY_RE = re.compile("(?:" + "|".join(name.replace(" ", r"\s+") for name in _WORDY) + r")(?=\s*\()")
_TOKEN_RE = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>\d+(?:\.\d+)?|\.\d+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<name>[^\W\d]\w*)
      | (?P<op>\.\.|<=|>=|!=|[-+*/=<>()\[\],.?@])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "r": "\r", "/": "/", "'": "'"}
_ESCAPE_RE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # number, string, name, keyword, call (a function name of several words), op, end
    text: str
    column: int  # 1-based


def _unescape(body: str, column: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise FeelSyntaxError(N_("the escape \\%(code)s is not known"), column, code=code)
        return _ESCAPES[code]

    return _ESCAPE_RE.sub(one, body)


def tokens(source: str) -> list[Token]:
    """Return the tokens of ``source``, with an ``end`` token last.

    Raises FeelSyntaxError for a character or name outside the subset, FeelCostError for a text that is too long.
    """
    if len(source) > LIMITS.source:
        raise FeelCostError(
            N_("the expression has %(size)s characters; %(allowed)s are allowed"),
            size=len(source),
            allowed=LIMITS.source,
        )
    found: list[Token] = []
    at = 0
    while at < len(source):
        column = at + 1
        if wordy := _WORDY_RE.match(source, at):
            found.append(Token("call", " ".join(wordy.group().split()), column))
            at = wordy.end()
            continue
        match = _TOKEN_RE.match(source, at)
        if match is None:
            raise FeelSyntaxError(N_("%(seen)s cannot stand here"), column, seen=source[at])
        at = match.end()
        kind, text = str(match.lastgroup), match.group()
        if kind == "space":
            continue
        if kind == "string":
            text = _unescape(text[1:-1], column)
        elif kind == "name":
            if text in KEYWORDS:
                kind = "keyword"
            elif text in REFUSED:
                raise FeelSyntaxError(N_("“%(seen)s” is not part of the subset"), column, seen=text)
            elif text.startswith("__"):
                raise FeelSyntaxError(N_("a name cannot begin with two underscores"), column)
        found.append(Token(kind, text, column))
    found.append(Token("end", "", len(source) + 1))
    return found
