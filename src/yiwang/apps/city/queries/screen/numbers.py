"""The numbers of one area: today, the stages, areas below, bureaus, hot classes and places, what moved last, who is on shift."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, NullIf
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.apps.city.queries import board, patterns
from yiwang.apps.city.queries.board import Figure, OpenLine, Split
from yiwang.apps.city.queries.lists import CaseFilter, cases, day_bounds, local_zone
from yiwang.apps.city.queries.screen import emergencies, people, shared, ticker
from yiwang.apps.city.queries.screen.emergencies import OpenEmergency
from yiwang.apps.city.queries.screen.people import Person
from yiwang.apps.city.queries.screen.place import Place
from yiwang.apps.city.queries.screen.ticker import Told
from yiwang.apps.city.rules.screen import spec
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit import queries as record
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Organization

FRESH_S, LEAST_S = 1.5, 0.4  # numbers of one area are made anew at most twice a second, whoever asks


@dataclass(frozen=True)
class Spot:
    """A place to which the same class comes back."""

    key: str
    label: str
    address: str
    times: int
    open: int
    lon: float
    lat: float
    cases: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True)
class Numbers:
    """What stands on the wall at one moment. `position` is the last event that is counted in."""

    position: int
    at: datetime
    today: list[Figure]
    stages: list[Figure]
    areas: list[Split]
    bureaus: list[Split]
    classes: list[Figure]
    class_days: int
    spots: list[Spot]
    ticker: list[Told]
    people: list[Person] | None  # None: the reader may not know where they are
    vehicles: list[Any]
    emergencies: list[OpenEmergency]


def numbers(actor: Actor, place: Place, *, heard: int = 0) -> Numbers:
    """Return the numbers of an area, shared by all who look at it now; `heard` is the last event that the stream told of.

    Whoever heard of an event later than the kept numbers makes them anew, but not sooner than LEAST_S after the last
    time: he then gets the older ones, sees it by `position`, and asks again.
    """
    sees_people = people.may_see(actor, place)
    return shared.get(
        ("numbers", place.path, sees_people, get_language()), lambda: _numbers(actor, place, sees_people),
        seconds=FRESH_S, good=lambda kept: kept.position >= heard, least_s=LEAST_S,
    )  # fmt: skip


def _numbers(actor: Actor, place: Place, sees_people: bool) -> Numbers:
    position, moment = record.safe_position(), now()
    rows = cases(actor, CaseFilter(district=place.code)).order_by()
    here = {"district": place.code}
    found = board.opened(rows, child_of(place), moment)
    classes, spots = shared.get(("slow", place.path, get_language()), lambda: (_classes(rows, here, moment), _spots(actor, place)), seconds=spec().slow_s)
    return Numbers(
        position=position, at=moment, today=_today(rows, found, here, moment), stages=board.states(found, here),
        areas=board.split(found, "district_id", Area.objects.filter(valid_to__isnull=True), "district"),
        bureaus=_bureaus(found, here), classes=classes, class_days=spec().class_days, spots=spots,
        ticker=ticker.last(place, position, moment), people=people.on_shift(place, moment) if sees_people else None,
        vehicles=[],  # none have positions yet: their card stays off
        emergencies=emergencies.open_in(place),
    )  # fmt: skip


def child_of(place: Place) -> Any:
    """Return the expression for the id of the area one step below in which a case lies; NULL for the area itself."""
    part = Func(F("area_path"), Value("."), Value(place.depth + 1), function="split_part")
    return Cast(NullIf(part, Value("")), IntegerField())


def _today(rows: QuerySet[Case], found: list[OpenLine], here: Mapping[str, str], moment: datetime) -> list[Figure]:
    day = moment.astimezone(local_zone()).date()
    start, _end = day_bounds(day, None)
    one_day = {"since": day.isoformat(), "until": day.isoformat(), **here}

    def count(column: str) -> int:
        return rows.filter(**{f"{column}__gte": start}).count()

    return [
        Figure(_("Reported today"), count("reported_at"), {"on": "reported", **one_day}, "accent", "reported"),
        Figure(_("Filed today"), count("filed_at"), {"on": "filed", **one_day}, "accent", "filed"),
        Figure(_("Ended today"), count("closed_at"), {"on": "closed", **one_day}, "done", "closed"),
        Figure(_("Open now"), sum(line.count for line in found), {"state": "open", **here}, "in_time", "open"),
        Figure(_("Overdue now"), sum(line.late for line in found), {"overdue": "1", **here}, "overdue", "overdue"),
        Figure(_("Under supervision"), sum(line.supervised for line in found), {"state": "open", "supervised": "1", **here}, "soon", "supervised"),
    ]


def _bureaus(found: list[OpenLine], here: Mapping[str, str]) -> list[Split]:
    """Return open cases by body, the most overdue first. A body below another that has cases counts there: so does its list."""
    paths = dict(Organization.objects.filter(pk__in={line.org_id for line in found if line.org_id}).values_list("path", "pk"))
    above = {pk: paths[min((p for p in paths if path.startswith(p)), key=len)] for path, pk in paths.items()}
    rolled = [replace(line, org_id=above.get(line.org_id or 0)) for line in found]
    rows = board.split(rolled, "org_id", Organization.objects.all(), "org", here)
    return sorted(rows, key=lambda row: (-row.overdue.value, -row.open.value, row.label))


def _classes(rows: QuerySet[Case], here: Mapping[str, str], moment: datetime) -> list[Figure]:
    last = moment.astimezone(local_zone()).date()
    first = last - timedelta(days=spec().class_days - 1)
    start, _end = day_bounds(first, None)
    span = {"on": "reported", "since": first.isoformat(), "until": last.isoformat(), **here}
    counted = rows.filter(reported_at__gte=start).exclude(city__class_code="").values_list("city__kind", "city__class_code", "city__class_name")
    most = counted.annotate(n=Count("pk")).order_by("-n", "city__class_code")[: spec().rows]
    return [Figure(texts.pick(name) or code, n, {"class": f"{kind}:{code}", **span}, "accent", code) for kind, code, name, n in most]


def _spots(actor: Actor, place: Place) -> list[Spot]:
    found, _more = patterns.comes_back(actor, district=place.code)
    return [
        Spot(f"{row.class_code}-{row.key}", row.class_name, row.address, row.times, row.open, row.lon, row.lat, row.cases)
        for row in found[: spec().rows]
    ]
