"""Calendars in the database: what ships, what a change leaves behind, and SQL counting as Python does."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DataError, connection, transaction

from yiwang.kernel.areas.services import add_area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, system
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.worktime import queries, services
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.errors import BadCalendar, UnknownCalendar
from yiwang.kernel.worktime.models import CalendarDay, CalendarDef, WorktimeDay
from yiwang.kernel.worktime.rules import deadlines

pytestmark = pytest.mark.django_db
CLERK = Actor(kind=ActorKind.PERSON, account_id=1, name="张三", grants=(Grant("city.report.file", Scope()),))
DAY = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def _fresh_cache():
    queries.forget()
    yield
    queries.forget()


def test_shipped_calendars_know_the_published_years():
    """Both years have 248 working days, as the notices of the State Council leave them."""
    services.install_shipped()
    cn = queries.calendar("cn")
    working = {
        year: sum(cn.is_working_day(date(year, 1, 1) + timedelta(days=n)) for n in range(365 + (year % 4 == 0)))
        for year in (2025, 2026)
    }
    assert working == {2025: 248, 2026: 248}
    assert not cn.is_working_day(date(2026, 2, 17))
    assert cn.is_working_day(date(2026, 2, 28))
    assert cn.is_working_day(date(2025, 9, 28))
    assert not cn.is_working_day(date(2025, 10, 8))
    assert cn.is_provisional(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))
    assert CalendarDay.objects.filter(source="").count() == 0
    assert str(queries.calendar("us-boston").zone) == "America/New_York"


def test_installing_again_changes_nothing_and_keeps_local_marks():
    services.install_shipped()
    services.mark_day(actor=system(), calendar_code="cn", day=date(2026, 10, 1), kind="workday", note="防汛值守")
    before = CalendarDef.objects.get(code="cn").version
    assert services.install_shipped() == []
    assert CalendarDef.objects.get(code="cn").version == before
    assert CalendarDay.objects.get(calendar__code="cn", day=date(2026, 10, 1)).kind == "workday"


def test_marking_a_day_is_seen_at_the_next_call_and_recorded():
    start = datetime(2026, 3, 2, 16, tzinfo=queries.zone("Asia/Shanghai"))
    old = queries.calendar("cn")
    assert deadlines.add(start, 1, Kind.WORK_DAY, old).day == 3
    change = services.mark_day(actor=system("test"), calendar_code="cn", day=DAY, kind="holiday", note="暴雪停工", source="政府令1号")
    assert (change.calendar_code, change.from_day, change.to_day) == ("cn", DAY, DAY)
    new = queries.calendar("cn")
    assert new.version == change.version == old.version + 1
    assert deadlines.add(start, 1, Kind.WORK_DAY, new).day == 4
    assert WorktimeDay.objects.get(calendar__code="cn", day=DAY).minutes == 0
    assert Event.objects.filter(action="worktime.day.marked").count() == 1
    services.unmark_day(actor=system("test"), calendar_code="cn", day=DAY)
    assert WorktimeDay.objects.get(calendar__code="cn", day=DAY).minutes == 480


def test_counting_on_from_the_changed_day_is_counting_anew():
    def table():
        rows = WorktimeDay.objects.filter(calendar__code="cn").order_by("day")
        return list(rows.values_list("day", "minutes", "cumulative_minutes", "is_provisional"))

    services.mark_day(actor=system(), calendar_code="cn", day=DAY, kind="holiday")
    counted_on = table()
    services.rebuild("cn")
    assert table() == counted_on
    services.mark_day(actor=system(), calendar_code="cn", day=services.FIRST_DAY, kind="workday")
    counted_on = table()
    services.rebuild("cn")
    assert table() == counted_on


def test_confirming_a_year_ends_its_provisional_state():
    year = date.today().year + 2
    moment = datetime(year, 6, 1, tzinfo=UTC)
    assert queries.calendar("cn").is_provisional(moment, moment)
    services.confirm_year(actor=system(), calendar_code="cn", year=year, source="国办发明电")
    assert not queries.calendar("cn").is_provisional(moment, moment)
    assert not WorktimeDay.objects.filter(calendar__code="cn", day__year=year, is_provisional=True).exists()


@pytest.mark.parametrize(("call", "error"), [
    (lambda: services.mark_day(actor=CLERK, calendar_code="cn", day=DAY, kind="holiday"), NotPermitted),
    (lambda: services.mark_day(actor=system(), calendar_code="mars", day=DAY, kind="holiday"), UnknownCalendar),
    (lambda: services.mark_day(actor=system(), calendar_code="cn", day=DAY, kind="party"), BadInput),
    (lambda: services.mark_day(actor=system(), calendar_code="cn", day=date(1850, 1, 1), kind="holiday"), BadInput),
    (lambda: services.mark_day(actor=system(), calendar_code="cn", day=DAY, kind="workday", periods=[["9", "10"]]), BadCalendar),
    (lambda: services.save_calendar(actor=system(), code="x", name={}, zone="Mars/Base", weekly={}), BadCalendar),
    (lambda: services.save_calendar(actor=system(), code="x", name={}, zone="Asia/Shanghai", weekly={"9": []}), BadCalendar),
    (lambda: services.save_calendar(actor=system(), code="x", name={}, zone="../etc/passwd", weekly={}), BadCalendar),
    (lambda: services.save_calendar(actor=system(), code="", name={}, zone="Asia/Shanghai", weekly={}), BadInput),
    (lambda: services.save_calendar(actor=system(), code="x", name={}, zone="Asia/Shanghai", weekly={}, seasons=[3]), BadCalendar),
])  # fmt: skip
def test_a_refusal_leaves_nothing_behind(call, error):
    def state():
        return (
            list(CalendarDef.objects.order_by("code").values_list("code", "version")),
            CalendarDay.objects.count(), WorktimeDay.objects.count(), Event.objects.count(),
        )  # fmt: skip

    before = state()
    with pytest.raises(error):
        call()
    assert state() == before


def test_the_calendar_of_a_place_is_its_roots_in_one_query(django_assert_num_queries):
    boston = add_area(level="city", code="250000", name={"en": "Boston"}, calendar_code="us-boston")
    ward = add_area(level="district", code="250001", name={"en": "Dorchester"}, parent=boston)
    plain = add_area(level="city", code="371500", name={"zh-Hans": "聊城市"})
    lost = add_area(level="city", code="999999", name={}, calendar_code="gone")
    assert queries.calendar_for(ward.path).code == "us-boston"
    assert queries.calendar_for(plain.path).code == "cn"
    assert queries.calendar_for("").code == "cn"
    with django_assert_num_queries(1):
        assert queries.calendar_for(ward.path).code == "us-boston"
    with pytest.raises(UnknownCalendar):
        queries.calendar_for(lost.path)
    with pytest.raises(UnknownCalendar):
        queries.calendar("gone")


def test_sql_counts_as_python_does():
    services.save_calendar(
        actor=system(), code="night", name={"en": "Night"}, zone="America/New_York",
        weekly={str(n): [["00:00", "05:00"], ["20:00", "24:00"]] for n in range(1, 7)},
    )  # fmt: skip
    random.seed(7)
    rows = []
    for code in ("cn", "night"):
        value, key = queries.calendar(code), queries.calendar_id(code)
        edges = [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 2, 14, tzinfo=UTC)]
        for n in range(400):
            base = edges[n % 3] if n % 2 else datetime(2025, 5, 1, tzinfo=UTC) + timedelta(days=random.random() * 500)
            start = base + timedelta(seconds=random.randint(-90000, 90000), microseconds=random.randint(0, 999999))
            end = start + timedelta(seconds=random.randint(0, 3_000_000))
            minutes = random.choice([0, 15, 60, 480, 2400, random.randint(1, 9000)])
            rows.append((value, key, start, end, minutes))
    with connection.cursor() as cursor:
        for value, key, start, end, minutes in rows:
            cursor.execute(
                "SELECT worktime_minutes(%s, %s, %s), worktime_add(%s, %s, %s::numeric)", [key, start, end, key, start, minutes]
            )
            counted, due = cursor.fetchone()
            assert float(counted) == pytest.approx(deadlines.minutes_between(start, end, Kind.WORK_HOUR, value), abs=1e-6)
            assert abs(due - deadlines.add_minutes(start, minutes, Kind.WORK_HOUR, value)) <= timedelta(microseconds=1)


def test_sql_refuses_what_its_table_does_not_reach():
    key = queries.calendar_id("cn")
    first, last = queries.table_reach("cn")
    assert first == services.FIRST_DAY
    assert last.year >= date.today().year + 5
    for sql, values in [
        ("SELECT worktime_minutes(%s, %s, %s)", [key, datetime(1980, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]),
        ("SELECT worktime_minutes(%s, %s, %s)", [key, datetime(2026, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]),
        ("SELECT worktime_add(%s, %s, %s)", [key, datetime(2026, 1, 1, tzinfo=UTC), Decimal(10**9)]),
    ]:
        with pytest.raises(DataError, match="does not reach"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    with connection.cursor() as cursor:
        cursor.execute("SELECT worktime_minutes(%s, NULL, now())", [key])
        assert cursor.fetchone() == (None,)
