"""Keeping clocks: the pure rule applied to rows, each change on the clock's history, timers set anew."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from yiwang.kernel.cases.contracts import Limit
from yiwang.kernel.cases.models import Case, Clock, ClockChange, Task, Timer
from yiwang.kernel.cases.rules import clocks as rules
from yiwang.kernel.cases.rules.clocks import ClockEffect, ClockState
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines
from yiwang.kernel.worktime.rules.calendars import Calendar

WARN_SHARE = 0.8  # 催办 at 80 % of the limit (lamp yellow)
Marks = Callable[[Case, Clock], Iterable[tuple[str, float]]]
_marks: list[Marks] = []


def register_marks(find: Marks) -> None:
    """Let `find(case, clock)` name further moments of a clock, as (name, minutes used by then); each fires the event `warn` once.

    Names have at most 64 characters. A room above asks for them (warning rules, 预警规则); pause, extension and a changed
    calendar move them with the clock.
    """
    _marks[:] = [find]


def state_of(clock: Clock) -> ClockState:
    return ClockState(
        clock.limit_minutes, clock.total_minutes, clock.consumed_minutes, clock.running_since, clock.due_at, clock.state
    )


def keep(clock: Clock, state: ClockState) -> None:
    clock.total_minutes = int(state.total_minutes)
    clock.consumed_minutes = state.consumed_minutes
    clock.running_since, clock.due_at, clock.state = state.running_since, state.due_at, state.state


def _add(start: datetime, minutes: float, *, kind: Kind, calendar: Calendar) -> datetime:
    return deadlines.add_minutes(start, minutes, kind, calendar)


def _between(start: datetime, end: datetime, *, kind: Kind, calendar: Calendar) -> float:
    return deadlines.minutes_between(start, end, kind, calendar)


def bound(clock: Clock, calendar: Calendar) -> tuple[rules.Add, rules.Between]:
    """Return the arithmetic of the clock's own kind."""
    kind = Kind(clock.unit)
    return partial(_add, kind=kind, calendar=calendar), partial(_between, kind=kind, calendar=calendar)


def begin(
    case: Case, name: str, limit: Limit, at: datetime, *, task: Task | None = None, by: str = "", event: UUID | None = None,
    step: str = "",
) -> Clock:
    """Start a clock and set its timers; the task is told its due time and saved by the caller."""
    calendar = calendar_for(case.area_path)
    kind = Kind(limit.unit)
    minutes = limit.value * kind.minutes
    due = task.due_at if task is not None and task.due_at is not None else deadlines.add_minutes(at, minutes, kind, calendar)
    clock = Clock.objects.create(
        case=case, task=task, name=name, step=task.step if task else step, unit=limit.unit, limit_value=limit.value,
        limit_minutes=minutes, total_minutes=minutes, running_since=at, started_at=at, due_at=due,
        manual_row_id=limit.manual_row_id, calendar_code=calendar.code, is_provisional=calendar.is_provisional(at, due),
    )
    _line(clock, "start", "", at, by, limit.rule, event)
    set_timers(clock, calendar, new=True, case=case)
    if task is not None:
        task.due_at = due
    return clock


def due_of(case: Case, limit: Limit, at: datetime) -> datetime:
    """Return when a limit that starts at `at` is over."""
    kind = Kind(limit.unit)
    return deadlines.add_minutes(at, limit.value * kind.minutes, kind, calendar_for(case.area_path))


def change(
    clock: Clock, effect: ClockEffect, at: datetime, *, action: str, by: str = "", reason: str = "", event: UUID | None = None
) -> None:
    """Apply one effect; nothing is written when it changes nothing."""
    calendar = calendar_for(clock.case.area_path)
    add, between = bound(clock, calendar)
    before = state_of(clock)
    after = rules.apply(before, effect, at, add, between)
    if after == before:
        return
    keep(clock, after)
    if effect is ClockEffect.END:
        clock.stopped_at = at
    clock.save()
    _line(clock, effect.value, action, at, by, reason, event)
    set_timers(clock, calendar)
    if clock.task_id:
        Task.all_modes.filter(pk=clock.task_id, state="open").update(due_at=clock.due_at)


def apply(
    case: Case, effects: Mapping[str, ClockEffect], at: datetime, *, action: str, task: Task | None, by: str = "",
    reason: str = "", event: UUID | None = None,
) -> None:
    """Apply an action's line of the action table: `stage` and `department` mean the task at hand, or all without one."""
    wanted = {name: effect for name, effect in effects.items() if effect is not ClockEffect.NONE}
    if not wanted:
        return
    for clock in Clock.objects.filter(case=case, name__in=wanted).exclude(state="ended").order_by("pk"):
        if task is not None and clock.name in ("stage", "department") and clock.task_id != task.pk:
            continue
        clock.case = case
        change(clock, wanted[clock.name], at, action=action, by=by, reason=reason, event=event)


def refresh_due(case: Case) -> None:
    """Set `case.due_at` to what runs out next: a disposal clock if one runs, else the step's."""
    running = list(Clock.objects.filter(case=case, state="running").values_list("name", "due_at"))
    disposal = [due for name, due in running if name in ("case", "department", "milestone")]
    case.due_at = min(disposal or [due for _name, due in running], default=None)


def _line(clock: Clock, change: str, action: str, at: datetime, by: str, reason: str, event: UUID | None) -> None:
    ClockChange.objects.create(
        clock=clock, change=change, action=action, at=at, consumed_minutes=clock.consumed_minutes, due_at=clock.due_at,
        by_name=by, reason=reason[:500], event_uid=event,
    )


def set_timers(clock: Clock, calendar: Calendar, *, new: bool = False, case: Case | None = None) -> None:
    """Replace the clock's own warnings; past ones are not set again."""
    if not new:
        Timer.objects.filter(clock=clock, fired_at__isnull=True).delete()
    if clock.running_since is None:
        return
    wanted = []
    left_until_warning = clock.total_minutes * WARN_SHARE - clock.consumed_minutes
    if left_until_warning > 0:
        warn_at = deadlines.add_minutes(clock.running_since, left_until_warning, Kind(clock.unit), calendar)
        wanted.append(Timer(case_id=clock.case_id, clock=clock, kind="warn", due_at=warn_at))
    if clock.total_minutes > clock.consumed_minutes:
        wanted.append(Timer(case_id=clock.case_id, clock=clock, kind="overdue", due_at=clock.due_at))
    wanted += [
        Timer(case_id=clock.case_id, clock=clock, kind="mark", engine_id=name[:64], due_at=deadlines.add_minutes(clock.running_since, left, Kind(clock.unit), calendar))
        for name, left in marks_ahead(case or clock.case, clock)
    ]
    Timer.objects.bulk_create(wanted)


def marks_ahead(case: Case, clock: Clock) -> list[tuple[str, float]]:
    """Return the further moments that a running clock has before it, as (name, minutes from when it last began to run)."""
    found = dict(pair for find in _marks for pair in find(case, clock))
    return [(name, at - clock.consumed_minutes) for name, at in found.items() if at > clock.consumed_minutes]


def mark_again(clock: Clock, calendar: Calendar, at: datetime) -> int:
    """Set the further moments of a running clock anew, because what they are has been changed; return how many lie ahead.

    Those whose moment is over already are not set: nobody is warned of yesterday.
    """
    Timer.objects.filter(clock=clock, kind="mark", fired_at__isnull=True).delete()
    if clock.running_since is None:
        return 0
    wanted = [(name, deadlines.add_minutes(clock.running_since, left, Kind(clock.unit), calendar)) for name, left in marks_ahead(clock.case, clock)]
    made = [Timer(case_id=clock.case_id, clock=clock, kind="mark", engine_id=name[:64], due_at=due) for name, due in wanted if due > at]
    Timer.objects.bulk_create(made)
    return len(made)


def suspend_until(case: Case, until: datetime) -> None:
    """Set the moment at which a suspended case runs on by itself."""
    Timer.objects.filter(case=case, kind="resume", fired_at__isnull=True).delete()
    Timer.objects.create(case=case, kind="resume", due_at=until)


GRACE = timedelta(minutes=5)  # a phone's clock may run ahead by this much
