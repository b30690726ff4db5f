"""How a reading is told to the person it was about: his own part only, without other people, readings of one occasion together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

_NUMBERS = re.compile(r"(?<![\dA-Za-z])(?:\d{17}[\dXx]|\d{15,19}|1[3-9]\d{9}|0\d{2,3}-?\d{7,8})(?![\dA-Za-z])")
SOMEBODY = "（他人）"


def own_fields(names: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """Return the person's own fields of a reading, and whether parts about other people were in it.

    >>> own_fields(["name", "spouse.name", "phone"])
    (('name', 'phone'), True)
    """
    found = list(names)
    own = tuple(dict.fromkeys(n for n in found if "." not in n))
    return own, len(own) < len(set(found))


def scrub(text: str, *, others: Collection[str] = (), quiet: Collection[str] = ()) -> str:
    """Return a purpose as the person may read it: without numbers and without the names of other people.

    A purpose that itself tells of somebody else's affair (an heir, a notary, an informer: `quiet`) is not told at all.

    >>> scrub("核对李四 13800001111 的反映", others=["李四"])
    '核对（他人） （他人） 的反映'
    >>> scrub("办理张三遗产继承", quiet=["继承"])
    ''
    """
    if any(word in text for word in quiet):
        return ""
    for name in sorted((n for n in others if len(n) > 1), key=len, reverse=True):
        text = text.replace(name, SOMEBODY)
    return _NUMBERS.sub(SOMEBODY, text)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One reading as the person sees it. `position` names the line when he asks about it."""

    position: int
    at: datetime
    body: str  # who read: a body or another system
    register: str
    basis: str
    purpose: str  # scrubbed; empty: not told
    case: str = ""  # number of a matter of his own
    fields: tuple[str, ...] = ()
    has_others: bool = False
    was_secret: bool = False
    asked: str = ""  # uid of his question about it
    by_himself: bool = False
    post: str = ""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Readings of one day by one body for one thing."""

    first: Told
    lines: tuple[Told, ...] = field(default=())

    @property
    def count(self) -> int:
        return len(self.lines)


def group(lines: Sequence[Told]) -> list[Occasion]:
    """Return neighbouring readings of one local day, body, register and matter as one occasion each, in their order.

    `at` of the lines is local time already.
    """
    def same(line: Told) -> tuple[object, ...]:
        return line.at.date(), line.body, line.register, line.case, line.purpose, line.was_secret, line.by_himself

    return [Occasion(first=(found := tuple(those))[0], lines=found) for _, those in groupby(lines, key=same)]
