"""Cards by rule and by hand: one for each moment and receiver, up step by step, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.walk import COVER_MISSING, advance, do, report
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.models import Timer
from yiwang.kernel.supervision.errors import CardNotOpen
from yiwang.kernel.supervision.models import Card, Due
from yiwang.kernel.supervision.queries import cards
from yiwang.kernel.supervision.services import answer_card, give_card, hear, wake, withdraw_card
from yiwang.kernel.supervision.tests.town import hand_on, run_out, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(world, rules):
    """A case with the water company whose two hours are over since an hour."""
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    hand_on()
    run_out(case, 3)
    return case


def test_a_limit_that_is_over_gives_the_body_a_yellow_card(world, late):
    card = Card.objects.get(case=late, colour="yellow")
    assert (card.org.code, card.rule_code, card.clock, card.mark) == ("company-water", "department_over", "department", "at")
    assert card.org_name["zh-Hans"] == world.orgs["company-water"].name["zh-Hans"]
    assert any(t.startswith("黄牌") for t in told(world.account("handler2"), "supervision.card"))
    assert any(t.startswith("黄牌") for t in told(world.account("leader"), "supervision.card")), "its leader, one step up the tree"
    assert not told(world.account("handler"), "supervision"), "another body is told nothing"


def test_reminder_before_the_limit_is_green_and_speaks_once(world, rules):
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    run_out(case, 1.7)  # 85 % of two hours
    assert [c.colour for c in Card.objects.filter(case=case)] == ["green"]
    assert len(told(world.account("handler2"), "supervision.warning")) == 1
    run_out(case, 0)
    assert Card.objects.filter(case=case).count() == 1


def test_the_same_event_twice_gives_one_card_and_one_message(world, late):
    from yiwang.kernel.audit.models import Event

    events = list(Event.objects.filter(case_id=late.pk, action="overdue"))
    before = Card.objects.count(), told(world.account("handler2"))
    hear(events)
    hear(events + events)
    assert (Card.objects.count(), told(world.account("handler2"))) == before


def test_minutes_after_the_limit_have_a_timer_that_moves_with_the_clock(world, rules):
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    mark = Timer.objects.get(case=case, kind="mark", fired_at__isnull=True)
    clock = mark.clock
    assert mark.engine_id == "over:480"
    assert mark.due_at - clock.due_at == timedelta(minutes=480), "an urgent limit runs on continuously"
    run_out(case, 11)
    assert sorted(Card.objects.filter(case=case).values_list("colour", flat=True)) == ["green", "red", "yellow"]
    assert Timer.objects.get(pk=mark.pk).fired_at is not None


def test_two_rules_of_one_moment_make_one_card_and_one_message(world, rules):
    from yiwang.kernel.supervision.services import save_rule

    again = {"code": "also_over", "name": {"zh-Hans": "同时超期"}, "clock": "department", "phase": "at", "colour": "red", "tell": ["doer", "supervisor"]}
    save_rule(world.actor("leader"), "city", again, shown=1)
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    run_out(case, 3)
    card = Card.objects.get(case=case, mark="at", clock="department")
    assert (card.colour, card.rule_code) == ("red", "also_over"), "the stronger one"
    assert len([t for t in told(world.account("handler2"), "supervision.card") if "牌" in t]) == 1
    assert told(world.account("shift_leader"), "supervision.card"), "and everybody whom either of them names"


def test_an_unexplained_card_goes_up_and_an_explained_one_does_not(world, late):
    card = Card.objects.get(case=late, colour="yellow")
    later = now() + timedelta(days=3)
    assert wake(later) >= 1
    card.refresh_from_db()
    assert card.escalated == 1
    assert any("已升级" in t for t in told(world.account("shift_leader"), "supervision.card"))
    again = give_card(world.actor("leader"), case_uid=late.uid, colour="red", reason="多次超期").uid
    answer_card(world.actor("handler2"), again, "备件今日到货，明日完成")
    assert not Due.objects.filter(card__uid=again, done_at__isnull=True).exists()


def test_explaining_stops_the_way_up(world, late):
    card = Card.objects.get(case=late, colour="yellow")
    answer_card(world.actor("handler2"), card.uid, "备件今日到货", key="a-1")
    assert answer_card(world.actor("handler2"), card.uid, "备件今日到货", key="a-1").repeated
    with pytest.raises(CardNotOpen):
        answer_card(world.actor("handler2"), card.uid, "再说一次")
    wake(now() + timedelta(days=3))
    card.refresh_from_db()
    assert (card.state, card.escalated) == ("answered", 0)
    with pytest.raises(NotFound):
        answer_card(world.actor("handler"), card.uid, "不是我的")


@pytest.mark.parametrize("end", ["closed", "void"])
def test_a_case_that_ends_keeps_its_cards_and_they_go_no_further(world, late, end):
    if end == "closed":
        case = advance(world, late, "closed")
    else:
        case = do(world, late, "shift_leader", "void", reason="重复录入")
        case = do(world, case, "leader", "complete", "void", "agree")
    hand_on()
    assert not case.is_open
    card = Card.objects.get(case=case, colour="yellow")
    assert (card.state, card.case_ended_as) == ("open", end), "it stays, and says how the case ended"
    assert not card.dues.filter(done_at__isnull=True).exists()
    wake(now() + timedelta(days=5))
    assert Card.objects.get(pk=card.pk).escalated == 0


def test_a_body_renamed_keeps_the_name_of_the_day(world, late):
    org = world.orgs["company-water"]
    org.name = {"zh-Hans": "云望水务集团", "en": "Water Group"}
    org.save()
    shown = cards.one(world.actor("leader"), Card.objects.get(case=late, colour="yellow").uid)
    assert shown.org_name["zh-Hans"] == "云望供水有限公司"
    assert cards.by_body(world.actor("leader"))[0]["yellow"] == 1


def test_a_card_by_hand_once_for_its_key_and_withdrawn_with_a_reason(world, rules):
    case = advance(world, report(world), "pending_handle")
    leader = world.actor("leader")
    first = give_card(leader, case_uid=case.uid, colour="red", reason="三次催办未办", key="phone-7")
    assert give_card(leader, case_uid=case.uid, colour="red", reason="三次催办未办", key="phone-7").repeated
    card = Card.objects.get(uid=first.uid)
    assert (card.org.code, card.given_by_name, card.rule_code) == ("company-water", "沈领", "")
    assert cards.counts(leader)["red"] == 1
    with pytest.raises(BadInput):
        withdraw_card(leader, card.uid, "  ")
    withdraw_card(leader, card.uid, "时限计算有误")
    assert cards.counts(leader)["red"] == 0
    assert Card.objects.get(uid=first.uid).withdrawn_reason == "时限计算有误"
    with pytest.raises(CardNotOpen):
        withdraw_card(leader, card.uid, "again")


def test_who_may_give_and_see_cards(world, rules):
    case = advance(world, report(world), "pending_handle")
    for who, refusal in (("handler2", NotPermitted), ("handler", NotFound), ("citizen", NotFound), ("administrator", NotFound)):
        with pytest.raises(refusal):
            give_card(world.actor(who), case_uid=case.uid, colour="yellow", reason="x")
    for colour, reason in (("blue", "x"), ("red", "  "), ("red", "x" * 501), ("red", "a\x00b")):
        with pytest.raises(BadInput):
            give_card(world.actor("leader"), case_uid=case.uid, colour=colour, reason=reason)
    assert not Card.objects.exists()
    uid = give_card(world.actor("leader"), case_uid=case.uid, colour="yellow", reason="请尽快").uid
    seen = {who: cards.visible_to(world.actor(who)).filter(uid=uid).exists() for who in ("leader", "shift_leader", "handler2", "handler", "inspector", "administrator")}
    assert seen == {"leader": True, "shift_leader": True, "handler2": True, "handler": False, "inspector": False, "administrator": False}


def test_trial_cases_get_no_cards(world, rules):
    from yiwang.kernel.cases.models import Case

    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    Case.all_modes.filter(pk=case.pk).update(mode="trial")
    run_out(case, 3)
    assert not Card.all_modes.filter(case=case).exists()
