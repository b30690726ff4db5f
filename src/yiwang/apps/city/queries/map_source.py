"""Open cases as a layer for tiles and OGC API - Features: the rows of the case list, with the same rules of who sees them."""

from django.core.exceptions import EmptyResultSet
from django.utils.translation import gettext_lazy as _

from yiwang.apps.city.queries.lists import CaseFilter, cases
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.contracts import Column, Source
from yiwang.kernel.geography.queries.sources import text_sql

_TONE = "CASE WHEN c.suspended_until IS NOT NULL THEN 'paused' WHEN c.due_at < now() THEN 'overdue' ELSE 'in_time' END"
_TONES = (("paused", _("Suspended")), ("overdue", _("Overdue")), ("in_time", _("In time")))


def open_cases(actor: Actor) -> Source:
    """Open cases with a place that concern the reader. Times are local; nothing of who reported is among the columns."""
    try:
        seen, values = cases(actor, CaseFilter(state="open")).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        seen, values = "SELECT NULL::bigint", ()
    return Source(
        "yw_cases_case c JOIN city_citycase cc ON cc.case_id = c.id", "c.point", "c.id", "c.uid",
        (
            Column("number", "coalesce(c.number, '')", label=_("Number")), Column("title", "c.title", label=_("Case"), filterable=False),
            Column("tone", _TONE, label=_("Limit"), choices=_TONES), Column("state", "c.state", in_tile=False, label=_("State")),
            Column("class_code", "cc.class_code", label=_("Class")),
            Column("class_name", text_sql("cc.class_name"), in_tile=False, filterable=False, label=_("Name of the class")),
            Column("is_urgent", "c.is_urgent", "boolean", label=_("Urgent")),
            Column("address", "c.address", in_tile=False, filterable=False, label=_("Address")),
            Column("reported_at", "c.reported_at", "date-time", in_tile=False, filterable=False, label=_("Reported at")),
            Column("due_at", "c.due_at", "date-time", in_tile=False, filterable=False, label=_("Due")),
        ),
        f"c.closed_at IS NULL AND c.point IS NOT NULL AND c.id IN ({seen})", tuple(values), time=("c.reported_at", "c.closed_at"),
    )  # fmt: skip
