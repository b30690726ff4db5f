"""Who rose and who fell: a ranking beside that of the period before it."""

from dataclasses import dataclass

from django.core.cache import cache
from django.utils.translation import get_language

from yiwang.apps.city.queries.leader.settings import area_of
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.indicators.contracts import Catalogue, League, Period
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import league
from yiwang.kernel.indicators.rules import periods

VIEW = "indicators.view"
SCHEMES = ("department", "district")


@dataclass(frozen=True)
class Place:
    """One place of a ranking. `before` is the rank of the period before it, None where it had none."""

    scheme: str
    code: str  # of the body or area
    name: str
    rank: int
    before: int | None
    score: float
    grade: str
    colour: str

    @property
    def fell(self) -> int:
        """By how many places it fell; negative when it rose."""
        return self.rank - self.before if self.before is not None else 0

    @property
    def rose(self) -> int:
        return max(-self.fell, 0)


def places(actor: Actor, scheme: str, period: Period, *, minutes: int = 0) -> list[Place]:
    """Return who has a rank in the period inside the leader's area, best first.

    Counting a month takes seconds in a large county, so the ranking may be `minutes` old; 0 counts now.
    """
    if not actor.may_anywhere(VIEW):
        return []
    area_path = area_of(actor)
    key = f"city.leader:{scheme}:{period.kind.value}:{period.first}:{period.last}:{area_path}:{get_language()}"
    kept: list[Place] | None = cache.get(key) if minutes else None
    if kept is not None:
        return kept
    found = _places(scheme, period, area_path)
    if minutes:
        cache.set(key, found, minutes * 60)
    return found


def _places(scheme: str, period: Period, area_path: str) -> list[Place]:
    catalogue = catalogues.on_day(period.last)
    if scheme not in catalogue.schemes:
        return []
    here, earlier = _league(scheme, period, area_path, catalogue), _league(scheme, periods.before(period), area_path, catalogue)
    ranked = {row.key: row.rank for row in earlier.rows}
    shown = [row for row in here.rows if row.rank is not None and row.score is not None]
    codes = _codes(scheme, [int(row.key) for row in shown if row.key.isdecimal()])
    return [
        Place(scheme, codes.get(row.key, ""), row.name, row.rank or 0, ranked.get(row.key), row.score or 0.0, row.grade, row.colour) for row in shown
    ]


def _league(scheme: str, period: Period, area_path: str, catalogue: Catalogue) -> League:
    return league.of_scheme(scheme, period, area_path=area_path, catalogue=catalogue)


def _codes(scheme: str, keys: list[int]) -> dict[str, str]:
    rows = (Organization if scheme == "department" else Area).objects.filter(pk__in=keys)
    return {str(pk): str(code) for pk, code in rows.values_list("pk", "code")}


def fallen(found: list[Place], most: int = 3) -> list[Place]:
    """Return those that fell, the deepest first."""
    return sorted((p for p in found if p.fell > 0), key=lambda p: (-p.fell, p.rank))[:most]
