"""Making tasks, timers and the case's state agree with what the process waits for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import Limit
from yiwang.kernel.cases.models import Case, CaseOrg, Clock, EngineState, Task, Timer
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.cases.rules.clocks import ClockEffect
from yiwang.kernel.cases.services import clocks, events
from yiwang.kernel.process import engine
from yiwang.kernel.process.contracts import Advance, Step


@dataclass
class Moved:
    """What an advance changed: new and cancelled tasks, and the outcome when the process came to its end."""

    opened: list[Task] = field(default_factory=list)
    cancelled: list[Task] = field(default_factory=list)
    end_id: str = ""
    decisions: list[dict[str, Any]] = field(default_factory=list)


def begin(case: Case, variables: Mapping[str, Any], at: datetime, actor: Actor) -> Moved:
    """Start the process of a new (or reopened) case."""
    advance = engine.start(matters.definition_of(case.matter_version_id), dict(variables), at)
    return _take(case, advance, at, actor, None, new=True)


def complete(task: Task, variables: Mapping[str, Any], at: datetime, actor: Actor, limit: Limit | None) -> Moved:
    """Complete a process task with its variables."""
    case = task.case
    advance = engine.complete(
        matters.definition_of(case.matter_version_id), _state(case), task.engine_id, dict(variables), at
    )
    return _take(case, advance, at, actor, limit)


def go_back(case: Case, to_step: str, variables: Mapping[str, Any], at: datetime, actor: Actor) -> Moved:
    """Return to an earlier step; later ones are undone in the engine, never in the history of events."""
    advance = engine.go_back(matters.definition_of(case.matter_version_id), _state(case), to_step, dict(variables), at)
    return _take(case, advance, at, actor, None)


def wake(case: Case, at: datetime, actor: Actor) -> Moved:
    """Fire the process's own timers that are due at the logical moment `at`."""
    advance = engine.wake(matters.definition_of(case.matter_version_id), _state(case), at)
    return _take(case, advance, at, actor, None)


def variables_of(case: Case) -> dict[str, Any]:
    return dict(case.data.get("_process", {}))


def _state(case: Case) -> bytes:
    return bytes(EngineState.objects.values_list("state", flat=True).get(case=case))


def _take(case: Case, advance: Advance, at: datetime, actor: Actor, limit: Limit | None, *, new: bool = False) -> Moved:
    config = configs.of_version(case.matter_version_id)
    moved = Moved(end_id=advance.end_id or "" if advance.ended else "")
    moved.decisions = [
        {"decision": d.decision_id, "rows": list(d.matched_rows), "outputs": dict(d.outputs)} for d in advance.decisions
    ]
    case.data = {**case.data, "_process": _plain_variables(advance.variables)}
    if advance.ended:
        moved.cancelled = _cancel(case, set(), at)
        EngineState.objects.filter(case=case).delete()
        return moved
    if new:
        EngineState.objects.create(case=case, state=advance.state)
    else:
        EngineState.objects.filter(case=case).update(state=advance.state)
    waiting = {s.engine_id: s for s in advance.waiting}
    moved.cancelled = _cancel(case, set(waiting), at) if not new else []
    known = set(
        Task.all_modes.filter(case=case, kind="process", state="open").values_list("engine_id", flat=True)
    ) if not new else set()
    timers = set(
        Timer.objects.filter(case=case, kind="engine", fired_at__isnull=True).values_list("engine_id", flat=True)
    ) if not new else set()
    for step in advance.waiting:
        if step.kind == "timer":
            if step.engine_id not in timers and step.due_at is not None:
                Timer.objects.create(case=case, kind="engine", engine_id=step.engine_id, due_at=step.due_at)
        elif step.engine_id not in known:
            moved.opened.append(_open(case, config, step, at, limit, advance.variables, actor))
    if timers - set(waiting):
        Timer.objects.filter(case=case, kind="engine", fired_at__isnull=True).exclude(engine_id__in=set(waiting)).delete()
    refresh_state(case, config)
    return moved


def _plain_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in variables.items() if isinstance(v, str | int | float | bool | list | dict | type(None))}


def _cancel(case: Case, keep: set[str], at: datetime) -> list[Task]:
    """Cancel process tasks that the engine no longer waits for, and what hangs below them."""
    gone = [
        t for t in Task.all_modes.filter(case=case, kind="process", state="open") if t.engine_id not in keep
    ]
    if not gone:
        return []
    ids = [t.pk for t in gone]
    children = list(Task.all_modes.filter(parent_id__in=ids, state="open").exclude(kind__in=("supervise", "void", "force_close")))
    Task.all_modes.filter(pk__in=ids + [c.pk for c in children]).update(state="cancelled", done_at=at)
    events.note_left(case, gone + children)
    for clock in Clock.objects.filter(task_id__in=ids).exclude(state="ended"):
        clock.case = case
        clocks.change(clock, ClockEffect.END, at, action="cancel")
    return gone + children


def _open(
    case: Case, config: MatterConfig, step: Step, at: datetime, limit: Limit | None, variables: Mapping[str, Any], actor: Actor
) -> Task:
    scope = matters.hooks_for(case).task_scope(case, step.spec, step.lane, step.index, variables)
    if not scope.permission.startswith(f"{case.app}."):  # the desk of an app finds its tasks by it (queries/work.py)
        raise ImproperlyConfigured(f"step {step.spec}: permission {scope.permission!r} is not one of {case.app}'s")
    task = Task(
        case=case, kind="process", step=step.spec, name=dict(step.name), engine_id=step.engine_id, group=step.group or "",
        index=step.index or 0, permission=scope.permission, area_path=scope.area_path, org_id=scope.org_id,
        org_path=scope.org_path, account_id=scope.account_id, mode=case.mode, is_urgent=case.is_urgent, opened_at=at,
    )
    stage = None if config.is_department(step.spec) else config.step_limit(step.spec)
    if stage is not None:
        task.due_at = clocks.due_of(case, stage, at)
    task.save(force_insert=True)
    if stage is not None:
        clocks.begin(case, "stage", stage, at, task=task, by=actor.recorded_name)
    elif config.is_department(step.spec):
        _department(case, config, task, step, at, limit, actor)
    return task


def _department(
    case: Case, config: MatterConfig, task: Task, step: Step, at: datetime, limit: Limit | None, actor: Actor
) -> None:
    """Give a department its task: a stopped clock of its own runs on (返工), else a new one starts (派遣, 改派)."""
    part = "lead" if not step.index else "helper"
    if task.org_id:
        if part == "lead":
            CaseOrg.objects.filter(case=case, part="lead").exclude(org_id=task.org_id).update(part="past")
            case.org_id, case.org_path = task.org_id, task.org_path
        CaseOrg.objects.update_or_create(
            case=case, org_id=task.org_id, defaults={"org_path": task.org_path, "part": part}
        )
    if case.dispatched_at is None:
        case.dispatched_at = at
    kept = Clock.objects.filter(case=case, name="department", state="stopped", task__org_id=task.org_id).order_by("-pk").first()
    overall = Clock.objects.filter(case=case, name="case").exclude(state="ended").order_by("-pk").first()
    if limit is None:
        limit = _limit_again(kept or overall)
    if kept is not None:
        kept.task, kept.case = task, case
        kept.save(update_fields=["task"])
        clocks.change(kept, ClockEffect.RESUME, at, action="rework", by=actor.recorded_name)
        task.due_at = kept.due_at
    elif limit is not None:
        clocks.begin(case, "department", limit, at, task=task, by=actor.recorded_name)
    if overall is not None:
        overall.case = case
        clocks.change(overall, ClockEffect.RESUME, at, action="rework", by=actor.recorded_name)
    elif limit is not None:
        clocks.begin(case, "case", limit, at, by=actor.recorded_name)
        for milestone in limit.milestones:
            inner = Limit(
                unit=milestone.unit, value=milestone.value, manual_row_id=limit.manual_row_id, rule=texts.pick(milestone.name, "zh-hans")
            )
            clocks.begin(case, "milestone", inner, at, by=actor.recorded_name, step=milestone.code)
    task.save(update_fields=["due_at"])


def _limit_again(clock: Clock | None) -> Limit | None:
    if clock is None:
        return None
    return Limit(unit=clock.unit, value=clock.limit_value, manual_row_id=clock.manual_row_id)


def refresh_state(case: Case, config: MatterConfig) -> None:
    """Set the case's state from the first open step of the main line; requests and suspension show through."""
    if case.suspended_until is not None:
        case.state = "suspended"
        return
    open_tasks = list(
        Task.all_modes.filter(case=case, state="open").order_by("pk").values_list("kind", "step", "account_id", "seen_at")
    )
    for kind, *_rest in open_tasks:
        if word := config.request(kind).get("state"):
            case.state = str(word)
            return
    for kind, step, account_id, _seen in open_tasks:
        if kind == "process" and (word := config.step_state(step)):
            assigned = config.step(step).get("state_assigned")
            case.state = str(assigned) if assigned and account_id else word
            return


def uids(tasks: list[Task]) -> tuple[UUID, ...]:
    return tuple(t.uid for t in tasks)
