"""Deadlines (时限): add a limit, count what is used, and do both around pauses (挂账).

Amounts are minutes of the kind's own time unless a function says "in units of the kind". Counting is exact to the
microsecond: `add` of what `minutes_between` gave lands where it came from.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules.calendars import Calendar
from yiwang.kernel.worktime.rules.walltime import first_instant, running_wall

Amount = int | float | Decimal | Fraction
_MINUTE = 60_000_000
_WALL_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
MAX_MINUTES = 60 * 366 * 1440


@dataclass(frozen=True)
class Pause:
    """A stretch that does not count; `end` None means that it still lasts."""

    start: datetime
    end: datetime | None = None


class Lamp(StrEnum):
    """The colour of a clock: green to 80 % of the limit, yellow to 100 %, red beyond."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


def add(start: datetime, amount: Amount, kind: Kind, calendar: Calendar) -> datetime:
    """Return start plus `amount` units of the kind, as UTC; start itself for 0.

    A working deadline falls on the end of a working period, not on the start of the next one.

    Raises
    ------
    ValueError
        The start has no zone; the amount is negative, not finite or beyond sixty years.
    NoWorkingTime
        The calendar has no working time to reach it.

    Examples
    --------
    >>> from yiwang.kernel.worktime.rules.examples import PLAIN as c
    >>> friday = datetime(2026, 3, 6, 17, 30, tzinfo=c.zone)
    >>> add(friday, 4, Kind.WORK_HOUR, c).astimezone(c.zone).strftime("%a %H:%M")
    'Mon 11:30'
    """
    return add_minutes(start, _fraction(amount) * kind.minutes, kind, calendar)


def add_minutes(start: datetime, minutes: Amount, kind: Kind, calendar: Calendar) -> datetime:
    """Return start plus minutes counted in the kind's own time; as `add` otherwise."""
    _aware(start)
    value = _fraction(minutes)
    if value < 0:
        raise ValueError(f"a limit is not negative: {minutes}")
    if value > MAX_MINUTES:
        raise ValueError(f"a limit is at most sixty years: {minutes} minutes")
    micro = round(value * _MINUTE)
    start = start.astimezone(UTC)
    if micro == 0:
        return start
    if kind.is_working:
        return calendar.after(start, micro)
    if kind is Kind.CALENDAR_DAY:
        wall = running_wall(start, calendar.zone) + timedelta(microseconds=micro)
        return max(start, first_instant(wall, calendar.zone))
    return start + timedelta(microseconds=micro)


def minutes_between(start: datetime, end: datetime, kind: Kind, calendar: Calendar) -> float:
    """Return the minutes from start to end in the kind's own time; negative when end is before start."""
    return _between(start, end, kind, calendar) / _MINUTE


def _between(start: datetime, end: datetime, kind: Kind, calendar: Calendar) -> int:
    _aware(start)
    _aware(end)
    if kind.is_working:
        return calendar.between(start.astimezone(UTC), end.astimezone(UTC))
    if kind is Kind.CALENDAR_DAY:
        return (running_wall(end, calendar.zone) - running_wall(start, calendar.zone)) // _MICROSECOND
    return (end - start) // _MICROSECOND


def merged(pauses: Iterable[Pause]) -> list[Pause]:
    """Return the pauses in order without overlap; empty and backward ones are dropped."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.end is not None and pause.end <= pause.start:
            continue
        last = found[-1] if found else None
        if last is not None and (last.end is None or pause.start <= last.end):
            if last.end is not None:
                found[-1] = Pause(last.start, None if pause.end is None else max(last.end, pause.end))
        else:
            found.append(pause)
    return found


def used(start: datetime, at: datetime, kind: Kind, calendar: Calendar, pauses: Iterable[Pause] = ()) -> float:
    """Return the minutes that count from start up to `at`, pauses left out; 0 before the start."""
    return _used(start, at, kind, calendar, merged(pauses)) / _MINUTE


def _used(start: datetime, at: datetime, kind: Kind, calendar: Calendar, pauses: list[Pause]) -> int:
    if at <= start:
        return 0
    total = _between(start, at, kind, calendar)
    for pause in pauses:
        begin, end = max(pause.start, start), at if pause.end is None else min(pause.end, at)
        if begin < end:
            total -= _between(begin, end, kind, calendar)
    return total


def remaining(
    start: datetime, amount: Amount, at: datetime, kind: Kind, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> float:
    """Return the minutes left at `at` of a limit of `amount` units; negative when overdue."""
    limit = round(_fraction(amount) * kind.minutes * _MINUTE)
    return (limit - _used(start, at, kind, calendar, merged(pauses))) / _MINUTE


def due(
    start: datetime, amount: Amount, kind: Kind, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """Return when a limit of `amount` units runs out, pauses left out; None while a pause without end holds it.

    Works for working, continuous and calendar kinds alike, and for pauses given in any order.
    """
    _aware(start)
    left = round(_fraction(amount) * kind.minutes * _MINUTE)
    cursor = start.astimezone(UTC)
    for pause in merged(pauses):
        if pause.end is not None and pause.end <= cursor:
            continue
        if pause.start > cursor:
            stretch = _between(cursor, pause.start, kind, calendar)
            if left <= stretch:
                break
            left -= stretch
        if pause.end is None:
            return None
        cursor = max(cursor, pause.end.astimezone(UTC))
    return add_minutes(cursor, Fraction(left, _MINUTE), kind, calendar)


def lamp(used_minutes: float, limit_minutes: float) -> Lamp:
    """Return the colour of a clock; a limit of 0 is red as soon as anything is used."""
    if used_minutes > limit_minutes:
        return Lamp.RED
    return Lamp.GREEN if used_minutes <= 0.8 * limit_minutes else Lamp.YELLOW


def _aware(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")


def _fraction(amount: Amount) -> Fraction:
    if isinstance(amount, float) and not math.isfinite(amount):
        raise ValueError(f"a limit is a number: {amount}")
    if isinstance(amount, Decimal) and not amount.is_finite():
        raise ValueError(f"a limit is a number: {amount}")
    return Fraction(amount)
