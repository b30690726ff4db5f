"""The desks of components, grids and owners in a browser: a grid split by drawing, and every page at both sizes in Chinese."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests import walk
from tests.support.looks import assert_accessible, page_faults, settle, shoot
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
GRID = "371592001001013"
PHONE = ("components", "component", "beats", "beat", "grid-redraw", "grids", "grid-split", "ownership-case")  # the others hold the same parts


def test_a_grid_is_split_by_drawing(live_site, live_world, as_person):
    walk.report(live_world)
    page = as_person("administrator", size=(1440, 900))
    page.goto(f"{live_site}/grids/?community={GRID[:12]}")
    page.get_by_label(GRID).check()
    page.get_by_role("button", name="拆分").click()
    settle(page)
    canvas = page.locator("#grid-map canvas").first
    box = canvas.bounding_box()
    middle = box["x"] + box["width"] / 2
    page.mouse.click(middle, box["y"] + 12)
    page.mouse.click(middle, box["y"] + box["height"] - 90)
    canvas.focus()
    page.keyboard.press("Enter")
    assert '"LineString"' in page.locator("#id_geometry").input_value()
    page.get_by_label("变更原因").fill("加密")
    page.get_by_role("button", name="预览影响").click()
    settle(page)
    assert "371592001001026" in page.content()
    shoot(page, "grid-preview")
    assert page.get_by_text("将转移的未结案卷").is_visible()
    page.get_by_role("button", name="执行").click()
    page.wait_for_url("**/grids/*-*/")
    assert "已完成" in page.content()


def test_corners_of_a_grid_are_dragged_and_the_neighbours_move_along(live_site, live_world, as_person):
    page = as_person("administrator", size=(1440, 900))
    grid = live_world.areas[GRID]
    page.goto(f"{live_site}/grids/change/?kind=redraw&grids={grid.uid}")
    page.wait_for_selector("#grid-map[data-corners], [data-corners]")
    field = page.locator("#id_geometry")
    before = field.input_value()
    corner = page.get_by_role("button", name="第 1 个角点")
    box = corner.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 12, middle[1] - 12, steps=4)
    page.mouse.move(middle[0] + 24, middle[1] - 16, steps=4)
    page.mouse.up()
    dragged = field.input_value()
    assert dragged != before
    assert page.locator("#grid-list [data-along]").count() == 3, "the grids that share the corner"
    page.get_by_role("button", name="撤销上一步").click()
    assert page.locator("#grid-list [data-along]").count() == 0
    corner.focus()
    counts = []
    for key in ("PageDown", "Shift+ArrowUp", "Insert", "Delete"):
        page.keyboard.press(key)
        counts.append(field.input_value().count("["))
    assert counts[2] > counts[1] == counts[3], "a corner more, then it is gone again"
    assert field.input_value() != before
    page.get_by_text("角点坐标表").click()
    page.get_by_label("角点 1 的经度").fill(f"{json.loads(field.input_value())['coordinates'][0][0][0][0] + 0.0001:.7f}")
    page.get_by_label("角点 1 的经度").press("Tab")
    assert_accessible(page)
    shoot(page, "grid-corners")
    page.get_by_label("变更原因").fill("改界")
    page.get_by_role("button", name="预览影响").click()
    settle(page)
    assert page.get_by_role("button", name="执行").is_visible(), "nothing is wrong with it"
    shoot(page, "grid-corners-preview")
    page.get_by_role("button", name="执行").click()
    page.wait_for_url("**/grids/*-*/")
    assert "已完成" in page.content()


def _pages(world, case):
    cover, grid = world.assets["cover"], world.areas[GRID]
    beat = ResponsibilityGrid.objects.get(code="371592Z0001")
    return [
        ("beats", "administrator", "/responsibility-grids/"), ("beats-none", "administrator", "/responsibility-grids/?q=999"), ("beat", "administrator", f"/responsibility-grids/{beat.uid}/"), ("beat-seen", "leader", f"/responsibility-grids/{beat.uid}/"),
        ("grid-redraw", "administrator", f"/grids/change/?kind=redraw&grids={grid.uid}"),
        ("components", "administrator", "/components/?colour=ownership"), ("components-none", "administrator", "/components/?class_code=02"),
        ("component", "shift_leader", f"/components/{cover.uid}/"), ("component-edit", "administrator", f"/components/{cover.uid}/"),
        ("component-new", "administrator", "/components/new/"), ("components-bulk", "administrator", "/components/bulk/?class_code=01001"),
        ("grids", "administrator", f"/grids/?community={GRID[:12]}"), ("grids-none", "administrator", "/grids/?q=999"), ("grid", "administrator", f"/grids/{grid.uid}/"),
        ("grid-split", "administrator", f"/grids/change/?kind=split&grids={grid.uid}"), ("grid-draw", "administrator", f"/grids/change/?kind=draw&community={GRID[:12]}"),
        ("ownership", "shift_leader", "/city/ownership/?class_code=01001"), ("ownership-case", "handler2", f"/city/cases/{case}/"),
    ]  # fmt: skip


def test_every_page_can_be_read_by_everybody(live_site, live_world, as_person):
    from yiwang.apps.city.services import order_lists
    from yiwang.apps.city.tests.test_ownership import FOLDER
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.cases.services import load_matter
    from yiwang.kernel.geography.queries.components import AssetFilter
    from yiwang.kernel.geography.services import assign_inspector, edit_asset

    beat = ResponsibilityGrid.objects.get(code="371592Z0001")
    for who, shift in (("inspector", "早班"), ("inspector2", "晚班")):
        assign_inspector(actor=live_world.actor("administrator"), account=live_world.account(who), grid=beat, shift=shift, is_substitute=shift == "晚班")
    load_matter(system("test"), FOLDER)
    walk.report(live_world, component=live_world.assets["cover"].code)
    edit_asset(actor=live_world.actor("administrator"), uid=live_world.assets["cover"].uid, changes={"status": "damaged"}, reason="巡查发现破损")
    due = timezone.localdate() + timedelta(days=7)
    [case] = order_lists(actor=live_world.actor("shift_leader"), wanted=AssetFilter(class_code="01001"), due_on=due, note="请于期限内核对")
    wrong = []
    formats = ("GeoJSON", "WKT")  # names of formats, the same in Chinese
    for phone in (False, True):
        opened: dict[str, object] = {}
        for name, person, address in _pages(live_world, case):
            if phone and name not in PHONE:
                continue
            page = opened.get(person) or as_person(person, phone=phone, size=None if phone else (1440, 900))
            opened[person] = page
            assert page.goto(live_site + address).status == 200, name
            settle(page)
            if name == "component-edit":
                page.locator("#edit summary").click()
            shoot(page, f"{name}{'-phone' if phone else ''}", full=True)
            wrong += page_faults(page, name, latin=formats, axe=not phone)
    assert not wrong, "\n".join(wrong)
