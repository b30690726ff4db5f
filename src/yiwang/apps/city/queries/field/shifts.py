"""Who is on shift (在岗)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from yiwang.apps.city.models import FieldMark
from yiwang.apps.city.rules.field import fixes
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography.models import ResponsibilityGrid


def longest() -> timedelta:
    """Return after how long a shift ends that nobody signed out of."""
    return timedelta(hours=settings.FIELD_SHIFT_HOURS)


def running(account_id: int | None, at: datetime | None = None) -> FieldMark | None:
    """Return the line by which the person signed in to the shift that runs at a moment (now), or None."""
    if account_id is None:
        return None
    at = at or now()
    last = FieldMark.objects.filter(account_id=account_id, recorded_at__gte=min(at, now()) - 2 * longest()).order_by("-recorded_at").first()
    if last is None or last.kind == "out" or last.occurred_at < at - longest():
        return None
    return last


def span_of(account_id: int, shift_uid: UUID) -> tuple[FieldMark, datetime] | None:
    """Return the first line of one's shift and the moment of its end: when one signed out, else when it ends by itself."""
    marks = list(FieldMark.objects.filter(account_id=account_id, shift_uid=shift_uid).order_by("recorded_at"))
    if not marks or marks[0].kind != "in":
        return None
    end = next((m.occurred_at for m in marks if m.kind == "out"), None)
    return marks[0], max(end or marks[0].occurred_at + longest(), marks[0].occurred_at)


def shift_at(account_id: int, at: datetime) -> FieldMark | None:
    """Return the shift on which somebody was at a moment: positions of a device are matched to it."""
    marks = FieldMark.objects.filter(account_id=account_id, occurred_at__lte=at, recorded_at__gte=at - longest() - timedelta(days=1))
    last = marks.order_by("-occurred_at", "-recorded_at").first()
    return last if last is not None and last.kind == "in" and at - last.occurred_at <= longest() else None


def said(mark: FieldMark) -> dict[str, Any]:
    return {"uid": str(mark.shift_uid), "began_at": mark.occurred_at.isoformat()}


def known_point(grid: ResponsibilityGrid | None) -> fixes.Known | None:
    """Return the surveyed place (FIELD_KNOWN_POINTS) with which the first fix of a shift in this grid is compared."""
    points = fixes.read_known(settings.FIELD_KNOWN_POINTS)
    if not points:
        return None
    middle = grid.shape.centroid if grid is not None and grid.shape else None
    return fixes.nearest_known(points, (middle.x, middle.y) if middle is not None else None)
