"""How a census takes part in the kernel's verbs: opening the order, ending parts, ending the order."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusOrder, CensusPart, CityCase
from yiwang.apps.city.queries.census import class_names
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.rules.census import Wanted
from yiwang.apps.city.services.census.ordering import LEAD, Plan, plan
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor, ActorKind, system
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.contracts import (
    ActionContext,
    ActionRequest,
    ActionResult,
    Limit,
    PreparedReport,
    ReportDraft,
    TaskScope,
)
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Case, MatterVersion, Report, Task
from yiwang.kernel.cases.services import act, clocks
from yiwang.kernel.geography.services import common_path


def prepare(actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
    """Check one order. Only `order` makes them; what another door hands in is refused."""
    try:
        wanted = Wanted.read(draft.answers)
    except ValueError as error:
        raise BadInput.one("text", "order", _("A census is ordered from its own page.")) from error
    found = plan(actor, wanted)
    chain = list(Area.objects.filter(pk__in=[int(p) for p in common_path([a.path for a in found.areas]).split(".") if p]).order_by("path"))
    if not chain:
        raise BadInput.one("areas", "roots", _("The areas lie under different roots. Order each of them by itself."))
    names = "、".join(texts.pick(a.name) for a in found.areas[:3]) + ("…" if len(found.areas) > 3 else "")
    title = _("Census: %(classes)s in %(areas)s") % {"classes": _classes(wanted), "areas": names}
    return PreparedReport(title=title[:200], area_id=chain[-1].pk, area_path=chain[-1].path, region=chain[-1].region, typed=(found, actor))


def _classes(wanted: Wanted) -> str:
    names = list(class_names(wanted.classes).values())
    return "、".join(names[:3]) + (_(" and %(count)s more classes") % {"count": len(names) - 3} if len(names) > 3 else "")


def after_open(case: Case, row: Report, prepared: PreparedReport) -> None:
    """Write the order with its parts and components, and start the clock of its own date."""
    found: Plan = prepared.typed[0]
    actor: Actor = prepared.typed[1]
    wanted = found.wanted
    levels = {a.level: a.pk for a in Area.objects.filter(pk__in=[int(p) for p in case.area_path.split(".") if p])}
    CityCase.objects.create(case=case, kind="", class_code="", district_id=levels.get("district"), street_id=levels.get("street"), place_is_default=True)
    made = CensusOrder.objects.create(
        case=case, classes=list(wanted.classes), areas=[a.code for a in found.areas], due_on=wanted.due_on, due_at=found.due_at, asks=list(wanted.asks),
        asks_photo=wanted.asks_photo, asks_new=wanted.asks_new, most_metres=wanted.most_metres, corrects_at_once=wanted.corrects_at_once,
        adds_at_once=wanted.adds_at_once, ordered_by_id=actor.account_id, ordered_by_name=actor.recorded_name[:80],
    )  # fmt: skip
    parts = CensusPart.objects.bulk_create(
        CensusPart(
            order=made, grid=p.grid, street_id=p.share.street_id, area_path=p.area_path or case.area_path,
            inspector_id=p.inspector.account_id if p.inspector else None,
        )
        for p in found.parts
    )  # fmt: skip
    CensusItem.objects.bulk_create(
        [CensusItem(part=part, asset_id=pk) for part, planned in zip(parts, found.parts, strict=True) for pk in planned.share.assets], batch_size=2000
    )
    hours = max(1, ceil((found.due_at - case.reported_at).total_seconds() / 3600))
    rule = _("To be done by the end of work on %(day)s") % {"day": wanted.due_on.isoformat()}
    clocks.begin(case, "case", Limit(unit="urgent_hour", value=hours, rule=rule), found.due_at - timedelta(hours=hours))


def task_scope(case: Case, step: str, lane: str, index: int | None, variables: Mapping[str, Any]) -> TaskScope:
    """Whoever leads the shift where the order lies ends and accepts it."""
    return TaskScope(permission=LEAD, area_path=case.area_path)


def before_action(context: ActionContext) -> None:
    """Check what ends a part, the survey or the order."""
    task, request = context.task, context.request
    if task is None or request.action != "complete":
        return
    if task.kind == "census":
        _before_part(context)
    elif task.kind == "process" and task.step == "survey":
        _before_survey(context)
    elif task.kind == "process" and task.step == "accept":
        waiting = CensusAnswer.objects.filter(order_id=context.case.pk, state=rules.Finding.WAITING).count()
        if waiting:
            why = _("%(count)s findings still wait for acceptance. Decide them on the page of the order.") % {"count": waiting}
            raise ActionNotAllowed(action="complete", state=context.case.state, why=why)


def _before_part(context: ActionContext) -> None:
    part = CensusPart.objects.select_for_update(of=("self",)).get(task=context.task)
    counts = states_of(part)
    if context.request.outcome == "done" and (left := counts.left):
        message = _("%(count)s components have no answer yet. Answer them, or give the part back with the reason.")
        raise BadInput.one("outcome", "left", message % {"count": left})
    context.event_data |= {"part": str(part.uid), "total": counts.total, "left": counts.left, "added": counts.added}


def states_of(part: CensusPart) -> rules.Progress:
    rows = CensusItem.objects.filter(part=part).order_by().values_list("state").annotate(n=Count("pk"))
    return rules.progress(dict(rows))


def _before_survey(context: ActionContext) -> None:
    """全部网格结束 comes from the platform; somebody who ends it before says why, and what is open stays undone."""
    still = CensusPart.objects.filter(order_id=context.case.pk, state=rules.Part.OPEN)
    if context.request.outcome == "done" and (context.actor.kind is not ActorKind.SYSTEM or still.exists()):
        raise BadInput.one("outcome", "unknown", _("The order goes on by itself when all parts have ended."))
    if context.request.outcome == "stop":
        context.event_data["parts"] = still.count()
        still.update(state=rules.Part.UNDONE, reason=context.request.reason[:500], ended_at=context.at)
    waiting = CensusAnswer.objects.filter(order_id=context.case.pk, state=rules.Finding.WAITING).exists()
    undone = CensusItem.objects.filter(part__order_id=context.case.pk, state=rules.Item.ASKED).exists()
    context.variables["review"] = "yes" if waiting or undone else "no"


def after_action(context: ActionContext) -> None:
    """End the part with its task, the survey with its last part; what an ended order left open is undone."""
    task, case = context.task, context.case
    if task is not None and task.kind == "census" and context.request.action == "complete":
        state = rules.Part.DONE if context.request.outcome == "done" else rules.Part.GIVEN_BACK
        CensusPart.objects.filter(task=task).update(state=state, reason=context.request.reason[:500], ended_at=context.at)
        _end_survey(case)
    if case.closed_at is not None:
        reason = texts.pick(_outcome_words(case.outcome))
        CensusPart.objects.filter(order_id=case.pk, state=rules.Part.OPEN).update(state=rules.Part.UNDONE, reason=reason, ended_at=case.closed_at)


def _outcome_words(outcome: str) -> dict[str, str]:
    words = {"forced_close": {"zh-Hans": "任务已强制结束", "en": "The order was closed by force"}, "void": {"zh-Hans": "任务已作废", "en": "The order was voided"}}
    return words.get(outcome, {"zh-Hans": "任务已结束", "en": "The order has ended"})


def _end_survey(case: Case) -> None:
    """Complete the survey when no part is open. A part that was given back waits for the leader only through its being undone."""
    if CensusPart.objects.filter(order_id=case.pk, state=rules.Part.OPEN).exists():
        return
    survey = Task.all_modes.filter(case=case, kind="process", step="survey", state="open").first()
    if survey is not None:
        act(system("census"), ActionRequest(action="complete", task_uid=survey.uid, outcome="done"))


def end_part(
    *, actor: Actor, task: UUID, outcome: str, reason: str = "", occurred_at: datetime | None = None, key: str = ""
) -> ActionResult:
    """End a part: `done` when every component has an answer, or `give_back` with the reason; what is left stays visible.

    Raises
    ------
    NotFound, TaskGone
        It is none of the actor's, or ended meanwhile.
    BadInput
        Components are left, or no reason is given.
    """
    return act(actor, ActionRequest(action="complete", task_uid=task, outcome=outcome, reason=reason, occurred_at=occurred_at), key=key)

