"""Typed cells against the contract, at once, so that a clerk sees what is wrong where it is wrong.

The landing checks everything again with more (code lists, check digits); what passes here can still be refused there.

Examples
--------
>>> from yiwang.apps.datahub.rules.contract import parse
>>> contract = parse('''
... dataset: civil-relief
... name: {zh-Hans: 低保对象}
... columns:
...   - {name: id, required: true}
...   - {name: amount, type: decimal, range: [0, 1000], decimals: 2}
...   - {name: since, type: date}
... key: [id]
... ''')
>>> [(f.row, f.column, f.code) for f in check(contract, [["1", "12.50", "2026-11-01"], ["1", "99999", "2026-13-01"], ["", "x", ""]])]
[(1, 'amount', 'range'), (1, 'since', 'date'), (2, 'id', 'required'), (2, 'amount', 'decimal'), (1, 'id', 'twice')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import count

from yiwang.apps.datahub.rules.contract import Column, Contract

YES_NO = {"是", "否", "true", "false", "1", "0", "yes", "no", "y", "n"}
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True)
class Fault:
    """One cell that does not keep the contract: row from 0, the code says why, `limit` with what."""

    row: int
    column: str
    code: str  # required, integer, decimal, date, datetime, boolean, length, range, decimals, pattern, twice
    limit: str = ""


def day(text: str) -> date | None:
    """Return a date written 2026-11-01, 2026/11/1, 2026.11.1 or 2026年11月1日."""
    found = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _cell(column: Column, text: str) -> tuple[str, str] | None:
    """Return why one filled cell is wrong, None when it is right."""
    kind = column.kind
    if kind in ("integer", "decimal"):
        number = _number(text)
        if number is None or (kind == "integer" and number != number.to_integral_value()):
            return kind, ""
        if column.range and not column.range[0] <= number <= column.range[1]:
            return "range", f"{column.range[0]:g}–{column.range[1]:g}"
        exponent = number.as_tuple().exponent
        if column.decimals is not None and isinstance(exponent, int) and -exponent > column.decimals:
            return "decimals", str(column.decimals)
        return None
    if kind == "date" and day(text) is None:
        return "date", ""
    if kind == "datetime":
        try:
            datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            return "datetime", ""
    if kind == "boolean" and text.lower() not in YES_NO:
        return "boolean", ""
    if column.length and not column.length[0] <= len(text) <= column.length[1]:
        return "length", f"{column.length[0]}–{column.length[1]}"
    if column.pattern and not re.fullmatch(column.pattern, text):
        return "pattern", ""
    return None


def check(contract: Contract, rows: Sequence[Sequence[str]]) -> list[Fault]:
    """Return what is wrong, cell by cell; rows that have the same key as one above them come last."""
    return [*_cells(contract, rows), *_twice(contract, rows)]


def _cells(contract: Contract, rows: Sequence[Sequence[str]]) -> Iterator[Fault]:
    for number, row in zip(count(), rows, strict=False):
        for column, text in zip(contract.columns, row, strict=True):
            if not text:
                if column.required:
                    yield Fault(number, column.name, "required")
            elif (wrong := _cell(column, text)) is not None:
                yield Fault(number, column.name, *wrong)


def _twice(contract: Contract, rows: Sequence[Sequence[str]]) -> Iterator[Fault]:
    names = [c.name for c in contract.columns]
    keys = [contract.key] if contract.key else []
    for key in [*keys, *((c.name,) for c in contract.columns if c.unique and (c.name,) != contract.key)]:
        at, seen = [names.index(k) for k in key], set()
        for number, row in enumerate(rows):
            value = tuple(row[i] for i in at)
            if all(value) and value in seen:
                yield Fault(number, key[0], "twice")
            seen.add(value)
