"""Open cases as points on the wall, and which of them moved since somebody last asked."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F

from yiwang.apps.city.queries.lists import CaseFilter, as_rows, cases
from yiwang.apps.city.queries.map import tone_of
from yiwang.apps.city.queries.screen import shared
from yiwang.apps.city.queries.screen.place import Place
from yiwang.apps.city.queries.screen.ticker import APP
from yiwang.apps.city.rules.screen import spec
from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import clocks
from yiwang.kernel.cases.queries.places import lonlat_of

Point = tuple[str, float, float, str, int, str]  # uid, lon, lat, tone, due (epoch seconds; 0 for none), title
FRESH_S = 20.0


@dataclass(frozen=True)
class Points:
    """Open cases with a place, what runs out first; `total` may be more than are sent."""

    position: int
    points: list[Point]
    total: int


@dataclass(frozen=True)
class Moved:
    """What a wall has to change. `reload`: too much has moved, read the points anew."""

    position: int
    points: list[Point]
    gone: list[str]
    reload: bool = False


def _as_points(rows: Iterable[Case]) -> list[Point]:
    found = [(c, at) for c in rows if (at := lonlat_of(c)) is not None]
    running = clocks.of_cases([c for c, _at in found])
    return [
        (str(c.uid), round(at[0], 6), round(at[1], 6), tone_of(c, running.get(c.pk)), int(c.due_at.timestamp()) if c.due_at else 0, c.title)
        for c, at in found
    ]


def points(actor: Actor, place: Place) -> Points:
    """Return the open cases of an area, shared by all who look at it."""

    def make() -> Points:
        position = record.safe_position()
        open_ = cases(actor, CaseFilter(state="open", district=place.code)).filter(point__isnull=False)
        most = spec().points
        rows = list(as_rows(open_).order_by(F("due_at").asc(nulls_last=True), "pk")[: most + 1])
        return Points(position, _as_points(rows[:most]), len(rows) if len(rows) <= most else open_.count())

    return shared.get(("points", place.path), make, seconds=FRESH_S)


def moved(actor: Actor, place: Place, since: int, upto: int) -> Moved:
    """Return what became of the cases that moved behind the position `since`, up to `upto`."""
    if since >= upto:
        return Moved(upto, [], [])
    return shared.get(("moved", place.path, since, upto), lambda: _moved(actor, place, since, upto), seconds=30)


def _moved(actor: Actor, place: Place, since: int, upto: int) -> Moved:
    most = spec().moved
    seen = Event.objects.filter(position__gt=since, position__lte=upto, area_path__startswith=place.path, matter__startswith=APP, case_id__isnull=False)
    touched = {pk: uid for pk, uid in seen.order_by("position").values_list("case_id", "case_uid")[: most + 1] if pk is not None}
    if len(touched) > most or upto - since > 20 * most:
        return Moved(upto, [], [], reload=True)
    rows = as_rows(cases(actor, CaseFilter(state="open", district=place.code)).filter(pk__in=touched))
    found = _as_points(rows)
    there = {p[0] for p in found}
    return Moved(upto, found, [str(uid) for uid in touched.values() if str(uid) not in there])
