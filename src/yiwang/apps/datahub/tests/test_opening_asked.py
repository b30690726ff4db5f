"""Requests and corrections within working days; challenges with two judges."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from yiwang.apps.datahub.errors import AlreadyDecided, NotYet, TooFewJudges
from yiwang.apps.datahub.models import Challenge, ChallengeEntry, OpenRequest
from yiwang.apps.datahub.queries.opening import asked
from yiwang.apps.datahub.services.opening import asking, challenges
from yiwang.apps.datahub.tests import portal
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted


@pytest.mark.django_db
def test_a_stranger_asks_and_reads_the_answer(world: Any, client: Any) -> None:
    portal.open_trees(world)
    sent = client.post("/open/requests/?about=open-trees", {"kind": "correct", "text": "长桥路没有这么多树，请核对。"})
    assert sent.status_code == 302
    made = OpenRequest.objects.get()
    assert made.code in sent.headers["Location"]
    assert made.org.code == "bureau-greening"
    days = sum(1 for n in range((made.due_at - made.received_at).days + 1) if (made.received_at + timedelta(days=n)).weekday() < 5)
    assert days >= 15  # working days, so three weeks at least
    assert made.text in client.get(f"/open/requests/?code={made.code}").content.decode()
    assert client.get("/open/requests/?code=AAAAAAAAAA").status_code == 404
    steward = world.actor("data_steward")
    asking.extend(steward, made, reason="需要现场核对")
    with pytest.raises(AlreadyDecided):
        asking.extend(steward, made, reason="再延一次")
    asking.answer(steward, made, outcome="agreed", text="已核对并更正，谢谢。", shown=True)
    with pytest.raises(AlreadyDecided):
        asking.answer(steward, made, outcome="refused", text="不予更正。")
    page = client.get("/open/requests/").content.decode()
    assert "已核对并更正" in page
    assert made.code not in page


@pytest.mark.django_db
def test_a_form_sent_twice_is_one_request(world: Any, client: Any) -> None:
    body = {"kind": "want", "text": "希望开放路灯杆的位置。", "idempotency_key": "0199-once"}
    first, again = client.post("/open/requests/", body), client.post("/open/requests/", body)
    assert first.headers["Location"] == again.headers["Location"]
    assert OpenRequest.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["请联系我 13800138000 说明数据", "短", "我的身份证是 11010519491231002X", "x" * 1001])
def test_what_a_stranger_must_not_write(world: Any, client: Any, text: str) -> None:
    answer = client.post("/open/requests/", {"kind": "want", "text": text})
    assert answer.status_code == 422
    assert not OpenRequest.objects.exists()


@pytest.mark.django_db
def test_each_bureau_sees_its_own_requests(world: Any) -> None:
    row = portal.open_trees(world)
    public = world.public()
    ours, new = asking.ask(public, kind="correct", text="树高单位不对。", open_set=row), asking.ask(public, kind="want", text="想要低保人数的数据。")
    assert set(asked.requests_for(world.actor("data_steward"))) == {ours, new}
    assert set(asked.requests_for(world.actor("data_owner"))) == set()
    asking.hand_on(world.actor("data_steward"), new, org=world.orgs["bureau-civil"])
    assert set(asked.requests_for(world.actor("data_owner"))) == {new}
    with pytest.raises(NotPermitted):
        asking.answer(world.actor("data_owner"), ours, outcome="agreed", text="这不是我们的。")


@pytest.mark.django_db
def test_a_challenge_from_post_to_award(world: Any, client: Any) -> None:
    steward, org = world.actor("data_steward"), world.orgs["bureau-greening"]
    given = {
        "slug": "shade-map", "kind": "paid", "title": "林荫路地图", "brief": "用行道树数据做一张夏季林荫步行路线图。", "reward": "三万元", "criteria": [("创新性", 40), ("可用性", 60)],
        "closes_at": now() + timedelta(days=30), "org": org,
    }  # fmt: skip
    with pytest.raises(BadInput):  # one judge is too few, oneself is none
        challenges.post(steward, **given, judges=[world.account("data_owner"), world.account("data_steward")])
    row = challenges.post(steward, **given, judges=[world.account("data_owner"), world.account("data_owner2")])
    page = client.post("/open/challenges/shade-map/", {"do": "enter", "team": "树荫队", "plan": "按树高和树种估算遮荫面积。"})
    assert page.status_code == 302
    entry = ChallengeEntry.objects.get()
    assert client.post("/open/challenges/shade-map/", {"do": "submit", "code": "WRONGCODE2", "solution": "我们的作品说明在此。"}).status_code == 422
    assert client.post("/open/challenges/shade-map/", {"do": "submit", "code": entry.code, "solution": "我们的作品说明在此，含路线。", "link": "https://example.cn/shade"}).status_code == 302
    entry.refresh_from_db()
    one, other = world.actor("data_owner"), world.actor("data_owner2")
    with pytest.raises(NotYet):
        challenges.judge(one, entry, points=[30, 50])
    challenges.close(steward, row)
    with pytest.raises(NotYet):
        challenges.enter(world.public(), row, team="迟到队", plan="我们来晚了，但也想参加。")
    with pytest.raises(NotPermitted):
        challenges.judge(steward, entry, points=[40, 60])
    with pytest.raises(BadInput):
        challenges.judge(one, entry, points=[41, 60])
    challenges.judge(one, entry, points=[30, 50])
    with pytest.raises(TooFewJudges):
        challenges.award(steward, row, winners=[entry], statement="作品完整可用。")
    assert Challenge.objects.get().state == "judging"
    challenges.judge(other, entry, points=[40, 60])
    challenges.award(steward, row, winners=[entry], statement="作品完整可用。")
    shown = client.get("/open/challenges/shade-map/").content.decode()
    assert "树荫队" in shown
    assert "作品完整可用" in shown
    assert entry.code not in shown
