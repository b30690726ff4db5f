"""Moments and intervals as OGC API - Features writes them (RFC 3339, half open by `..` or nothing)."""

from datetime import UTC, date, datetime, time, timedelta


class IntervalError(ValueError):
    """What was sent is no moment and no interval."""


def _moment(text: str, *, end: bool) -> datetime | None:
    if text in ("", ".."):
        return None
    try:
        if len(text) == 10:
            day = datetime.combine(date.fromisoformat(text), time(), UTC)
            return day + timedelta(days=1, microseconds=-1) if end else day
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise IntervalError(text) from error
    if not 1 < found.year < 9999:
        raise IntervalError(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def parse_interval(text: str) -> tuple[datetime | None, datetime | None]:
    """Return begin and end, None where open.

    >>> [v and v.isoformat() for v in parse_interval("2026-03-01T08:00:00Z/..")]
    ['2026-03-01T08:00:00+00:00', None]
    """
    if not text:
        return None, None
    parts = text.split("/")
    if len(parts) > 2 or all(part in ("", "..") for part in parts):
        raise IntervalError(text)
    begin, end = _moment(parts[0], end=False), _moment(parts[-1], end=True)
    if begin and end and begin > end:
        raise IntervalError(text)
    return begin, end
