"""What a point says about itself, in one query; and what is refused."""

import math
import random

import pytest
from django.db import connection

from yiwang.kernel.areas.services import add_area
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography import queries
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries.places import address_text
from yiwang.kernel.geography.tests.conftest import STEP, X0, Y0


def test_everything_in_one_query(county, assets, addresses, django_assert_num_queries):
    grid = ResponsibilityGrid.objects.create(code="371502Z0001", name={}, area=county.street, area_path=county.street.path)
    UnitGrid.objects.filter(area=county.grids[0]).update(responsibility_grid=grid)
    with django_assert_num_queries(1):
        facts = queries.place(*county.centre(0))
    assert [a.level for a in facts.chain] == ["city", "district", "street", "community", "grid"]
    assert facts.inside
    assert not facts.no_grid
    assert (facts.district.code, facts.street.code, facts.community.code) == ("371502", "371502001", "371502001001")
    assert facts.unit_grid.id == county.grids[0].pk
    assert facts.area_path == county.grids[0].path
    assert facts.responsibility_grid.code == "371502Z0001"
    assert facts.nearest_asset.code.endswith("000005")
    assert facts.nearest_asset.distance_m == pytest.approx(0, abs=0.01)
    assert facts.nearest_asset.name["zh-Hans"] == "上水井盖"
    assert facts.address.name == "东昌西路42号"
    assert facts.address.distance_m == pytest.approx(33.3, abs=1)
    assert address_text(facts).endswith("东昌西路42号附近") or "东昌西路42号" in address_text(facts)


def test_nearest_of_a_class_and_not_a_removed_one(county, assets):
    x, y = county.centre(0)
    assert queries.place(x, y, asset_class="01002").nearest_asset.class_code == "01002"
    Asset.objects.filter(code__endswith="000005").update(status="removed")
    assert not queries.place(x, y).nearest_asset.code.endswith("000005")
    assert queries.place(X0 + 0.005, Y0 + 0.005).nearest_asset is None  # 500 m away is not nearest
    assert queries.place(X0 + 0.005, Y0 + 0.005, max_asset_m=1000).nearest_asset is not None


def test_distance_is_true_where_degrees_mislead(county):
    """At 36 degrees north a degree east is a fifth shorter: by degrees the northern one is nearer, on the ground the eastern."""
    from yiwang.kernel.geography.loading import copy_rows, point

    x, y = county.centre(1)
    copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], [
        ("37150201001000001", "01001", {"en": "east"}, county.city.pk, county.city.path, point(x + 0.00011, y)),
        ("37150201001000002", "01001", {"en": "north"}, county.city.pk, county.city.path, point(x, y + 0.0001)),
    ])
    assert queries.place(x, y).nearest_asset.name["en"] == "east"


def test_inside_but_without_a_grid_is_taken_with_a_flag(county):
    facts = queries.place(X0 + 0.005, Y0 + 0.005)
    assert facts.no_grid
    assert facts.area.level == "community"
    assert queries.place(X0 - 0.03, Y0).area.level == "city"


def test_a_border_point_always_goes_to_the_same_grid(county):
    x = X0 + STEP
    found = {queries.place(x, Y0 + 0.0005).unit_grid.id for _ in range(3)}
    assert found == {county.grids[0].pk}


def test_a_closed_grid_is_not_found(county):
    county.grids[0].valid_to = "2026-01-01"
    county.grids[0].save()
    assert queries.place(*county.centre(0)).no_grid


def test_outside_every_bounded_root_is_refused(county):
    add_area(level="city", code="250000", name={"en": "Boston"})  # unbounded, without a shape
    with pytest.raises(OutsideArea) as refused:
        queries.place(121.47, 31.23)
    assert refused.value.status == 422
    facts = queries.place(121.47, 31.23, strict=False)
    assert not facts.inside
    assert facts.chain == ()
    assert facts.area_path == ""


def test_an_unbounded_root_takes_what_it_is_asked_for(county):
    boston = add_area(level="city", code="250000", name={"en": "Boston"})
    facts = queries.place(-71.06, 42.36, [boston.pk])
    assert facts.inside
    assert [a.id for a in facts.chain] == [boston.pk]
    assert facts.no_grid
    with pytest.raises(OutsideArea):
        queries.place(-71.06, 42.36, [county.city.pk])
    with pytest.raises(OutsideArea):
        queries.place(*county.centre(0), roots=[])


@pytest.mark.parametrize(("lon", "lat", "code"), [
    (None, 36, "missing"), ("", "", "missing"), ("abc", 36, "number"), (float("nan"), 36, "number"), ("inf", 36, "number"),
    (36.45, 115.98, "swapped"), (200, 36, "range"), (115, -91, "range"), (True, 36, "number"), ([], 36, "number"),
    ("1e999", 0, "number"), ("１１５．９", "36; DROP TABLE", "number"),
])  # fmt: skip
def test_what_is_no_point_is_refused_before_any_query(lon, lat, code, django_assert_num_queries, db):
    with django_assert_num_queries(0), pytest.raises(BadInput) as refused:
        queries.place(lon, lat)
    assert refused.value.errors[0]["code"] == code
    assert refused.value.errors[0]["message"]


def test_assets_near_are_ordered_and_cut_by_metres(county, assets, django_assert_num_queries):
    x, y = county.centre(0)
    with django_assert_num_queries(1):
        found = queries.assets_near(x, y, radius_m=20)
    distances = [a.distance_m for a in found]
    assert distances == sorted(distances)
    assert len(found) == 5  # 0, 9 and 18 m to either side
    assert max(distances) < 20
    assert {a.class_code for a in queries.assets_near(x, y, radius_m=50, class_codes=["01002"])} == {"01002"}
    assert queries.assets_near(x, y, radius_m=-5) == [] or math.isclose(queries.assets_near(x, y, radius_m=-5)[0].distance_m, 0, abs_tol=0.01)


def test_the_index_is_used_for_the_nearest(county, assets):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM yw_geography_asset WHERE class_code = '01001'"
            " ORDER BY point <-> ST_SetSRID(ST_MakePoint(115.98, 36.45), 4326) LIMIT 1"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "yw_geo_asset_class_point" in plan


def test_many_points_say_what_each_says_alone(county, assets, addresses, django_assert_num_queries):
    """Inside a grid, on a border, in the community without a grid, outside; with and without a component near by."""
    from yiwang.kernel.geography.queries.places import places

    grid = ResponsibilityGrid.objects.create(code="371502Z0001", name={}, area=county.street, area_path=county.street.path)
    UnitGrid.objects.filter(area=county.grids[0]).update(responsibility_grid=grid)
    rng = random.Random(5)
    points = [(X0 + rng.uniform(-0.2, 2.2) * STEP, Y0 + rng.uniform(-0.2, 2.2) * STEP) for _ in range(60)]
    points += [county.centre(0), (X0 + STEP, Y0 + STEP / 2), (X0 + 0.005, Y0 + 0.005), (100.0, 20.0)]
    with django_assert_num_queries(1):
        found = places(points)
    alone = [queries.place(x, y, strict=False) for x, y in points]
    assert [row.area_path for row in found] == [facts.area_path if facts.inside else "" for facts in alone]
    assert [row.responsibility_grid_id for row in found] == [facts.responsibility_grid.id if facts.responsibility_grid else 0 for facts in alone]
    pairs = [(row, facts) for row, facts in zip(found, alone, strict=True) if facts.inside]
    assert [row.nearest_asset_id for row, _facts in pairs] == [f.nearest_asset.id if f.nearest_asset else 0 for _row, f in pairs]
    assert [row.asset_m for row, _facts in pairs] == pytest.approx([f.nearest_asset.distance_m if f.nearest_asset else 0.0 for _row, f in pairs], abs=0.01)
    assert {row.inside for row in found} == {True, False}
    assert len({row.nearest_asset_id for row in found}) > 3
    assert {row.nearest_asset_id for row in places(points, with_assets=False)} == {0}
    assert places([]) == []


def test_the_nearest_is_the_one_that_a_look_at_all_finds(county):
    """Degrees mislead by a fifth here: among many components the handful taken by index holds the nearest."""
    from yiwang.kernel.geography.loading import copy_rows, point

    rng = random.Random(9)
    x, y = county.centre(0)
    spots = [(x + rng.uniform(-1, 1) * 0.001, y + rng.uniform(-1, 1) * 0.001) for _ in range(400)]
    copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], [
        (f"37150201001{n:06d}", "01001", {"en": "cover"}, county.city.pk, county.city.path, point(*spot)) for n, spot in enumerate(spots)
    ])  # fmt: skip
    for _round in range(25):
        at = (x + rng.uniform(-1, 1) * 0.001, y + rng.uniform(-1, 1) * 0.001)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM yw_geography_asset ORDER BY ST_Distance(point::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography), id LIMIT 1", at
            )
            [nearest] = cursor.fetchone()
        assert queries.place(*at).nearest_asset.id == nearest


def test_what_was_planned_while_little_was_there_reads_by_index_when_much_is_there(county, addresses):
    """A connection keeps the plans of its first calls; the components come afterwards, and no table is read from end to end."""
    from yiwang.kernel.geography.loading import copy_rows, point

    x, y = county.centre(0)
    for asset_class in ("", "01001"):
        assert queries.place(x, y, asset_class=asset_class).nearest_asset is None
    copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], [
        (f"371502{n % 2 + 1:02d}001{n:06d}", f"{n % 2 + 1:02d}001", {"en": "cover"}, county.city.pk, county.city.path, point(x + n * 1e-7, y))
        for n in range(3000)
    ])  # fmt: skip
    read = "SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_user_tables WHERE relname LIKE 'yw_geography_%%' OR relname = 'yw_areas_area'"
    with connection.cursor() as cursor:
        cursor.execute(read)
        before = cursor.fetchone()
        assert queries.place(x, y).nearest_asset.code == "37150201001000000"
        assert queries.place(x, y, asset_class="02001").nearest_asset.code == "37150202001000001"
        cursor.execute(read)
        assert cursor.fetchone() == before


@pytest.mark.django_db
def test_the_index_of_crossings_holds_crossings_alone():
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'yw_geo_address_%%' AND indexdef LIKE '%%gist%%' ORDER BY indexname", [])
        crossing, point = (row[0] for row in cursor.fetchall())
    assert crossing.endswith("WHERE ((kind)::text = 'crossing'::text)")
    assert point.endswith("(point)")
