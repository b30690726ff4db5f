"""The working calendar as a value (工作日历): weekly periods, seasons, marked days, and a sum table for fast counting."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from yiwang.kernel.worktime.contracts import DayKind
from yiwang.kernel.worktime.rules.walltime import first_instant, from_micros, micros

Period = tuple[int, int]  # minutes of the day, end after start, at most 1440
Week = tuple[tuple[Period, ...], ...]  # seven days, Monday first
FIRST_YEAR, LAST_YEAR = 1900, 2300
LOOK_AHEAD_YEARS = 60


def N_(text: str) -> str:
    """Mark a text for translation; the translating is done by who shows it."""
    return text


REASONS = {
    "reach": N_("working time is counted from %(where)s"),
    "time": N_("%(value)s in %(where)s is not a time of the day like 08:30"),
    "pair": N_("a period in %(where)s is two times, not %(value)s"),
    "order": N_("the end of %(value)s in %(where)s is not after its start; split a night shift at 24:00"),
    "overlap": N_("two periods of %(where)s overlap"),
    "weekday": N_("%(value)s in %(where)s is no weekday; they are 1 (Monday) to 7 (Sunday)"),
    "season": N_("season %(where)s has no weekly table"),
    "day": N_("%(value)s in season %(where)s is not a day like 05-01"),
}


class CalendarError(ValueError):
    """A calendar that cannot be; `reason` is a key of REASONS, `where` and `value` name the place and what stands there."""

    def __init__(self, reason: str, where: str = "", value: object = "") -> None:
        self.reason, self.facts = reason, {"where": where, "value": str(value)[:60]}
        super().__init__(REASONS[reason] % self.facts)


class NoWorkingTime(ValueError):
    """The amount asked is not reached within sixty years: the calendar has no, or next to no, working time."""


@dataclass(frozen=True)
class Season:
    """A part of the year with its own hours (夏令/冬令作息); `start` after `end` runs over the new year."""

    start: tuple[int, int]  # month, day
    end: tuple[int, int]  # inclusive
    week: Week
    name: str = ""

    def covers(self, day: date) -> bool:
        now = (day.month, day.day)
        if self.start <= self.end:
            return self.start <= now <= self.end
        return now >= self.start or now <= self.end


@dataclass(frozen=True)
class DayMark:
    """A marked day; `periods` None means the hours of the weekly table."""

    kind: DayKind
    periods: tuple[Period, ...] | None = None


@dataclass(frozen=True)
class Span:
    """Working intervals of whole years: starts, ends and running sums, all in microseconds since 1970."""

    first_year: int
    last_year: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    sums: tuple[int, ...]  # working time up to the end of each interval


@dataclass(frozen=True)
class Calendar:
    """When people work. Equal calendars count equally; the sum table inside is made when first needed.

    `known_years` are those whose holidays are published; in other years days follow the weekday rule, and what is
    computed through them is provisional (`is_provisional`).
    """

    code: str
    zone: ZoneInfo
    week: Week
    seasons: tuple[Season, ...] = ()
    marks: Mapping[date, DayMark] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    version: int = 0
    _cache: dict[str, Span] = field(default_factory=dict, compare=False, repr=False)

    def periods_on(self, day: date) -> tuple[Period, ...]:
        """Return the working periods of a day. A mark beats the weekday rule."""
        week = next((s.week for s in self.seasons if s.covers(day)), self.week)
        mark = self.marks.get(day)
        if mark is None:
            return week[day.weekday()]
        if mark.periods is not None:
            return mark.periods
        if mark.kind is DayKind.HOLIDAY:
            return ()
        # A shifted working day is worked like any other: its own weekday's hours, else those of the first that has any.
        return week[day.weekday()] or next((periods for periods in week if periods), ())

    def is_working_day(self, day: date) -> bool:
        return bool(self.periods_on(day))

    def is_provisional(self, start: datetime, end: datetime) -> bool:
        """Say whether the stretch touches a year whose holidays are not published yet."""
        first, last = (moment.astimezone(self.zone).year for moment in (start, end))
        return any(year not in self.known_years for year in range(first, last + 1))

    def intervals_on(self, day: date) -> list[tuple[int, int]]:
        """Return the day's working periods as instants (microseconds since 1970), daylight saving settled."""
        found = []
        for start, end in self.periods_on(day):
            pair = micros(self._instant(day, start)), micros(self._instant(day, end))
            if pair[0] < pair[1]:
                found.append(pair)
        return found

    def midnight(self, day: date) -> datetime:
        return self._instant(day, 0)

    def _instant(self, day: date, minute: int) -> datetime:
        return first_instant(datetime.combine(day, time()) + timedelta(minutes=minute), self.zone)

    def between(self, start: datetime, end: datetime) -> int:
        """Return working microseconds from start to end; negative when end is before start."""
        span = self.span_for(min(start, end), max(start, end))
        return _worked(span, micros(end)) - _worked(span, micros(start))

    def after(self, start: datetime, amount: int) -> datetime:
        """Return the first moment at which `amount` microseconds have been worked since start; start itself for 0.

        Raises
        ------
        NoWorkingTime
            Not within sixty years.
        """
        if amount <= 0:
            return start
        span = self.span_for(start, start)
        limit = min(start.year + LOOK_AHEAD_YEARS, LAST_YEAR)
        while True:
            target = _worked(span, micros(start)) + amount
            if span.sums and span.sums[-1] >= target:
                break
            if span.last_year >= limit:
                raise NoWorkingTime(f"calendar {self.code}: {amount / 3.6e9:.0f} working hours are not reached by {limit}")
            span = self._extend(span.first_year, min(span.last_year + 1 + (span.last_year - span.first_year), limit))
        at = bisect_left(span.sums, target)
        return from_micros(span.ends[at] - (span.sums[at] - target))

    def span_for(self, start: datetime, end: datetime) -> Span:
        """Return a table that covers both moments; it grows by whole years and is kept."""
        # One year of margin settles what lies on either side of the new year in another zone.
        first, last = start.year - 1, end.year + 1
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise CalendarError("reach", f"{FIRST_YEAR + 1}-{LAST_YEAR - 1}")
        span = self._cache.get("span")
        if span is not None and span.first_year <= first and last <= span.last_year:
            return span
        if span is not None:
            first, last = min(first, span.first_year), max(last, span.last_year)
        return self._extend(first, last)

    def _extend(self, first: int, last: int) -> Span:
        intervals = []
        day, stop = date(first, 1, 1), date(last, 12, 31)
        while day <= stop:
            intervals += self.intervals_on(day)
            day += timedelta(days=1)
        span = Span(
            first, last, tuple(s for s, _ in intervals), tuple(e for _, e in intervals),
            tuple(accumulate(e - s for s, e in intervals)),
        )  # fmt: skip
        self._cache["span"] = span  # one assignment: threads see the old table or the new one, both right
        return span


def _worked(span: Span, at: int) -> int:
    index = bisect_right(span.starts, at) - 1
    if index < 0:
        return 0
    return span.sums[index] - max(0, span.ends[index] - at)


# Making a calendar out of what officials enter --------------------------------------------------------------------


def clock_minutes(text: object, where: str = "periods") -> int:
    """Return minutes of the day; "24:00" is the day's end.

    >>> clock_minutes("08:30")
    510
    """
    hours, colon, minutes = str(text).partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        raise CalendarError("time", where, text)
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > 1440:
        raise CalendarError("time", where, text)
    return value


def parse_periods(pairs: Iterable[Sequence[str]], where: str = "periods") -> tuple[Period, ...]:
    """Return periods in order.

    Raises
    ------
    CalendarError
        A time is no time, an end is not after its start, or two periods overlap.
    """
    found: list[Period] = []
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2:
            raise CalendarError("pair", where, pair)
        start, end = clock_minutes(pair[0], where), clock_minutes(pair[1], where)
        if end <= start:
            raise CalendarError("order", where, f"{pair[0]}-{pair[1]}")
        found.append((start, end))
    found.sort()
    for (_, end), (start, _) in pairwise(found):
        if start < end:
            raise CalendarError("overlap", where)
    return tuple(found)


def parse_week(weekly: Mapping[str, Iterable[Sequence[str]]], where: str = "weekly") -> Week:
    """Return seven days of periods out of {"1": [["08:00", "12:00"]], ...} by ISO weekday."""
    if unknown := set(weekly) - {str(n) for n in range(1, 8)}:
        raise CalendarError("weekday", where, ", ".join(sorted(unknown)))
    return tuple(parse_periods(weekly.get(str(n), ()), f"{where}, weekday {n}") for n in range(1, 8))


def parse_season(raw: Mapping[str, object]) -> Season:
    name = str(raw.get("name", ""))
    weekly = raw.get("weekly")
    if not isinstance(weekly, Mapping):
        raise CalendarError("season", name)
    return Season(_month_day(raw.get("from"), name), _month_day(raw.get("to"), name), parse_week(weekly, f"season {name}"), name)


def _month_day(text: object, where: str) -> tuple[int, int]:
    try:
        found = date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise CalendarError("day", where, text) from error
    return found.month, found.day
