"""Reads of working calendars, cached in the process by version: a change anywhere is seen at the next call."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import DateTimeField, FloatField, Func, QuerySet

from yiwang.kernel.worktime.contracts import DayKind
from yiwang.kernel.worktime.errors import UnknownCalendar
from yiwang.kernel.worktime.models import CalendarDay, CalendarDef, WorktimeDay
from yiwang.kernel.worktime.rules.calendars import Calendar, DayMark, parse_periods, parse_season, parse_week

DEFAULT_CODE = "cn"
_kept: dict[str, tuple[int, Calendar]] = {}
_OF_ROOT = """SELECT d.code, d.id, d.version, a.calendar_code
FROM yw_worktime_calendardef d LEFT JOIN yw_areas_area a ON a.id = %(root)s AND a.calendar_code <> ''
WHERE d.code = %(usual)s OR d.code = a.calendar_code"""


def calendar(code: str) -> Calendar:
    """Return a calendar by code. One small query asks for its version; the rest comes from the process's cache.

    Raises
    ------
    UnknownCalendar
        No calendar has the code.
    """
    row = CalendarDef.objects.filter(code=code).values_list("pk", "version").first()
    if row is None:
        raise UnknownCalendar(calendar_code=code)
    return _fresh(code, *row)


def calendar_for(area_path: str) -> Calendar:
    """Return the calendar of the root area that the path begins with; the Chinese one when it names none. One query."""
    root = area_path.split(".", 1)[0]
    if not root.isdecimal():
        return calendar(DEFAULT_CODE)
    with connection.cursor() as cursor:  # every list and desk asks it: written by hand, it costs a third
        cursor.execute(_OF_ROOT, {"root": int(root), "usual": DEFAULT_CODE})
        rows = cursor.fetchall()
    wanted = next((row[3] for row in rows if row[3]), DEFAULT_CODE)
    for code, pk, version, _wanted in rows:
        if code == wanted:
            return _fresh(code, pk, version)
    raise UnknownCalendar(calendar_code=wanted)


def _fresh(code: str, pk: int, version: int) -> Calendar:
    kept = _kept.get(code)
    # The key is compared too: several databases of one test run each have a version 1.
    if kept is None or kept[0] != pk or kept[1].version != version:
        kept = _kept[code] = (pk, build(CalendarDef.objects.get(pk=pk)))
    return kept[1]


def forget() -> None:
    """Empty the cache; for tests, whose databases come and go."""
    _kept.clear()


def build(definition: CalendarDef) -> Calendar:
    """Make the value out of the tables, two queries."""
    marks = {
        row.day: DayMark(DayKind(row.kind), None if row.periods is None else parse_periods(row.periods, str(row.day)))
        for row in CalendarDay.objects.filter(calendar=definition)
    }
    return Calendar(
        code=definition.code,
        zone=zone(definition.zone),
        week=parse_week(definition.weekly),
        seasons=tuple(parse_season(raw) for raw in definition.seasons),
        marks=marks,
        known_years=frozenset(int(year) for year in definition.known_years),
        version=definition.version,
    )


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def calendars() -> QuerySet[CalendarDef]:
    return CalendarDef.objects.order_by("code")


def marks(code: str, year: int) -> QuerySet[CalendarDay]:
    """Return the marked days of one year."""
    return CalendarDay.objects.filter(calendar__code=code, day__year=year).order_by("day")


def calendar_id(code: str) -> int:
    """Return the key that the SQL functions take."""
    found = CalendarDef.objects.filter(code=code).values_list("pk", flat=True).first()
    if found is None:
        raise UnknownCalendar(calendar_code=code)
    return found


def table_reach(code: str) -> tuple[date, date] | None:
    """Return the first and last day that SQL can count in."""
    days = WorktimeDay.objects.filter(calendar__code=code).order_by("day").values_list("day", flat=True)
    first, last = days.first(), days.last()
    return None if first is None or last is None else (first, last)


class WorkMinutes(Func):
    """`WorkMinutes(Value(calendar_id), "opened_at", "closed_at")`: working minutes counted by the database."""

    function = "worktime_minutes"
    output_field = FloatField()


class WorkAdd(Func):
    """`WorkAdd(Value(calendar_id), "opened_at", Value(Decimal(480)))`: the working deadline, by the database."""

    function = "worktime_add"
    output_field = DateTimeField()


@dataclass(frozen=True)
class MonthSum:
    """How much is worked in a month."""

    month: int
    days: int
    minutes: int


def months(value: Calendar, year: int) -> list[MonthSum]:
    """Return working days and minutes of each month of a year."""
    found = []
    for month in range(1, 13):
        day, days, minutes = date(year, month, 1), 0, 0
        while day.month == month:
            worked = sum(end - start for start, end in value.periods_on(day))
            days, minutes, day = days + bool(worked), minutes + worked, day + timedelta(days=1)
        found.append(MonthSum(month, days, minutes))
    return found
