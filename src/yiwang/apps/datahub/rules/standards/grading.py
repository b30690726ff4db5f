"""Suggested grades (分类分级建议): from what values look like, what a column is called and what its data element says.

Nothing here decides: a person accepts a suggestion or sets another grade with a reason. Grades never go down by suggestion.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.identifiers import identity_number
from yiwang.apps.datahub.rules.standards.elements import Element

KINDS = ("", "personal", "sensitive")


def luhn(text: str) -> bool:
    """Say whether the last figure of a card number checks the others (ISO/IEC 7812-1).

    >>> luhn("6222021234567894"), luhn("6222021234567890")
    (True, False)
    """
    figures = [int(c) for c in text if c.isdigit()][::-1]
    return bool(figures) and sum(n if place % 2 == 0 else n * 2 - 9 * (n > 4) for place, n in enumerate(figures)) % 10 == 0


CHECKS = {"identity": lambda text: identity_number(text).valid, "luhn": luhn}  # what a pattern alone cannot say


@cache
def settings() -> Mapping[str, Any]:
    """Return data/grading.toml, read once."""
    return tomllib.loads(files("yiwang.apps.datahub").joinpath("data/grading.toml").read_text(encoding="utf-8"))


def limit(name: str) -> float:
    return float(settings()["limits"][name])


@dataclass(frozen=True, kw_only=True)
class Stats:
    """What the landed rows of one column look like: values that are there, different ones, and how many fit each pattern by its code."""

    rows: int = 0
    values: int = 0
    different: int = 0
    fits: Mapping[str, int] = field(default_factory=dict)

    def share(self, code: str) -> float:
        return self.fits.get(code, 0) / self.values if self.values else 0.0


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why: `source` is values, words or element; `code` the pattern, word group or element; `share` of the values."""

    source: str
    code: str
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A grade and a kind of personal value that a column should have, with the reasons."""

    column: str
    grade: int
    personal: str
    kind: str  # KINDS
    reasons: tuple[Reason, ...]


def suggest(column: Column, stats: Stats | None, element: Element | None) -> Suggestion | None:
    """Return what the column should be graded, None when it is graded so or nothing speaks for more.

    >>> one = suggest(Column(name="tel", label="电话"), Stats(rows=90, values=80, different=80, fits={"mobile": 78}), None)
    >>> one.grade, one.personal, one.reasons[0].code
    (2, 'phone', 'mobile')
    """
    grade, personal, kind = column.grade, column.personal, ""
    reasons: list[Reason] = []

    def more(rank: int, what: str, sort: str, reason: Reason) -> None:
        nonlocal grade, personal, kind
        reasons.append(reason)
        grade, kind = max(grade, rank), max(kind, sort, key=KINDS.index)
        personal = personal or what

    if stats is not None and stats.values >= limit("least_values"):
        best = max(settings()["pattern"], key=lambda p: stats.share(p["code"]))
        if stats.share(best["code"]) >= limit("share"):
            more(best["grade"], best["personal"], best["kind"], Reason(source="values", code=best["code"], share=round(stats.share(best["code"]), 3)))
    text = f"{column.label} {column.description}"
    for group in settings()["word"]:
        if any(word in text for word in group["words"]):
            more(group["grade"], group["personal"], group["kind"], Reason(source="words", code=group["code"]))
    if element is not None and (element.grade > column.grade or (element.personal and not column.personal)):
        more(element.grade, element.personal, "personal" if element.personal else "", Reason(source="element", code=element.code))
    if not reasons or (grade == column.grade and personal == column.personal):
        return None
    return Suggestion(column=column.name, grade=grade, personal=personal, kind=kind, reasons=tuple(reasons))


def of_set(columns: Sequence[Column], persons: int) -> tuple[int, bool]:
    """Return the grade of a set and whether its size raised it: the highest of its columns, one more for very many persons."""
    highest = max((c.grade for c in columns), default=1)
    raised = persons >= limit("many_persons") and any(c.personal for c in columns) and highest < 4
    return highest + raised, raised
