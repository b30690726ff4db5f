"""The second factor over HTTP: codes of an app, recovery codes, roles that ask for one, keys that are lost."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client, override_settings
from django.urls import reverse

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotPermitted
from yiwang.kernel.identity import cipher, queries, services
from yiwang.kernel.identity.errors import OwnRights
from yiwang.kernel.identity.models import Account, UsedCode
from yiwang.kernel.identity.services import sign_ins
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

WORD = "kite-paper-lamp"
ZH = {"accept-language": "zh-CN"}


def code_of(secret: str, steps: int = 0) -> str:
    """Return the code that an app with this key shows now, or `steps` times 30 seconds later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def confirm(client: Client, password: str = WORD) -> None:
    assert client.post("/accounts/reauthenticate/", {"password": password}).status_code == 302


def set_up(client: Client, django_capture_on_commit_callbacks: Any) -> tuple[str, list[str]]:
    """Set up an app as a person does: confirm, read the key from the page, type its code; returns key and recovery codes."""
    address = reverse("mfa_activate_totp")
    asked = client.get(address)
    if asked.status_code == 302:
        assert asked["Location"].startswith("/accounts/reauthenticate/")
        confirm(client)
    page = client.get(address).content.decode()
    secret = next(word for word in re.findall(r">([A-Z2-7]{32})<", page))
    assert "data:image/svg+xml;base64," in page
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(address, {"code": code_of(secret)})
    assert (done.status_code, done["Location"]) == (302, reverse("mfa_view_recovery_codes"))
    codes = re.findall(r'<li class="mono">(\d{8})</li>', client.get(done["Location"]).content.decode())
    return secret, codes


@pytest.fixture
def anna(town: Town) -> Account:
    return town.person("anna")


@pytest.fixture
def client(anna: Account) -> Client:
    made = Client(headers=ZH)
    assert made.post("/accounts/login/", {"login": "anna", "password": WORD}).status_code == 302
    return made


def enter(password: str = WORD) -> Client:
    """Go as far as the password; the second step follows."""
    made = Client(headers=ZH)
    answer = made.post("/accounts/login/", {"login": "anna", "password": password, "next": "/accounts/sessions/"})
    assert answer["Location"].startswith(reverse("mfa_authenticate")), answer["Location"]
    return made


def test_an_app_is_set_up_and_asked_for_from_then_on(anna: Account, client: Client, django_capture_on_commit_callbacks: Any) -> None:
    secret, codes = set_up(client, django_capture_on_commit_callbacks)
    assert len(codes) == 10
    stored = Authenticator.objects.get(user=anna, type="totp").data["secret"]
    assert secret not in stored
    assert cipher.decrypt(stored) == secret
    again = enter()
    assert again.get("/accounts/sessions/").status_code == 302, "the password alone opens nothing"
    assert "第二步验证" in again.get(reverse("mfa_authenticate")).content.decode()
    wrong = again.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "验证码不正确" in wrong.content.decode()
    right = again.post(reverse("mfa_authenticate"), {"code": code_of(secret, 1)})
    assert (right.status_code, right["Location"]) == (302, "/accounts/sessions/")
    assert again.get("/accounts/sessions/").status_code == 200
    told = Event.objects.filter(action="identity.signed_in").order_by("position").last()
    assert told.data["factors"] == ["password", "totp"]
    assert Event.objects.filter(action="identity.second_factor.added", data__type="totp").exists()


def test_a_code_opens_once(anna: Account, client: Client, django_capture_on_commit_callbacks: Any) -> None:
    secret, _ = set_up(client, django_capture_on_commit_callbacks)
    code = code_of(secret, 1)
    assert enter().post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    from django.core.cache import cache

    cache.clear()  # as another web process, which knows nothing of this one's memory
    assert enter().post(reverse("mfa_authenticate"), {"code": f"{code[:3]} {code[3:]}"}).status_code == 200
    assert UsedCode.objects.filter(account=anna).count() == 1
    assert not UsedCode.objects.filter(code_hash=code).exists()
    assert not sign_ins.take_code(anna, code)


def test_a_recovery_code_opens_once_and_is_shown_once(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    _, codes = set_up(client, django_capture_on_commit_callbacks)
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert not any(code in again for code in codes)
    assert enter().post(reverse("mfa_authenticate"), {"code": codes[3]}).status_code == 302
    assert enter().post(reverse("mfa_authenticate"), {"code": codes[3]}).status_code == 200
    assert enter().post(reverse("mfa_authenticate"), {"code": codes[4]}).status_code == 302


def test_codes_are_not_guessed_though_the_password_is_known(client: Client, django_capture_on_commit_callbacks: Any) -> None:
    set_up(client, django_capture_on_commit_callbacks)
    said = ""
    for i in range(6):  # signing in anew each time: the right password gives no new tries
        intruder = Client(headers=ZH)
        answer = intruder.post("/accounts/login/", {"login": "anna", "password": WORD})
        if answer.status_code == 302:
            said = intruder.post(reverse("mfa_authenticate"), {"code": f"00000{i}"}).content.decode()
        else:
            said = answer.content.decode()
    assert "失败次数过多" in said
    assert queries.locks().count() == 1
    assert {e.data["step"] for e in Event.objects.filter(action="identity.sign_in.failed")} == {"code"}
    locked = Client(headers=ZH).post("/accounts/login/", {"login": "anna", "password": WORD})
    assert "失败次数过多" in locked.content.decode()


def test_a_role_that_asks_leads_there_and_nowhere_else(
    town: Town, anna: Account, client: Client, guard: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    town.holds(anna, "admin", "centre")
    assert client.get("/accounts/people/").status_code == 200
    services.demand_second_factor(guard, town.roles["admin"], True)
    gone = client.get("/accounts/people/")
    assert (gone.status_code, gone["Location"]) == (302, f"{reverse('mfa_index')}?next=%2Faccounts%2Fpeople%2F")
    assert "您的岗位要求双因素认证" in client.get(gone["Location"]).content.decode()
    for address in ("/accounts/organizations/", "/accounts/delegations/", "/accounts/sessions/", "/"):
        assert client.get(address)["Location"].startswith(reverse("mfa_index")), address
    refused = client.post("/accounts/people/new/", {"username": "x", "name": "x"})
    assert refused.status_code == 403
    assert not Account.objects.filter(username="x").exists()
    api = client.get("/api/v1/me")
    assert (api.status_code, api.json()["code"]) == (403, "identity.second-factor-due")
    set_up(client, django_capture_on_commit_callbacks)
    assert client.get("/accounts/people/").status_code == 200
    assert client.get("/api/v1/me").status_code == 200
    confirm(client)
    page = client.post(reverse("mfa_deactivate_totp"), {})
    assert Authenticator.objects.filter(user=anna, type="totp").exists(), "the last one stays where a post asks for one"
    assert "请先设置另一种" in page.content.decode()
    services.demand_second_factor(guard, town.roles["admin"], False)
    assert client.post(reverse("mfa_deactivate_totp"), {}).status_code == 302
    assert not Authenticator.objects.filter(user=anna).exists(), "recovery codes go with the last factor"


@override_settings(SECOND_FACTOR_ROLES=("admin",))
def test_a_role_may_be_named_in_the_settings(town: Town, anna: Account, client: Client) -> None:
    assert client.get("/accounts/sessions/").status_code == 200
    town.holds(anna, "admin", "centre")
    assert client.get("/accounts/sessions/")["Location"].startswith(reverse("mfa_index"))
    assert town.actor(anna).needs_second_factor


def test_only_the_security_administrator_demands_and_removes(
    town: Town, anna: Account, client: Client, guard: Actor, admin: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    set_up(client, django_capture_on_commit_callbacks)
    for other in (admin, town.actor(anna)):
        with pytest.raises(NotPermitted):
            services.demand_second_factor(other, town.roles["doer"], True)
        with pytest.raises(NotPermitted):
            services.remove_second_factor(other, anna, reason="x")
    with pytest.raises(OwnRights):
        services.remove_second_factor(guard, Account.objects.get(pk=guard.account_id), reason="x")
    boss = Client(headers=ZH)
    boss.force_login(Account.objects.get(pk=guard.account_id))
    assert "已设置" in boss.get(reverse("identity:account", args=[anna.uid])).content.decode()
    boss.post(reverse("identity:remove_second_factor", args=[anna.uid]), {"reason": "手机丢失"})
    assert not Authenticator.objects.filter(user=anna).exists()
    assert client.get("/accounts/sessions/").status_code == 302, "and the session that it opened has ended"
    assert Client().post("/accounts/login/", {"login": "anna", "password": WORD}).status_code == 302
    boss.post(reverse("identity:demand_second_factor", args=["doer"]), {"demanded": "1"})
    town.roles["doer"].refresh_from_db()
    assert town.roles["doer"].requires_second_factor


def test_a_new_factor_ends_the_sessions_that_never_showed_it(anna: Account, client: Client, django_capture_on_commit_callbacks: Any) -> None:
    other = Client()
    other.post("/accounts/login/", {"login": "anna", "password": WORD})
    set_up(client, django_capture_on_commit_callbacks)
    assert client.get("/accounts/sessions/").status_code == 200
    assert other.get("/accounts/sessions/").status_code == 302


def test_setting_up_asks_again_who_it_is(client: Client) -> None:
    for name in ("mfa_activate_totp", "mfa_add_webauthn"):
        assert client.get(reverse(name))["Location"].startswith("/accounts/reauthenticate/"), name
    assert not Authenticator.objects.exists()


def test_another_installations_key_opens_no_secret() -> None:
    sealed = cipher.encrypt("JBSWY3DP")
    assert cipher.decrypt(sealed) == "JBSWY3DP"
    assert cipher.encrypt("JBSWY3DP") != sealed
    with override_settings(FIELD_KEY="another"), pytest.raises(ValueError, match="field key"):
        cipher.decrypt(sealed)


def test_standing_in_for_an_administrator_asks_for_no_factor(town: Town, anna: Account, guard: Actor) -> None:
    from datetime import timedelta

    from django.utils import timezone

    bert = town.person("bert")
    town.holds(bert, "admin", "centre"), town.holds(anna, "doer", "crew")
    services.demand_second_factor(guard, town.roles["admin"], True)
    moment = timezone.now()
    services.delegate(SYSTEM, absent=bert, substitute=anna, starts_at=moment, ends_at=moment + timedelta(days=1), reason="x")
    assert town.actor(bert).needs_second_factor
    assert not town.actor(anna).needs_second_factor, "a substitute does tasks; he administers nothing"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_of_the_second_factor_in_both_languages(client: Client, language: str, django_capture_on_commit_callbacks: Any) -> None:
    from django.conf import settings

    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    confirm(client)
    names = ["mfa_index", "mfa_activate_totp", "mfa_add_webauthn"]
    pages = {name: client.get(reverse(name)) for name in names}
    set_up(client, django_capture_on_commit_callbacks)
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_reauthenticate"):
        pages[name + "2"] = client.get(reverse(name))
    for name, page in pages.items():
        assert page.status_code == 200, name
        heading = re.sub(r"<[^>]+>", "", re.search(r"<h1>(.*?)</h1>", page.content.decode(), re.S)[1]).strip()
        assert heading.isascii() is (language == "en"), (name, heading)
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page.content.decode()), "no script in the page itself"
        assert " style=" not in page.content.decode()
