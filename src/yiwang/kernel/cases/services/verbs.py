"""What each action does, once it has been permitted. Each returns the tasks that it opened."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Case, CaseOrg, Clock, Report, Task
from yiwang.kernel.cases.rules.clocks import ClockEffect
from yiwang.kernel.cases.services import clocks, ending, events, numbering, parts, requests, stepping
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.identity.queries import current_holdings

Verb = Callable[[ActionContext, MatterConfig], list[Task]]


def verb_of(action: str, task: Task | None) -> Verb:
    """Return what does the action; a request's task is decided, not completed."""
    if task is not None and task.kind != "process":
        if action not in ("complete", "withdraw"):
            raise BadInput.one("action", "unknown", _("This task can only be answered."))
        if task.kind == parts.KIND and action == "complete":
            return parts.answer
        return requests.decide if action == "complete" else requests.take_back
    return VERBS[action]


def _complete(context: ActionContext, config: MatterConfig) -> list[Task]:
    task = _task(context)
    outcome = config.outcome(task.step, context.request.outcome)
    finish(context, task)
    apply_effects(context, config, config.effects(context.request.action), task)
    if config.is_department(task.step):
        _department_done(context, task, stop=not outcome.get("returns"))
    if outcome.get("files"):
        file_case(context, config)
    if outcome.get("counts") == "rework":
        context.case.rework_count += 1
    variables = {"outcome": context.request.outcome, **context.variables}
    moved = stepping.complete(task, variables, context.at, context.actor, context.limit)
    return _moved(context, config, moved)


def _moved(context: ActionContext, config: MatterConfig, moved: stepping.Moved) -> list[Task]:
    if moved.decisions:
        context.event_data["decisions"] = moved.decisions
    if moved.end_id:
        ending.end(context.case, config.ends().get(moved.end_id, "closed"), context.at)
    return moved.opened


def finish(context: ActionContext, task: Task) -> None:
    """Close the task row: who did it, when, with what."""
    task.state, task.done_at = "done", context.at
    task.done_by_id, task.done_by_name = context.actor.account_id, context.actor.recorded_name
    task.action, task.outcome = context.request.action, context.request.outcome
    task.save()


def apply_effects(context: ActionContext, config: MatterConfig, effects: dict[str, ClockEffect], task: Task | None) -> None:
    clocks.apply(
        context.case, effects, context.at, action=context.request.action, task=task, by=context.actor.recorded_name,
        reason=context.request.reason,
    )


def _department_done(context: ActionContext, task: Task, *, stop: bool) -> None:
    """处置完成 stops the department's clock, and the case's once no department works on it."""
    word = ClockEffect.STOP if stop else ClockEffect.END
    apply_effects(context, MatterConfig({"app": context.case.app}), {"department": word}, task)
    others = Task.all_modes.filter(case=context.case, step=task.step, kind="process", state="open").exists()
    if stop and not others:
        context.case.handled_at = context.at
        ended = {"case": ClockEffect.STOP, "milestone": ClockEffect.STOP}
        apply_effects(context, MatterConfig({"app": context.case.app}), ended, None)


def file_case(context: ActionContext, config: MatterConfig) -> None:
    """立案: draw the number, set the moment. From here on the county must answer."""
    case = context.case
    if case.number is None:
        case.number = numbering.draw(case, config, context.at)
        case.filed_at = context.at
        context.event_data["number"] = case.number


def _task(context: ActionContext) -> Task:
    if context.task is None:
        raise BadInput.one("task", "required", _("Say which task this is about."))
    return context.task


def _redispatch(context: ActionContext, config: MatterConfig) -> list[Task]:
    """改派: back to the dispatching step and on to another department in one act."""
    case = context.case
    to_step = _dispatch_step(case, config)
    open_work = list(Task.all_modes.filter(case=case, kind="process", state="open"))
    for task in open_work:
        if config.is_department(task.step):
            apply_effects(context, config, config.effects("redispatch"), task)
    moved = stepping.go_back(case, to_step, {}, context.at, context.actor)
    waiting = next((t for t in moved.opened if t.step == to_step), None)
    if waiting is None:
        raise ActionNotAllowed(action="redispatch", state=config.state_name(case.state))
    waiting.case = case
    finish(context, waiting)
    apply_effects(context, config, {"stage": ClockEffect.END}, waiting)
    variables = {"outcome": "dispatch", **context.variables}
    return _moved(context, config, stepping.complete(waiting, variables, context.at, context.actor, context.limit))


def _dispatch_step(case: Case, config: MatterConfig) -> str:
    steps: list[str] = list(config.raw.get("dispatch_steps", ["dispatch"]))
    last = (
        Task.all_modes.filter(case=case, kind="process", state="done", step__in=steps).order_by("-done_at", "-pk")
        .values_list("step", flat=True).first()
    )
    if last is None:
        raise ActionNotAllowed(action="redispatch", state=config.state_name(case.state), why=_("It has not been dispatched yet."))
    return str(last)


def _transfer(context: ActionContext, config: MatterConfig) -> list[Task]:
    """转办/指派: the task goes to a named colleague who could do it, or back to the post (empty)."""
    task = _task(context)
    if task.account_id is not None:
        raise ActionNotAllowed(
            action="transfer", state=config.state_name(context.case.state), why=_("It is assigned: take the assignment back first.")
        )
    uid = context.request.data.get("account")
    if not uid:
        task.account = None
    else:
        account = Account.objects.filter(uid=_uid(context, "account"), is_active=True).first()
        if account is None:
            raise BadInput.one("account", "unknown", _("There is no such person."))
        fits = any(
            h.post.role.grants.filter(permission=task.permission).exists()
            and task.org_path.startswith(h.org_scope.path if h.org_scope else "")
            and task.area_path.startswith(h.area.path if h.area else "")
            for h in current_holdings(account.pk)
        )
        if not fits:
            raise BadInput.one("account", "not-permitted", _("%(name)s has no post that may do this task.") % {"name": account.name})
        task.account = account
        context.event_data["to"] = str(account.uid)
        context.event_data["to_name"] = account.name
    task.save(update_fields=["account"])
    stepping.refresh_state(context.case, config)
    return []


def _consult(context: ActionContext, config: MatterConfig) -> list[Task]:
    """会办: ask another body for its opinion; it answers on its own task."""
    parent = _task(context)
    org = Organization.objects.filter(uid=_uid(context, "org"), is_active=True).first()
    if org is None:
        raise BadInput.one("org", "unknown", _("There is no such organization."))
    CaseOrg.objects.get_or_create(
        case=context.case, org=org, defaults={"org_path": org.path, "part": "consult"}
    )
    task = requests.open_task(
        context, "consult", permission=config.step_permission("handle"), org=org, parent=parent
    )
    context.event_data["org"] = org.code
    return [task]


def _uid(context: ActionContext, name: str) -> UUID:
    try:
        return UUID(str(context.request.data.get(name, "")))
    except ValueError as error:
        raise BadInput.one(name, "required", _("Choose one from the list.")) from error


def _resume(context: ActionContext, config: MatterConfig) -> list[Task]:
    resume(context.case, context.at, by=context.actor.recorded_name, config=config)
    return []


def resume(case: Case, at: datetime, *, by: str, config: MatterConfig) -> None:
    """挂账恢复: the remaining time runs on from `at`."""
    if case.suspended_until is None:
        raise ActionNotAllowed(action="resume", state=config.state_name(case.state), why=_("It is not suspended."))
    case.suspended_until = None
    case.timers.filter(kind="resume", fired_at__isnull=True).delete()
    open_ids = set(Task.all_modes.filter(case=case, state="open").values_list("pk", flat=True))
    for clock in Clock.objects.filter(case=case, state="paused"):
        if clock.task_id is not None and clock.task_id not in open_ids:
            continue
        clock.case = case
        clocks.change(clock, ClockEffect.RESUME, at, action="resume", by=by)
    stepping.refresh_state(case, config)


def _urge(context: ActionContext, config: MatterConfig) -> list[Task]:
    context.case.urge_count += 1
    return []


def _withdraw(context: ActionContext, config: MatterConfig) -> list[Task]:
    """撤回: who did the last step takes it back while nobody has begun the next; or an assignment is undone."""
    case = context.case
    if context.task is not None:
        if context.task.account_id is None:
            raise ActionNotAllowed(action="withdraw", state=config.state_name(case.state), why=_("It is assigned to nobody."))
        context.task.account = None
        context.task.save(update_fields=["account"])
        stepping.refresh_state(case, config)
        return []
    last = Task.all_modes.filter(case=case, kind="process", state="done").order_by("-done_at", "-pk").first()
    begun = Task.all_modes.filter(case=case, kind="process", state="open", seen_at__isnull=False).exists()
    if last is None or last.done_by_id != context.actor.account_id or begun:
        raise ActionNotAllowed(
            action="withdraw", state=config.state_name(case.state),
            why=_("Only who did the last step may take it back, before anybody has begun the next."),
        )
    moved = stepping.go_back(case, last.step, {}, context.at, context.actor)
    context.event_data["step"] = last.step
    return moved.opened


def _merge(context: ActionContext, config: MatterConfig) -> list[Task]:
    """并案: the reports go to the main case; this one ends as merged. The main case counts once."""
    case = context.case
    main = Case.all_modes.select_for_update(of=("self",)).filter(uid=_uid(context, "main"), mode=case.mode).first()
    if main is None or main.pk == case.pk:
        raise BadInput.one("main", "unknown", _("Choose the case to join."))
    if not main.is_open:
        raise BadInput.one("main", "closed", _("That case is already closed. Reopen it, or file this one."))
    if main.matter_id != case.matter_id:
        raise BadInput.one("main", "other-matter", _("Only cases of the same matter can be joined."))
    if case.number is not None:
        raise ActionNotAllowed(action="merge", state=config.state_name(case.state), why=_("A filed case is not joined to another."))
    Report.all_modes.filter(case=case).update(case=main, opened_case=False)
    case.parties.update(case=main)
    case.main_case = main
    context.event_data["main"] = str(main.uid)
    if context.task is not None:
        finish(context, context.task)
    ending.end(case, "merged", context.at)
    events.write(context.actor, main, "merged_in", at=context.at, from_state=main.state, data={"from": str(case.uid)})
    main.version += 1
    main.save(update_fields=["event_count", "event_head", "version"])
    return []


def _reopen(context: ActionContext, config: MatterConfig) -> list[Task]:
    """重开: a closed case goes back to rework on the version it began with."""
    case = context.case
    variables = {**stepping.variables_of(case), "reopened": True, "self_handled": False}
    case.closed_at, case.outcome = None, ""
    case.reopen_count += 1
    moved = stepping.begin(case, variables, context.at, context.actor)
    for clock in Clock.objects.filter(case=case, name__in=("case", "department"), state="ended").order_by("pk"):
        clock.state = "stopped"  # the rest of the limit, if any, runs on when the department gets it again
        clock.save(update_fields=["state"])
    return moved.opened


def _correct(context: ActionContext, config: MatterConfig) -> list[Task]:
    """更正: a superior corrects a fact with a reason; old and new stand in the event."""
    case = context.case
    changed: dict[str, Any] = {}
    for field, most in (("title", 200), ("description", 10_000), ("address", 256)):
        if field in context.request.data:
            given = context.request.data[field]
            value = given.strip() if isinstance(given, str) else ""
            if not value or len(value) > most:
                raise BadInput.one(field, "length", _("1 to %(most)s characters.") % {"most": most})
            if value != getattr(case, field):
                changed[field] = {"from": getattr(case, field), "to": value}
                setattr(case, field, value)
    changed.update(context.event_data.pop("corrected", {}))
    if not changed:
        raise BadInput.one("data", "nothing", _("Nothing has been changed."))
    context.event_data["corrected"] = changed
    return []


def _escalate(context: ActionContext, config: MatterConfig) -> list[Task]:
    context.case.data = {**context.case.data, "emergency": True}
    context.case.is_urgent = True
    return []


def _milestone(context: ActionContext, config: MatterConfig) -> list[Task]:
    """节点完成: a milestone of the condition (制止, 罚, 拆) has been reached; its own clock ends."""
    code = str(context.request.data.get("code") or "")
    clock = Clock.objects.filter(case=context.case, name="milestone", step=code).exclude(state="ended").first()
    if clock is None:
        left = Clock.objects.filter(case=context.case, name="milestone").exclude(state="ended").values_list("step", flat=True)
        raise BadInput.one("code", "unknown", _("Choose one of: %(list)s.") % {"list": ", ".join(left) or "-"})
    clock.case = context.case
    clocks.change(clock, ClockEffect.END, context.at, action="milestone", by=context.actor.recorded_name, reason=context.request.reason)
    context.event_data["milestone"] = code
    return []


def _note(context: ActionContext, config: MatterConfig) -> list[Task]:
    if not context.request.reason.strip() and not context.request.files:
        raise BadInput.one("reason", "required", _("Write the note, or add a picture."))
    return []


VERBS: dict[str, Verb] = {
    "complete": _complete,
    "rework": _complete,
    "redispatch": _redispatch,
    "transfer": _transfer,
    "consult": _consult,
    "resume": _resume,
    "urge": _urge,
    "withdraw": _withdraw,
    "merge": _merge,
    "reopen": _reopen,
    "correct": _correct,
    "escalate": _escalate,
    "note": _note,
    "milestone": _milestone,
    "return": requests.ask,
    "suspend": requests.ask,
    "extend": requests.ask,
    "supervise": requests.ask,
    "void": requests.ask,
    "force_close": requests.ask,
    "appeal": requests.ask,
}
