"""An account's life: dormant and woken, transferred, left; who may do it and what it leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.identity import handover, queries, services
from yiwang.kernel.identity.errors import AlreadyEnded, NotHandedOver, OwnRights
from yiwang.kernel.identity.handover import Passed
from yiwang.kernel.identity.models import Account, Standing
from yiwang.kernel.identity.tasks import daily
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

WORD = "kite-paper-lamp"
LONG_AGO = timedelta(days=91)


def sleep_since(account: Account, ago: timedelta) -> None:
    moment = timezone.now() - ago
    Account.objects.filter(pk=account.pk).update(date_joined=moment, last_login=moment)


def test_who_has_not_signed_in_for_long_is_locked_by_the_daily_job_and_woken(town: Town, admin: Actor) -> None:
    anna, bert, carl = (town.person(name) for name in ("anna", "bert", "carl"))
    sleep_since(anna, LONG_AGO)
    sleep_since(bert, timedelta(days=89))
    Account.objects.filter(pk=carl.pk).update(date_joined=timezone.now() - LONG_AGO)  # never signed in at all
    daily(timestamp=0)
    standings = dict(Account.objects.values_list("username", "standing"))
    assert (standings["anna"], standings["bert"], standings["carl"]) == ("dormant", "active", "dormant")
    page = Client(headers={"accept-language": "zh-CN"}).post("/accounts/login/", {"login": "anna", "password": WORD}, follow=True)
    assert not page.wsgi_request.user.is_authenticated
    boss = Client(headers={"accept-language": "zh-CN"})
    boss.force_login(Account.objects.get(pk=admin.account_id))
    assert "休眠" in boss.get(reverse("identity:account", args=[anna.uid])).content.decode()
    assert boss.post(reverse("identity:wake", args=[anna.uid])).status_code == 302
    assert Client().post("/accounts/login/", {"login": "anna", "password": WORD})["Location"] == "/"
    daily(timestamp=0)
    anna.refresh_from_db()
    assert anna.standing == Standing.ACTIVE, "counted from when it was woken"
    assert [e.action for e in Event.objects.filter(data__account=str(anna.uid), action__startswith="identity.account").order_by("position")] == [
        "identity.account.created", "identity.account.dormant", "identity.account.woken",
    ]  # fmt: skip
    with pytest.raises(AlreadyEnded):
        services.wake(admin, anna)


def test_samples_citizens_and_places_without_the_rule_are_left_alone(town: Town) -> None:
    sample = services.create_account(SYSTEM, username="sample", name="例", is_sample=True)[0]
    citizen = services.create_account(SYSTEM, username="citizen", name="民", is_citizen=True)[0]
    anna = town.person("anna")
    for account in (sample, citizen, anna):
        sleep_since(account, LONG_AGO)
    with override_settings(DORMANT_AFTER_DAYS=0):
        assert services.make_dormant(SYSTEM) == 0
    assert services.make_dormant(SYSTEM) == 1
    assert not Account.objects.get(pk=anna.pk).is_active


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A room above that has three open things in everybody's name."""
    said: dict[str, Any] = {}

    def pass_on(actor: Actor, account: Account, to: Account | None, reason: str) -> Passed:
        said.update(account=account.username, to=to.username if to else None, reason=reason)
        return Passed(to_person=2, to_post=1) if to else Passed(to_post=3)

    monkeypatch.setattr(handover, "_kinds", {"things": (lambda _: 3, pass_on)})
    return said


def test_who_leaves_loses_everything_in_one_act(town: Town, admin: Actor, work: dict[str, Any]) -> None:
    anna, bert = town.person("anna"), town.person("bert")
    held, shared = town.holds(anna, "doer", "crew"), town.post("doer", "crew")
    for person in (anna, bert):
        services.give_post(SYSTEM, account=person, post=shared)
    moment = timezone.now()
    services.delegate(SYSTEM, absent=anna, substitute=bert, starts_at=moment, ends_at=moment + timedelta(days=9), reason="x")
    client = Client()
    client.force_login(anna)
    parting = services.part(admin, anna, how="left", to=bert, reason="退休")
    assert (parting.posts, parting.delegations, parting.work["things"]) == (2, 1, Passed(2, 1))
    assert parting.vacant == (held.post.code,)
    assert work == {"account": "anna", "to": "bert", "reason": "退休"}
    anna.refresh_from_db()
    assert (anna.standing, anna.is_active) == (Standing.LEFT, False)
    assert not queries.current_holdings(anna.pk).exists()
    assert queries.delegators(bert.pk) == []
    assert client.get("/accounts/sessions/").status_code == 302
    told = Event.objects.get(action="identity.account.left")
    assert told.data["to"] == str(bert.uid)
    assert told.data["work"] == {"things": {"to_person": 2, "to_post": 1}}
    with pytest.raises(AlreadyEnded):
        services.part(admin, anna, how="left", reason="again")


def test_who_is_transferred_may_sign_in_and_begins_anew_with_a_post(town: Town, admin: Actor, work: dict[str, Any]) -> None:
    anna = town.person("anna")
    town.holds(anna, "doer", "crew")
    services.part(admin, anna, how="transferred", reason="调任")
    anna.refresh_from_db()
    assert (anna.standing, anna.is_active, work["to"]) == (Standing.TRANSFERRED, True, None)
    assert Client().post("/accounts/login/", {"login": "anna", "password": WORD}).status_code == 302
    town.holds(anna, "doer", "bureau")
    anna.refresh_from_db()
    assert anna.standing == Standing.ACTIVE


def test_what_is_refused(town: Town, admin: Actor, guard: Actor) -> None:
    anna, idle = town.person("anna"), town.person("idle")
    town.holds(anna, "doer", "crew")
    with pytest.raises(NotPermitted):
        services.part(guard, anna, how="left", reason="x")
    with pytest.raises(OwnRights):
        services.part(admin, Account.objects.get(pk=admin.account_id), how="left", reason="x")
    for to in (anna, idle):
        with pytest.raises(NotHandedOver):
            services.part(admin, anna, how="left", to=to, reason="x")
    for values in ({"how": "fired", "reason": "x"}, {"how": "left", "reason": " "}):
        with pytest.raises(BadInput):
            services.part(admin, anna, **values)
    assert queries.current_holdings(anna.pk).exists()


def test_a_failure_below_leaves_all_as_it_was(town: Town, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Passed:
        raise RuntimeError("a case could not be locked")

    anna = town.person("anna")
    town.holds(anna, "doer", "crew")
    monkeypatch.setattr(handover, "_kinds", {"things": (lambda _: 1, broken)})
    with pytest.raises(RuntimeError):
        services.part(admin, anna, how="left", reason="x")
    anna.refresh_from_db()
    assert (anna.is_active, queries.current_holdings(anna.pk).count()) == (True, 1)


def test_the_page_says_what_is_open_and_what_became_of_it(town: Town, admin: Actor, work: dict[str, Any]) -> None:
    anna, bert = town.person("anna"), town.person("bert")
    for person in (anna, bert):
        town.holds(person, "doer", "crew")
    boss = Client(headers={"accept-language": "zh-CN"})
    boss.force_login(Account.objects.get(pk=admin.account_id))
    address = reverse("identity:part", args=[anna.uid])
    page = boss.get(address).content.decode()
    assert "名下待办" in page
    assert ">3<" in page
    refused = boss.post(address, {"how": "left", "to": bert.pk, "reason": ""})
    assert refused.status_code == 422
    done = boss.post(address, {"how": "left", "to": bert.pk, "reason": "离职"}, follow=True)
    assert "待办移交接手人 2 件，退回岗位 1 件" in done.content.decode()
    assert "已离职" in done.content.decode()
