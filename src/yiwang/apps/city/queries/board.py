"""The count board: today's figures, where cases stand, by district and department, fourteen days; each opens its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from yiwang.apps.city.queries.lists import GROUPS, CaseFilter, cases, day_bounds, local_zone, state_words
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

DAYS = 14


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


def board(actor: Actor) -> Board:
    """Return the whole board in eight statements, whatever the number of cases."""
    rows = cases(actor, CaseFilter()).order_by()
    moment, today = now(), now().astimezone(local_zone()).date()
    start, _end = day_bounds(today, None)
    one_day = {"since": today.isoformat(), "until": today.isoformat()}
    late = Q(due_at__lt=moment, closed_at__isnull=True)
    counts: Mapping[str, Any] = rows.aggregate(
        reported=Count("pk", filter=Q(reported_at__gte=start)), filed=Count("pk", filter=Q(filed_at__gte=start)),
        closed=Count("pk", filter=Q(closed_at__gte=start)), overdue=Count("pk", filter=late),
        open=Count("pk", filter=Q(closed_at__isnull=True)), supervised=Count("pk", filter=Q(closed_at__isnull=True, supervise_count__gt=0)),
    )
    figures = [
        Figure(_("Reported today"), counts["reported"], {"on": "reported", **one_day}, "accent", "reported"),
        Figure(_("Filed today"), counts["filed"], {"on": "filed", **one_day}, "accent", "filed"),
        Figure(_("Ended today"), counts["closed"], {"on": "closed", **one_day}, "done", "closed"),
        Figure(_("Open now"), counts["open"], {"state": "open"}, "in_time", "open"),
        Figure(_("Overdue now"), counts["overdue"], {"overdue": "1"}, "overdue", "overdue"),
        Figure(_("Under supervision"), counts["supervised"], {"state": "open", "supervised": "1"}, "soon", "supervised"),
    ]
    return Board(
        today=figures, states=_states(rows), districts=_split(rows, late, "city__district", "district"),
        departments=_split(rows, late, "org", "org"), days=_days(rows, today),
    )


def _states(rows: Any) -> list[Figure]:
    by_state = dict(rows.filter(closed_at__isnull=True).values_list("state").annotate(n=Count("pk")))
    labels = state_words()
    return [
        Figure(labels[group], sum(by_state.get(s, 0) for s in states), {"state": group}, "paused" if group == "suspended" else "accent", group)
        for group, states in GROUPS.items()
    ]


def _split(rows: Any, late: Q, column: str, name: str) -> list[Split]:
    grouped = (
        rows.filter(closed_at__isnull=True, **{f"{column}__isnull": False}).values(f"{column}__code", f"{column}__name")
        .annotate(n=Count("pk"), late=Count("pk", filter=late)).order_by("-n", f"{column}__code")[:60]
    )
    found = []
    for row in grouped:
        code, label = row[f"{column}__code"], texts.pick(row[f"{column}__name"])
        found.append(
            Split(
                label, Figure(label, row["n"], {name: code, "state": "open"}),
                Figure(label, row["late"], {name: code, "overdue": "1"}, "overdue" if row["late"] else "neutral"),
            )
        )
    return found


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
