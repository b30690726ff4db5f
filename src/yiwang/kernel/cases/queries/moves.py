"""What the reader may do now on a case: the same tests as the service makes, asked before anybody presses a button.

The page shows these and nothing else. The service asks again under the lock, so a stale page does no harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.config import MatterConfig, action_table
from yiwang.kernel.cases.contracts import Move
from yiwang.kernel.cases.models import Case, CaseActor, Clock, Task
from yiwang.kernel.cases.queries import names, work
from yiwang.kernel.identity.queries import delegators

REQUEST_KINDS = ("return", "extension", "suspension", "void", "force_close", "appeal")
ANSWERED_IN_WORDS = ("consult", "supervise")
OWN_PAGE = ("census",)  # parts of a step: their app has a page for them
BLOCKING = ("return", "suspension", "extension")
# What stands first among the folded ones; the rest keeps the order of the action table.
ORDER = ("transfer", "consult", "return", "extend", "suspend", "withdraw", "resume", "redispatch", "merge", "urge", "supervise")


@dataclass(frozen=True)
class _Look:
    """What is read once for all moves of a page."""

    actor: Actor
    case: Case
    config: MatterConfig
    open_tasks: tuple[Task, ...]
    acted_in: frozenset[str]  # the steps in which the actor, or whom he stands in for, had a hand
    org_path: str  # by which organisation he is let at the case


def moves_for(actor: Actor, case: Case) -> list[Move]:
    """Return what the actor may do, the one thing to do now first; moves that 监管分离 forbids say so in `blocked`.

    A handful of queries whatever the case. The caller has checked that the actor may see the case.
    """
    config = configs.of_version(case.matter_version_id)
    tasks = tuple(
        Task.all_modes.filter(case=case, state="open").select_related("org", "account").order_by("pk")
    )
    look = _Look(actor, case, config, tasks, _acted_in(actor, case), _org_path(actor, case))
    mine = [t for t in tasks if work.may_do(actor, t)]
    found: list[Move] = []
    for task in sorted(mine, key=_task_order):
        found += _request_moves(look, task) if task.kind != "process" else _step_moves(look, task)
    found += _case_moves(look, mine)
    return _primary_first(found)


def _acted_in(actor: Actor, case: Case) -> frozenset[str]:
    people = [p for p in (actor.account_id, actor.on_behalf_of_id) if p is not None]
    if not people:
        return frozenset()
    return frozenset(CaseActor.objects.filter(case=case, account_id__in=people).values_list("step", flat=True))


def _task_order(task: Task) -> tuple[int, int]:
    """Answers that others wait for come before one's own step; a process step before a mere opinion."""
    rank = 0 if task.kind in REQUEST_KINDS else 1 if task.kind == "process" else 2
    return rank, task.pk


def _label(config: MatterConfig, action: str) -> str:
    return texts.pick(config.action(action).get("label", action))


def _blocked_by_hands(look: _Look, step: str) -> str:
    barred = sorted(a for a in look.acted_in if step in look.config.separation().get(a, ()))
    if not barred:
        return ""
    acted = _("report") if barred == ["report"] else "、".join(names.step_name(look.case.matter_version_id, b) for b in barred)
    return _("You acted on this case in the step “%(step)s”, so a colleague has to do this.") % {"step": acted}


def _step_moves(look: _Look, task: Task) -> Iterator[Move]:
    case, config = look.case, look.config
    if case.suspended_until is not None:
        return
    name, blocked = texts.pick(task.name), _blocked_by_hands(look, task.step)
    waiting = any(t.parent_id == task.pk and t.kind in BLOCKING for t in look.open_tasks)
    if config.allows(task.step, "complete"):
        why = blocked or (_("A request of yours is still being decided. Wait for the answer, or take it back.") if waiting else "")
        outcomes = [(code, line) for code, line in config.outcomes(task.step).items() if not line.get("hidden")]
        for code, line in outcomes or [("", {})]:
            yield Move(
                action="complete", label=_label(config, "complete"), task_uid=task.uid, task_name=name, outcome=code,
                outcome_label=names.label_of(line) or name, needs_reason=bool(line.get("reason")), step=task.step, blocked=why,
                primary=bool(line.get("primary")),
            )
    for action in action_table():
        if not _offered(config, task, action) or blocked or not _may_ask(look, task, action, waiting):
            continue
        yield Move(
            action=action, label=_label(config, action), task_uid=task.uid, task_name=name, step=task.step,
            needs_reason=bool(config.action(action).get("reason")),
        )


def _offered(config: MatterConfig, task: Task, action: str) -> bool:
    """Say whether the step's table names the action as one of a task; taking back an assignment counts as one."""
    if action in ("complete", "rework") or not config.allows(task.step, action):
        return False
    if action == "withdraw":
        return task.account_id is not None
    return config.action(action).get("on") == "task"


def _may_ask(look: _Look, task: Task, action: str, waiting: bool) -> bool:
    """Say whether asking makes sense now; the exact rules are the service's."""
    case, config = look.case, look.config
    if action in ("return", "suspend", "extend") and waiting:
        return False
    if action == "return":
        return task.account_id is None and not task.data.get("no_return")
    if action == "milestone":
        return Clock.objects.filter(case=case, name="milestone").exclude(state="ended").exists()
    if action == "suspend":
        return not case.was_suspended
    if action == "extend":
        if case.extension_count >= int(config.request("extension").get("most", 2)):
            return False
        return Clock.objects.filter(task=task, name="department", state="running", due_at__gt=now()).exists()
    return True


def _request_moves(look: _Look, task: Task) -> Iterator[Move]:
    """Agree or deny what somebody asked; an opinion or a supervision order is answered in words."""
    name = texts.pick(task.name)
    if task.kind in OWN_PAGE:
        return
    if task.kind in ANSWERED_IN_WORDS:
        yield Move(
            action="complete", label=_label(look.config, "complete"), task_uid=task.uid, task_name=name, outcome_label=name,
            needs_reason=True, step=task.kind,
        )
        return
    people = (look.actor.account_id, look.actor.on_behalf_of_id)
    own = task.data.get("asked_by") is not None and task.data.get("asked_by") in people
    why = _("You asked for this yourself, so a colleague has to decide it.") if own else ""
    for outcome, label in (("agree", _("Agree")), ("deny", _("Turn down"))):
        yield Move(
            action="complete", label=_label(look.config, "complete"), task_uid=task.uid, task_name=name, outcome=outcome,
            outcome_label=label, needs_reason=outcome == "deny", step=task.kind, blocked=why,
        )


def _case_moves(look: _Look, mine: list[Task]) -> Iterator[Move]:
    case, config, actor = look.case, look.config, look.actor
    for action, line in action_table().items():
        if config.action(action).get("on") != "case":
            continue
        states = config.action_states(action)
        if not (case.state in states if states else case.is_open):
            continue
        if not actor.may(config.action_permission(action), area_path=case.area_path, org_path=look.org_path):
            continue
        if not _fits(look, action, mine):
            continue
        yield Move(
            action=action, label=_label(config, action), step="", needs_reason=bool({**line, **config.action(action)}.get("reason")),
        )


def _org_path(actor: Actor, case: Case) -> str:
    if case.org_path.startswith(actor.org_path):
        return case.org_path
    return actor.org_path if work.concerns_org(case, actor.org_path) else case.org_path


def _fits(look: _Look, action: str, mine: list[Task]) -> bool:
    case = look.case
    kinds = {t.kind for t in look.open_tasks}
    if action == "supervise":
        return "process" in kinds
    if action == "urge":
        return any(t.kind == "process" and t not in mine for t in look.open_tasks)
    if action in ("void", "force_close"):
        return action not in kinds
    if action == "appeal":
        asked = Task.all_modes.filter(case=case, kind="appeal").values_list("data__asked_org", flat=True)
        return not any(org is None or org == look.actor.org_id for org in asked) and _in_time(case, config=look.config)
    if action == "merge":
        return case.number is None
    if action == "redispatch":
        return case.dispatched_at is not None and case.suspended_until is None
    if action == "withdraw":
        return _may_take_back(look)
    return True


def _in_time(case: Case, *, config: MatterConfig) -> bool:
    """Say whether an appeal is still made in time."""
    days = int(config.request("appeal").get("within_days", 0))
    return not days or case.closed_at is None or now() <= case.closed_at + timedelta(days=days)


def _may_take_back(look: _Look) -> bool:
    """撤回: who did the last step, while nobody has begun the next, himself or for whom he stands in."""
    account_id = look.actor.account_id
    if account_id is None or any(t.kind == "process" and t.seen_at is not None for t in look.open_tasks):
        return False
    last = (
        Task.all_modes.filter(case=look.case, kind="process", state="done").order_by("-done_at", "-pk")
        .values_list("done_by_id", flat=True).first()
    )
    return last is not None and last in {account_id, *delegators(account_id)}


def _primary_first(found: list[Move]) -> list[Move]:
    """Mark the one primary move and put the others in the order in which people look for them."""
    rank = {code: at for at, code in enumerate(ORDER)}
    open_ones = [m for m in found if m.action == "complete" and not m.blocked]
    task = open_ones[0].task_uid if open_ones else None
    first = next((m for m in open_ones if m.primary and m.task_uid == task), open_ones[0] if open_ones else None)
    rest = [replace(m, primary=False) for m in found if m is not first]
    rest.sort(key=lambda m: (m.action != "complete", rank.get(m.action, len(rank))))
    if first is None:
        return rest
    return [replace(first, primary=True), *rest]
