"""Workbooks (xlsx), read as a stream: header anywhere in the first rows, cells that were merged, numbers as they were meant."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake.reading.opened import Opened, table
from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.landing.headers import MOST_TITLES, header_row, match

UNPACKED = 2 << 30  # bytes of one part, unpacked: more is no sheet but a bomb
_MERGED = re.compile(rb'<mergeCell[^>]*\sref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
MOST_MERGED = 20_000
CHUNK = 10_000


def as_text(value: Any) -> str | None:
    """Return a cell as a text: whole numbers without .0, numbers too long for a spreadsheet as it spoiled them (E+17)."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d") if value.time() == time() else value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and abs(value) >= 10**15:
        return f"{value:.11E}"
    if isinstance(value, float):
        if abs(value) >= 1e15:
            return f"{value:.11E}"
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def open_sheet(path: Path, columns: Sequence[Column] | None) -> Opened:
    """Open the sheet that names most of the contract's columns; FileRefused for a broken or protected workbook."""
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            if any(part.file_size > UNPACKED for part in packed.infolist()):
                raise FileRefused(reason="too_large_inside")
            broken = packed.testzip()
        if broken:
            raise FileRefused(reason="broken", facts={"said": broken})
        stream = path.open("rb")  # by its name openpyxl would ask for an ending
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, ParseError, EOFError) as error:
        raise FileRefused(reason="broken_sheet", facts={"said": str(error)[:200]}) from error
    best: tuple[int, Any, list[list[str | None]], int] | None = None
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        head = [[as_text(c) for c in row] for row in islice(sheet.iter_rows(values_only=True), MOST_TITLES + 10)]
        if not head:
            continue
        place = header_row(head, columns)
        score = len(match(head[place], columns).places) if columns else len([c for c in head[place] if c])
        if best is None or score > best[0]:
            best = (score, sheet, head, place)
    if best is None:
        raise FileRefused(reason="empty")
    _score, sheet, head, place = best
    headers = [(h or "").strip() for h in head[place]]
    while headers and not headers[-1]:
        headers.pop()
    width = max(len(headers), 1)
    merged = _merged(path, sheet, place + 1)
    opened = Opened(headers=headers, batches=iter(()))
    opened.facts = {
        "form": "xlsx", "sheet": sheet.title, "header_row": place + 1, "titles": [" ".join(c for c in r if c)[:200] for r in head[:place]], "merged": len(merged),
    }  # fmt: skip
    opened.batches = _rows(stream, sheet, place + 1, width, merged)
    return opened


def _rows(stream: Any, sheet: Any, after: int, width: int, merged: list[tuple[int, int, int, int]]) -> Iterator[pa.Table]:
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    waiting = sorted(merged)
    open_ranges: list[tuple[int, int, int, str | None]] = []
    try:
        for number, cells in enumerate(sheet.iter_rows(min_row=after + 1, max_col=width, values_only=True), after + 1):
            row = [as_text(c) for c in cells]
            while waiting and waiting[0][0] <= number:
                _top, left, bottom, right = waiting.pop(0)
                open_ranges.append((bottom, left, right, row[left] if left < len(row) else None))
            if open_ranges:
                open_ranges = [r for r in open_ranges if r[0] >= number]
                for _bottom, left, right, filled in open_ranges:
                    for at in range(left, min(right + 1, len(row))):
                        row[at] = filled
            if not any(row):
                continue
            rows.append(row)
            numbers.append(number)
            if len(rows) >= CHUNK:
                yield table(rows, numbers, width)
                rows, numbers = [], []
    except (ParseError, zipfile.BadZipFile, ValueError, KeyError, EOFError) as error:
        raise FileRefused(reason="broken_sheet", facts={"said": str(error)[:200]}) from error
    finally:
        stream.close()
    if rows:
        yield table(rows, numbers, width)


def _merged(path: Path, sheet: Any, after: int) -> list[tuple[int, int, int, int]]:
    """Return the merged ranges below the header as (top, left, bottom, right), rows from 1, columns from 0."""
    from openpyxl.utils import column_index_from_string

    found: list[tuple[int, int, int, int]] = []
    name = str(getattr(sheet, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(path) as packed:
        if name not in packed.namelist():
            return found
        tail = b""
        with packed.open(name) as part:
            while block := part.read(1 << 20):
                tail = tail[-200:] + block
                for left, top, right, bottom in _MERGED.findall(tail):
                    if int(bottom) > after and len(found) < MOST_MERGED:
                        found.append((max(int(top), after + 1), column_index_from_string(left.decode()) - 1, int(bottom), column_index_from_string(right.decode()) - 1))
    return sorted(set(found))
