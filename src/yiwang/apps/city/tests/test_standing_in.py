"""代理, arbitration and milestones: who stands in is named with whom he stands in for; the third return is arbitrated."""

from datetime import timedelta

import pytest

from tests.world import World
from yiwang.apps.city.tests.test_clocks_live import clock, until_dispatch  # noqa: F401  the fixture
from yiwang.apps.city.tests.test_flow import condition, report
from yiwang.apps.city.tests.test_moves_made import department, pending_file, pending_handle
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotPermitted
from yiwang.kernel.cases.errors import ActionNotAllowed, SameHands
from yiwang.kernel.cases.models import Clock
from yiwang.kernel.cases.queries.work import open_tasks
from yiwang.kernel.identity.models import Delegation

pytestmark = pytest.mark.django_db


def away(world: World, absent: str, substitute: str) -> Delegation:
    moment = now()
    return Delegation.objects.create(
        absent=world.account(absent), substitute=world.account(substitute), starts_at=moment - timedelta(hours=1),
        ends_at=moment + timedelta(days=3), reason="出差",
    )


def test_a_substitute_files_for_the_absent_leader_and_both_are_on_record(world: World):
    walk = pending_file(world)
    with pytest.raises(NotPermitted):
        walk.do("dispatcher", "file", "file", condition=condition(walk))
    away(world, "shift_leader", "dispatcher")
    assert walk.task("file") in open_tasks(world.actor("dispatcher"))
    walk.do("dispatcher", "file", "file", condition=condition(walk))
    line = Event.all_modes.get(case_id=walk.case.pk, step="file")
    assert (line.actor_id, line.on_behalf_of_id) == (world.account("dispatcher").pk, world.account("shift_leader").pk)


def test_a_delegation_that_is_over_gives_nothing(world: World):
    walk = pending_file(world)
    given = away(world, "shift_leader", "dispatcher")
    given.ends_at = now() - timedelta(minutes=1)
    given.save()
    with pytest.raises(NotPermitted):
        walk.do("dispatcher", "file", "file", condition=condition(walk))


def test_a_substitute_hands_nothing_of_administration_on(world: World):
    away(world, "administrator", "dispatcher")
    assert not world.actor("dispatcher").may_anywhere("identity.admin")


def test_standing_in_does_not_get_round_the_separation(world: World):
    """The acceptor never files, not even for the absent shift leader; nor may the leader file what his substitute accepted."""
    walk = pending_file(world)
    away(world, "shift_leader", "acceptor")
    with pytest.raises(SameHands):
        walk.do("acceptor", "file", "file", condition=condition(walk))
    other = report(world, "public", "public")
    away(world, "acceptor2", "inspector3")
    other.do("inspector3", "accept", "pass")
    assert Event.all_modes.get(case_id=other.case.pk, step="accept").on_behalf_of_id == world.account("acceptor2").pk


def test_the_third_return_goes_to_arbitration(world: World):
    walk = pending_handle(world)
    for _time in range(2):
        walk.do("handler", "handle", action="return", reason="不归我们管")
        walk.do("dispatcher", "return", "agree")
        walk.do("dispatcher", "dispatch", "dispatch", departments=department(world))
    walk.do("handler", "handle", action="return", reason="还是不归我们管")
    assert walk.case.return_count == 2
    with pytest.raises(NotPermitted):
        walk.do("dispatcher", "return", "agree")
    walk.do("shift_leader2", "return", "deny", reason="经仲裁由你单位负责")
    assert walk.case.state == "pending_handle"


def test_the_last_resort_by_place_cannot_return(world: World):
    walk = pending_file(world)
    walk.do("shift_leader", "file", "file", condition=condition(walk))
    street = "street-wanghu"
    walk.do("dispatcher", "dispatch", "dispatch", departments=[str(world.orgs[street].uid)])
    handler = world.handler_of(street)
    with pytest.raises(ActionNotAllowed):
        walk.do(handler.key, "handle", action="return", reason="不归我们管")


def test_milestones_of_a_condition_have_their_own_limits(world: World, clock):  # noqa: F811
    walk = until_dispatch(world, "matter:06001", "M06001-02")
    lines = {c.step: c for c in Clock.objects.filter(case=walk.case, name="milestone")}
    assert set(lines) == {"stop", "fine", "remove"}
    assert lines["stop"].due_at < lines["fine"].due_at < lines["remove"].due_at
    assert walk.case.due_at == lines["stop"].due_at
    walk.do("wangchuan", "handle", action="milestone", reason="已责令停工", code="stop")
    assert Clock.objects.get(pk=lines["stop"].pk).state == "ended"
    assert walk.case.due_at == lines["fine"].due_at
    assert Event.all_modes.filter(case_id=walk.case.pk, action="milestone").get().data["milestone"] == "stop"
