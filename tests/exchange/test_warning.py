"""The owner of an account hears that somebody signed in with it from a device that was never used before."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from tests.world import PASSWORD, World, build
from yiwang.kernel.exchange.relay import lag, run_once
from yiwang.kernel.notices.models import Notice

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Mobile Safari/604"


def sign_in(world: World, key: str, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    answer = client.post("/accounts/login/", {"login": world.people[key].username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def relay_until(wanted: int) -> None:
    """Run the relay until so many such messages are there: it waits for older transactions of the whole server."""
    for _ in range(300):
        run_once()
        if Notice.objects.filter(kind="account.new_device").count() >= wanted and lag()["accounts"] == 0:
            return
        time.sleep(0.1)


@pytest.mark.committed
def test_the_second_device_is_told_once_in_both_languages(committed: object) -> None:
    world = build(matter=False)
    first = sign_in(world, "leader", "Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36")
    relay_until(0)
    assert not Notice.objects.filter(kind="account.new_device").exists(), "the first device of an account is no news"
    sign_in(world, "leader", PHONE)
    relay_until(1)
    run_once()
    told = Notice.objects.get(kind="account.new_device")
    assert told.account == world.account("leader")
    assert told.title == {
        "zh-Hans": "您的账号在新设备上登录：Safari · iPhone", "en": "Your account was signed in from a new device: Safari · iPhone",
    }  # fmt: skip
    assert told.link == "/accounts/sessions/"
    first.post("/accounts/logout/")
    first.post("/accounts/login/", {"login": world.people["leader"].username, "password": PASSWORD})
    relay_until(1)
    assert Notice.objects.filter(kind="account.new_device").count() == 1, "a known device is no news"
