"""Clocks of real cases: what each action does to the case's and the department's clock, and timers after an outage."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests.world import World
from yiwang.apps.city.tests.test_flow import Walk, report
from yiwang.apps.city.tests.test_moves_made import department, pending_dispatch, pending_handle
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.errors import ActionNotAllowed, LimitReached
from yiwang.kernel.cases.models import Clock, ClockChange, Timer

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY_NINE = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)


@pytest.fixture
def clock():
    """Time that stands still until the test moves it: Monday 09:00 in the county."""
    with time_machine.travel(MONDAY_NINE, tick=False) as traveller:
        yield traveller


def running(walk: Walk, name: str) -> Clock:
    return Clock.objects.get(case=walk.case, name=name, state="running")


def days_two(world: World) -> Walk:
    """A case in the department's hands with a limit of two working days."""
    from yiwang.apps.city.queries import selectable_conditions

    walk = report(world, "public", "public")
    walk.do("acceptor", "accept", "verify")
    walk.do("inspector", "verify", "confirmed", photos=1)
    walk.do("acceptor", "accept", "pass")
    row = next(r for r in selectable_conditions(walk.case) if r.limit_unit == "work_day")
    walk.do("shift_leader", "file", "file", condition=row.key)
    walk.do("dispatcher", "dispatch", "dispatch", departments=department(world))
    walk.limit = row.limit_value
    return walk


def test_the_limit_of_the_manual_runs_in_working_time(world: World, clock):
    walk = days_two(world)
    found = running(walk, "department")
    assert (found.unit, found.limit_minutes) == ("work_day", walk.limit * 480)
    expected = {1: datetime(2026, 11, 24, 9), 2: datetime(2026, 11, 25, 9), 5: datetime(2026, 11, 30, 9), 3: datetime(2026, 11, 26, 9)}
    assert found.due_at.astimezone(SHANGHAI).replace(tzinfo=None) == expected[walk.limit]
    assert found.manual_row == walk.case.filing_row
    assert walk.case.due_at == found.due_at
    line = ClockChange.objects.get(clock=found)
    assert walk.case.filing_row.key in line.reason  # the page prints the rule that was used


def test_asking_to_return_does_not_stop_the_clock_and_redispatch_restarts_the_departments_only(world: World, clock):
    walk = days_two(world)
    whole, part = running(walk, "case"), running(walk, "department")
    clock.move_to(MONDAY_NINE + timedelta(hours=1))
    walk.do("handler", "handle", action="return", reason="不归我们管")
    assert running(walk, "department").due_at == part.due_at
    walk.on_case("dispatcher", "redispatch", reason="换一家", departments=[str(world.orgs["company-water"].uid)])
    assert Clock.objects.get(pk=part.pk).state == "ended"
    fresh = running(walk, "department")
    assert fresh.pk != part.pk
    assert fresh.task.org == world.orgs["company-water"]
    assert fresh.due_at > part.due_at
    assert running(walk, "case").due_at == whole.due_at


def test_rework_lets_the_rest_run_on(world: World, clock):
    walk = days_two(world)
    clock.move_to(MONDAY_NINE + timedelta(hours=2))
    walk.do("handler", "handle", "done", photos=1, reason="已修补")
    stopped = Clock.objects.get(case=walk.case, name="department")
    assert (stopped.state, stopped.consumed_minutes) == ("stopped", 120)
    clock.move_to(MONDAY_NINE + timedelta(days=1))
    walk.do("dispatcher", "screen", "back", reason="照片不清楚")
    again = running(walk, "department")
    assert again.pk == stopped.pk
    assert again.consumed_minutes == 120
    # Tuesday 09:00 + the rest: 2 hours less than the whole limit.
    assert again.due_at > stopped.due_at


def test_extension_adds_one_original_limit_at_most_twice_and_before_the_limit(world: World, clock):
    walk = days_two(world)
    before = running(walk, "department").due_at
    for decider in ("shift_leader", "leader"):
        walk.do("handler", "handle", action="extend", reason="等材料")
        walk.do(decider, "extension", "agree")
    found = running(walk, "department")
    assert found.total_minutes == 3 * found.limit_minutes
    assert found.due_at > before
    assert running(walk, "case").total_minutes == 3 * found.limit_minutes
    with pytest.raises(LimitReached):
        walk.do("handler", "handle", action="extend", reason="再等")


def test_a_refused_extension_does_not_count(world: World, clock):
    walk = days_two(world)
    before = running(walk, "department").due_at
    walk.do("handler", "handle", action="extend", reason="等材料")
    walk.do("shift_leader", "extension", "deny", reason="材料充足")
    assert (walk.case.extension_count, running(walk, "department").due_at) == (0, before)


def test_an_extension_after_the_limit_is_refused(world: World, clock):
    walk = days_two(world)
    clock.move_to(MONDAY_NINE + timedelta(days=30))
    with pytest.raises(ActionNotAllowed):
        walk.do("handler", "handle", action="extend", reason="等材料")


def test_a_suspended_case_resumes_by_itself_at_its_own_moment_after_an_outage(world: World, clock):
    """挂账 until Wednesday 08:00; the server comes back at 09:10: the clock counts from 08:00."""
    walk = days_two(world)
    clock.move_to(MONDAY_NINE + timedelta(hours=1))
    walk.do("handler", "handle", action="suspend", reason="雨天", until="2026-11-25")
    walk.do("dispatcher", "suspension", "agree")
    walk.do("leader", "suspension", "agree")
    assert walk.case.state == "suspended"
    assert not Clock.objects.filter(case=walk.case, state="running", name__in=("case", "department")).exists()
    with pytest.raises(ActionNotAllowed):
        walk.do("handler", "handle", "done", photos=1, reason="已修补")
    clock.move_to(datetime(2026, 11, 25, 9, 10, tzinfo=SHANGHAI))
    assert cases.fire_due() >= 1
    found = running(walk, "department")
    assert found.running_since == datetime(2026, 11, 25, 8, tzinfo=SHANGHAI)
    assert found.consumed_minutes == 60
    assert walk.case.state == "pending_handle"
    line = Event.all_modes.get(case_id=walk.case.pk, action="resume")
    assert line.occurred_at == datetime(2026, 11, 25, 8, tzinfo=SHANGHAI)
    with pytest.raises(LimitReached):
        walk.do("handler", "handle", action="suspend", reason="又下雨", until="2026-12-05")


def test_a_suspension_has_an_end_within_a_year(world: World, clock):
    from yiwang.kernel.base.errors import BadInput

    walk = days_two(world)
    for until in ("", "2026-11-20", "2028-01-01", "someday"):
        with pytest.raises(BadInput):
            walk.do("handler", "handle", action="suspend", reason="雨天", until=until)
    assert walk.case.state == "pending_handle"


def test_timers_warn_at_eighty_percent_and_say_when_it_is_over(world: World, clock):
    walk = days_two(world)
    part = running(walk, "department")
    clock.move_to(part.due_at + timedelta(minutes=1))
    cases.fire_due()
    lines = Event.all_modes.filter(case_id=walk.case.pk, actor_kind="system").order_by("case_seq")
    found = [(e.action, e.data.get("clock")) for e in lines]
    assert ("urge", "department") in found
    assert ("overdue", "department") in found
    assert not Timer.objects.filter(case=walk.case, fired_at__isnull=True, due_at__lte=part.due_at).exists()
    again = Event.all_modes.filter(case_id=walk.case.pk).count()
    cases.fire_due()
    assert Event.all_modes.filter(case_id=walk.case.pk).count() == again


def test_a_holiday_announced_later_moves_open_clocks_with_an_event(world: World, clock):
    from datetime import date

    from yiwang.kernel.worktime.contracts import DayKind
    from yiwang.kernel.worktime.services import mark_day

    walk = days_two(world)
    before = running(walk, "department").due_at
    mark_day(actor=system(), calendar_code="cn", day=date(2026, 11, 24), kind=DayKind.HOLIDAY, note="示例")
    assert cases.recompute_clocks("cn") >= 1
    assert running(walk, "department").due_at > before
    assert Event.all_modes.filter(case_id=walk.case.pk, action="recompute").exists()


def test_a_district_is_moved_between_one_and_two_levels_by_data_alone(world: World):
    """The same BPMN: the city dispatches directly, or through the district's own centre."""
    direct = pending_handle(world)
    assert direct.case.state == "pending_handle"
    world.district.two_level = True
    world.district.save(update_fields=["two_level"])
    walk = pending_dispatch(world)
    walk.do("dispatcher", "dispatch", "dispatch")
    assert walk.task("district_dispatch").area_path == walk.case.area_path
    assert walk.case.state == "pending_dispatch"


def until_dispatch(world: World, class_code: str, condition_key: str) -> Walk:
    """A case of a class, filed under a condition and with the enforcement team; its handler's key is `wangchuan`."""
    walk = report(world)
    walk.do("acceptor", "accept", "pass", **{"class": class_code})
    walk.do("shift_leader", "file", "file", condition=condition_key)
    walk.do("dispatcher", "dispatch", "dispatch", departments=[str(world.orgs["wangchuan-enforcement"].uid)])
    world.people["wangchuan"] = world.handler_of("wangchuan-enforcement")
    return walk
