"""Small sheets as rows of cells: xlsx or CSV, a bounded number of rows and columns."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from yiwang.apps.datahub.errors import FileRefused

ROWS, COLUMNS = 2000, 600
UNPACKED = 64 << 20  # bytes of a workbook, unpacked
DELIMITERS = ",\t;|，"


@dataclass(frozen=True, slots=True)
class Grid:
    title: str
    rows: list[list[Any]]


def read_grids(path: Path, name: str) -> list[Grid]:
    """Return the sheets of a workbook, or the one of a CSV file.

    Raises
    ------
    FileRefused
        `reason`: empty, broken, broken_sheet, old_workbook, too_large_inside, binary.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(b"PK"):
        return _workbook(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(reason="old_workbook")
    if not head:
        raise FileRefused(reason="empty")
    if name.lower().endswith(".xlsx"):
        raise FileRefused(reason="broken_sheet")
    return [_csv(path.read_bytes(), name)]


def _workbook(path: Path) -> list[Grid]:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise FileRefused(reason="too_large_inside")
        with path.open("rb") as stream:  # by its name openpyxl would ask for an ending
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            made = []
            for sheet in book.worksheets[:20]:
                sheet.reset_dimensions()
                rows = [list(row) for row in sheet.iter_rows(max_row=ROWS + 1, max_col=COLUMNS, values_only=True)]
                if len(rows) > ROWS:
                    raise FileRefused(reason="too_large_inside")
                if any(cell is not None for row in rows for cell in row):
                    made.append(Grid(str(sheet.title), rows))
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError, ParseError, EOFError) as error:
        raise FileRefused(reason="broken_sheet", facts={"said": str(error)[:200]}) from error
    if not made:
        raise FileRefused(reason="empty")
    return made


def _csv(data: bytes, name: str) -> Grid:
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise FileRefused(reason="binary")
    if "\0" in text:
        raise FileRefused(reason="binary")
    counts = {d: text[:20_000].count(d) for d in DELIMITERS}
    delimiter = max(counts, key=lambda d: counts[d])
    try:
        rows = [[cell or None for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as error:
        raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error
    if len(rows) > ROWS or any(len(row) > COLUMNS for row in rows):
        raise FileRefused(reason="too_large_inside")
    return Grid(name.rpartition(".")[0] or name, rows)
