"""Tables of addresses as they come: CSV in the usual encodings, or a sheet (xlsx)."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from itertools import islice
from typing import Any

from yiwang.kernel.geography.rules.addresses.model import PartKind
from yiwang.kernel.geography.rules.addresses.reading import read

MOST_BYTES, MOST_UNPACKED, MOST_COLUMNS, MOST_CELL = 5_000_000, 60_000_000, 60, 500
_PERSONAL_NAME = re.compile(
    r"姓名|名字|联系人|电话|手机|身份证|证件|邮箱|微信|生日|出生|户主|当事人|申请人|举报人|投诉人|来电"
    r"|\b(?:name|person|contact|phone|mobile|tel|email|mail|birth\w*|id[ _]?(?:card|number)|passport)\b", re.IGNORECASE)  # fmt: skip
_PERSONAL_VALUE = re.compile(r"^(?:\+?86[- ]?)?1[3-9]\d{9}$|^\d{17}[\dXx]$|^[\w.+-]+@[\w-]+\.[\w.]+$|^0\d{2,3}-?\d{7,8}$")
_ADDRESS_NAME = re.compile(r"地址|位置|地点|住址|事发地|address|location|place|where", re.IGNORECASE)
_ADDRESS_PART = {PartKind.ROAD, PartKind.NUMBER, PartKind.ZONE, PartKind.CROSSING, PartKind.LANE, PartKind.BUILDING}


class TableError(ValueError):
    """The file cannot be read. `reason` is empty, too-large, encoding, format, header, rows or columns."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of the same length, all texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(name: str, content: bytes, most_rows: int) -> Table:
    """Return the table in a CSV or xlsx file.

    Raises
    ------
    TableError
        Empty, too large (bytes, rows, columns, or a packed file that unpacks too far), or not a table.
    """
    if not content:
        raise TableError("empty")
    if len(content) > MOST_BYTES:
        raise TableError("too-large")
    rows = _sheet(content, most_rows) if content[:2] == b"PK" or name.lower().endswith(".xlsx") else _text(content, most_rows)
    rows = [row for row in rows if any(row)]
    if len(rows) < 2:
        raise TableError("empty")
    if len(rows) - 1 > most_rows:
        raise TableError("rows")
    header = [cell or f"column {n}" for n, cell in enumerate(rows[0], 1)]
    width = len(header)
    if width > MOST_COLUMNS or any(len(row) > MOST_COLUMNS for row in rows):
        raise TableError("columns")
    return Table(tuple(header), tuple(tuple((row + [""] * width)[:width]) for row in rows[1:]))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "".join(c for c in str(value).strip()[:MOST_CELL] if c.isprintable())


def _sheet(content: bytes, most_rows: int) -> list[list[str]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MOST_UNPACKED:
                raise TableError("too-large")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [[_cell(v) for v in row[: MOST_COLUMNS + 1]] for row in islice(sheet.iter_rows(values_only=True), most_rows + 2)]
    except TableError:
        raise
    except Exception as error:  # openpyxl tells broken files by whatever fails first
        raise TableError("format") from error


def _text(content: bytes, most_rows: int) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise TableError("encoding")
    if "\0" in text:
        raise TableError("format")
    first = text.split("\n", 1)[0]
    mark = max(",;\t，", key=first.count)
    try:
        return [[_cell(v) for v in row] for row in islice(csv.reader(io.StringIO(text), delimiter=mark if mark in first else ","), most_rows + 2)]
    except csv.Error as error:
        raise TableError("format") from error


def personal_columns(table: Table) -> list[int]:
    """Return the columns that look personal by their name or by what most of their cells hold (telephone, identity number, mail)."""
    found = []
    for n, title in enumerate(table.header):
        cells = [row[n] for row in table.rows[:500] if row[n]]
        looks = sum(bool(_PERSONAL_VALUE.match(c)) for c in cells)
        if _PERSONAL_NAME.search(title) or (cells and looks >= len(cells) * 0.3):
            found.append(n)
    return found


def address_column(table: Table) -> int | None:
    """Return which column holds addresses: by its name, else where most cells read like one; None when none does."""
    named = [n for n, title in enumerate(table.header) if _ADDRESS_NAME.search(title)]
    if len(named) == 1:
        return named[0]
    shares = {}
    for n in named or range(len(table.header)):
        cells = [row[n] for row in table.rows[:100] if row[n]]
        if cells:
            shares[n] = sum(any(p.kind in _ADDRESS_PART for p in read(c).parts) for c in cells) / len(cells)
    best = max(shares, key=lambda n: shares[n], default=None)
    return best if best is not None and shares[best] >= 0.5 else (named[0] if named else None)
