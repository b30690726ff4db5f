"""Periods (评价周期): days, weeks, months, quarters, half years, years, free ranges; the one before, the same last year."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from yiwang.kernel.indicators.contracts import Period, PeriodKind

LONGEST = 3660  # days of a free range
_MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.HALF: 6, PeriodKind.YEAR: 12}


def of_day(kind: PeriodKind, day: date) -> Period:
    """Return the period of a kind that holds the day.

    >>> of_day(PeriodKind.QUARTER, date(2026, 11, 23))
    Period(kind=<PeriodKind.QUARTER: 'quarter'>, first=datetime.date(2026, 10, 1), last=datetime.date(2026, 12, 31))
    """
    if kind in (PeriodKind.DAY, PeriodKind.RANGE):
        return Period(kind, day, day)
    if kind is PeriodKind.WEEK:
        first = day - timedelta(days=day.weekday())
        return Period(kind, first, first + timedelta(days=6))
    length = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // length * length + 1, 1)
    return Period(kind, first, _plus_months(first, length) - timedelta(days=1))


def _plus_months(first: date, months: int) -> date:
    month = first.year * 12 + first.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def parse(code: str) -> Period:
    """Read ``month:2026-10-01``. Raises ValueError when it is none of ours or ends before it begins."""
    kind, _colon, rest = code.partition(":")
    first, _colon, last = rest.partition(":")
    found = PeriodKind(kind)
    if found is not PeriodKind.RANGE:
        if last:
            raise ValueError("only a range has two days")
        return of_day(found, date.fromisoformat(first))
    period = Period(found, date.fromisoformat(first), date.fromisoformat(last))
    if period.last < period.first or (period.last - period.first).days > LONGEST:
        raise ValueError("a range begins before it ends and is at most ten years long")
    return period


def before(period: Period) -> Period:
    """Return the period before it: of a range, as many days."""
    if period.kind is PeriodKind.RANGE:
        days = period.last - period.first + timedelta(days=1)
        return Period(period.kind, period.first - days, period.last - days)
    return of_day(period.kind, period.first - timedelta(days=1))


def last_year(period: Period) -> Period:
    """Return the same period of the year before; a week's is 52 weeks earlier, 29 February's the 28th."""
    if period.kind is PeriodKind.WEEK:
        return of_day(period.kind, period.first - timedelta(weeks=52))
    if period.kind in (PeriodKind.RANGE, PeriodKind.DAY):
        return Period(period.kind, _year_back(period.first), _year_back(period.last))
    return of_day(period.kind, _year_back(period.first))


def _year_back(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)


def trail(period: Period, count: int) -> list[Period]:
    """Return the period and those before it, oldest first (for a trend)."""
    found = [period]
    while len(found) < count:
        found.append(before(found[-1]))
    return found[::-1]


def bounds(period: Period, zone: str) -> tuple[datetime, datetime]:
    """Return the moments from which (inside) and until which (outside) it lasts in a zone."""
    tz = ZoneInfo(zone)
    return datetime.combine(period.first, time(), tz), datetime.combine(period.last + timedelta(days=1), time(), tz)


def following(period: Period) -> Period:
    """Return the period after it: of a range, as many days."""
    if period.kind is PeriodKind.RANGE:
        days = period.last - period.first + timedelta(days=1)
        return Period(period.kind, period.first + days, period.last + days)
    return of_day(period.kind, period.last + timedelta(days=1))
