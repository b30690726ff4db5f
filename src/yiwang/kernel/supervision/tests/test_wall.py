"""The wall and what is red: sums, how long in working time, scope, a constant number of questions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.walk import COVER_MISSING, advance, do, let_pass, report
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.models import Task
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import OrderTarget
from yiwang.kernel.supervision.queries import red, wall
from yiwang.kernel.supervision.services import note, order
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

pytestmark = pytest.mark.django_db


@pytest.fixture
def debts(world, rules):
    """Two late cases with the water company, an order to it and to another body, a note, a request for help."""
    cases = [advance(world, report(world, at=(n, 1), photo=f"w{n}"), "pending_handle", condition=COVER_MISSING) for n in range(2)]
    for case, hours in zip(cases, (5, 30), strict=True):
        let_pass(case, hours)
    leader = world.actor("leader")
    order(leader, OrderDraft(title="专题", text="报送", orgs=tuple(world.orgs[c].uid for c in ("company-water", "wangchuan-sanitation")), limit=2))
    note(leader, cases[0].uid, "请重视", limit=1)
    do(world, cases[1], "handler2", "consult", "handle", reason="请协助", org=str(world.orgs["wangchuan-sanitation"].uid))
    return cases


def test_sums_by_body_the_oldest_first_with_working_time(world, debts):
    found = wall.wall(world.actor("leader"))
    by = {d.key: d for d in found.rows}
    water, crew = by[f"org:{world.orgs['company-water'].uid}"], by[f"org:{world.orgs['wangchuan-sanitation'].uid}"]
    assert (water.late, water.orders, water.notes, water.helps) == (2, 1, 1, 0)
    assert (crew.late, crew.orders, crew.notes, crew.helps) == (0, 1, 0, 1)
    oldest = Task.objects.filter(case__in=debts, due_at__isnull=False).order_by("due_at").first().due_at
    assert water.since == oldest
    worked = deadlines.minutes_between(oldest, now(), Kind.WORK_HOUR, calendar_for(world.city.path))
    assert water.worked_minutes == pytest.approx(worked, abs=1)
    assert [d.since for d in found.rows] == sorted(d.since for d in found.rows)
    assert (found.late, found.orders, found.notes, found.helps) == (2, 2, 1, 1)


def test_every_line_opens_to_its_things(world, debts):
    leader = world.actor("leader")
    for debt in wall.wall(leader).rows:
        counts = [len(wall.owed(leader, debt.key, kind).rows) for kind in wall.KINDS]
        assert counts == [debt.late, debt.orders + debt.notes, debt.helps], debt.key
    for debt in wall.wall(leader, by="person").rows:
        assert len(wall.owed(leader, debt.key, "late").rows) == debt.late
    assert wall.owed(leader, "org:nonsense", "late").rows == []


def test_named_persons_stand_by_name(world, debts):
    task = Task.objects.get(case=debts[0], step="handle")
    task.account = world.account("handler2")
    task.save()
    found = {d.key: d for d in wall.wall(world.actor("leader"), by="person").rows}
    mine = found[f"person:{world.account('handler2').uid}"]
    assert (mine.name, mine.late) == ("陈水", 1)
    assert sum(d.late for d in found.values()) == 2


def test_pages_hold_each_once_and_follow_the_key(world, debts):
    leader, seen, cursor = world.actor("leader"), [], ""
    while True:
        page = wall.wall(leader, cursor=cursor, size=1)
        seen += [d.key for d in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == wall.wall(leader).bodies >= 2
    with pytest.raises(BadInput):
        wall.wall(leader, cursor="made-up")
    with pytest.raises(BadInput):
        wall.wall(leader, by="person", cursor=wall.wall(leader, size=1).next)


def test_scope(world, debts):
    assert {d.name for d in wall.wall(world.actor("handler")).rows} == {"望川区环卫所"}
    for who in ("inspector", "administrator", "citizen"):
        assert wall.wall(world.actor(who)).rows == []
        assert red.red(world.actor(who)).total == 0
    assert red.red(world.actor("handler2")).orders == 1


def test_questions_do_not_grow_with_debts(world, debts, django_assert_max_num_queries):
    leader = world.actor("leader")
    with django_assert_max_num_queries(4):
        wall.wall(leader)
    for code in ("bureau-municipal", "company-gas", "company-heat", "yundong-sanitation"):
        order(leader, OrderDraft(title="再", text="再", orgs=(world.orgs[code].uid,), limit=2))
    with django_assert_max_num_queries(4):
        assert wall.wall(leader).bodies >= 6
    with django_assert_max_num_queries(7):
        red.red(leader)


def test_what_is_red_in_an_area(world, debts):
    leader = world.actor("leader")
    found = red.red(leader)
    assert (found.overdue_tasks, found.orders, found.notes, found.helps) == (2, 2, 1, 1)
    assert found.lines[0].kind == "task"
    assert [line.since for line in found.lines] == sorted(line.since for line in found.lines)
    other = red.red(leader, area_path=world.areas["371591"].path)
    assert (other.overdue_tasks, other.orders) == (0, 0)
    assert red.red(leader, size=0).lines == ()


def test_a_digest_goes_once_a_day(world, debts):
    from datetime import time

    from yiwang.kernel.notices.models import Choice, Notice
    from yiwang.kernel.notices.reminding import save_choice
    from yiwang.kernel.supervision.services import send_digests

    world.account("leader").__class__.objects.filter(pk=world.account("leader").pk).update(email="leader@gov.example.cn")
    save_choice(world.actor("leader"), channels=["mail"], quiet_from=None, quiet_to=None, digest=True, digest_at=time(0, 1))
    day = now() + timedelta(days=1)
    at = day.replace(hour=8)  # 16:00 in China
    assert send_digests(at) == 1
    assert send_digests(at) == 0
    got = Notice.objects.get(account=world.account("leader"), kind="supervision.digest", channel="mail")
    assert "5 项" in got.title["zh-Hans"]
    assert "超期待办 2 件" in got.body["zh-Hans"]
    Choice.objects.update(digest=False)
    assert send_digests(at + timedelta(days=1)) == 0


def test_an_answered_part_is_no_debt(world, debts):
    from yiwang.kernel.supervision.services import reply

    part = OrderTarget.objects.get(org=world.orgs["wangchuan-sanitation"])
    reply(world.actor("handler"), part.uid, "已办")
    crew = {d.key: d for d in wall.wall(world.actor("leader")).rows}[f"org:{world.orgs['wangchuan-sanitation'].uid}"]
    assert (crew.orders, crew.helps) == (0, 1)
