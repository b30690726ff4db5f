"""Which department a case goes to (派遣建议), with the reason: the rule applied to what the tables say."""

from yiwang.apps.city.models import CityCase, CityDuty
from yiwang.apps.city.queries.judging.precedents import rule_for
from yiwang.apps.city.rules import dispatching as rules
from yiwang.kernel.areas.queries import ancestors
from yiwang.kernel.cases.models import Case
from yiwang.kernel.geography.models import Ownership
from yiwang.kernel.identity.models import Organization


def area_codes(case: Case) -> tuple[str, ...]:
    """Return the codes of the case's areas, the smallest first."""
    return tuple(a.code for a in reversed(ancestors(case.area)))


def duties(codes: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return {duty: {area code: organization code}} for the areas."""
    found: dict[str, dict[str, str]] = {}
    for duty, area, org in CityDuty.objects.filter(area__code__in=codes, organization__is_active=True).values_list(
        "duty", "area__code", "organization__code"
    ):
        found.setdefault(duty, {})[area] = org
    return found


def proposal(case: Case) -> rules.Proposal:
    """Propose the department of a filed case: 养护单位 > 权属单位 > 主管部门 > manual row by area > 属地兜底."""
    typed = CityCase.objects.select_related(
        "component__keeper_org", "component__owner_org", "component__supervisor_org", "condition"
    ).get(case=case)
    codes = area_codes(case)
    table = duties(codes)
    component = typed.component
    inactive = frozenset(Organization.objects.filter(is_active=False).values_list("code", flat=True))

    def code(org: Organization | None) -> str:
        return org.code if org else ""

    row = typed.condition
    return rules.propose(
        place=rules.Place(area_codes=codes, street_org=rules.by_duty("fallback", table, codes)),
        keeper=code(component.keeper_org) if component else "",
        owner=code(component.owner_org) if component else "",
        supervisor=code(component.supervisor_org) if component else "",
        manual_row=row.key if row else "", manual_department=row.department if row else "", duties=table, inactive=inactive,
        precedent=rule_for(case), disputed=bool(component and component.ownership == Ownership.DISPUTED),
    )
