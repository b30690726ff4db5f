"""Calls with a grant: signed, masked, bounded, chained, with a receipt; keys that leak; deliveries and the proof of their end."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils.timezone import now

from yiwang.apps.datahub.errors import GrantClosed, NotGranted, NotNow, RateExceeded, WrongKey
from yiwang.apps.datahub.models.share import Delivery, GrantCall, SharingGrant
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.share import catalogue, delivering, granting, receipts, sealing, ticking
from yiwang.apps.datahub.tests import share_town
from yiwang.apps.datahub.tests.share_town import Caller, granted, make_set
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant(world: Any) -> SharingGrant:
    return granted(world, make_set(world), lookups=("id_number",), row_filter=[{"column": "street", "op": "in", "value": ["望湖", "柳岸"]}])


@pytest.fixture
def caller(world: Any, grant: SharingGrant) -> Caller:
    return Caller(world, grant)


def test_rows_masked_filtered_and_paged(caller: Caller) -> None:
    first = caller.call(("limit", "10"))
    assert len(first["rows"]) == 10
    assert first["rows"][0]["id_number"] == "371599********0002"  # 0 and 1 live in 长桥: the row filter keeps them away
    assert first["rows"][0]["name"].count("*") == 1
    pages, mark = [first], first["next"]
    while mark:
        pages.append(caller.call(("limit", "10"), ("after", mark)))
        mark = pages[-1]["next"]
    seen = [r["amount"] for p in pages for r in p["rows"]]
    assert (len(seen), len(set(seen))) == (28, 28)
    assert len(caller.call(("amount.gte", "520"), ("street", "望湖"), ("fields", "amount"))["rows"]) == 5
    one = caller.call(("id_number", "371599195401010004"))
    assert [r["amount"] for r in one["rows"]] == [504.0]
    line = GrantCall.objects.latest("pk")
    assert line.params == {"id_number": "3****************4"}
    assert line.subjects == [sealing.subject_hash("id_number", "371599195401010004")]
    assert "371599195401010004" not in json.dumps(queries.line_of(line, "x"))


@pytest.mark.parametrize(
    "query", [("name", "王甲子"), ("id_number.gte", "3715991954"), ("born", "1950-01-01"), ("fields", "amount,born"), ("wages", "1")]
)
def test_nothing_beyond_the_grant_and_no_comparing_with_what_is_masked(caller: Caller, query: tuple[str, str]) -> None:
    with pytest.raises(NotGranted):
        caller.call(query)
    assert (GrantCall.objects.get().status, GrantCall.objects.get().rows) == (403, 0)


@pytest.mark.parametrize("query", [("limit", "x"), ("limit", "0"), ("after", "forged"), ("amount.like", "5"), ("amount", "1); DROP TABLE x")])
def test_wrong_parameters_are_told_or_find_nothing(caller: Caller, query: tuple[str, str]) -> None:
    if query[0] == "amount":
        assert caller.call(query)["rows"] == []
        return
    with pytest.raises(BadInput):
        caller.call(query)


def test_signature(world: Any, caller: Caller) -> None:
    with pytest.raises(WrongKey):
        caller.call(late=-3600)
    caller.call(nonce="once")
    with pytest.raises(WrongKey):
        caller.call(nonce="once")  # the same call again
    with pytest.raises(BadInput):
        caller.call(purpose="")
    path = f"/api/v1/data/{caller.code}/rows"
    client = world.client()
    heads = caller.headers(path, [("limit", "3")])
    good = client.get(path, {"limit": "3"}, **heads)
    assert (good.status_code, len(good.json()["rows"])) == (200, 3)
    assert client.get(path, {"limit": "300"}, **caller.headers(path, [("limit", "3")])).status_code == 401  # another query than the signed one
    assert client.get(path).status_code == 401
    assert client.get("/api/v1/data/other/rows", **caller.headers("/api/v1/data/other/rows", [])).status_code == 401
    caller.secret = "guessed"
    with pytest.raises(WrongKey):
        caller.call()


def test_the_secret_is_shown_once_and_kept_nowhere(world: Any, grant: SharingGrant, caller: Caller) -> None:
    with pytest.raises(NotNow):
        granting.show_secret(world.actor("data_owner2"), grant)
    with pytest.raises(NotPermitted):
        granting.rotate(world.actor("data_owner"), grant, "要")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(g)::text FROM datahub_sharinggrant g")
        stored = cursor.fetchone()[0]
    key = signing.signing_key(caller.secret)
    assert caller.secret not in stored
    assert key.hex() not in stored  # who steals the table cannot sign
    page = world.client("data_owner2").get(f"/data/sharing/grants/{grant.uid}/").content.decode()
    assert caller.secret not in page


def test_rate_exceeded_says_what_to_do(world: Any) -> None:
    made = granted(world, make_set(world), per_minute=2, per_day=3)
    caller = Caller(world, made)
    caller.call()
    caller.call()
    with pytest.raises(RateExceeded) as caught:
        caller.call()
    assert 1 <= caught.value.retry_after_s <= 61
    assert "2" in caught.value.detail()
    assert [c.status for c in GrantCall.objects.order_by("seq")] == [200, 200, 429]
    path = f"/api/v1/data/{caller.code}/rows"
    told = world.client().get(path, **caller.headers(path, []))
    assert (told.status_code, told.json()["code"]) == (429, "datahub.grant.rate")


def test_a_leaked_key_is_refused_at_once_and_told(world: Any, grant: SharingGrant, caller: Caller) -> None:
    caller.call()
    old = caller.key_id, caller.secret
    caller.key_id, caller.secret = granting.rotate(world.actor("data_owner2"), grant, "密钥进了聊天记录")
    caller.call()
    thief = Caller.__new__(Caller)
    thief.key_id, thief.secret, thief.code, thief.receipts = *old, caller.code, []
    with pytest.raises(GrantClosed):
        thief.call()
    assert Event.objects.filter(action="datahub.grant.old_key").count() == 1
    granting.close(world.actor("data_owner"), grant, "revoked", "疑似泄露")
    with pytest.raises(GrantClosed) as caught:
        caller.call()
    assert "疑似泄露" in caught.value.detail()
    assert GrantCall.objects.latest("pk").code == "datahub.grant.closed"  # on record
    with pytest.raises(NotNow):
        granting.close(world.actor("data_owner"), grant, "active", "还能用")


def test_a_withdrawn_set_and_an_ended_grant_give_nothing(world: Any, grant: SharingGrant, caller: Caller) -> None:
    catalogue.withdraw(world.actor("data_steward"), grant.dataset, "并入新目录")
    with pytest.raises(GrantClosed):
        caller.call()
    SharingGrant.objects.update(valid_until=now() - timedelta(seconds=1))
    assert ticking.tick()["ended"] == 1
    assert SharingGrant.objects.get().request.state == "ended"
    with pytest.raises(GrantClosed):
        caller.call()


def test_the_two_sides_compare_their_logs(world: Any, grant: SharingGrant, caller: Caller, tmp_path: Any) -> None:
    for _n in range(4):
        caller.call(("limit", "2"))
    kept = tmp_path / "receipts.jsonl"
    kept.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in caller.receipts), encoding="utf-8")
    out = io.StringIO()
    call_command("datahub", "receipts", "verify", str(kept), stdout=out)
    assert "4 the same" in out.getvalue()
    (found,) = receipts.verify(kept)
    assert (found.compared.is_whole, found.compared.same) == (True, (1, 2, 3, 4))
    key = signing.signing_key(caller.secret)
    for one in caller.receipts:  # signed with the caller's own key: nobody else can have made it
        assert signing.sign(key, signing.plain({k: one[k] for k in signing.RECEIPT if k != "mac"})) == one["mac"]
    changed = [dict(r) for r in caller.receipts]
    changed[1]["rows"], changed[3]["seq"] = 99, 9
    del changed[2]
    kept.write_text("\n".join(json.dumps(r) for r in changed), encoding="utf-8")
    (found,) = receipts.verify(kept)
    assert (found.compared.changed, found.compared.unknown, found.compared.unkept) == ((2,), (9,), (3, 4))
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("datahub", "receipts", "verify", str(kept), stdout=out)
    assert "1 differ from our log: 2" in out.getvalue()
    with pytest.raises(DatabaseError), transaction.atomic():
        GrantCall.objects.filter(seq=2).update(rows=0)
    lines = [queries.line_of(c, str(grant.uid)) for c in queries.calls_of(grant).order_by("seq")]
    assert signing.broken_at(lines) is None
    lines[2]["rows"] = 0
    assert signing.broken_at(lines) == 3
    assert signing.broken_at([lines[0], lines[3]]) == 4
    kept.write_text("no receipts", encoding="utf-8")
    with pytest.raises(BadInput):
        receipts.verify(kept)


def test_unusual_use_is_told_once_a_day(world: Any, grant: SharingGrant) -> None:
    SharingGrant.objects.update(valid_from=now() - timedelta(days=30))
    moments = [now() - timedelta(days=d) for d in range(1, 29) for _n in range(20)] + [now()] * 300
    GrantCall.objects.bulk_create(
        GrantCall(grant=grant, seq=n, at=at, nonce=str(n), kind="rows", status=200, request_hash="", hash=str(n)) for n, at in enumerate(moments, 1)
    )
    assert ticking.tick()["alarms"] == 1
    assert ticking.tick()["alarms"] == 0
    told = Notice.objects.filter(kind="datahub.grant.unusual").values_list("account__username", flat=True)
    assert set(told) == {"data_owner", "data_steward", "data_steward2"}  # the owner's officer and the stewards


def test_a_subscription_hands_out_what_changed_and_nothing_twice(world: Any) -> None:
    made = granted(world, make_set(world), way="table")
    caller, owner = Caller(world, made), world.actor("data_owner")
    first = delivering.deliver(owner, made)
    assert first is not None
    assert (first.rows, first.removed) == (30, 0)
    assert delivering.deliver(owner, made) is None  # nothing changed
    table = share_town.rows()
    table["amount"][5], gone = 999.0, table["id_number"][29]
    share_town.put(made.dataset.code, {k: v[:29] for k, v in table.items()})
    second = delivering.deliver(owner, made)
    assert second is not None
    assert (second.rows, second.removed) == (2, 1)
    batch = caller.call(("after", "1"), kind="changes")
    ops = {r["__op"]: r for r in batch["rows"]}
    assert (ops["put"]["amount"], ops["put"]["id_number"]) == (999.0, "371599********0005")
    assert ops["gone"]["id_number"] == f"{gone[:6]}********{gone[-4:]}"
    assert ops["gone"]["name"] is None
    assert caller.call(("after", "2"), kind="changes")["rows"] == []
    with pytest.raises(NotGranted):
        caller.call()  # the interface was not granted


def test_a_file_is_deleted_at_the_end_and_the_receiver_declares_his_copy(world: Any) -> None:
    dataset = make_set(world)
    table = share_town.rows(3)
    table["street"][0] = '=HYPERLINK("http://x")'
    share_town.put(dataset.code, table)
    made = granted(world, dataset, way="file")
    me = world.actor("data_owner2")
    row = delivering.deliver(me, made)
    assert row is not None
    client = world.client("data_owner2")
    answer = client.get(f"/data/sharing/grants/{made.uid}/deliveries/1/")
    text = answer.content.decode()
    assert "'=HYPERLINK" in text  # no sheet takes it for a formula
    assert "371599********0001" in text
    assert world.client("data_owner").get(f"/data/sharing/grants/{made.uid}/deliveries/1/").status_code in (403, 404)
    path = delivering.folder(made) / row.name
    assert path.exists()
    SharingGrant.objects.update(valid_until=now() - timedelta(seconds=1))
    assert ticking.tick()["deleted"] == 1
    assert not path.exists()
    with pytest.raises(NotFound):
        delivering.fetched(me, SharingGrant.objects.get(), 1)
    with pytest.raises(BadInput):
        delivering.prove_deletion(me, made, 1, " ")
    done = delivering.prove_deletion(me, made, 1, "从医保核查库删除，备份带已覆盖")
    assert done.proof["sha256"] == row.sha256
    assert Event.objects.filter(action="datahub.delivery.proved").count() == 1
    with pytest.raises(NotNow):
        delivering.prove_deletion(me, made, 1, "再来一次")
    assert Delivery.objects.get().deleted_at is not None


def test_review_before_the_end(world: Any, grant: SharingGrant) -> None:
    SharingGrant.objects.update(valid_until=now() + timedelta(days=5))
    assert ticking.tick()["reviews"] == 1
    assert ticking.tick()["reviews"] == 0
    owner = world.actor("data_owner")
    with pytest.raises(BadInput):
        granting.review(owner, grant, keep=True, until=now() + timedelta(days=9000), reason="照旧", most_days=730)
    with pytest.raises(NotPermitted):
        granting.review(world.actor("data_owner2"), grant, keep=True, until=now() + timedelta(days=90), reason="照旧", most_days=730)
    granting.review(owner, grant, keep=False, until=None, reason="业务已停", most_days=730)
    assert SharingGrant.objects.get().state == "ended"
