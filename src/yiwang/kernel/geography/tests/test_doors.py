"""The map's doors: layers for those who may, refusals that say what is wrong."""

import pytest
from django.test import RequestFactory

from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, public
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.geography import pages
from yiwang.kernel.geography.queries import features
from yiwang.kernel.geography.tests.conftest import X0, Y0

BOX = f"{X0 - 0.02},{Y0 - 0.02},{X0 + 0.02},{Y0 + 0.02}"
VIEWER = Actor(
    kind=ActorKind.PERSON, account_id=1,
    grants=(Grant("geography.map.view", Scope()), Grant("geography.asset.view", Scope())),
)  # fmt: skip
PLAIN = Actor(kind=ActorKind.PERSON, account_id=2, grants=(Grant("geography.map.view", Scope()),))


def get(view, actor, *args, **query):
    request = RequestFactory().get("/", query)
    request.actor = actor
    return view(request, *args)


def body(response):
    import json

    return json.loads(response.content)


def test_layers_answer_in_one_query(county, assets, settings, django_assert_num_queries):
    settings.RATE_LIMITS = {"open-data": (0, 0)}  # the count of callers, which asks the database now and then, is apart
    for code, zoom, count in [
        ("geography.boundaries", 10, 2), ("geography.boundaries", 12, 2), ("geography.boundaries", 15, 2),
        ("geography.unit_grids", 15, 5), ("geography.unit_grids", 10, 0), ("geography.assets", 17, 40),
    ]:  # fmt: skip
        with django_assert_num_queries(0 if count == 0 else 1):
            response = get(pages.layer, VIEWER, code, bbox=BOX, zoom=zoom)
        assert response["Content-Type"] == "application/geo+json"
        found = body(response)
        assert len(found["features"]) == count, (code, zoom)
        assert found["truncated"] is False


def test_assets_are_counted_when_far_and_single_when_near(county, assets):
    far = body(get(pages.layer, VIEWER, "geography.assets", bbox=BOX, zoom=11))
    assert far["clustered"] is True
    assert sum(f["properties"]["count"] for f in far["features"]) == 40
    near = body(get(pages.layer, VIEWER, "geography.assets", bbox=BOX, zoom=18, class_code="01002"))
    assert {f["properties"]["class_code"] for f in near["features"]} == {"01002"}
    assert len(near["features"]) == 20


def test_more_than_the_limit_is_cut_and_said(county, assets, monkeypatch):
    monkeypatch.setattr(features, "LIMIT", 7)
    found = body(get(pages.layer, VIEWER, "geography.assets", bbox=BOX, zoom=18))
    assert len(found["features"]) == 7
    assert found["truncated"] is True


def test_who_may_see_what(county, assets):
    with pytest.raises(NotPermitted):
        get(pages.layer, PLAIN, "geography.assets", bbox=BOX)
    with pytest.raises(NotSignedIn):
        get(pages.layer, public(), "geography.boundaries", bbox=BOX)
    elsewhere = Actor(kind=ActorKind.PERSON, account_id=3, grants=(Grant("geography.asset.view", Scope(area_path="999.")),))
    assert body(get(pages.layer, elsewhere, "geography.assets", bbox=BOX, zoom=18))["features"] == []
    company = Actor(
        kind=ActorKind.PERSON, account_id=3, grants=(Grant("geography.asset.view", Scope(org_path="77.")),)
    )
    assert body(get(pages.layer, company, "geography.assets", bbox=BOX, zoom=18))["features"] == []


@pytest.mark.parametrize("query", [
    {}, {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": "2,2,1,1"}, {"bbox": "nan,0,1,1"}, {"bbox": BOX, "zoom": "x"},
    {"bbox": BOX, "zoom": "99"}, {"bbox": "0,0,0,0"},
])  # fmt: skip
def test_bad_boxes(county, query):
    with pytest.raises(BadInput):
        get(pages.layer, VIEWER, "geography.boundaries", **query)


def test_odd_filters_do_no_harm(county, assets):
    found = body(get(pages.layer, VIEWER, "geography.assets", bbox=BOX, zoom=18, class_code="%' OR 1=1", __class__="x", status="a" * 999))
    assert found["features"] == []
    with pytest.raises(NotFound):
        get(pages.layer, VIEWER, "geography.nothing", bbox=BOX)


def test_a_point_and_a_search(county, assets, addresses):
    x, y = county.centre(0)
    seen = body(get(pages.place, VIEWER, lon=x, lat=y))
    assert seen["chain"][-1]["level"] == "grid"
    assert seen["nearest_asset"]["code"]
    assert "nearest_asset" not in body(get(pages.place, public(), lon=x, lat=y))
    with pytest.raises(BadInput):
        get(pages.place, public())
    assert body(get(pages.search, public(), q="东昌西路42号"))["matches"][0]["name"] == "东昌西路42号"
    assert body(get(pages.search, public(), q="\0"))["matches"] == []
