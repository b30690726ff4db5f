"""Clocks as people read them (时限): what is left now, and the whole history of what was counted, paused and by whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Clock, ClockChange
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines
from yiwang.kernel.worktime.rules.calendars import Calendar

SOON_SHARE = 0.2  # the last fifth of a limit is amber (黄灯 at 80 %)
ORDER = ("case", "department", "stage")
_SHOWN = (
    "case", "task", "name", "step", "unit", "limit_value", "limit_minutes", "total_minutes", "consumed_minutes", "running_since", "started_at",
    "due_at", "stopped_at", "state", "is_provisional",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """One line of a clock's history. `consumed_minutes` is what had been used up to then."""

    change: str  # start pause resume extend restart stop end recompute
    action: str
    at: datetime
    consumed_minutes: float
    due_at: datetime
    by: str
    reason: str
    event_uid: UUID | None


@dataclass(frozen=True, kw_only=True)
class ClockLine:
    """One clock at a moment. Minutes are of its own kind; `remaining_minutes` is negative when overdue."""

    name: str  # case | department | stage
    step: str
    unit: str
    limit_value: int
    total_minutes: float
    consumed_minutes: float
    state: str  # running paused stopped ended
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    ticking: bool  # time is being counted at this very moment
    is_provisional: bool
    organization: dict[str, str]
    extensions: int
    rule: str  # the sentence that set the limit
    changes: tuple[ChangeLine, ...] = field(default=())
    is_over: bool = False  # past its due time, also while no working time runs (a limit that ended at noon, at lunch)

    @property
    def remaining_minutes(self) -> float:
        left = self.total_minutes - self.consumed_minutes
        return min(left, -0.001) if self.is_over else left

    @property
    def is_working(self) -> bool:
        return Kind(self.unit).is_working

    @property
    def tone(self) -> str:
        """Return in_time, soon, overdue, paused or done."""
        if self.state == "paused":
            return "paused"
        if self.state in ("stopped", "ended"):
            return "done"
        if self.remaining_minutes < 0:
            return "overdue"
        return "soon" if self.remaining_minutes <= self.total_minutes * SOON_SHARE else "in_time"


def _is_counting(unit: str, at: datetime, calendar: Calendar) -> bool:
    kind = Kind(unit)
    return not kind.is_working or deadlines.minutes_between(at, at + timedelta(minutes=1), kind, calendar) > 0


def _line(clock: Clock, at: datetime, calendar: Calendar, org: Mapping[str, str] | None, changes: tuple[ChangeLine, ...] = ()) -> ClockLine:
    consumed = clock.consumed_minutes
    if clock.running_since is not None and at > clock.running_since:
        consumed += deadlines.minutes_between(clock.running_since, at, Kind(clock.unit), calendar)
    first = next((c for c in changes if c.change == "start"), None)
    return ClockLine(
        name=clock.name, step=clock.step, unit=clock.unit, limit_value=clock.limit_value, total_minutes=clock.total_minutes,
        consumed_minutes=consumed, state=clock.state, started_at=clock.started_at, due_at=clock.due_at,
        stopped_at=clock.stopped_at, ticking=clock.state == "running" and _is_counting(clock.unit, at, calendar),
        is_provisional=clock.is_provisional, organization=dict(org or {}),
        extensions=round((clock.total_minutes - clock.limit_minutes) / clock.limit_minutes) if clock.limit_minutes else 0,
        rule=first.reason if first else "", changes=changes, is_over=clock.state == "running" and at > clock.due_at,
    )


def clocks_of(case: Case, at: datetime | None = None) -> list[ClockLine]:
    """Return every clock of the case with its history, those that matter now first; three queries."""
    moment = at or now()
    rows = list(Clock.objects.filter(case=case).annotate(org_name=F("task__org__name")).order_by("pk"))
    if not rows:
        return []
    calendar = calendar_for(case.area_path)
    history: dict[int, list[ChangeLine]] = {}
    for c in ClockChange.objects.filter(clock__in=[r.pk for r in rows]).order_by("pk"):
        history.setdefault(c.clock_id, []).append(
            ChangeLine(
                change=c.change, action=c.action, at=c.at, consumed_minutes=c.consumed_minutes, due_at=c.due_at,
                by=c.by_name, reason=c.reason, event_uid=c.event_uid,
            )
        )
    found = [_line(r, moment, calendar, r.org_name, tuple(history.get(r.pk, ()))) for r in rows]
    live = {"running": 0, "paused": 1, "stopped": 2, "ended": 3}
    found.sort(key=lambda c: (live.get(c.state, 9), ORDER.index(c.name) if c.name in ORDER else 9))
    return found


def current(lines: Iterable[ClockLine]) -> ClockLine | None:
    """Return the clock to show large: a running or paused disposal clock, else the step's, else the last one."""
    rows = list(lines)
    live = [c for c in rows if c.state in ("running", "paused")]
    disposal = [c for c in live if c.name in ("case", "department")]
    pool = disposal or live or [c for c in rows if c.name == "case"] or rows
    return min(pool, key=lambda c: c.remaining_minutes) if pool else None


def _running() -> QuerySet[Clock]:
    """Return the clocks that count or are paused, with the department's name (`org_name`)."""
    rows = Clock.objects.filter(state__in=("running", "paused")).annotate(org_name=F("task__org__name"))
    return rows.only(*_SHOWN)


def of_cases(cases: Iterable[Case], at: datetime | None = None) -> dict[int, ClockLine]:
    """Return {case id: the clock that runs out next} for a list; two queries whatever its length."""
    wanted = {c.pk: c.area_path for c in cases if c.closed_at is None}
    moment, grouped = at or now(), {}  # type: datetime, dict[int, list[ClockLine]]
    if not wanted:
        return {}
    rows = _running().filter(case_id__in=wanted).order_by("pk")
    calendars = _Calendars()
    for row in rows:
        grouped.setdefault(row.case_id, []).append(_line(row, moment, calendars.of(wanted[row.case_id]), row.org_name))  # type: ignore[attr-defined]  # annotated
    return {pk: found for pk, lines in grouped.items() if (found := current(lines)) is not None}


def of_tasks(tasks: Iterable[tuple[int, str]], at: datetime | None = None) -> dict[int, ClockLine]:
    """Return {task id: its own running clock} for tasks given as (id, area path); two queries."""
    wanted = dict(tasks)
    moment, calendars = at or now(), _Calendars()
    found: dict[int, ClockLine] = {}
    if not wanted:
        return found
    rows = _running().filter(task_id__in=wanted).order_by("pk")
    for row in rows:
        if row.task_id is not None:
            found[row.task_id] = _line(row, moment, calendars.of(wanted[row.task_id]), row.org_name)  # type: ignore[attr-defined]
    return found


class _Calendars:
    """The calendars of a page's rows, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, Calendar] = {}

    def of(self, area_path: str) -> Calendar:
        root = area_path.split(".", 1)[0]
        if root not in self._known:
            self._known[root] = calendar_for(area_path)
        return self._known[root]
