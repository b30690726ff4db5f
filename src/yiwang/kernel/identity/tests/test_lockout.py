"""Failed sign-ins lock a name, and an address, for all web processes; the same words whether anybody has the name."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.errors import SignInLocked
from yiwang.kernel.identity.models import Account, TryCount
from yiwang.kernel.identity.services import lockout
from yiwang.kernel.identity.tests.conftest import Town

WORD = "kite-paper-lamp"


def sign_in(username: str, password: str = WORD, client: Client | None = None, address: str = "10.1.1.1") -> tuple[bool, str]:
    """Try to sign in; returns whether it worked, and what the page says."""
    client = client or Client(headers={"accept-language": "zh-CN"})
    response = client.post("/accounts/login/", {"login": username, "password": password}, REMOTE_ADDR=address)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
    return response.status_code == 302, text


def sentence(text: str) -> str:
    found = re.search(r"失败次数过多，\d\d:\d\d（\d+ 分钟后）可再次尝试。", text)
    return found[0] if found else ""


def test_five_failures_lock_a_name_and_the_right_word_does_not_help(town: Town) -> None:
    town.person("anna")
    for _ in range(4):
        ok, text = sign_in("anna", "wrong-word-here")
        assert not ok
        assert not sentence(text)
    assert sentence(sign_in("anna", "wrong-word-here")[1]), "the fifth failure says until when"
    ok, text = sign_in("anna", address="10.9.9.9")
    assert not ok
    assert sentence(text)
    assert Event.objects.filter(action="identity.sign_in.failed").count() == 5
    locked = Event.objects.get(action="identity.sign_in.locked")
    assert locked.data["account"] == str(Account.objects.get(username="anna").uid)
    assert locked.data["kind"] == "name"


def test_a_name_that_is_nobodys_is_refused_in_the_same_words(town: Town) -> None:
    town.person("anna")
    said = {}
    for name in ("anna", "nobody-of-that-name"):
        said[name] = [sign_in(name, "wrong-word-here") for _ in range(6)]
    for mine, nobodys in zip(said["anna"], said["nobody-of-that-name"], strict=True):
        clean = [re.sub(r"\d+", "#", t.replace("nobody-of-that-name", "").replace("anna", "")) for _, t in (mine, nobodys)]
        assert clean[0] == clean[1]
    assert TryCount.objects.filter(kind="name", account__isnull=True).exists()
    assert not TryCount.objects.filter(key__contains="nobody").exists(), "what was typed is kept as a keyed hash only"


def test_the_case_of_letters_makes_no_new_name(town: Town) -> None:
    town.person("anna")
    for name in ("anna", "ANNA", " Anna", "aNNa", "anna "):
        sign_in(name, "wrong-word-here")
    assert sentence(sign_in("anna")[1])


def test_a_right_word_takes_back_its_own_try_and_signing_in_forgets_the_rest(town: Town) -> None:
    town.person("anna")
    for _ in range(3):
        for _ in range(4):
            assert not sign_in("anna", "wrong-word-here")[0]
        assert sign_in("anna")[0]
    assert not TryCount.objects.filter(kind="name").exists()


@override_settings(SIGN_IN_FAILURES_ADDRESS=8)
def test_an_address_is_locked_whatever_names_it_tries(town: Town) -> None:
    town.person("anna")
    for i in range(8):
        sign_in(f"guess{i}", "wrong-word-here", address="10.7.7.7")
    assert sentence(sign_in("anna", address="10.7.7.7")[1])
    assert sign_in("anna", address="10.7.7.8")[0], "others go on"


@override_settings(SIGN_IN_FAILURES_ADDRESS=3)
def test_a_household_of_ipv6_addresses_is_one(town: Town) -> None:
    town.person("anna")
    for i in range(3):
        sign_in(f"guess{i}", "wrong-word-here", address=f"2001:db8:1:2::{i + 1}")
    assert sentence(sign_in("anna", address="2001:db8:1:2:ffff::9")[1])
    assert sign_in("anna", address="2001:db8:1:3::1")[0]


def test_a_lock_ends_by_itself(town: Town) -> None:
    town.person("anna")
    for _ in range(5):
        sign_in("anna", "wrong-word-here")
    assert not sign_in("anna")[0]
    TryCount.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    _ok, text = sign_in("anna", "wrong-word-here")
    assert not sentence(text), "counting begins anew"
    assert sign_in("anna")[0]


def test_old_failures_do_not_add_up(town: Town) -> None:
    town.person("anna")
    for _ in range(4):
        sign_in("anna", "wrong-word-here")
    TryCount.objects.update(window_from=timezone.now() - timedelta(minutes=16))
    assert not sentence(sign_in("anna", "wrong-word-here")[1])


def test_the_security_administrator_releases_it(town: Town, guard: Actor, admin: Actor) -> None:
    anna = town.person("anna")
    for _ in range(5):
        sign_in("anna", "wrong-word-here")
    lock = queries.locks(anna.pk).get()
    for other in (admin, town.actor(anna)):
        with pytest.raises(NotPermitted):
            services.release_lock(other, lock.pk, reason="x")
    client = Client(headers={"accept-language": "zh-CN"})
    client.force_login(Account.objects.get(pk=guard.account_id))
    assert "姓名anna" in client.get(reverse("identity:locks")).content.decode()
    assert client.post(reverse("identity:release_lock", args=[lock.pk]), {"reason": "电话核实本人"}).status_code == 302
    assert sign_in("anna")[0]
    assert Event.objects.get(action="identity.sign_in.released").data["reason"] == "电话核实本人"
    with pytest.raises(NotFound):
        services.release_lock(guard, lock.pk, reason="x")


def test_asking_again_who_it_is_counts_as_well(town: Town) -> None:
    client = Client()
    client.force_login(town.person("anna"))
    for _ in range(5):
        client.post("/accounts/reauthenticate/", {"password": "wrong-word-here"})
    assert queries.locks().count() == 1
    for _ in range(5):
        client.post("/accounts/password/change/", {"oldpassword": "x", "password1": "x", "password2": "x"})
    with pytest.raises(SignInLocked):
        lockout.begin("anna", "10.1.1.1")


@pytest.mark.committed
def test_as_many_tries_at_once_as_one_likes_look_at_no_more_passwords_than_allowed(committed: Any) -> None:
    looked: list[int] = []

    def attempt() -> None:
        tried = lockout.begin("anna", "10.1.1.1")
        looked.append(1)
        lockout.wrong(tried)

    for _ in range(3):
        results = committed.in_threads(*[attempt] * 8)
    assert len(looked) == 5
    assert all(isinstance(r, SignInLocked) for r in results)
    assert Event.objects.filter(action="identity.sign_in.locked").count() == 1


def test_a_sweep_removes_what_means_nothing_any_more(town: Town) -> None:
    for name, count in (("old", 1), ("locked", 5)):
        for _ in range(count):
            sign_in(name, "wrong-word-here")
    TryCount.objects.update(window_from=timezone.now() - timedelta(minutes=16))
    assert lockout.sweep() == 2  # the old name, and the address
    assert TryCount.objects.count() == 1
