"""The map: layers switched in the tree, a thing told by a click, an area measured, a place found, the sheet to print."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.support.looks import assert_accessible
from tests.walk import report


def opened(page: Any, address: str) -> Any:
    page.goto(address)
    island = page.locator('[data-island="map"][data-ready]')
    expect(island).to_have_count(1)
    page.wait_for_selector('[data-island="map"][data-idle]')
    return island


def test_layers_facts_measuring_and_a_sheet(live_site: str, live_world: Any, as_person: Any) -> None:
    case = report(live_world, text="井盖松动", at=(3, 1))
    page = as_person("leader")
    tiles: list[str] = []
    page.on("response", lambda answer: tiles.append(f"{answer.status} {answer.url}") if "/map/tiles/" in answer.url else None)
    island = opened(page, f"{live_site}/map/?lon={case.point.x}&lat={case.point.y}&zoom=16&on=boundaries")
    assert not [one for one in tiles if "city.open_cases" in one]
    with page.expect_response(re.compile("/map/tiles/city.open_cases/")) as asked:
        page.get_by_label("在办案卷", exact=True).check()
    assert asked.value.status == 200
    page.wait_for_function("document.querySelector('.yw-map').dataset.idle === ''")
    middle = page.locator(".maplibregl-canvas").bounding_box()
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    facts = page.locator(".yw-map-facts")
    for _try in range(10):  # the symbol is drawn some frames after its tile has come
        page.mouse.click(x, y)
        expect(facts).to_be_visible()
        page.wait_for_timeout(300)
        if facts.get_by_role("link").count():
            break
    expect(facts.get_by_role("link")).to_have_attribute("href", f"/city/cases/{case.uid}/")
    expect(facts).to_contain_text("井盖松动")
    assert_accessible(page)
    facts.get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="量面积").click()
    for dx, dy in ((-60, -60), (60, -60), (60, 60), (-60, 60)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(350)  # two clicks at once would be a double click
    expect(island.locator("output")).to_contain_text("平方米")
    page.locator(".yw-map-table summary").click()
    expect(page.locator(".yw-map-table tbody")).to_contain_text("井盖松动")
    sheet = as_person("leader")
    opened(sheet, f"{live_site}/map/print/?lon={case.point.x}&lat={case.point.y}&zoom=16&on=boundaries,city.open_cases&title=一张图")
    expect(sheet.get_by_role("heading", name="一张图")).to_be_visible()
    expect(sheet.locator(".yw-sheet-foot")).to_contain_text("未取得审图号")
    assert sheet.pdf()[:5] == b"%PDF-"
