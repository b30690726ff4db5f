"""The command screen in a browser: it moves by itself, catches up after a cut, goes down to a street, opens its numbers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.exchange.test_relay import drain
from tests.support.looks import page_faults, shoot, wait_until
from tests.walk import advance, report
from tests.world import TWO_LEVEL
from yiwang.apps.city.queries.screen import shared
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
WITHIN_S = 2.0


class Stream:
    """The live process of the installation, which a test may cut and bring back at the same address."""

    def __init__(self, env: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.env, self.process = env, None

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning", "yiwang.site.asgi:application"]
        self.process = subprocess.Popen(command, env=self.env, start_new_session=True)
        for _try in range(150):
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=1, trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.1)

    def cut(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture
def stream(committed: Any, settings: Any) -> Iterator[Stream]:
    shared.forget()
    made = Stream(committed.env())
    made.start()
    settings.LIVE_URL = f"http://127.0.0.1:{made.port}"
    yield made
    made.cut()


@pytest.fixture
def wall(stream: Stream, live_site: str, as_person: Callable[..., Any]) -> Callable[..., Any]:
    """Open the screen as somebody and wait until it lives."""

    def make(who: str = "leader", *, area: str = "", size: tuple[int, int] = (1920, 1080), **options: Any) -> Any:
        page = as_person(who, size=None if options.get("phone") else size, **options)
        page.goto(f"{live_site}/city/screen/{'?area=' + area if area else ''}")
        expect(page.locator(".yw-wall[data-shown]")).to_be_attached()
        expect(page.locator(".yw-wall[data-live='1']")).to_be_attached()
        expect(page.locator(".yw-wall[data-told]")).to_be_attached()  # the live process has read numbers once: it is warm
        page.evaluate("window.stayed = true")
        return page

    return make


def figure(page: Any, code: str) -> int:
    return int(page.locator(f"[data-figure='{code}']").first.inner_text().split()[0])


def after(page: Any, code: str, value: int) -> float:
    """Wait until the figure says it; return how long that took."""
    began = time.monotonic()
    wait_until(page, f"document.querySelector(\"[data-figure='{code}']\").textContent.trim().startsWith('{value}')", seconds=8)
    return time.monotonic() - began


def test_the_wall_moves_by_itself_and_catches_up_after_a_cut(wall, stream, live_site, live_world):
    advance(live_world, report(live_world, text="井盖破损", at=(0, 2), photo="w0"), "pending_handle")
    drain()
    page = wall()
    assert figure(page, "open") == 1
    page.wait_for_timeout(1600)  # a gap after the first numbers
    report(live_world, text="路边井盖缺失，有安全隐患", at=(3, 3), photo="w1")  # another person, elsewhere
    drain()
    assert after(page, "open", 2) < WITHIN_S
    expect(page.locator(".wall-ticker li").first).to_contain_text("井盖")
    wait_until(page, "document.querySelector('[data-shown]').textContent.length > 0")
    expect(page.locator("[data-shown]").last).to_contain_text("2")

    stream.cut()
    expect(page.locator(".wall-live")).to_contain_text("连接中断")
    shoot(page, "screen-cut")
    for n in range(4):
        report(live_world, text=f"断线期间的问题 {n}", at=(n, 1), photo=f"x{n}")
    drain()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "numbers.json" in request.url else None)
    stream.start()
    expect(page.locator(".yw-wall[data-live='1']")).to_be_attached()
    after(page, "open", 6)
    page.wait_for_timeout(1000)
    assert len(asked) <= 3, asked  # however much was missed, the numbers are read again, not the events one by one
    assert page.evaluate("window.stayed") is True  # and nobody reloaded the page

    page.locator("[data-figure='open']").click()  # the number opens to exactly the cases it counts
    expect(page.locator("tr[data-row]")).to_have_count(6)


def test_down_to_a_street_by_clicks_and_back_by_the_address(wall, live_site, live_world):
    report(live_world, text="井盖破损", at=(0, 2), photo="d0")
    report(live_world, who="inspector3", text="听河街道井盖被埋", district=TWO_LEVEL, at=(1, 1), photo="d1")
    drain()
    page = wall()
    assert figure(page, "open") == 2
    page.locator(f"[data-drill='{TWO_LEVEL}']").first.click()
    after(page, "open", 1)
    assert f"area={TWO_LEVEL}" in page.url
    expect(page.locator("[data-crumbs] li")).to_have_count(2)
    page.locator("[data-card='areas'] [data-drill]").first.click()  # the street
    expect(page.locator("[data-crumbs] li")).to_have_count(3)
    assert figure(page, "open") == 1
    linked = page.url
    page.goto(linked)
    expect(page.locator("[data-crumbs] li")).to_have_count(3)
    assert figure(page, "open") == 1
    page.locator("[data-crumbs] a").first.click()
    after(page, "open", 2)
    page.locator("[data-table]").click()
    expect(page.locator(".wall-drawer tbody tr")).to_have_count(2)
    page.locator(".wall-drawer [data-case]").first.click()
    expect(page.locator(".wall-case dl")).to_be_visible()
    shoot(page, "screen-case")
    page.keyboard.press("Escape")
    expect(page.locator(".wall-drawer")).to_be_hidden()


def test_everybody_can_read_the_wall(wall, live_world):
    for n in range(3):
        advance(live_world, report(live_world, text=f"井盖破损 {n}", at=(n, 2), photo=f"r{n}"), "pending_handle")
    drain()
    wrong = []
    for size in ((1920, 1080), (3440, 1440), (1440, 900)):
        page = wall(size=size)
        wrong += page_faults(page, f"screen-{size[0]}", axe=size[0] == 1920)
        assert page.evaluate("document.querySelector('.yw-wall').dataset.layout") == ("ultra" if size[0] == 3440 else "standard")
        shoot(page, "screen")
    page = wall(phone=True)
    wrong += page_faults(page, "screen-phone")
    page.locator("[data-table]").click()
    wrong += page_faults(page, "screen-phone-table")
    assert not wrong, "\n".join(wrong)
    page = wall(locale="en")
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('[data-n]')).animationName") == "none"
