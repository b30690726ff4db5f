"""Supervision orders and leaders' notes from giving to settling, on cases and on none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.walk import advance, do, report, upload
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.datachecks import Look
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Case, NumberSeries, Task
from yiwang.kernel.cases.queries import soundness
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.errors import OrderNotOpen, OwnReply
from yiwang.kernel.supervision.models import Card, Order, OrderTarget
from yiwang.kernel.supervision.queries import orders
from yiwang.kernel.supervision.services import judge, note, order, reply, urge, wake, withdraw_order
from yiwang.kernel.supervision.tests.town import hand_on, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world, rules):
    return advance(world, report(world), "pending_handle")


def one_order(world, case, who="leader", key="", **more):
    draft = OrderDraft(title="井盖专项", text="请三日内办结并报告原因", cases=(case.uid,), limit=3, **more)
    return order(world.actor(who), draft, key=key)


def test_an_order_on_a_case_is_a_numbered_paper_and_a_task(world, case):
    got = one_order(world, case, key="k1")
    made = Order.objects.get(uid=got.uid)
    year = made.given_at.year
    assert made.number == f"督办〔{year}〕1号"
    task = Task.objects.get(uid=got.tasks[0])
    assert (task.kind, task.org.code, task.data["number"], task.due_at) == ("supervise", "company-water", made.number, made.due_at)
    assert one_order(world, case, key="k1").repeated
    assert Order.objects.count() == 1
    with pytest.raises(KeyReused):
        one_order(world, case, key="k1", urgent=True)
    assert Case.objects.get(pk=case.pk).supervise_count == 1
    hand_on()
    assert Order.objects.count() == 1, "the case's own event makes no second paper"


def test_the_deadline_counts_working_time(world, case):
    from yiwang.kernel.worktime.contracts import Kind
    from yiwang.kernel.worktime.queries import calendar_for
    from yiwang.kernel.worktime.rules import deadlines

    made = Order.objects.get(uid=one_order(world, case).uid)
    assert made.due_at == deadlines.add(made.given_at, 3, Kind.WORK_DAY, calendar_for(case.area_path))
    assert made.is_provisional == calendar_for(case.area_path).is_provisional(made.given_at, made.due_at)


def test_answered_sent_back_answered_again_and_accepted(world, case):
    got = one_order(world, case)
    part = OrderTarget.objects.get(order__uid=got.uid)
    file = upload(world.actor("handler2"), "proof", stage="other")
    reply(world.actor("handler2"), part.uid, "已派工，原因：备件缺货", files=(file,), key="r1")
    reply(world.actor("handler2"), part.uid, "已派工，原因：备件缺货", files=(file,), key="r1")
    part.refresh_from_db()
    assert (part.state, part.replies.count()) == ("replied", 1)
    assert Task.objects.get(uid=got.tasks[0]).state == "done"
    with pytest.raises(NotPermitted):
        judge(world.actor("handler2"), part.uid, accept=True)
    with pytest.raises(BadInput):
        judge(world.actor("leader"), part.uid, accept=False, reason=" ")
    judge(world.actor("leader"), part.uid, accept=False, reason="未说明完成时间")
    part.refresh_from_db()
    assert (part.state, part.back_count) == ("waiting", 1)
    hand_on()
    assert Order.objects.count() == 1, "being asked again is the same order"
    assert any("退回" in t for t in told(world.account("handler2"), "supervision.order"))
    reply(world.actor("handler2"), part.uid, "后天下午五点前完成")
    judge(world.actor("shift_leader"), part.uid, accept=True)
    made = Order.objects.get(uid=got.uid)
    assert (made.state, made.closed_at is not None) == ("closed", True)
    assert [r.verdict for r in part.replies.order_by("pk")] == ["sent_back", "accepted"]
    with pytest.raises(OrderNotOpen):
        reply(world.actor("handler2"), part.uid, "还有一句")


def test_an_answer_on_the_cases_own_page_is_the_orders_answer(world, case):
    part = OrderTarget.objects.get(order__uid=one_order(world, case).uid)
    do(world, case, "handler2", "complete", "supervise", reason="今日完成")
    hand_on()
    hand_on()
    part.refresh_from_db()
    assert part.state == "replied"
    assert [(r.text, r.by_name) for r in part.replies.all()] == [("今日完成", "陈水")]


def test_an_order_given_by_the_cases_own_action_becomes_a_paper(world, case):
    do(world, case, "leader", "supervise", reason="请今日办结")
    hand_on()
    made = Order.objects.get()
    assert (made.form, made.text, made.given_by, made.targets.get().org.code) == ("order", "请今日办结", world.account("leader"), "company-water")
    hand_on()
    assert Order.objects.count() == 1


def test_a_leaders_note_is_a_task_that_must_be_answered(world, case):
    got = note(world.actor("leader"), case.uid, "请住建局高度重视", limit=1)
    assert got.number.startswith("批示〔")
    task = Task.objects.get(uid=got.tasks[0])
    assert task.name["zh-Hans"] == "批示答复"
    with pytest.raises(NotPermitted):
        note(world.actor("shift_leader"), case.uid, "我也批示")


def test_an_order_to_bodies_without_a_case(world, rules):
    bodies = tuple(world.orgs[c].uid for c in ("company-water", "wangchuan-sanitation"))
    got = order(world.actor("leader"), OrderDraft(title="汛前井盖排查", text="请各单位排查并报送清单", orgs=bodies, limit=2, unit="work_hour"))
    assert any("汛前" in t for t in told(world.account("handler2"), "supervision.order"))
    parts = {p.org.code: p for p in OrderTarget.objects.filter(order__uid=got.uid)}
    with pytest.raises(NotFound):
        reply(world.actor("handler"), parts["company-water"].uid, "替人作答")
    reply(world.actor("handler2"), parts["company-water"].uid, "排查完毕")
    reply(world.actor("handler"), parts["wangchuan-sanitation"].uid, "排查完毕")
    judge(world.actor("leader"), parts["company-water"].uid, accept=True)
    assert Order.objects.get(uid=got.uid).state == "open", "one of two"
    judge(world.actor("leader"), parts["wangchuan-sanitation"].uid, accept=True)
    assert Order.objects.get(uid=got.uid).state == "closed"
    seen = orders.one(world.actor("handler"), got.uid)
    assert [p.org.code for p in orders.shown_targets(world.actor("handler"), seen)] == ["wangchuan-sanitation"], "not the others' answers"
    with pytest.raises(NotFound):
        orders.one(world.actor("inspector"), got.uid)


def test_an_order_past_its_deadline_gives_cards_and_goes_up(world, rules):
    got = order(world.actor("leader"), OrderDraft(title="专题", text="限时答复", orgs=(world.orgs["company-water"].uid,), limit=4, unit="work_hour"))
    part = OrderTarget.objects.get(order__uid=got.uid)
    wake(part.due_at + timedelta(minutes=1))
    card = Card.objects.get(target=part)
    assert (card.colour, card.clock, card.org.code, card.rule_code) == ("yellow", "order", "company-water", "order_over")
    wake(part.due_at + timedelta(minutes=1))
    assert Card.objects.filter(target=part).count() == 1
    wake(part.due_at + timedelta(days=9))
    assert sorted(Card.objects.filter(target=part).values_list("colour", flat=True)) == ["red", "yellow"]
    reply(world.actor("handler2"), part.uid, "答复")
    assert not part.dues.filter(done_at__isnull=True).exists()


def test_an_answer_in_time_gives_no_card(world, rules):
    got = order(world.actor("leader"), OrderDraft(title="专题", text="限时答复", orgs=(world.orgs["company-water"].uid,), limit=4, unit="work_hour"))
    part = OrderTarget.objects.get(order__uid=got.uid)
    reply(world.actor("handler2"), part.uid, "已办")
    wake(part.due_at + timedelta(days=9))
    assert not Card.objects.exists()


def test_urging_is_counted_and_only_by_who_may(world, case):
    part = OrderTarget.objects.get(order__uid=one_order(world, case).uid)
    assert urge(world.actor("leader"), part.uid, key="u1") == 1
    assert urge(world.actor("leader"), part.uid, key="u1") == 1
    assert urge(world.actor("shift_leader"), part.uid) == 2
    assert sum(t.startswith("催办") for t in told(world.account("handler2"), "supervision.order")) == 2
    with pytest.raises(NotPermitted):
        urge(world.actor("handler2"), part.uid)


def test_a_case_that_ends_first_lapses_its_part(world, case):
    got = one_order(world, case)
    case = do(world, case, "shift_leader", "void", reason="误报")
    do(world, case, "leader", "complete", "void", "agree")
    hand_on()
    part = OrderTarget.objects.get(order__uid=got.uid)
    assert (part.state, part.ended_as, part.order.state) == ("lapsed", "void", "closed")


def test_withdrawn_with_a_reason(world, rules):
    got = order(world.actor("leader"), OrderDraft(title="专题", text="报送", orgs=(world.orgs["company-water"].uid,), limit=1))
    with pytest.raises(NotPermitted):
        withdraw_order(world.actor("handler2"), got.uid, "不想办")
    withdraw_order(world.actor("leader"), got.uid, "发错单位")
    made = Order.objects.get(uid=got.uid)
    assert (made.state, made.targets.get().state) == ("withdrawn", "withdrawn")
    with pytest.raises(OrderNotOpen):
        withdraw_order(world.actor("leader"), got.uid, "再撤")


def test_nobody_judges_his_own_answer(world, rules):
    """A leader who also answers for a body by delegation does not judge that answer."""
    from yiwang.kernel.identity.models import Delegation

    Delegation.objects.create(absent=world.account("handler2"), substitute=world.account("shift_leader"), starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(days=1))
    case = advance(world, report(world), "pending_handle")
    part = OrderTarget.objects.get(order__uid=one_order(world, case).uid)
    reply(world.actor("shift_leader"), part.uid, "代为答复")
    with pytest.raises(OwnReply):
        judge(world.actor("shift_leader"), part.uid, accept=True)
    judge(world.actor("leader"), part.uid, accept=True)


@pytest.mark.parametrize(
    ("more", "field"),
    [({"text": " "}, "text"), ({"text": "x" * 2001}, "text"), ({"title": "a\x00"}, "title"), ({"limit": 0}, "limit"), ({"limit": 9999}, "limit"), ({"unit": "moons"}, "limit"),
     ({"orgs": ()}, "orgs"), ({"due_at": "past"}, "due_at"), ({"form": "wish"}, "form")],
)  # fmt: skip
def test_bad_orders_are_refused_and_nothing_is_written(world, rules, more, field):
    given = {"title": "专题", "text": "报送", "orgs": (world.orgs["company-water"].uid,), "limit": 1} | more
    if given.get("due_at") == "past":
        given |= {"due_at": now() - timedelta(hours=1), "limit": None}
    with pytest.raises(BadInput) as refused:
        order(world.actor("leader"), OrderDraft(**given))
    assert refused.value.errors[0]["field"] == field
    assert not Order.objects.exists()


def test_all_or_nothing_of_several_cases(world, rules):
    first, second = (advance(world, report(world, at=(i, 1), photo=f"p{i}"), "pending_handle") for i in (0, 1))
    done = advance(world, report(world, at=(3, 1), photo="p3"), "closed")
    leader = world.actor("leader")
    with pytest.raises(ActionNotAllowed):
        order(leader, OrderDraft(title="专项", text="限期", cases=(first.uid, done.uid), limit=1))
    assert not Order.objects.exists()
    assert Case.objects.get(pk=first.pk).supervise_count == 0
    got = order(leader, OrderDraft(title="专项", text="限期", cases=(first.uid, second.uid), orgs=(world.orgs["wangchuan-sanitation"].uid,), limit=1))
    assert OrderTarget.objects.filter(order__uid=got.uid).count() == 3
    assert len(got.tasks) == 2


def test_a_calendar_that_is_announced_moves_the_deadline(world, rules):
    from yiwang.kernel.audit.models import Event
    from yiwang.kernel.supervision.services import hear
    from yiwang.kernel.worktime.services import mark_day

    got = order(world.actor("leader"), OrderDraft(title="专题", text="报送", orgs=(world.orgs["company-water"].uid,), limit=5))
    made = Order.objects.get(uid=got.uid)
    before = made.due_at
    from yiwang.kernel.base.actor import system

    day = (made.given_at + timedelta(days=3)).date()
    for offset in range(4):
        mark_day(actor=system("test"), calendar_code="cn", day=day + timedelta(days=offset), kind="holiday")
    hear(list(Event.objects.filter(action="worktime.day.marked").order_by("position")))
    made.refresh_from_db()
    assert made.due_at > before
    assert OrderTarget.objects.get(order=made).due_at == made.due_at


def test_the_numbers_of_orders_are_none_of_cases(world, rules):
    """`yiwang check-data` counts what a series of case numbers has drawn; orders have a series of their own."""
    order(world.actor("leader"), OrderDraft(title="汛前井盖排查", text="请排查", orgs=(world.orgs["company-water"].uid,), limit=2, unit="work_hour"))
    assert NumberSeries.objects.exists()
    assert list(soundness.numbers(Look(settled=True))) == []
