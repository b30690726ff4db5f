"""Raising a case to an emergency (转应急): plan, tasks with persons and times, messages, first line of the log; all or nothing."""

from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.apps.city.errors import AlreadyEmergency, NoPreplan
from yiwang.apps.city.models import Emergency, EmergencyTask, Preplan
from yiwang.apps.city.queries import emergency as queries
from yiwang.apps.city.rules import emergency as rules
from yiwang.apps.city.services.emergency.plans import load_preplans
from yiwang.apps.city.services.emergency.running import tell_accounts, write_line
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionContext, ActionRequest

MATTER = "city.problem"


def raise_case(*, actor: Actor, case: UUID, reason: str, plan: str = "", key: str = "") -> Emergency:
    """Raise a case; the same key does it once.

    Raises
    ------
    NotFound, NotPermitted, BadInput
        The case does not concern the actor, he may not raise it, or there is no reason.
    AlreadyEmergency, NoPreplan
        It is one already; no plan is loaded, or not this one.
    """
    cases.act(actor, ActionRequest(action="escalate", case_uid=case, reason=reason, data={"plan": plan} if plan else {}), key=key)
    return Emergency.objects.filter(case__uid=case).latest("raised_at")


def before_escalate(context: ActionContext) -> None:
    """Refuse what is an emergency already, or has no plan."""
    if queries.open_of(context.case) is not None:
        raise AlreadyEmergency(number=context.case.number or "")
    if len(context.request.reason) > 500:
        raise BadInput.one("reason", "length", _("1 to %(most)s characters.") % {"most": 500})
    if not Preplan.objects.exists():
        load_preplans()  # an installation that was never told of plans: an emergency does not wait for a command
    plan = queries.plan_for(context.case, str(context.request.data.get("plan") or "")[:20])
    if plan is None:
        raise NoPreplan
    context.event_data["plan"] = f"{plan.code} v{plan.version}"


def after_escalate(context: ActionContext) -> Emergency:
    """Make the emergency with its tasks, tell the people, write the first line."""
    case, actor, at = context.case, context.actor, context.at
    plan = queries.plan_for(case, str(context.request.data.get("plan") or "")[:20])
    if plan is None:
        raise NoPreplan
    made = Emergency.objects.create(
        case=case, area_path=case.area_path, plan=plan, reason=context.request.reason.strip()[:500], raised_at=at,
        raised_by_id=actor.account_id, raised_by_name=actor.recorded_name,
    )  # fmt: skip
    steps = [rules.Step(s["what"], s["who"], s["minutes"]) for s in plan.steps]
    near = [p.account_id for p in queries.near(case)]
    takers = rules.hand_out(steps, near, queries.candidates(case))
    EmergencyTask.objects.bulk_create([
        EmergencyTask(emergency=made, seq=n, what=dict(step.what), account_id=taker, due_at=at + timedelta(minutes=step.minutes))
        for n, (step, taker) in enumerate(zip(steps, takers, strict=True), start=1)
    ])  # fmt: skip
    write_line(made, actor, "raised", made.reason, {"plan": plan.code, "version": plan.version})
    told = tell_accounts(made, {t for t in takers if t}, case.title, kind="city.emergency.task")
    if told:
        write_line(made, actor, "told", "", {"accounts": sorted(told)})
    return made

