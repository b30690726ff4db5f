"""Telling people: once for each event, to the right person, by the right way; and what happens when a way is closed."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from yiwang.kernel.base.actor import Actor, ActorKind, public
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, NotSignedIn
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices import channels, queries, services
from yiwang.kernel.notices.channels import SendFailed
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db
TITLE = {"zh-Hans": "新待办", "en": "New task"}


@pytest.fixture(autouse=True)
def _own_ways(monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(channels, "_senders", dict(channels._senders))
    monkeypatch.setattr(channels, "_address_book", [])


@pytest.fixture
def ann():
    return Account.objects.create(username="ann", name="安", email="ann@example.org", duty_phone="06358123456")


def actor(account):
    return Actor(kind=ActorKind.PERSON, account_id=account.pk)


def test_an_event_tells_one_person_once(ann, django_assert_num_queries):
    event = uuid4()
    told = [services.notify(account_id=ann.pk, kind="case.task", title=TITLE, event_uid=event) for _ in range(3)]
    assert told == [True, False, False]
    assert services.notify(account_id=ann.pk, kind="case.urge", title=TITLE, event_uid=event)
    assert services.notify(account_id=ann.pk, kind="case.task", title=TITLE, event_uid=event, channel="mail")
    assert services.notify(account_id=ann.pk, kind="case.task", title=TITLE)  # no event: told again
    assert services.notify(account_id=ann.pk, kind="case.task", title=TITLE)
    bob = Account.objects.create(username="bob")
    many = [Message(account_id=a.pk, kind="case.task", title=TITLE, event_uid=event) for a in (ann, bob, bob)]
    assert services.notify_many(many) == 1
    party = uuid4()
    assert services.notify(party_uid=party, channel="sms", kind="case.ended", title=TITLE, event_uid=event)
    assert not services.notify(party_uid=party, channel="sms", kind="case.ended", title=TITLE, event_uid=event)
    with django_assert_num_queries(1):
        assert queries.unread_count(actor(ann)) == 4


@pytest.mark.parametrize("wrong", [
    {}, {"account_id": 1, "party_uid": uuid4()}, {"account_id": 1, "channel": "pigeon"}, {"account_id": 1, "title": {}},
    {"account_id": 1, "title": {"en": ""}}, {"account_id": 1, "kind": ""}, {"account_id": 1, "link": "https://evil.example/"},
    {"account_id": 1, "link": "//evil.example"}, {"account_id": 1, "link": "javascript:alert(1)"}, {"account_id": 1, "link": "/\\evil.example"},
    {"party_uid": uuid4()},
])  # fmt: skip
def test_a_message_that_cannot_be(wrong):
    with pytest.raises(ValueError):
        services.notify(**({"kind": "x", "title": TITLE} | wrong))
    assert not Notice.objects.exists()


def test_the_database_keeps_the_promise_too(ann):
    for broken in ({"account": None}, {"party_uid": uuid4()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(**({"account": ann, "kind": "x", "title": TITLE} | broken))


def test_reading_is_for_the_receiver(ann):
    services.notify(account_id=ann.pk, kind="x", title=TITLE, subject_kind="case", subject_uid=(case := uuid4()))
    services.notify(account_id=ann.pk, kind="y", title=TITLE)
    notice = Notice.objects.get(kind="y")
    bob = actor(Account.objects.create(username="bob"))
    for stranger in (bob, public()):
        with pytest.raises(NotFound):
            services.mark_read(actor=stranger, uid=notice.uid)
    first = services.mark_read(actor=actor(ann), uid=notice.uid).read_at
    assert services.mark_read(actor=actor(ann), uid=notice.uid).read_at == first
    assert services.mark_subject_read(actor=bob, subject_uid=case) == 0
    assert services.mark_subject_read(actor=actor(ann), subject_uid=case) == 1
    assert services.mark_all_read(actor=actor(ann)) == 0
    with pytest.raises(NotSignedIn):
        services.mark_all_read(actor=public())


def test_paging_shows_each_once(ann):
    services.notify_many(Message(account_id=ann.pk, kind="x", title={"en": str(n)}) for n in range(25))
    seen, cursor = [], ""
    while True:
        page = queries.inbox(actor(ann), cursor=cursor, size=10)
        seen += [n.pk for n in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 25


def test_ways_out(ann, tmp_path):
    ann.language = "en"
    ann.save()
    for channel in ("mail", "sms", "chat"):
        services.notify(account_id=ann.pk, kind="x", title={"zh-Hans": "题\r\nBcc: a@b.c", "en": "T\r\nBcc: a@b.c"}, channel=channel)
    assert services.deliver() == {"sent": 3, "later": 0, "failed": 0}
    assert services.deliver() == {"sent": 0, "later": 0, "failed": 0}
    assert mail.outbox[0].subject == "T Bcc: a@b.c"
    assert mail.outbox[0].to == ["ann@example.org"]
    line = json.loads((tmp_path / "outbox" / "sms.jsonl").read_text())
    assert line["to"] == "063******56"
    assert "06358123456" not in (tmp_path / "outbox" / "sms.jsonl").read_text()
    assert Notice.objects.get(channel="sms").receipt == channels.OUTBOX_RECEIPT


def test_somebody_outside_is_found_by_the_room_that_keeps_him():
    party = uuid4()
    services.notify(party_uid=party, channel="sms", kind="x", title=TITLE)
    channels.register_address_book(lambda uid, channel: "13800001234" if uid == party and channel == "sms" else "")
    assert services.deliver()["sent"] == 1
    services.notify(party_uid=uuid4(), channel="sms", kind="x", title=TITLE)
    assert services.deliver()["failed"] == 1
    assert "no address" in queries.failed().get().receipt


def test_a_closed_way_is_tried_again_and_given_up_in_the_end(ann):
    class Closed:
        calls = 0

        def send(self, notice, address, language):
            self.calls += 1
            raise SendFailed("gateway says 503")

    closed = Closed()
    channels.register_sender("sms", closed)
    services.notify(account_id=ann.pk, kind="x", title=TITLE, channel="sms")
    assert services.deliver() == {"sent": 0, "later": 1, "failed": 0}
    assert services.deliver() == {"sent": 0, "later": 0, "failed": 0}  # not before its time
    for _ in range(5):
        Notice.objects.update(next_try_at=now() - timedelta(seconds=1))
        services.deliver()
    notice = Notice.objects.get()
    assert (notice.state, notice.tries, closed.calls) == ("failed", 6, 6)
    assert notice.receipt == "gateway says 503"
    assert services.deliver() == {"sent": 0, "later": 0, "failed": 0}


def test_a_worker_killed_while_sending_means_one_more_try(ann):
    class Killed:
        def send(self, notice, address, language):
            raise KeyboardInterrupt

    channels.register_sender("sms", Killed())
    services.notify(account_id=ann.pk, kind="x", title=TITLE, channel="sms")
    with pytest.raises(KeyboardInterrupt):
        services.deliver()
    notice = Notice.objects.get()
    assert notice.state == "pending"
    assert notice.next_try_at > now() + timedelta(minutes=5)
    Notice.objects.update(next_try_at=now())
    channels.register_sender("sms", channels.OutboxSender("sms"))
    assert services.deliver()["sent"] == 1


@pytest.mark.parametrize(("address", "hidden"), [
    ("13800001234", "138******34"), ("ann@example.org", "a***@example.org"), ("12", "**"), ("", ""),
])  # fmt: skip
def test_masking(address, hidden):
    assert channels.masked(address) == hidden


def test_pages(ann, client):
    assert client.get("/notices/").status_code == 302
    client.force_login(ann)
    empty = client.get("/notices/")
    assert empty.status_code == 200
    services.notify(account_id=ann.pk, kind="x", title={"zh-Hans": "<b>新待办</b>", "en": "x"}, body={"zh-Hans": "正文"}, link="/city/")
    page = client.get("/notices/").content.decode()
    assert "&lt;b&gt;新待办&lt;/b&gt;" in page
    assert "正文" in page
    notice = Notice.objects.get()
    answer = client.get(f"/notices/{notice.uid}/")
    assert (answer.status_code, answer["Location"]) == (302, "/city/")
    assert queries.unread_count(actor(ann)) == 0
    assert "新待办" not in client.get("/notices/?unread=1").content.decode()
    assert client.post("/notices/read/").status_code == 302
    assert client.get("/notices/?cursor=forged", headers={"Accept": "application/json"}).status_code == 422
    client.force_login(Account.objects.create(username="bob"))
    assert client.get(f"/notices/{notice.uid}/", headers={"Accept": "application/json"}).status_code == 404
