"""Cases and the ground below them: open ones go along with a grid, ended ones keep it; whose a component was on the day."""

import json

import pytest
import shapely
from django.core.files.base import ContentFile

from tests import walk
from yiwang.apps.city.models import CityCase
from yiwang.apps.city.queries import ground
from yiwang.apps.city.services import census
from yiwang.apps.city.tests.census_town import staff, wanted
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.geography import ground as geography
from yiwang.kernel.geography import services
from yiwang.kernel.geography.errors import GridInUse
from yiwang.kernel.geography.gridwork import GridChange
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.geography.queries import gridplan, gridwork
from yiwang.kernel.geography.services.layers import install_layers
from yiwang.kernel.mapdata import services as imports
from yiwang.kernel.mapdata.contracts import Choice, FieldMapping
from yiwang.kernel.mapdata.errors import RowsInUse

BOSS = system("test")
GRID = "371592001001013"


def cut(world):
    lon, _lat = world.point(2, 2)
    return GridChange(kind="split", grids=(str(world.areas[GRID].uid),), geometry=f"LINESTRING({lon - 0.0001} 0, {lon - 0.0001} 80)", reason="加密")


@pytest.mark.django_db
def test_open_cases_go_along_and_ended_ones_keep_their_grid(world):
    going, ended = walk.report(world), walk.report(world)
    walk.do(world, ended, "acceptor", "complete", "accept", "refuse", reason="不属于受理范围")
    old = world.areas[GRID]
    seen = ground.open_in(world.actor("acceptor"), [old.pk])
    assert (seen.count, [r.title for r in seen.rows]) == (1, [going.title])
    assert ground.open_in(world.actor("handler"), [old.pk]).rows == (), "counted, but not shown to whom it does not concern"
    plan = gridplan.plan(BOSS, cut(world))
    assert (plan.work.count, plan.components) == (1, 4)
    with pytest.raises(GridInUse) as refused:
        services.change_grids(actor=BOSS, change=GridChange(kind="remove", grids=(str(old.uid),)))
    assert going.title in refused.value.listed[0]
    done = services.change_grids(actor=BOSS, change=cut(world))
    east = Area.objects.get(code=done.new_codes[1])
    assert done.work == 1
    going, ended = Case.objects.get(pk=going.pk), Case.objects.get(pk=ended.pk)
    assert (going.city.unit_grid, going.area_path) == (east, east.path)
    assert (ended.city.unit_grid, ended.area_path) == (old, old.path)
    assert set(Task.objects.filter(case=going, state="open").values_list("area_path", flat=True)) == {east.path}
    event = Event.objects.get(action="regrid")
    assert (event.case_id, event.data["from"], event.data["to"]) == (going.pk, GRID, east.code)
    assert (going.event_count, bytes(going.event_head)) == (event.case_seq, bytes(event.hash))
    assert gridwork.shape_of(ended.city.unit_grid_id) is not None


@pytest.mark.django_db
def test_a_case_sees_the_owner_of_its_day(world):
    cover = world.assets["cover"]
    case = walk.report(world, component=cover.code)
    side = CityCase.objects.select_related("component", "case").get(case=case)
    assert ground.bodies_of_day(side).differs is False
    services.edit_asset(actor=BOSS, uid=cover.uid, changes={"owner_org": world.orgs["bureau-urban"], "keeper_org": ""})
    side = CityCase.objects.select_related("component", "case").get(case=case)
    owner, keeper, differs = ground.bodies_of_day(side)
    assert owner == keeper != ""
    assert differs
    page = world.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()
    assert owner in page
    later = walk.report(world, component=cover.code)
    side = CityCase.objects.select_related("component", "case").get(case=later)
    assert ground.bodies_of_day(side).keeper == ""
    assert [r.url for r in ground.of_asset(world.actor("acceptor"), cover.pk)] == [f"/city/cases/{c.uid}/" for c in (later, case)]


@pytest.mark.django_db
def test_a_responsibility_grid_shows_what_the_city_knows_of_it(world):
    staff(world)
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    case = census.order(actor=world.actor("shift_leader"), wanted=wanted(world), expected=3)
    figures = {f.label: f for f in geography.of_beat(world.actor("leader"), grid.pk)}
    assert list(figures) == ["今日巡查覆盖", "进行中的普查"]
    assert figures["进行中的普查"].url == f"/city/census/{case}/"
    assert world.client("leader").get(figures["今日巡查覆盖"].url).status_code == 200
    assert geography.of_beat(world.actor("administrator"), grid.pk) == [], "who looks after no patrols is told nothing"
    assert set(geography.patrol_permissions()) == {"city.field.use", "city.task.census"}


@pytest.mark.django_db
def test_grids_of_a_file_take_open_cases_along_and_one_that_ended_there_keeps_them(world, settings, tmp_path):
    settings.FILES_DIR = tmp_path / "store"
    install_layers()
    going, ended = walk.report(world), walk.report(world)
    walk.do(world, ended, "acceptor", "complete", "accept", "refuse", reason="不属于受理范围")
    old = world.areas[GRID]
    halves = [p.shape for p in gridplan.plan(BOSS, cut(world)).pieces]
    features = [{"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {}} for shape in halves]
    file = json.dumps({"type": "FeatureCollection", "features": features})

    def brought():
        batch = imports.start(BOSS, "unit_grids", ContentFile(file.encode(), name="网格.geojson"))
        imports.choose(BOSS, batch.uid, Choice.of({**batch.chosen, "crs": "EPSG:4490", "replace": True}), FieldMapping({}, {}))
        batch = imports.check(BOSS, batch.uid)
        assert (batch.counts["bad"], batch.counts["grids"]["open"], batch.counts["grids"]["components"]) == (0, 1, 4)
        return imports.bring(BOSS, batch.uid)

    def grids():
        return [Case.objects.get(pk=c.pk).city.unit_grid for c in (going, ended)]

    batch = brought()
    now_in = grids()
    assert now_in[0].code > GRID
    assert now_in[1] == old
    imports.undo(BOSS, batch.uid)
    assert grids() == [old, old]
    batch = brought()
    walk.do(world, Case.objects.get(pk=going.pk), "acceptor", "complete", "accept", "refuse", reason="不属于受理范围")
    with pytest.raises(RowsInUse) as held:
        imports.undo(BOSS, batch.uid)
    now_in = grids()
    assert now_in[0].code in held.value.rows[0]
    assert now_in[0].valid_to is None
    assert now_in[1] == old
