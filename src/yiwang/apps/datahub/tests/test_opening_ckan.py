"""CKAN's action API as its own client sees it, and rows by filters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ckanapi
import pytest

from yiwang.apps.datahub.rules.opening.ckan import QueryError, parse
from yiwang.apps.datahub.services.opening import publishing
from yiwang.apps.datahub.tests import portal


def call(client: Any, name: str, data: dict[str, Any] | None = None, *, at: str = "/api/3/action/") -> Any:
    return client.post(f"{at}{name}", json.dumps(data or {}), content_type="application/json")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "And(())"),
        ("*:*", "And(())"),
        ("行道树 公交", "And((Term('', '行道树'), Term('', '公交')))"),
        ('organization:a OR tags:"b c"', "Or((Term('organization', 'a'), Term('tags', 'b c')))"),
        ("+groups:x -res_format:CSV", "And((Term('groups', 'x'), Not(Term('res_format', 'CSV'))))"),
        ("tags:(a OR b)", "Or((Term('tags', 'a'), Term('tags', 'b')))"),
        ("metadata_modified:[2026-01-01T00:00:00Z TO *]", "Range('metadata_modified', '2026-01-01T00:00:00Z', '*')"),
    ],
)
def test_query_language(text: str, shown: str) -> None:
    assert repr(parse(text)) == shown


@pytest.mark.parametrize("text", ["nobody:x", "(a", "a)", "tags:", "[1 TO 2]", "(" * 40 + "a" + ")" * 40])
def test_bad_query_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


@pytest.mark.django_db
def test_search_facets_and_refusals(world: Any, client: Any) -> None:
    row = portal.open_trees(world)
    hidden = portal.prepare(world, portal.tree_dataset(world, "hidden-trees"))
    found = call(client, "package_search", {"q": "道树", "facet.field": ["organization", "tags", "groups", "res_format"], "rows": 5}).json()
    assert found["success"] is True
    result = found["result"]
    assert [p["name"] for p in result["results"]] == ["open-trees"]
    assert result["count"] == 1
    assert result["facets"]["organization"] == {"bureau-greening": 1}
    assert result["facets"]["res_format"]["CSV"] == 1
    assert {i["name"] for i in result["search_facets"]["tags"]["items"]} == {"树木", "绿化"}
    for q, n in (("tags:树木", 1), ("tags:不在", 0), ("-groups:environment", 0), ("organization:bureau-greening AND res_format:geojson", 1), ("路灯", 0)):
        assert call(client, "package_search", {"fq": q}).json()["result"]["count"] == n, q
    by_get = client.get("/api/action/package_search", {"q": "行道树", "facet.field": '["tags"]'}).json()
    assert by_get["result"]["count"] == 1
    assert by_get["result"]["facets"]["tags"]["树木"] == 1
    # What is not open is not there, by name or number, for anybody.
    for name in ("hidden-trees", str(hidden.open_set.uid), "never-was"):
        gone = call(client, "package_show", {"id": name})
        assert (gone.status_code, gone.json()["error"]["__type"], gone.json()["success"]) == (404, "Not Found Error", False)
    assert call(client, "package_show", {}).status_code == 409
    bad = call(client, "package_search", {"q": "nobody:x"})
    assert (bad.status_code, bad.json()["error"]["__type"]) == (400, "Search Query Error")
    unknown = call(client, "package_fly")
    assert unknown.status_code == 400
    assert unknown.json() == "Bad request - Action name not known: package_fly"
    broken = client.post("/api/3/action/package_show", "{", content_type="application/json")
    assert broken.status_code == 400
    assert "JSON Error" in broken.json()
    assert call(client, "package_search", {"rows": "many"}).json()["error"]["__type"] == "Validation Error"
    publishing.retract(world.actor("data_steward"), row, reason="坐标有误")
    assert call(client, "package_show", {"id": "open-trees"}).status_code == 404
    assert call(client, "package_search").json()["result"]["count"] == 0


@pytest.mark.django_db
def test_rows_by_filters(world: Any, client: Any) -> None:
    row = portal.open_trees(world)
    rid = str(row.files.get(format="plain").uid)
    found = call(client, "datastore_search", {"resource_id": rid, "filters": {"species": "国槐"}, "sort": "height desc", "limit": 3}).json()["result"]
    assert found["total"] == 10
    assert len(found["records"]) == 3
    assert found["fields"][0] == {"id": "_id", "type": "int"}
    heights = [r["height"] for r in found["records"]]
    assert heights == sorted(heights, reverse=True)
    assert all(r["species"] == "国槐" for r in found["records"])
    table = portal.trees().to_pylist()
    for filters, oracle in (
        ({"species": ["国槐", "悬铃木"]}, lambda r: r["species"] in ("国槐", "悬铃木")),
        ({"note": None}, lambda r: r["note"] is None),
        ({"height": 7.5, "species": "毛白杨"}, lambda r: r["height"] == 7.5 and r["species"] == "毛白杨"),
        ({"planted": "2010-02-07"}, lambda r: r["planted"].isoformat() == "2010-02-07"),
    ):
        got = call(client, "datastore_search", {"resource_id": rid, "filters": filters, "limit": 100}).json()["result"]
        wanted = [r["code"] for r in table if oracle(r)]
        assert [r["code"] for r in got["records"]] == wanted, filters
        assert got["total"] == len(wanted), filters
    words = call(client, "datastore_search", {"resource_id": rid, "q": "t0001", "fields": ["code"]}).json()["result"]
    assert [r["code"] for r in words["records"]] == [r["code"] for r in table if "T0001" in r["code"]]
    only = call(client, "datastore_search", {"resource_id": rid, "fields": "species", "distinct": True, "include_total": False, "records_format": "lists"}).json()["result"]
    assert sorted(v for (v,) in only["records"]) == sorted(portal.SPECIES)
    assert "total" not in only
    after = call(client, "datastore_search", {"resource_id": rid, "offset": 28, "limit": 10}).json()["result"]
    assert len(after["records"]) == 2
    assert after["total"] == 30
    for bad in ({"filters": {"nobody": 1}}, {"filters": {"planted": "yesterday"}}, {"sort": "height; drop table x"}, {"limit": -1}, {"fields": ["x"]}, {"filters": "["}):
        refused = call(client, "datastore_search", {"resource_id": rid, **bad})
        assert (refused.status_code, refused.json()["error"]["__type"]) == (409, "Validation Error"), bad
    info = call(client, "datastore_info", {"id": rid}).json()["result"]
    assert info["meta"]["count"] == 30
    assert {f["id"]: f["type"] for f in info["fields"]}["planted"] == "date"
    assert call(client, "datastore_search", {"resource_id": "never"}).status_code == 404
    assert row.use.get(kind="api").times > 5


@pytest.mark.committed
def test_the_real_client(live_site: str, tmp_path: Path) -> None:
    """`ckanapi`, as a journalist runs it: list, show, search, dump; over both addresses."""
    from tests.world import build

    world = build(matter=False)
    portal.open_trees(world)
    portal.open_trees(world, "more-trees")
    with ckanapi.RemoteCKAN(live_site, user_agent="a journalist") as remote:
        assert remote.action.status_show()["extensions"] == ["datastore", "dcat"]
        assert remote.action.package_list() == ["more-trees", "open-trees"]
        shown = remote.action.package_show(id="open-trees")
        plain = next(r for r in shown["resources"] if r["datastore_active"])
        assert shown["organization"]["name"] == "bureau-greening"
        assert plain["format"] == "CSV"
        rows = remote.action.datastore_search(resource_id=plain["id"], filters={"species": "国槐"})
        assert rows["total"] == 10
        assert remote.action.organization_list() == ["bureau-greening"]
        assert remote.action.group_list() == ["environment"]
        assert remote.action.package_search(fq="res_format:GeoJSON")["count"] == 2
        with pytest.raises(ckanapi.NotFound):
            remote.action.package_show(id="never-was")
        with pytest.raises(ckanapi.ValidationError):
            remote.action.datastore_search(resource_id=plain["id"], sort="nobody")
        with pytest.raises(ckanapi.SearchQueryError):
            remote.action.package_search(q="nobody:x")
    programs = Path(sys.executable).parent
    found_by = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}  # it starts itself again, by name
    for arguments, names in (
        (["dump", "datasets", "--all"], {"more-trees", "open-trees"}),
        (["dump", "organizations", "--all"], {"bureau-greening"}),
        (["dump", "groups", "--all"], {"environment"}),
        (["search", "datasets", "q=行道树"], {"more-trees", "open-trees"}),
    ):
        run = subprocess.run([str(programs / "ckanapi"), *arguments, "-r", live_site], env=found_by, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
        found = {json.loads(line)["name"] for line in run.stdout.splitlines() if line.strip()}
        assert found == names, (arguments, run.stderr)
