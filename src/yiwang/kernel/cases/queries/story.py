"""What happened to a case (过程留痕), who works on it now, what was reported: reads for a case page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.kernel.audit.queries import events_of_case
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case, CaseOrg, Clock, Report, Task
from yiwang.kernel.identity.models import Account, Organization


@dataclass(frozen=True, kw_only=True)
class StoryLine:
    """One line of the record, joined with the names that a reader needs. `data` never holds personal values."""

    seq: int
    uid: UUID
    at: datetime
    recorded_at: datetime
    action: str
    step: str
    outcome: str
    from_state: str
    to_state: str
    actor_kind: str
    actor_id: int | None
    actor_name: str
    post_name: str
    organization: dict[str, str]
    on_behalf_of: str
    data: Mapping[str, Any]
    lon: float | None = None
    lat: float | None = None


def story(case: Case) -> list[StoryLine]:
    """Return the case's lines, oldest first; three queries."""
    rows = list(events_of_case(case.pk))
    orgs = dict(Organization.objects.filter(pk__in={e.org_id for e in rows if e.org_id}).values_list("pk", "name"))
    absent = {e.on_behalf_of_id for e in rows if e.on_behalf_of_id}
    names = dict(Account.objects.filter(pk__in=absent).values_list("pk", "name"))
    return [
        StoryLine(
            seq=e.case_seq or 0, uid=e.uid, at=e.occurred_at, recorded_at=e.recorded_at, action=e.action, step=e.step,
            outcome=e.outcome, from_state=e.from_state, to_state=e.to_state, actor_kind=e.actor_kind, actor_id=e.actor_id,
            actor_name=e.actor_name, post_name=e.post_name, organization=orgs.get(e.org_id or 0, {}),
            on_behalf_of=names.get(e.on_behalf_of_id or 0, ""), data=e.data, lon=e.lon, lat=e.lat,
        )
        for e in rows
    ]


def open_tasks_of(case: Case) -> list[Task]:
    """Return what the case waits for, its main line first."""
    rows = Task.all_modes.filter(case=case, state="open").select_related("org", "account", "parent").order_by("pk")
    return sorted(rows, key=lambda t: (t.kind != "process", t.pk))


def steps_done(case: Case) -> list[tuple[str, str, datetime | None]]:
    """Return (step, outcome, when) of the process steps that were done, in their order."""
    return list(
        Task.all_modes.filter(case=case, kind="process", state="done").order_by("done_at", "pk")
        .values_list("step", "outcome", "done_at")
    )


def reports_of(case: Case) -> list[Report]:
    """Return what was told about the case: the report that opened it first, then those that joined."""
    return list(Report.all_modes.filter(case=case).order_by("-opened_case", "received_at", "pk"))


def orgs_of(case: Case) -> list[CaseOrg]:
    """Return the bodies that the case concerns or concerned: lead, helpers, consulted, past."""
    rank = {"lead": 0, "helper": 1, "consult": 2, "past": 3}
    rows = CaseOrg.objects.filter(case=case).select_related("org").order_by("pk")
    return sorted(rows, key=lambda r: rank.get(r.part, 9))


def open_milestones(case: Case) -> list[tuple[str, str]]:
    """Return the milestones (节点: 制止、罚、拆) that have not been reached as (code, words)."""
    waiting = Clock.objects.filter(case=case, name="milestone").exclude(state="ended").order_by("pk").values_list("step", flat=True)
    row = case.filing_row
    words = {m["code"]: texts.pick(m["name"]) for m in (row.milestones if row is not None else [])}
    return [(code, words.get(code, code)) for code in waiting]


def colleagues(task: Task, actor: Actor, most: int = 50) -> list[Account]:
    """Return the people who could do the task (指派、转办), without the actor himself."""
    from yiwang.kernel.identity.models import RoleGrant
    from yiwang.kernel.identity.queries import holders

    roles = RoleGrant.objects.filter(permission=task.permission).values_list("role__code", flat=True).distinct()
    found: dict[int, Account] = {}
    for role in roles:
        for account in holders(role=role, org_path=task.org_path, area_path=task.area_path)[: most + 1]:
            if account.pk != actor.account_id:
                found[account.pk] = account
    return sorted(found.values(), key=lambda a: a.name or a.username)[:most]
