"""The portal for people and harvesters: pages, files, promises, retraction, DCAT-AP against its shapes, data packages."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from rdflib import Graph
from rdflib.namespace import DCAT, RDF

from yiwang.apps.datahub.errors import AlreadyDecided, NameTaken
from yiwang.apps.datahub.models import OpenSet, OpenUse
from yiwang.apps.datahub.queries.opening import showing
from yiwang.apps.datahub.services.opening import publishing
from yiwang.apps.datahub.tests import portal
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotPermitted


def real_shapes() -> Path:
    """Return the folder of DCAT-AP's own shapes; they are no part of this repository."""
    shared = Path(os.environ.get("YIWANG_SHARED_DATA") or Path(__file__).resolve().parents[6] / "shared" / "data")
    found = shared / "records" / "schemas"
    if not (found / "dcat-ap-3.0.1-shapes.ttl").is_file():
        pytest.skip(f"the shapes of DCAT-AP are not in {found}; YIWANG_SHARED_DATA names the folder of public data")
    return found


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.django_db
def test_pages_say_what_a_person_wants_to_know(world: Any, client: Any, django_assert_max_num_queries: Any) -> None:
    assert "还没有开放这类数据" in client.get("/open/").content.decode()
    portal.open_trees(world)
    portal.prepare(world, portal.tree_dataset(world, "hidden-trees"))
    with django_assert_max_num_queries(16):
        front = client.get("/open/").content.decode()
    assert "/open/open-trees/" in front
    assert "hidden-trees" not in front
    for n in range(3):
        portal.open_trees(world, f"more-{n}")
    with django_assert_max_num_queries(16):  # four sets cost what one does
        client.get("/open/")
    assert "/open/open-trees/" in client.get("/open/?q=道树&theme=environment&format=csv").content.decode()
    assert "/open/open-trees/" not in client.get("/open/?q=路灯").content.decode()
    page = client.get("/open/open-trees/").content.decode()
    for said in ("行道树", "署名 4.0", "每月", "按时更新", "树种", "国槐", 'data-island="map"', 'data-island="chart"', "Excel", "GeoJSON", "datastore_search"):
        assert said in page, said
    assert client.get("/open/hidden-trees/").status_code == 404
    assert client.get("/open/never-was/").status_code == 404
    assert client.get("/open/promises/").status_code == client.get("/open/use/").status_code == client.get("/open/terms/").status_code == 200


@pytest.mark.django_db
def test_files_hold_the_rows_and_no_formula(world: Any, client: Any) -> None:
    row = portal.open_trees(world)
    got = {f.format: body(client.get(f"/open/open-trees/files/open-trees.{'plain.csv' if f.format == 'plain' else f.format}")) for f in row.files.all()}
    assert set(got) == {"csv", "plain", "xlsx", "json", "parquet", "geojson"}
    for file in row.files.all():
        assert hashlib.sha256(got[file.format]).hexdigest() == file.sha256
    assert got["csv"].startswith(b"\xef\xbb\xbf")
    people = list(csv.DictReader(io.StringIO(got["csv"].decode("utf-8-sig"))))
    programs = list(csv.DictReader(io.StringIO(got["plain"].decode())))
    assert people[0]["备注"] == "'=1+1"
    assert programs[0]["note"] == "=1+1"
    assert [r["code"] for r in programs] == [r["code"] for r in portal.trees().to_pylist()]
    sheet = openpyxl.load_workbook(io.BytesIO(got["xlsx"])).active
    assert sheet.cell(1, 1).value == "编号"
    assert sheet.max_row == 31
    assert sheet.cell(2, 5).value == "'=1+1"
    assert len(json.loads(got["json"])) == 30
    shapes = json.loads(got["geojson"])
    assert shapes["features"][0]["geometry"] == {"type": "Point", "coordinates": [115.97, 36.44]}
    assert "lon" not in shapes["features"][0]["properties"]
    assert client.get("/open/open-trees/files/other.csv").status_code == 404
    assert client.get("/open/open-trees/files/open-trees.exe").status_code == 404
    row.refresh_from_db()
    assert row.uses == 6
    assert OpenUse.objects.get(open_set=row, format="json").times == 1


@pytest.mark.django_db
def test_taken_back_is_said_and_gone(world: Any, client: Any) -> None:
    row = portal.open_trees(world)
    client.get("/open/open-trees/files/open-trees.csv")
    with pytest.raises(NotPermitted):
        publishing.retract(world.actor("data_owner"), row, reason="不想开放了")
    publishing.retract(world.actor("data_steward"), row, reason="坐标精度过高")
    page = client.get("/open/open-trees/")
    assert page.status_code == 410
    assert "坐标精度过高" in page.content.decode()
    for address in ("files/open-trees.csv", "datapackage.json", "package.zip"):
        assert client.get(f"/open/open-trees/{address}").status_code == 410, address
    assert client.get("/dataset/open-trees.ttl").status_code == 404
    assert showing.taken(OpenSet.objects.get(pk=row.pk))["total"] == 1  # who had taken it stays known
    with pytest.raises(AlreadyDecided):
        publishing.retract(world.actor("data_steward"), row, reason="再撤一次")
    with pytest.raises(NameTaken):  # a name that was taken back is not given to other rows
        portal.prepare(world, row.dataset)


@pytest.mark.django_db
def test_a_new_version_keeps_numbers_of_files_and_promises_are_watched(world: Any) -> None:
    row = portal.open_trees(world)
    before = {f.format: (f.uid, f.sha256) for f in row.files.all()}
    version = portal.prepare(world, row.dataset, table=portal.trees(40), title={"zh-Hans": "城区行道树"}, tags=["新词"])
    row.refresh_from_db()
    assert row.title["zh-Hans"] == "行道树"  # what one person wrote is shown when the second has released it
    publishing.release(portal.second(world), version, body="市委保密办", statement="不涉及国家秘密，同意公开。")
    row = OpenSet.objects.select_related("current", "org").get(pk=row.pk)
    after = {f.format: (f.uid, f.sha256) for f in row.files.all()}
    assert row.current.number == 2
    assert (row.current.rows, row.title["zh-Hans"], row.tags) == (40, "城区行道树", ["新词"])
    assert {k: v[0] for k, v in before.items()} == {k: v[0] for k, v in after.items()}
    assert before["plain"][1] != after["plain"][1]
    assert list(row.versions.order_by("number").values_list("state", flat=True)) == ["replaced", "released"]
    assert showing.freshness(row)["tone"] == "in_time"
    row.due_at = now() - timedelta(days=12)
    row.save()
    (late,) = showing.promises()
    assert late["fresh"]["late_days"] == 12
    assert showing.kept_share([late]) == 0


@pytest.mark.django_db
def test_catalogue_pages_and_its_shapes(world: Any, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        portal.open_trees(world, f"trees-{n}")
    from yiwang.apps.datahub.queries.opening import catalogue

    monkeypatch.setattr(catalogue, "PAGE", 2)
    first, second_page = client.get("/catalog.ttl"), client.get("/catalog.ttl?page=2")
    graph = Graph().parse(data=first.content.decode(), format="turtle") + Graph().parse(data=second_page.content.decode(), format="turtle")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 3
    assert "nextPage" in first.content.decode()
    assert "nextPage" not in second_page.content.decode()
    assert client.get("/catalog.ttl?page=3").status_code == 404
    assert client.get("/catalog.xml").status_code == 404
    assert len(Graph().parse(data=client.get("/catalog.jsonld").content.decode(), format="json-ld")) > 50
    one = Graph().parse(data=client.get("/dataset/trees-1.ttl").content.decode(), format="turtle")
    assert len(list(one.subjects(RDF.type, DCAT.Distribution))) == 6
    assert client.get("/dataset/trees-1").headers["Location"] == "/open/trees-1/"


@pytest.mark.real_data
@pytest.mark.django_db
def test_catalogue_keeps_the_shapes_of_dcat_ap(world: Any, client: Any) -> None:
    import pyshacl

    portal.open_trees(world)
    data = Graph().parse(data=client.get("/catalog.ttl").content.decode(), format="turtle")
    for name in ("shapes", "range", "shapes_recommended", "deprecateduris"):
        shapes = Graph().parse(real_shapes() / f"dcat-ap-3.0.1-{name}.ttl")
        conforms, _graph, text = pyshacl.validate(data, shacl_graph=shapes, advanced=True)
        assert conforms, f"{name}: {text[:3000]}"


@pytest.mark.django_db
def test_data_package_is_valid_for_frictionless(world: Any, client: Any, tmp_path: Path) -> None:
    portal.open_trees(world)
    described = client.get("/open/open-trees/datapackage.json").json()
    assert {f["name"]: f["type"] for f in described["resources"][0]["schema"]["fields"]}["planted"] == "date"
    target = tmp_path / "package.zip"
    target.write_bytes(body(client.get("/open/open-trees/package.zip")))
    with zipfile.ZipFile(target) as archive:
        assert set(archive.namelist()) == {"datapackage.json", "open-trees.plain.csv", "open-trees.geojson"}
        archive.extractall(tmp_path / "unpacked")
    program = str(Path(sys.executable).parent / "frictionless")
    for what in ("package.zip", "unpacked/datapackage.json"):
        run = subprocess.run([program, "validate", what, "--json"], capture_output=True, text=True, timeout=90, check=False, cwd=tmp_path)
        report = json.loads(run.stdout)
        assert report["valid"], report
        assert report["stats"]["errors"] == 0, report
    (tmp_path / "unpacked" / "open-trees.plain.csv").write_text("code,species\nT1,国槐\n")
    run = subprocess.run([program, "validate", "unpacked/datapackage.json"], capture_output=True, text=True, timeout=90, check=False, cwd=tmp_path)
    assert run.returncode != 0  # a file that was changed is told


@pytest.mark.django_db
def test_backups_carry_what_is_open_and_nothing_that_was_taken_back(world: Any, settings: Any) -> None:
    from django.db import connection

    from yiwang.kernel.base.registry import dotted, manifests

    row = portal.open_trees(world)
    connection.ensure_connection()
    paths = [p for name in manifests()["datahub"].kept for p in dotted(name)(connection.connection) if "open-trees" in p]
    assert len(paths) == 7  # the version and six files
    assert all((Path(settings.DATA_DIR) / p).is_file() for p in paths)
    publishing.retract(world.actor("data_steward"), row, reason="坐标有误")
    assert not [p for name in manifests()["datahub"].kept for p in dotted(name)(connection.connection) if "open-trees" in p]
