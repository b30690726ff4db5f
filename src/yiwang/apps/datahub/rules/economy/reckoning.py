"""What is reckoned from figures: of the period from cumulative, year on year, period on period, shares, contributions.

Everything takes a mapping from period to figure and returns a mapping over the same periods: None where the figures do not
allow it (no base, a base that is not above zero). Growth is in per cent, change of a rate in percentage points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from yiwang.apps.datahub.rules.economy.periods import Period

Figures: TypeAlias = Mapping[Period, Decimal]
Reckoned: TypeAlias = dict[Period, Decimal | None]
FLOW, STOCK, INDEX, RATE = "flow", "stock", "index", "rate"
FIXED, YEAR_BEFORE, PERIOD_BEFORE = "fixed", "year_before", "period_before"  # what an index calls 100
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Part:
    """What a cumulative figure grew by: over how many periods (`covers` is 2 for 1-2月 where January is not published)."""

    value: Decimal
    covers: int = 1


def of_period(cumulative: Figures) -> dict[Period, Part]:
    """Return the figures of the period (当期) from cumulative ones (累计), each year from its beginning.

    Where a period in between was not published, the next one covers both: its `covers` says so.

    >>> q = [Period(2025, "quarter", n) for n in (1, 2, 3, 4)]
    >>> [int(p.value) for p in of_period(dict(zip(q, map(Decimal, (20, 45, 70, 100))))).values()]
    [20, 25, 25, 30]
    """
    made: dict[Period, Part] = {}
    for period in sorted(cumulative):
        before = next((b for n in range(1, period.number) if (b := period.back(n)) in cumulative), None)
        known = cumulative[before] if before else Decimal(0)
        made[period] = Part(cumulative[period] - known, period.number - (before.number if before else 0))
    return made


def up_to(parts: Figures) -> Reckoned:
    """Return the cumulative figures of figures of the period; None where one of the year is missing."""
    made: Reckoned = {}
    for period in parts:
        wanted = [period.back(n) for n in range(period.number)]
        made[period] = sum((parts[p] for p in wanted), Decimal(0)) if all(p in parts for p in wanted) else None
    return made


def growth(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """Return the growth in per cent; None when there is no base, or one that is not above zero (a loss has no growth rate).

    >>> growth(Decimal(105), Decimal(100)), growth(Decimal(5), Decimal(-3))
    (Decimal('5.00'), None)
    """
    return None if now is None or before is None or before <= 0 else (now / before - 1) * HUNDRED


def year_on_year(values: Figures, kind: str, base: str = FIXED) -> Reckoned:
    """Return the change against the same period of the year before (同比)."""
    if kind == INDEX and base == YEAR_BEFORE:
        return {p: v - HUNDRED for p, v in values.items()}
    if kind == INDEX and base == PERIOD_BEFORE:
        return {p: _chained(values, p) for p in values}
    if kind == RATE:
        return {p: v - values[p.year_before] if p.year_before in values else None for p, v in values.items()}
    return {p: growth(v, values.get(p.year_before)) for p, v in values.items()}


def _chained(values: Figures, period: Period) -> Decimal | None:
    """Return the change over a year of an index whose 100 is the period before."""
    product = Decimal(1)
    for n in range(period.many):
        if period.back(n) not in values:
            return None
        product *= values[period.back(n)] / HUNDRED
    return (product - 1) * HUNDRED


def period_on_period(values: Figures, kind: str, base: str = FIXED) -> Reckoned:
    """Return the change against the period before (环比). Of a cumulative flow give the figures of the period, not it itself."""
    if kind == INDEX and base == PERIOD_BEFORE:
        return {p: v - HUNDRED for p, v in values.items()}
    if kind == INDEX and base == YEAR_BEFORE:
        return dict.fromkeys(values)
    if kind == RATE:
        return {p: v - values[p.back()] if p.back() in values else None for p, v in values.items()}
    return {p: growth(v, values.get(p.back())) for p, v in values.items()}


def parts_compared(parts: Mapping[Period, Part], before: Callable[[Period], Period]) -> Reckoned:
    """Return the growth of figures of the period taken from cumulative ones; only where both cover as many periods."""
    made: Reckoned = {}
    for period, part in parts.items():
        base = parts.get(before(period))
        made[period] = growth(part.value, base.value) if base is not None and base.covers == part.covers else None
    return made


def share(part: Figures, whole: Figures) -> Reckoned:
    """Return the part's share of the whole in per cent (比重)."""
    return {p: v / whole[p] * HUNDRED if whole.get(p) else None for p, v in part.items()}


def contribution(part: Figures, whole: Figures) -> Reckoned:
    """Return which per cent of the whole's growth over a year comes from the part (贡献率); None when the whole stood still."""
    made: Reckoned = {}
    for p, v in part.items():
        b = p.year_before
        there = b in part and p in whole and b in whole and whole[p] != whole[b]
        made[p] = (v - part[b]) / (whole[p] - whole[b]) * HUNDRED if there else None
    return made


def pull(part: Figures, whole: Figures) -> Reckoned:
    """Return by how many percentage points the part pulled the whole's growth over a year (拉动)."""
    return {
        p: (v - part[p.year_before]) / whole[p.year_before] * HUNDRED if p.year_before in part and whole.get(p.year_before) else None for p, v in part.items()
    }
