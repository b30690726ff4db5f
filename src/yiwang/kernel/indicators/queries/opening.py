"""Taking one number apart (指标反查): what stands above and below the line, and the very cases of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.paging import COUNT_CAP, capped_count
from yiwang.kernel.cases.models import Case
from yiwang.kernel.indicators.contracts import Asked, Catalogue, Indicator, Measure, ObjectKind
from yiwang.kernel.indicators.models import Result, ResultMember
from yiwang.kernel.indicators.queries import drill
from yiwang.kernel.indicators.queries.drill import Behind
from yiwang.kernel.indicators.rules import conditions, formulas

MISSED = "missed"


@dataclass(frozen=True)
class Part:
    """A measure of the formula, above or below the line; or (`missed`) what counts below and not above."""

    code: str  # in addresses: the measure's code, or `missed`
    measure: Measure
    above: bool
    without: Measure | None = None  # of `missed`: what is above the line


def parts(indicator: Indicator, catalogue: Catalogue) -> list[Part]:
    """Return the parts of an indicator's formula in their order; a named function has none.

    What was missed can be listed when one measure is divided by one other and both count the same facts by the same date.
    """
    if not indicator.formula:
        return []
    above, below = formulas.halves(indicator.formula)
    found = [Part(c, catalogue.measures[c], True) for c in above] + [Part(c, catalogue.measures[c], False) for c in below]
    if len(above) == 1 and len(below) == 1:
        upper, lower = catalogue.measures[above[0]], catalogue.measures[below[0]]
        if (upper.source, upper.on) == (lower.source, lower.on) and upper.code != lower.code:
            found.append(Part(MISSED, lower, False, upper))
    return found


def behind(actor: Actor, asked: Asked, part: Part, kind: ObjectKind, key: str) -> Behind:
    """Return what stands behind a part at this moment; the cases as far as the actor may see them."""
    if part.without is None:
        return drill.behind(actor, asked, part.measure, kind, key)
    sql, values = drill.facts_sql(asked, part.measure, kind, key)
    other = conditions.condition(part.without.source, part.without.where, "n")
    sql, values = f"{sql} AND ({other.sql}) IS NOT TRUE", values | dict(other.values)
    return drill.counted(actor, asked, sql, values)


def behind_closed(actor: Actor, result: Result, catalogue: Catalogue, part: Part, kind: ObjectKind, key: str) -> Behind:
    """Return what stands behind a part of a closed result: the cases of then, whatever became of them."""
    places = {code: place for place, code in enumerate(catalogue.measures)}
    owner = None if kind is ObjectKind.ALL else key
    if part.without is None:
        return drill.behind_closed(actor, result.pk, places[part.measure.code], owner)
    members = ResultMember.objects.filter(result=result, hits__contains=[places[part.measure.code]]).exclude(hits__contains=[places[part.without.code]])
    if owner is not None:
        members = members.filter(object_key=owner)
    return drill.of_members(actor, members)


def hidden(found: Behind) -> tuple[int, bool]:
    """Return how many of the cases lie outside what the reader may see, and whether counting stopped."""
    seen, capped = capped_count(found.visible, max(COUNT_CAP, 1))
    return max(0, found.cases - seen), capped


def shown(rows: Sequence[Case] | QuerySet[Case]) -> QuerySet[Case]:
    """Return the same table with what a list of cases shows."""
    return Case.all_modes.select_related("area", "org")
