"""What moved last in an area: the event's own words, the case's number and title; who did it is not said on a wall."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from yiwang.apps.city.queries.screen.place import Place
from yiwang.apps.city.rules.screen import spec
from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case
from yiwang.kernel.ui.desks import timeline

APP = "city."


@dataclass(frozen=True)
class Told:
    """One line of the ticker."""

    position: int
    at: datetime
    uid: UUID
    number: str
    title: str
    action: str
    state: str
    tone: str


def last(place: Place, position: int, moment: datetime) -> list[Told]:
    """Return the last events of the area's cases, the newest first; two statements."""
    rows = Event.objects.filter(
        position__lte=position, recorded_at__gte=moment - timedelta(hours=spec().ticker_hours), area_path__startswith=place.path,
        matter__startswith=APP, case_id__isnull=False,
    ).order_by("-position").only("position", "occurred_at", "case_id", "action", "step", "outcome", "to_state", "data")[: spec().ticker]  # fmt: skip
    events = list(rows)
    found = {
        c.pk: c for c in Case.objects.filter(pk__in={e.case_id for e in events}).only("pk", "uid", "number", "title", "matter_version", "app")
    }
    return [_told(e, found[e.case_id]) for e in events if e.case_id in found]


def _told(event: Any, case: Case) -> Told:
    config = configs.of_version(case.matter_version_id)
    return Told(
        position=event.position, at=event.occurred_at, uid=case.uid, number=case.number or "", title=case.title, action=timeline.what(event, config, case.matter_version_id),
        state=config.state_name(event.to_state) if event.to_state else "", tone="overdue" if event.action in ("escalate", "supervise", "overdue") else "accent",
    )  # fmt: skip
