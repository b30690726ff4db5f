"""The way of a file into a layer: understood, checked, brought in whole, taken back whole."""

import pytest
import shapely
from django.apps import apps

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope, system
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.geography.models import Asset, Feature, ImportBatch, ImportRow, Layer
from yiwang.kernel.geography.queries.layers import versions
from yiwang.kernel.mapdata import queries, services
from yiwang.kernel.mapdata.contracts import Choice, FieldMapping
from yiwang.kernel.mapdata.errors import FileRefused, NotNow, RowsAreBad, RowsInUse
from yiwang.kernel.mapdata.services import clearing
from yiwang.kernel.mapdata.tests.conftest import X0, Y0

BOSS = system("test")


def decide(batch, *, then=True, fixed=None, fields=None, **changes):
    """Go on with what was proposed, but for the changes."""
    choice = Choice.of({**batch.chosen, **changes})
    batch = services.choose(BOSS, batch.uid, choice, FieldMapping({**batch.mapping["fields"], **(fields or {})}, fixed or {}))
    return services.check(BOSS, batch.uid) if then else batch


def problems(batch):
    return {row.number: [p["code"] for p in row.problems] for row in queries.bad_rows(batch)}


def test_a_shapefile_in_gbk_comes_into_assets_and_is_undone(layers, made):
    points = [shapely.Point(X0 + 0.0005 + 0.001 * n, Y0 + 0.0005) for n in range(3)]
    file = made.shapefile("部件普查", points, {
        "ObjID": ["37150201001000007", "", ""], "ObjName": ["供水井盖", "供水井盖", "污水井盖"], "小类": ["01001", "供水井盖", "01002"],
        "DeptName2": ["市水务集团", "市水务集团", "water"], "ObjState": ["完好", "破损", ""], "ORDate": ["20260301", "2026-03-02", ""],
    }, without=(".cpg",))  # fmt: skip
    batch = services.start(BOSS, "assets", file)
    assert (batch.state, batch.understood["encoding"], batch.chosen["crs"], batch.understood["crs"]["how"]) == ("mapping", "GB18030", "EPSG:4490", "stated")
    assert batch.mapping["fields"] == {
        "code": "ObjID", "class_code": "小类", "name": "ObjName", "status": "ObjState", "owner_org": "DeptName2", "surveyed_on": "ORDate",
    }  # fmt: skip
    assert Asset.objects.count() == 0
    batch = decide(batch)
    assert batch.counts == {"rows": 3, "bad": 0, "mended": 0, "good": 3}
    before = versions(["assets"])["assets"]
    batch = services.bring(BOSS, batch.uid)
    assert batch.state == "done"
    found = list(Asset.objects.order_by("code"))
    assert [a.code for a in found] == ["37150201001000007", "37150201001000008", "37150201002000001"]  # the next free ones
    assert [a.status for a in found] == ["intact", "damaged", "intact"]
    assert {a.owner_org.code for a in found} == {"water"}
    assert found[1].grid == layers.grids[1]
    assert found[0].area_path == layers.grids[0].path
    assert (found[1].name, str(found[1].surveyed_on), found[0].uid.version) == ({"zh-Hans": "供水井盖"}, "2026-03-02", 7)
    assert versions(["assets"])["assets"] > before
    assert services.bring(BOSS, batch.uid).state == "done"  # twice is once
    assert Asset.objects.count() == 3
    services.undo(BOSS, batch.uid)
    assert services.undo(BOSS, batch.uid).state == "undone"
    assert Asset.objects.count() == 0
    assert list(Event.objects.filter(action__startswith="geography.import.").order_by("position").values_list("action", flat=True)) == [
        "geography.import.uploaded", "geography.import.brought_in", "geography.import.undone",
    ]  # fmt: skip


def test_what_was_changed_or_used_since_holds_the_import(layers, made):
    file = made.sent("编码,名称,小类,经度,纬度\n" + "".join(f"3715020100100000{n},供水井盖,01001,{X0 + 0.0005},{Y0 + 0.0005}\n" for n in (1, 2, 3)), "a.csv")
    batch = services.bring(BOSS, decide(services.start(BOSS, "assets", file)).uid)
    Asset.objects.filter(code__endswith="2").update(remark="换过盖")
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert (held.value.count, "37150201001000002" in held.value.rows[0]) == (1, True)
    Asset.objects.filter(code__endswith="2").update(remark="")
    apps.get_model("yw_paper", "Plate").objects.create(code="AB12CD34", label="井", area_path="1.", point="SRID=4326;POINT(116 36)", made_at=batch.made_at, asset=Asset.objects.get(code__endswith="3"))
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert held.value.count == 1
    assert Asset.objects.count() == 3


def test_every_bad_row_is_told_with_its_mend_and_nothing_comes_in_by_halves(layers, assets, made):
    rows = [
        ("37150201001000001", "供水井盖", "01001", X0 + 0.0005), ("37150201001000900", "供水井盖", "01002", X0 + 0.0005),
        ("37150301001000001", "供水井盖", "01001", X0 + 0.0005), ("37150201001000901", "供水井盖", "01001", X0 + 1),
        ("37150201001000902", "供水井盖", "01001", X0 + 0.0005), ("37150201001000902", "供水井盖", "01001", X0 + 0.0005),
        ("12", "供水井盖", "01001", X0 + 0.0005), ("37150201001000903", "", "99999", X0 + 0.0005), ("37150201001000904", "井", "01001", "北"),
        ("37150201001000905", "井", "01001", ""), ("37150201001000906", "井", "01001", X0 + 0.0005),
    ]  # fmt: skip
    text = "编码,名称,小类,经度,纬度,权属单位\n" + "".join(f"{c},{n},{k},{x},{Y0 + 0.0005 if x != '' else ''},{'某公司' if c.endswith('906') else ''}\n" for c, n, k, x in rows)
    batch = decide(services.start(BOSS, "assets", made.sent(text.encode("gb18030"), "部件.csv")))
    assert problems(batch) == {
        1: ["code_taken"], 2: ["code_class"], 3: ["code_district"], 4: ["outside"], 6: ["code_twice"], 7: ["code_rule"],
        8: ["domain", "missing"], 9: ["bad_geometry"], 10: ["no_geometry"], 11: ["org"],
    }  # fmt: skip
    assert all(s["wrong"] and s["mend"] and "%(" not in s["wrong"] + s["mend"] for row in queries.bad_rows(batch) for s in queries.said(row, queries.labels(batch.layer)))
    assert {k["code"] for k in queries.kinds_of_problems(batch, {})} >= {"code_taken", "org", "domain"}
    with pytest.raises(RowsAreBad):
        services.bring(BOSS, batch.uid)
    assert Asset.objects.count() == 40
    assert services.bring(BOSS, batch.uid, good_only=True).counts["brought_in"] == 1
    assert Asset.objects.filter(code="37150201001000902").count() == 1
    services.undo(BOSS, batch.uid)
    assert Asset.objects.count() == 40


def test_a_code_given_away_since_the_check_stops_it(layers, made):
    batch = decide(services.start(BOSS, "assets", made.sent(f"编码,名称,小类,x,y\n37150201001000001,井,01001,{X0 + 0.0005},{Y0 + 0.0005}\n", "a.csv")))
    Asset.objects.create(code="37150201001000001", class_code="01001", area=layers.city, area_path=layers.city.path, point=f"SRID=4326;POINT({X0} {Y0})")
    with pytest.raises(RowsAreBad):
        services.bring(BOSS, batch.uid)
    batch.refresh_from_db()
    assert (batch.state, problems(batch)) == ("checked", {1: ["code_taken"]})
    assert Asset.objects.count() == 1


def test_a_geopackage_of_crossing_heightened_buildings_is_mended_when_asked(layers, made):
    def at(shape):
        return shapely.force_3d(shapely.transform(shape, lambda a: a * 0.0002 + [X0 + 0.001, Y0 + 0.001]), 12.5)

    bow, box, far = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), shapely.box(2, 0, 3, 1), shapely.LineString([(0, 0), (1, 1)])
    file = made.gpkg("楼.gpkg", [at(bow), at(box), at(far), None], {"名称": ["甲楼", "乙楼", "线", "无"], "层数": ["6", "六", "3", "2"]}, kind="Unknown", layer="建筑")
    batch = services.start(BOSS, "buildings", file)
    assert batch.mapping["fields"] == {"name": "名称", "floors": "层数"}
    batch = decide(batch)
    assert problems(batch) == {1: ["crossing"], 2: ["number"], 3: ["wrong_kind"], 4: ["no_geometry"]}
    batch = decide(batch, mend=True, fields={"floors": ""})
    assert problems(batch) == {3: ["wrong_kind"], 4: ["no_geometry"]}
    assert batch.counts["mended"] == 1
    services.bring(BOSS, batch.uid, good_only=True)
    found = {f.attributes["name"]: f for f in Feature.objects.all()}
    assert set(found) == {"甲楼", "乙楼"}
    assert (found["甲楼"].geometry.geom_type, found["乙楼"].geometry.hasz, found["乙楼"].area_path) == ("MultiPolygon", False, layers.community.path)
    assert found["甲楼"].geometry.valid
    assert found["甲楼"].batch == batch


def test_who_may_bring_what_where(layers, made, assets):
    def person(*grants):
        return Actor(kind=ActorKind.PERSON, account_id=None, grants=tuple(Grant(code, Scope(area_path=path)) for code, path in grants))

    text = f"名称,小类,经度,纬度\n井,01001,{X0 + 0.0005},{Y0 + 0.0005}\n井,01001,{X0 - 0.03},{Y0}\n"
    nobody, viewer = person(), person(("geography.import", ""), ("geography.asset.view", ""))
    for actor, error in ((nobody, NotPermitted), (viewer, NotPermitted)):
        with pytest.raises(error):
            services.start(actor, "assets", made.sent(text, "a.csv"))
    everywhere = [("geography.import", ""), ("geography.asset.view", "")]
    here = person(*everywhere, ("geography.asset.edit", layers.district.path))
    batch = services.start(BOSS, "assets", made.sent(text, "a.csv"))
    with pytest.raises(NotFound):
        queries.batch(here, batch.uid)
    ImportBatch.objects.update(made_by=None)
    decide(batch, then=False)
    batch = ImportBatch.objects.select_related("layer").get()
    batch.chosen["within"] = [layers.district.path]
    from yiwang.kernel.mapdata.services.checking import stage

    stage(batch)
    assert problems(batch) == {2: ["not_yours"]}
    Layer.objects.filter(code="assets").update(is_secret=True)
    with pytest.raises(NotFound):
        services.start(BOSS, "assets", made.sent(text, "a.csv"))


def test_a_web_maps_coordinates_are_recognised_and_converted_knowingly(layers, addresses, made):
    from yiwang.kernel.geography.models import AddressPoint
    from yiwang.kernel.geography.rules.offsets import to_gcj02
    from yiwang.kernel.mapdata.errors import Shifted

    rows = [(a.name, *to_gcj02(a.point.x, a.point.y)) for a in AddressPoint.objects.all()]
    text = "名称,经度,纬度\n" + "".join(f"{name},{x:.7f},{y:.7f}\n" for name, x, y in rows)
    batch = decide(services.start(BOSS, "green_space", made.sent(text, "a.csv")), then=False)
    Layer.objects.create(code="places", geometry="point", name={"zh-Hans": "地点"}, schema=[{"name": "name", "label": {"zh-Hans": "名称"}, "type": "text", "required": True}])
    services.discard(BOSS, batch.uid)
    batch = decide(services.start(BOSS, "places", made.sent(text, "a.csv")))
    assert batch.counts["shift"]["system"] == "gcj02"
    assert batch.counts["shift"]["metres"] < 5 < 300 < batch.counts["shift"]["plain_m"]
    with pytest.raises(Shifted):
        services.bring(BOSS, batch.uid)
    batch = decide(batch, offset="gcj02")
    assert batch.counts["shift"]["system"] == ""
    services.bring(BOSS, batch.uid)
    ours = {a.name: a.point for a in AddressPoint.objects.all()}
    assert all(f.geometry.distance(ours[f.attributes["name"]]) < 1e-6 for f in Feature.objects.all())


def test_one_place_pointed_out_is_enough(layers, addresses, made):
    from yiwang.kernel.geography.rules.offsets import to_bd09

    x, y = to_bd09(X0 + 0.003, Y0 + 0.003)
    batch = decide(services.start(BOSS, "addresses", made.sent(f"名称,类别,经度,纬度\n大学东边,标志物,{x},{y}\n", "a.csv")))
    assert batch.counts.get("shift") is None
    assert services.compare_place(BOSS, batch.uid, number=1, place="聊城大学东门")["system"] == "bd09"
    with pytest.raises(BadInput):
        services.compare_place(BOSS, batch.uid, number=7, place="聊城大学东门")
    with pytest.raises(BadInput):
        services.compare_place(BOSS, batch.uid, number=1, place="没有的地方")


def test_steps_come_in_order_and_what_is_discarded_leaves_nothing(layers, made):
    batch = services.start(BOSS, "assets", made.sent(f"名称,经度,纬度\n井,{X0 + 0.0005},{Y0 + 0.0005}\n", "a.csv"))
    for act in (services.bring, services.undo):
        with pytest.raises(NotNow):
            act(BOSS, batch.uid)
    with pytest.raises(BadInput):
        decide(batch, fields={"name": ""})
    with pytest.raises(BadInput):
        decide(batch, crs="")
    batch = decide(batch, fixed={"class_code": "01001"})
    assert batch.counts["good"] == 1
    services.discard(BOSS, batch.uid)
    with pytest.raises(NotNow):
        services.bring(BOSS, batch.uid)
    assert not ImportRow.objects.exists()
    clearing.clear()


def test_a_refused_file_leaves_nothing(layers, made, settings):
    for content, name, reason in ((b"", "a.zip", "empty"), (b"AC1027" + b"x" * 200, "图.dwg", "dwg"), (b"<kml/>", "a.kml", "unknown")):
        with pytest.raises(FileRefused) as wrong:
            services.start(BOSS, "assets", made.sent(content, name))
        assert wrong.value.reason == reason
        assert wrong.value.words
    settings.MAP_FILE_MAX_BYTES = 10
    with pytest.raises(FileRefused) as wrong:
        services.start(BOSS, "assets", made.sent(b"x" * 11, "a.csv"))
    assert wrong.value.reason == "too_large"
    assert not ImportBatch.objects.exists()
    assert not [p for p in settings.FILES_DIR.rglob("*") if p.is_file()]


def test_a_large_file_is_a_job(layers, made, settings, monkeypatch):
    asked = []
    monkeypatch.setattr("yiwang.kernel.mapdata.services.receiving.enqueue", lambda task, **a: asked.append((task, a)))
    monkeypatch.setattr("yiwang.kernel.mapdata.services.checking.enqueue", lambda task, **a: asked.append((task, a)))
    settings.MAP_FILE_WAIT_BYTES = 0
    batch = services.start(BOSS, "assets", made.sent(f"名称,小类,经度,纬度\n井,01001,{X0 + 0.0005},{Y0 + 0.0005}\n", "a.csv"))
    from yiwang.kernel.mapdata.services import checking, receiving

    assert batch.state == "reading"
    receiving.look_now(batch.pk)
    batch.refresh_from_db()
    assert decide(batch).state == "checking"
    checking.check_now(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.counts["good"]) == ("checked", 1)
    monkeypatch.setattr("yiwang.kernel.mapdata.services.bringing.enqueue", lambda task, **a: asked.append((task, a)))
    monkeypatch.setattr("yiwang.kernel.mapdata.services.bringing.WAIT_ROWS", 0)
    assert services.bring(BOSS, batch.uid).state == "bringing"
    from yiwang.kernel.mapdata.services import bringing

    for _again in range(2):  # a job that is done twice brings in once
        bringing.bring_now(batch.pk, good_only=False)
    batch.refresh_from_db()
    assert (batch.state, Asset.objects.count()) == ("done", 1)
    assert services.undo(BOSS, batch.uid).state == services.undo(BOSS, batch.uid).state == "undoing"
    for _again in range(2):
        bringing.undo_now(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, Asset.objects.count()) == ("undone", 0)
    assert [task for task, _a in asked] == ["mapdata.look", "mapdata.check", "mapdata.bring", "mapdata.undo"]
