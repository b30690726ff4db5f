"""Which header of a file is which column of the contract, and what has changed since it was agreed (结构漂移).

Examples
--------
>>> from yiwang.apps.datahub.rules.contract import Column
>>> found = match(["姓 名", "月金额(元)", "备注"], [Column(name="name", label="姓名", required=True), Column(name="amount", label="月金额（元）"), Column(name="since", label="起始日期")])
>>> found.places, found.missing, found.new
({'name': 0, 'amount': 1}, ('since',), ('备注',))
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from yiwang.apps.datahub.rules.contract import Column

LIKE = 60.0  # of 100: from here on a new header is offered as the missing column's new name
_OUTSIDE = re.compile(r"[（(\[【].*?[)）\]】]")
_QUIET = re.compile(r"[\s_\-*·:：'\"“”]+")
MOST_TITLES = 20  # rows above the header that are looked at


@dataclass(frozen=True, kw_only=True)
class Matching:
    """`places` is the number of the file's column by the contract's name; `renamed` what a missing column may be called now."""

    places: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    missing_required: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    renamed: dict[str, str] = field(default_factory=dict)
    is_reordered: bool = False

    def as_dict(self) -> dict[str, object]:
        """Return what a run keeps of it."""
        return {
            "missing": list(self.missing), "missing_required": list(self.missing_required), "new": list(self.new), "renamed": dict(self.renamed),
            "reordered": self.is_reordered,
        }  # fmt: skip


def plain(text: object) -> str:
    """Return a header as it is compared: half-width, lower case, without spaces and signs."""
    return _QUIET.sub("", unicodedata.normalize("NFKC", str(text or "")).lower())


def bare(text: object) -> str:
    """Return it without what stands in brackets: units and remarks."""
    return plain(_OUTSIDE.sub("", unicodedata.normalize("NFKC", str(text or ""))))


def _names(column: Column) -> list[str]:
    return [column.name, column.label, *column.aliases]


def match(headers: Sequence[object], columns: Iterable[Column]) -> Matching:
    """Match by name, label or alias; a header is given away once, exact before bracketless."""
    wanted = list(columns)
    places: dict[str, int] = {}
    taken: set[int] = set()
    for form in (plain, bare):
        index: dict[str, int] = {}
        for number, header in enumerate(headers):
            if number not in taken and form(header):
                index.setdefault(form(header), number)
        for column in wanted:
            if column.name in places:
                continue
            for name in _names(column):
                number = index.get(form(name), -1) if form(name) else -1
                if number >= 0 and number not in taken:
                    places[column.name] = number
                    taken.add(number)
                    break
    missing = [c for c in wanted if c.name not in places]
    new = [str(h).strip() for n, h in enumerate(headers) if n not in taken and plain(h)]
    renamed: dict[str, str] = {}
    for column in missing:
        scored = [(max(fuzz.ratio(bare(h), bare(name)) for name in _names(column) if name), h) for h in new if h not in renamed.values()]
        if scored and max(scored)[0] >= LIKE:
            renamed[column.name] = max(scored)[1]
    order = [places[c.name] for c in wanted if c.name in places]
    return Matching(
        places=places, missing=tuple(c.name for c in missing), missing_required=tuple(c.name for c in missing if c.required), new=tuple(new),
        renamed=renamed, is_reordered=order != sorted(order),
    )  # fmt: skip


def header_row(rows: Sequence[Sequence[object]], columns: Iterable[Column] | None) -> int:
    """Return which of a file's first rows is the header: the one that names most columns, else the first with most texts.

    Bureaus put titles, dates and merged cells above it.
    """
    wanted = list(columns or ())
    best, place = 0.0, 0
    for number, row in enumerate(rows[: MOST_TITLES + 1]):
        texts = [str(c) for c in row if plain(c)]
        if wanted:
            score = float(len(match(row, wanted).places))
        else:
            score = len({plain(t) for t in texts}) - 2.0 * sum(bool(re.fullmatch(r"[\d.,:/\- ]+", t)) for t in texts)
        if score > best:
            best, place = score, number
    return place
