"""Responsibility grids on their own page: named, walked by somebody in a shift, shown with what they are of; each change once and told."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography import services
from yiwang.kernel.geography.errors import BeatChanged
from yiwang.kernel.geography.models import GridInspector, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries import beats

pytestmark = pytest.mark.django_db
CODE = "371592Z0001"


@pytest.fixture
def grid(world):
    return ResponsibilityGrid.objects.get(code=CODE)


@pytest.fixture
def keeper(world):
    return world.actor("administrator")


def events(*words):
    return list(Event.objects.filter(action__in=[f"geography.{w}" for w in words]).order_by("position").values_list("action", flat=True))


def test_a_name_is_given_once_and_the_old_one_stays_in_the_past(grid, keeper):
    stamp, before = beats.stamp_of(grid), dict(grid.name)
    given = {"actor": keeper, "uid": grid.uid, "stamp": stamp, "name": {"zh-Hans": " 湖滨片区 ", "en": "Lakeside"}}
    assert services.rename_grid(**given).name == {"zh-Hans": "湖滨片区", "en": "Lakeside"}
    services.rename_grid(**given)
    assert events("grid.renamed") == ["geography.grid.renamed"], "the same wish again is no change"
    past = GridPast.objects.get(object_id=grid.pk)
    assert (past.name, past.by_name.split(" ")[0] != "", len(past.members)) == (before, True, grid.unit_grids.count())
    with pytest.raises(BeatChanged) as refused:
        services.rename_grid(**{**given, "name": {"zh-Hans": "别的"}})
    assert refused.value.by == past.by_name
    assert refused.value.at.startswith("20")
    grid.refresh_from_db()
    assert grid.name["zh-Hans"] == "湖滨片区"
    for name in ("", "　 ", "长" * 61, "a\0b"):
        with pytest.raises(BadInput):
            services.rename_grid(**{**given, "stamp": beats.stamp_of(grid), "name": {"zh-Hans": name}})


def test_inspectors_are_named_changed_and_ended_by_shift(world, grid, keeper):
    person = world.account("inspector2")
    base = {"actor": keeper, "uid": grid.uid, "account": str(person.uid)}
    first = beats.stamp_of(grid)
    services.name_inspector(**base, stamp=first, shift="早班")
    services.name_inspector(**base, stamp=first, shift="早班")
    with pytest.raises(BeatChanged):
        services.name_inspector(**base, stamp=first, shift="晚班")
    services.name_inspector(**base, stamp=beats.stamp_of(grid), shift="晚班", is_substitute=True)
    for shift, substitute in (("早班", True), ("长" * 21, False), ("a\0", False)):
        with pytest.raises(BadInput):
            services.name_inspector(**base, stamp=beats.stamp_of(grid), shift=shift, is_substitute=substitute)
    with pytest.raises(BadInput):
        services.change_inspector(**base, stamp=beats.stamp_of(grid), shift="晚班", to_shift="早班", is_substitute=False)
    changed = services.change_inspector(**base, stamp=beats.stamp_of(grid), shift="晚班", to_shift="夜班", is_substitute=False)
    assert (changed.shift, changed.is_substitute) == ("夜班", False)
    services.change_inspector(**base, stamp="old", shift="晚班", to_shift="夜班", is_substitute=False)
    assert services.end_inspector(**base, stamp=beats.stamp_of(grid), shift="早班") is True
    assert services.end_inspector(**base, stamp="old", shift="早班") is False, "it has ended already"
    with pytest.raises(NotFound):
        services.change_inspector(**base, stamp=beats.stamp_of(grid), shift="早班", to_shift="午班", is_substitute=False)
    live = GridInspector.objects.filter(grid=grid, account=person, valid_to=None)
    assert list(live.values_list("shift", "is_substitute")) == [("夜班", False)]
    assert {row[1] for row in beats.former_walkers(grid)} == {"早班", "晚班"}
    assert events("inspector.assigned", "inspector.changed", "inspector.released") == [
        "geography.inspector.assigned", "geography.inspector.assigned", "geography.inspector.changed", "geography.inspector.released",
    ]  # fmt: skip


def test_only_who_may_patrol_there_is_named_and_only_where_one_may(world, grid, keeper):
    stamp = beats.stamp_of(grid)
    for account in (str(world.account("handler").uid), str(uuid7()), "x"):
        with pytest.raises(BadInput):
            services.name_inspector(actor=keeper, uid=grid.uid, stamp=stamp, account=account)
    inspector = str(world.account("inspector2").uid)
    for actor, uid in ((world.actor("acceptor"), grid.uid), (keeper, uuid7())):
        with pytest.raises(NotFound):
            services.name_inspector(actor=actor, uid=uid, stamp=stamp, account=inspector)
    grid.valid_to = date(2026, 1, 1)
    grid.save()
    with pytest.raises(BadInput):
        services.rename_grid(actor=keeper, uid=grid.uid, stamp=stamp, name={"zh-Hans": "新"})
    assert not events("inspector.assigned", "grid.renamed")


def test_the_list_shows_filters_and_costs_the_same(world, grid, keeper):
    desk = world.client("administrator")
    services.assign_inspector(actor=keeper, account=world.account("inspector"), grid=grid, shift="早班")
    page = desk.get("/responsibility-grids/")
    assert page.status_code == 200
    shown = {r["row"].code: r["row"] for r in page.context["rows"]}
    assert set(shown) == set(ResponsibilityGrid.objects.filter(valid_to=None).values_list("code", flat=True))
    assert shown[CODE].units == grid.unit_grids.count()
    assert "丁巡" in shown[CODE].regular
    services.name_inspector(actor=keeper, uid=grid.uid, stamp=beats.stamp_of(grid), account=str(world.account("inspector2").uid), shift="晚班", is_substitute=True)
    row = desk.get(f"/responsibility-grids/?q={CODE}").context["rows"][0]["row"]
    assert (row.substitutes, row.shifts[-1]) == (("林查",), "晚班")
    street = grid.area.code
    assert {r["row"].street for r in desk.get(f"/responsibility-grids/?street={street}").context["rows"]} == {row.street}
    assert CODE not in {r["row"].code for r in desk.get("/responsibility-grids/?without=1").context["rows"]}
    for query in ("?q=%00", "?street=x", "?q=没有这样的", "?without=x"):
        assert desk.get(f"/responsibility-grids/{query}").status_code == 200
    assert desk.get("/responsibility-grids/?after=x").status_code == 422
    assert world.client("acceptor").get("/responsibility-grids/").status_code == 403

    def cost():
        with CaptureQueriesContext(connection) as asked:
            assert desk.get("/responsibility-grids/").status_code == 200
        return len(asked)

    before = cost()
    for number in range(6):
        grid.pk, grid.uid, grid.code = None, uuid7(), f"371592Z2{number:03d}"
        grid.save(force_insert=True)
    assert cost() == before


def test_the_page_shows_its_ground_and_refuses_an_old_form(world, grid):
    desk = world.client("administrator")
    where = f"/responsibility-grids/{grid.uid}/"
    page = desk.get(where)
    assert page.status_code == 200
    assert len(page.context["units"]) == UnitGrid.objects.filter(responsibility_grid=grid).count() > 1
    assert [layer["id"] for layer in page.context["map"]["layers"]] == ["units", "beat"]
    old = {"stamp": page.context["stamp"]}
    assert desk.post(f"{where}change/", {**old, "do": "rename", "name": "湖滨一片"}).status_code == 302
    assert "湖滨一片" in desk.get(where).content.decode()
    late = desk.post(f"{where}change/", {**old, "do": "assign", "account": str(world.account("inspector2").uid), "shift": "晚班"})
    assert late.status_code == 409
    assert "韩管" in late.content.decode()
    assert not GridInspector.objects.filter(grid=grid, shift="晚班").exists()
    now = {"stamp": late.context["stamp"], "account": str(world.account("inspector2").uid)}
    assert desk.post(f"{where}change/", {**now, "do": "assign", "shift": "晚班"}).status_code == 302
    assert "晚班" in desk.get(where).content.decode()
    fresh = desk.get(where).context["stamp"]
    assert desk.post(f"{where}change/", {**now, "stamp": fresh, "do": "alter", "shift": "晚班", "to_shift": "夜班", "substitute": "1"}).status_code == 302
    fresh = desk.get(where).context["stamp"]
    assert desk.post(f"{where}change/", {**now, "stamp": fresh, "do": "end", "shift": "夜班"}).status_code == 302
    assert desk.post(f"{where}change/", {"do": "eat"}).status_code == 422
    assert desk.post(f"{where}change/", {**old, "do": "rename", "name": ""}).status_code == 422
    assert desk.post(f"{where}change/", {**old, "do": "assign", "account": "x"}).status_code == 422
    assert world.client("inspector").get(where).status_code == 403
    seen = world.client("leader").get(where)
    assert (seen.status_code, 'name="do"' in seen.content.decode()) == (200, False), "who may see it does not change it"
    assert [f.label for f in seen.context["figures"]] == ["今日巡查覆盖"]
    assert world.client("leader").post(f"{where}change/", {**now, "do": "end"}).status_code == 403
    assert world.client("district_dispatcher").get(where).status_code == 404, "another district's"
    assert desk.get(f"/responsibility-grids/{uuid7()}/").status_code == 404
    grid.valid_to = date(2026, 1, 1)
    ResponsibilityGrid.objects.filter(pk=grid.pk).update(valid_to=grid.valid_to)
    closed = desk.get(where)
    assert closed.status_code == 200
    assert 'name="do"' not in closed.content.decode()


def test_a_split_elsewhere_makes_the_page_old(world, grid, keeper):
    stamp = beats.stamp_of(grid)
    unit = beats.members(grid)[0]
    UnitGrid.objects.filter(area=unit).update(responsibility_grid=None)
    with pytest.raises(BeatChanged):
        services.rename_grid(actor=keeper, uid=grid.uid, stamp=stamp, name={"zh-Hans": "新名"})
    assert grid.name == ResponsibilityGrid.objects.get(pk=grid.pk).name
