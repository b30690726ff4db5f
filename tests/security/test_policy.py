"""No page breaks its own content security policy: all pages as those who may open them, in Chromium and in the sources."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error as BrowserError

from tests import walk
from tests.journeys.test_city_looks import pages_of
from tests.refusals.doors import signed_in
from tests.refusals.walking import visits
from tests.support.looks import ready
from yiwang.kernel.ui import assets

ROOT = Path(__file__).resolve().parents[2]
# An attribute in HTML or SVG that the policy refuses; in Python and TypeScript wherever such text is made.
STYLE = re.compile(r"""(?<![\w-])style=(?!\{)|<style[\s>]|\son(?:click|load|error|change|submit|input|mouseover|focus)=["']|javascript:|setAttribute\(["']style""")
EXCUSED = {
    "src/yiwang/kernel/ui/parts/blocks.py": 'style="danger"',  # an argument of our own button
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands")
def test_no_page_breaks_its_policy(live_site: str, committed_world: Any, browser_context: Any, browser: Any, settings: Any) -> None:
    """Pages that the journeys do not open; every browser test fails by itself on a broken policy (conftest.py)."""
    world = committed_world
    town = walk.town(world)
    doors = signed_in(world, town)
    elsewhere = {path.partition("?")[0] for _name, _who, path in pages_of(world, town)} - {"/city/map/"}
    wanted: dict[str, dict[str, None]] = defaultdict(dict)
    for visit in visits(doors, "GET"):
        if visit.path not in elsewhere:
            wanted[visit.who or ""][visit.path] = None
    wanted["acceptor"]["/nothing/here/"] = wanted[""]["/ui/components/"] = None
    seen = []
    for who, paths in wanted.items():
        context = browser_context()
        if who:
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": doors.sessions[who], "url": live_site}])
        page = context.new_page()
        for path in paths:
            if path.startswith("/files/") or path.endswith((".json", ".geojson", ".jpg", ".xlsx", ".csv", ".pdf")):
                continue
            settings.DEBUG = path == "/ui/components/"  # which is there while developing
            try:
                answer = page.goto(live_site + path, wait_until="load")
            except BrowserError as error:
                if "Download is starting" in str(error):  # a file is no page
                    continue
                raise
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            assert "unsafe" not in answer.headers["content-security-policy"], path
            seen.append(path)
            if path == "/ui/components/":
                _use(page)
        context.close()
    assert len(seen) > 15, seen
    settings.DEBUG = False
    _refuses_what_is_injected(live_site, browser)


def _refuses_what_is_injected(live_site: str, browser: Any) -> None:
    """Show that the policy works at all: what somebody slips into a page neither runs nor colours nor calls out."""
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(live_site + "/accounts/login/")
    page.evaluate("""document.body.insertAdjacentHTML("beforeend",
        `<p id="x" style="color: rgb(1, 2, 3)" onclick="document.title = 'run'">x</p><img src="http://127.0.0.1:9/x.png">`)""")
    page.locator("#x").click()
    assert page.evaluate("getComputedStyle(document.querySelector('#x')).color") != "rgb(1, 2, 3)"
    assert page.title() != "run"
    assert sum("Content Security Policy" in text for text in said) >= 2, said
    page.close()


def _use(page: Any) -> None:
    """Do what makes scripts draw: tips of charts, a map that is clicked, a dialog, a comparison."""
    for name in ("map", "chart", "compare"):
        for island in page.locator(f'[data-island="{name}"]').all():
            ready(page, island)
            box = island.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            if name == "map":
                page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_timeout(300)
    page.get_by_role("button", name="打开对话框").click()
    page.wait_for_timeout(200)


def test_no_source_writes_what_the_policy_refuses() -> None:
    found = []
    files = [f for kind in ("*.html", "*.svg", "*.txt") for f in (ROOT / "src" / "yiwang").rglob(kind) if "static_built" not in f.parts]
    files += [f for f in (ROOT / "src" / "yiwang").rglob("*.py") if not {"tests", "migrations"} & set(f.parts)]
    files += list((ROOT / "src" / "islands" / "src").rglob("*.ts"))
    for file in files:
        name = str(file.relative_to(ROOT))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            plain = re.sub(r"\{%.*?%\}", "", line) if file.suffix == ".html" else line
            if file.suffix == ".py":
                plain = plain if re.search(r"<[a-z]|javascript:", plain) else ""  # only where HTML is made
            if STYLE.search(plain) and EXCUSED.get(name, "\0") not in plain:
                found.append(f"{name}:{number}: {plain.strip()[:120]}")
    assert not found, "write it in the style sheet, as an SVG attribute, or by the CSSOM in an island:\n" + "\n".join(found)


def test_everything_comes_from_here() -> None:
    """No page, style sheet or script of ours names another host to load something from."""
    loads = re.compile(r"""(?:src|href|action|hx-get|hx-post)=["']https?://|@import|url\(["']?https?://|from ["']https?://|import\(["']https?://""")
    found = []
    for root, kinds in ((ROOT / "src" / "yiwang", ("*.html",)), (ROOT / "src" / "islands" / "src", ("*.ts", "*.css"))):
        for file in (f for kind in kinds for f in root.rglob(kind)):
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                if loads.search(line) and "@import \"" not in line and "<a " not in line:
                    found.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)
