"""Holding the inspector's phone in a test: waiting for it, tapping, taking photos, looking at what it keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

IDB = """(async () => { const open = indexedDB.open("yw-phone"); await new Promise((r) => open.onsuccess = r); const db = open.result;
    const all = (store) => new Promise((r) => { const q = db.transaction(store).objectStore(store).getAll(); q.onsuccess = () => r(q.result); });
    const found = %s; db.close(); return found; })()"""


def until(page: Any, script: str, *, seconds: float = 15) -> None:
    for _try in range(int(seconds * 20)):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} seconds: {script}")


def ready(page: Any) -> None:
    """Wait until the app could start without a network."""
    until(page, "'offlineReady' in document.documentElement.dataset && navigator.serviceWorker.controller !== null")
    until(page, IDB % "(await all('known')).some((one) => one && one.classes)")


def slow_clock(page: Any, seconds: int) -> None:
    """Let the phone's clock be slow, from the next page on; timers run as they do."""
    page.add_init_script(f"""{{ const Real = Date; globalThis.Date = class extends Real {{
        constructor(...given) {{ if (given.length) super(...given); else super(Real.now() - {seconds * 1000}); }}
        static now() {{ return Real.now() - {seconds * 1000}; }} }}; }}""")


def may_use_place(page: Any, origin: str, setting: str) -> None:
    """Say what the person chose in the browser's settings: "granted" or "denied"."""
    line = page.context.new_cdp_session(page)  # kept open: what a line has set goes with it
    line.send("Browser.setPermission", {"permission": {"name": "geolocation"}, "setting": setting, "origin": origin})


def dark_for(page: Any, seconds: float) -> None:
    """Lock the screen for a while."""
    script = "Object.defineProperty(document, 'hidden', {{ configurable: true, get: () => {} }}); document.dispatchEvent(new Event('visibilitychange'))"
    page.evaluate(script.format("true"))
    page.wait_for_timeout(seconds * 1000)
    page.evaluate(script.format("false"))


def waiting(page: Any, count: int, *, seconds: float = 15) -> None:
    try:
        until(page, f"document.querySelector('.p-state')?.dataset.waiting === '{count}'", seconds=seconds)
    except AssertionError as error:
        kept = page.evaluate(IDB % "(await all('acts')).slice(0, 5).map((one) => [one.kind, one.state, one.tries, one.next_at - Date.now(), one.error?.title])")
        locks = page.evaluate("navigator.locks.query()")
        raise AssertionError(f"{error}; {kept}; {page.locator('.p-told').inner_text()}; {locks}") from None


def go(page: Any, name: str) -> None:
    page.locator(".p-nav a").filter(has_text=name).tap()


def send_now(page: Any) -> None:
    go(page, "发送")
    page.get_by_role("button", name="立即发送").tap()


def shoot_photo(page: Any) -> None:
    until(page, "document.querySelector('.p-camera video')?.videoWidth > 0")
    page.locator(".p-shutter").tap()


def report(page: Any, class_name: str) -> int:
    """Report a frequent class; returns how many taps it took."""
    go(page, "上报")
    shoot_photo(page)
    page.locator(".p-tile", has_text=class_name).first.tap()
    page.get_by_role("button", name="发送", exact=True).tap()
    expect(page.locator(".p-toast")).to_contain_text("已保存")
    return 4


def answer(page: Any, task: str, action: str) -> None:
    go(page, "今日")
    page.locator(f"a[href='#/task?uid={task}']").tap()
    page.get_by_role("button", name="拍照").tap()
    shoot_photo(page)
    expect(page.locator(".p-shots img")).to_have_count(1)  # what follows has moved down by now
    if page.locator(".p-fields .p-tile").count():
        page.locator(".p-fields .p-tile").first.tap()
    page.get_by_role("button", name=action, exact=True).tap()
    expect(page.locator(".p-toast")).to_contain_text("已保存")


def shots(page: Any, name: str) -> None:
    if folder := os.environ.get("YIWANG_SHOTS"):
        page.wait_for_timeout(300)
        page.screenshot(path=str(Path(folder) / f"phone-{name}.png"))
