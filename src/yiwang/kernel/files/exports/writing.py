"""The file itself: sheet, comma-separated or JSON, with the mark on every sheet, every page and now and then inside."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from yiwang.kernel.base.cells import safe
from yiwang.kernel.files.exports.contracts import Stamp, Table
from yiwang.kernel.files.exports.sheets import Cells, saved

MARK_EVERY = 20  # rows; the first one always
PROPERTY = "YiwangExport"
HEAD_ROWS = 3
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


def sentence(stamp: Stamp) -> str:
    """Return the visible mark."""
    return _("Export %(number)s, taken by %(name)s (%(post)s) at %(moment)s") % {
        "number": stamp.number, "name": stamp.name, "post": stamp.post, "moment": f"{stamp.at:%Y-%m-%d %H:%M}"
    }  # fmt: skip


def filters(stamp: Stamp, count: int) -> str:
    return _("Filters: %(words)s; %(n)s rows") % {"words": stamp.words or _("none"), "n": count}


def _marked(row: dict[str, Any], table: Table, at: int, hidden: str) -> dict[str, Any]:
    """Return the row with the unseen mark behind its free text, when it is this row's turn and there is any."""
    if at % MARK_EVERY:
        return row
    carrier = next((c.key for c in table.columns if c.carrier and isinstance(row[c.key], str) and row[c.key]), None)
    return row if carrier is None else row | {carrier: row[carrier] + hidden}


def _rows(table: Table, stamp: Stamp) -> Iterator[dict[str, Any]]:
    plain = ({c.key: row[c.key] for c in table.columns} for row in table.rows)
    return (_marked(row, table, at, stamp.hidden) for at, row in enumerate(plain))


def xlsx(tables: Sequence[Table], stamp: Stamp) -> bytes:
    """Return the workbook: who, when and by which filters above the heads of every sheet and on every printed page."""
    book: Any = Workbook()
    del book[book.active.title]
    said = sentence(stamp)
    book.properties.creator = book.properties.lastModifiedBy = stamp.name
    book.properties.description, book.properties.identifier = said, stamp.number
    book.custom_doc_props.append(StringProperty(name=PROPERTY, value=stamp.hidden + stamp.number))
    bodies: list[tuple[Cells, int, Iterable[list[Any]]]] = []
    for table in tables:
        sheet: Any = book.create_sheet(table.title[:31])
        sheet.append([safe(said + stamp.hidden)])
        sheet.append([safe(filters(stamp, len(table.rows)))])
        sheet.append([column.label for column in table.columns])
        for at, column in enumerate(table.columns, 1):
            sheet.column_dimensions[get_column_letter(at)].width = column.width
            sheet.cell(row=HEAD_ROWS, column=at).font = Font(bold=True)
        sheet.freeze_panes = f"A{HEAD_ROWS + 1}"
        sheet.print_title_rows = f"{HEAD_ROWS}:{HEAD_ROWS}"
        sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        for part in (sheet.oddHeader, sheet.evenHeader, sheet.firstHeader):
            part.center.text = said.replace("&", "&&")
        for part in (sheet.oddFooter, sheet.evenFooter, sheet.firstFooter):
            part.left.text, part.right.text = stamp.number, "&P / &N"
        bodies.append((Cells(sheet, len(table.columns)), HEAD_ROWS, ([safe(value) for value in row.values()] for row in _rows(table, stamp))))
    return saved(book, bodies)


def _text(value: Any) -> Any:
    return value.isoformat(sep=" ", timespec="minutes") if isinstance(value, datetime) else value


def comma_separated(tables: Sequence[Table], stamp: Stamp) -> bytes:
    """Return UTF-8 with a byte-order mark (so that sheets know), heads first, the visible mark as the last lines."""
    out = io.StringIO()
    writer = csv.writer(out)
    for table in tables:
        writer.writerow([column.label for column in table.columns])
        writer.writerows([safe(_text(value)) for value in row.values()] for row in _rows(table, stamp))
        writer.writerow([safe(sentence(stamp) + stamp.hidden)])
        writer.writerow([safe(filters(stamp, len(table.rows)))])
    return out.getvalue().encode("utf-8-sig")


def as_json(tables: Sequence[Table], stamp: Stamp) -> bytes:
    """Return `{"export": who, when, number, "tables": rows by column}`."""
    def plain(value: Any) -> str:
        return value.isoformat() if isinstance(value, date | datetime) else str(value)

    body = {
        "export": {
            "number": stamp.number, "name": stamp.name, "post": stamp.post, "at": stamp.at.isoformat(), "filters": stamp.words,
            "mark": stamp.hidden + sentence(stamp),
        },
        "tables": [{"title": table.title, "rows": list(_rows(table, stamp))} for table in tables],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, default=plain, indent=1).encode()


WRITERS = {"xlsx": xlsx, "csv": comma_separated, "json": as_json}
