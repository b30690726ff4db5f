"""Do the columns of a contract keep the dictionary (标准符合性检查): names, types, lengths, code lists, grades?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from yiwang.apps.datahub.rules.contract import Column, Contract
from yiwang.apps.datahub.rules.standards.elements import Element, form_of

LIKELY, POSSIBLE = 0.9, 0.6
SERIOUS = ("unknown_element", "retired", "type", "codes", "unknown_codes", "grade", "personal")
_SAME_TYPES = ({"string", "code"}, {"integer", "decimal"}, {"date", "datetime"})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a column does otherwise than the dictionary says. `wanted` and `found` are what stands there."""

    column: str
    label: str
    code: str  # no_element, unknown_element, retired, name, type, length, codes, unknown_codes, unit, grade, personal, twice
    element: str = ""
    wanted: str = ""
    found: str = ""
    suggestions: tuple[tuple[str, float], ...] = field(default=())  # of no_element: (element, how likely)

    @property
    def serious(self) -> bool:
        return self.code in SERIOUS


def bare(text: str) -> str:
    """Return a name without width, blanks, brackets' contents and signs, for comparing.

    >>> bare(" 月金额（元） "), bare("Start_Date")
    ('月金额', 'startdate')
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\(.*?\)|[\s_\-./:*]", "", plain)


def likeness(column: Column, element: Element) -> float:
    """Return how likely a column is the element, 0 to 1: the same word is 1, an alias of the column's or a synonym too.

    >>> from yiwang.apps.datahub.rules.standards.elements import shipped
    >>> likeness(Column(name="sfzh", label="身份证号码"), shipped()["identity_number"])
    1.0
    """
    ours = {bare(t) for t in (column.name, column.label, *column.aliases) if t}
    theirs = {bare(t) for t in (element.code, element.name, *element.synonyms, *element.names) if t}
    if ours & theirs:
        return 1.0
    return max((_alike(a, b) for a in ours for b in theirs), default=0.0)


def _alike(a: str, b: str) -> float:
    if len(a) < 2 or len(b) < 2:
        return 0.0
    within = 0.7 + 0.3 * min(len(a), len(b)) / max(len(a), len(b)) if a in b or b in a else 0.0
    return max(within, SequenceMatcher(None, a, b).ratio()) * 0.98


def suggest(column: Column, elements: Mapping[str, Element], most: int = 3) -> tuple[tuple[str, float], ...]:
    """Return the likeliest elements of a column that names none, best first."""
    scored = sorted(((round(likeness(column, e), 2), e.code) for e in elements.values() if e.state == "standard"), key=lambda pair: (-pair[0], pair[1]))
    return tuple((code, score) for score, code in scored[:most] if score >= POSSIBLE)


def check(contract: Contract, elements: Mapping[str, Element], lists: Collection[str]) -> list[Finding]:
    """Return where the contract's columns leave the dictionary, in their order. `lists` are the code lists that are known."""
    found: list[Finding] = []
    own = contract.extra.get("code_lists")
    known = set(lists) | (set(own) if isinstance(own, Mapping) else set())
    seen: dict[str, str] = {}
    for column in contract.columns:
        found += _column(column, elements, known)
        if column.element:
            if column.element in seen:
                found.append(_finding(column, "twice", column.element, found=seen[column.element]))
            seen.setdefault(column.element, column.label or column.name)
    return found


def _finding(column: Column, code: str, element: str = "", *, wanted: object = "", found: object = "", suggestions: tuple[tuple[str, float], ...] = ()) -> Finding:
    return Finding(
        column=column.name, label=column.label or column.name, code=code, element=element, wanted=str(wanted), found=str(found), suggestions=suggestions
    )


def _column(column: Column, elements: Mapping[str, Element], lists: Collection[str]) -> list[Finding]:
    made: list[Finding] = []
    if column.codes and column.codes.partition("@")[0] not in lists:
        made.append(_finding(column, "unknown_codes", column.element, found=column.codes))
    if not column.element:
        return [*made, _finding(column, "no_element", suggestions=suggest(column, elements))]
    element = elements.get(column.element)
    if element is None:
        return [*made, _finding(column, "unknown_element", column.element, suggestions=suggest(column, elements))]
    if element.state == "retired":
        made.append(_finding(column, "retired", element.code))
    if likeness(column, element) < POSSIBLE:
        made.append(_finding(column, "name", element.code, wanted=element.name, found=column.label or column.name))
    if column.kind != element.type and not any({column.kind, element.type} <= same for same in _SAME_TYPES):
        made.append(_finding(column, "type", element.code, wanted=element.type, found=column.kind))
    form = form_of(element.format) if element.format else None
    if form and form.most and column.length and column.length[1] > form.most:
        made.append(_finding(column, "length", element.code, wanted=element.format, found="–".join(str(n) for n in column.length)))
    if element.codes and column.codes.partition("@")[0] != element.codes:
        made.append(_finding(column, "codes", element.code, wanted=element.codes, found=column.codes or "–"))
    if element.unit and column.unit and column.unit != element.unit:
        made.append(_finding(column, "unit", element.code, wanted=element.unit, found=column.unit))
    if column.grade < element.grade:
        made.append(_finding(column, "grade", element.code, wanted=f"L{element.grade}", found=f"L{column.grade}"))
    if element.personal and not column.personal:
        made.append(_finding(column, "personal", element.code, wanted=element.personal))
    return made


def score(contract: Contract, findings: Sequence[Finding]) -> float:
    """Return which part of the columns keeps the dictionary: those that name an element and have no serious finding."""
    bad = {f.column for f in findings if f.serious or f.code == "no_element"}
    return round(100 * (1 - len(bad) / len(contract.columns)), 1) if contract.columns else 100.0
