"""Reads of appeals (申诉): what can be contested, what was lifted for whom, the list of a reader."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityAppeal
from yiwang.apps.city.rules.judging.appeals import Counted
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, CaseOrg, Clock, Task
from yiwang.kernel.identity.models import Organization

ASK, VIEW = "city.case.appeal", "city.judging.view"
SEES_ALL = (VIEW, "city.task.judge_appeal_dispatch", "city.task.judge_appeal_accept")


def accepted(
    *, cases: Collection[int] | None = None, orgs: Collection[int] | None = None, contests: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[CityAppeal]:
    """Return the counts that were lifted, of cases, of bodies, of one kind, or decided in a span; all without arguments.

    One row lifts one count (`contests`) of one body (`org`) in one case and leaves every other as it stands.
    """
    rows = CityAppeal.objects.filter(accepted=True)
    if cases is not None:
        rows = rows.filter(case_id__in=cases)
    if orgs is not None:
        rows = rows.filter(org_id__in=orgs)
    if contests:
        rows = rows.filter(contests=contests)
    if since is not None:
        rows = rows.filter(decided_at__gte=since)
    return rows.filter(decided_at__lt=until) if until is not None else rows


def lifted(case_ids: Collection[int]) -> dict[int, set[tuple[int, str]]]:
    """Return {case: {(body, count)}} of what was lifted; one query."""
    found: dict[int, set[tuple[int, str]]] = {}
    for case_id, org_id, contests in accepted(cases=case_ids).values_list("case_id", "org_id", "contests"):
        found.setdefault(case_id, set()).add((org_id, contests))
    return found


def body_of(actor: Actor, case: Case) -> Organization | None:
    """Return the body for which the actor may contest: his own part of the case, whoever leads before who helped."""
    rank = {"lead": 0, "helper": 1, "past": 2}
    rows = [r for r in CaseOrg.objects.filter(case=case).select_related("org") if r.part in rank]
    fits = [r for r in rows if any(s.org_path and r.org_path.startswith(s.org_path) and case.area_path.startswith(s.area_path) for s in actor.scopes(ASK))]
    return min(fits, key=lambda r: (rank[r.part], r.pk)).org if fits else None


def counted(case: Case, org: Organization) -> Counted:
    """Return what counts against a body in a case; three queries."""
    over = [
        max(c.consumed_minutes - c.total_minutes, (c.stopped_at - c.due_at).total_seconds() / 60 if c.stopped_at else 0.0)
        for c in Clock.objects.filter(case=case, name="department", task__org=org)
    ]
    handled = Task.all_modes.filter(case=case, step="handle", kind="process", org=org, state="done").exclude(outcome="return").count()
    returned = Task.all_modes.filter(case=case, step="handle", kind="process", org=org, outcome="return").count()
    reworks = min(case.rework_count, max(handled - 1, 0)) if handled else 0
    return Counted(over_minutes=max([0.0, *over]), reworks=reworks, returns=returned)


def words(case: Case) -> Mapping[str, Mapping[str, str]]:
    """Return the counts that the case's matter lets a body contest, with their names by language."""
    found: Mapping[str, Mapping[str, str]] = configs.of_version(case.matter_version_id).request("appeal").get("contests", {})
    return found


def of_case(actor: Actor, case: Case) -> list[CityAppeal]:
    return list(visible_to(actor).filter(case=case).select_related("org").order_by("org_id", "pk"))


def visible_to(actor: Actor) -> QuerySet[CityAppeal]:
    """Return the appeals of the reader's own bodies, and all of the area in which he judges or supervises."""
    return CityAppeal.objects.filter(held(actor, ASK, *SEES_ALL, org="org_path"), case__mode="live").select_related("case", "case__matter", "org")


def state_words() -> dict[str, tuple[str, str]]:
    """Return {state: (word, tone)} of an appeal."""
    return {"open": (_("being judged"), "soon"), "accepted": (_("accepted: not counted"), "in_time"), "denied": (_("turned down"), "overdue")}


def state_of(row: CityAppeal) -> str:
    return "open" if row.accepted is None else "accepted" if row.accepted else "denied"
