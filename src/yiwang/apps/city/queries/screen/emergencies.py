"""Emergencies (应急) that are under way in an area: they stand above everything else on the wall."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from yiwang.apps.city.models import Emergency
from yiwang.apps.city.queries.screen.place import Place
from yiwang.kernel.cases.queries.places import lonlat_of

MOST = 5


@dataclass(frozen=True)
class OpenEmergency:
    uid: UUID
    case_uid: UUID
    number: str
    title: str
    address: str
    raised_at: datetime
    tasks: int
    done: int
    lon: float | None
    lat: float | None


def open_in(place: Place) -> list[OpenEmergency]:
    """Return what is under way, the newest first; one query."""
    rows = Emergency.objects.filter(ended_at__isnull=True, area_path__startswith=place.path, case__mode="live").select_related("case")
    rows = rows.annotate(all_tasks=Count("tasks"), done_tasks=Count("tasks", filter=Q(tasks__done_at__isnull=False))).order_by("-raised_at")
    return [
        OpenEmergency(
            e.uid, e.case.uid, e.case.number or "", e.case.title, e.case.address, e.raised_at, e.all_tasks, e.done_tasks,
            *(lonlat_of(e.case) or (None, None)),
        )
        for e in rows[:MOST]
    ]  # fmt: skip
