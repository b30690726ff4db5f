"""Reads of missed reports (漏报) and wrong ones (差错)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from yiwang.apps.city.models import CityCase, FieldMark, MissedReport, Position
from yiwang.apps.city.queries.field.shifts import longest
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held

VIEW, SETTLE, OWN = "city.judging.view", "city.judging.settle", "city.field.use"


def visible_to(actor: Actor) -> QuerySet[MissedReport]:
    """Return the questions of the area that the reader supervises."""
    return MissedReport.objects.filter(held(actor, VIEW), case__mode="live").select_related("case", "case__matter", "grid", "account")


def missed_for(actor: Actor, uid: UUID) -> MissedReport:
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="missed report")
    return found


def mine(actor: Actor) -> QuerySet[MissedReport]:
    """Return what was judged of the reader's own patrols; a question that nobody has judged is no matter of his yet."""
    rows = MissedReport.objects.filter(account_id=actor.account_id or 0).exclude(verdict="")
    return rows.select_related("case", "grid")


def own_missed(actor: Actor, uid: UUID) -> MissedReport:
    found = mine(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="missed report")
    return found


def patrols_before(grid_id: int, since: datetime, until: datetime) -> list[tuple[FieldMark, datetime]]:
    """Return the shifts of a grid that had a part in a span, with the moment of their end; two queries."""
    begun = FieldMark.objects.filter(grid_id=grid_id, kind="in", recorded_at__gte=since - longest(), occurred_at__gte=since - longest(), occurred_at__lt=until)
    marks = list(begun.order_by("occurred_at", "uid"))
    outs = dict(FieldMark.objects.filter(kind="out", shift_uid__in=[m.shift_uid for m in marks]).values_list("shift_uid", "occurred_at")) if marks else {}
    found = [(m, max(outs.get(m.shift_uid, m.occurred_at + longest()), m.occurred_at)) for m in marks]
    return [(m, end) for m, end in found if end > since]


def track(shift_uid: UUID, since: datetime) -> list[tuple[datetime, float, float]]:
    """Return the kept positions of a shift (moment, lon, lat), as long as positions are shown at all."""
    kept = max(since, now() - timedelta(days=settings.POSITIONS_KEEP_DAYS))
    return list(Position.objects.filter(shift_uid=shift_uid, occurred_at__gte=kept).order_by("occurred_at").values_list("occurred_at", "lon", "lat"))


def counted(accounts: Sequence[int] | None = None, since: datetime | None = None, until: datetime | None = None) -> QuerySet[MissedReport]:
    """Return the missed reports that count, by the moment when somebody else reported; for the indicators."""
    rows = MissedReport.objects.filter(counted=True, case__mode="live")
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    if since is not None:
        rows = rows.filter(reported_at__gte=since)
    return rows.filter(reported_at__lt=until) if until is not None else rows


def wrong_reports(since: datetime | None = None, until: datetime | None = None) -> QuerySet[CityCase]:
    """Return the inspectors' own reports that were found untrue on site (差错), by the moment of the report."""
    rows = CityCase.objects.filter(reported_by_inspector_id__isnull=False, verify_result="not_true", case__mode="live")
    if since is not None:
        rows = rows.filter(case__reported_at__gte=since)
    return rows.filter(case__reported_at__lt=until) if until is not None else rows
