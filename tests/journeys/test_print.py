"""On paper: the matter without the frame, whole words, nothing cut off at the side. With YIWANG_SHOTS the PDFs are kept to look at."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests import walk
from tests.support.looks import settle
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
A4_PX = 688  # 210 mm less the margins, at 96 px to the inch
SEEN = """(css) => [...document.querySelectorAll(css)].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(e).visibility !== "hidden";
}).length"""


def test_case_and_lists_print_well(live_site, live_world, as_person):
    closed = walk.advance(live_world, walk.report(live_world, text="井盖破损，边缘缺角", photo="p1"), "closed")
    walk.advance(live_world, walk.report(live_world, text="井盖松动", at=(3, 1), photo="p2"), "pending_handle")
    page = as_person("shift_leader", size=(A4_PX, 1000))
    for name, address, needed in (("case", f"/city/cases/{closed.uid}/", ".yw-timeline > li"), ("cases", "/city/cases/", ".yw-table tbody tr")):
        assert page.goto(live_site + address).status == 200
        settle(page)
        page.emulate_media(media="print")
        for gone in (".yw-bar", ".yw-rail", ".yw-bottom", ".btn", "#moves", ".yw-filters", "button:not(.yw-chip)", ".yw-map"):
            assert page.evaluate(SEEN, gone) == 0, f"{name}: {gone} is on paper"
        assert page.evaluate(SEEN, needed) >= 2, f"{name}: {needed} is not on paper"
        assert page.evaluate(SEEN, ".yw-print-foot") == 1, f"{name}: the sheet does not say what it is"
        if name == "cases":
            assert page.evaluate("getComputedStyle(document.querySelector('.yw-table tr')).display") == "table-row", "a list is a table on paper"
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= A4_PX + 1, f"{name}: {wide} px do not go on the sheet"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        paper = page.pdf(format="A4", prefer_css_page_size=True)
        if folder := os.environ.get("YIWANG_SHOTS"):
            Path(folder, f"print-{name}.pdf").write_bytes(paper)
            page.screenshot(path=str(Path(folder, f"print-{name}.png")), full_page=True)
        pages = len(re.findall(rb"/Type\s*/Page\b", paper))
        assert 1 <= pages <= 4, f"{name}: {pages} sheets"
        page.emulate_media(media="screen")
