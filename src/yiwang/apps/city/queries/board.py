"""The count board: today's figures, where cases stand, by district and department, fourteen days; each opens its rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityCase
from yiwang.apps.city.queries.lists import GROUPS, CaseFilter, cases, day_bounds, local_zone, state_words
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.models import Organization

DAYS = 14
MOST = 60


@dataclass(frozen=True)
class Figure:
    """A number with the filters that open its rows."""

    label: str
    value: int
    query: Mapping[str, str] = field(default_factory=dict)
    tone: str = "neutral"
    code: str = ""


@dataclass(frozen=True)
class Split:
    """One row of a breakdown: open cases and how many of them are overdue, each opening its rows."""

    label: str
    open: Figure
    overdue: Figure


@dataclass(frozen=True)
class DayCounts:
    day: date
    reported: int
    filed: int
    closed: int


@dataclass(frozen=True)
class Board:
    today: list[Figure]
    states: list[Figure]
    districts: list[Split]
    departments: list[Split]
    days: list[DayCounts]


@dataclass(frozen=True)
class OpenLine:
    """So many open cases of one state, part (district, area) and department: how many, overdue, under supervision."""

    state: str
    district_id: int | None  # or the area one step below, as the caller counts
    org_id: int | None
    count: int
    late: int
    supervised: int


def board(actor: Actor) -> Board:
    """Return the whole board in six statements: what is open, read once, and the last fourteen days; closed years cost nothing."""
    rows = cases(actor, CaseFilter()).order_by()
    moment, today = now(), now().astimezone(local_zone()).date()
    one_day = {"since": today.isoformat(), "until": today.isoformat()}
    # Looked up for each open case: joined, the database reads the districts of all closed years.
    district = Subquery(CityCase.objects.filter(case=OuterRef("pk")).values("district_id")[:1])
    found = opened(rows, district, moment)
    days = _days(rows, today)
    figures = [
        Figure(_("Reported today"), days[-1].reported, {"on": "reported", **one_day}, "accent", "reported"),
        Figure(_("Filed today"), days[-1].filed, {"on": "filed", **one_day}, "accent", "filed"),
        Figure(_("Ended today"), days[-1].closed, {"on": "closed", **one_day}, "done", "closed"),
        Figure(_("Open now"), sum(line.count for line in found), {"state": "open"}, "in_time", "open"),
        Figure(_("Overdue now"), sum(line.late for line in found), {"overdue": "1"}, "overdue", "overdue"),
        Figure(_("Under supervision"), sum(line.supervised for line in found), {"state": "open", "supervised": "1"}, "soon", "supervised"),
    ]
    return Board(
        today=figures, states=states(found), districts=split(found, "district_id", Area.objects.all(), "district"),
        departments=split(found, "org_id", Organization.objects.all(), "org"), days=days,
    )


def opened(rows: QuerySet[Any], part: Any, moment: datetime) -> list[OpenLine]:
    """Count what is open by state, part (an expression: which district, which area) and department; one statement."""
    found = rows.filter(closed_at__isnull=True).annotate(in_part=part).values_list("state", "in_part", "org_id").annotate(
        n=Count("pk"), late=Count("pk", filter=Q(due_at__lt=moment)), supervised=Count("pk", filter=Q(supervise_count__gt=0))
    )
    return [OpenLine(*row) for row in found]


def states(found: Iterable[OpenLine], within: Mapping[str, str] | None = None) -> list[Figure]:
    """Return the funnel of stages; `within` are filters that each figure's list has besides."""
    labels, by_state, more = state_words(), Counter[str](), dict(within or {})
    for line in found:
        by_state[line.state] += line.count
    return [
        Figure(labels[group], sum(by_state[s] for s in names), {"state": group, **more}, "paused" if group == "suspended" else "accent", group)
        for group, names in GROUPS.items()
    ]


def split(found: Iterable[OpenLine], column: str, named: QuerySet[Any], name: str, within: Mapping[str, str] | None = None) -> list[Split]:
    """Return open cases by district or department, the most first; `named` are the rows with code and name."""
    more = dict(within or {})
    sums: dict[int, tuple[int, int]] = {}
    for line in found:
        if (key := getattr(line, column)) is not None:
            count, late = sums.get(key, (0, 0))
            sums[key] = (count + line.count, late + line.late)
    names = {pk: (code, texts.pick(label)) for pk, code, label in named.filter(pk__in=sums).values_list("pk", "code", "name")}
    shown = sorted(((*sums[pk], *names[pk]) for pk in names), key=lambda row: (-row[0], row[2]))
    return [
        Split(
            label, Figure(label, count, {"state": "open", **more, name: code}),
            Figure(label, late, {"overdue": "1", **more, name: code}, "overdue" if late else "neutral"),
        )
        for count, late, code, label in shown[:MOST]
    ]  # fmt: skip


def _days(rows: Any, today: date) -> list[DayCounts]:
    first = today - timedelta(days=DAYS - 1)
    start, _end = day_bounds(first, None)
    zone = local_zone()
    counted: dict[str, dict[date, int]] = {}
    for name, column in (("reported", "reported_at"), ("filed", "filed_at"), ("closed", "closed_at")):
        days = rows.filter(**{f"{column}__gte": start}).annotate(day=TruncDate(column, tzinfo=zone))
        counted[name] = dict(days.values_list("day").annotate(n=Count("pk")))
    found = []
    for i in range(DAYS):
        day = first + timedelta(days=i)
        found.append(DayCounts(day, *(counted[name].get(day, 0) for name in ("reported", "filed", "closed"))))
    return found
