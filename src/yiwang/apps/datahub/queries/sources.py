"""Sources as pages show them: who sees which, their last runs, what waits to be judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from yiwang.apps.datahub.models import (
    AlarmKind,
    AlarmState,
    Dataset,
    Pull,
    PullState,
    Source,
    SourceAlarm,
    SourceKind,
    SourceState,
)
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible, within

# What pages name of the tables, which they do not read themselves.
__all__ = ["AlarmKind", "Pull", "PullState", "Source", "SourceAlarm", "SourceKind", "SourceState"]
VIEW, EDIT, RUN = "datahub.source.view", "datahub.source.edit", "datahub.source.run"
TREND = 20  # runs of a sparkline


def visible_to(actor: Actor) -> QuerySet[Source]:
    """Return the sources of the bodies and areas in which the actor may see them."""
    return visible(Source.objects.all(), actor, VIEW)


def source_for(actor: Actor, uid: UUID) -> Source:
    """Return one source that the actor sees; NotFound for all others."""
    found = visible_to(actor).select_related("dataset__contract", "org", "made_by").filter(uid=uid).first()
    if found is None:
        raise NotFound(what="source")
    return found


def locked(actor: Actor, uid: UUID | None, permission: str) -> Source:
    """Return one source for a change, its row locked."""
    found = visible_to(actor).select_for_update(of=("self",)).filter(uid=uid).first() if uid is not None else None
    if found is None:
        raise NotFound(what="source")
    actor.require(permission, area_path=found.area_path, org_path=found.org_path)
    return found


def dataset_for(actor: Actor, uid: UUID) -> Dataset:
    """Return a data set for which the actor may keep sources."""
    found = datasets_for(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="dataset")
    return found


def datasets_for(actor: Actor) -> QuerySet[Dataset]:
    return visible(Dataset.objects.select_related("org", "contract"), actor, EDIT).order_by("code")


def listed(actor: Actor, *, state: str = "", text: str = "") -> QuerySet[Source]:
    """Return the sources of a list with how many alarms wait, newest first."""
    rows = visible_to(actor).select_related("dataset", "org")
    if state == "alarm":
        rows = rows.filter(Q(pk__in=SourceAlarm.objects.filter(state=AlarmState.OPEN).values("source_id")))
    elif state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(dataset__code__icontains=text))
    return rows.annotate(waiting=Count("alarms", filter=Q(alarms__state=AlarmState.OPEN)))


def last_pulls(source_ids: Iterable[int], most: int = TREND) -> dict[int, list[Pull]]:
    """Return the last runs of several sources, newest first, in one query."""
    ranked = Pull.objects.filter(source_id__in=list(source_ids)).defer("profile").annotate(
        place=Window(RowNumber(), partition_by=F("source_id"), order_by=F("began_at").desc())
    )
    found: dict[int, list[Pull]] = {}
    for row in ranked.filter(place__lte=most).order_by("source_id", "place"):
        found.setdefault(row.source_id, []).append(row)
    return found


def pulls_of(source: Source) -> QuerySet[Pull]:
    return source.pulls.defer("profile")


def files_of(source: Source) -> list[Any]:
    return list(source.files.order_by("-at", "-pk")[:30])


def alarms_of(source: Source) -> list[SourceAlarm]:
    return list(source.alarms.select_related("judged_by", "pull").order_by("-raised_at", "-pk")[:50])


def alarm_for(actor: Actor, uid: UUID, *, lock: bool = False) -> SourceAlarm:
    rows = SourceAlarm.objects.select_related("source")
    if lock:
        rows = rows.select_for_update(of=("self",))
    wanted = within(actor, VIEW, area="source__area_path", org="source__org_path")
    found = rows.filter(wanted, uid=uid).first() if wanted is not None else None
    if found is None:
        raise NotFound(what="alarm")
    return found


def counts(actor: Actor) -> dict[str, int]:
    """Return how many sources there are, by state, and how many alarms wait."""
    rows = visible_to(actor)
    by_state = {row["state"]: row["n"] for row in rows.order_by().values("state").annotate(n=Count("pk"))}
    waiting = SourceAlarm.objects.filter(state=AlarmState.OPEN, source__in=rows).count()
    return {"all": sum(by_state.values()), **by_state, "alarm": waiting}
