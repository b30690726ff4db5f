"""Comparable prices (可比价): figures at current prices taken off their price index."""

from __future__ import annotations

from decimal import Decimal

from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.rules.economy.reckoning import (
    FIXED,
    HUNDRED,
    PERIOD_BEFORE,
    YEAR_BEFORE,
    Figures,
    Reckoned,
    growth,
)


def level(index: Figures, base_kind: str, base_year: int) -> dict[Period, Decimal]:
    """Return the price level of each period, 1 in the base year: same quarter with same quarter, year by year.

    An index whose 100 is the year before is chained in both directions as far as it goes without a gap; a fixed one is set
    to the base year's own figures; one whose 100 is the period before is multiplied up from the base year's same period.
    """
    if base_kind == PERIOD_BEFORE:
        index, base_kind = _fixed(index), FIXED
    made: dict[Period, Decimal] = {}
    if base_kind == FIXED:
        for period, value in index.items():
            ground = index.get(Period(base_year, period.kind, period.number))
            if ground:
                made[period] = value / ground
        return made
    assert base_kind == YEAR_BEFORE
    for one in {(p.kind, p.number) for p in index}:
        made |= _chain(index, *one, base_year)
    return made


def _fixed(index: Figures) -> dict[Period, Decimal]:
    """Return an index of the period before as a fixed one, from its first period on and until its first gap."""
    made: dict[Period, Decimal] = {}
    here = Decimal(1)
    for period in sorted(index):
        if made and period.back() not in made:
            break
        here = here * index[period] / HUNDRED
        made[period] = here
    return made


def _chain(index: Figures, kind: str, number: int, base_year: int) -> dict[Period, Decimal]:
    base = Period(base_year, kind, number)
    made = {base: Decimal(1)}
    here, at = Decimal(1), Period(base_year + 1, kind, number)
    while index.get(at):
        here = here * index[at] / HUNDRED
        made[at] = here
        at = Period(at.year + 1, kind, number)
    here, at = Decimal(1), base
    while index.get(at):  # the base year's index leads back to the year before it
        here = here * HUNDRED / index[at]
        at = at.year_before
        made[at] = here
    return made


def at_prices_of(values: Figures, index: Figures, base_kind: str, base_year: int) -> Reckoned:
    """Return figures at current prices in prices of the base year.

    >>> y = [Period(n, "year", 1) for n in (2020, 2021, 2022)]
    >>> nominal, prices = dict(zip(y, map(Decimal, (100, 110, 132)))), {y[1]: Decimal(110), y[2]: Decimal(120)}
    >>> [int(v) for v in at_prices_of(nominal, prices, "year_before", 2020).values()]
    [100, 100, 100]
    """
    levels = level(index, base_kind, base_year)
    return {p: v / levels[p] if levels.get(p) else None for p, v in values.items()}


def comparable_growth(values: Figures, index: Figures, base_kind: str) -> Reckoned:
    """Return the growth over a year in comparable prices: that in money taken off that of prices, per cent."""
    made: Reckoned = {}
    for period, value in values.items():
        money = growth(value, values.get(period.year_before))
        levels = level(index, base_kind, period.year - 1)
        prices = levels[period] / levels[period.year_before] if levels.get(period) and levels.get(period.year_before) else None
        made[period] = None if money is None or not prices else ((1 + money / HUNDRED) / prices - 1) * HUNDRED
    return made
