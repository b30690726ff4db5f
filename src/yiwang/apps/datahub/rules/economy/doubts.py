"""What makes a figure doubtful before it is kept: most such figures have the wrong unit, or stand in the wrong column."""

from __future__ import annotations

from decimal import Decimal

from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.rules.economy.reckoning import FLOW, Figures

SCALES = (10, 100, 1000, 10_000, 100_000_000)  # 万 and 亿 taken for each other
NEAR = Decimal("0.2")
UNIT, FALLS = "unit", "falls"


def doubt(period: Period, value: Decimal, known: Figures, *, kind: str, cumulative: bool) -> tuple[str, Decimal] | None:
    """Return why a figure is doubtful and what it was compared with; None when nothing speaks against it.

    `unit`: it is about 10, 100, 1,000, 10,000 or 100,000,000 times its neighbour (of the year before, else of the period
    before), or that part of it. `falls`: a cumulative flow below its own earlier figure of the year.
    """
    before = known.get(period.back()) if period.number > 1 else None
    if kind == FLOW and cumulative and before is not None and value < before:
        return FALLS, before
    neighbour = known.get(period.year_before) or (None if cumulative else known.get(period.back()))
    if neighbour and value:
        ratio = max(abs(value / neighbour), abs(neighbour / value))
        if any(abs(ratio / scale - 1) <= NEAR for scale in SCALES):
            return UNIT, neighbour
    return None
