"""Precedents of duty (职责判例): kept from every settled return and ownership quarrel; two that agree propose a rule."""

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CityCase, OwnershipList, Precedent, RuleProposal
from yiwang.apps.city.queries.judging import precedents as queries
from yiwang.apps.city.rules.judging.precedents import agreeing
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.contracts import ActionContext
from yiwang.kernel.cases.models import Matter, MatterVersion, Task
from yiwang.kernel.cases.services.publishing import publish_decisions
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.process.tables import add_row

DISPATCHING = ("dispatch", "district_dispatch")
MOST_BASIS = 500


def before_return(context: ActionContext) -> None:
    """A decision about a return may name what it rests on (依据): a law, a document, a paper of hand-over."""
    context.event_data |= _basis(context)


def _basis(context: ActionContext) -> dict[str, str]:
    given = context.request.data.get("basis")
    text = given.strip() if isinstance(given, str) else ""
    if len(text) > MOST_BASIS:
        raise BadInput.one("basis", "length", _("At most %(most)s characters.") % {"most": MOST_BASIS})
    return {"basis": text} if text else {}


def after(context: ActionContext) -> None:
    """Keep what was decided: a return turned down or agreed for good; who got it then settles an agreed one."""
    task, case = context.task, context.case
    if task is not None and task.kind == "return" and context.request.action == "complete":
        if context.request.outcome == "deny":
            _keep_return(context, task, upheld=True)
        elif context.event_data.get("granted") == "return":
            _keep_return(context, task, upheld=False)
    elif context.event_data.get("departments") and (context.request.action == "redispatch" or (task is not None and task.step in DISPATCHING)):
        org = Organization.objects.filter(code=context.event_data["departments"][0]).first()
        for row in Precedent.objects.filter(case=case, org__isnull=True, kind="return").select_for_update(of=("self",)) if org else ():
            row.org = org
            row.save(update_fields=["org"])
            _propose(row)


def _keep_return(context: ActionContext, task: Task, *, upheld: bool) -> None:
    parent = Task.all_modes.select_related("org").filter(pk=task.parent_id or 0).first()
    side = CityCase.objects.select_related("component").get(case=context.case)
    if parent is None or parent.org is None or not side.class_code:
        return
    row = Precedent.objects.create(
        kind="return", case=context.case, class_kind=side.kind, class_code=side.class_code, class_name=side.class_name, area_id=context.case.area_id,
        area_path=context.case.area_path, district_id=side.district_id, street_id=side.street_id, component_code=side.component.code if side.component else "",
        owner_id=side.component.owner_org_id if side.component else None, denied_by=parent.org, outcome="upheld" if upheld else "given",
        org=parent.org if upheld else None, by_arbitration=task.permission.endswith("arbitrate"), basis=str(context.event_data.get("basis", "")),
        reason=(context.request.reason or str(task.data.get("reason", "")))[:4000], decided_at=context.at, decided_by_id=context.actor.account_id,
        decided_by_name=context.actor.recorded_name[:80],
    )  # fmt: skip
    if upheld:
        _propose(row)


def after_ownership(context: ActionContext) -> None:
    """Keep an arbitration of whose components are: a precedent for each class on the list that was denied."""
    task = context.task
    if task is None or task.kind != "process" or task.step != "arbitrate" or context.request.action != "complete":
        return
    listed = OwnershipList.objects.select_related("body", "settled_owner").get(case=context.case)
    if listed.settled_owner is None:
        return  # nobody's: the street answers, which is no precedent for a body
    side = CityCase.objects.get(case=context.case)
    items = listed.items.filter(state__in=("upheld", "given")).select_related("asset").order_by("pk")
    by_class = {i.asset.class_code: i.asset for i in reversed(items)}
    basis = str(context.request.data.get("basis") or "")[:MOST_BASIS]
    for code, asset in sorted(by_class.items()):
        many = sum(i.asset.class_code == code for i in items)
        row = Precedent.objects.create(
            kind="ownership", case=context.case, class_kind="component", class_code=code, class_name=asset.name, area_id=context.case.area_id,
            area_path=context.case.area_path, district_id=side.district_id, street_id=side.street_id, component_code=asset.code if many == 1 else "",
            owner=listed.settled_owner, denied_by=listed.body, outcome="upheld" if listed.settled_owner_id == listed.body_id else "given", org=listed.settled_owner,
            by_arbitration=True, reason=context.request.reason[:4000] or context.case.title, basis=basis, decided_at=context.at,
            decided_by_id=context.actor.account_id, decided_by_name=context.actor.recorded_name[:80],
        )  # fmt: skip
        _propose(row)


def _propose(row: Precedent) -> None:
    """Propose a row of the decision table when earlier precedents of the class agree with the new one."""
    others = [p for p in queries.holding(row.class_kind, row.class_code)[: queries.LOOKED_AT] if p.pk != row.pk]
    found = agreeing(queries.settled(row), [queries.settled(p) for p in others])
    if found is None:
        return
    scope, keys = found
    made, _new = RuleProposal.objects.get_or_create(
        class_kind=row.class_kind, class_code=row.class_code, area=_area(scope.area), owner=_org(scope.owner), org=row.org,
        defaults={"class_name": row.class_name, "proposed_at": now()},
    )
    if made.state == "proposed":
        made.precedents.add(*keys)


def _area(pk: int | None) -> Area | None:
    return Area.objects.get(pk=pk) if pk is not None else None


def _org(pk: int | None) -> Organization | None:
    return Organization.objects.get(pk=pk) if pk is not None else None


@transaction.atomic
def decide_rule(actor: Actor, proposal: RuleProposal, *, approve: bool, reason: str) -> RuleProposal:
    """Approve a proposed row: the matter gets a new version whose table has it at the top; or refuse it with a reason.

    Cases that run keep the version that they began with. A folder never replaces the version made here.

    Raises
    ------
    NotPermitted
        The actor may not change the matter.
    AlreadyDone
        It was decided before.
    BadInput
        No reason, or the body does not exist any more.
    """
    row = RuleProposal.objects.select_for_update(of=("self",)).select_related("area", "owner", "org").get(pk=proposal.pk)
    actor.require(queries.EDIT, area_path=queries.reach_of(row))
    if row.state != "proposed":
        raise AlreadyDone
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    if approve:
        if not row.org.is_active:
            raise BadInput.one("org", "gone", _("This body does not exist any more."))
        row.version = _publish(actor, row, reason)
    row.state, row.decided_at, row.decided_by_name, row.reason = "approved" if approve else "refused", now(), actor.recorded_name[:80], reason.strip()[:500]
    row.save()
    audit.record(actor, action="city.rule.decided", outcome=row.state, data={"proposal": str(row.uid), "class": row.class_code, "org": row.org.code, "reason": row.reason})
    return row


def _publish(actor: Actor, row: RuleProposal, reason: str) -> MatterVersion:
    matter = Matter.objects.select_for_update().get(code=queries.MATTER)
    current = MatterVersion.objects.select_related("decision").get(pk=matter.current_id or 0)
    cases = [str(p.case.number or p.case.uid) for p in row.precedents.select_related("case").order_by("pk")[:5]]
    inputs = {"class_kind": row.class_kind, "class_code": row.class_code}
    if row.owner is not None:
        inputs["owner"] = row.owner.code
    if row.area is not None:
        inputs["street" if row.area.level == "street" else "district"] = row.area.code
    content = current.decision.dmn.encode() if current.decision else b""
    try:
        changed = add_row(
            content, "precedent", row_id=f"precedent_{row.uid.hex}", inputs=inputs, outputs={"department": row.org.code, "basis": "判例 " + "、".join(cases)}, note=reason[:300]
        )
    except ValueError as error:  # an older table knows no precedents: the folder is loaded anew first
        raise BadInput.one("rule", "table", _("The decision table of this matter has no part for precedents. Load the matter's folder again.")) from error
    return publish_decisions(actor, matter, changed, permission=queries.EDIT, area_path=queries.reach_of(row), reason=reason)


@transaction.atomic
def overrule(actor: Actor, row: Precedent, reason: str) -> Precedent:
    """Say that a precedent is not to be followed any more (a new law, a mistake); it stays in the book.

    Raises
    ------
    NotPermitted, AlreadyDone, BadInput
        Not his to change, overruled before, or no reason.
    """
    actor.require(queries.EDIT, area_path=row.area_path)
    found = Precedent.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if found.overruled_at is not None:
        raise AlreadyDone
    if not reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    found.overruled_at, found.overruled_by_name, found.overruled_reason = now(), actor.recorded_name[:80], reason.strip()[:500]
    found.save()
    audit.record(actor, action="city.precedent.overruled", area_path=found.area_path, data={"precedent": str(found.uid), "reason": found.overruled_reason})
    return found
