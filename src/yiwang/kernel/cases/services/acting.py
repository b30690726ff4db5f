"""The one door through which anybody does anything to a case: lock case, then task; permit; rule; write; event."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import ActionContext, ActionRequest, ActionResult, PaperEntry, body_of
from yiwang.kernel.cases.errors import ActionNotAllowed, CaseChanged, SameHands, TaskGone
from yiwang.kernel.cases.models import Case, CaseActor, Task
from yiwang.kernel.cases.queries import matters, work
from yiwang.kernel.cases.services import clocks, events, requests, verbs
from yiwang.kernel.cases.services.drafts import check_request
from yiwang.kernel.cases.services.reporting import check_moment
from yiwang.kernel.files.services import claim
from yiwang.kernel.identity.queries import delegators


def act(actor: Actor, request: ActionRequest, *, key: str = "", paper: PaperEntry | None = None) -> ActionResult:
    """Do one action of the action table. `paper` says that it was done on paper and who enters it now.

    Raises
    ------
    NotFound
        There is no such case or task, or it does not concern the actor.
    NotPermitted, SameHands
        The actor's posts do not give it, or 监管分离 forbids it.
    TaskGone, CaseChanged
        Somebody was faster; says who did what.
    ActionNotAllowed, LimitReached, BadInput
        The action does not fit the step, is used up, or lacks something. Nothing was written.
    """
    check_request(request)
    answer, repeated = once(actor, key, body_of(request), lambda: _act(actor, request, paper))
    return ActionResult(
        case_uid=UUID(answer["case"]), state=answer["state"], version=answer["version"],
        event_uid=UUID(answer["event"]) if answer["event"] else None, repeated=repeated,
        opened_tasks=tuple(UUID(u) for u in answer["opened"]),
    )


def _act(actor: Actor, request: ActionRequest, paper: PaperEntry | None) -> Answer:
    case, task = _lock(actor, request)
    config = configs.of_version(case.matter_version_id)
    occurred, at = _moments(request, case, task, config, paper)
    actor = standing_in(actor, task)
    context = ActionContext(actor=actor, case=case, task=task, request=request, config=config.raw, at=at)
    _check(context, config)
    if request.files:
        claim(
            actor=paper.clerk if paper else actor, uids=request.files, subject_kind="case", subject_uid=case.uid, area_path=case.area_path,
            stage=str(config.step(task.step if task else "").get("files_stage", "other")),
        )
    matters.hooks_for(case).before_action(context)
    from_state, step = case.state, task.step if task else ""
    verb: Callable[[ActionContext, MatterConfig], list[Task]] = verbs.verb_of(request.action, task)
    opened = verb(context, config)
    if opened:
        context.event_data["opened"] = [str(t.uid) for t in opened]
    clocks.refresh_due(case)
    event = events.write(
        actor, case, request.action, at=occurred, step=step, task_uid=task.uid if task else None, from_state=from_state,
        outcome=request.outcome, data=_facts(context) | _paper_facts(paper),
        point=None if request.lon is None or request.lat is None else (request.lon, request.lat),
    )
    participate(actor, case, task)
    case.version += 1
    case.save()
    matters.hooks_for(case).after_action(context)
    return {
        "case": str(case.uid), "state": case.state, "version": case.version, "event": str(event.uid),
        "opened": [str(t.uid) for t in opened],
    }


def _moments(
    request: ActionRequest, case: Case, task: Task | None, config: MatterConfig, paper: PaperEntry | None = None
) -> tuple[datetime, datetime]:
    """Return when it happened, as the record keeps it, and the moment that the clocks count.

    A phone without a network says later when somebody looked at the place (核实、核查: `on_site`). Everywhere else the
    clocks stop when it is recorded: whoever answers for a limit cannot date his own work back.
    What was done on paper counts from its true time: a clerk enters it, for a form that was printed before.
    """
    moment = now()
    occurred = check_moment(request.occurred_at, moment, "occurred_at")
    if request.occurred_at is None:
        return moment, moment
    if occurred < (task.opened_at if task is not None else case.reported_at) - clocks.GRACE:
        raise BadInput.one("occurred_at", "past", _("This lies before the step was opened. Check the clock of the device."))
    on_site = task is not None and bool(config.step(task.step).get("on_site"))
    return occurred, occurred if on_site or paper is not None else moment


def _paper_facts(paper: PaperEntry | None) -> dict[str, object]:
    if paper is None:
        return {}
    return {"paper": {"form": paper.form, "line": paper.line, "entered_by": paper.clerk.account_id, "entered_by_name": paper.clerk.recorded_name}}


def _lock(actor: Actor, request: ActionRequest) -> tuple[Case, Task | None]:
    """Lock the case, then the task: always in this order, so two requests never wait on each other crosswise."""
    if request.task_uid is not None:
        found = Task.all_modes.filter(uid=request.task_uid).values_list("case_id", "pk").first()
        if found is None:
            raise NotFound(what="task")  # the same words as for one that is none of his: numbers cannot be tried out
        case = Case.all_modes.select_for_update(of=("self",)).select_related("matter_version").get(pk=found[0])
        task = Task.all_modes.select_for_update(of=("self",)).select_related("org", "done_by").get(pk=found[1])
        task.case = case
        if request.case_uid not in (None, case.uid):
            raise NotFound(what="task")
    else:
        if request.case_uid is None:
            raise NotFound(what="case")
        case_row = (
            Case.all_modes.select_for_update(of=("self",)).select_related("matter_version").filter(uid=request.case_uid).first()
        )
        if case_row is None:
            raise NotFound(what="case")
        case, task = case_row, None
    if not work.may_see(actor, case) and not (task is not None and work.may_do(actor, task)):
        raise NotFound(what="case" if task is None else "task")
    return case, task


def _check(context: ActionContext, config: MatterConfig) -> None:
    request, case, task, actor = context.request, context.case, context.task, context.actor
    line = config.action(request.action)
    if not line:
        raise BadInput.one("action", "unknown", _("There is no such action: %(action)s.") % {"action": request.action})
    if request.version is not None and request.version != case.version and (task is None or task.state == "open"):
        raise CaseChanged(shown=request.version, present=case.version, last=config.state_name(case.state))
    if line.get("on") == "task" or task is not None:
        _check_task(context, config)
    else:
        actor.require(config.action_permission(request.action), area_path=case.area_path, org_path=_org_path(actor, case))
        _check_state(case, config, request.action)
    needs = line.get("reason")
    if task is not None and request.outcome:
        needs = config.outcome(task.step, request.outcome).get("reason", needs if request.action != "complete" else False)
    if needs and not request.reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))


def _org_path(actor: Actor, case: Case) -> str:
    """Return the organisation by which a handling body is let at the case: its own when the case concerns it."""
    if case.org_path.startswith(actor.org_path):
        return case.org_path
    return actor.org_path if work.concerns_org(case, actor.org_path) else case.org_path


def _check_state(case: Case, config: MatterConfig, action: str) -> None:
    states = config.action_states(action)
    fits = case.state in states if states else case.is_open
    if not fits:
        raise ActionNotAllowed(action=action, state=config.state_name(case.state))


def _check_task(context: ActionContext, config: MatterConfig) -> None:
    request, case, task, actor = context.request, context.case, context.task, context.actor
    if task is None:
        raise BadInput.one("task", "required", _("Say which task this is about."))
    if task.state != "open":
        raise gone(task, config)
    if not work.may_do(actor, task) and not (request.action == "withdraw" and work.holds_post(actor, task)):
        raise NotPermitted(permission=task.permission)
    if case.suspended_until is not None and task.kind == "process":
        raise ActionNotAllowed(
            action=request.action, state=config.state_name(case.state), why=_("While it is suspended nothing is done on it.")
        )
    if task.kind != "process":
        return
    if not config.allows(task.step, request.action):
        raise ActionNotAllowed(action=request.action, state=config.state_name(case.state))
    if request.action == "complete":
        allowed = config.outcomes(task.step)
        if allowed and request.outcome not in allowed:
            raise BadInput.one("outcome", "unknown", _("Choose one of: %(list)s.") % {"list": ", ".join(allowed)})
    if Task.all_modes.filter(parent=task, state="open", kind__in=requests.BLOCKING).exists():
        raise ActionNotAllowed(
            action=request.action, state=config.state_name(case.state), why=_("A request of yours is still being decided. Wait for the answer."),
        )
    _check_hands(actor, case, task.step, config)


def _check_hands(actor: Actor, case: Case, step: str, config: MatterConfig) -> None:
    """监管分离: judged by the person, whatever post he acts in, and by whom he stands in for."""
    people = [p for p in (actor.account_id, actor.on_behalf_of_id) if p is not None]
    if not people:
        return
    barred = config.barring(step, joined=settings.CASES_JOINED_POSTS)
    acted = CaseActor.objects.filter(case=case, account_id__in=people, step__in=barred).values_list("step", flat=True).first()
    if acted:
        raise SameHands(acted_in=_step_name(case, acted), step=_step_name(case, step))


def _step_name(case: Case, step: str) -> str:
    """Return what a step of the case is called in the reader's language."""
    if step == "report":
        return _("reporting it")
    name = Task.all_modes.filter(case=case, step=step).order_by("-pk").values_list("name", flat=True).first()
    return texts.pick(name) or step


def gone(task: Task, config: MatterConfig) -> TaskGone:
    when = task.done_at.astimezone(zone_of(task.area_path)).strftime("%Y-%m-%d %H:%M") if task.done_at else ""
    label = config.outcome(task.step, task.outcome).get("label") or config.action(task.action).get("label")
    return TaskGone(done_by=task.done_by_name or "-", done_at=when, what=texts.pick(label) or task.state)


def standing_in(actor: Actor, task: Task | None) -> Actor:
    """Return the actor with whom he stands in for, when only a delegation (代理) lets him at the task."""
    if task is None or actor.account_id is None:
        return actor
    if task.account_id is not None and task.account_id != actor.account_id and task.account_id in delegators(actor.account_id):
        return actor.standing_in_for(task.account_id)
    if task.account_id is None:
        return actor.standing_in_for(actor.behalf(task.permission, area_path=task.area_path, org_path=task.org_path))
    return actor


def participate(actor: Actor, case: Case, task: Task | None) -> None:
    """Remember whose hands were on the step, the absent person's too when a substitute did it."""
    if actor.account_id is None or task is None:
        return
    people = {actor.account_id}
    if actor.on_behalf_of_id is not None:
        people.add(actor.on_behalf_of_id)
    step = task.step if task.kind == "process" else f"{task.kind}"
    CaseActor.objects.bulk_create(
        [CaseActor(case=case, account_id=p, step=step) for p in people], ignore_conflicts=True
    )


def _facts(context: ActionContext) -> dict[str, object]:
    request = context.request
    data: dict[str, object] = dict(context.event_data)
    if request.reason:
        data["reason"] = request.reason
    if request.files:
        data["files"] = [str(u) for u in request.files]
    if request.device:
        data["device"] = dict(request.device)
    return data
