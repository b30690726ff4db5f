"""A census in a browser: ordered at the desk, answered on a phone, accepted; every page of it at both sizes in Chinese."""

from __future__ import annotations

import os

import pytest

from tests.support.looks import page_faults, settle, shoot
from tests.world import picture
from yiwang.apps.city.tests.census_town import part_of, staff, workday
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


ACCESSIBLE = ("census-preview", "census-progress", "census-add")  # all there is on these pages: axe-core takes a second each


def _look(page, name, wrong, *, phone=False):
    settle(page, maps=bool(os.environ.get("YIWANG_SHOTS")))  # a map is waited for where it is looked at
    shoot(page, f"{name}{'-phone' if phone else ''}", full=True)
    wrong += page_faults(page, name, axe=not phone and name in ACCESSIBLE)


def test_a_census_from_the_desk_to_the_street_and_back(live_site, live_world, as_person):
    from yiwang.kernel.cases.models import Case
    from yiwang.kernel.geography.models import Asset

    staff(live_world)
    wrong: list[str] = []
    desk, phone = as_person("shift_leader", size=(1440, 900)), as_person("inspector", phone=True)
    desk.goto(f"{live_site}/city/census/")
    _look(desk, "census-none", wrong)
    desk.get_by_role("link", name="下达普查").first.click()
    desk.get_by_role("button", name="预览").click()
    _look(desk, "census-refused", wrong)
    desk.locator("details", has=desk.locator("input[value='01001']")).locator("summary").click()
    desk.locator("input[name='classes'][value='01001']").check()
    desk.locator("input[name='classes'][value='01002']").check()
    for code in ("371592", "371593"):
        desk.locator(f"input[name='areas'][value='{code}']").check()
    desk.get_by_label("完成期限").fill(workday(live_world).isoformat())
    desk.get_by_label("工作要求").fill("逐个核对井盖是否完好，位置偏移的在地图上改正。")
    desk.get_by_role("button", name="预览").click()
    _look(desk, "census-preview", wrong)
    assert desk.get_by_text("值班长").first.is_visible()
    desk.get_by_role("button", name="下达", exact=True).click()
    desk.wait_for_url("**/city/census/*-*/")
    case = Case.objects.get(matter__code="city.census")
    cover, cover2, drain = (live_world.assets[k] for k in ("cover", "cover2", "drain"))

    phone.goto(f"{live_site}/city/cases/{case.uid}/")
    _look(phone, "census-part", wrong, phone=True)
    phone.locator(f"a[href*='{cover.uid}']").first.click()
    _look(phone, "census-answer", wrong, phone=True)
    phone.get_by_role("button", name="与登记一致").click()
    phone.wait_for_url("**asset=**")
    phone.goto(f"{live_site}/city/census/parts/{part_of(case).task.uid}/?asset={cover2.uid}")
    phone.get_by_text("有变化，更正").click()
    phone.locator("#id_status").select_option("damaged")
    _look(phone, "census-correct", wrong, phone=True)
    phone.get_by_role("button", name="提交更正").click()
    phone.wait_for_url("**asset=**")
    phone.goto(f"{live_site}/city/census/parts/{part_of(case).task.uid}/?asset={drain.uid}")
    phone.get_by_text("已不存在，注销").click()
    phone.get_by_label("注销原因").fill("道路改造时已拆除")
    phone.get_by_role("button", name="提交注销").click()
    settle(phone)
    assert phone.get_by_text("请拍照").first.is_visible(), "without a photo it is refused, and what was typed stays"
    assert phone.get_by_label("注销原因").input_value() == "道路改造时已拆除"
    _look(phone, "census-no-photo", wrong, phone=True)
    phone.locator("#photos-gone").set_input_files({"name": "gone.jpg", "mimeType": "image/jpeg", "buffer": picture("gone")})
    phone.get_by_role("button", name="提交注销").click()
    phone.wait_for_url(f"**/parts/{part_of(case).task.uid}/")
    _look(phone, "census-all-answered", wrong, phone=True)
    phone.get_by_role("button", name="本网格已查完").click()
    settle(phone)
    assert part_of(case).state == "done"

    desk.reload()
    _look(desk, "census-progress", wrong)
    desk.get_by_role("button", name="采纳所选").click()
    settle(desk)
    assert (Asset.objects.get(pk=drain.pk).status, Asset.objects.get(pk=cover2.pk).status) == ("removed", "damaged")
    desk.goto(f"{live_site}/city/census/parts/{part_of(case, '371593').task.uid}/?new=1")
    _look(desk, "census-add", wrong)
    desk.goto(f"{live_site}/city/cases/{case.uid}/")
    _look(desk, "census-case", wrong)
    desk.goto(f"{live_site}/city/census/")
    _look(desk, "census-list", wrong)
    small = as_person("shift_leader", phone=True)
    for name, address in (("census-progress", f"/city/census/{case.uid}/"), ("census-new", "/city/census/new/"), ("census-list", "/city/census/")):
        small.goto(live_site + address)
        _look(small, name, wrong, phone=True)
    assert not wrong, "\n".join(wrong)
