"""People in a browser: the made world on a live site, signed in without typing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support import browsers
from tests.world import SOUTH, WEST, World

HERE = {"longitude": WEST + 0.003, "latitude": SOUTH + 0.003, "accuracy": 12}  # where phones are
PHONE_ARGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

expect.set_options(timeout=15_000)  # a loaded machine; a page that is right is right at once


@pytest.fixture
def live_world(live_site: str, committed_world: World) -> World:
    """The world, committed, behind the running site."""
    return committed_world


@pytest.fixture
def as_person(live_site: str, live_world: World, browser_context: Callable[..., Any]) -> Callable[..., Any]:
    """Open a page signed in as somebody: `as_person("acceptor", phone=True)`; "" is nobody."""
    from django.conf import settings
    from django.test import Client

    def make(key: str, *, phone: bool = False, size: tuple[int, int] | None = None, **options: Any) -> Any:
        context = browser_context(phone=phone, **options)
        if key:
            client = Client()
            client.force_login(live_world.account(key) if key in live_world.people else live_world.handler_of(key).account)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_site}])
        page = context.new_page()
        if size:
            page.set_viewport_size({"width": size[0], "height": size[1]})
        return page

    return make


@pytest.fixture
def phone(browser: Any, live_site: str, live_world: World, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open the app on a phone whose store outlives a closed app: `phone()`, and `phone()` again after `page.context.close()`.

    `who` is signed in; `before` is called with the page before the app is opened.
    """
    from django.conf import settings
    from django.test import Client

    opened: list[Any] = []
    errors: list[str] = []

    def heard(message: Any) -> None:
        if message.type == "error":
            print("console:", message.text, message.location.get("url", ""))
        if "Content Security Policy" in message.text:
            errors.append(message.text)

    def make(who: str = "inspector", *, before: Callable[[Any], None] | None = None, **options: Any) -> Any:
        context = browser.browser_type.launch_persistent_context(
            str(tmp_path / "phone"), executable_path=browsers.executable(), headless=True,
            args=[*PHONE_ARGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])], viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True,
            locale="zh-CN", timezone_id="Asia/Shanghai", geolocation=HERE, permissions=["geolocation", "camera", "microphone"], **options,
        )  # fmt: skip
        context.set_default_timeout(10_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", heard)
        client = Client()
        client.force_login(live_world.account(who))
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_site}])
        opened.append(context)
        page = context.pages[0] if context.pages else context.new_page()
        if before:
            before(page)
        page.goto(f"{live_site}/city/phone/")
        expect(page.locator(".p-screen[data-ready]")).to_be_visible()
        return page

    yield make
    for context in opened:
        context.close()
    assert not errors, f"scripts of the page failed: {errors}"
