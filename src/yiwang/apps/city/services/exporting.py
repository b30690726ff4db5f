"""Exporting the case list: what is on screen, as one sheet."""

from django.utils.translation import gettext as _

from yiwang.apps.city.queries import lists
from yiwang.apps.city.queries.lists import CaseFilter
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files.exports import Column, Exported, Table, take

MOST_ROWS = 10_000


def _columns() -> list[Column]:
    said = [
        ("number", _("Number"), 24), ("title", _("Title"), 40), ("class", _("Class"), 22), ("state", _("State"), 12),
        ("channel", _("Channel"), 14), ("district", _("District"), 14), ("street", _("Street"), 14), ("address", _("Address"), 36),
        ("department", _("Department"), 26), ("condition", _("Filing condition"), 36), ("reported_at", _("Reported at"), 18),
        ("filed_at", _("Filed"), 18), ("handled_at", _("Handled"), 18), ("closed_at", _("Ended"), 18), ("due_at", _("Due"), 18),
        ("overdue", _("Overdue"), 10), ("returns", _("Returns"), 8), ("reworks", _("Reworks"), 8), ("extensions", _("Extensions"), 8),
    ]  # fmt: skip
    return [Column(key=key, label=label, width=width, carrier=key in ("title", "address")) for key, label, width in said]


def export_cases(actor: Actor, wanted: CaseFilter) -> Exported:
    """Return the list as filtered, at most 10,000 rows, marked with who took it; the export goes on record.

    Raises
    ------
    NotPermitted
        The actor's posts do not let him take lists out.
    """
    if not actor.may_anywhere("city.case.export"):
        actor.require("city.case.export")
    rows = lists.export_rows(actor, wanted, MOST_ROWS)
    words = "；".join(" ".join(part for part in (label, value) if part) for _name, label, value in lists.words(wanted))
    table = Table(title=_("Cases"), columns=_columns(), rows=rows)
    return take(actor, what="city.cases", tables=[table], filters=wanted.as_query(), words=words, name="cases")
