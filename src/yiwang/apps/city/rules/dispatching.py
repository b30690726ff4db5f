"""Which department gets a case: 判例成规 > 养护单位 > 权属单位 > 主管部门 > manual row by area > street as last resort (属地兜底)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from yiwang.apps.city.rules.texts import Texts, both, fill

STREET_DUTY = "street"


class Rule(StrEnum):
    """The rule that chose, in the order in which they are asked."""

    PRECEDENT = "precedent"
    KEEPER = "keeper"
    OWNER = "owner"
    SUPERVISOR = "supervisor"
    MANUAL = "manual"
    STREET = "street"


REASONS: Mapping[Rule, Texts] = {
    Rule.PRECEDENT: both("按已成规的判例：{basis}", "By precedents that became a rule: {basis}"),
    Rule.KEEPER: both("部件的养护单位", "It maintains the component"),
    Rule.OWNER: both("部件的权属单位（无养护单位）", "It owns the component, which has no maintaining body"),
    Rule.SUPERVISOR: both("部件的主管部门（无养护、权属单位）", "It supervises the component, which has no maintaining or owning body"),
    Rule.MANUAL: both("指挥手册{row}在该区域的责任单位", "The command manual's row {row} names it for this area"),
    Rule.STREET: both("无明确责任单位，属地街道兜底，不得回退",
                      "No responsible body is clear: the street answers as last resort and cannot return it"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Place:
    """Codes of the areas that hold the point, smallest first (grid, community, street, district, city)."""

    area_codes: tuple[str, ...]
    street_org: str = ""  # the street office there, "" when none is registered


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One possible department with the rule that names it; `can_return` is False only for the street fallback."""

    organization: str
    rule: Rule
    facts: Mapping[str, object]
    can_return: bool = True

    def text(self, language: str = "zh-Hans") -> str:
        return fill(REASONS[self.rule], self.facts, language)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The chosen department and who would have come after it. `chosen` is None only where there is not even a street
    office: then the dispatcher chooses by hand."""

    chosen: Choice | None
    runners_up: tuple[Choice, ...]


def by_duty(duty: str, duties: Mapping[str, Mapping[str, str]], area_codes: Sequence[str]) -> str:
    """Return the organisation that has a duty (say ``sanitation``) in the smallest of the areas that names one, or "".

    >>> by_duty("cleaning", {"cleaning": {"371591": "crew", "371599": "bureau"}}, ("371591001", "371591", "371599"))
    'crew'
    """
    named = duties.get(duty, {})
    return next((named[code] for code in area_codes if code in named), "")


def propose(*, place: Place, keeper: str = "", owner: str = "", supervisor: str = "", manual_row: str = "",
            manual_department: str = "", duties: Mapping[str, Mapping[str, str]] | None = None,
            inactive: frozenset[str] = frozenset(), disputed: bool = False, precedent: tuple[str, str] = ("", "")) -> Proposal:
    """Propose the department.

    Parameters
    ----------
    keeper, owner, supervisor : str
        Organisation codes of the component, "" where unknown or where the case has no component.
    manual_department : str
        Of the manual row: an organisation code, ``@duty`` (resolved by area), or ``@street``.
    inactive : frozenset of str
        Bodies that were dissolved; they are passed over, so that old component data cannot send work to nobody.
    disputed : bool
        Somebody denied that the component is his (确权争议): until that is arbitrated the street comes first.
    precedent : (str, str)
        Body and basis that the case's own decision table names from approved precedents (判例成规); it comes before the component.
    """
    found: list[Choice] = []

    def add(organization: str, rule: Rule, can_return: bool = True, **facts: object) -> None:
        if organization and organization not in inactive and all(c.organization != organization for c in found):
            found.append(Choice(organization=organization, rule=rule, facts=facts, can_return=can_return))

    if disputed:
        add(place.street_org, Rule.STREET, can_return=False)
    add(precedent[0], Rule.PRECEDENT, basis=precedent[1])
    add(keeper, Rule.KEEPER)
    add(owner, Rule.OWNER)
    add(supervisor, Rule.SUPERVISOR)
    if manual_department == f"@{STREET_DUTY}":
        add(place.street_org, Rule.MANUAL, row=manual_row)
    elif manual_department.startswith("@"):
        add(by_duty(manual_department[1:], duties or {}, place.area_codes), Rule.MANUAL, row=manual_row)
    else:
        add(manual_department, Rule.MANUAL, row=manual_row)
    add(place.street_org, Rule.STREET, can_return=False)
    return Proposal(chosen=found[0] if found else None, runners_up=tuple(found[1:]))


RETURNS_BEFORE_ARBITRATION = 2  # a third return goes to arbitration


def return_verdict(*, can_return: bool, returns_so_far: int) -> str:
    """Say what becomes of a department's return: ``refused``, ``dispatcher`` or ``arbitration``."""
    if not can_return:
        return "refused"
    return "arbitration" if returns_so_far >= RETURNS_BEFORE_ARBITRATION else "dispatcher"
