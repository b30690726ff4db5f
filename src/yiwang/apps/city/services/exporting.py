"""Exporting the case list: a sheet with who took it out, when and by which filters; a line on the record."""

import io
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from yiwang.apps.city.queries import lists
from yiwang.apps.city.queries.lists import CaseFilter
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

MOST_ROWS = 10_000
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _columns() -> list[tuple[str, str, int]]:
    return [
        ("number", _("Number"), 24), ("title", _("Title"), 40), ("class", _("Class"), 22), ("state", _("State"), 12),
        ("channel", _("Channel"), 14), ("district", _("District"), 14), ("street", _("Street"), 14), ("address", _("Address"), 36),
        ("department", _("Department"), 26), ("condition", _("Filing condition"), 36), ("reported_at", _("Reported"), 18),
        ("filed_at", _("Filed"), 18), ("handled_at", _("Handled"), 18), ("closed_at", _("Ended"), 18), ("due_at", _("Due"), 18),
        ("overdue", _("Overdue"), 10), ("returns", _("Returns"), 8), ("reworks", _("Reworks"), 8), ("extensions", _("Extensions"), 8),
    ]  # fmt: skip


def _safe(value: Any) -> Any:
    """A text that a sheet would take for a formula is kept a text."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    if isinstance(value, bool):
        return _("yes") if value else ""
    return value


def export_cases(actor: Actor, wanted: CaseFilter) -> tuple[str, bytes]:
    """Return (file name, xlsx) of the list as filtered, at most 10,000 rows; the export goes on record.

    Raises
    ------
    NotPermitted
        The actor's posts do not let him take lists out.
    """
    if not actor.may_anywhere("city.case.export"):
        actor.require("city.case.export")
    rows = lists.export_rows(actor, wanted, MOST_ROWS)
    words = "；".join(" ".join(part for part in (label, value) if part) for _name, label, value in lists.words(wanted))
    moment = now().astimezone(lists.local_zone())
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _("Cases")
    sheet.append([_("Exported by %(name)s (%(post)s) at %(moment)s") % {
        "name": actor.name, "post": actor.post_name, "moment": f"{moment:%Y-%m-%d %H:%M}"
    }])  # fmt: skip
    sheet.append([_("Filters: %(words)s; %(n)s rows") % {"words": words or _("none"), "n": len(rows)}])
    sheet.append([label for _key, label, _width in _columns()])
    for row in rows:
        sheet.append([_safe(row[key]) for key, _label, _width in _columns()])
    for at, (_key, _label, width) in enumerate(_columns(), 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
        sheet.cell(row=3, column=at).font = Font(bold=True)
    sheet.freeze_panes = "A4"
    out = io.BytesIO()
    book.save(out)
    record(actor, action="city.case.export", data={"filters": wanted.as_query(), "rows": len(rows)})
    return f"cases-{moment:%Y%m%d-%H%M}.xlsx", out.getvalue()
