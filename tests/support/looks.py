"""Looking at pages: screenshots in both sizes, light, dark and large print; and the accessibility check (axe-core).

    from tests.support.looks import assert_accessible, shoot

    def test_desk_looks(browser_context, live_site):
        page = browser_context().new_page()
        page.goto(live_site + "/")
        assert_accessible(page)
        shoot(page, "desk")          # only where YIWANG_SHOTS names a folder

Screenshots are for people who look at them; the tests themselves assert on axe-core and on what stands in the page.
"""

from __future__ import annotations

import os
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

REPO_DIR = Path(__file__).resolve().parents[2]
AXE = REPO_DIR / "src" / "islands" / "node_modules" / "axe-core" / "axe.min.js"
DESK, PHONE = (1440, 900), (390, 844)
SIZES = {"desk": DESK, "phone": PHONE}
LOOKS = ("light", "dark", "large")
# Words that stand in Latin letters on Chinese pages rightly.
LATIN = re.compile(r"[A-Za-z]{3,}")
ALLOWED = re.compile(r"^(C\d|Open311|English|Enter|Esc|Yiwang|JPEG|GPS|SOS|km|KB|MapLibre|OpenStreetMap|Ctrl)")
# Level AA of WCAG 2.2 is the promise; best-practice rules are advice of axe-core, not ours.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


# The core has begun (it says so on <html>), and with it what loads by itself; nothing asked for by HTMX is still on its way.
QUIET = """document.fonts.status === 'loaded' && !document.querySelector('.htmx-request')
    && (!document.querySelector('script[src*="core"]') || 'js' in document.documentElement.dataset)"""


def wear(page: Any, look: str, *, base_url: str) -> None:
    """Put on light, dark or large print by the cookies that the buttons of the top bar set."""
    page.context.add_cookies([
        {"name": "yw_theme", "value": "dark" if look == "dark" else "light", "url": base_url},
        {"name": "yw_large_print", "value": "1" if look == "large" else "0", "url": base_url},
    ])  # fmt: skip


def wait_until(page: Any, script: str, *, seconds: float = 15) -> None:
    """Wait until a script says true. (Playwright's own wait_for_function needs eval, which our pages' policy refuses.)"""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if page.evaluate(script):
            return
        page.wait_for_timeout(40)
    raise AssertionError(f"not within {seconds} seconds: {script}")


def settle(page: Any, *, maps: bool = True) -> None:
    """Wait until nothing of the page is under way: parts that load themselves, fonts, islands near the window; a map says `data-idle`.

    Not until the network is quiet: that costs half a second on each of hundreds of pages, and a page with a live stream is never quiet.
    """
    page.wait_for_load_state("load")
    wait_until(page, QUIET)
    if maps:
        wait_until(
            page, """[...document.querySelectorAll("[data-island]")].every((e) => {
                const box = e.getBoundingClientRect();
                if (box.top > innerHeight || box.bottom < 0 || box.width === 0 || e.closest("details:not([open])")) return true;
                if ("failed" in e.dataset) return true;
                return e.dataset.island === "map" ? "idle" in e.dataset : "ready" in e.dataset;
            })""", seconds=20,
        )  # fmt: skip


def ready(page: Any, island: Any) -> None:
    """Bring an island into the window and wait until it is drawn; what loads above it may push it out again."""
    for _try in range(60):
        island.evaluate("(e) => e.scrollIntoView({block: 'center', behavior: 'instant'})")
        if island.evaluate("(e) => 'failed' in e.dataset || (e.dataset.island === 'map' ? 'idle' in e.dataset : 'ready' in e.dataset)"):
            return
        page.wait_for_timeout(250)
    raise AssertionError("the island was not drawn within 15 seconds")


def shoot(page: Any, name: str, *, full: bool = False) -> Path | None:
    """Keep a screenshot as <YIWANG_SHOTS>/<name>-<width>.png; nothing is done where no folder is named."""
    folder = os.environ.get("YIWANG_SHOTS")
    if not folder:
        return None
    settle(page)
    target = Path(folder) / f"{name}-{page.viewport_size['width']}.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(target), full_page=full)
    return target


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8") + "; undefined"


def accessibility_faults(page: Any, *, within: str = "", without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe-core finds wrong, one readable line each; rules can be left out by name."""
    if not AXE.is_file():
        raise FileNotFoundError("axe-core is not installed: npm ci in src/islands")
    # Through the debugger, not as a script element: the content security policy of our pages would refuse that.
    page.evaluate(_axe())
    # What passes is not told one by one: on a long page that costs more than the looking.
    options = {"runOnly": {"type": "tag", "values": TAGS}, "rules": {rule: {"enabled": False} for rule in without}, "resultTypes": ["violations"]}
    found = page.evaluate(
        "([within, options]) => axe.run(within ? document.querySelector(within) : document, options)", [within, options]
    )
    return [
        f"{fault['id']} ({fault['impact']}): {fault['help']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def assert_accessible(page: Any, *, within: str = "", without: tuple[str, ...] = ()) -> None:
    """Fail with every fault that axe-core names."""
    faults = accessibility_faults(page, within=within, without=without)
    assert not faults, "axe-core:\n" + "\n".join(faults)


def no_sideways_scroll(page: Any) -> bool:
    """Say whether the page fits its width: nobody scrolls sideways on a phone."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"))


def untranslated(page: Any) -> list[str]:
    """Return visible texts of the page that are English."""
    texts = page.evaluate("""() => {
        const found = [];
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const p = walk.currentNode.parentElement;
            if (!p || p.closest("script,style,code,kbd,.mono,noscript,svg,canvas,.maplibregl-map,option[lang],[data-lang]")) continue;
            const t = walk.currentNode.textContent.trim();
            if (t) found.push(t);
        }
        return found;
    }""")
    return [t for t in texts if any(not ALLOWED.match(w) for w in LATIN.findall(t))]


def page_faults(page: Any, name: str, *, latin: tuple[str, ...] = (), axe: bool = True) -> list[str]:
    """Return what keeps somebody from reading the page, a line each: English texts (but those with a word of `latin`), sideways scroll, axe-core."""
    english = [text for text in untranslated(page) if not any(word in text for word in latin)]
    return [
        *([f"{name}: English on the page: {english[:6]}"] if english else []),
        *([] if no_sideways_scroll(page) else [f"{name}: scrolls sideways"]),
        *(f"{name}: {fault}" for fault in (accessibility_faults(page) if axe else [])),
    ]
