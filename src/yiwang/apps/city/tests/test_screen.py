"""The command screen: every number equals the list it opens, one reading serves all viewers, nobody sees beyond his area."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from tests.walk import advance, do, report
from tests.world import DIRECT, SOUTH, STREET_W, TWO_LEVEL, WEST, _person
from yiwang.apps.city.models import FieldMark, ScreenSetup
from yiwang.apps.city.queries import screen
from yiwang.apps.city.queries.screen import shared
from yiwang.apps.city.rules import screen as rules
from yiwang.apps.city.services import screen as services
from yiwang.kernel.audit import queries as record
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case

pytestmark = pytest.mark.django_db
STREET = "371592001"


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without kept readings; inside one transaction nothing is committed, so the last position drawn is the end."""
    monkeypatch.setattr(record, "safe_position", record.last_position)
    shared.forget()


def fill(world: Any) -> None:
    """Cases in two districts, at several stages, some overdue."""
    for n in range(3):
        advance(world, report(world, text=f"井盖破损 {n}", at=(n, 2), photo=f"s{n}"), "pending_handle")
    report(world, text="刚上报的井盖问题", at=(3, 3), photo="s8")
    report(world, who="inspector3", text="听河街道井盖被埋", district=TWO_LEVEL, at=(1, 1), photo="s9")
    late = Case.objects.filter(state="pending_handle").first()
    Case.objects.filter(pk=late.pk).update(due_at=now() - timedelta(hours=2))


def figures(html: str) -> list[tuple[int, str]]:
    """Return every number of the page with the address that it opens."""
    found = []
    for attributes, inner in re.findall(r"<a ([^>]*data-figure=[^>]*)>(.*?)</a>", html, re.S):
        number = re.search(r"(?:data-n>|^)(\d+)", inner if "data-n" in inner else inner.strip())
        assert number is not None, inner
        found.append((int(number[1]), unescape(re.search(r'href="([^"]*)"', attributes)[1])))  # type: ignore[index]
    return found


@pytest.mark.parametrize(("who", "area"), [("leader", ""), ("leader", STREET), ("district_dispatcher", "")])
def test_every_number_is_the_length_of_the_list_it_opens(world, who, area):
    fill(world)
    client = world.client(who)
    page = client.get(f"/city/screen/?area={area}").content.decode()
    found = figures(page)
    assert len(found) >= 12
    assert any(value for value, _url in found)
    for value, url in found:
        rows = client.get(url).content.decode()
        assert len(re.findall(r"<tr[^>]*data-row", rows)) == value, url


def test_parts_add_up_to_the_whole(world):
    fill(world)
    place = screen.place_for(world.actor("leader"))
    found = screen.numbers(world.actor("leader"), place)
    open_now = next(f.value for f in found.today if f.code == "open")
    assert open_now == 5
    assert sum(f.value for f in found.stages) == open_now
    assert sum(row.open.value for row in found.areas) == open_now
    below = [screen.numbers(world.actor("leader"), screen.place_for(world.actor("leader"), row.open.query["district"])) for row in found.areas]
    assert sum(next(f.value for f in n.today if f.code == "open") for n in below) == open_now


def test_a_street_leader_sees_only_his_street(world):
    fill(world)
    other = report(world, text="另一街道的井盖", at=(1, 1), photo="o1", district=TWO_LEVEL, who="inspector3")
    person = _person("leader_street", "leader", world.orgs["city-government"], "街领导", world.areas[STREET], None)
    world.people["leader_street"] = person
    client, actor = world.client("leader_street"), world.actor("leader_street")
    place = screen.place_for(actor)
    assert (place.code, [c.code for c in place.crumbs]) == (STREET, [STREET])
    assert all(row.open.query["district"].startswith(STREET) for row in screen.numbers(actor, place).areas)
    for code in (DIRECT, TWO_LEVEL, "371599"):
        with pytest.raises(NotFound):
            screen.place_for(actor, code)
        assert client.get(f"/city/screen/numbers.json?area={code}").status_code == 404
    page = client.get("/city/screen/").content.decode()
    assert "听河街道井盖被埋" not in page
    assert str(other.uid) not in page
    assert client.get(f"/city/screen/cases/{other.uid}/").status_code == 404
    west, east = WEST, WEST + STREET_W
    points = client.get("/city/screen/points.json").json()["points"]
    assert points
    assert all(west <= lon <= east and lat >= SOUTH for _uid, lon, lat, *_more in points)


def test_who_sees_by_his_body_alone_has_no_wall(world):
    with pytest.raises(NotPermitted):
        screen.place_for(world.actor("handler"))
    assert world.client("handler").get("/city/screen/").status_code == 403
    assert world.client("administrator").get("/city/screen/").status_code == 403


def test_one_reading_serves_two_hundred_viewers():
    made: list[int] = []
    slow = threading.Event()

    def make() -> int:
        slow.wait(0.05)
        made.append(1)
        return len(made)

    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(shared.get("wall", make, seconds=5))) for _n in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), set(answers), len(made)) == (200, {1}, 1)


def test_whoever_heard_of_more_gets_it_made_anew_but_not_at_once():
    assert shared.get("p", lambda: 1, seconds=9, good=lambda v: v >= 2) == 1
    assert shared.get("p", lambda: 2, seconds=9, good=lambda v: v >= 2, least_s=9) == 1  # he asks again
    assert shared.get("p", lambda: 2, seconds=9, good=lambda v: v >= 2) == 2


def test_what_moved_comes_alone_and_too_much_is_one_reload(world):
    fill(world)
    client = world.client("leader")
    points = client.get("/city/screen/points.json").json()
    assert len(points["points"]) == points["total"] == 5
    fresh = report(world, text="新的井盖问题", at=(4, 4), photo="m1")
    ended = Case.objects.filter(state="reported").exclude(pk=fresh.pk).first()
    do(world, ended, "acceptor", "complete", "accept", "refuse", reason="不属于受理范围")
    shared.forget()
    moved = client.get(f"/city/screen/numbers.json?since={points['position']}").json()
    assert [p[0] for p in moved["moved"]["points"]] == [str(fresh.uid)]
    assert moved["moved"]["gone"] == [str(ended.uid)]
    shared.forget()
    place = screen.place_for(world.actor("leader"))
    assert screen.moved(world.actor("leader"), place, 1, 1 + 21 * rules.spec().moved).reload  # an hour's cut: one reload


def test_inspectors_stand_there_on_shift_only_and_for_whom_it_is(world):
    fill(world)
    begin, person, shift = now() - timedelta(hours=1), world.account("inspector"), uuid7()
    mark = {"region": "371599", "shift_uid": shift, "account_id": person.pk, "area_path": world.areas[STREET].path, "lon": 115.97, "lat": 36.44}
    FieldMark.objects.create(recorded_at=begin, uid=uuid7(), kind="in", occurred_at=begin, said_at=begin, **mark)
    for who, sees in (("leader", True), ("dispatcher", False)):
        beside = world.client(who).get("/city/screen/numbers.json").json()["beside"]["people"]
        assert [p["name"] for p in beside] == (["丁巡"] if sees else []), who
        assert ("丁巡" in world.client(who).get("/city/screen/").content.decode()) is sees
    shared.forget()
    assert world.client("leader").get(f"/city/screen/numbers.json?area={TWO_LEVEL}").json()["beside"]["people"] == []
    FieldMark.objects.create(recorded_at=now(), uid=uuid7(), kind="out", occurred_at=now(), said_at=now(), **mark)
    shared.forget()
    assert world.client("leader").get("/city/screen/numbers.json").json()["beside"]["people"] == []


def test_cards_are_set_for_oneself_and_for_all(world):
    leader, chief, other = world.actor("leader"), world.actor("shift_leader"), world.client("dispatcher")
    services.save_setup(actor=chief, layout="ultra", cards=["today", "ticker"], for_all=True)
    page = other.get("/city/screen/").content.decode()
    assert 'data-layout="ultra"' in page
    assert re.findall(r'data-card="(\w+)"', page) == ["today", "ticker"]
    services.save_setup(actor=leader, layout="standard", cards=["spots", "today"])
    assert screen.setup_for(leader) == rules.Setup("standard", ("today", "spots"))
    services.drop_setup(actor=leader)
    assert screen.setup_for(leader).layout == "ultra"
    assert Event.objects.filter(action="city.screen.setup").count() == 3
    with pytest.raises(NotPermitted):
        services.save_setup(actor=leader, layout="auto", cards=["today"], for_all=True)
    with pytest.raises(BadInput):
        services.save_setup(actor=leader, layout="auto", cards=["today", "clock"])
    assert ScreenSetup.objects.count() == 1
    answer = world.client("leader").post("/city/screen/setup/", {"layout": "round", "card": ["today"]})
    assert answer.status_code in (400, 422)


def test_an_empty_wall_says_so(world):
    page = world.client("leader").get("/city/screen/").content.decode()
    assert "近 24 小时没有动态" in page
    assert "vehicles" not in re.findall(r'data-card="(\w+)"', page)


def test_a_layout_that_places_a_card_twice_is_no_layout():
    raw = {**rules._raw(), "layouts": {"standard": {"left": ["today", "today"]}}}
    with pytest.raises(ValueError, match="twice"):
        rules.read(raw)


def test_the_numbers_cost_the_same_however_many_cases(world, django_assert_max_num_queries):
    fill(world)
    actor = world.actor("leader")
    place = screen.place_for(actor)
    with django_assert_max_num_queries(26) as captured:
        screen.numbers(actor, place)
    for n in range(3):
        advance(world, report(world, text=f"更多井盖 {n}", at=(n, 4), photo=f"q{n}"), "pending_handle")
    shared.forget()
    with django_assert_max_num_queries(len(captured)):
        screen.numbers(actor, place)
