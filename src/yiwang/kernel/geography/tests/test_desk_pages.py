"""The desks of components and grids as pages: what one sees, what is refused in words, and what a list costs."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.world import picture
from yiwang.kernel.areas.models import Area
from yiwang.kernel.geography import services
from yiwang.kernel.geography.models import Asset, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries.components import AssetFilter

pytestmark = pytest.mark.django_db
GRID = "371592001001013"


@pytest.fixture
def desk(world):
    return world.client("administrator")


def change(client, asset, **values):
    return client.post(f"/components/{asset.uid}/change/", values)


def test_the_list_shows_filters_in_words_and_the_share_confirmed(world, desk):
    page = desk.get("/components/?class_code=01001&status=intact&owner=none&q=%E6%9C%9B%E6%B9%96").content.decode()
    assert "没有符合" in page or "No component fits" in page
    page = desk.get("/components/?class_code=01001&colour=ownership").content.decode()
    assert page.count("data-map-id=") == 2
    assert "0.0 %" in page
    services.set_ownership(actor=world.actor("administrator"), asset_ids=[world.assets["cover"].pk], ownership="confirmed")
    assert "50.0 %" in desk.get("/components/?class_code=01001").content.decode()
    assert world.client("handler").get("/components/").content.decode().count("data-map-id=") == 0, "only what is his body's"
    assert world.client("handler2").get("/components/").content.decode().count("data-map-id=") == 2
    assert world.client("citizen").get("/components/").status_code == 403


def test_a_list_costs_the_same_at_any_length(world, desk, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection, ) as seen:
            assert desk.get("/components/").status_code == 200
        counts.append(len(seen))
        lon, lat = world.point(1, 1)
        for _one in range(8):
            services.add_asset(actor=world.actor("administrator"), class_code="01002", name={}, lon=lon, lat=lat, owner=world.orgs["company-water"])
    assert counts[0] == counts[1]
    assert counts[0] < 22


def test_changing_one_and_being_told_who_was_faster(world, desk):
    cover = world.assets["cover"]
    given = {"do": "edit", "version": 1, "status": "damaged", "accuracy": "A", "owner_org": "bureau-urban", "road": "望湖路", "reason": "普查"}
    assert change(desk, cover, **given).status_code == 302
    page = desk.get(f"/components/{cover.uid}/").content.decode()
    assert "普查" in page
    late = change(desk, cover, **given)
    assert late.status_code == 409
    assert "韩管" in late.content.decode()
    assert change(desk, cover, do="edit", version=2, status="eaten", accuracy="A").status_code == 422
    day = Asset.objects.get(pk=cover.pk).changed_on
    assert desk.get(f"/components/{cover.uid}/?on={day}").status_code == 200
    assert desk.get(f"/components/{cover.uid}/?on=2026-99-99").status_code == 200
    assert change(world.client("acceptor"), cover, **given).status_code == 403


def test_moving_and_photographing(world, desk):
    cover = world.assets["cover"]
    lon, lat = world.point(0, 0)
    assert change(desk, cover, do="move", version=1, lon=lon, lat=lat, reason="重测").status_code == 302
    assert change(desk, cover, do="move", version=2, lon=110, lat=30).status_code == 422
    assert change(desk, cover, do="photo").status_code == 302
    photo = SimpleUploadedFile("a.jpg", picture("cover"), content_type="image/jpeg")
    assert change(desk, cover, do="photo", photos=photo).status_code == 302
    address = re.search(r'href="(/files/[^"]+)"', desk.get(f"/components/{cover.uid}/").content.decode()).group(1)
    assert desk.get(address).status_code == 200
    assert world.client("handler").get(address).status_code == 404, "a photo is seen by whom the component concerns"


def test_a_new_one_gets_its_code_by_rule(world, desk):
    lon, lat = world.point(0, 0)
    answer = desk.post("/components/new/", {"class_code": "01002", "lon": lon, "lat": lat, "address": "望湖路1号"})
    made = Asset.objects.order_by("pk").last()
    assert answer.url == f"/components/{made.uid}/"
    assert (made.code, made.name["zh-Hans"], made.grid.code) == ("37159201002000004", "污水井盖", "371592001001001")
    for given in ({}, {"class_code": "99999", "lon": lon, "lat": lat}, {"class_code": "01002"}, {"class_code": "01002", "lon": 110, "lat": 30}):
        assert desk.post("/components/new/", given).status_code == 422
    assert Asset.objects.count() == 5


def test_a_whole_list_is_previewed_then_changed(world, desk):
    where = "/components/bulk/?class_code=01001"
    assert desk.post(where, {"reason": "x"}).status_code == 422
    given = {"do": "preview", "status": "damaged", "reason": "年检"}
    page = desk.post(where, given).content.decode()
    assert 'name="expected" value="2"' in page
    assert desk.post(where, {**given, "do": "apply", "expected": 3}).status_code == 422
    assert desk.post(where, {**given, "do": "apply", "expected": 2}).status_code == 302
    assert Asset.objects.filter(status="damaged").count() == 2


def test_splitting_a_grid_on_its_page(world, desk):
    old = world.areas[GRID]
    lon, lat = world.point(2, 2)
    line = f"LINESTRING({lon} {lat - 0.001}, {lon} {lat + 0.001})"
    assert desk.get(f"/grids/?community={GRID[:12]}").content.decode().count('name="grids"') == 25
    assert desk.get(f"/grids/{old.uid}/").status_code == 200
    assert desk.get(f"/grids/change/?kind=split&grids={old.uid}").status_code == 200
    given = {"kind": "split", "grids": str(old.uid), "geometry": line, "reason": "加密"}
    page = desk.post("/grids/change/", {**given, "do": "preview"}).content.decode()
    assert "371592001001026" in page
    assert 'value="apply"' in page
    answer = desk.post("/grids/change/", {**given, "do": "apply"})
    assert answer.status_code == 302
    assert desk.get(answer.url).status_code == 200
    again = desk.post("/grids/change/", {**given, "do": "apply"})
    assert again.status_code == 409
    assert "371592001001026" in again.content.decode(), "what happened is said"
    assert Area.objects.filter(level="grid", valid_to=None, parent=old.parent).count() == 26
    for wrong in ({"geometry": "LINESTRING(0 0, 1 1)"}, {"grids": "x"}, {"kind": "eat"}, {"geometry": "{"}, {"kind": "recode", "codes": "1"}):
        neighbour = {"grids": str(world.areas["371592001001001"].uid)}
        assert desk.post("/grids/change/", {**given, **neighbour, **wrong, "do": "preview"}).status_code == 422, wrong
    assert desk.get(f"/grids/{old.uid}/").status_code == 200, "a closed grid can still be looked at"
    assert world.client("acceptor").get("/grids/").status_code == 403
    assert AssetFilter.read({"area": "371592001"}).area == "371592001"


def test_a_responsibility_grid_is_formed_of_chosen_ones(world, desk):
    uids = [str(world.areas[f"371592001001{n:03d}"].uid) for n in (1, 2, 8)]
    taken = desk.post("/grids/change/", {"kind": "beat", "grids": uids[:2], "do": "apply"})
    assert taken.status_code == 409
    UnitGrid.objects.filter(area__uid__in=uids).update(responsibility_grid=None)
    assert desk.post("/grids/change/", {"kind": "beat", "grids": uids, "do": "apply"}).status_code == 422, "the third does not adjoin"
    assert desk.post("/grids/change/", {"kind": "beat", "do": "apply"}).status_code == 422
    assert desk.post("/grids/change/", {"kind": "beat", "grids": uids[:2], "do": "apply", "name": "湖滨一号"}).status_code == 302
    made = ResponsibilityGrid.objects.get(code="371592Z0002")
    assert (made.name["zh-Hans"], made.unit_grids.count()) == ("湖滨一号", 2)
    given = {"kind": "beat", "grids": uids[:1], "do": "apply"}
    assert desk.post("/grids/change/", {**given, "codes": "371591Z0001"}).status_code == 422, "another district's"
    assert desk.post("/grids/change/", {**given, "codes": "371592Z0002"}).status_code == 302
    made.refresh_from_db()
    assert (made.name["zh-Hans"], made.unit_grids.count()) == ("湖滨一号", 1), "new members, the old name"
