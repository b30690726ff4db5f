"""Passwords: every rule with its sentence at its field, the last ones not again, a given one for one sign-in only."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity import services
from yiwang.kernel.identity.models import Account, OldPassword
from yiwang.kernel.identity.passwords import kinds
from yiwang.kernel.identity.services import passwords
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

WORD = "kite-paper-lamp"
CHANGE = "/accounts/password/change/"


def change(client: Client, new: str, old: str = WORD, again: str | None = None) -> tuple[int, str]:
    data = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    response = client.post(CHANGE, data, headers={"accept-language": "zh-CN"})
    return response.status_code, response.content.decode()


def errors_at(page: str, field: str) -> str:
    """Return what stands below one field."""
    found = re.search(rf'id="id_{field}_error">(.*?)</p>', page, re.S)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


@pytest.mark.parametrize(("password", "count"), [("abc", 1), ("abC", 2), ("abC1", 3), ("abC1-", 4), ("纸鸢灯笼", 1), ("1234", 1)])
def test_kinds_of_characters(password: str, count: int) -> None:
    assert kinds(password) == count


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Ab1-", "密码太短，至少需要 10 个字符。"), ("abcdefghijkl", "至少三类"), ("alllowerphrase-", ""), ("Anna-2026-kite", "姓名"),
        ("password123", "这个密码太常见了"), ("1234567890123", "密码只包含数字"), ("Ab1-" * 40, "128"), (WORD, "最近 5 次"),
        ("Kite7paper", ""),
    ],
)  # fmt: skip
def test_each_rule_says_what_it_wants_at_the_field(town: Town, password: str, says: str) -> None:
    client = Client()
    anna = town.person("anna")
    client.force_login(anna)
    status, page = change(client, password)
    if not says:
        assert status == 302
        return
    assert status == 200
    found = errors_at(page, "password1")
    assert says in found
    anna.refresh_from_db()
    assert anna.check_password(WORD)


def test_several_faults_are_told_at_once_each_at_its_field(town: Town) -> None:
    client = Client()
    client.force_login(town.person("anna"))
    _, page = change(client, "anna", old="not-mine", again="other")
    assert errors_at(page, "oldpassword") == "当前密码不正确。 "
    found = errors_at(page, "password1")
    assert all(part in found for part in ("密码太短", "至少三类", "姓名"))


def test_the_last_ones_are_not_taken_again(town: Town) -> None:
    anna = town.person("anna")
    client = Client()
    client.force_login(anna)
    used = [WORD, *(f"Kite-paper-{i}" for i in range(5))]
    for old, new in pairwise(used):
        assert change(client, new, old=old)[0] == 302
    assert OldPassword.objects.filter(account=anna).count() == 5
    for again in used[1:]:
        assert "最近 5 次" in errors_at(change(client, again, old=used[-1])[1], "password1")
    assert change(client, used[0], old=used[-1])[0] == 302, "the sixth before this one is free again"


@override_settings(PASSWORD_HISTORY=0)
def test_a_place_may_do_without_history(town: Town) -> None:
    client = Client()
    client.force_login(town.person("anna"))
    assert change(client, WORD)[0] == 302


def test_a_given_password_opens_nothing_but_its_own_change(town: Town) -> None:
    boss = town.person("anna")
    town.holds(boss, "admin", "centre")
    word = services.reset_password(SYSTEM, boss)
    client = Client()
    assert client.post("/accounts/login/", {"login": "anna", "password": word}).status_code == 302
    gone = client.get("/accounts/people/?q=x")
    assert (gone.status_code, gone["Location"]) == (302, f"{CHANGE}?next=%2Faccounts%2Fpeople%2F%3Fq%3Dx")
    assert client.get("/")["Location"] == CHANGE
    refused = client.post("/accounts/people/new/", {"username": "x", "name": "x"})
    assert refused.status_code == 403
    assert not Account.objects.filter(username="x").exists()
    api = client.get("/api/v1/me")
    assert (api.status_code, api.json()["code"], api.json()["address"]) == (403, "identity.password-due", CHANGE)
    assert "由他人设置" in client.get(CHANGE, headers={"accept-language": "zh-CN"}).content.decode()
    data = {"oldpassword": word, "password1": "Kite-paper-9", "password2": "Kite-paper-9", "next": "/accounts/people/"}
    assert client.post(CHANGE, data)["Location"] == "/accounts/people/"
    assert client.get("/accounts/people/").status_code == 200
    assert Event.objects.get(action="identity.account.password_changed").actor_id == boss.pk


def test_a_new_account_begins_with_a_given_password(town: Town) -> None:
    made, word = services.create_account(SYSTEM, username="lisi", name="李四")
    assert made.must_change_password
    assert made.password_set_at is not None
    client = Client()
    client.post("/accounts/login/", {"login": "lisi", "password": word})
    assert client.get("/accounts/sessions/")["Location"].startswith(CHANGE)


@override_settings(PASSWORD_MAX_AGE_DAYS=90)
def test_an_old_password_is_due(town: Town) -> None:
    anna = town.person("anna")
    client = Client()
    client.force_login(anna)
    assert client.get("/accounts/sessions/").status_code == 200
    Account.objects.filter(pk=anna.pk).update(password_set_at=timezone.now() - timedelta(days=91))
    assert client.get("/accounts/sessions/")["Location"].startswith(CHANGE)
    assert change(client, "Kite-paper-9")[0] == 302
    assert client.get("/accounts/sessions/").status_code == 200


def test_a_change_ends_the_other_sessions_and_keeps_this_one(town: Town) -> None:
    anna = town.person("anna")
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(anna)
    assert change(here, "Kite-paper-9")[0] == 302
    assert here.get("/accounts/sessions/").status_code == 200
    assert there.get("/accounts/sessions/")["Location"].startswith("/accounts/login/")
    assert anna.sessions.count() == 1


def test_an_administrator_cannot_give_a_weak_one(town: Town) -> None:
    with pytest.raises(BadInput) as refused:
        services.create_account(SYSTEM, username="lisi", name="李四", password="lisi")
    assert {e["field"] for e in refused.value.errors} == {"password"}
    assert len(refused.value.errors) >= 3
    assert not passwords.is_due(town.person("anna"))
