"""Writes to working calendars. Every change raises the version and recounts the SQL table in the same transaction."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.worktime import queries
from yiwang.kernel.worktime.contracts import DayKind
from yiwang.kernel.worktime.errors import BadCalendar, UnknownCalendar
from yiwang.kernel.worktime.models import CalendarDay, CalendarDef, WorktimeDay
from yiwang.kernel.worktime.rules.calendars import REASONS, Calendar, CalendarError

DATA_DIR = Path(__file__).parent / "data"
FIRST_DAY = date(2005, 1, 1)  # before any data that a city brings along
YEARS_AHEAD = 5
EDIT = "worktime.calendar.edit"


@dataclass(frozen=True)
class CalendarChange:
    """What changed, so that cases can recount the open clocks that run through it."""

    calendar_code: str
    version: int
    from_day: date
    to_day: date


def mark_day(
    *, actor: Actor, calendar_code: str, day: date, kind: str, note: str = "", source: str = "",
    periods: Sequence[Sequence[str]] | None = None, is_provisional: bool = False,
) -> CalendarChange:  # fmt: skip
    """Mark a day as a holiday or a shifted working day (调休), in place of an older mark. Safe to repeat.

    Returns the change; the caller recounts open clocks of areas with this calendar (`cases` does it by event).

    Raises
    ------
    NotPermitted, UnknownCalendar
    BadInput
        The kind is unknown or the day is outside what the table covers.
    BadCalendar
        The periods make no sense; nothing was written.
    """
    _require(actor)
    if kind not in set(DayKind):
        raise BadInput.one("kind", "kind", _("Choose holiday or working day."))
    _check_day(day)
    with transaction.atomic():
        definition = _locked(calendar_code)
        CalendarDay.objects.update_or_create(
            calendar=definition, day=day,
            defaults={
                "kind": kind, "note": note[:100], "source": (source or "local")[:200], "is_provisional": is_provisional,
                "periods": None if periods is None else [list(pair) for pair in periods],
            },
        )  # fmt: skip
        return _changed(actor, definition, "worktime.day.marked", day, day, {"kind": kind, "note": note, "source": source})


def unmark_day(*, actor: Actor, calendar_code: str, day: date) -> CalendarChange:
    """Let the weekday rule decide the day again. Safe to repeat."""
    _require(actor)
    _check_day(day)
    with transaction.atomic():
        definition = _locked(calendar_code)
        CalendarDay.objects.filter(calendar=definition, day=day).delete()
        return _changed(actor, definition, "worktime.day.unmarked", day, day, {})


def confirm_year(*, actor: Actor, calendar_code: str, year: int, source: str) -> CalendarChange:
    """Say that the holidays of a year are complete: deadlines in it are no longer provisional."""
    _require(actor)
    first, last = date(year, 1, 1), date(year, 12, 31)
    _check_day(first)
    with transaction.atomic():
        definition = _locked(calendar_code)
        definition.known_years = sorted({*definition.known_years, year})
        CalendarDay.objects.filter(calendar=definition, day__range=(first, last)).update(is_provisional=False)
        return _changed(actor, definition, "worktime.year.confirmed", first, last, {"year": year, "source": source})


def save_calendar(
    *, actor: Actor, code: str, name: Mapping[str, str], zone: str, weekly: Mapping[str, Any], seasons: Iterable[Any] = ()
) -> CalendarChange:
    """Add a calendar, or change its weekly hours and seasons."""
    _require(actor)
    if not code or len(code) > 40 or not code.isascii() or not code.isprintable():
        raise BadInput.one("code", "code", _("A code is 1 to 40 Latin letters, digits and signs."))
    with transaction.atomic():
        definition = CalendarDef.objects.select_for_update().filter(code=code).first() or CalendarDef(code=code)
        definition.name, definition.zone = dict(name), zone
        definition.weekly, definition.seasons = dict(weekly), list(seasons)
        definition.save()
        first, last = _reach()
        return _changed(actor, definition, "worktime.calendar.saved", first, last, {})


def _require(actor: Actor) -> None:
    """Calendars hold everywhere, so the permission may be held anywhere."""
    if not actor.may_anywhere(EDIT):
        actor.require(EDIT)


def _locked(code: str) -> CalendarDef:
    found = CalendarDef.objects.select_for_update().filter(code=code).first()
    if found is None:
        raise UnknownCalendar(calendar_code=code)
    return found


def _check_day(day: date) -> None:
    first, last = _reach()
    if not first <= day <= last:
        raise BadInput.one(
            "day", "day", _("Choose a day from %(first)s to %(last)s.") % {"first": first, "last": last}
        )


def _changed(
    actor: Actor, definition: CalendarDef, action: str, first: date, last: date, data: dict[str, object]
) -> CalendarChange:
    _bump(definition, first)
    change = CalendarChange(definition.code, definition.version, first, last)
    audit.record(
        actor, action=action,
        data={**data, "calendar": change.calendar_code, "version": change.version,
              "from_day": first.isoformat(), "to_day": last.isoformat()},
    )  # fmt: skip
    return change


def _bump(definition: CalendarDef, first: date = FIRST_DAY) -> None:
    definition.version += 1
    definition.save()
    _rebuild(definition, first)


def _reach() -> tuple[date, date]:
    return FIRST_DAY, date(now().year + YEARS_AHEAD, 12, 31)


def rebuild(code: str) -> int:
    """Count the SQL table of one calendar anew; done every year, and after every change. Returns the days."""
    with transaction.atomic():
        return _rebuild(_locked(code))


def _rebuild(definition: CalendarDef, first: date = FIRST_DAY) -> int:
    """Count from the first day that changed; sums before it stand."""
    try:
        queries.zone(definition.zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise BadCalendar(reason=_("%(zone)s is not a time zone like Asia/Shanghai") % {"zone": definition.zone}) from error
    try:
        value = queries.build(definition)
    except CalendarError as error:
        raise BadCalendar(reason=_(REASONS[error.reason]) % error.facts) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCalendar(reason=_("its hours are not written as days with pairs of times")) from error
    kept = WorktimeDay.objects.filter(calendar=definition, day=first - timedelta(days=1)).first()
    first, total = (first, kept.cumulative_minutes + kept.minutes) if kept else (FIRST_DAY, 0)
    rows = list(_rows(value, definition.pk, first, total))
    WorktimeDay.objects.filter(calendar=definition, day__gte=first).delete()
    with connection.cursor() as cursor, cursor.copy(
        "COPY worktime_day (calendar_id, day, starts_at, minutes, cumulative_minutes, periods, is_provisional) FROM STDIN"
    ) as copy:
        for row in rows:
            copy.write_row(row)
    return len(rows)


def _rows(value: Calendar, calendar_id: int, day: date, total: int) -> Iterable[tuple[Any, ...]]:
    last = _reach()[1]
    while day <= last:
        periods = [[start // 1_000_000, end // 1_000_000] for start, end in value.intervals_on(day)]
        minutes = sum(end - start for start, end in periods) // 60
        provisional = day.year not in value.known_years
        yield (calendar_id, day, value.midnight(day), minutes, total, Jsonb(periods), provisional)
        total += minutes
        day += timedelta(days=1)


def install_shipped() -> list[str]:
    """Add the calendars and holidays that ship with the platform; runs after every migration, safe to repeat.

    A day that an official entered (source "local" or any other document) is never overwritten, and neither are the
    hours of a calendar that is there already. Returns the codes that changed.
    """
    shipped = json.loads((DATA_DIR / "calendars.json").read_text(encoding="utf-8"))
    with (DATA_DIR / "days.csv").open(encoding="utf-8", newline="") as file:
        days = list(csv.DictReader(file))
    changed = []
    for entry in shipped:
        with transaction.atomic():
            definition, created = CalendarDef.objects.select_for_update().get_or_create(
                code=entry["code"],
                defaults={key: entry[key] for key in ("name", "zone", "weekly", "seasons", "known_years")},
            )
            have = set(CalendarDay.objects.filter(calendar=definition).values_list("day", flat=True))
            new_years = set(entry["known_years"]) - set(definition.known_years)
            fresh = [
                CalendarDay(
                    calendar=definition, day=date.fromisoformat(row["day"]), kind=row["kind"], note=row["note"],
                    source=row["source"], is_provisional=row["provisional"] == "1",
                )
                for row in days
                if row["calendar"] == entry["code"] and date.fromisoformat(row["day"]) not in have
                # In a year that was confirmed here an absent mark is a decision, not a gap.
                and (created or int(row["day"][:4]) in new_years)
            ]  # fmt: skip
            reach = WorktimeDay.objects.filter(calendar=definition).order_by("-day").values_list("day", flat=True).first()
            if not (created or fresh or new_years or reach != _reach()[1]):
                continue
            CalendarDay.objects.bulk_create(fresh)
            definition.known_years = sorted({*definition.known_years, *new_years})
            _bump(definition)
            changed.append(definition.code)
    return changed
