"""Supervision in a browser: accessible, no sideways scroll, at desk and phone width, empty, full and wrong."""

from __future__ import annotations

import os

import pytest

from tests.support.looks import assert_accessible, no_sideways_scroll, settle, shoot
from tests.walk import COVER_MISSING, advance, report
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Card, Order, OrderTarget
from yiwang.kernel.supervision.queries import rulebook
from yiwang.kernel.supervision.tests.conftest import CITY_RULES
from yiwang.kernel.supervision.tests.town import run_out
from yiwang.kernel.ui import assets

NARROW = ("wall", "owed", "order", "cards", "rule", "channels")  # on a phone, unless somebody wants to look at all of them
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def a_busy_week(world) -> None:
    """Cases that are late by a little and by much, orders open, answered and sent back, a note, cards explained and withdrawn."""
    rulebook.forget()
    services.install_shipped()
    services.install_rules("city", CITY_RULES)
    leader = world.actor("leader")
    bodies = ("company-water", "wangchuan-sanitation", "yundong-sanitation", "bureau-municipal")
    late = [advance(world, report(world, at=(n, 1), photo=f"l{n}"), "pending_handle", condition=COVER_MISSING) for n in range(3)]
    for case, hours in zip(late, (3, 12, 40), strict=True):
        run_out(case, hours)
    paper = services.order(leader, OrderDraft(title="汛前雨水井盖专项排查", text="请各单位三日内完成排查，报送清单和整改计划。", orgs=tuple(world.orgs[b].uid for b in bodies), limit=3, urgent=True))
    services.order(leader, OrderDraft(title=late[2].title, text="严重超期，请说明原因并明确完成时间。", cases=(late[2].uid,), limit=1))
    services.note(leader, late[1].uid, "群众反映强烈，请供水公司今日办结。", limit=4, unit="work_hour")
    part = OrderTarget.objects.get(order__uid=paper.uid, org=world.orgs["company-water"])
    services.reply(world.actor("handler2"), part.uid, "已排查井盖 120 处，其中 3 处已更换。")
    services.judge(leader, part.uid, accept=False, reason="缺整改计划")
    services.reply(world.actor("handler2"), part.uid, "整改计划见附件，12 月 5 日前完成。")
    services.urge(leader, OrderTarget.objects.get(order__uid=paper.uid, org=world.orgs["bureau-municipal"]).uid)
    first = Card.objects.filter(colour="yellow").order_by("pk").first()
    services.answer_card(world.actor("handler2"), first.uid, "抢修主管道，人手不足，今日下班前完成。")
    services.withdraw_card(leader, services.give_card(leader, case_uid=late[0].uid, colour="red", reason="误点").uid, "误点")


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_pages_of_supervision(live_site, live_world, as_person, phone):
    page = as_person("leader", phone=phone, size=None if phone else (1440, 900))
    wrong: list[str] = []

    def look(name: str, address: str, *, as_page=page, status: int = 200) -> None:
        assert as_page.goto(live_site + address).status == status, name
        settle(as_page, maps=False)
        shoot(as_page, f"press-{name}-{'phone' if phone else 'desk'}")
        try:
            assert_accessible(as_page)
        except AssertionError as error:
            wrong.append(f"{name}: {error}")
        if not no_sideways_scroll(as_page):
            wrong.append(f"{name}: scrolls sideways")

    for name in ("wall",) if phone else ("orders", "cards"):
        look(f"empty-{name}", f"/supervision/{name}/")
    a_busy_week(live_world)
    order, card = Order.objects.get(title="汛前雨水井盖专项排查"), Card.objects.filter(colour="red", state="open").first()
    for name, address in (
        ("wall", "/supervision/wall/"), ("wall-person", "/supervision/wall/?by=person"), ("owed", f"/supervision/wall/owed/?who=org:{live_world.orgs['company-water'].uid}&kind=late"),
        ("orders", "/supervision/orders/"), ("order", f"/supervision/orders/{order.uid}/"), ("sheet", f"/supervision/orders/{order.uid}/sheet/"),
        ("order-new", f"/supervision/orders/new/?case={card.case.uid}"), ("note-new", f"/supervision/orders/new/?case={card.case.uid}&form=note"),
        ("cards", "/supervision/cards/"), ("card", f"/supervision/cards/{card.uid}/"), ("card-new", f"/supervision/cards/new/?case={card.case.uid}"),
        ("rules", "/supervision/rules/"), ("rule", "/supervision/rules/city/department_long_over/"), ("channels", "/notices/channels/"), ("case", f"/city/cases/{card.case.uid}/"),
    ):  # fmt: skip
        if os.environ.get("YIWANG_SHOTS") or not phone or name in NARROW:
            look(name, address)
    page.goto(live_site + "/supervision/orders/new/")
    page.fill("[name=title]", "专题")
    page.fill("[name=text]", "报送")
    page.click("main form button.btn-primary")
    settle(page, maps=False)
    assert "请至少选择一件案卷或一个答复单位" in page.content()
    shoot(page, f"press-wrong-{'phone' if phone else 'desk'}")
    assert not wrong, "\n".join(wrong)
