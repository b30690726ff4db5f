"""The rows of a workbook, written as they come.

openpyxl makes the workbook with all that surrounds the rows: marks, heads, styles, printing. Of each cell of ten thousand
rows it would make an object first; the rows are therefore put into its sheets here, one after the other, with their texts
inside the cells (inline strings), which every program reads.
"""

import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

LONGEST = 32_767  # characters of one cell, as programs take them
_END = b"</sheetData>"
_REACH = re.compile(rb'<dimension ref="[^"]*"')
_CARRIAGE = {"\r": "&#13;"}  # a reader of XML would take it for a line end
_PACKING = 3  # a file goes out once: a tenth larger, half the work


class Cells:
    """Writes rows of values as cells of one sheet; moments in the workbook's own styles."""

    def __init__(self, sheet: Any, width: int) -> None:
        self.letters = [get_column_letter(n) for n in range(1, width + 1)]
        self.moment, self.day = _style(sheet, "yyyy-mm-dd hh:mm"), _style(sheet, "yyyy-mm-dd")

    def row(self, number: int, values: Iterable[Any]) -> bytes:
        """Return one row.

        Raises
        ------
        ValueError
            A value is of a kind that no sheet holds.
        """
        cells = "".join(self._cell(f"{letter}{number}", value) for letter, value in zip(self.letters, values, strict=True) if value is not None)
        return f'<row r="{number}">{cells}</row>'.encode("utf-8", "replace")

    def _cell(self, at: str, value: Any) -> str:
        if isinstance(value, str):
            return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value[:LONGEST], _CARRIAGE)}</t></is></c>' if value else ""
        if isinstance(value, bool):
            return f'<c r="{at}" t="b"><v>{value:d}</v></c>'
        if isinstance(value, int | float | Decimal):
            return f'<c r="{at}"><v>{value}</v></c>' if math.isfinite(value) else ""
        if isinstance(value, datetime):
            return f'<c r="{at}" s="{self.moment}"><v>{to_excel(value)}</v></c>'
        if isinstance(value, date):
            return f'<c r="{at}" s="{self.day}"><v>{to_excel(value)}</v></c>'
        raise ValueError(f"{type(value).__name__} cannot be a cell")


def _style(sheet: Any, number_format: str) -> int:
    """Return the number of a style, which is added to the workbook; the cell that asks for it stands in no sheet."""
    cell: Any = Cell(sheet, row=1, column=1)
    cell.number_format = number_format
    return int(cell.style_id)


def saved(book: Any, rows: Sequence[tuple[Cells, int, Iterable[Sequence[Any]]]]) -> bytes:
    """Return the workbook as a file: of each sheet, how its cells are written, after how many rows, and the rows."""
    whole, out = io.BytesIO(), io.BytesIO()
    book.save(whole)
    sheets = {f"xl/worksheets/sheet{n}.xml": found for n, found in enumerate(rows, 1)}
    with zipfile.ZipFile(whole) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_PACKING) as packed:
        for part in made.infolist():
            content = made.read(part)
            if part.filename not in sheets:
                packed.writestr(part, content)
                continue
            before, end, after = content.partition(_END)
            if not end:
                raise ValueError(f"{part.filename} has no rows to continue")
            cells, head, found = sheets[part.filename]
            count = 0
            body = io.BytesIO()
            for count, piece in _numbered(cells, head, found):  # noqa: B007 - the last one is how many there are
                body.write(piece)
            reach = f'<dimension ref="A1:{cells.letters[-1]}{head + count}"'.encode()
            with packed.open(part.filename, "w") as stream:
                stream.write(_REACH.sub(reach, before, count=1))
                stream.write(body.getbuffer())
                stream.write(end + after)
    return out.getvalue()


def _numbered(cells: Cells, head: int, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, bytes]]:
    for number, values in enumerate(rows, 1):
        yield number, cells.row(head + number, values)
