"""What lies here: areas on the ellipsoid of CGCS2000 against an independent reckoning, nothing beyond what one may see."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.gis.geos import Point, Polygon
from django.urls import reverse
from pyproj import Geod

from yiwang.apps.datahub.errors import GroundTooLarge
from yiwang.apps.datahub.models import GroundLayer
from yiwang.apps.datahub.queries import space as reads
from yiwang.apps.datahub.services import space as services
from yiwang.apps.datahub.tests.ground import catalogued, make_layer
from yiwang.kernel.base.errors import BadInput, NotPermitted

pytestmark = pytest.mark.django_db
CGCS2000 = Geod(a=6378137.0, rf=298.257222101)


def m2(west: float, south: float, east: float, north: float) -> float:
    return abs(CGCS2000.polygon_area_perimeter([west, east, east, west], [south, south, north, north])[0])


@pytest.fixture
def ground(world: Any) -> Any:
    lon, lat = world.point()
    farm = make_layer(world, "farmland", "永久基本农田", (lon, lat, lon + 0.01, lat + 0.01), (lon + 0.005, lat, lon + 0.012, lat + 0.01))
    flood = make_layer(world, "flood", "洪涝风险区", (lon + 0.008, lat, lon + 0.02, lat + 0.005))
    far = make_layer(world, "far", "远处", (lon + 1, lat, lon + 1.01, lat + 0.01))
    secret = make_layer(world, "secret", "涉密", (lon, lat, lon + 1, lat + 1), is_secret=True)
    for layer, theme in ((farm, "resources"), (flood, "hazards"), (far, "plans"), (secret, "plans")):
        catalogued(layer, theme)
    return lon, lat


def test_areas_of_what_lies_in_a_polygon(world: Any, ground: Any) -> None:
    lon, lat = ground
    steward = world.actor("data_steward")
    found = {f.entry.open.code: f for f in reads.here(steward, Polygon.from_bbox((lon + 0.002, lat + 0.001, lon + 0.02, lat + 0.004)))}
    assert set(found) == {"farmland", "flood", "far"}  # never the secret one
    farm, flood = found["farmland"], found["flood"]
    assert farm.count == 2
    assert farm.m2 == pytest.approx(m2(lon + 0.002, lat + 0.001, lon + 0.012, lat + 0.004), rel=1e-6)  # the two overlap: counted once
    assert flood.m2 == pytest.approx(m2(lon + 0.008, lat + 0.001, lon + 0.02, lat + 0.004), rel=1e-6)
    assert farm.rows[0]["名称"] == "永久基本农田1"
    assert (found["far"].count, found["far"].m2) == (0, 0.0)
    at = {f.entry.open.code: f.count for f in reads.here(steward, Point(lon + 0.009, lat + 0.002, srid=4326))}
    assert at == {"farmland": 2, "flood": 1, "far": 0}


def test_overlap_of_two_layers(world: Any, ground: Any, monkeypatch: Any) -> None:
    lon, lat = ground
    steward = world.actor("data_steward")
    known = {e.open.code: e for e in reads.entries(steward)}
    made = reads.overlap(steward, known["farmland"], known["flood"])
    assert made.m2 == pytest.approx(m2(lon + 0.008, lat, lon + 0.012, lat + 0.005), rel=1e-6)
    assert made.first_m2 == pytest.approx(m2(lon, lat, lon + 0.012, lat + 0.01), rel=1e-6)
    assert made.pairs == 2
    assert reads.overlap(steward, known["farmland"], known["far"]).m2 == 0
    part = reads.overlap(steward, known["farmland"], known["flood"], Polygon.from_bbox((lon, lat, lon + 0.01, lat + 0.005)))
    assert part.m2 == pytest.approx(m2(lon + 0.008, lat, lon + 0.01, lat + 0.005), rel=1e-6)
    monkeypatch.setattr(reads, "MOST_ROWS", 1)
    with pytest.raises(GroundTooLarge):
        reads.overlap(steward, known["farmland"], known["flood"])


def test_who_may_not_see_a_layer_hears_nothing_of_it(world: Any, ground: Any) -> None:
    lon, lat = ground
    clerk = world.actor("data_clerk")  # holds the base, but not the layers' own permission
    assert reads.here(clerk, Point(lon + 0.009, lat + 0.002, srid=4326)) == []
    make_layer(world, "green", "绿地")
    with pytest.raises(NotPermitted):
        services.describe(clerk, layer="green", theme="ecology")
    services.describe(world.actor("data_steward"), layer="green", theme="ecology", standard="CJJ/T 85-2017")
    with pytest.raises(BadInput):
        services.describe(world.actor("data_steward"), layer="green", theme="ecology")
    assert GroundLayer.objects.get(layer__code="green").theme == "ecology"


def test_pages_and_api(world: Any, ground: Any) -> None:
    lon, lat = ground
    client = world.client("data_steward")
    shape = json.dumps({"type": "Polygon", "coordinates": [[[lon, lat], [lon + 0.01, lat], [lon + 0.01, lat + 0.01], [lon, lat + 0.01], [lon, lat]]]})
    page = client.post(reverse("datahub:space_here"), {"shape": shape})
    assert [r["found"].entry.open.code for r in page.context["rows"]] == ["farmland", "flood"]
    assert round(page.context["rows"][0]["share"], 3) == 100
    assert client.post(reverse("datahub:space_here"), {"shape": "{}"}).status_code == 422
    assert client.get(reverse("datahub:space_here") + "?lon=abc&lat=1").status_code == 422
    assert "m²" in client.get(reverse("datahub:space_overlap") + "?first=farmland&second=flood").content.decode()
    assert reverse("datahub:space_here") in client.get("/map/").content.decode()
    assert reverse("datahub:space_here") not in world.client("inspector").get("/map/").content.decode()
    listed = client.get("/api/v1/space/layers").json()["items"]
    assert {i["code"] for i in listed} == {"farmland", "flood", "far"}
    told = client.post("/api/v1/space/here", data=json.dumps({"shape": json.loads(shape)}), content_type="application/json").json()["layers"]
    assert [round(t["area_m2"] or 0) for t in told if t["code"] == "farmland"] == [round(page.context["rows"][0]["found"].m2)]
