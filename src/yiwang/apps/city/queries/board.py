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
    """Return the whole board in six statements: what is open, and the last fourteen days; closed years cost nothing."""
    rows = cases(actor, CaseFilter()).order_by()
    moment, today = now(), now().astimezone(local_zone()).date()
    one_day = {"since": today.isoformat(), "until": today.isoformat()}
    late = Q(due_at__lt=moment)
    opened = rows.filter(closed_at__isnull=True)
    by_state: dict[str, tuple[int, int, int]] = {
        state: (n, overdue, supervised)
        for state, n, overdue, supervised in opened.values_list("state").annotate(
            n=Count("pk"), late=Count("pk", filter=late), supervised=Count("pk", filter=Q(supervise_count__gt=0))
        )
    }
    is_open, overdue, supervised = (sum(counts[i] for counts in by_state.values()) for i in range(3))
    days = _days(rows, today)
    figures = [
        Figure(_("Reported today"), days[-1].reported, {"on": "reported", **one_day}, "accent", "reported"),
        Figure(_("Filed today"), days[-1].filed, {"on": "filed", **one_day}, "accent", "filed"),
        Figure(_("Ended today"), days[-1].closed, {"on": "closed", **one_day}, "done", "closed"),
        Figure(_("Open now"), is_open, {"state": "open"}, "in_time", "open"),
        Figure(_("Overdue now"), overdue, {"overdue": "1"}, "overdue", "overdue"),
        Figure(_("Under supervision"), supervised, {"state": "open", "supervised": "1"}, "soon", "supervised"),
    ]
    return Board(
        today=figures, states=_states({state: n for state, (n, _late, _pressed) in by_state.items()}),
        districts=_split(opened, late, "city__district", "district"), departments=_split(opened, late, "org", "org"), days=days,
    )


def _states(by_state: Mapping[str, int]) -> list[Figure]:
    labels = state_words()
    return [
        Figure(labels[group], sum(by_state.get(s, 0) for s in states), {"state": group}, "paused" if group == "suspended" else "accent", group)
        for group, states in GROUPS.items()
    ]


def _split(rows: Any, late: Q, column: str, name: str) -> list[Split]:
    """Return open cases by district or department; `rows` are open."""
    grouped = (
        rows.filter(**{f"{column}__isnull": False}).values(f"{column}__code", f"{column}__name")
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
