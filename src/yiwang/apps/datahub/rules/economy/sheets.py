"""Sheets as bureaus make them: an indicator in each row, a period in each column, titles above and notes below."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from yiwang.apps.datahub.rules.economy.periods import MONTHS, Period, Span, period_of, plain, span_of

HEAD = 15  # rows in which the heading is looked for
LARGEST = Decimal(10) ** 15
PLACES = Decimal("0.000001")
_COLUMNS = {
    "name": ("指标", "指标名称", "项目", "名称", "indicator", "name"),
    "code": ("代码", "指标代码", "序列代码", "code", "series"),
    "unit": ("单位", "计量单位", "unit"),
    "area": ("地区", "区域", "行政区划", "县市区", "area"),
    "caliber": ("口径", "统计口径", "caliber"),
}
_BLANK = {"", "-", "--", "—", "–", "…", "...", "……", "/", "na", "n/a", "无"}
_BEFORE_NAME = re.compile(r"^(?:[#＃*]+|其中[::]|[一二三四五六七八九十]+[、.]|[(（][一二三四五六七八九十\d]+[)）]|\d{1,2}[、.](?!\d))+")
_UNIT_IN_NAME = re.compile(r"[(（]([^()（）]{1,12})[)）]$")


@dataclass(frozen=True, kw_only=True)
class Known:
    """A series that a row may mean. Names, areas and calibers are texts that a sheet may call it by."""

    id: int
    code: str
    names: frozenset[str]
    areas: frozenset[str]
    calibers: frozenset[str]
    unit: str
    kind: str  # of period
    cumulative: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure read: of which series and period, and where it stands (C7)."""

    series: int
    period: Period
    value: Decimal
    place: str
    scaled: bool = False  # given in another unit of the same kind


@dataclass(frozen=True, slots=True)
class Wrong:
    """One cell that cannot be taken: where, why (a code), what stands there."""

    place: str
    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    cells: list[Cell] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    rows: int = 0


def place(row: int, column: int) -> str:
    """Return a cell's name from 0-based numbers.

    >>> place(6, 2), place(0, 27)
    ('C7', 'AB1')
    """
    letters, left = "", column + 1
    while left:
        left, digit = divmod(left - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"


def name_of(text: Any, units: Container[str]) -> tuple[str, str]:
    """Return an indicator's name without numbering and blanks, and the unit in its brackets; other brackets belong to the name.

    >>> name_of("　　其中：第一产业（亿元）", {"亿元"}), name_of("一、投资（不含农户）", {"亿元"})
    (('第一产业', '亿元'), ('投资(不含农户)', ''))
    """
    bare = _BEFORE_NAME.sub("", plain(str(text or "")))
    unit = _UNIT_IN_NAME.search(bare)
    return (bare[: unit.start()].lower(), unit[1]) if unit and unit[1] in units else (bare.lower(), "")


def number_of(value: Any, *, per_cent: bool = False) -> Decimal | None:
    """Return the number of a cell, None for one that is left empty (blank, dash, dots).

    Raises
    ------
    ValueError
        With a code: `sheet_error`, `not_number` or `too_large`.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError("not_number")
    text = plain(str(value))
    if text.lower() in _BLANK:
        return None
    if text.startswith("#"):
        raise ValueError("sheet_error")
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        text = text.replace(",", "")
    if per_cent and text.endswith("%"):
        text = text[:-1]
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", text):
        raise ValueError("not_number")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("not_number") from error
    if abs(number) >= LARGEST:
        raise ValueError("too_large")
    return number.quantize(PLACES).normalize() + 0


def read(grid: Sequence[Sequence[Any]], known: Sequence[Known], scale: Mapping[str, tuple[str, Decimal]], area: str = "") -> Reading:
    """Read a sheet. Rows that name no known series are refused by their name's cell, cells by their own; empty ones are none.

    Parameters
    ----------
    scale : mapping
        Unit to (kind, how many of the kind's smallest): 万元 to ("money", 10000).
    area : str
        Which area a sheet means that has no column for it.
    """
    heading = _heading(grid)
    if heading is None:
        return Reading([], [Wrong("A1", "no_periods", "")])
    top, spans = heading
    first = min(spans)
    columns = _columns(grid[top], grid[top - 1] if top else (), first)
    reading = Reading([], [], sum(1 for row in grid[top + 1 :] if any(_text(row, c) for c in range(first))))
    seen: dict[tuple[int, Period], str] = {}
    carried = area
    for number, row in enumerate(grid[top + 1 :], top + 1):
        carried = _text(row, columns.get("area", -1)) or carried
        values = {c: row[c] for c in spans if c < len(row) and not _blank(row[c])}
        if values:
            _row(reading, number, row, values, spans, columns, known, scale, carried, seen)
    return reading


def _blank(value: Any) -> bool:
    return value is None or plain(str(value)).lower() in _BLANK


def _text(row: Sequence[Any], column: int) -> str:
    return plain(str(row[column])) if 0 <= column < len(row) and row[column] is not None else ""


def _heading(grid: Sequence[Sequence[Any]]) -> tuple[int, dict[int, Span]] | None:
    """Return the row of the heading and the span of each of its columns; the year may stand in the row above, over several."""
    best: tuple[int, dict[int, Span]] | None = None
    for number, row in enumerate(grid[:HEAD]):
        alone = {c: found for c, v in enumerate(row) if (found := span_of(v))}
        years = _years(grid[number - 1]) if number else {}
        below = {c: found for c, v in enumerate(row) if not _blank(v) and c in years and (found := span_of(v, years[c]))}
        for spans in (alone, below):
            spans = {c: s for c, s in spans.items() if c > 0}
            # Of equally many the lower row: the upper one holds the years of a heading in two rows.
            if spans and (best is None or len(spans) >= len(best[1])):
                best = number, spans
    return best


def _years(row: Sequence[Any]) -> dict[int, int]:
    """Return the year of each column, carried to the right over merged cells."""
    made: dict[int, int] = {}
    year: int | None = None
    for column, value in enumerate(row):
        if not _blank(value):
            span = span_of(value)
            year = span.year if span and (span.first, span.last) == (1, 12) else None
        if year is not None:
            made[column] = year
    return made


def _columns(row: Sequence[Any], above: Sequence[Any], first: int) -> dict[str, int]:
    made: dict[str, int] = {}
    for column in range(first):
        words = {_text(row, column).lower(), _text(above, column).lower()}
        for what, names in _COLUMNS.items():
            if what not in made and words & set(names):
                made[what] = column
    if "name" not in made and "code" not in made:
        made["name"] = 0
    return made


def _row(
    reading: Reading, number: int, row: Sequence[Any], values: dict[int, Any], spans: Mapping[int, Span], columns: Mapping[str, int], known: Sequence[Known],
    scale: Mapping[str, tuple[str, Decimal]], area: str, seen: dict[tuple[int, Period], str],
) -> None:  # fmt: skip
    label = place(number, columns.get("name", columns.get("code", 0)))
    written = _text(row, columns.get("name", columns.get("code", 0)))
    name, unit = name_of(written, scale)
    unit = _text(row, columns.get("unit", -1)) or unit
    found = _meant(known, name, _text(row, columns.get("code", -1)), area, _text(row, columns.get("caliber", -1)), unit, [spans[c] for c in values], scale)
    if len(found) != 1:
        if written or found:
            reading.wrong.append(Wrong(label, "ambiguous" if found else "unknown", written[:60]))
        else:
            reading.wrong.append(Wrong(label, "no_name", ""))
        return
    series = found[0]
    factor = _factor(unit, series.unit, scale)
    if factor is None:
        reading.wrong.append(Wrong(place(number, columns["unit"]) if "unit" in columns else label, "unit", unit))
        return
    for column, value in values.items():
        at = place(number, column)
        period = period_of(spans[column], series.kind, cumulative=series.cumulative)
        try:
            figure = number_of(value, per_cent=series.unit == "%")
        except ValueError as error:
            reading.wrong.append(Wrong(at, str(error), str(value)[:60]))
            continue
        if period is None:
            reading.wrong.append(Wrong(at, "period_kind", str(value)[:60]))
        elif (series.id, period) in seen:
            reading.wrong.append(Wrong(at, "twice", seen[series.id, period]))
        elif figure is not None:
            seen[series.id, period] = at
            reading.cells.append(Cell(series.id, period, (figure * factor).quantize(PLACES).normalize() + 0, at, factor != 1))


def _meant(
    known: Sequence[Known], name: str, code: str, area: str, caliber: str, unit: str, spans: Sequence[Span], scale: Mapping[str, tuple[str, Decimal]]
) -> list[Known]:
    """Return the series that a row may mean: each thing that it says leaves fewer, but one that leaves none is not believed."""
    if code:
        return [k for k in known if k.code == code.lower()]
    found = [k for k in known if name and name in k.names]
    if area:
        found = [k for k in found if area in k.areas]
    if caliber:
        found = [k for k in found if caliber.lower() in k.calibers]
    for fits in (
        lambda k: all(period_of(s, k.kind, cumulative=k.cumulative) for s in spans),
        lambda k: _factor(unit, k.unit, scale) is not None,
        lambda k: all(s.last - s.first + 1 == MONTHS[k.kind] for s in spans),  # a column of a year means a yearly series first
        lambda k: not k.cumulative or any(s.first == 1 and s.last > 3 for s in spans),
    ):
        if len(found) > 1:
            found = [k for k in found if fits(k)] or found
    return found


def _factor(given: str, wanted: str, scale: Mapping[str, tuple[str, Decimal]]) -> Decimal | None:
    """Return by what a figure is multiplied to be in the series' unit; None when the units are of different kinds."""
    if not given or given == wanted:
        return Decimal(1)
    one, other = scale.get(given), scale.get(wanted)
    return one[1] / other[1] if one and other and one[0] == other[0] else None
