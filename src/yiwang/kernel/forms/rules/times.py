"""Dates as they are written in forms and definitions."""

import re
from datetime import date, datetime


def read_date(value: object) -> date | None:
    """Read 2026-07-01; None for anything else, and for years before 1900."""
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


def read_datetime(value: object) -> datetime | None:
    """Read 2026-07-01T08:30, with seconds and zone or without."""
    if not isinstance(value, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", value.strip()
    ):
        return None
    try:
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if 1900 <= moment.year <= 2200 else None
