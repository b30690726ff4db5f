"""Likely duplicates (疑似重复): near in space, time, class and text, with distance and likeness; the acceptor decides."""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.gis.geos import Polygon
from django.db.models import Q

from yiwang.apps.city.models import CityCase
from yiwang.apps.city.rules import duplicates as rules
from yiwang.kernel.cases.models import Case

METRES_PER_DEGREE = 111_320.0
MOST_LOOKED_AT = 200


@dataclass(frozen=True)
class Twin:
    """A case that may be the same thing."""

    case: Case
    likeness: rules.Likeness

    @property
    def percent(self) -> int:
        return round(self.likeness.score * 100)


def sighting(typed: CityCase) -> rules.Sighting:
    case = typed.case
    return rules.Sighting(
        kind=typed.kind, class_code=typed.class_code, longitude=case.point.x if case.point else 0.0,
        latitude=case.point.y if case.point else 0.0, at=case.reported_at, text=f"{case.title} {case.description}",
        component=typed.component.code if typed.component else "", is_open=case.is_open, closed_at=case.closed_at,
        place_is_default=typed.place_is_default or case.point is None,
    )


def _near(case: Case, limits: rules.Thresholds) -> Polygon:
    """Return the box around the case, `reach_m` in each direction, in degrees."""
    if case.point is None:
        raise ValueError("a case without a point is near nothing")
    lon, lat = case.point.x, case.point.y
    dy = limits.reach_m / METRES_PER_DEGREE
    dx = dy / max(0.05, math.cos(math.radians(lat)))
    box = Polygon.from_bbox((lon - dx, lat - dy, lon + dx, lat + dy))
    box.srid = 4326
    return box


def candidates(typed: CityCase, limits: rules.Thresholds, *, since: timedelta) -> list[CityCase]:
    case = typed.case
    if case.point is None or typed.place_is_default:
        return []
    return list(
        CityCase.objects.filter(case__point__bboverlaps=_near(case, limits), case__mode=case.mode)
        .filter(Q(case__reported_at__gte=case.reported_at - since, case__reported_at__lte=case.reported_at + since))
        .filter(place_is_default=False).exclude(pk=typed.pk).exclude(case__outcome__in=("merged", "void", "refused"))
        .select_related("case", "component").order_by("-case__reported_at")[:MOST_LOOKED_AT]
    )


def likely_duplicates(case: Case, limits: rules.Thresholds | None = None) -> list[Twin]:
    """Return the open cases that it may repeat, likest first; two queries whatever their number."""
    limits = limits or rules.Thresholds()
    typed = CityCase.objects.select_related("case", "component").get(case=case)
    others = {str(o.pk): o for o in candidates(typed, limits, since=timedelta(hours=limits.reach_h)) if o.case.is_open}
    ranked = rules.rank(sighting(typed), [(key, sighting(o)) for key, o in others.items()], limits)
    return [Twin(others[key].case, likeness) for key, likeness in ranked]


def recurrence_of(typed: CityCase, limits: rules.Thresholds | None = None) -> Case | None:
    """Return the case closed within 7 days at the same spot of the same class (复发), if any."""
    limits = limits or rules.Thresholds()
    near = candidates(typed, limits, since=timedelta(days=60))
    closed = [o for o in near if o.case.closed_at is not None and o.case.closed_at <= typed.case.reported_at]
    for other in closed:
        found = rules.likeness(sighting(typed), sighting(other), limits)
        if any(r.code == "recurrence" for r in found.reasons):
            return other.case
    return None
