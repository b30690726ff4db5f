"""People in a browser: the made world on a live site, signed in without typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.world import World, build

expect.set_options(timeout=15_000)  # a loaded machine; a page that is right is right at once


@pytest.fixture
def live_world(live_site: str) -> World:
    """The world, committed, behind the running site."""
    return build()


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
