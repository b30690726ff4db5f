"""The style page in a real browser: every component in every look, by keyboard, with refusals, drafts, map and camera."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.looks import assert_accessible, no_sideways_scroll, ready, settle, shoot, wait_until, wear
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


@pytest.fixture
def style_page(live_site, settings):
    """Address of the style page (it is there while DEBUG)."""
    settings.DEBUG = True
    return live_site + "/ui/components/"


@pytest.mark.parametrize(("size", "look"), [("desk", "light"), ("desk", "dark"), ("phone", "light"), ("phone", "large")])
def test_every_component_can_be_read_by_everybody(browser_context, style_page, size, look):
    context = browser_context(phone=size == "phone")
    pages = {"components": style_page, "citizen": style_page + "?page=public", "login": style_page.replace("/ui/components/", "/accounts/login/")}
    page = context.new_page()
    wear(page, look, base_url=style_page)
    for name, address in pages.items():
        page.goto(address)
        for island in page.locator("[data-island]:not([data-island=diagram])").all():
            ready(page, island)
        page.evaluate("scrollTo(0, 0)")
        assert_accessible(page)
        assert no_sideways_scroll(page), f"{name} scrolls sideways at {size}"
        shoot(page, f"{name}-{look}")


def test_list_is_walked_by_keyboard_and_the_map_follows(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    ready(page, page.locator('[data-island="map"]').first)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.wait_for_function("document.activeElement.dataset.mapId === 'c1'")
    expect(page.locator("[data-row].is-selected")).to_have_count(1)
    page.keyboard.press("k")
    page.wait_for_function("document.activeElement.dataset.mapId === 'c0'")
    page.keyboard.press("Enter")
    page.wait_for_url("**#row")
    page.keyboard.press("?")
    expect(page.locator("#yw-help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.evaluate("document.dispatchEvent(new CustomEvent('yw:select', {detail: {id: 'c4', source: 'map'}}))")
    expect(page.locator("[data-row].is-selected")).to_have_attribute("data-map-id", "c4")


def test_map_tells_the_same_facts_in_a_table(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    ready(page, page.locator('[data-island="map"]').first)
    page.locator(".yw-map-table summary").first.click()
    expect(page.locator(".yw-map-table tbody tr")).to_have_count(145, timeout=15_000)  # rows are filled in when it is opened
    expect(page.locator(".yw-legend").first).to_contain_text("超期", timeout=15_000)


def test_refusal_stands_in_the_form_and_what_was_typed_stays(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    page.get_by_role("button", name="打开对话框").click()
    page.locator("#d-reason").fill("井盖已由产权单位更换")
    page.locator("#sample-dialog .btn-primary").click()
    box = page.locator("#sample-dialog [data-problem]")
    box.wait_for()
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", box.inner_text()), "the number to quote"
    assert page.locator("#d-reason").input_value() == "井盖已由产权单位更换"
    assert_accessible(page)


def test_lost_connection_is_said_and_nothing_is_lost(browser_context, style_page):
    context = browser_context()
    page = context.new_page()
    page.goto(style_page)
    settle(page)
    page.locator("#id_reason").fill("业主不在")
    page.locator("#id_note").fill("第三次上门")
    context.set_offline(True)
    page.locator("form[data-autosave] .yw-form-foot .btn-primary").click()
    page.locator("form[data-autosave] [data-problem]").wait_for()
    assert "无法连接系统" in page.locator("form[data-autosave] [data-problem]").inner_text()
    assert page.locator(".yw-offline").is_visible()
    assert page.locator("#id_note").input_value() == "第三次上门"
    context.set_offline(False)


def test_draft_comes_back_after_a_crash_and_goes_when_told(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    page.locator("#id_note").fill("路面下沉约 30 厘米")
    wait_until(page, "Object.keys(localStorage).some((k) => k.startsWith('yw-draft:') && localStorage[k].includes('30 厘米'))")
    page.reload()
    page.locator(".yw-draft").wait_for()
    assert page.locator("#id_note").input_value() == "路面下沉约 30 厘米"
    page.locator(".yw-draft button").click()
    assert page.locator("#id_note").input_value() == ""
    page.reload()
    settle(page)
    assert page.locator(".yw-draft").count() == 0


def test_what_cannot_be_undone_asks_first(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="作废").click()
    dialog = page.locator("dialog[open]")
    assert "确定作废该案卷" in dialog.inner_text()
    dialog.get_by_role("button", name="取消").click()
    assert sent == []
    page.get_by_role("button", name="作废").click()
    page.locator("dialog[open]").get_by_role("button", name="作废").click()
    page.wait_for_load_state()
    assert len(sent) == 1


def test_second_click_sends_nothing(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    settle(page)
    sent = []
    page.route("**/ui/components/refuse/", lambda route: (sent.append(1), page.wait_for_timeout(300), route.continue_()))
    page.locator("#id_reason").fill("业主不在")
    button = page.locator("form[data-autosave] .yw-form-foot .btn-primary")
    button.dblclick()
    page.locator("form[data-autosave] [data-problem]").wait_for()
    assert len(sent) == 1


def test_point_is_picked_by_gps_by_hand_and_by_fields(browser_context, style_page):
    context = browser_context()
    context.grant_permissions(["geolocation"])
    context.set_geolocation({"latitude": 36.456, "longitude": 115.985, "accuracy": 12})
    page = context.new_page()
    page.goto(style_page)
    map_ = page.locator('[data-island="map"]').nth(1)
    ready(page, map_)
    map_.locator("button.locate").click()
    wait_until(page, "document.querySelector('#id_lon').value === '115.985000'")
    assert page.locator("#id_accuracy").input_value() == "12"
    page.wait_for_timeout(800)  # the map flies there
    box = map_.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    wait_until(page, "document.querySelector('#id_lon').value !== '115.985000'")
    assert 115.985 < float(page.locator("#id_lon").input_value()) < 116.0
    assert page.locator("#id_accuracy").input_value() == "", "a point set by hand has no accuracy"


def test_before_and_after_slide_by_keyboard_and_chart_has_its_table(browser_context, style_page):
    page = browser_context().new_page()
    page.goto(style_page)
    ready(page, page.locator(".yw-compare"))
    slider = page.locator(".yw-compare input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    assert page.locator(".yw-compare .frame").evaluate("(e) => e.style.getPropertyValue('--at')") == "51%"
    ready(page, page.locator('[data-island="chart"]').first)
    page.locator('[data-island="chart"][data-ready] button').first.click()
    assert page.locator('[data-island="chart"] table').first.locator("tbody tr").count() == 14


def test_page_without_script_still_works(browser, style_page):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(style_page)
    assert page.locator(".yw-compare .pair img").count() == 2
    assert page.locator('[data-island="chart"] table').first.is_visible()
    assert page.locator("#sample-filter").is_visible()
    page.locator('button[value="en"]').first.click()
    assert page.locator("html").get_attribute("lang") == "en"
    context.close()
