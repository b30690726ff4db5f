"""Open cases as tiles and features: the same rows as in the list, and nothing of who reported."""

import json

import pytest

from tests.walk import report
from yiwang.kernel.geography.rules.tiles import tile_of
from yiwang.kernel.geography.tests.mvt import read


@pytest.mark.django_db
def test_open_cases_for_who_may_see_them(world):
    case = report(world, text="井盖松动", at=(3, 1))
    z = 15
    x, y = tile_of(case.point.x, case.point.y, z)
    address = f"/map/tiles/city.open_cases/{z}/{x}/{y}.mvt"
    leader = world.client("leader")
    answer = leader.get(address)
    rows = read(answer.content)["city.open_cases"]
    assert [(one["uid"], one["tone"]) for one in rows] == [(str(case.uid), "in_time")]
    assert leader.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304
    found = leader.get("/ogc/features/collections/city.open_cases/items").json()["features"]
    assert [one["id"] for one in found] == [str(case.uid)]
    assert "reporter" not in json.dumps(found[0])
    facts = leader.get(f"/map/facts/city.open_cases/{case.uid}.json").json()
    assert facts["href"] == f"/city/cases/{case.uid}/"
    assert world.client("citizen").get(address, headers={"accept": "application/json"}).status_code == 403
