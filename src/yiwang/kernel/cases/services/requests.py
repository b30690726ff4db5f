"""What one asks and another decides: return, extension, suspension, void, force-close, appeal; supervision orders."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.errors import ActionNotAllowed, LimitReached, SameHands
from yiwang.kernel.cases.models import Case, Clock, Task
from yiwang.kernel.cases.services import clocks, ending, events, stepping
from yiwang.kernel.identity.models import Organization

# While one of these waits for its answer, its own step is not completed.
BLOCKING = ("return", "suspension", "extension")
AGREE, DENY = "agree", "deny"
MOST_SUSPENDED = timedelta(days=366)  # 挂账: at most a year

NAMES = {
    "return": {"zh-Hans": "回退审批", "en": "Decide the return"},
    "suspension": {"zh-Hans": "挂账审批", "en": "Decide the suspension"},
    "extension": {"zh-Hans": "延期审批", "en": "Decide the extension"},
    "void": {"zh-Hans": "作废审批", "en": "Decide the voiding"},
    "force_close": {"zh-Hans": "强制结案审批", "en": "Decide the forced closing"},
    "appeal": {"zh-Hans": "申诉审核", "en": "Judge the appeal"},
    "supervise": {"zh-Hans": "督办答复", "en": "Answer the supervision order"},
    "consult": {"zh-Hans": "会办意见", "en": "Give an opinion"},
}
LEADERS_NOTE = {"zh-Hans": "批示答复", "en": "Answer the leader's note"}


def open_task(
    context: ActionContext, kind: str, *, permission: str, org: Organization | None = None, parent: Task | None = None,
    due_at: datetime | None = None, area_path: str | None = None, org_path: str = "", account_id: int | None = None,
    more: dict[str, Any] | None = None, at: datetime | None = None,
) -> Task:
    """Open a task of a kind beside the process."""
    case, request, actor = context.case, context.request, context.actor
    return Task.all_modes.create(
        case=case, kind=kind, step=kind, name=NAMES[kind], parent=parent, permission=permission,
        area_path=case.area_path if area_path is None else area_path, org=org, org_path=org.path if org else org_path,
        account_id=account_id, mode=case.mode, is_urgent=case.is_urgent or kind == "supervise",
        opened_at=at or context.at, due_at=due_at,
        data={"asked_by": actor.account_id, "asked_by_name": actor.recorded_name, "asked_org": actor.org_id,
              "reason": request.reason, "action": request.action, **(more or {})},
    )


def ask(context: ActionContext, config: MatterConfig) -> list[Task]:
    """Open the request; its rule (`_RULES`) checks that it may be asked at all."""
    kind = str(config.action(context.request.action)["request"])
    if kind == "supervise":
        return [_supervise(context, config)]
    if Task.all_modes.filter(case=context.case, kind=kind, state="open", parent=context.task).exists():
        raise ActionNotAllowed(
            action=context.request.action, state=config.state_name(context.case.state),
            why=_("The same request is already waiting for its answer."),
        )
    count, more = _RULES[kind](context, config)
    stages = config.request_stages(kind, count)
    if kind == "return" and count >= int(config.request(kind).get("arbitrate_after", 2)):
        stages = tuple(config.request(kind).get("arbitration", stages))
    task = open_task(
        context, kind, permission=stages[0], parent=context.task, more={**more, "stages": list(stages), "stage": 0, "count": count}
    )
    stepping.refresh_state(context.case, config)
    return [task]


def _rule_return(context: ActionContext, config: MatterConfig) -> tuple[int, dict[str, Any]]:
    task = context.task
    if task is not None and task.data.get("no_return"):
        raise ActionNotAllowed(
            action="return", state=config.state_name(context.case.state),
            why=_("This is the last resort by place (属地兜底); it cannot be returned."),
        )
    if task is not None and task.account_id is not None:
        raise ActionNotAllowed(
            action="return", state=config.state_name(context.case.state),
            why=_("Work has begun: take the assignment back first."),
        )
    return context.case.return_count, {}


def _rule_extension(context: ActionContext, config: MatterConfig) -> tuple[int, dict[str, Any]]:
    """延期 is asked before the limit; one original limit each; at most two."""
    most = int(config.request("extension").get("most", 2))
    if context.case.extension_count >= most:
        raise LimitReached(what=str(config.action("extend")["label"]["zh-Hans"]), most=most)
    clock = Clock.objects.filter(case=context.case, task=context.task, name="department").first()
    if clock is None or clock.state != "running":
        raise ActionNotAllowed(action="extend", state=config.state_name(context.case.state), why=_("No limit is running."))
    if context.at >= clock.due_at:
        raise ActionNotAllowed(
            action="extend", state=config.state_name(context.case.state), why=_("An extension is asked before the limit is over.")
        )
    return context.case.extension_count, {}


def _rule_suspension(context: ActionContext, config: MatterConfig) -> tuple[int, dict[str, Any]]:
    """挂账: an end date, at most a year, once a case."""
    if context.case.was_suspended:
        raise LimitReached(what=str(config.action("suspend")["label"]["zh-Hans"]), most=1)
    until = until_of(context.request.data.get("until"), context.case)
    if until is None or until <= context.at:
        raise BadInput.one("until", "required", _("Give the date on which it goes on; it lies in the future."))
    if until > context.at + MOST_SUSPENDED:
        raise BadInput.one("until", "too-late", _("At most one year from today."))
    return 0, {"until": until.isoformat()}


def until_of(value: object, case: Case) -> datetime | None:
    """Return the moment given as ISO date (its start of work, 08:00 local) or as moment with zone."""
    text = str(value or "")
    try:
        if day := parse_date(text):
            return datetime(day.year, day.month, day.day, 8, tzinfo=zone_of(case.area_path))
        moment = parse_datetime(text)
    except ValueError:
        return None
    # beyond these years a moment has no counterpart in UTC, or none that a database prints
    return moment if moment is not None and moment.tzinfo is not None and 1900 < moment.year < 9000 else None


def _rule_open(context: ActionContext, config: MatterConfig) -> tuple[int, dict[str, Any]]:
    return 0, {}


def _rule_appeal(context: ActionContext, config: MatterConfig) -> tuple[int, dict[str, Any]]:
    """申诉: once a case and body, within the days that the matter names; the app's hook says which counts and for whom."""
    body = str(context.event_data.get("body", ""))
    if Task.all_modes.filter(case=context.case, kind="appeal", **({"data__body": body} if body else {})).exists():
        raise LimitReached(what=str(config.action("appeal")["label"]["zh-Hans"]), most=1)
    days, closed_at = int(config.request("appeal").get("within_days", 0)), context.case.closed_at
    if days and closed_at is not None and context.at > closed_at + timedelta(days=days):
        why = _("An appeal is made within %(days)s days of the closing.") % {"days": days}
        raise ActionNotAllowed(action="appeal", state=config.state_name(context.case.state), why=why)
    return 0, {"contests": context.event_data.get("contests", []), "body": body}


_RULES: dict[str, Callable[[ActionContext, MatterConfig], tuple[int, dict[str, Any]]]] = {
    "return": _rule_return,
    "extension": _rule_extension,
    "suspension": _rule_suspension,
    "void": _rule_open,
    "force_close": _rule_open,
    "appeal": _rule_appeal,
}


def _supervise(context: ActionContext, config: MatterConfig) -> Task:
    """督办: whoever has the case now must answer; the state does not change."""
    case = context.case
    holder = (
        Task.all_modes.filter(case=case, kind="process", state="open").order_by("-pk").first()
    )
    if holder is None:
        raise ActionNotAllowed(action="supervise", state=config.state_name(case.state))
    given = context.request.data.get("due_at")
    due = until_of(given, case)
    if given not in (None, "") and (due is None or due <= context.at or due > context.at + MOST_SUSPENDED):
        raise BadInput.one("due_at", "range", _("Give a date in the future, at most one year from today."))
    case.supervise_count += 1
    number = str(context.request.data.get("number") or "")[:60]
    task = open_task(
        context, "supervise", permission=holder.permission, org=holder.org, org_path=holder.org_path, parent=holder,
        area_path=holder.area_path, account_id=holder.account_id, due_at=due, more={"number": number} if number else None,
    )
    if context.request.data.get("note"):  # 批示: asked for in the same way, and called by its name
        task.name = LEADERS_NOTE
        task.save(update_fields=["name"])
    if number:
        context.event_data["order_number"] = number
    return task


def decide(context: ActionContext, config: MatterConfig) -> list[Task]:
    """Answer a request's task: agree or deny; an opinion or a supervision order is answered in words."""
    task = context.task
    if task is None:
        raise BadInput.one("task", "required", _("Say which task this is about."))
    outcome = context.request.outcome
    if task.kind in ("consult", "supervise"):
        if not context.request.reason.strip():
            raise BadInput.one("reason", "required", _("Write the answer."))
        _finish(context, task)
        return []
    if outcome not in (AGREE, DENY):
        raise BadInput.one("outcome", "unknown", _("Agree or deny."))
    asked_by = task.data.get("asked_by")
    if asked_by is not None and asked_by in (context.actor.account_id, context.actor.on_behalf_of_id):
        raise SameHands(acted_in=str(task.data.get("action")), step=task.step)
    if outcome == DENY and not context.request.reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    _finish(context, task)
    opened: list[Task] = []
    stages: list[str] = list(task.data.get("stages", []))
    stage = int(task.data.get("stage", 0))
    if outcome == AGREE and stage + 1 < len(stages):
        opened = [_next_stage(context, task, stages, stage + 1)]
    elif outcome == AGREE:
        context.event_data["granted"] = task.kind
        opened = _GRANTED[task.kind](context, config, task)
    if context.case.is_open:
        stepping.refresh_state(context.case, config)
    return opened


def _finish(context: ActionContext, task: Task) -> None:
    task.state, task.done_at = "done", context.at
    task.done_by_id, task.done_by_name = context.actor.account_id, context.actor.recorded_name
    task.action, task.outcome = context.request.action, context.request.outcome
    task.data = {**task.data, "answer": context.request.reason}
    task.save()


def _next_stage(context: ActionContext, task: Task, stages: list[str], stage: int) -> Task:
    return Task.all_modes.create(
        case=context.case, kind=task.kind, step=task.step, name=task.name, parent=task.parent, permission=stages[stage],
        area_path=task.area_path, mode=task.mode, is_urgent=task.is_urgent, opened_at=context.at,
        data={**task.data, "stage": stage},
    )


def take_back(context: ActionContext, config: MatterConfig) -> list[Task]:
    raise ActionNotAllowed(action="withdraw", state=config.state_name(context.case.state))


def _effects(context: ActionContext, config: MatterConfig, action: str, task: Task | None) -> None:
    clocks.apply(
        context.case, config.effects(action, granted=True), context.at, action=action, task=task,
        by=context.actor.recorded_name, reason=context.request.reason or _("agreed"),
    )


def _parent(task: Task) -> Task:
    if task.parent is None:
        raise ActionNotAllowed(action=task.kind, state=task.state)
    parent = Task.all_modes.select_for_update(of=("self",)).get(pk=task.parent.pk)
    parent.case = task.case
    return parent


def _granted_return(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    parent = _parent(task)
    context.case.return_count += 1
    if context.request.data.get("wrong_dispatch"):
        context.event_data["wrong_dispatch"] = True
    parent.state, parent.done_at, parent.action, parent.outcome = "done", context.at, "return", "return"
    parent.done_by_name = str(task.data.get("asked_by_name", ""))
    parent.done_by_id = task.data.get("asked_by")
    parent.save()
    events.note_left(context.case, [parent])
    _effects(context, config, "return", parent)
    moved = stepping.complete(parent, {"outcome": "return", **context.variables}, context.at, context.actor, None)
    return moved.opened


def _granted_extension(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    context.case.extension_count += 1
    _effects(context, config, "extend", _parent(task))
    return []


def _granted_suspension(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    until = datetime.fromisoformat(str(task.data["until"]))
    _effects(context, config, "suspend", None)
    context.case.was_suspended = True
    context.case.suspended_until = until
    clocks.suspend_until(context.case, until)
    context.event_data["until"] = until.isoformat()
    return []


def _granted_void(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    ending.end(context.case, "void", context.at)
    return []


def _granted_force_close(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    ending.end(context.case, "forced_close", context.at)
    return []


def _granted_appeal(context: ActionContext, config: MatterConfig, task: Task) -> list[Task]:
    lifted = context.event_data.get("lifted")
    if lifted is None or "overdue" in lifted:
        context.case.appeal_accepted = True  # not counted as overdue; the fact stays visible
    return []


_GRANTED: dict[str, Callable[[ActionContext, MatterConfig, Task], list[Task]]] = {
    "return": _granted_return,
    "extension": _granted_extension,
    "suspension": _granted_suspension,
    "void": _granted_void,
    "force_close": _granted_force_close,
    "appeal": _granted_appeal,
}
