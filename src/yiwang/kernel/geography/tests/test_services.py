"""Shapes, responsibility grids, inspectors and assets: what is written, and what is refused with nothing left behind."""

import pytest

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, system
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.geography import queries, services
from yiwang.kernel.geography.errors import BadShape, GridTaken, OutsideArea
from yiwang.kernel.geography.loading import copy_rows, point, reserve_ids
from yiwang.kernel.geography.models import AreaShape, Asset, GridInspector, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.tests.conftest import X0, Y0
from yiwang.kernel.identity.models import Account

BOSS = system("test")
NOBODY = Actor(kind=ActorKind.PERSON, account_id=1, name="张三")


def form(county, *columns, code="371502Z0001", actor=BOSS):
    grids = [county.grids[c] for c in columns]
    return services.form_responsibility_grid(
        actor=actor, code=code, name={"zh-Hans": "一号"}, street=county.street, unit_grids=grids
    )


def test_area_is_measured_on_the_ground(county):
    shape = AreaShape.objects.get(area=county.grids[0])
    assert 9_500 < shape.area_m2 < 10_500  # 万米单元
    assert shape.shape.contains(shape.centroid)


def test_a_grid_of_another_place_is_not_taken_over(county):
    kept = form(county, 0, 1)
    ResponsibilityGrid.objects.filter(pk=kept.pk).update(area_path="777.")
    here = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant(services.EDIT_GRID, Scope(area_path=county.street.path)),))
    with pytest.raises(NotPermitted):
        form(county, 2, actor=here)
    assert kept.unit_grids.count() == 2


def test_a_grid_of_adjoining_units(county):
    grid = form(county, 0, 1, 2)
    assert grid.shape.num_geom == 1
    assert 28_000 < grid.area_m2 < 32_000
    assert queries.grid_of(county.grids[1].pk) == grid
    again = form(county, 1, 2, 3)
    assert again.pk == grid.pk
    assert queries.grid_of(county.grids[0].pk) is None
    assert Event.objects.filter(action="geography.grid.formed").count() == 2


@pytest.mark.parametrize(("columns", "code", "error"), [
    ((0, 2), "371502Z0002", BadShape), ((0, 4), "371502Z0002", BadShape), ((), "371502Z0002", BadInput),
    ((2, 3), "371502Z0002", GridTaken), ((0,), "Z1", BadInput), ((0,), "371502z0001", BadInput),
])  # fmt: skip
def test_a_grid_that_cannot_be(county, columns, code, error):
    form(county, 3, code="371502Z0009")
    with pytest.raises(error):
        form(county, *columns, code=code)
    assert ResponsibilityGrid.objects.count() == 1
    assert UnitGrid.objects.filter(responsibility_grid__isnull=False).count() == 1


def test_permission_is_asked_where_the_grid_is(county):
    with pytest.raises(NotPermitted):
        form(county, 0, actor=NOBODY)
    elsewhere = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant(services.EDIT_GRID, Scope(area_path="999.")),))
    with pytest.raises(NotPermitted):
        form(county, 0, actor=elsewhere)
    here = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant(services.EDIT_GRID, Scope(area_path=county.district.path)),))
    assert form(county, 0, actor=here).pk


@pytest.mark.parametrize("shape", [
    "POINT(1 2)", "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))", "POLYGON EMPTY", "SRID=3857;POLYGON((0 0, 1 0, 1 1, 0 0))",
    "nonsense", "", '{"type": "Polygon", "coordinates": []}', "POLYGON((0 0, 200 0, 200 1, 0 0))",
])  # fmt: skip
def test_bad_shapes(county, shape):
    before = AreaShape.objects.get(area=county.street).shape
    with pytest.raises(BadShape) as refused:
        services.set_shape(actor=BOSS, area=county.street, shape=shape)
    assert refused.value.reason
    assert AreaShape.objects.get(area=county.street).shape == before
    assert not Event.objects.exists()


def test_inspectors_come_and_go(county):
    grid, person = form(county, 0), Account.objects.create(username="inspector1", name="王五")
    services.assign_inspector(actor=BOSS, account=person, grid=grid)
    services.assign_inspector(actor=BOSS, account=person, grid=grid)
    assert GridInspector.objects.count() == 1
    assert list(queries.inspectors_of(grid.pk)) == [person]
    assert list(queries.grids_of_inspector(person.pk)) == [grid]
    assert services.release_inspector(actor=BOSS, account=person, grid=grid) == 1
    assert list(queries.inspectors_of(grid.pk)) == []


def test_codes_of_new_assets_count_up(county, assets):
    x, y = county.centre(0)
    first = services.add_asset(actor=BOSS, class_code="01001", name={"zh-Hans": "井盖"}, lon=x, lat=y)
    second = services.add_asset(actor=BOSS, class_code="01001", name={"zh-Hans": "井盖"}, lon=x, lat=y)
    assert (first.code, second.code) == ("37150201001000040", "37150201001000041")
    assert first.grid_id == county.grids[0].pk
    assert first.area_path == county.grids[0].path
    assert services.add_asset(actor=BOSS, class_code="02005", name={}, lon=x, lat=y).code == "37150202005000001"


@pytest.mark.parametrize(("lon", "lat", "class_code", "code", "error"), [
    (121.4, 31.2, "01001", "", OutsideArea), (None, None, "01001", "", BadInput), (X0, Y0, "1001", "", BadInput),
    (X0, Y0, "ABCDE", "", BadInput), (X0, Y0, "01001", "123", BadInput), (X0, Y0, "01001", "37150301001000001", BadInput),
    (X0, Y0, "01002", "37150201001000099", BadInput), (X0, Y0, "01001", "37150201001000001", BadInput),
    (X0, Y0, "01001", "37150201001000000", BadInput), (X0, Y0, "01001", "３７１５０２０１００１０００００９", BadInput),
])  # fmt: skip
def test_assets_that_cannot_be(county, assets, lon, lat, class_code, code, error):
    with pytest.raises(error):
        services.add_asset(actor=BOSS, class_code=class_code, name={}, lon=lon, lat=lat, code=code)
    assert Asset.objects.count() == 40
    assert not Event.objects.exists()


def test_condition_of_an_asset(county, assets):
    asset = Asset.objects.first()
    services.set_asset_status(actor=BOSS, asset_id=asset.pk, status="damaged")
    services.set_asset_status(actor=BOSS, asset_id=asset.pk, status="damaged")
    assert Event.objects.filter(action="geography.asset.status").count() == 1
    services.set_asset_status(actor=BOSS, asset_id=asset.pk, status="removed")
    for status, error in (("intact", BadInput), ("eaten", BadInput)):
        with pytest.raises(error):
            services.set_asset_status(actor=BOSS, asset_id=asset.pk, status=status)
    with pytest.raises(NotFound):
        services.set_asset_status(actor=BOSS, asset_id=0, status="intact")


def test_assets_are_seen_where_one_may(county, assets):
    def sees(path):
        actor = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant("geography.asset.view", Scope(area_path=path)),))
        return queries.visible_assets(actor).count()

    assert (sees(""), sees(county.district.path), sees("999.")) == (40, 40, 0)
    assert queries.visible_assets(NOBODY).count() == 0
    with pytest.raises(NotFound):
        queries.asset(NOBODY, Asset.objects.first().uid)


def test_copy_fills_defaults_and_keeps_nothing_of_a_bad_load(county):
    columns = ["code", "class_code", "name", "area_id", "area_path", "point"]
    row = ("37150201001000001", "01001", {"zh-Hans": "井盖'\t\n\\"}, county.city.pk, county.city.path, point(X0, Y0))
    assert copy_rows("yw_geography_asset", columns, [row]) == 1
    stored = Asset.objects.get()
    assert (stored.name["zh-Hans"], stored.status, stored.accuracy, stored.extra) == ("井盖'\t\n\\", "intact", "A", {})
    assert stored.uid.version == 7
    with pytest.raises(ValueError, match="row 2 has 1 values"):
        copy_rows("yw_geography_asset", columns, [("37150201001000002", *row[1:]), ("short",)])
    assert Asset.objects.count() == 1
    taken = reserve_ids("yw_geography_asset", 100)
    assert len(taken) == 100
    assert stored.pk not in taken
