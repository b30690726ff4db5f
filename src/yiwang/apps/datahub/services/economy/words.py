"""The macro-economic base in the reader's language: periods, units, measures, refusals of cells."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from yiwang.apps.datahub.rules.economy import measures
from yiwang.apps.datahub.rules.economy.periods import HALF, MONTH, QUARTER, YEAR, Period
from yiwang.kernel.base.texts import pick

UNITS = Path(__file__).resolve().parents[2] / "data" / "economy_units.toml"


@cache
def units() -> dict[str, dict[str, str]]:
    """Return the units that are known, by their Chinese name: {"en", "kind", "size"}."""
    return dict(tomllib.loads(UNITS.read_text(encoding="utf-8"))["units"])


@cache
def scale() -> dict[str, tuple[str, Decimal]]:
    """Return the units as rules want them: kind, and how many of the kind's smallest."""
    return {name: (unit["kind"], Decimal(unit["size"])) for name, unit in units().items()}


def unit(name: str) -> str:
    """Return a unit in the reader's language."""
    return units()[name]["en"] if name in units() and (get_language() or "").lower().startswith("en") else name


def period(one: Period, *, cumulative: bool = False) -> str:
    """Return a period as people read it: 2026年第3季度, and of a cumulative series 2026年1–9月."""
    values: dict[str, Any] = {"year": one.year, "number": one.number, "last": one.last_month}
    if cumulative and one.last_month > 1:
        return _("%(year)s, January to month %(last)s") % values
    if one.kind == MONTH:
        return _("%(year)s, month %(number)s") % values
    if one.kind == QUARTER:
        return _("%(year)s, quarter %(number)s") % values
    if one.kind == HALF:
        return (_("%(year)s, first half") if one.number == 1 else _("%(year)s, second half")) % values
    assert one.kind == YEAR
    return _("Year %(year)s") % values


def measure(name: str) -> str:
    """Return what a measure is called."""
    return {
        measures.VALUE: _("As published"), measures.PART: _("Of the period alone"), measures.YOY: _("Year on year"),
        measures.PART_YOY: _("Of the period, year on year"), measures.POP: _("Period on period"),
        measures.REAL: _("Year on year, comparable prices"), measures.CONSTANT: _("In prices of a base year"),
        measures.SHARE: _("Share of the whole"), measures.CONTRIBUTION: _("Contribution to growth"), measures.PULL: _("Growth pulled by"),
    }[name]  # fmt: skip


def measure_unit(name: str, series: Any) -> str:
    """Return the unit of a measure of a series."""
    if name in measures.IN_UNIT:
        return unit(series.unit)
    points = name in measures.POINTS or (series.kind == "rate" and name in (measures.YOY, measures.POP))
    return _("percentage points") if points else "%"


def series(one: Any) -> str:
    """Return a series' name: indicator, caliber when it has one, and what kind of figure."""
    name = pick(one.indicator.name)
    more = [pick(one.caliber)] if one.caliber else []
    if one.is_cumulative:
        more.append(pgettext("series", "cumulative"))
    return f"{name}（{'，'.join(more)}）" if more and not (get_language() or "").lower().startswith("en") else f"{name} ({', '.join(more)})" if more else name


def why(code: str) -> str:
    """Return why a cell of a sheet cannot be taken, or is doubtful."""
    return {
        "no_periods": _("No row of periods was found: one column for each period, like 2026-03, 2026年1-9月 or 2026Q3."),
        "unknown": _("No series of yours has this name, code or area."),
        "ambiguous": _("Several series have this name: add a column with the series' code."),
        "no_name": _("Figures without an indicator's name."),
        "unit": _("The unit is of another kind than the series'."),
        "period_kind": _("The series has no figure for this kind of period."),
        "twice": _("This series and period stand in the sheet twice."),
        "not_number": _("This is no number."),
        "sheet_error": _("The sheet has an error here."),
        "too_large": _("This number is too large to be one."),
        "revised_without_reason": _("The figure differs from the one known: give the reason of the change."),
        "waits": _("An earlier figure of this period still waits for release."),
        "older": _("The figure known was released later than this one."),
    }.get(code, code)


def doubt(code: str, before: Decimal) -> str:
    """Return why a figure is doubtful."""
    said = {
        "unit": _("Its neighbour is %(before)s: is the unit right?"), "falls": _("Cumulative, yet below the %(before)s of before."),
    }[code]  # fmt: skip
    return said % {"before": f"{before:,f}"}
