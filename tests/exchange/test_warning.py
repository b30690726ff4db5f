"""Who hears what of accounts and of the record: new devices, given passwords, unusual activity."""

from __future__ import annotations

import time

import pytest
from django.db import transaction
from django.test import Client

from tests.world import PASSWORD, World, build
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.exchange.relay import lag, run_once
from yiwang.kernel.identity import queries, services
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


@pytest.mark.committed
def test_a_given_password_and_a_warning_are_told_once_to_whom_they_concern(committed: object) -> None:
    world = build(matter=False)
    handler, security, auditor = (world.account(k) for k in ("handler2", "security_administrator", "audit_administrator"))
    relay_until(0)
    Notice.objects.all().delete()
    services.reset_password(world.actor("administrator"), handler)
    newcomer = services.create_account(system("test"), username="newcomer", name="新人")[0]
    services.reset_password(world.actor("administrator"), newcomer)
    waiting = queries.given_passwords(world.actor("security_administrator")).get()
    services.refuse_password(world.actor("security_administrator"), waiting.pk, reason="本人未申请")
    for number, who in enumerate((handler, auditor)):
        with transaction.atomic():
            record(system("watch"), action="audit.warning.raised", data={
                "warning": uuid7(), "actor_kind": "person", "actor_id": who.pk, "unit": "hour", "family": "export_rows", "amount": 20_000 + number,
            })  # fmt: skip
    for _ in range(300):
        run_once()
        if lag()["accounts"] == 0:
            break
        time.sleep(0.1)
    run_once()
    told = {(n.kind, n.account_id): n for n in Notice.objects.all()}
    assert len(told) == Notice.objects.count(), "each once"
    assert set(told) == {
        ("account.password_given", handler.pk), ("account.password_given", newcomer.pk),
        ("account.password_waits", security.pk), ("account.refused", handler.pk), ("audit.warning", auditor.pk),
    }, "nobody is told of a warning about himself"  # fmt: skip
    warning = told["audit.warning", auditor.pk]
    assert warning.title["zh-Hans"] == f"异常变动预警：{handler.name}在一小时内导出行数 20,000"
    assert warning.title["en"] == f"Unusual activity: {handler.name}, exported rows 20,000 within one hour"
    assert told["account.password_waits", security.pk].link == "/accounts/given-passwords/"
