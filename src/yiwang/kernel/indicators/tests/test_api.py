"""Judging over the JSON API: the same numbers and rights as on the pages."""

from typing import Any

import pytest

from yiwang.kernel.indicators.tests import story

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/indicators"


def test_league_number_and_definitions(told: Any) -> None:
    leader = told.client("leader")
    league = leader.get(f"{ADDRESS}/league?scheme=department&period={story.OCTOBER}").json()
    row = next(r for r in league["rows"] if r["key"] == str(told.orgs[story.FALLS].pk))
    assert (row["rank"], row["score"], row["figures"]["intime_dispose_rate"]["value"]) == (4, 83.5, 65.0)
    assert league["own_only"] is False
    unranked = next(r for r in league["rows"] if r["key"] == str(told.orgs[story.NOTHING].pk))
    assert (unranked["rank"], unranked["score"], unranked["figures"]["rework_rate"]["value"]) == (None, None, None)
    query = f"scheme=department&period={story.OCTOBER}&key={row['key']}&indicator=intime_dispose_rate&part=missed"
    first = leader.get(f"{ADDRESS}/number?{query}&size=5").json()
    assert (first["facts"], first["cases"], first["hidden"], len(first["items"])) == (7, 7, 0, 5)
    rest = leader.get(f"{ADDRESS}/number", dict(p.split("=", 1) for p in query.split("&")) | {"size": 5, "cursor": first["next"]}).json()
    assert {i["number"] for i in first["items"]} | {i["number"] for i in rest["items"]} == {c.number for c in told.assets["cases"][f"{story.FALLS} 10"][:7]}
    assert {d["kind"] for d in leader.get(f"{ADDRESS}/definitions").json()} == {"measure", "indicator", "scheme"}


def test_rights_and_refusals(told: Any) -> None:
    address = f"{ADDRESS}/league?scheme=department&period={story.OCTOBER}"
    assert told.client("inspector").get(address).status_code == 403
    assert told.client(None).get(address).status_code == 401
    own = told.client("handler").get(address).json()
    assert own["own_only"] is True
    assert [r["key"] for r in own["rows"]] == [str(told.orgs[story.FALLS].pk)]
    assert own["rows"][0]["rank"] is None
    assert own["whole"] is None
    leader = told.client("leader")
    assert leader.get(f"{ADDRESS}/league?scheme=none&period={story.OCTOBER}").status_code == 404
    assert leader.get(f"{ADDRESS}/league?scheme=department&period=now").status_code == 422
    assert leader.get(f"{ADDRESS}/number?scheme=department&period={story.OCTOBER}&indicator=none").status_code == 404
