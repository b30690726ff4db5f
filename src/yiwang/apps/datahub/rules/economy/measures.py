"""The measures that a page or file shows of a series: each from its figures, its deflator and its whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from yiwang.apps.datahub.rules.economy import prices, reckoning
from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.rules.economy.reckoning import FIXED, FLOW, INDEX, RATE, Figures, Reckoned

VALUE, PART, YOY, PART_YOY, POP, REAL, CONSTANT, SHARE, CONTRIBUTION, PULL = (
    "value", "part", "yoy", "part_yoy", "pop", "real", "constant", "share", "contribution", "pull",
)  # fmt: skip
MEASURES = (VALUE, PART, YOY, PART_YOY, POP, REAL, CONSTANT, SHARE, CONTRIBUTION, PULL)
IN_UNIT = (VALUE, PART, CONSTANT)  # the others are per cent or percentage points
POINTS = (PULL,)


@dataclass(frozen=True, kw_only=True)
class Given:
    """A series as figures: `deflator` and `whole` are empty where it has none."""

    kind: str
    index_base: str = ""
    cumulative: bool = False
    figures: Figures
    deflator: Figures = field(default_factory=dict)
    deflator_base: str = FIXED
    whole: Figures = field(default_factory=dict)
    price_year: int | None = None  # the year in whose prices CONSTANT is; None: the first that the deflator reaches

    @property
    def has(self) -> tuple[str, ...]:
        """Which measures say something of this series."""
        wanted = {VALUE, YOY, POP}
        if self.cumulative:
            wanted |= {PART, PART_YOY}
        if self.deflator and self.kind not in (INDEX, RATE):
            wanted |= {REAL, CONSTANT}
        if self.whole:
            wanted |= {SHARE, CONTRIBUTION, PULL}
        return tuple(m for m in MEASURES if m in wanted)

    @property
    def base_year(self) -> int:
        """Whose prices CONSTANT is in."""
        if self.price_year is not None:
            return self.price_year
        years = [p.year for p in self.deflator]
        return min(years) - (0 if self.deflator_base == FIXED else 1) if years else 0


def covers(given: Given) -> dict[Period, int]:
    """Return how many periods each figure of the period covers, where it is more than one."""
    return {p: part.covers for p, part in reckoning.of_period(given.figures).items() if part.covers > 1} if given.cumulative else {}


def measure(name: str, given: Given) -> Reckoned:
    """Return one measure of a series; KeyError for a name that is none."""
    values = given.figures
    parts: Mapping[Period, reckoning.Part] = reckoning.of_period(values) if given.cumulative and given.kind == FLOW else {}
    if name == VALUE:
        return dict(values)
    if name == PART:
        return {p: part.value for p, part in parts.items()}
    if name == YOY:
        return reckoning.year_on_year(values, given.kind, given.index_base)
    if name == PART_YOY:
        return reckoning.parts_compared(parts, lambda p: p.year_before)
    if name == POP:
        return reckoning.parts_compared(parts, lambda p: p.back()) if parts else reckoning.period_on_period(values, given.kind, given.index_base)
    if name == REAL:
        return prices.comparable_growth(values, given.deflator, given.deflator_base)
    if name == CONSTANT:
        return prices.at_prices_of(values, given.deflator, given.deflator_base, given.base_year)
    return {SHARE: reckoning.share, CONTRIBUTION: reckoning.contribution, PULL: reckoning.pull}[name](values, given.whole)


def rounded(value: Decimal | None, places: int) -> Decimal | None:
    """Return a figure as it is shown."""
    return None if value is None else round(value, places) + 0  # no minus before a zero
