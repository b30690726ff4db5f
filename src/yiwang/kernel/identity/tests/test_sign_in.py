"""Signing in by user name and password, the acting post in the session, the language that comes back."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotPermitted, NotSignedIn
from yiwang.kernel.identity import services
from yiwang.kernel.identity.doors import api_door, door
from yiwang.kernel.identity.errors import ForgedRequest
from yiwang.kernel.identity.middleware import api_key
from yiwang.kernel.identity.tests.conftest import SYSTEM, Town

WORD = "kite-paper-lamp"


def sign_in(client: Client, username: str, password: str = WORD) -> Any:
    return client.post(
        "/accounts/login/", {"login": username, "password": password, "next": "/accounts/password/change/"}
    )


def test_sign_in_and_out(town: Town) -> None:
    town.person("anna")
    client = Client()
    assert client.get("/accounts/login/").status_code == 200
    assert sign_in(client, "anna", "wrong-word-here").status_code == 200
    assert "_auth_user_id" not in client.session
    response = sign_in(client, "anna")
    assert (response.status_code, response["Location"]) == (302, "/accounts/password/change/")
    assert client.get("/accounts/password/change/").status_code == 200
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_a_closed_account_does_not_come_in(town: Town) -> None:
    services.set_active(SYSTEM, town.person("anna"), False)
    client = Client()
    sign_in(client, "anna")
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up(db: Any) -> None:
    client = Client()
    client.post("/accounts/signup/", {"username": "x", "password1": WORD, "password2": WORD})
    from yiwang.kernel.identity.models import Account

    assert not Account.objects.exists()


def test_the_language_chosen_before_comes_back_with_the_sign_in(town: Town) -> None:
    anna = town.person("anna")
    services.set_language(town.actor(anna), "en")
    client = Client(headers={"accept-language": "zh-CN"})
    response = sign_in(client, "anna")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def request(actor: Actor, method: str = "GET", **more: Any) -> Any:
    made = (
        RequestFactory(enforce_csrf_checks=True).generic(method, "/", **more)
        if more.pop("csrf", None)
        else RequestFactory().generic(method, "/")
    )
    made.actor = actor
    made._dont_enforce_csrf_checks = False
    return made


PERSON = Actor(kind=ActorKind.PERSON, account_id=1)
PUBLIC = Actor(kind=ActorKind.PUBLIC)
CLIENT = Actor(kind=ActorKind.CLIENT, client_id=1)


def test_doors() -> None:
    for make in (door, api_door):
        with pytest.raises(ValueError):
            make()
        with pytest.raises(ValueError):
            make("a.b", public=True)
    signed_in = api_door(signed_in=True)
    with pytest.raises(NotSignedIn):
        signed_in(request(PUBLIC))
    assert signed_in(request(PERSON)) is PERSON
    with pytest.raises(NotPermitted):
        api_door("a.b")(request(PERSON))
    with pytest.raises(NotSignedIn):
        api_door("a.b")(request(PUBLIC))
    assert api_door(public=True)(request(PUBLIC)) is PUBLIC


def test_an_api_write_by_a_browsers_session_needs_the_token_a_key_does_not(db: Any) -> None:
    guard = api_door(signed_in=True)
    with pytest.raises(ForgedRequest):
        guard(request(PERSON, "POST"))
    assert guard(request(CLIENT, "POST")) is CLIENT
    good = request(PERSON, "POST")
    token = "a" * 32
    good.COOKIES[settings.CSRF_COOKIE_NAME] = token
    good.META["HTTP_X_CSRFTOKEN"] = token
    assert guard(good) is PERSON


@pytest.mark.parametrize(
    ("headers", "key"),
    [({"authorization": "Bearer abc"}, "abc"), ({"authorization": "bearer  abc "}, "abc"), ({"x-api-key": "k"}, "k"), ({}, ""),
     ({"authorization": "Basic abc"}, "")],
)  # fmt: skip
def test_where_a_key_is_looked_for(headers: dict[str, str], key: str) -> None:
    assert api_key(RequestFactory().get("/", headers=headers)) == key


def test_a_wrong_key_is_refused_before_any_view(db: Any) -> None:
    response = Client().get("/accounts/login/", headers={"x-api-key": "nonsense", "accept": "application/json"})
    assert response.status_code == 401
    assert response.json()["code"] == "base.not-signed-in"
