"""The sample county as values: same seed and date, same bytes; seamless ground; codes by rule; a year with a rhythm."""

from collections import Counter
from datetime import date, timedelta

import pytest
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from sample import county, land
from sample.spec import SIZES, ZONE, Size, Spec
from yiwang.apps.city.rules import codes, duplicates
from yiwang.apps.city.rules.dictionary import Kind, shipped

AS_OF = date(2026, 11, 23)
SMALL = Spec(SIZES["small"], AS_OF)
# Enough cases to see a rhythm, on the small ground.
BUSY = Spec(Size("small", grids=500, components=2000, closed=3000, open=120, people=60), AS_OF)


@pytest.fixture(scope="module")
def small():
    return county.build(SMALL)


@pytest.fixture(scope="module")
def busy():
    return county.build(BUSY)


def parts(found):
    return {
        "areas": found.land.areas, "patrols": found.land.patrols, "places": found.streets.places, "accounts": found.people.accounts,
        "assets": found.assets, "closed": found.closed, "open": found.open, "twins": found.twins,
    }


def test_same_seed_and_date_give_the_same_bytes(small):
    again = county.build(SMALL)
    for name, rows in parts(small).items():
        assert county.digest(rows) == county.digest(parts(again)[name]), name


@pytest.mark.parametrize("other", [Spec(SIZES["small"], AS_OF, seed=7), Spec(SIZES["small"], date(2026, 3, 1))])
def test_another_seed_or_date_gives_others(small, other):
    found = county.build(other)
    assert county.digest(found.closed) != county.digest(small.closed)


def test_nothing_depends_on_the_hash_seed(small):
    import os
    import subprocess
    import sys

    script = ("from datetime import date; from sample import county; from sample.spec import *;"
              "c = county.build(Spec(SIZES['small'], date(2026, 11, 23))); print(county.digest(c.closed), county.digest(c.assets))")  # fmt: skip
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                           env={**os.environ, "PYTHONHASHSEED": "4711"})  # fmt: skip
    assert found.stdout.split() == [county.digest(small.closed), county.digest(small.assets)]


@pytest.mark.parametrize(("size", "grids"), [("small", 500), ("county", 5000)])
def test_ground(size, grids):
    ground = land.build(Spec(SIZES[size], AS_OF))
    levels = Counter(a.level for a in ground.areas)
    assert (levels["city"], levels["district"], levels["street"], levels["grid"]) == (1, 3, 9, grids)
    known = set()
    for area in ground.areas:
        assert area.parent in known or area.level == "city"
        assert area.code not in known
        known.add(area.code)
        if area.level == "grid":
            assert codes.check_grid(area.code) == []
            assert 5_000 < area.area_m2 < 16_000
    assert all(40 <= len(p.grids) <= 60 for p in ground.patrols)
    assert sorted(g for p in ground.patrols for g in p.grids) == sorted(ground.grid_of.values())


def test_ground_is_seamless_at_every_level():
    ground = land.build(SMALL)
    shapes = {a.code: unary_union([Polygon(r) for r in a.rings]) for a in ground.areas}
    assert all(s.is_valid for s in shapes.values())
    city = shapes["371599"]
    for level in ("district", "street", "community", "grid"):
        mine = [shapes[a.code] for a in ground.areas if a.level == level]
        whole = unary_union(mine)
        assert whole.symmetric_difference(city).area < 1e-12
        assert sum(s.area for s in mine) == pytest.approx(whole.area, rel=1e-9)  # no overlap
    for area in ground.areas:
        if area.level != "city":
            assert shapes[area.code].difference(shapes[area.parent]).area < 1e-12
    for patrol in ground.patrols:
        shape = unary_union([Polygon(r) for r in patrol.rings])
        assert shape.geom_type == "Polygon"  # whole, adjoining grids
        assert shape.symmetric_difference(unary_union([shapes[g] for g in patrol.grids])).area < 1e-12


def test_components(small):
    assert len(small.assets) == 2000
    grids = {a.code: Polygon(a.rings[0]) for a in small.land.areas if a.level == "grid"}
    classes = {c.code for c in shipped().of_kind(Kind.COMPONENT, extensions=False)}
    assert {a.class_code for a in small.assets} == classes
    orgs = {o.code for o in small.people.orgs}
    for asset in small.assets:
        assert codes.check_component(asset.code, district=asset.grid[:6], book=shipped()) == []
        assert grids[asset.grid].contains(Point(asset.point))
        assert {asset.supervisor, asset.owner, asset.keeper} - {""} <= orgs
    assert len({a.code for a in small.assets}) == 2000
    assert 0.02 < sum(a.keeper == "" for a in small.assets) / 2000 < 0.12


def test_county_has_what_was_asked_for():
    ground, _streets, people, assets = county.ground(Spec(SIZES["county"], AS_OF))
    assert (len(ground.grid_of), len(assets), len(people.orgs), len(people.accounts)) == (5000, 60_000, 60, 201)
    trees = sum(a.class_code == "04002" for a in assets) / len(assets)
    assert 0.25 < trees < 0.33


def test_people(small):
    people = small.people
    assert len({a.username for a in people.accounts}) == len(people.accounts)
    shown = {a.role for a in people.accounts if a.shown}
    assert shown == {"inspector", "acceptor", "shift_leader", "dispatcher", "district_dispatcher", "handler", "leader", "administrator",
                     "security_administrator", "audit_administrator", "evaluator", "citizen", "data_clerk", "data_owner", "data_steward"}  # fmt: skip
    posts = {p.code for p in people.posts}
    assert all(set(a.posts) <= posts for a in people.accounts)
    assert set(people.patrols) == {p.code for p in small.land.patrols}


def test_every_story_holds_together(busy):
    end = BUSY.end
    numbers = [s.number for s in busy.closed if s.number]
    assert len(numbers) == len(set(numbers))
    by_index = {s.index: s for s in busy.closed}
    for story in busy.closed:
        moments = [story.reported_at] + [s.done_at for s in story.steps if s.kind == "process" and s.step != "verify_parallel" and s.done_at]
        assert moments == sorted(moments)
        assert all(s.opened_at <= s.done_at if s.done_at else s.data["cancelled"] for s in story.steps)
        assert story.closed_at < end
        acted = {}
        for step in story.steps:
            acted.setdefault(step.step, set()).add(step.who)
        assert not acted.get("accept", set()) & acted.get("file", set())
        assert not acted.get("handle", set()) & (acted.get("check", set()) | acted.get("close", set()))
        assert not acted.get("check", set()) & (acted.get("verify", set()) | {story.reporter})
        if story.outcome == "closed":
            assert story.condition
            assert story.number.startswith(story.district)
        if story.main is not None:
            assert by_index[story.main].reported_at < story.reported_at < story.closed_at < by_index[story.main].closed_at


def test_clocks_conserve_time(busy):
    from sample import calendar
    from yiwang.apps.city.rules.manual import Limit, Unit

    seen = 0
    for story in busy.closed:
        for clock in story.clocks:
            limit = Limit(value=clock.value, unit=Unit(clock.unit))
            running, used = None, 0.0
            for change, _action, at, consumed, _due, _by in clock.lines:
                if running is not None:
                    used += calendar.between(running, at, limit)
                assert consumed == pytest.approx(used, abs=0.01)
                running = at if change in ("start", "resume", "extend") else None
            assert clock.consumed == pytest.approx(used, abs=0.01)
            seen += 1
    assert seen > 4000


def test_the_year_has_a_rhythm(busy):
    stories = busy.closed
    weekday = Counter(s.reported_at.astimezone(ZONE).weekday() for s in stories)
    assert weekday[6] < 0.8 * weekday[1]
    hours = Counter(s.reported_at.astimezone(ZONE).hour for s in stories)
    assert hours[9] > 5 * (hours[3] + 1)
    districts = Counter(s.district for s in stories)
    assert districts["371591"] > districts["371593"]
    months = {s.class_code: Counter() for s in stories}
    for story in stories:
        months[story.class_code][story.reported_at.astimezone(ZONE).month] += 1
    assert set(months["10001"]) <= {12, 1, 2}  # snow
    assert sum(months["06029"][m] for m in (6, 7, 8)) > sum(months["06029"][m] for m in (12, 1, 2))  # barbecues
    first, last = stories[0].reported_at, stories[-1].reported_at
    assert last - first > timedelta(days=350)


def test_bodies_differ_and_some_are_late(busy):
    late = sum(c.consumed > c.total for s in busy.closed for c in s.clocks if c.name == "case")
    whole = sum(c.name == "case" for s in busy.closed for c in s.clocks)
    assert 0.03 < late / whole < 0.2
    assert 0.02 < sum(s.reworks > 0 for s in busy.closed) / whole < 0.09


def test_planted_duplicates_are_three_per_cent_and_true(busy):
    everything = {s.index: s for s in (*busy.closed, *busy.open)}
    share = sum(s.duplicate_of is not None for s in busy.closed) / len(busy.closed)
    assert share == pytest.approx(0.03, abs=0.001)
    for index, first in busy.truth:
        again, original = everything[index], everything[first]
        assert again.reported_at >= original.reported_at
        assert original.closed_at is None or again.reported_at < original.closed_at
        apart = duplicates.distance_m(*again.point, *original.point)
        assert apart < 60
    joined = [s for s in busy.closed if s.outcome == "merged"]
    assert joined
    assert all(s.main == s.duplicate_of for s in joined)


def test_open_cases_wait_in_every_state(busy):
    from sample.telling import GOALS

    assert {s.goal for s in busy.open} == set(GOALS)
    assert len(busy.open) + len(busy.twins) == pytest.approx(120, abs=4)
    for story in busy.open:
        waiting = [s for s in story.steps if s.done_at is None and s.step != "verify_parallel"]
        assert [s.step for s in waiting] == [GOALS[story.goal]]
        assert all(m <= BUSY.end for s in story.steps for m in (s.opened_at, s.done_at) if m)


def test_twins_stand_where_a_played_case_stands_and_elsewhere_in_its_street(busy):
    played = {s.index: s for s in busy.open}
    assets = {a.code: a for a in busy.assets}
    assert busy.twins
    for twin in busy.twins:
        first = played[twin.of]
        assert twin.grid[:9] == first.street
        assert twin.point != first.point
        assert twin.shift_s < 0
        assert first.duplicate_of is None
        if first.component:
            one, other = assets[first.component], assets[twin.component]
            assert (one.class_code, one.keeper, one.owner, one.supervisor) == (other.class_code, other.keeper, other.owner, other.supervisor)
