"""What waits for a leader's word: extensions, suspensions, voidings, forced closings, returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Task
from yiwang.kernel.cases.queries import clocks, work
from yiwang.kernel.cases.queries.clocks import ClockLine
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.models import Organization

HERE = ("extension", "suspension", "void", "force_close", "return")  # yes or no with a reason is all that they need
ELSEWHERE = ("appeal",)  # ask more: their own page has it
PHOTOS = 4


@dataclass(frozen=True)
class Asked:
    """One request with the facts to decide on."""

    task: Task
    clock: ClockLine | None
    photos: list[Any]
    body: Mapping[str, str]
    until: Any
    own: bool  # he, or whom he stands in for, asked for it himself
    here: bool


def waiting(actor: Actor) -> QuerySet[Task]:
    """Return what waits for the actor's yes or no."""
    return work.open_tasks(actor, "city").filter(kind__in=(*HERE, *ELSEWHERE))


def asked(actor: Actor, tasks: list[Task]) -> list[Asked]:
    """Return the requests with clock, photos and the body that asks; four queries whatever their number."""
    running = clocks.of_cases([t.case for t in tasks])
    photos = files.of_subjects("case", [t.case.uid for t in tasks])
    bodies = dict(Organization.objects.filter(pk__in=[t.data.get("asked_org") for t in tasks if t.data.get("asked_org")]).values_list("pk", "name"))
    people = (actor.account_id, actor.on_behalf_of_id)
    return [
        Asked(
            task=t, clock=running.get(t.case_id), photos=[f for f in photos.get(t.case.uid, []) if f.kind == "photo"][-PHOTOS:],
            body=bodies.get(t.data.get("asked_org"), {}), until=parse_datetime(str(t.data.get("until") or "")),
            own=t.data.get("asked_by") is not None and t.data.get("asked_by") in people, here=t.kind in HERE,
        )
        for t in tasks
    ]  # fmt: skip


def task_of(actor: Actor, uid: UUID) -> Task:
    """Return a request of a case that the actor sees, decided or not. Raises NotFound."""
    found = Task.all_modes.select_related("case").filter(uid=uid, kind__in=HERE, case__app="city").first()
    if found is None or not (work.may_see(actor, found.case) or work.may_do(actor, found)):
        raise NotFound(what="task")
    return found
