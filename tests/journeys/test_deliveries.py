"""A bureau's clerk hands in a bad sheet, corrects what came back; the steward sees quality. Every page at both sizes in Chinese."""

from __future__ import annotations

import openpyxl
import pytest

from tests.support.looks import page_faults, settle, shoot
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
LATIN = ("xlsx", "CSV", "YAML", "JSON", "Parquet", "relief", "v1", "L1", "L2", "L3", "utf", "Sheet")
IDS = ["11010519491231002X", "110105199001011233", "110105199001011250", "110105199001011276"]


def _look(page, name, wrong, *, axe=True):
    settle(page, maps=False)
    shoot(page, name, full=True)
    wrong += page_faults(page, name, latin=LATIN, axe=axe)


def test_a_bad_sheet_from_hand_in_to_settled(live_site, live_world, as_person, tmp_path):
    from yiwang.apps.datahub.models import HandBack, QualityIssue
    from yiwang.apps.datahub.queries.landing import paths
    from yiwang.apps.datahub.tests.hub import make_dataset

    found = make_dataset(live_world.orgs["bureau-civil"], "civil-relief", "低保对象", state="published")
    book, wrong = openpyxl.Workbook(), []
    for line in (["五月低保名单"], ["公民身份号码", "姓名", "月金额", "起始日期"], [IDS[0], "王伟", "1,200", "2026年1月2日"], [IDS[1], "李娜", "九百", 46024], [IDS[2], None, 1, "2026/1/2"], [IDS[3], "孙二", 900, "20260102"]):
        book.active.append(line)
    book.save(tmp_path / "五月.xlsx")
    clerk, phone = as_person("data_clerk", size=(1440, 900)), as_person("data_clerk", phone=True)
    clerk.goto(f"{live_site}/data/deliveries/")
    _look(clerk, "deliveries", wrong)
    clerk.get_by_role("link", name="低保对象").first.click()
    _look(clerk, "delivery-set-none", wrong)
    clerk.set_input_files("input[name=file]", tmp_path / "五月.xlsx")
    clerk.get_by_role("button", name="发送并查看").or_(clerk.locator("form[enctype] button.btn-primary")).first.click()
    clerk.wait_for_url("**/runs/**")
    _look(clerk, "delivery-preview", wrong)
    assert clerk.get_by_text("不是数字").first.is_visible()
    clerk.get_by_role("button", name="确认报送").click()
    _look(clerk, "delivery-done", wrong)
    assert len(paths(found)) == 1
    back = HandBack.objects.get()
    phone.goto(f"{live_site}/data/deliveries/given-back/{back.uid}/")
    _look(phone, "given-back-phone", wrong, axe=False)
    clerk.goto(f"{live_site}/data/deliveries/given-back/{back.uid}/")
    _look(clerk, "given-back", wrong)
    with clerk.expect_download() as download:
        clerk.get_by_role("link", name="下载待更正的行").click()
    path = tmp_path / "back.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows():
        if row[0].value == 4:
            row[4].value = 900
        if row[0].value == 5:
            row[3].value = "赵六"
    book.save(path)
    clerk.set_input_files("input[name=file]", path)
    clerk.get_by_role("button", name="提交").click()
    clerk.get_by_text("已办结").or_(clerk.get_by_text("接收了 2 行")).first.wait_for()
    back.refresh_from_db()
    assert (back.rows_open, back.closed_at is None) == (0, False)
    _look(clerk, "given-back-settled", wrong)

    issue = QualityIssue.objects.first()
    for address, name in (("/data/quality/", "quality-issues"), ("/data/quality/of/civil-relief/", "quality-set"), ("/data/deliveries/given-back/", "given-back-list"), ("/data/deliveries/of/civil-relief/", "delivery-set")):
        clerk.goto(f"{live_site}{address}")
        _look(clerk, name, wrong)
        phone.goto(f"{live_site}{address}")
        _look(phone, f"{name}-phone", wrong, axe=False)
    if issue is not None:
        clerk.goto(f"{live_site}/data/quality/issues/{issue.uid}/")
        _look(clerk, "quality-issue", wrong)
    owner = as_person("data_owner", size=(1440, 900))
    owner.goto(f"{live_site}/data/deliveries/of/civil-relief/contract/")
    _look(owner, "contract", wrong)
    owner.locator("textarea").fill("dataset: civil-relief\nname: x\ncolumns:\n  - {name: a, type: money}\n")
    owner.locator("form button.btn-primary").first.click()
    assert owner.get_by_text("列 a").first.is_visible()
    steward = as_person("data_steward", size=(1440, 900))
    steward.goto(f"{live_site}/data/quality/contradictions/")
    _look(steward, "contradictions", wrong)
    assert not wrong, "\n".join(wrong)
