"""The address desk in a browser: an address as somebody says it, a point in words, a file sent and taken back."""

from pathlib import Path

import pytest

from tests.support.looks import no_sideways_scroll, page_faults, settle, shoot
from yiwang.kernel.geography.loading import copy_rows, point
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
LON, LAT = 115.985, 36.455
LIST = "编号,事发地址,联系电话\n1,听和路4号,13812345678\n2,听河路6号对面,13912345678\n3,没有这个地方,\n"


@pytest.fixture
def plates(live_world):
    path = live_world.areas["371592001001"].path
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "point", "area_path"], [
        ("address", f"听河路{n}号", "听河路", f"{n}号", point(LON + n * 0.0001, LAT), path) for n in (2, 4, 10)
    ])


def looked_at(page, name):
    settle(page)
    for size in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        settle(page)
        shoot(page, name, full=True)
        assert no_sideways_scroll(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page_faults(page, name, latin=("xlsx", "CSV", ".csv")) == []


def test_an_address_a_point_and_a_file(live_site, plates, as_person):
    page = as_person("acceptor", size=(1440, 900))
    page.goto(f"{live_site}/addresses/")
    looked_at(page, "addresses-empty")
    page.get_by_label("地址、路口或地标，照来电人的说法填写").fill("听和路4号对面")
    page.get_by_role("button", name="查找").click()
    assert page.get_by_text("“听和路”与听河路读音相近").first.is_visible()
    looked_at(page, "addresses-found")
    page.get_by_role("link", name="115.98540").click()
    assert page.get_by_text("听河路4号").first.is_visible()
    page.set_input_files("input[type=file]", {"name": "工单.csv", "mimeType": "text/csv", "buffer": "颜色\n红\n".encode("gb18030")})
    page.get_by_role("button", name="开始匹配").click()
    assert page.get_by_text("请说明哪一列是地址").first.is_visible()
    looked_at(page, "addresses-refused")
    page.set_input_files("input[type=file]", {"name": "工单.csv", "mimeType": "text/csv", "buffer": LIST.encode("gb18030")})
    page.get_by_role("button", name="开始匹配").click()
    page.wait_for_url("**/addresses/files/*-*/")
    assert page.get_by_text("联系电话").is_visible()
    looked_at(page, "addresses-file")
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert taken.value.suggested_filename == "工单-已定位.csv"
    lines = Path(taken.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert "听河路4号" in lines[1]
    page.get_by_role("button", name="清除文件").click()
    page.wait_for_url("**/addresses/")
    assert page.get_by_text("文件已清除").is_visible()
