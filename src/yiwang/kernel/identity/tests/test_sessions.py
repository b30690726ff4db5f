"""Sessions: seen by their owner, ended by him or an administrator, over after idling and after a whole day."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.identity import agents, queries, services
from yiwang.kernel.identity.gate import actor_of_session
from yiwang.kernel.identity.models import Account, Device, Session
from yiwang.kernel.identity.sessions import SessionStore
from yiwang.kernel.identity.sessions import signed_in as known_account
from yiwang.kernel.identity.tests.conftest import Town

WORD = "kite-paper-lamp"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


def signed_in(username: str, agent: str = EDGE, address: str = "10.2.3.4") -> Client:
    client = Client(headers={"accept-language": "zh-CN", "user-agent": agent}, REMOTE_ADDR=address)
    assert client.post("/accounts/login/", {"login": username, "password": WORD}).status_code == 302
    return client


@pytest.mark.parametrize(
    ("line", "words"),
    [(EDGE, "Edge · Windows"), (PHONE, "Chrome · Android"), ("", ""), ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) MicroMessenger/8.0", "WeChat · iPhone"),
     ("<script>alert(1)</script>", "")],
)  # fmt: skip
def test_devices_in_words(line: str, words: str) -> None:
    assert agents.describe(line) == words


def test_one_sees_where_one_is_signed_in_and_ends_one(town: Town) -> None:
    anna = town.person("anna")
    desk, phone = signed_in("anna"), signed_in("anna", PHONE, "10.9.8.7")
    page = desk.get(reverse("identity:sessions")).content.decode()
    for word in ("Edge · Windows", "10.2.3.4", "Chrome · Android", "10.9.8.7", "当前"):
        assert word in page
    assert desk.session.session_key not in page, "the key itself is never shown"
    other = next(s for s in queries.sessions_of(anna.pk) if s.address == "10.9.8.7")
    assert desk.post(reverse("identity:end_session", args=[other.uid])).status_code == 302
    assert phone.get("/accounts/sessions/")["Location"].startswith("/accounts/login/")
    assert desk.get("/accounts/sessions/").status_code == 200
    assert Event.objects.filter(action="identity.session.ended", actor_id=anna.pk).exists()


def test_nobody_ends_a_strangers_session(town: Town) -> None:
    anna, bert = town.person("anna"), town.person("bert")
    signed_in("anna")
    row = queries.sessions_of(anna.pk)[0]
    assert signed_in("bert").post(reverse("identity:end_session", args=[row.uid])).status_code == 404
    with pytest.raises(NotFound):
        services.end_session(town.actor(bert), row.uid)
    assert queries.sessions_of(anna.pk)


def test_all_others_end(town: Town) -> None:
    anna = town.person("anna")
    clients = [signed_in("anna") for _ in range(3)]
    clients[0].post(reverse("identity:end_other_sessions"))
    assert [c.get("/accounts/sessions/").status_code for c in clients] == [200, 302, 302]
    assert len(queries.sessions_of(anna.pk)) == 1


def test_administrators_end_them_all(town: Town, admin: Actor, guard: Actor) -> None:
    anna = town.person("anna")
    for actor in (admin, guard):
        client = signed_in("anna")
        boss = Client(headers={"accept-language": "zh-CN"})
        boss.force_login(Account.objects.get(pk=actor.account_id))
        assert "Edge · Windows" in boss.get(reverse("identity:account", args=[anna.uid])).content.decode()
        boss.post(reverse("identity:end_sessions", args=[anna.uid]), {"reason": "设备丢失"})
        assert client.get("/accounts/sessions/").status_code == 302
    with pytest.raises(NotPermitted):
        services.end_all_sessions(town.actor(anna), town.person("bert"), reason="x")
    told = [e.data["reason"] for e in Event.objects.filter(action="identity.session.all_ended")]
    assert told == ["设备丢失"] * 2


def test_idle_for_too_long_it_is_over_and_use_keeps_it_alive(town: Town) -> None:
    town.person("anna")
    begin = timezone.now()
    with override_settings(SESSION_IDLE_S=3600), time_machine.travel(begin, tick=False) as clock:
        client = signed_in("anna")
        key = client.session.session_key
        for minutes in (50, 100, 150):
            clock.move_to(begin + timedelta(minutes=minutes))
            assert client.get("/accounts/sessions/").status_code == 200
        clock.move_to(begin + timedelta(minutes=211))
        assert client.get("/accounts/sessions/")["Location"].startswith("/accounts/login/")
    assert not Session.objects.filter(session_key=key).exists(), "an idle session is gone, not asleep"


def test_after_a_whole_shift_it_is_over_however_busy(town: Town) -> None:
    town.person("anna")
    begin = timezone.now()
    with override_settings(SESSION_IDLE_S=3600, SESSION_ABSOLUTE_S=2 * 3600), time_machine.travel(begin, tick=False) as clock:
        client = signed_in("anna")
        for minutes, status in ((40, 200), (80, 200), (119, 200), (121, 302)):
            clock.move_to(begin + timedelta(minutes=minutes))
            assert client.get("/accounts/sessions/").status_code == status, minutes


def test_the_stream_hears_of_none_of_them(town: Town) -> None:
    anna = town.person("anna")
    client = signed_in("anna")
    key = client.session.session_key
    assert actor_of_session(key).account_id == anna.pk
    Account.objects.filter(pk=anna.pk).update(must_change_password=True)
    assert actor_of_session(key) is None
    Account.objects.filter(pk=anna.pk).update(must_change_password=False, password="md5$x$y")
    assert actor_of_session(key) is None, "a session of an older password"
    assert actor_of_session("no-such-key") is None


def test_use_is_noted_once_a_minute_and_costs_nothing_else(town: Town, django_assert_num_queries: Any) -> None:
    town.person("anna")
    begin = timezone.now()
    with time_machine.travel(begin, tick=False) as clock:
        client = signed_in("anna")
        store = SessionStore(session_key=client.session.session_key)
        store.load()
        with django_assert_num_queries(0):
            store.touch()
        clock.move_to(begin + timedelta(seconds=61))
        with django_assert_num_queries(1):
            store.touch()
            store.touch()


def test_who_is_signed_in_comes_with_the_session(town: Town, django_assert_num_queries: Any) -> None:
    """One statement reads both; whatever Django would look at closer is left to Django."""
    anna, bert = town.person("anna"), town.person("bert")
    key = signed_in("anna").session.session_key
    store = SessionStore(session_key=key)
    with django_assert_num_queries(1):
        assert known_account(store) == anna
        assert {f.attname: getattr(store.account, f.attname) for f in Account._meta.concrete_fields} == {
            f.attname: getattr(anna, f.attname) for f in Account._meta.concrete_fields
        } | {"last_login": store.account.last_login}
    with override_settings(AUTHENTICATION_BACKENDS=["another.Backend"]):
        assert known_account(store) is None
    store[SESSION_KEY] = str(bert.pk)
    assert known_account(store) is None, "the session changed hands after it was read"
    Account.objects.filter(pk=anna.pk).update(is_active=False)
    assert known_account(SessionStore(session_key=key)) is None
    Account.objects.filter(pk=anna.pk).update(is_active=True, password="md5$x$y")
    assert known_account(SessionStore(session_key=key)) is None
    assert known_account(SessionStore()) is None


def test_a_visitor_without_account_has_a_session_without_owner(town: Town) -> None:
    client = Client()
    store = client.session
    store["draft"] = {"text": "x"}
    store.save()
    row = Session.objects.get(session_key=store.session_key)
    assert (row.account_id, row.uid, row.began_at) == (None, None, None)
    with override_settings(SESSION_IDLE_S=1), time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert SessionStore(session_key=store.session_key)["draft"] == {"text": "x"}


def test_a_new_device_is_told_of_a_known_one_is_not(town: Town) -> None:
    town.person("anna")
    desk = signed_in("anna")
    desk.post("/accounts/logout/")
    desk.post("/accounts/login/", {"login": "anna", "password": WORD})
    signed_in("anna", PHONE, "10.9.8.7")
    told = [(e.data["device"], e.data["new_device"]) for e in Event.objects.filter(action="identity.signed_in").order_by("position")]
    assert told == [("Edge · Windows", False), ("Edge · Windows", False), ("Chrome · Android", True)]
    assert Device.objects.count() == 2
    assert not Device.objects.filter(token_hash=desk.cookies["yw_device"].value).exists(), "kept as a hash"
    assert desk.cookies["yw_device"]["httponly"]


def test_two_people_may_share_a_browser(town: Town) -> None:
    town.person("anna"), town.person("bert")
    client = signed_in("anna")
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "bert", "password": WORD})
    assert {d.account.username for d in Device.objects.all()} == {"anna", "bert"}
    assert [e.action for e in Event.objects.filter(action="identity.signed_out")] == ["identity.signed_out"]
