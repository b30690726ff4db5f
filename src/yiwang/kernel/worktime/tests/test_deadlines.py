"""Adding and counting working time: the reference's vectors, daylight saving, and what must hold for any input."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yiwang.kernel.worktime.contracts import DayKind, Kind
from yiwang.kernel.worktime.rules import calendars, deadlines
from yiwang.kernel.worktime.rules.calendars import Calendar, CalendarError, DayMark, NoWorkingTime, Season, parse_week
from yiwang.kernel.worktime.rules.deadlines import Lamp, Pause
from yiwang.kernel.worktime.rules.examples import DEFAULT_WEEKLY, PLAIN

NEW_YORK = ZoneInfo("America/New_York")
NIGHT = Calendar("night", NEW_YORK, parse_week({str(n): [["00:00", "08:00"]] for n in range(1, 8)}))
GAP = Calendar("gap", NEW_YORK, parse_week({str(n): [["01:30", "02:30"], ["02:30", "03:30"]] for n in range(1, 8)}))
MARKED = Calendar(
    "marked", ZoneInfo("Asia/Shanghai"), parse_week(DEFAULT_WEEKLY),
    seasons=(Season((5, 1), (9, 30), parse_week({str(n): [["08:30", "12:00"], ["15:00", "18:30"]] for n in range(1, 6)})),),
    marks={
        date(2026, 2, 14): DayMark(DayKind.WORKDAY), date(2026, 2, 16): DayMark(DayKind.HOLIDAY),
        date(2026, 2, 17): DayMark(DayKind.HOLIDAY), date(2026, 2, 18): DayMark(DayKind.HOLIDAY, ((540, 600),)),
    },
    known_years=frozenset({2026}),
)  # fmt: skip
ALL = [PLAIN, NIGHT, GAP, MARKED]

# Monday is 2 March 2026.
DAYS = {"Mon": 2, "Tue": 3, "Wed": 4, "Thu": 5, "Fri": 6, "Sat": 7, "Sun": 8}


def at(text: str, week: int = 0) -> datetime:
    day, clock = text.split()
    hour, minute = clock.split(":")
    return datetime(2026, 3, DAYS[day] + 7 * week, int(hour), int(minute), tzinfo=PLAIN.zone)


@pytest.mark.parametrize(("start", "amount", "kind", "due", "weeks"), [
    ("Mon 13:00", 2, Kind.WORK_HOUR, "Mon 16:00", 0),
    ("Fri 17:30", 4, Kind.WORK_HOUR, "Mon 11:30", 1),
    ("Sat 10:00", 1, Kind.WORK_DAY, "Mon 18:00", 1),
    ("Fri 16:00", 1, Kind.WORK_DAY, "Mon 16:00", 1),
    ("Mon 08:00", 5, Kind.WORK_DAY, "Fri 18:00", 0),
    ("Fri 23:00", 2, Kind.URGENT_HOUR, "Sat 01:00", 0),
    ("Sat 09:00", 1, Kind.NATURAL_DAY, "Sun 09:00", 0),
    ("Fri 23:50", 30, Kind.URGENT_MINUTE, "Sat 00:20", 0),
    ("Fri 16:00", 3, Kind.CALENDAR_DAY, "Mon 16:00", 1),
])  # fmt: skip
def test_vectors(start, amount, kind, due, weeks):
    assert deadlines.add(at(start), amount, kind, PLAIN) == at(due, weeks)
    assert deadlines.minutes_between(at(start), at(due, weeks), kind, PLAIN) == amount * kind.minutes


def test_vector_with_a_suspension():
    pause = Pause(at("Mon 11:45"), at("Wed 08:15"))
    assert deadlines.due(at("Mon 11:30"), 1, Kind.WORK_HOUR, PLAIN, [pause]) == at("Wed 09:00")
    assert deadlines.used(at("Mon 11:30"), at("Wed 08:45"), Kind.WORK_HOUR, PLAIN, [pause]) == 45
    assert deadlines.remaining(at("Mon 11:30"), 1, at("Tue 10:00"), Kind.WORK_HOUR, PLAIN, [pause]) == 45
    assert deadlines.due(at("Mon 11:30"), 1, Kind.WORK_HOUR, PLAIN, [Pause(at("Mon 11:45"))]) is None
    # A limit that was over before the suspension stays where it was.
    assert deadlines.due(at("Mon 09:00"), 1, Kind.WORK_HOUR, PLAIN, [pause]) == at("Mon 10:00")


def test_marks_seasons_and_shifted_days():
    zone = MARKED.zone
    friday = datetime(2026, 2, 13, 17, tzinfo=zone)
    # Friday 1 h, Saturday is worked 8 h, Monday and Tuesday are free, Wednesday has one hour of its own.
    assert deadlines.add(friday, 10, Kind.WORK_HOUR, MARKED) == datetime(2026, 2, 18, 10, tzinfo=zone)
    assert deadlines.add(datetime(2026, 5, 6, 8, tzinfo=zone), 1, Kind.WORK_HOUR, MARKED) == datetime(
        2026, 5, 6, 9, 30, tzinfo=zone
    )
    assert not MARKED.is_provisional(friday, friday + timedelta(days=3))
    assert MARKED.is_provisional(friday, datetime(2027, 1, 1, 0, 0, tzinfo=zone))
    winter = Season((11, 1), (2, 28), PLAIN.week)
    assert winter.covers(date(2026, 1, 1))
    assert winter.covers(date(2026, 11, 1))
    assert not winter.covers(date(2026, 3, 1))
    sunday = Calendar("s", zone, parse_week(DEFAULT_WEEKLY), marks={date(2026, 3, 8): DayMark(DayKind.WORKDAY)})
    assert sunday.periods_on(date(2026, 3, 8)) == sunday.periods_on(date(2026, 3, 9))


def test_spring_change_shortens_the_night_shift():
    day = datetime(2026, 3, 8, 0, 0, tzinfo=NEW_YORK)  # 02:00 becomes 03:00
    assert deadlines.minutes_between(day, day + timedelta(days=1), Kind.WORK_HOUR, NIGHT) == 7 * 60
    assert deadlines.add(day, 3, Kind.WORK_HOUR, NIGHT) == datetime(2026, 3, 8, 4, 0, tzinfo=NEW_YORK)
    # A period that lies in the skipped hour has the part that exists.
    assert GAP.intervals_on(date(2026, 3, 8))[0][1] - GAP.intervals_on(date(2026, 3, 8))[0][0] == 30 * 60_000_000
    # A calendar day later at 02:30, which does not exist, is the moment of the change.
    before = datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK)
    assert deadlines.add(before, 1, Kind.CALENDAR_DAY, NIGHT) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert deadlines.add(before, 1, Kind.NATURAL_DAY, NIGHT) == before.astimezone(UTC) + timedelta(hours=24)


def test_autumn_change_lengthens_it():
    day = datetime(2026, 11, 1, 0, 0, tzinfo=NEW_YORK)  # 02:00 becomes 01:00
    assert deadlines.minutes_between(day, day + timedelta(days=1), Kind.WORK_HOUR, NIGHT) == 9 * 60
    assert deadlines.add(day, 9, Kind.WORK_HOUR, NIGHT) == datetime(2026, 11, 1, 8, 0, tzinfo=NEW_YORK)
    noon = datetime(2026, 10, 31, 12, 0, tzinfo=NEW_YORK)
    assert deadlines.add(noon, 1, Kind.CALENDAR_DAY, NIGHT) == datetime(2026, 11, 1, 12, 0, tzinfo=NEW_YORK)
    assert deadlines.minutes_between(noon, noon.replace(month=11, day=1), Kind.CALENDAR_DAY, NIGHT) == 1440
    # During the repeated hour the wall clock stands still.
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    assert deadlines.minutes_between(second, datetime(2026, 11, 1, 2, 0, tzinfo=NEW_YORK), Kind.CALENDAR_DAY, NIGHT) == 0
    assert deadlines.add(second, Fraction(10, 1440), Kind.CALENDAR_DAY, NIGHT) == datetime(
        2026, 11, 1, 2, 10, tzinfo=NEW_YORK
    )


def test_bad_amounts_and_moments():
    start = at("Mon 09:00")
    for amount in (-1, float("nan"), float("inf"), Decimal("NaN"), 10**12):
        with pytest.raises(ValueError, match="limit"):
            deadlines.add(start, amount, Kind.WORK_HOUR, PLAIN)
    with pytest.raises(ValueError, match="no time zone"):
        deadlines.add(datetime(2026, 3, 2, 9), 1, Kind.WORK_HOUR, PLAIN)
    with pytest.raises(ValueError, match="no time zone"):
        deadlines.minutes_between(start, datetime(2026, 3, 2, 9), Kind.URGENT_HOUR, PLAIN)
    with pytest.raises(NoWorkingTime):
        deadlines.add(start, 1, Kind.WORK_HOUR, Calendar("never", PLAIN.zone, parse_week({})))
    with pytest.raises(CalendarError):
        deadlines.add(datetime(1850, 1, 1, tzinfo=UTC), 1, Kind.WORK_HOUR, PLAIN)


@pytest.mark.parametrize(("weekly", "says"), [
    ({"8": []}, "no weekday"),
    ({"1": [["08:00", "07:00"]]}, "not after"),
    ({"1": [["08:00", "12:00"], ["11:00", "13:00"]]}, "overlap"),
    ({"1": [["8", "12:00"]]}, "not a time"),
    ({"1": [["08:61", "12:00"]]}, "not a time"),
    ({"1": [["08:00", "25:00"]]}, "not a time"),
    ({"1": ["08:00-12:00"]}, "two times"),
])  # fmt: skip
def test_a_calendar_that_cannot_be_says_where(weekly, says):
    with pytest.raises(CalendarError, match=says):
        parse_week(weekly)
    with pytest.raises(CalendarError, match="is not a day"):
        calendars.parse_season({"name": "夏令", "from": "13-01", "to": "09-30", "weekly": {}})


def test_lamp():
    assert [deadlines.lamp(u, 100) for u in (0, 80, 81, 100, 101)] == [
        Lamp.GREEN, Lamp.GREEN, Lamp.YELLOW, Lamp.YELLOW, Lamp.RED
    ]  # fmt: skip
    assert deadlines.lamp(0, 0) is Lamp.GREEN
    assert deadlines.lamp(0.1, 0) is Lamp.RED


MOMENTS = st.datetimes(datetime(2025, 6, 1), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))
# Half of all moments lie around the two changes, where everything goes wrong.
EDGES = st.one_of(
    st.integers(-300, 300).map(lambda m: datetime(2026, 3, 8, 7, tzinfo=UTC) + timedelta(minutes=m, seconds=17)),
    st.integers(-300, 300).map(lambda m: datetime(2026, 11, 1, 6, tzinfo=UTC) + timedelta(minutes=m, seconds=17)),
)
MOMENT = st.one_of(MOMENTS, EDGES)
KINDS = st.sampled_from(list(Kind))
CALENDARS = st.sampled_from(ALL)
MINUTES = st.integers(0, 30_000)
EXACT = settings(max_examples=200, deadline=None)


@EXACT
@given(MOMENT, MOMENT, MINUTES, MINUTES, KINDS, CALENDARS)
def test_adding_is_monotone(one, two, less, more, kind, calendar):
    early, late = sorted((one, two))
    small, large = sorted((less, more))
    due = deadlines.add_minutes(early, small, kind, calendar)
    assert due >= early
    assert due <= deadlines.add_minutes(early, large, kind, calendar)
    assert due <= deadlines.add_minutes(late, small, kind, calendar)


@EXACT
@given(MOMENT, MOMENT, MOMENT, KINDS, CALENDARS)
def test_counting_adds_up_and_changes_sign(a, b, c, kind, calendar):
    def count(x, y):
        return deadlines.minutes_between(x, y, kind, calendar)

    assert count(a, b) + count(b, c) == pytest.approx(count(a, c), abs=1e-6)
    assert count(a, b) == -count(b, a)
    assert a > b or count(a, b) >= 0


@EXACT
@given(MOMENT, MINUTES, KINDS, CALENDARS)
def test_what_was_added_is_what_is_counted(start, minutes, kind, calendar):
    due = deadlines.add_minutes(start, minutes, kind, calendar)
    counted = deadlines.minutes_between(start, due, kind, calendar)
    if kind is Kind.CALENDAR_DAY:  # the skipped hour may swallow up to an hour of wall time
        assert minutes <= counted + 1e-6 <= minutes + 60.1
    else:
        assert counted == pytest.approx(minutes, abs=1e-6)


PAUSES = st.lists(st.tuples(MOMENT, st.integers(0, 20_000)), max_size=4).map(
    lambda pairs: [Pause(start, start + timedelta(minutes=length)) for start, length in pairs]
)


@EXACT
@given(MOMENT, MINUTES, PAUSES, KINDS, CALENDARS, st.randoms())
def test_suspending_and_resuming_conserves_time_in_any_order(start, minutes, pauses, kind, calendar, random):
    limit = Fraction(minutes, kind.minutes)
    due = deadlines.due(start, limit, kind, calendar, pauses)
    assert due is not None
    mixed = [*pauses, *pauses]
    random.shuffle(mixed)
    assert deadlines.due(start, limit, kind, calendar, mixed) == due
    assert due >= deadlines.due(start, limit, kind, calendar)
    left = deadlines.remaining(start, limit, due, kind, calendar, pauses)
    assert -60.1 <= left <= 1e-6 if kind is Kind.CALENDAR_DAY else left == pytest.approx(0, abs=1e-6)


@EXACT
@given(MOMENT, st.integers(1, 5000), MOMENT, KINDS, CALENDARS)
def test_stopping_and_starting_again_at_once_changes_nothing(start, minutes, middle, kind, calendar):
    """Count, stop, take the rest and go on from the same moment: the same deadline."""
    limit = Fraction(minutes, kind.minutes)
    due = deadlines.add(start, limit, kind, calendar)
    if not start <= middle < due:
        return
    left = deadlines.remaining(start, limit, middle, kind, calendar)
    assert abs(deadlines.add_minutes(middle, left, kind, calendar) - due) <= timedelta(microseconds=1)


def test_random_days_agree_with_a_count_by_minute():
    """The sum table against the slowest way there is: asking every minute whether it is worked."""
    calendar = MARKED
    start = datetime(2026, 2, 12, 3, 7, tzinfo=UTC)
    counted = 0
    for minute in range(10 * 1440):
        moment = (start + timedelta(minutes=minute)).astimezone(calendar.zone)
        of_day = moment.hour * 60 + moment.minute
        counted += any(a <= of_day < b for a, b in calendar.periods_on(moment.date()))
    end = start + timedelta(days=10)
    assert deadlines.minutes_between(start, end, Kind.WORK_HOUR, calendar) == counted
