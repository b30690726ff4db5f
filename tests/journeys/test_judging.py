"""A supervisor finds why one bureau fell from first to fourth, opens the number to its cases, closes the month, prints the bulletin."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.looks import page_faults, settle, shoot
from yiwang.kernel.indicators.services import defining
from yiwang.kernel.indicators.tests import story
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
LATIN = ("XLSX", "CSV", "PDF", "PNG")
CODES = ("urgent", "is_", "city.problem")  # words of conditions stand as they are typed


def test_why_one_bureau_fell_from_first_to_fourth(live_site, live_world, as_person, tmp_path):
    story.evaluator(live_world)
    faults = []
    page = as_person("leader", size=(1440, 900))
    page.goto(live_site + "/indicators/")
    shoot(page, "judging/nothing")
    defining.load_shipped()
    story.tell(live_world)
    name = live_world.orgs[story.FALLS].name["zh-Hans"]

    # The month before it was first; now it is fourth, and the table says so.
    page.goto(f"{live_site}/indicators/?scheme=department&period={story.OCTOBER}")
    row = page.locator("tr[data-row]", has_text=name)
    expect(row.locator(".rank b")).to_have_text("4")
    expect(row.locator(".moved")).to_contain_text("下降3位")
    expect(row.locator(".spark svg")).to_be_visible()
    shoot(page, "judging/ranking", full=True)
    faults += page_faults(page, "ranking", latin=LATIN)
    page.get_by_role("link", name="上一期").click()
    expect(page.locator("tr[data-row]").first).to_contain_text(name)
    page.go_back()

    # One look: what pulled it down.
    page.locator("tr[data-row]", has_text=name).get_by_role("link", name=name).click()
    expect(page.locator(".yw-why")).to_contain_text("主要拉低项：按期处置率 100.0% → 65.0%")
    expect(page.locator(".plot canvas")).to_be_visible()
    shoot(page, "judging/object", full=True)
    faults += page_faults(page, "object", latin=LATIN)

    # The number opens to its very cases, and each case opens.
    page.locator(".yw-moves tbody tr").first.get_by_role("link").click()
    expect(page.locator(".yw-number .figure")).to_have_text("65.0%")
    expect(page.get_by_text("共计数7次，涉及7宗案卷。")).to_be_visible()
    shoot(page, "judging/number", full=True)
    faults += page_faults(page, "number", latin=LATIN)
    sent = page.url  # the address may be sent to others
    page.locator("tbody tr[data-row] a").first.click()
    expect(page).to_have_url(re.compile("/city/cases/"))
    other = as_person("handler2", size=(1440, 900))
    other.goto(sent)
    assert other.locator("h1").inner_text()  # a refusal in words: the figure is not published yet
    shoot(other, "judging/number-refused")

    # Areas on the map.
    page.goto(f"{live_site}/indicators/?scheme=district&period={story.OCTOBER}")
    page.locator(".yw-map").scroll_into_view_if_needed()
    settle(page)
    shoot(page, "judging/map")
    page.evaluate("scrollTo(0, 0)")
    faults += page_faults(page, "map", latin=LATIN)

    # A handling department sees its own row until the result is published.
    other.goto(f"{live_site}/indicators/?scheme=department&period={story.OCTOBER}")
    expect(other.get_by_text("本期结果尚未公布")).to_be_visible()
    shoot(other, "judging/own-only")

    # The evaluator closes and publishes.
    desk = as_person("evaluator", size=(1440, 900))
    desk.goto(live_site + "/indicators/results/")
    shoot(desk, "judging/results-empty")
    desk.get_by_label("专业部门评价").check()
    desk.get_by_role("button", name="定格").click()
    expect(desk.get_by_text("与事实和留痕核对一致")).to_be_visible()
    shoot(desk, "judging/result", full=True)
    faults += page_faults(desk, "result", latin=LATIN)
    desk.get_by_role("button", name="公布").click()
    desk.get_by_role("dialog").get_by_role("button", name="公布").click() if desk.get_by_role("dialog").is_visible() else None
    expect(desk.locator("h1")).to_contain_text("已公布")
    desk.goto(live_site + "/indicators/results/")
    shoot(desk, "judging/results")
    faults += page_faults(desk, "results", latin=LATIN)
    other.reload()
    expect(other.locator("tr[data-row]", has_text=name).locator(".rank b")).to_have_text("4")

    # Definitions: a fault is named while one types; a trial run shows both rankings.
    desk.goto(live_site + "/indicators/definitions/")
    shoot(desk, "judging/definitions")
    faults += page_faults(desk, "definitions", latin=(*LATIN, *CODES), axe=True)
    desk.goto(live_site + "/indicators/definitions/indicator/rework_rate/")
    desk.get_by_label("公式").fill("rework / need_dispos")
    expect(desk.locator("#check")).to_contain_text("need_dispos")
    shoot(desk, "judging/definition-fault", full=True)
    desk.goto(live_site + "/indicators/definitions/scheme/department/")
    desk.get_by_label("指标与权重").fill("dispose_rate 90\nrework_rate 10 inverse")
    desk.get_by_role("button", name="试算").click()
    expect(desk.locator("#trial table")).to_contain_text(name)
    shoot(desk, "judging/definition", full=True)
    faults += page_faults(desk, "definition", latin=(*LATIN, "_", "=", "bureau", "good"), axe=True)
    desk.goto(live_site + "/indicators/definitions/new/measure/")
    shoot(desk, "judging/definition-new")

    # The bulletin.
    page.goto(live_site + "/indicators/bulletins/")
    shoot(page, "judging/bulletins-empty")
    page.locator("#issue_kind").select_option("month")
    page.locator("#issue_day").fill("2026-10-01")
    page.get_by_role("button", name="印发").click()
    expect(page.locator("h1")).to_contain_text("2026年第1期")
    shoot(page, "judging/bulletin", full=True)
    faults += page_faults(page, "bulletin", latin=LATIN)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").click()
    paper = Path(waiting.value.path()).read_bytes()
    assert paper.startswith(b"%PDF-")
    if folder := os.environ.get("YIWANG_SHOTS"):
        Path(folder, "judging", "bulletin.pdf").write_bytes(paper)
    page.goto(live_site + "/indicators/bulletins/")
    shoot(page, "judging/bulletins", full=True)
    faults += page_faults(page, "bulletins", latin=LATIN)
    page.goto(f"{live_site}/indicators/?period=month:2026-13-01")
    shoot(page, "judging/error")

    # On a phone.
    small = as_person("leader", phone=True)
    for label, address in (("ranking", f"?scheme=department&period={story.OCTOBER}"), ("map", f"?scheme=district&period={story.OCTOBER}"),
                           ("object", f"object/?scheme=department&period={story.OCTOBER}&key={live_world.orgs[story.FALLS].pk}"), ("bulletins", "bulletins/"),
                           ("results", "results/")):  # fmt: skip
        small.goto(f"{live_site}/indicators/{address}")
        settle(small, maps=False)
        shoot(small, f"judging/{label}", full=True)
        faults += page_faults(small, f"{label} on a phone", latin=LATIN)
    small.goto(sent)
    shoot(small, "judging/number", full=True)
    faults += page_faults(small, "number on a phone", latin=LATIN)
    assert not faults, "\n".join(faults)
