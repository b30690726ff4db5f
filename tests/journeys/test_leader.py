"""A leader on a phone: today, a red card on a bureau, an extension, a dictated and spoken note, the answer next day; and how it looks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.support.looks import page_faults, settle, shoot, wear
from tests.walk import COVER_MISSING, advance, do, let_pass, report
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.supervision import services as supervision
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Card, Order, OrderTarget
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
MICROPHONE = """navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext(), tone = context.createOscillator(), out = context.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    await context.resume();
    return out.stream;
};"""
PAGES = (("today", ""), ("red", "red/"), ("decide", "decide/"), ("bodies", "press/"), ("follow", "follow/"), ("week", "week/"))


def late(world, hours=30, **more):
    case = advance(world, report(world, **more), "pending_handle", condition=COVER_MISSING)
    let_pass(case, hours)
    return case


def second_extension(world, **more):
    case = advance(world, report(world, **more), "pending_handle")
    do(world, case, "handler2", "extend", "handle", reason="配件到货需要两天，现场已设围挡")
    do(world, case, "shift_leader", "complete", "extension", "agree")
    do(world, case, "handler2", "extend", "handle", reason="供货商又推迟一天，现场围挡和警示灯每天检查两次")
    return Task.objects.get(case=case, kind="extension", state="open")


def test_a_leaders_two_days(live_site, live_world, browser_context, as_person):
    case = late(live_world, text="望湖路口井盖缺失，危及行人", photo="p1")
    task = second_extension(live_world, at=(0, 4), photo="p2")
    page = as_person("leader", phone=True)
    page.add_init_script(MICROPHONE)
    page.goto(f"{live_site}/city/leader/")
    settle(page)
    # three taps: the line, a reason, the button
    page.get_by_role("link", name=re.compile("^督办：")).first.tap()
    page.get_by_role("radio", name="严重超期").tap()
    page.get_by_role("button", name="发出").dblclick()
    expect(page.get_by_text("红牌已发出")).to_be_visible()
    card = Card.objects.get()
    assert (card.colour, card.reason, card.case_id, card.org.code) == ("red", "严重超期", case.pk, "company-water")
    # one hand: the reason is optional for a yes
    page.get_by_role("link", name=re.compile("^审批")).tap()
    expect(page.get_by_text("供货商又推迟一天")).to_be_visible()
    agree = page.get_by_role("button", name="同意", exact=True)
    box = agree.bounding_box()
    assert (box["height"] >= 48, box["width"] >= 140) == (True, True), "a thumb hits it"
    agree.tap()
    expect(page.get_by_text("已同意")).to_be_visible()
    task.refresh_from_db()
    assert (task.outcome, Case.objects.get(pk=task.case_id).extension_count) == ("agree", 2)
    # a note: typed by the phone's own dictation, and spoken
    page.goto(f"{live_site}/city/leader/press/?case={case.uid}&way=note")
    settle(page)
    page.get_by_label(re.compile("^文字说明")).fill("请今天到现场，明早九点前报告。")
    record = page.get_by_role("button", name=re.compile("录音"))
    record.tap()
    expect(record).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1200)
    record.tap()
    expect(page.get_by_label("您的录音")).to_be_visible()
    shoot(page, "leader-note-recorded")
    page.get_by_role("button", name="发出").tap()
    expect(page.get_by_text("已下达：")).to_be_visible()
    made = Order.objects.get(form="note")
    sound = Attachment.objects.get(subject_kind="supervision_order", subject_uid=made.uid)
    assert (made.text, sound.kind, sound.media_type) == ("请今天到现场，明早九点前报告。", "audio", "audio/webm")
    expect(page.locator("audio")).to_have_count(1)
    # next day: late, urged; answered; judged
    part = OrderTarget.objects.get(order=made)
    OrderTarget.objects.filter(pk=part.pk).update(due_at=now() - timedelta(hours=1))
    page.goto(f"{live_site}/city/leader/follow/")
    page.get_by_role("button", name="催办").tap()
    expect(page.get_by_text("已催办，第 1 次")).to_be_visible()
    supervision.reply(live_world.actor("handler2"), part.uid, "已到现场，新井盖今天中午换好。")
    page.goto(f"{live_site}/city/leader/")
    page.get_by_role("link", name=re.compile("待我审核的答复")).tap()
    expect(page.get_by_text("已到现场，新井盖今天中午换好。")).to_be_visible()
    page.get_by_role("link", name="查看并审核").tap()
    page.get_by_role("button", name="通过").tap()
    expect(page.get_by_text("已通过").or_(page.get_by_text("通过。")).first).to_be_visible()
    assert Order.objects.get(pk=made.pk).state == "closed"


def busy(world) -> Order:
    leader = world.actor("leader")
    cases = [late(world, hours, at=(n, 1), photo=f"b{n}", text=text) for n, (hours, text) in enumerate(((8, "井盖移位"), (30, "井盖缺失，夜间无照明"), (90, "井盖塌陷，已有人受伤，群众多次反映")))]
    second_extension(world, at=(0, 4), photo="x1")
    second_extension(world, at=(4, 4), photo="x2")
    supervision.give_card(leader, case_uid=cases[2].uid, colour="red", reason="群众反映强烈")
    paper = supervision.order(leader, OrderDraft(title="汛前雨水井盖专项排查", text="请三日内完成排查，报送清单和整改计划。", orgs=tuple(world.orgs[c].uid for c in ("company-water", "wangchuan-sanitation")), limit=3))
    parts = list(OrderTarget.objects.filter(order__uid=paper.uid).order_by("pk"))
    supervision.reply(world.actor("handler2"), parts[0].uid, "已排查井盖 120 处，其中 3 处已更换，清单见附件。")
    OrderTarget.objects.filter(pk=parts[1].pk).update(due_at=now() - timedelta(hours=20))
    return Order.objects.get(uid=paper.uid)


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_how_it_looks(live_site, live_world, as_person, phone):
    wrong: list[str] = []
    page = as_person("leader", phone=phone, size=None if phone else (1440, 900))

    def look(name: str, address: str, status: int = 200) -> None:
        assert page.goto(f"{live_site}/city/leader/{address}").status == status, name
        settle(page)
        shoot(page, f"leader-{name}")
        shoot(page, f"full/leader-{name}", full=True)
        wrong.extend(page_faults(page, f"{name} {'phone' if phone else 'desk'}"))

    for name, address in PAGES:
        look(f"empty-{name}", address)
    order = busy(live_world)
    case = Case.objects.filter(cards__colour="red").first()
    for name, address in (*PAGES, ("press", f"press/?case={case.uid}"), ("press-note", f"press/?case={case.uid}&way=note"), ("order", f"orders/{order.uid}/")):
        look(name, address)
    page.goto(f"{live_site}/city/leader/press/?case={case.uid}")
    page.get_by_role("button", name="发出").click()
    expect(page.get_by_role("alert")).to_be_visible()
    shoot(page, "leader-wrong")
    wrong.extend(page_faults(page, "wrong"))
    if phone:
        wear(page, "large", base_url=live_site)
        for name, address in (("today", ""), ("decide", "decide/"), ("press", f"press/?case={case.uid}&way=note")):
            look(f"large-{name}", address)
        wear(page, "dark", base_url=live_site)
        look("dark-today", "")
    assert not wrong, "\n\n".join(wrong)
