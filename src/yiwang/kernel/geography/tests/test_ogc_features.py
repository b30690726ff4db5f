"""OGC API - Features: documents, pages by key, boxes and systems, filters, refusals; and QGIS's reader (ogr2ogr) on a running site."""

import json
import re
import shutil
import subprocess
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, public, system
from yiwang.kernel.base.errors import NotFound, NotSignedIn
from yiwang.kernel.geography.errors import BadQuery
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.pages import ogc
from yiwang.kernel.geography.rules.crs import ALL, CRS84, CrsError, parse_crs
from yiwang.kernel.geography.rules.intervals import IntervalError, parse_interval
from yiwang.kernel.geography.tests.conftest import X0, Y0
from yiwang.kernel.identity.models import Role, RoleGrant
from yiwang.kernel.identity.services import create_client

VIEWER = Actor(kind=ActorKind.PERSON, account_id=1, grants=tuple(Grant(p, Scope()) for p in ("geography.map.view", "geography.asset.view")))
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def ask(view, *args, actor=VIEWER, **query):
    request = RequestFactory().get("/", {k.replace("_crs", "-crs"): v for k, v in query.items()})
    request.actor = actor
    return view(request, *args)


def items(code="assets", actor=VIEWER, **query):
    return json.loads(ask(ogc.features, code, actor=actor, **query).content)


@pytest.mark.parametrize("text", ["EPSG:4490", f"{EPSG}4490", "urn:ogc:def:crs:EPSG::4490", f"[{EPSG}4490]"])
def test_names_of_a_system(text):
    assert parse_crs(text).srid == 4490


def test_axes_are_those_of_the_register():
    """Against EPSG's own register, in pyproj: whose first axis points north is given the other way round than GeoJSON."""
    pyproj = pytest.importorskip("pyproj")
    assert parse_crs("").uri == CRS84
    for one in ALL[1:]:
        assert one.swapped == (pyproj.CRS.from_epsg(one.srid).axis_info[0].direction == "north"), one.srid
    with pytest.raises(CrsError):
        parse_crs("EPSG:2437")  # a system of 1954 needs parameters that nobody gives here


@pytest.mark.parametrize("text", ["x", "2026-13-01", "2026-03-02/2026-03-01", "../..", "/", "2026/2027/2028", "0001-01-01T00:00:00Z"])
def test_no_interval(text):
    with pytest.raises(IntervalError):
        parse_interval(text)


def test_pages_by_key_hold_every_feature_once(county, assets, settings, django_assert_num_queries):
    settings.RATE_LIMITS = {"features": (0, 0)}
    seen, query = [], {"limit": "15"}
    while True:
        with django_assert_num_queries(2):  # the layer; the page, at any depth
            page = items(**query)
        assert page["numberReturned"] == len(page["features"])
        seen += [one["id"] for one in page["features"]]
        after = [re.search(r"after=([^&]+)", one["href"])[1] for one in page["links"] if one["rel"] == "next"]
        if not after:
            break
        query["after"] = unquote(after[0])
    assert len(seen) == len(set(seen)) == 40
    assert set(page["features"][0]["properties"]) >= {"code", "class_code", "status", "owner", "surveyed_on"}
    one = json.loads(ask(ogc.feature, "assets", seen[0]).content)
    assert one["geometry"]["coordinates"][0] == pytest.approx(float(re.search(r"POINT\((\S+)", assets[0][5])[1]), abs=1e-6)
    with pytest.raises(NotFound):
        ask(ogc.feature, "assets", "01900000-0000-7000-8000-000000000000")


def test_filters_boxes_and_moments(county, assets):
    Asset.objects.filter(class_code="01002").update(surveyed_on="2026-03-01")
    assert len(items(class_code="01002")["features"]) == 20
    assert len(items(class_code="' OR 1=1")["features"]) == 0
    west = items(bbox=f"{X0},{Y0},{X0 + 0.0012},{Y0 + 0.01}")["features"]
    assert 0 < len(west) < 40
    swapped = items(bbox=f"{Y0},{X0},{Y0 + 0.01},{X0 + 0.0012}", bbox_crs=f"{EPSG}4490")["features"]
    assert [one["id"] for one in swapped] == [one["id"] for one in west]
    assert len(items(bbox=f"179,{Y0},-179,{Y0 + 1}")["features"]) == 0  # over the date line
    assert len(items(datetime="../2026-02-28")["features"]) == 20  # those without a date always match
    assert len(items(datetime="2026-03-01T00:00:00Z/..")["features"]) == 40


def test_systems_with_their_own_order_of_axes(county, assets):
    pyproj = pytest.importorskip("pyproj")
    plain = items(limit="1")["features"][0]["geometry"]["coordinates"]
    degrees = ask(ogc.features, "assets", limit="1", crs=f"{EPSG}4490")
    assert degrees["Content-Crs"] == f"<{EPSG}4490>"
    assert json.loads(degrees.content)["features"][0]["geometry"]["coordinates"] == plain[::-1]
    north, east = items(limit="1", crs=f"{EPSG}4548")["features"][0]["geometry"]["coordinates"]  # CGCS2000, 3 degrees, 117 E
    wanted = pyproj.Transformer.from_crs(4490, 4548, always_xy=True).transform(*plain)
    assert (east, north) == pytest.approx(wanted, abs=0.01)
    box = f"{north - 5},{east - 5},{north + 5},{east + 5}"
    assert len(items(bbox=box, bbox_crs=f"{EPSG}4548")["features"]) >= 1


@pytest.mark.parametrize("query", [
    {"limit": "0"}, {"limit": "x"}, {"limit": "-1"}, {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "1,2,1,nan"}, {"bbox": "0,50,10,40"},
    {"bbox": "36,116,37,200"}, {"crs": "EPSG:9999"}, {"bbox_crs": "x"}, {"datetime": "yesterday"}, {"nothing": "1"}, {"after": "1"},
    {"f": "xml"}, {"road": "\0"}, {"surveyed_on": "x"},
], ids=lambda q: "-".join(f"{k}={v}" for k, v in q.items()).replace("\0", "nul"))  # fmt: skip
def test_what_cannot_be_understood_is_400(county, query):
    with pytest.raises(BadQuery) as refused:
        items(**query)
    assert refused.value.status == 400


def test_the_reader_s_scope_and_the_documents(county, assets):
    assert items(actor=Actor(kind=ActorKind.PERSON, account_id=3, grants=(Grant("geography.asset.view", Scope("999.")),)))["features"] == []
    with pytest.raises(NotSignedIn):
        items(actor=public())
    client = Client()
    links = {one["rel"]: one["href"] for one in client.get("/ogc/features/").json()["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in client.get(links["conformance"]).json()["conformsTo"]
    found = client.get(links["data"]).json()
    assert "assets" not in {one["id"] for one in found["collections"]}
    assert f"{EPSG}4490" in found["crs"]
    for one in found["collections"]:
        assert client.get(next(x["href"] for x in one["links"] if x["rel"] == "items"), {"limit": 2}).status_code == 200
    api = client.get(links["service-desc"])
    assert api["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert "/collections/boundaries/items" in api.json()["paths"]
    refused = client.get("/ogc/features/collections/assets/items")
    assert (refused.status_code, refused["Content-Type"]) == (401, "application/problem+json")
    for path in ("", "conformance", "api", "collections", "collections/boundaries", "collections/boundaries/items"):
        assert "<table" in (page := client.get(f"/ogc/features/{path}", {"f": "html"})).content.decode() or path in ("", "conformance"), path
        assert page.status_code == 200


def test_qgis_s_reader_fetches_a_layer(live_site, tmp_path, request):
    """`ogrinfo` and `ogr2ogr` (driver OAPIF, Debian's gdal-bin) with a key: all pages of a layer, with its properties."""
    if not shutil.which("ogr2ogr"):
        pytest.skip("ogr2ogr is missing: apt-get install gdal-bin")
    request.getfixturevalue("assets")
    role = Role.objects.create(code="gis", name={"en": "GIS"})
    RoleGrant.objects.create(role=role, permission="geography.asset.view")
    _, key = create_client(system(), code="gis", name="GIS", role=role)
    common = ["--config", "GDAL_HTTP_HEADERS", f"X-Api-Key: {key}"]
    told = subprocess.run(["ogrinfo", *common, "-ro", "-so", f"OAPIF:{live_site}/ogc/features/", "assets"], capture_output=True, text=True, timeout=60)
    assert "Geometry: Point" in told.stdout, told.stdout + told.stderr
    assert "class_code: String" in told.stdout
    made = tmp_path / "assets.geojson"
    subprocess.run(
        ["ogr2ogr", *common, "-oo", "PAGE_SIZE=15", "-where", "class_code = '01002'", "-f", "GeoJSON", str(made), f"OAPIF:{live_site}/ogc/features/", "assets"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    rows = json.loads(made.read_text())["features"]
    assert len(rows) == 20
    assert {one["properties"]["class_code"] for one in rows} == {"01002"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(ST_X(point)) FROM yw_geography_asset WHERE class_code = '01002'")
        assert min(one["geometry"]["coordinates"][0] for one in rows) == pytest.approx(cursor.fetchone()[0], abs=1e-6)
