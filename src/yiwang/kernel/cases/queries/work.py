"""Whose work is what: the desk (待办/已办/督办), who may see a case, who may do a task."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from yiwang.kernel.base.actor import Actor, ActorKind, Scope
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case, CaseActor, CaseOrg, Mode, Report, Task
from yiwang.kernel.cases.models.task import NEVER_DUE
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.identity.queries import delegators

VIEW = ".case.view"
SORT_DUE = Coalesce("due_at", NEVER_DUE)  # the order of the index yw_cases_task_due


def _view_permissions(actor: Actor) -> set[str]:
    return {g.permission for g in actor.grants if g.permission.endswith(VIEW)}


def visible_cases(actor: Actor, *, modes: tuple[str, ...] = (Mode.LIVE,), app: str = "") -> QuerySet[Case]:
    """Return the cases that concern the actor: inside his areas, of his organisations, or of his own hands.

    `app` keeps those of one app and leaves out what only the others' rules would ask. Whoever sees by area is asked row by
    row; whoever sees by organisation or hands alone has his cases looked up first: a department with fifty cases of a
    million would else wait until all of them had been asked.
    """
    rows = Case.all_modes.filter(mode__in=modes)
    if app:
        rows = rows.filter(app=app)
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return rows
    by_area, by_org = _places(actor, app)
    if by_area:
        return rows.filter(by_area | _of_orgs(by_org) | _of_hands(actor))
    if (ids := _own(actor, by_org)) is None:
        return rows.none()
    rows = rows.filter(pk__in=ids)
    here = by_org[0][0] if by_org else Q()
    if any(other != here for other, _path in by_org):
        return rows.filter(_of_orgs(by_org) | _of_hands(actor))
    return rows.filter(here | _of_hands(actor)) if here else rows  # whoever is in the set by his body alone has to be in the area too


def _places(actor: Actor, app: str = "") -> tuple[Q, list[tuple[Q, str]]]:
    """Return where the actor sees every case, and where only those of which organisations."""
    by_area, by_org = Q(), []
    for permission in sorted(_view_permissions(actor)):
        of_app = permission.removesuffix(VIEW)
        if app and of_app != app:
            continue
        for scope in actor.scopes(permission):
            here = Q() if app else Q(app=of_app)
            if scope.area_path:
                here &= Q(area_path__startswith=scope.area_path)
            if scope.org_path:
                by_org.append((here, scope.org_path))
            else:
                by_area |= here or Q(pk__isnull=False)
    return by_area, by_org


def _of_orgs(by_org: Sequence[tuple[Q, str]]) -> Q:
    found = Q()
    for here, path in by_org:
        found |= here & Q(Exists(CaseOrg.objects.filter(case=OuterRef("pk"), org_path__startswith=path)))
    return found


def _of_hands(actor: Actor) -> Q:
    if actor.account_id is None:
        return Q()
    found = Q(Exists(CaseActor.objects.filter(case=OuterRef("pk"), account_id=actor.account_id)))
    if actor.is_citizen:
        found |= Q(Exists(Report.all_modes.filter(case=OuterRef("pk"), reporter_account_id=actor.account_id)))
    return found


def _own(actor: Actor, by_org: Sequence[tuple[Q, str]]) -> QuerySet[Any, int] | None:
    """Return the keys of the cases of organisations (wherever they lie) and of hands; None for somebody who has neither."""
    sets: list[QuerySet[Any, int]] = []
    if by_org:
        below = Q()
        for path in dict.fromkeys(path for _here, path in by_org):
            below |= Q(org_path__startswith=path)
        sets.append(CaseOrg.objects.filter(below).values_list("case_id", flat=True))
    if actor.account_id is not None:
        sets.append(CaseActor.objects.filter(account_id=actor.account_id).values_list("case_id", flat=True))
        if actor.is_citizen:
            sets.append(Report.all_modes.filter(reporter_account_id=actor.account_id).values_list("case_id", flat=True))
    return sets[0].union(*sets[1:]) if len(sets) > 1 else sets[0] if sets else None


def case_for(actor: Actor, uid: UUID) -> Case:
    """Return the case, or NotFound when it does not concern the actor."""
    rows = Case.all_modes.filter(uid=uid)  # one row: asked by the rule itself, not looked for among all that he may see
    if actor.kind not in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        by_area, by_org = _places(actor)
        wanted = by_area | _of_orgs(by_org) | _of_hands(actor)
        rows = rows.filter(wanted) if wanted else rows.none()
    found = rows.select_related("matter", "matter_version", "org", "area", "filing_row", "main_case").first()
    if found is None or _kept_out(actor, found):
        raise NotFound(what="case")
    return found


def _kept_out(actor: Actor, case: Case) -> bool:
    """Say whether the matter keeps the reader out for now; asked of ended cases alone, for nobody is kept out of work."""
    if case.is_open or not actor.is_person:
        return False
    keeps = getattr(matters.hooks_for(case), "keeps_out", None)
    return keeps is not None and bool(keeps(actor, case))


def may_see(actor: Actor, case: Case) -> bool:
    """Say whether the case concerns the actor (the same rule as `visible_cases`, for one row)."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return True
    for scope in actor.scopes(f"{case.app}{VIEW}"):
        if not case.area_path.startswith(scope.area_path):
            continue
        if not scope.org_path or concerns_org(case, scope.org_path):
            return True
    if actor.account_id is None:
        return False
    return CaseActor.objects.filter(case=case, account_id=actor.account_id).exists() or (
        actor.is_citizen and case.reports.filter(reporter_account_id=actor.account_id).exists()
    )


def concerns_org(case: Case, org_path: str) -> bool:
    return bool(org_path) and CaseOrg.objects.filter(case=case, org_path__startswith=org_path).exists()


def may_do(actor: Actor, task: Task) -> bool:
    """Say whether the task may be done by the actor: named, standing in, or holding the post's permission there."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    if task.account_id is not None:
        if task.account_id == actor.account_id:
            return True
        return task.account_id in absent_of(actor)
    return actor.may(task.permission, area_path=task.area_path, org_path=task.org_path)


def holds_post(actor: Actor, task: Task) -> bool:
    """Say whether the task lies with the actor's post, whoever it is assigned to (指派可由本部门撤销)."""
    return actor.may(task.permission, area_path=task.area_path, org_path=task.org_path)


def absent_of(actor: Actor) -> Sequence[int]:
    """Return the accounts for whom the actor stands in (代理); a request's actor knows them already."""
    if actor.absent_ids is not None:
        return actor.absent_ids
    return delegators(actor.account_id) if actor.account_id is not None else ()


def task_filter(actor: Actor) -> Q:
    """Return the condition on tasks that the actor may do."""
    wanted = Q()
    alike: dict[tuple[Scope, ...], list[str]] = {}
    for permission in sorted({g.permission for g in actor.grants if ".task." in g.permission}):
        alike.setdefault(actor.scopes(permission), []).append(permission)
    for scopes, permissions in alike.items():  # a post's permissions hold in one place: one condition for all of them
        for scope in scopes:
            here = Q(permission__in=permissions, account__isnull=True)
            if scope.area_path:
                here &= Q(area_path__startswith=scope.area_path)
            if scope.org_path:
                here &= Q(org_path__startswith=scope.org_path)
            wanted |= here
    if actor.account_id is not None:
        wanted |= Q(account_id__in=[actor.account_id, *absent_of(actor)])
    return wanted


def open_tasks(actor: Actor, app: str = "") -> QuerySet[Task]:
    """Return the actor's desk, of one app or all: what waits for him or for his post.

    A task's permission is one of its app's (`stepping` sees to it), so no case is looked at to know whose task it is.
    """
    wanted = task_filter(actor)
    rows = Task.objects.filter(state="open")
    if app:
        rows = rows.filter(permission__startswith=f"{app}.")
    rows = rows.filter(wanted) if wanted else rows.none()
    return rows.select_related("case", "case__matter", "org", "account")


def tasks() -> QuerySet[Task]:
    """Return all tasks, of which a page shows those that were chosen for somebody (`open_tasks`)."""
    return Task.objects.all()


def done_tasks(actor: Actor) -> QuerySet[Task]:
    return (
        Task.objects.filter(done_by_id=actor.account_id, state="done").select_related("case", "case__matter", "org")
        if actor.account_id is not None
        else Task.objects.none()
    )


def supervised(actor: Actor) -> QuerySet[Task]:
    """Return open supervision orders that the actor gave or must answer."""
    asked = Q(data__asked_by=actor.account_id)
    wanted = task_filter(actor)
    return (
        Task.objects.filter(kind="supervise", state="open").filter(asked | wanted if wanted else asked)
        .select_related("case", "case__matter", "org", "account")
    )


def desk_counts(actor: Actor, app: str = "") -> dict[str, int]:
    """Return {overdue, today, later} of the desk, of one app or all, in one query; `today` means within 24 hours."""
    moment = now()
    soon = moment + timedelta(hours=24)
    return open_tasks(actor, app).order_by().aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=moment)),
        today=Count("pk", filter=Q(due_at__gte=moment, due_at__lt=soon)),
        later=Count("pk", filter=Q(due_at__gte=soon) | Q(due_at__isnull=True)),
    )


def may_see_files(actor: Actor, case_uid: UUID) -> bool:
    """Say whether the actor may see the files of a case (registered with the files room)."""
    case = Case.all_modes.filter(uid=case_uid).first()
    if case is None:
        return False
    if may_see(actor, case):
        return True
    return any(may_do(actor, t) for t in Task.all_modes.filter(case=case, state="open"))
