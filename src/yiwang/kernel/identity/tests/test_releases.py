"""A password that an administrator gave works after a second hand released it; delegations of one's part alone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.errors import OwnRights
from yiwang.kernel.identity.models import Account, Delegation, GivenPassword
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

WORD = "kite-paper-lamp"


def try_in(username: str, password: str) -> tuple[bool, str]:
    client = Client(headers={"accept-language": "zh-CN"})
    answer = client.post("/accounts/login/", {"login": username, "password": password})
    return "_auth_user_id" in client.session, re.sub(r"<[^>]+>", " ", answer.content.decode())


@pytest.fixture
def anna(town: Town) -> Account:
    found = town.person("anna")
    town.holds(found, "doer", "crew")
    return found


@pytest.fixture
def keeper(guard: Actor) -> Client:
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(Account.objects.get(pk=guard.account_id))
    return client


def waiting(account: Account) -> GivenPassword:
    return GivenPassword.objects.get(account=account, outcome="")


def test_two_hands_give_a_password(anna: Account, admin: Actor, guard: Actor, keeper: Client) -> None:
    word = services.reset_password(admin, anna)
    assert not try_in("anna", WORD)[0], "the old one works no more"
    came_in, said = try_in("anna", word)
    assert not came_in
    assert "须经安全保密管理员复核放行" in said
    assert Event.objects.get(action="identity.sign_in.waiting").data["account"] == str(anna.uid)
    assert "须经安全保密管理员复核放行" not in try_in("anna", "another-Word-7")[1], "who does not know it is told nothing"
    page = keeper.get(reverse("identity:given_passwords")).content.decode()
    assert "姓名anna" in page
    assert "姓名boss" in page
    assert "新设密码等待复核放行" in keeper.get(reverse("identity:account", args=[anna.uid])).content.decode()
    address = reverse("identity:release_password", args=[waiting(anna).pk])
    assert keeper.post(address, {"reason": ""}).status_code == 422
    assert keeper.post(address, {"reason": "已当面核实"}).status_code == 302
    assert "已当面核实" in keeper.get(reverse("identity:given_passwords")).content.decode()
    assert keeper.post(address, {"reason": "再次"}).status_code == 404
    assert try_in("anna", word)[0]
    assert Account.objects.get(pk=anna.pk).must_change_password, "for one sign-in, as ever"
    told = Event.objects.get(action="identity.password.released")
    assert (told.actor_id, told.data["reason"]) == (guard.account_id, "已当面核实")


def test_a_refused_one_never_works(anna: Account, admin: Actor, guard: Actor) -> None:
    word = services.reset_password(admin, anna)
    services.refuse_password(guard, waiting(anna).pk, reason="本人未申请")
    assert [try_in("anna", w)[0] for w in (word, WORD)] == [False, False]
    assert Event.objects.filter(action="identity.password.refused").count() == 1
    again = services.reset_password(admin, anna)
    services.release_password(guard, waiting(anna).pk, reason="本人来电")
    assert try_in("anna", again)[0]


def test_a_second_one_takes_the_place_of_the_first(anna: Account, admin: Actor, guard: Actor) -> None:
    services.reset_password(admin, anna)
    first = waiting(anna).pk
    second = services.reset_password(admin, anna)
    with pytest.raises(NotFound):
        services.release_password(guard, first, reason="迟了")
    assert not try_in("anna", second)[0]
    from_the_server = services.reset_password(SYSTEM, anna)
    assert queries.waiting_password(anna.pk) is None, "the server's own command line needs nobody"
    assert try_in("anna", from_the_server)[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        GivenPassword.objects.bulk_create(GivenPassword(account=anna, given_at=timezone.now()) for _ in range(2))


def test_who_may_not_release(town: Town, anna: Account, admin: Actor, guard: Actor) -> None:
    services.reset_password(admin, anna)
    row = waiting(anna)
    part = town.person("part")
    town.holds(part, "guard", "eastoffice", area="east")
    for actor in (admin, town.actor(anna), town.actor(part)):
        with pytest.raises(NotPermitted):
            services.release_password(actor, row.pk, reason="核实")
    assert not queries.given_passwords(town.actor(part)).exists()
    with pytest.raises(BadInput):
        services.release_password(guard, row.pk, reason=" ")
    services.reset_password(admin, Account.objects.get(pk=guard.account_id))
    with pytest.raises(OwnRights):
        services.release_password(guard, waiting(Account.objects.get(pk=guard.account_id)).pk, reason="我自己")
    services.set_active(SYSTEM, anna, False)
    assert [g.account_id for g in queries.given_passwords(guard)] == [guard.account_id], "who is closed waits for nothing"


def held(town: Town, role: str) -> Account:
    found = town.person(f"p-{role}")
    if role == "stand-in":
        other = town.person("other")
        town.holds(other, "doer", "crew")
        town.holds(found, "admin", "centre")
        day = timedelta(days=1)
        services.delegate(SYSTEM, absent=other, substitute=found, starts_at=timezone.now() + day, ends_at=timezone.now() + 2 * day, reason="休假")
    elif role:
        later = timezone.now() + timedelta(days=3) if role == "looker" else None
        town.holds(found, role, "centre", valid_from=later)
    return found


@pytest.mark.parametrize(
    ("role", "rights"), [("", False), ("admin", False), ("doer", True), ("looker", True), ("guard", True), ("stand-in", True)]
)
def test_whose_passwords_wait(town: Town, admin: Actor, role: str, rights: bool) -> None:
    account = held(town, role)
    for setting, waits in (("rights", rights), ("all", True), ("off", False)):
        with override_settings(PASSWORD_RELEASE=setting):
            word = services.reset_password(admin, account)
        assert (queries.waiting_password(account.pk) is not None) is waits
        assert try_in(account.username, word)[0] is not waits


def test_a_security_administrator_of_a_part_sees_its_delegations_alone(town: Town, guard: Actor, keeper: Client) -> None:
    people: dict[str, Account] = {}
    for name, org in (("mine", "eastoffice"), ("other", "centre"), ("third", "bureau")):
        people[name] = town.person(name)
        town.holds(people[name], "doer", org)
    moment = timezone.now()
    for absent, substitute in (("mine", "other"), ("other", "mine"), ("other", "third")):
        services.delegate(
            SYSTEM, absent=people[absent], substitute=people[substitute], starts_at=moment, ends_at=moment + timedelta(days=1), reason="x"
        )
    part = town.person("part")
    town.holds(part, "guard", "eastoffice", area="east")
    eastern = {d.pk for d in Delegation.objects.all() if people["mine"].pk in (d.absent_id, d.substitute_id)}
    assert {d.pk for d in queries.visible_delegations(town.actor(part))} == eastern
    assert queries.visible_delegations(guard).count() == 3
    assert not queries.visible_delegations(town.actor(people["mine"])).exists()
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(part)
    page = client.get(reverse("identity:all_delegations")).content.decode()
    assert "姓名mine" in page
    assert "姓名third" not in page
    assert "姓名third" in keeper.get(reverse("identity:all_delegations")).content.decode()
    values: dict[str, Any] = {"absent": people["mine"].pk, "substitute": people["other"].pk}
    assert client.post(reverse("identity:all_delegations"), values).status_code == 403
