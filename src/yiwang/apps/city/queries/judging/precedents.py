"""Reads of precedents (职责判例库): the list, what is near a case, and rows that wait for approval."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.city.models import CityCase, Precedent, RuleProposal
from yiwang.apps.city.rules.judging.precedents import Settled, nearest
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.process import decisions

VIEW, EDIT = "city.precedent.view", "city.matter.edit"
MATTER = "city.problem"
LOOKED_AT = 200  # the latest of a class are compared with a place


def visible_to(actor: Actor) -> QuerySet[Precedent]:
    """Return the precedents of the area in which the reader dispatches or supervises."""
    return Precedent.objects.filter(held(actor, VIEW, EDIT)).select_related("case", "case__matter", "area", "district", "street", "owner", "denied_by", "org")


def search(actor: Actor, *, words: str = "", code: str = "", org: str = "", kind: str = "") -> QuerySet[Precedent]:
    """Narrow the list by words, the beginning of a class's code, the body that answers, and kind."""
    rows = visible_to(actor)
    if words := words.strip()[:100]:
        rows = rows.filter(
            Q(reason__icontains=words) | Q(basis__icontains=words) | Q(class_name__icontains=words) | Q(case__number__icontains=words) | Q(component_code=words)
            | Q(area__name__icontains=words) | Q(street__name__icontains=words) | Q(district__name__icontains=words)
        )  # fmt: skip
    if code := code.strip()[:5]:
        rows = rows.filter(class_code__startswith=code)
    if org:
        rows = rows.filter(org__code=org[:40])
    return rows.filter(kind=kind) if kind in ("return", "ownership") else rows


def precedent_for(actor: Actor, uid: UUID) -> Precedent:
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="precedent")
    return found


def settled(row: Precedent) -> Settled:
    return Settled(
        key=row.pk, area_path=row.area_path, street=row.street_id, district=row.district_id, owner=row.owner_id, org=row.org_id or 0, order=row.decided_at.timestamp()
    )


def holding(class_kind: str, class_code: str) -> QuerySet[Precedent]:
    """Return the precedents of a class that are settled and not overruled, the latest first."""
    rows = Precedent.objects.filter(class_kind=class_kind, class_code=class_code, org__isnull=False, overruled_at__isnull=True)
    return rows.order_by("-decided_at", "-pk")


def near(actor: Actor, case: Case, most: int = 5) -> list[Precedent]:
    """Return what was settled of the case's class: the same owner's first, then the nearest area; three queries."""
    side = CityCase.objects.select_related("component").filter(case=case).first()
    if side is None or not side.class_code or not actor.may_anywhere(VIEW):
        return []
    rows = {p.pk: p for p in visible_to(actor).filter(pk__in=holding(side.kind, side.class_code).values("pk")[:LOOKED_AT])}
    owner = side.component.owner_org_id if side.component else None
    return [rows[s.key] for s in nearest([settled(p) for p in rows.values()], area_path=case.area_path, owner=owner)[:most]]


def proposals(actor: Actor, state: str = "proposed") -> QuerySet[RuleProposal]:
    """Return the rows that wait for (or had) a decision; for who may change the matter, and to read for who sees precedents everywhere."""
    rows = RuleProposal.objects.filter(state=state) if state else RuleProposal.objects.all()
    wanted = held(actor, VIEW, EDIT, area="precedents__area_path")
    return rows.filter(pk__in=RuleProposal.objects.filter(wanted).values("pk")).select_related("area", "owner", "org", "version")


def proposal_for(actor: Actor, uid: UUID) -> RuleProposal:
    found = proposals(actor, "").filter(uid=uid).first()
    if found is None:
        raise NotFound(what="proposal")
    return found


def reach_of(row: RuleProposal) -> str:
    """Return the path of the area in which the proposed row would hold: its own, else the root of its precedents' areas."""
    if row.area is not None:
        return row.area.path
    path = row.precedents.order_by("pk").values_list("area_path", flat=True).first() or ""
    return path.split(".")[0] + "." if path else ""


def rule_for(case: Case) -> tuple[str, str]:
    """Return (body, basis) that the case's own version of the decision table names from precedents; empty when none fits."""
    table = matters.definition_of(case.matter_version_id).tables.get("precedent")
    if table is None or not table.rows:
        return "", ""
    side = CityCase.objects.select_related("component__owner_org", "district", "street").get(case=case)
    owner = side.component.owner_org if side.component else None
    variables: dict[str, Any] = {
        "class_kind": side.kind, "class_code": side.class_code, "district": side.district.code if side.district else "",
        "street": side.street.code if side.street else "", "owner": owner.code if owner else "",
    }  # fmt: skip
    found = decisions.decide(table, variables).outputs
    return str(found.get("department") or ""), str(found.get("basis") or "")
