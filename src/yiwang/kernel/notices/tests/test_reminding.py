"""Reminders by each person's choice: channels, quiet hours, digest."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.notices import reminding, services
from yiwang.kernel.notices.models import Choice, Notice

pytestmark = pytest.mark.django_db
CHINA = ZoneInfo("Asia/Shanghai")
NIGHT, DAY = datetime(2026, 11, 23, 23, 30, tzinfo=CHINA), datetime(2026, 11, 24, 10, 0, tzinfo=CHINA)


@pytest.fixture
def people():
    ann = Account.objects.create(username="ann", name="安", duty_phone="13800001234", email="ann@gov.example.cn")
    bob = Account.objects.create(username="bob", name="博")
    return ann, bob


@pytest.fixture
def at(monkeypatch):
    def set_to(moment):
        monkeypatch.setattr(reminding, "now", lambda: moment)
        monkeypatch.setattr(services, "now", lambda: moment)

    return set_to


def tell(*accounts, **more):
    given = {"kind": "supervision.card.red", "title": {"zh-Hans": "红牌"}, "channels": ("sms", "mail"), "event_uid": uuid7()} | more
    return reminding.remind(account_ids=[a.pk for a in accounts], **given)


def waiting(account):
    return {n.channel: n.next_try_at for n in Notice.objects.filter(account=account).exclude(channel="in_app")}


def test_everybody_in_the_platform_and_outside_where_there_is_an_address(people, at):
    at(DAY)
    ann, bob = people
    assert tell(ann, bob) == 4
    assert set(waiting(ann)) == {"sms", "mail"}
    assert waiting(bob) == {}, "he has no address"


def test_at_night_only_what_is_urgent_goes_and_the_rest_waits_until_morning(people, at):
    at(NIGHT)
    ann, _bob = people
    tell(ann)
    assert set(waiting(ann).values()) == {datetime(2026, 11, 24, 7, 0, tzinfo=CHINA)}
    assert services.deliver()["sent"] == 0
    Notice.objects.all().delete()
    tell(ann, urgent=True)
    assert set(waiting(ann).values()) == {NIGHT}


def test_ones_own_quiet_hours_and_channels(people, at):
    ann, _bob = people
    reminding.save_choice(actor_for(ann), channels=["mail"], quiet_from=time(12), quiet_to=time(14), digest=False)
    at(NIGHT)
    tell(ann)
    assert waiting(ann) == {"mail": NIGHT}, "his hours are others"
    Notice.objects.all().delete()
    at(DAY.replace(hour=13))
    tell(ann)
    assert waiting(ann) == {"mail": DAY.replace(hour=14)}


def test_no_quiet_hours_at_all(people, at):
    ann, _bob = people
    reminding.save_choice(actor_for(ann), channels=["sms"], quiet_from=None, quiet_to=None, digest=False)
    at(NIGHT)
    tell(ann)
    assert waiting(ann) == {"sms": NIGHT}


def test_a_digest_replaces_single_reminders_but_not_urgent_ones(people, at):
    ann, _bob = people
    reminding.save_choice(actor_for(ann), channels=["sms"], quiet_from=None, quiet_to=None, digest=True, digest_at=time(8))
    at(DAY)
    tell(ann)
    assert waiting(ann) == {}
    tell(ann, urgent=True)
    assert set(waiting(ann)) == {"sms"}
    assert [c.account_id for c, _day in reminding.due_digests(DAY)] == [ann.pk]
    assert reminding.due_digests(DAY.replace(hour=7)) == []
    Choice.objects.update(last_digest_on=DAY.date())
    assert reminding.due_digests(DAY) == []


def test_the_same_event_reminds_once(people, at):
    at(DAY)
    ann, _bob = people
    event = uuid7()
    assert tell(ann, event_uid=event) == 3
    assert tell(ann, event_uid=event) == 0


@pytest.mark.parametrize("wrong", [{"channels": ["pigeon"]}, {"quiet_from": time(22)}, {"channels": [], "digest": True}])
def test_a_choice_that_cannot_be(people, wrong):
    given = {"channels": ["mail"], "quiet_from": None, "quiet_to": None, "digest": False} | wrong
    with pytest.raises(BadInput):
        reminding.save_choice(actor_for(people[0]), **given)
    assert not Choice.objects.exists()


def test_the_page_keeps_the_choice_and_shows_receipts(people, client):
    ann, _bob = people
    client.force_login(ann)
    assert client.post("/notices/channels/", {"channels": ["sms"], "quiet_from": "21:00", "quiet_to": "06:30", "digest": "on", "digest_at": "08:00"}).status_code == 302
    choice = Choice.objects.get(account=ann)
    assert (choice.channels, choice.quiet_from, choice.digest, choice.digest_at) == (["sms"], time(21), True, time(8))
    assert client.post("/notices/channels/test/", {"channel": "sms"}).status_code == 302
    services.deliver()
    shown = client.get("/notices/channels/").content.decode()
    assert "测试消息" in shown
    assert "138******34" in shown
    assert "outbox file" in shown
    assert client.post("/notices/channels/", {"channels": ["sms"], "quiet_from": "21:00"}).status_code == 422
