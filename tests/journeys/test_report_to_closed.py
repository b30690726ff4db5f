"""One report carried from the street to closed in a browser, by seven people; and what refuses on the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests import walk
from tests.world import picture
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def photo(name: str) -> dict[str, object]:
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture(name)}


def case_of(text: str):
    from yiwang.kernel.cases.models import Case

    return Case.all_modes.get(description=text)


def open_first(page, live_site, title: str) -> None:
    """Open my desk and the task of this title, by its link."""
    page.goto(f"{live_site}/city/desk/")
    page.get_by_role("link", name=re.compile(title)).first.click()
    expect(page.locator("#moves")).to_be_visible()


def press(page, within: str, button: str) -> None:
    """Press a move's button and wait until the page says that it was done."""
    page.locator(within).get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(f"已办理：{button}").first).to_be_visible()


def attach(page, within: str, name: str) -> None:
    page.locator(f'{within} input[type="file"]').set_input_files(photo(name))
    expect(page.locator(f"{within} .shots img")).to_have_count(1)


def test_seven_people_carry_one_report_to_closed(live_site, live_world, as_person):
    text = "望湖路12号门前井盖破损，缺了一角"
    lon, lat = live_world.point()

    # 1 The inspector reports from the street with a phone.
    phone = as_person("inspector", phone=True)
    phone.goto(f"{live_site}/city/report/")
    phone.locator("#id_photos").set_input_files(photo("street"))
    phone.get_by_text("坐标").click()
    phone.locator("#id_lon").fill(str(lon))
    phone.locator("#id_lat").fill(str(lat))
    phone.locator("#class-words").fill("供水井盖")
    phone.locator("#class-found").get_by_text("供水井盖").first.click()
    phone.locator("#id_text").fill(text)
    phone.get_by_role("button", name="提交上报").click()
    expect(phone.get_by_text("中心已收到，可以继续上报下一件。")).to_be_visible()
    case = case_of(text)
    assert case.state == "reported"
    assert case.city.class_code == "01001"

    # 2 The acceptor passes it on; he may not file it.
    acceptor = as_person("acceptor")
    acceptor.goto(f"{live_site}/city/intake/")
    expect(acceptor.locator(".yw-intake-detail h2").first).to_contain_text("井盖破损")
    press(acceptor, "#moves .is-primary", "批转值班长")
    acceptor.goto(f"{live_site}/city/cases/{case.uid}/")
    expect(acceptor.locator("#moves").get_by_role("button", name="立案", exact=True)).to_have_count(0)

    # 3 The shift leader files; without a condition it is refused at the field and nothing happens.
    leader = as_person("shift_leader")
    open_first(leader, live_site, "井盖破损")
    leader.locator("#moves .is-primary textarea").fill("按破损立案")
    leader.evaluate("document.querySelectorAll('#moves .is-primary [required]').forEach((e) => e.removeAttribute('required'))")
    leader.locator("#moves .is-primary").get_by_role("button", name="立案").click()
    expect(leader.locator("#moves .is-primary .form-error")).to_be_visible()
    expect(leader.locator("#moves .is-primary textarea")).to_have_value("按破损立案")
    leader.locator("#moves").get_by_text("破损面积大于25平方厘米").click()
    press(leader, "#moves .is-primary", "立案")
    case.refresh_from_db()
    assert case.number
    assert case.filing_row.key == walk.COVER_DAMAGED

    # 4 The dispatcher takes the proposed department.
    dispatcher = as_person("dispatcher")
    open_first(dispatcher, live_site, "井盖破损")
    expect(dispatcher.locator("#moves .is-primary")).to_contain_text("云望供水有限公司")
    press(dispatcher, "#moves .is-primary", "派遣")

    # 5 The department works and hands in a photo; the button pressed twice is done once.
    handler = as_person("handler2")
    open_first(handler, live_site, "井盖破损")
    handler.locator("#moves .is-primary textarea").fill("已更换井盖，表面平整")
    attach(handler, "#moves .is-primary", "after")
    handler.locator("#moves .is-primary").get_by_role("button", name="处置完成").dblclick()
    expect(handler.get_by_text("已办理：处置完成").first).to_be_visible()
    case.refresh_from_db()
    assert case.state == "handled"

    # 6 Screened, sent, checked on site by an inspector who had no part; the one who reported may not.
    open_first(dispatcher, live_site, "井盖破损")
    press(dispatcher, "#moves .is-primary", "反馈受理员")
    open_first(acceptor, live_site, "井盖破损")
    press(acceptor, "#moves .is-primary", "发核查")
    phone.goto(f"{live_site}/city/cases/{case.uid}/")
    expect(phone.locator("#moves")).to_contain_text("须由其他同事办理")
    checker = as_person("inspector2", phone=True)
    open_first(checker, live_site, "井盖破损")
    expect(checker.locator("#compare")).to_contain_text("处置前后对比")
    attach(checker, "#moves .is-primary", "check")
    press(checker, "#moves .is-primary", "核查通过")

    # 7 Another shift leader closes it by the paired condition.
    closer = as_person("shift_leader2")
    open_first(closer, live_site, "井盖破损")
    closer.locator("#moves .is-primary").get_by_text("修复或更换，表面完好").click()
    press(closer, "#moves .is-primary", "结案")
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "closed")

    # The record says who did what, and the leader sees the number on the board.
    boss = as_person("leader")
    boss.goto(f"{live_site}/city/cases/{case.uid}/")
    for words in ("核查：核查通过", "处置：处置完成", "派遣", "立案", "受理：批转值班长", "上报：监督员上报"):
        expect(boss.locator("#timeline")).to_contain_text(words)
    boss.goto(f"{live_site}/city/board/")
    expect(boss.get_by_role("link", name=re.compile("今日办结")).locator(".figure")).to_have_text("1")


def test_two_people_on_one_task(live_site, live_world, as_person):
    """One wins; the other is told who was faster, and keeps what he typed."""
    case = walk.advance(live_world, walk.report(live_world), "pending_dispatch")
    page = as_person("dispatcher")
    page.goto(f"{live_site}/city/cases/{case.uid}/")
    page.locator("#moves .is-primary textarea").fill("请尽快处理")
    walk.do(live_world, case, "dispatcher", "complete", "dispatch", "dispatch")
    page.locator("#moves .is-primary").get_by_role("button", name="派遣").click()
    expect(page.locator("#moves .yw-problem")).to_contain_text("吴派")
    expect(page.locator("#moves .is-primary textarea")).to_have_value("请尽快处理")


def test_a_duplicate_is_joined(live_site, live_world, as_person):
    first = walk.advance(live_world, walk.report(live_world, text="井盖缺失，望湖路路口", photo="one"), "pending_handle")
    second = walk.report(live_world, who="", channel="public", text="望湖路路口的井盖缺失，很危险", class_="", photo="two")
    page = as_person("acceptor")
    page.goto(f"{live_site}/city/intake/?case={second.uid}")
    expect(page.locator("#twins")).to_contain_text("相似度")
    page.locator("#twins").get_by_role("button", name="并入").click()
    page.locator("dialog[open]").get_by_role("button", name="并入").click()
    expect(page.get_by_text("已办理：并案").first).to_be_visible()
    second.refresh_from_db()
    assert second.outcome == "merged"
    assert second.main_case_id == first.pk
    page.goto(f"{live_site}/city/cases/{first.uid}/")
    expect(page.get_by_text("并入本案的上报")).to_be_visible()


def test_a_call_finds_its_twin_while_typing(live_site, live_world, as_person):
    first = walk.report(live_world, text="井盖缺失，望湖路路口", photo="one")
    lon, lat = live_world.point()
    page = as_person("acceptor2")
    page.goto(f"{live_site}/city/hotline/")
    page.locator("#id_caller_name").fill("李四")
    page.locator("#id_caller_phone").fill("13900001111")
    page.locator("#id_text").fill("望湖路路口井盖缺失")
    page.get_by_text("坐标").click()
    page.locator("#id_lon").fill(str(lon))
    page.locator("#id_lat").fill(str(lat))
    page.locator("#id_lat").press("Tab")
    page.select_option("#id_class", "component:01001")
    expect(page.locator("#twins")).to_contain_text("相似度")
    page.locator("#twins").get_by_role("button", name="同一问题").click()
    page.evaluate("const t = document.getElementById('twins'); t.innerHTML = t.innerHTML")  # the list comes anew while he is being asked
    page.locator("dialog[open]").get_by_role("button", name="同一问题").click()
    expect(page).to_have_url(re.compile(str(first.uid)))
    assert first.reports.count() == 2
    assert first.parties.count() == 1
    expect(page.locator("#parties")).to_contain_text("139****1111")


def test_the_public_reports_by_phone_and_asks_how_it_stands(live_site, live_world, as_person):
    page = as_person("", phone=True)
    page.goto(f"{live_site}/report/")
    page.get_by_role("button", name="下一步：在哪里").click()
    expect(page.get_by_text("请用一句话说明问题。").first).to_be_visible()
    page.locator("#id_text").fill("望湖路12号门前的路灯不亮")
    page.locator("#id_photos").set_input_files(photo("lamp"))
    page.get_by_role("button", name="下一步：在哪里").click()
    page.locator("#id_address").fill("火星环形山8号")
    page.get_by_role("button", name="下一步：联系方式").click()
    expect(page.locator(".form-error").first).to_contain_text("没有找到这个地址")
    page.locator("#id_address").fill("望湖路12号")
    page.get_by_role("button", name="下一步：联系方式").click()
    page.locator("#id_caller_phone").fill("13700002222")
    expect(page.get_by_text("望湖路12号门前的路灯不亮")).to_be_visible()
    page.get_by_role("button", name="提交上报").click()
    code = page.locator(".yw-code-big").inner_text().strip()
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{10}", code)
    page.goto(f"{live_site}/report/query/")
    page.locator("#id_code").fill(code.lower())
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("已收到，正在查看")).to_be_visible()
    assert "13700002222" not in page.content()
    case = case_of("望湖路12号门前的路灯不亮")
    assert case.channel == "public"
    assert case.parties.count() == 1
