"""Vector tiles: what lies in them for whom, what they are known by, and who is refused."""

import json

import pytest
from django.db import connection
from django.test import RequestFactory

from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, public
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.geography.errors import SecretLayer
from yiwang.kernel.geography.models import Asset, Feature, Layer
from yiwang.kernel.geography.pages import tiles as doors
from yiwang.kernel.geography.queries import catalogue
from yiwang.kernel.geography.rules.tiles import TileError, checked_tile, degree_box, tile_of
from yiwang.kernel.geography.tests.conftest import X0, Y0
from yiwang.kernel.geography.tests.mvt import read
from yiwang.kernel.identity.models import Account, Holding

VIEWER = Actor(
    kind=ActorKind.PERSON, account_id=1, grants=tuple(Grant(p, Scope()) for p in ("geography.map.view", "geography.asset.view", "geography.layer.view"))
)
MIDDLE = (X0 + 0.003, Y0 + 0.002)


def ask(actor, code, z, *, etag="", at=MIDDLE, xy=None):
    request = RequestFactory().get("/", headers={"If-None-Match": etag} if etag else {})
    request.actor = actor
    return doors.tile(request, code, z, *(xy or tile_of(*at, z)))


def rows(actor, code, z):
    """Return the features of the tiles at the four corners of what was built, each once."""
    corners = {tile_of(X0 + dx, Y0 + dy, z) for dx in (-0.0001, 0.0061) for dy in (-0.0001, 0.0061)}
    found = [one for xy in corners for one in read(ask(actor, code, z, xy=xy).content).get(code, [])]
    return list({one.get("uid", n): one for n, one in enumerate(found)}.values())


def grants(area="", org=""):
    return Actor(kind=ActorKind.PERSON, account_id=3, grants=(Grant("geography.asset.view", Scope(area, org)), Grant("geography.map.view", Scope())))


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (1, 2, 0), (1, 0, 2), (4, 0, -1)])
def test_there_is_no_such_tile(z, x, y):
    with pytest.raises(TileError):
        checked_tile(z, x, y)


def test_a_tile_holds_its_point():
    for z in (0, 9, 16, 22):
        west, south, east, north = degree_box(z, *tile_of(*MIDDLE, z))
        assert west <= MIDDLE[0] < east
        assert south <= MIDDLE[1] < north


def test_tiles_answer_in_two_queries_with_what_lies_there(county, assets, addresses, settings, django_assert_num_queries):
    settings.RATE_LIMITS = {"tiles": (0, 0)}
    for code, z, least in [("boundaries", 9, 2), ("boundaries", 15, 2), ("unit_grids", 15, 5), ("roads", 15, 1), ("addresses", 15, 4), ("assets", 15, 40)]:
        with django_assert_num_queries(2):  # the layer with its version; the tile
            assert ask(VIEWER, code, z)["Content-Type"] == doors.MVT
        found = rows(VIEWER, code, z)
        assert len(found) >= least, (code, z)
        assert all(one["uid"] for one in found)
    assert {one["class_code"] for one in rows(VIEWER, "assets", 15)} == {"01001", "01002"}
    assert ask(VIEWER, "unit_grids", 9).content == b""  # a grey mass so far away
    assert ask(VIEWER, "assets", 15, at=(10.0, 10.0)).content == b""


def test_far_points_are_counted(county, assets):
    found = rows(VIEWER, "assets", 11)
    assert sum(one["count"] for one in found) == 40
    assert all("uid" not in one for one in found)


def test_the_reader_s_scope_is_inside(county, assets):
    assert len(rows(grants(area=county.street.path), "assets", 15)) == 40
    assert rows(grants(area="999."), "assets", 15) == rows(grants(org="77."), "assets", 11) == []
    with pytest.raises(NotPermitted):
        ask(Actor(kind=ActorKind.PERSON, account_id=2), "assets", 15)
    with pytest.raises(NotSignedIn):
        ask(public(), "assets", 15)
    with pytest.raises(NotFound):
        ask(VIEWER, "nothing", 15)
    with pytest.raises(NotFound):
        ask(VIEWER, "assets", 3, xy=(8, 0))


def test_a_tile_is_known_by_the_layer_s_version_and_the_scope(county, assets, django_assert_num_queries, settings):
    settings.RATE_LIMITS = {"tiles": (0, 0)}
    first = ask(VIEWER, "assets", 15)
    with django_assert_num_queries(1) as asked:  # the version, and not the rows
        again = ask(VIEWER, "assets", 15, etag=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert "yw_geography_asset" not in asked[0]["sql"]
    assert ask(grants(area=county.street.path), "assets", 15, etag=first["ETag"]).status_code == 200
    Asset.objects.filter(code=assets[0][0]).update(status="damaged")
    changed = ask(VIEWER, "assets", 15, etag=first["ETag"])
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]
    borders = ask(VIEWER, "boundaries", 12)["ETag"]
    with connection.cursor() as cursor:  # any way of writing counts: a name stands in another table than the shape
        cursor.execute("UPDATE yw_areas_area SET name = name WHERE id = %s", [county.street.pk])
    assert ask(VIEWER, "boundaries", 12, etag=borders).status_code == 200


def test_a_layer_of_rows_of_its_own_and_a_secret_one(county):
    made = Layer.objects.create(code="benches", name={"zh-Hans": "座椅", "en": "Benches"}, geometry="point", review_number="GS(2026)1号",
                                schema=[{"name": "seats", "label": {"en": "Seats"}, "type": "integer"}, {"name": "it's 100%", "type": "text"}])  # fmt: skip
    Feature.objects.create(layer=made, code="b1", attributes={"seats": 4, "it's 100%": "oak"}, geometry=f"POINT({MIDDLE[0]} {MIDDLE[1]})",
                           area_path=county.community.path)  # fmt: skip
    Feature.objects.create(layer=made, code="b2", attributes={"seats": "many"}, geometry=f"POINT({MIDDLE[0]} {MIDDLE[1]})", area_path="999.")
    assert [one.get("seats") for one in read(ask(VIEWER, "benches", 16).content)["benches"]] == [4, None]
    near = Actor(kind=ActorKind.PERSON, account_id=3, grants=(Grant("geography.layer.view", Scope(county.city.path)),))
    seen = read(ask(near, "benches", 16).content)["benches"]
    assert [(one["code"], one["it's 100%"]) for one in seen] == [("b1", "oak")]
    assert {one.code for one in catalogue.readable(near)} == {"benches"}
    Layer.objects.filter(pk=made.pk).update(is_secret=True)
    assert catalogue.readable(near) == []
    with pytest.raises(SecretLayer):
        ask(near, "benches", 16)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data->>'layer' FROM yw_audit_event WHERE action = 'geography.layer.secret_refused'")
        assert cursor.fetchall() == [("benches",)]


def test_tilejson_and_the_list_of_layers(county, assets, settings):
    settings.MAP_REVIEW_NUMBER = "鲁SG(2026)001号"
    request = RequestFactory().get("/")
    request.actor = VIEWER
    told = json.loads(doors.tilejson(request, "assets").content)
    assert told["tiles"] == ["http://testserver/map/tiles/assets/{z}/{x}/{y}.mvt"]
    assert told["vector_layers"][0]["id"] == "assets"
    assert told["attribution"] == "鲁SG(2026)001号"
    assert told["bounds"][0] == pytest.approx(X0 - 0.05)
    listed = json.loads(doors.layers(request).content)
    assert {"assets", "boundaries", "roads"} <= {one["id"] for one in listed["layers"]}
    request.actor = Actor(kind=ActorKind.PERSON, account_id=2, grants=(Grant("geography.map.view", Scope()),))
    assert "assets" not in {one["id"] for one in json.loads(doors.layers(request).content)["layers"]}


def test_a_tile_that_the_reader_has_costs_three_statements_and_hears_at_once_what_was_taken_away(world, settings, django_assert_num_queries):
    """The session with its account, what he holds, the layer's version: each asked anew, so nothing is answered from before."""
    settings.RATE_LIMITS = {"tiles": (0, 0)}
    browser, account = world.client("administrator"), world.account("administrator")
    address = "/map/tiles/assets/15/{}/{}.mvt".format(*tile_of(*world.point(), 15))
    known = {"if-none-match": browser.get(address)["ETag"]}
    with django_assert_num_queries(3) as asked:
        assert browser.get(address, headers=known).status_code == 304
    assert [table for table in ("yw_identity_session", "yw_identity_held", "yw_geography_layer") if not any(table in q["sql"] for q in asked)] == []
    Holding.objects.filter(account=account).update(valid_to=now())
    assert browser.get(address, headers=known).status_code == 403
    Holding.objects.filter(account=account).update(valid_to=None)
    assert browser.get(address, headers=known).status_code == 304
    Account.objects.filter(pk=account.pk).update(is_active=False)
    assert browser.get(address, headers=known).status_code == 302  # to the sign-in
    Account.objects.filter(pk=account.pk).update(is_active=True, password="md5$another$one")
    assert browser.get(address, headers=known).status_code == 302  # to the sign-in
