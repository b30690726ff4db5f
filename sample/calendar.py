"""The shipped working calendar as a value, read from the platform's own files (the tables hold the same)."""

import csv
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from yiwang.apps.city.rules.manual import Limit, Unit
from yiwang.kernel import worktime
from yiwang.kernel.worktime.contracts import DayKind, Kind
from yiwang.kernel.worktime.rules import deadlines
from yiwang.kernel.worktime.rules.calendars import Calendar, DayMark, parse_week

FOLDER = Path(str(worktime.__file__)).parent / "data"


@cache
def chinese() -> Calendar:
    """Return the calendar `cn` with its holidays and shifted working days."""
    raw = next(c for c in json.loads((FOLDER / "calendars.json").read_text(encoding="utf-8")) if c["code"] == "cn")
    with (FOLDER / "days.csv").open(encoding="utf-8", newline="") as file:
        marks = {date.fromisoformat(d["day"]): DayMark(DayKind(d["kind"])) for d in csv.DictReader(file) if d["calendar"] == "cn"}
    return Calendar(
        code="cn", zone=ZoneInfo(raw["zone"]), week=parse_week(raw["weekly"]), marks=marks,
        known_years=frozenset(int(y) for y in raw["known_years"]),
    )


def add(start: datetime, minutes: float, limit: Limit) -> datetime:
    """Return when `minutes` of the limit's own clock have passed."""
    return deadlines.add_minutes(start, minutes, Kind(limit.unit.value), chinese())


def between(start: datetime, end: datetime, limit: Limit) -> float:
    """Return the minutes of the limit's own clock."""
    return deadlines.minutes_between(start, end, Kind(limit.unit.value), chinese())


STAGE = Limit(value=15, unit=Unit.URGENT_MINUTE)
