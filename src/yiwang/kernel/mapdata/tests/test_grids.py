"""Unit grids by file: each trap told at its row, a preview that says what would move, whole communities or nothing, and the way back."""

import json
from datetime import timedelta

import pytest
import shapely
from django.core.files.base import ContentFile
from django.utils import timezone

from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.errors import GridRefused
from yiwang.kernel.geography.gridwork import GridChange
from yiwang.kernel.geography.models import AreaShape, Asset, AssetPast, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries import gridwork as desk
from yiwang.kernel.geography.services import add_asset, assign_inspector, change_grids, form_responsibility_grid
from yiwang.kernel.geography.tests.conftest import STEP, X0, Y0
from yiwang.kernel.geography.tests.test_gridwork import HOME, somebody_stands_there
from yiwang.kernel.identity.models import Account
from yiwang.kernel.mapdata import queries, services
from yiwang.kernel.mapdata.errors import FileRefused, RowsAreBad, RowsInUse
from yiwang.kernel.mapdata.services import bringing, checking, exporting, grids
from yiwang.kernel.mapdata.tests.test_imports import BOSS, decide, problems

OTHER = "371502001002"  # a community without a border


def cell(x, y, width=1.0, height=1.0):
    """A box in steps of the little county: a grid is 1 by 1, four stand at y=0, one at (0, 4); the community is 6 by 6."""
    return shapely.box(X0 + x * STEP, Y0 + y * STEP, X0 + (x + width) * STEP, Y0 + (y + height) * STEP)


def geojson(*rows, name="网格.geojson"):
    """Rows of (shape, code, more attributes)."""
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape) if shape is not None else None, "properties": {"网格编码": code, **(more[0] if more else {})}}
        for shape, code, *more in rows
    ]  # fmt: skip
    return ContentFile(json.dumps({"type": "FeatureCollection", "features": features}).encode(), name=name)


def checked(*rows, fixed=None, **choice):
    batch = services.start(BOSS, "unit_grids", geojson(*rows))
    return decide(batch, fixed=fixed, crs=batch.chosen["crs"] or "EPSG:4490", **choice)


def live():
    return dict(Area.objects.filter(level="grid", valid_to=None).values_list("code", "name"))


def test_grids_come_in_where_none_were_and_go_again(layers):
    before, more = set(live()), {"名称": "东湖里", "责任网格": "371502Z0009", "管理等级": "B"}
    rows = [(cell(0, 1), "37150200100107", more), (cell(1, 1), HOME + "006", more), (cell(3, 1), ""), (cell(2, 1), ""), (cell(0, 0), HOME + "001")]
    placed = add_asset(actor=BOSS, class_code="01001", name={}, lon=X0 + 0.5 * STEP, lat=Y0 + 1.5 * STEP)
    batch = checked(*rows, fixed={"valid_from": "2020-05-01"})
    assert problems(batch) == {}
    facts = batch.counts["grids"]
    assert (facts["new"], facts["kept"], facts["closed"], facts["components"], facts["open"], facts["left_out"]) == (4, 1, 0, 1, 0, 0)
    assert facts["communities"][0]["uncovered"] > 250_000
    assert set(live()) == before
    batch = services.bring(BOSS, batch.uid)
    assert batch.counts["brought_in"] == 4
    assert set(live()) - before == {HOME + n for n in ("006", "007", "008", "009")}
    found = {a.code: a for a in Area.objects.filter(level="grid")}
    assert found[HOME + "007"].name == {"zh-Hans": "东湖里"}
    assert (found[HOME + "007"].manual_level, str(found[HOME + "007"].valid_from)) == ("B", "2020-05-01")
    west, east = (AreaShape.objects.get(area=found[HOME + n]).shape.centroid.x for n in ("008", "009"))
    assert west < east, "without a code they are numbered west to east"
    beat = ResponsibilityGrid.objects.get(code="371502Z0009", valid_to=None)
    assert sorted(beat.unit_grids.values_list("area__code", flat=True)) == [HOME + "006", HOME + "007"]
    placed.refresh_from_db()
    assert placed.grid.code == HOME + "007"
    assert services.bring(BOSS, batch.uid).state == "done"  # twice is once
    assert services.undo(BOSS, batch.uid).state == services.undo(BOSS, batch.uid).state == "undone"
    assert set(live()) == before
    assert not Area.objects.filter(code=HOME + "006").exists()
    placed.refresh_from_db()
    assert (placed.grid_id, placed.area_path) == (None, layers.community.path)
    assert not ResponsibilityGrid.objects.filter(valid_to=None).exists()
    again = services.bring(BOSS, checked(*rows).uid)
    assert again.counts["brought_in"] == 4, "what was undone gave its codes back"


def test_each_bad_row_is_told_with_its_mend(layers):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    bow = shapely.Polygon([(X0, Y0 + 5 * STEP), (X0 + STEP, Y0 + 6 * STEP), (X0 + STEP, Y0 + 5 * STEP), (X0, Y0 + 6 * STEP)])
    batch = checked(
        (cell(0, 2), HOME + "006"), (cell(1, 2), HOME + "006"), (cell(2, 2), HOME + "001"), (cell(0, 2.5, height=1), HOME + "010"),
        (cell(3, 0.5), HOME + "011"), (cell(5.5, 2), HOME + "012"), (cell(5, 5, 0.05, 0.05), HOME + "013"), (cell(4, 4), OTHER + "001"),
        (shapely.MultiPolygon([cell(3, 4, 0.4), cell(3.6, 4, 0.4)]), HOME + "014"), (bow, HOME + "015"), (cell(4, 2), "12"),
        (cell(1, 4), HOME + "016", {"启用日期": tomorrow}), (cell(2, 4), HOME + "017", {"责任网格": "Z1"}), (cell(3, 3), HOME + "018", {"社区": "没有"}),
        (cell(80, 0), HOME + "019"), (None, HOME + "020"), (cell(1, 3), HOME + "021", {"管理等级": "Z"}),
    )  # fmt: skip
    assert problems(batch) == {
        2: ["code_twice"], 3: ["code_used"], 4: ["overlap_file"], 5: ["overlap_table"], 6: ["outside_community"], 7: ["grid_size"], 8: ["no_community"],
        9: ["several_areas"], 10: ["crossing"], 11: ["code_rule"], 12: ["future"], 13: ["beat_rule"], 14: ["no_community"], 15: ["outside", "outside_community"],
        16: ["no_geometry"], 17: ["domain"],
    }  # fmt: skip
    said = [s for row in queries.bad_rows(batch) for s in queries.said(row, queries.labels(batch.layer))]
    assert all(s["wrong"] and s["mend"] and "%(" not in s["wrong"] + s["mend"] for s in said)
    assert (batch.counts["good"], batch.counts["grids"]["left_out"]) == (0, 1)
    before = set(live())
    with pytest.raises(RowsAreBad):
        services.bring(BOSS, batch.uid)
    with pytest.raises(BadInput):  # the only community has bad rows: nothing of it comes in
        services.bring(BOSS, batch.uid, good_only=True)
    assert set(live()) == before
    assert not Event.objects.filter(action__startswith="geography.grids").exists()


def test_ground_too_small_for_a_grid_is_a_gap_between_the_grids(layers):
    strip, hole = 1 / 111.0, 0.15  # a metre; 15 m by 15 m
    batch = checked((cell(0, 1 + strip, height=1 - strip), ""), (cell(1, 1), ""), (cell(2, 1), ""))
    assert problems(batch) == {1: ["seam"]}
    ring = shapely.difference(cell(3, 2, 3, 3), cell(4, 3, hole, hole))
    assert problems(checked((ring, ""))) == {1: ["seam"]}
    batch = checked((cell(0, 1.0000001), ""), (cell(1, 1), ""))  # a tenth of a millimetre is none
    assert problems(batch) == {}


def test_redrawn_by_file_everything_goes_along_and_comes_back(layers):
    form_responsibility_grid(actor=BOSS, code="371502Z0001", name={"zh-Hans": "一号"}, street=layers.street, unit_grids=layers.grids[:3])
    UnitGrid.objects.filter(area=layers.grids[0]).update(land_use="R2", remark="老城")
    covers = [add_asset(actor=BOSS, class_code="01001", name={}, lon=X0 + n * STEP, lat=Y0 + 0.25 * STEP) for n in (0.5, 1.5)]
    rows = [(cell(0, 0, 2, 0.5), HOME + "031", {"名称": "南半"}), (cell(0, 0.5, 2, 0.5), HOME + "032"), (cell(2, 0), HOME + "003")]
    assert problems(checked(*rows)) == {1: ["overlap_table"], 2: ["overlap_table"]}, "not without being asked"
    start = timezone.now()
    with somebody_stands_there() as user:
        batch = checked(*rows, replace=True)
        assert problems(batch) == {}
        facts = batch.counts["grids"]
        assert (facts["new"], facts["kept"], facts["closed"], facts["components"], facts["open"]) == (2, 1, 2, 2, 3)
        assert facts["communities"][0]["closed"] == [HOME + "001", HOME + "002"]
        assert GridPast.objects.count() == 0
        batch = services.bring(BOSS, batch.uid)
        assert {s.old_ids for s in user.moved} == {(layers.grids[0].pk, layers.grids[1].pk)}
        south = Area.objects.get(code=HOME + "031")
        assert set(Asset.objects.values_list("grid_id", flat=True)) == {south.pk}
        assert {p.code: p.became for p in GridPast.objects.filter(kind="unit")} == {HOME + n: [HOME + "031", HOME + "032"] for n in ("001", "002")}
        beat = ResponsibilityGrid.objects.get(code="371502Z0001")
        assert sorted(beat.unit_grids.values_list("area__code", flat=True)) == [HOME + n for n in ("003", "031", "032")]
        assert UnitGrid.objects.get(area=south).land_use == "R2"
        then, now = ({r["code"] for r in desk.grids_on(at)} for at in (start, timezone.now()))
        assert then >= {HOME + "001", HOME + "002"}
        assert not then & {HOME + "031", HOME + "032"}
        assert now & {HOME + "001", HOME + "031"} == {HOME + "031"}
        between = timezone.now()
        services.undo(BOSS, batch.uid)
        assert user.moved[-1].new_ids == (layers.grids[0].pk, layers.grids[1].pk)
    old = layers.grids[0]
    old.refresh_from_db()
    assert (old.valid_to, old.code) == (None, HOME + "001")
    assert AreaShape.objects.get(area=old).area_m2 > 9000
    unit = UnitGrid.objects.select_related("responsibility_grid").get(area=old)
    assert (unit.land_use, unit.remark, unit.responsibility_grid.code) == ("R2", "老城", "371502Z0001")
    assert {c.grid_id for c in Asset.objects.all()} == {layers.grids[0].pk, layers.grids[1].pk}
    assert AssetPast.objects.filter(asset_id=covers[0].pk).count() == 2
    assert not Area.objects.filter(code=HOME + "031").exists()
    days = [sorted(r["code"][-3:] for r in desk.grids_on(at)) for at in (start, between, timezone.now())]
    assert days[0] == days[2] == ["001", "002", "003", "004", "005"]
    assert days[1] == ["003", "004", "005", "031", "032"], "what was undone still held while it did"
    assert set(Event.objects.filter(action__startswith="geography.grids.").values_list("action", flat=True)) == {"geography.grids.file", "geography.grids.taken_back"}
    assert services.bring(BOSS, checked(*rows, replace=True).uid).counts["brought_in"] == 2


def test_a_grid_half_replaced_leaves_a_gap(layers):
    batch = checked((cell(0, 0, 0.6), ""), (cell(1, 0), ""), replace=True)
    assert problems(batch) == {1: ["gap"]}
    assert problems(checked((cell(0, 0, 1.5), ""), replace=True)) == {1: ["gap"]}


def test_a_grid_that_takes_the_place_of_others_begins_today(layers):
    batch = checked((cell(0, 0, 2), "", {"启用日期": "2020-01-01"}), replace=True)
    assert problems(batch) == {}
    assert batch.counts["grids"]["communities"][0]["dated"] == 1
    services.bring(BOSS, batch.uid)
    assert Area.objects.get(code=HOME + "006").valid_from == timezone.localdate()


def test_what_was_built_on_the_grids_holds_the_undoing(layers):
    def brought():
        batch = services.bring(BOSS, checked((cell(0, 1), "", {"责任网格": "371502Z0009"}), (cell(1, 1), "")).uid)
        return batch, list(Area.objects.filter(pk__in=batch.rows.values("object_id")).order_by("code"))

    batch, (first, second) = brought()
    added = add_asset(actor=BOSS, class_code="01001", name={}, lon=X0 + 1.5 * STEP, lat=Y0 + 1.5 * STEP)
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert added.code in held.value.rows[0]
    Asset.objects.all().delete()
    with somebody_stands_there(), pytest.raises(RowsInUse) as held:  # three cases were reported there since
        services.undo(BOSS, batch.uid)
    assert "井盖丢失" in held.value.rows[0]
    beat = ResponsibilityGrid.objects.get(code="371502Z0009")
    patrol = assign_inspector(actor=BOSS, account=Account.objects.create(username="patrol"), grid=beat)
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert "371502Z0009" in held.value.rows[0]
    patrol.delete()
    form_responsibility_grid(actor=BOSS, code="371502Z0009", name={}, street=layers.street, unit_grids=[first, second])
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert (held.value.count, second.code in held.value.rows[0]) == (1, True)
    UnitGrid.objects.filter(area=second).update(responsibility_grid=None)
    change_grids(actor=BOSS, change=GridChange(kind="merge", grids=(str(first.uid), str(second.uid))))
    with pytest.raises(RowsInUse) as held:
        services.undo(BOSS, batch.uid)
    assert held.value.count == 2
    assert GridPast.objects.filter(kind="unit").count() == 2, "what was refused changed nothing"


def test_responsibility_grids_hang_together_and_stay_in_their_street(layers):
    form_responsibility_grid(actor=BOSS, code="371502Z0001", name={}, street=layers.street, unit_grids=layers.grids[:2])
    join = {"责任网格": "371502Z0001"}
    assert problems(checked((cell(3, 1), "", join), (cell(0, 1), "", join))) == {1: ["beat_apart"], 2: ["beat_apart"]}
    batch = checked((cell(0, 1), "", join), (cell(3, 1), "", {"责任网格": "371503Z0001"}))
    assert problems(batch) == {2: ["beat_rule"]}
    services.bring(BOSS, checked((cell(0, 1), "", join)).uid)
    beat = ResponsibilityGrid.objects.get(code="371502Z0001")
    assert (beat.unit_grids.count(), 28_000 < beat.area_m2 < 31_000) == (3, True)
    assert GridPast.objects.get(kind="responsibility").members == [HOME + "001", HOME + "002"]


def test_somebody_draws_there_between_check_and_entry(layers):
    batch = checked((cell(0, 1), HOME + "006"))
    change_grids(actor=BOSS, change=GridChange(kind="draw", community=HOME, geometry=cell(0, 1, 0.8).wkt))
    with pytest.raises(RowsAreBad):
        services.bring(BOSS, batch.uid)
    batch.refresh_from_db()
    assert batch.state == "checked"
    assert set(problems(batch)[1]) == {"code_used", "overlap_table"}


def test_what_no_row_shows_refuses_the_whole(layers, monkeypatch):
    batch = checked((cell(0, 1), HOME + "006"))

    def refused(**_asked):
        raise GridRefused(reasons=("x",))

    monkeypatch.setattr(grids, "bring_grids", refused)
    with pytest.raises(GridRefused):
        services.bring(BOSS, batch.uid)
    batch.refresh_from_db()
    assert (batch.state, HOME + "006" in live()) == ("checked", False)


def test_other_peoples_areas_and_files_too_large(layers, made, monkeypatch):
    elsewhere = Scope(area_path=layers.street.path + "9.")
    person = Actor(kind=ActorKind.PERSON, account_id=Account.objects.create(username="gis").pk, grants=tuple(
        Grant(p, s) for p, s in (("geography.import", Scope()), ("geography.grid.edit", elsewhere), ("geography.map.view", Scope()))))  # fmt: skip
    batch = services.start(person, "unit_grids", geojson((cell(0, 1), HOME + "006")))
    from yiwang.kernel.mapdata.contracts import Choice, FieldMapping

    services.choose(person, batch.uid, Choice.of(batch.chosen), FieldMapping(batch.mapping["fields"], {}))
    assert problems(services.check(person, batch.uid)) == {1: ["not_yours"]}
    monkeypatch.setattr(grids, "MOST_GRIDS", 1)
    with pytest.raises(FileRefused) as wrong:
        checked((cell(0, 1), ""), (cell(1, 1), ""))
    assert wrong.value.reason == "too_many_rows"
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("网格.geojson", b" " * 60_000_000)
    with pytest.raises(FileRefused) as wrong:
        services.start(BOSS, "unit_grids", made.sent(packed.getvalue(), "网格.zip"))
    assert wrong.value.reason == "bomb"


def test_many_grids_are_a_job_there_and_back(layers, monkeypatch):
    asked = []
    for module in (checking, bringing):
        monkeypatch.setattr(module, "enqueue", lambda task, **_more: asked.append(task))
    monkeypatch.setattr(grids, "WAIT_GRIDS", 1)
    batch = checked((cell(0, 1), ""), (cell(1, 1), ""))
    assert batch.state == "checking"
    checking.check_now(batch.pk)
    assert services.bring(BOSS, batch.uid).state == "bringing"
    bringing.bring_now(batch.pk, good_only=False)
    batch.refresh_from_db()
    assert (batch.state, batch.counts["brought_in"]) == ("done", 2)
    cover = add_asset(actor=BOSS, class_code="01001", name={}, lon=X0 + 1.5 * STEP, lat=Y0 + 1.5 * STEP)
    for state, said in (("done", cover.code), ("undone", "")):
        assert services.undo(BOSS, batch.uid).state == "undoing"
        bringing.undo_now(batch.pk)
        batch.refresh_from_db()
        assert (batch.state, said in batch.error.get("message", "")) == (state, True)
        Asset.objects.all().delete()
    assert asked == ["mapdata.check", "mapdata.bring", "mapdata.undo", "mapdata.undo"]


@pytest.mark.parametrize(("form", "encoding"), [("gpkg", "UTF-8"), ("shp", "GBK"), ("geojson", "UTF-8"), ("csv", "GBK")])
def test_what_goes_out_comes_in_again(layers, form, encoding):
    form_responsibility_grid(actor=BOSS, code="371502Z0001", name={}, street=layers.street, unit_grids=layers.grids[:2])
    UnitGrid.objects.filter(area=layers.grids[1]).update(land_use="R2", remark="老城")
    taken = exporting.export(BOSS, "unit_grids", form, encoding).content
    name = f"taken.{'zip' if form == 'shp' else form}"
    was = {a.area.code: (a.area.name["zh-Hans"], float(a.area_m2)) for a in AreaShape.objects.filter(level="grid").select_related("area")}
    batch = decide(services.start(BOSS, "unit_grids", ContentFile(taken, name=name)))
    assert problems(batch) == {}
    assert (batch.counts["grids"]["new"], batch.counts["grids"]["kept"]) == (0, 5)
    with pytest.raises(BadInput):
        services.bring(BOSS, batch.uid)
    UnitGrid.objects.all().delete()
    ResponsibilityGrid.objects.all().delete()
    AreaShape.objects.filter(level="grid").delete()
    Area.objects.filter(level="grid").delete()
    services.bring(BOSS, batch.uid)
    found = {a.area.code: (a.area.name["zh-Hans"], float(a.area_m2)) for a in AreaShape.objects.filter(level="grid").select_related("area")}
    assert found.keys() == was.keys()
    assert all(found[c][0] == was[c][0] and abs(found[c][1] - was[c][1]) < 1 for c in was)
    assert UnitGrid.objects.get(area__code=HOME + "002").land_use == "R2"
    assert ResponsibilityGrid.objects.get(code="371502Z0001").unit_grids.count() == 2
