"""Periods of statistics: a month, quarter, half year or year, and how bureaus write them at the head of a column."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MONTH, QUARTER, HALF, YEAR = "month", "quarter", "half", "year"
MONTHS = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12}  # months of one period of the kind
FIRST, LAST = 1900, 2199


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One period; `number` counts from 1 within the year. Sorts by time among its own kind.

    >>> str(Period(2026, "quarter", 3)), str(Period(2026, "month", 3)), str(Period(2026, "half", 1)), str(Period(2026, "year", 1))
    ('2026Q3', '2026-03', '2026H1', '2026')
    """

    year: int
    kind: str
    number: int

    def __str__(self) -> str:
        shapes = {MONTH: f"-{self.number:02}", QUARTER: f"Q{self.number}", HALF: f"H{self.number}", YEAR: ""}
        return f"{self.year}{shapes[self.kind]}"

    @property
    def many(self) -> int:
        """How many periods of the kind a year has."""
        return 12 // MONTHS[self.kind]

    @property
    def last_month(self) -> int:
        return self.number * MONTHS[self.kind]

    @property
    def first_month(self) -> int:
        return self.last_month - MONTHS[self.kind] + 1

    @property
    def start(self) -> date:
        return date(self.year, self.first_month, 1)

    def back(self, count: int = 1) -> Period:
        """Return the period so many before this one."""
        at = self.year * self.many + self.number - 1 - count
        return Period(at // self.many, self.kind, at % self.many + 1)

    @property
    def year_before(self) -> Period:
        return Period(self.year - 1, self.kind, self.number)


@dataclass(frozen=True, slots=True)
class Span:
    """Months of one year as a heading names them, both included."""

    year: int
    first: int
    last: int


_WORDS = {"一": "1", "二": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7", "八": "8", "九": "9", "十": "10", "十一": "11", "十二": "12"}
_YEAR = r"(\d{4})"
_DASH = r"[-–—~至到]"
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(f"^{pattern}$"), kind)
    for pattern, kind in (
        (rf"{_YEAR}(?:年(?:度|全年)?)?", "year"),
        (rf"{_YEAR}年?(?:1{_DASH}12月|全年)(?:累计)?", "year"),
        (rf"{_YEAR}年?(?:1{_DASH})(\d{{1,2}})月(?:份)?(?:累计)?", "upto"),
        (rf"{_YEAR}年?(\d{{1,2}}){_DASH}(\d{{1,2}})月(?:份)?", "between"),
        (rf"{_YEAR}(?:年|[-./]|M)(\d{{1,2}})(?:月(?:份)?)?", "month"),
        (rf"{_YEAR}(0[1-9]|1[0-2])", "month"),
        (rf"{_YEAR}年?[-. ]?Q([1-4])", "quarter"),
        (rf"{_YEAR}年?第?([1-4])季度?", "quarter"),
        (rf"{_YEAR}年?前([2-4])个?季度", "quarters"),
        (rf"{_YEAR}年?[-. ]?H([12])", "half"),
        (rf"{_YEAR}年?(上|下)半年", "half"),
    )
)


def plain(text: str) -> str:
    """Return a text in half width, without blanks.

    >>> plain("　２０２５年 １季度")
    '2025年1季度'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def span_of(heading: Any, year: int | None = None) -> Span | None:
    """Return the months that a heading means; None when it names no period. `year` is that of a heading above it.

    >>> span_of("2025年1-9月"), span_of("前三季度", 2025), span_of("2025.03"), span_of("指标")
    (Span(year=2025, first=1, last=9), Span(year=2025, first=1, last=9), Span(year=2025, first=3, last=3), None)
    """
    if isinstance(heading, datetime | date):
        return Span(heading.year, heading.month, heading.month) if FIRST <= heading.year <= LAST else None
    if heading is None or isinstance(heading, bool):
        return None
    text = plain(str(int(heading)) if isinstance(heading, float) and heading.is_integer() else str(heading))
    text = re.sub(r"(十[一二]?|[一二三四五六七八九])(?=个?季度?|月)", lambda m: _WORDS[m[1]], text)
    if year is not None and not re.match(r"\d{4}", text):
        text = f"{year}年{text}"
    for pattern, kind in _SHAPES:
        if found := pattern.match(text):
            return _span(kind, *found.groups())
    return None


def _span(kind: str, year_text: str, *rest: str) -> Span | None:
    year = int(year_text)
    if not FIRST <= year <= LAST:
        return None
    first, last = 1, 12
    if kind == "upto":
        last = int(rest[0])
    elif kind == "between":
        first, last = int(rest[0]), int(rest[1])
    elif kind == "month":
        first = last = int(rest[0])
    elif kind == "quarter":
        first, last = int(rest[0]) * 3 - 2, int(rest[0]) * 3
    elif kind == "quarters":
        last = int(rest[0]) * 3
    elif kind == "half":
        first, last = (1, 6) if rest[0] in ("1", "上") else (7, 12)
    return Span(year, first, last) if 1 <= first <= last <= 12 else None


def period_of(span: Span, kind: str, *, cumulative: bool) -> Period | None:
    """Return the period of the kind that a heading means; None when it means another kind.

    A heading from January on (1-9月) is a cumulative figure up to its last month, so only a cumulative series takes it, unless
    the months are just one period of the kind.

    >>> str(period_of(Span(2025, 1, 9), "quarter", cumulative=True)), period_of(Span(2025, 1, 9), "quarter", cumulative=False)
    ('2025Q3', None)
    """
    months = MONTHS[kind]
    if span.last % months or not (span.first == span.last - months + 1 or (span.first == 1 and cumulative)):
        return None
    return Period(span.year, kind, span.last // months)


_CODE = re.compile(r"^(\d{4})(?:-(\d{2})|Q([1-4])|H([12]))?$")


def from_code(code: str) -> Period | None:
    """Return the period that `str` wrote; None when it is none.

    >>> str(from_code("2026-03")), from_code("2026-13"), from_code("soon")
    ('2026-03', None, None)
    """
    found = _CODE.match(code)
    if found is None or not FIRST <= int(found[1]) <= LAST:
        return None
    for kind, text in ((MONTH, found[2]), (QUARTER, found[3]), (HALF, found[4])):
        if text:
            return Period(int(found[1]), kind, int(text)) if 1 <= int(text) <= 12 // MONTHS[kind] else None
    return Period(int(found[1]), YEAR, 1)
