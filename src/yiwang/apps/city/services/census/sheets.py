"""The summary of a census as a sheet, with the marks of every export."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusOrder
from yiwang.apps.city.queries import census
from yiwang.apps.city.rules.census import Standing
from yiwang.apps.city.services.census.ordering import ORDER
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files.exports import Column, Exported, Table, take

MOST_ROWS = 30_000


def export_summary(actor: Actor, order: CensusOrder) -> Exported:
    """Return numbers, parts and every answer of an order; that it was taken goes on record.

    Raises
    ------
    NotPermitted
        The actor may not order there.
    """
    actor.require(ORDER, area_path=order.case.area_path)
    tables = [_numbers(order), _parts(order), _answers(order)]
    return take(actor, what="city.census", tables=tables, filters={"case": str(order.case.uid)}, words=order.case.title, name="census")


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None) if moment else None


def numbers(order: CensusOrder) -> list[tuple[str, int]]:
    """Return the summary as (word, number), for page and sheet alike."""
    found, words = census.summary_of(order), census.field_words()
    share, parts = found.progress, census.parts_of(order)
    stands, untouched = census.standings_of(parts), sum(p.share.left for p in parts if p.standing == Standing.ABANDONED)
    return [
        (_("Grids"), len(parts)), (_("Grids done"), stands[Standing.DONE]), (_("Grids given back"), stands[Standing.GIVEN_BACK]),
        (_("Grids overdue"), stands[Standing.LATE]), (_("Grids left undone"), stands[Standing.UNDONE]), (_("Grids never begun"), stands[Standing.ABANDONED]),
        (_("Components on the list"), share.total), (_("As registered"), share.confirmed), (_("Corrected"), share.corrected),
        *((f"　{words.get(name, name)}", number) for name, number in found.fields.items()),
        (_("Added"), share.added), (_("Out of use"), share.retired), (_("Not found"), share.not_found), (_("Findings not accepted"), found.refused),
        (_("Findings that wait for acceptance"), found.waiting), (_("Left undone"), found.undone),
        (_("　of these in grids never begun"), untouched),
    ]  # fmt: skip


def _numbers(order: CensusOrder) -> Table:
    rows = [{"what": word, "count": number} for word, number in numbers(order)]
    return Table(title=_("Summary"), columns=[Column(key="what", label=_("What"), width=34, carrier=True), Column(key="count", label=_("Number"), width=10)], rows=rows)


def _parts(order: CensusOrder) -> Table:
    said = [
        ("code", _("Grid"), 16), ("grid", _("Name"), 28), ("inspector", _("Inspector"), 14), ("state", _("State"), 14), ("total", _("Components"), 10),
        ("confirmed", _("As registered"), 10), ("corrected", _("Corrected"), 10), ("added", _("Added"), 10), ("retired", _("Out of use"), 10),
        ("not_found", _("Not found"), 10), ("left", _("Left undone"), 10), ("reason", _("Reason"), 40),
    ]  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "code": r.code, "grid": r.grid, "inspector": r.inspector or _("shift leader"), "state": r.word, "total": r.share.total, "confirmed": r.share.confirmed,
            "corrected": r.share.corrected, "added": r.share.added, "retired": r.share.retired, "not_found": r.share.not_found, "left": r.share.left, "reason": r.reason,
        }
        for r in census.parts_of(order)
    ]  # fmt: skip
    return Table(title=_("Grids"), columns=[Column(key=k, label=w, width=n, carrier=k in ("grid", "reason")) for k, w, n in said], rows=rows)


def _answers(order: CensusOrder) -> Table:
    said = [
        ("code", _("Component"), 20), ("name", _("Class"), 18), ("address", _("Where"), 36), ("grid", _("Grid"), 24), ("word", _("Answer given"), 12), ("changes", _("What differs"), 48),
        ("reason", _("Reason"), 36), ("state_word", _("State"), 18), ("by", _("Inspector"), 12), ("at", _("When"), 18), ("recorded", _("Received"), 18),
        ("decided_by", _("Decided by"), 12),
    ]  # fmt: skip
    names = census.class_names(order.classes)
    rows = []
    for answer in census.answers_of(order).order_by("pk")[:MOST_ROWS]:
        row = census.answer_row(answer, names)
        changes = "；".join(f"{field}: {change}" for field, change in row["changes"])
        rows.append({**row, "changes": changes, "at": _local(answer.occurred_at), "recorded": _local(answer.recorded_at)})
    return Table(title=_("Answers given"), columns=[Column(key=k, label=w, width=n, carrier=k in ("address", "reason")) for k, w, n in said], rows=rows)
