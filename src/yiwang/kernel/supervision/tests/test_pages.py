"""Pages of supervision through the front door."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.walk import COVER_MISSING, advance, report
from yiwang.kernel.supervision.models import Card, Order, OrderTarget, RuleBook
from yiwang.kernel.supervision.tests.town import run_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(world, rules):
    case = advance(world, report(world), "pending_handle", condition=COVER_MISSING)
    run_out(case, 12)
    return case


def page(world, who, name, *args, query=""):
    answer = world.client(who).get(reverse(f"supervision:{name}", args=args) + query)
    assert answer.status_code == 200, (name, answer.status_code, answer.content[:300])
    return answer.content.decode()


def test_empty_pages_say_what_comes_there(world, rules):
    assert "暂无督办件" in page(world, "leader", "orders")
    assert "暂无黄牌红牌" in page(world, "leader", "cards")
    assert "没有欠账" in page(world, "leader", "wall")
    assert "处置超期" in page(world, "leader", "rules")


def test_an_order_from_giving_to_settling_by_pages(world, late):
    leader, handler = world.client("leader"), world.client("handler2")
    new = reverse("supervision:order_new")
    assert late.title in page(world, "leader", "order_new", query=f"?case={late.uid}")
    wanted = {"case": str(late.uid), "form": "order", "title": "井盖督办", "text": "请说明原因", "limit": 1, "unit": "work_day", "idempotency_key": "page-1"}
    answer = leader.post(new, wanted)
    assert answer.status_code == 302, answer.content[:2000]
    assert leader.post(new, wanted).url == answer.url, "sent twice, given once"
    order = Order.objects.get()
    part = OrderTarget.objects.get()
    shown = page(world, "handler2", "order", order.uid)
    assert order.number in shown
    assert "您的答复" in shown
    assert handler.post(reverse("supervision:part_reply", args=[part.uid]), {"text": "备件已到", "idempotency_key": "r"}).status_code == 302
    shown = page(world, "leader", "order", order.uid)
    assert "备件已到" in shown
    assert "通过答复" in shown
    assert leader.post(reverse("supervision:part_judge", args=[part.uid]), {"accept": "1", "idempotency_key": "j"}).status_code == 302
    assert "已办结" in page(world, "leader", "order", order.uid)
    assert "备件已到" in page(world, "leader", "order_sheet", order.uid)


def test_a_bad_order_is_shown_again_with_what_is_wrong(world, rules):
    answer = world.client("leader").post(reverse("supervision:order_new"), {"form": "order", "title": "专题", "text": "报送", "limit": 1, "unit": "work_day", "idempotency_key": "b"})
    assert answer.status_code == 422
    assert "请至少选择一件案卷或一个答复单位" in answer.content.decode()
    assert not Order.objects.exists()


def test_cards_are_listed_explained_withdrawn_and_counted(world, late):
    red = Card.objects.get(case=late, colour="red")
    shown = page(world, "leader", "cards", query="?colour=red")
    assert shown.count("data-href") == 1
    assert "云望供水有限公司" in shown
    handler = world.client("handler2")
    assert "说明情况" in page(world, "handler2", "card", red.uid)
    assert handler.post(reverse("supervision:card_answer", args=[red.uid]), {"text": "泵站抢修", "idempotency_key": "c"}).status_code == 302
    assert "泵站抢修" in page(world, "leader", "card", red.uid)
    assert handler.post(reverse("supervision:card_withdraw", args=[red.uid]), {"reason": "x"}).status_code == 403
    assert world.client("leader").post(reverse("supervision:card_withdraw", args=[red.uid]), {"reason": "时限有误", "idempotency_key": "w"}).status_code == 302
    assert "时限有误" in page(world, "leader", "card", red.uid)
    assert world.client("handler").get(reverse("supervision:card", args=[red.uid])).status_code == 404


def test_a_card_by_hand_from_the_page(world, late):
    answer = world.client("leader").post(reverse("supervision:card_new"), {"case": str(late.uid), "colour": "red", "org": "", "reason": "屡催不办", "idempotency_key": "n"})
    assert answer.status_code == 302
    assert Card.objects.filter(rule_code="").get().org.code == "company-water"


def test_a_rule_is_changed_as_a_new_version_and_an_old_page_is_refused(world, rules):
    leader = world.client("leader")
    shown = page(world, "leader", "rule", "city", "department_long_over")
    assert 'value="480"' in shown
    wanted = {"code": "department_long_over", "name_zh": "超期半天", "clock": "department", "phase": "after", "over_minutes": 240, "colour": "red", "tell": ["leader"],
              "escalate": "240 leader supervisor", "note": "试行", "version": 1}  # fmt: skip
    url = reverse("supervision:rule", args=["city", "department_long_over"])
    assert leader.post(url, wanted).status_code == 302
    book = RuleBook.objects.filter(app="city").order_by("-version").first()
    assert (book.version, book.made_by_name) == (2, "沈领")
    assert next(r for r in book.rules if r["code"] == "department_long_over")["over_minutes"] == 240
    assert leader.post(url, wanted).status_code == 422, "somebody saved in between"
    answer = leader.post(url, {**wanted, "version": 2, "escalate": "soon leader"})
    assert answer.status_code == 422
    assert "每行以工作分钟数开头" in answer.content.decode()
    assert leader.post(reverse("supervision:rule_remove", args=["city", "stage_over"]), {"version": 2}).status_code == 302
    assert RuleBook.objects.filter(app="city").count() == 3


def test_the_wall_says_who_owes_what_for_how_long(world, late, django_assert_max_num_queries):
    shown = page(world, "leader", "wall")
    assert "云望供水有限公司" in shown
    assert "data-island=\"chart\"" in shown
    assert late.title in page(world, "leader", "owed", query=f"?who=org:{world.orgs['company-water'].uid}&kind=late")
    assert world.client("handler").get(reverse("supervision:owed") + f"?who=org:{world.orgs['company-water'].uid}").status_code == 404, "another body's debts are not his"
    assert "云望供水有限公司" in page(world, "handler2", "wall"), "his own are"


def test_the_case_page_shows_its_cards_and_orders(world, late):
    from yiwang.kernel.supervision.services import note

    note(world.actor("leader"), late.uid, "请高度重视", limit=1)
    for who in ("leader", "handler2"):
        shown = world.client(who).get(f"/city/cases/{late.uid}/").content.decode()
        assert "红牌" in shown, who
        assert "批示〔" in shown, who
    assert "下达督办" in world.client("leader").get(f"/city/cases/{late.uid}/").content.decode()
    assert "下达督办" not in world.client("handler2").get(f"/city/cases/{late.uid}/").content.decode()
