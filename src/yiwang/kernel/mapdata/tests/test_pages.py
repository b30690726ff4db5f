"""The wizard and the list of layers by a browser's requests, as people of several posts."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.world import World
from yiwang.kernel.audit.models import Event
from yiwang.kernel.files.exports.reading import read_marks
from yiwang.kernel.geography.models import AreaShape, Feature, ImportBatch, Layer
from yiwang.kernel.geography.services.layers import install_layers


@pytest.fixture
def ground(world: World, settings, tmp_path) -> World:
    settings.FILES_DIR = tmp_path / "store"
    install_layers()
    return world


def sent(world, text="", name="绿地.csv"):
    lon, lat = world.point(1, 1)
    x, y, d = lon, lat, 0.0002
    ring = f"POLYGON(({x} {y}, {x + d} {y}, {x + d} {y + d}, {x} {y + d}, {x} {y}))"
    bow = f"POLYGON(({x} {y}, {x + d} {y + d}, {x + d} {y}, {x} {y + d}, {x} {y}))"
    return SimpleUploadedFile(name, (text or f'名称,类型,面积,WKT\n东湖公园,公园绿地,300,"{ring}"\n交叉绿地,广场用地,很大,"{bow}"\n').encode("gb18030"))


def fields(page):
    """Return the wizard's form as a browser would send it back."""
    form = page.context["form"]
    return {name: form[name].value() or "" for name in form.fields if form[name].value() not in (None, False)}


def test_the_whole_way(ground: World) -> None:
    client = ground.client("administrator")
    assert "还没有导入过文件" in client.get("/ground/imports/").content.decode()
    assert client.get("/ground/imports/new/?layer=green_space").context["form"]["layer"].value() == "green_space"
    answer = client.post("/ground/imports/new/", {"layer": "green_space", "file": sent(ground)})
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    text = page.content.decode()
    for shown in ("文件解读", "按文字内容判断", "东湖公园", "坐标系为推断", "字段对应"):
        assert shown in text
    address = answer["Location"]
    given = fields(page)
    assert (given["field_name"], given["field_kind"], given["crs"], given["wkt"]) == ("名称", "类型", "EPSG:4490", "WKT")
    assert client.post(f"{address}choose/", {**given, "then": "check"}).status_code == 302
    page = client.get(address)
    text = page.content.decode()
    assert "边线自相交" in text
    assert "面积不是数字：很大" in text
    assert "只入库 1 行合格数据" in text
    bad = client.get(f"{address}rows.geojson?bad=1")
    assert [f["properties"]["title"] for f in json.loads(bad.content)["features"]] == ["交叉绿地"]
    for form in ("xlsx", "csv"):
        taken = client.get(f"{address}bad.{form}")
        assert taken.status_code == 200
        assert "attachment" in taken["Content-Disposition"]
    assert Event.objects.filter(action="export.taken").count() == 2
    assert client.get(f"{address}bad.pdf").status_code == 404
    refused = client.post(f"{address}bring/", {"mode": "all"})
    assert refused.status_code == 409
    assert "全部未入库" in refused.content.decode()
    assert not Feature.objects.exists()
    assert client.post(f"{address}choose/", {**given, "field_area_m2": "", "mend": "on", "then": "check"}).status_code == 302
    page = client.get(address)
    assert "2 行全部入库" in page.content.decode()
    assert client.post(f"{address}bring/", {"mode": "all"}).status_code == 302
    assert "整体撤销此次导入" in client.get(address).content.decode()
    assert {f.attributes["name"] for f in Feature.objects.all()} == {"东湖公园", "交叉绿地"}
    assert client.post(f"{address}undo/").status_code == 302
    assert not Feature.objects.exists()
    assert "已撤销" in client.get("/ground/imports/").content.decode()


def test_wrong_input_is_told_at_its_field(ground: World) -> None:
    client = ground.client("administrator")
    for file, said in ((SimpleUploadedFile("a.dwg", b"AC1027 drawing"), "另存为 DXF"), (SimpleUploadedFile("a.csv", b""), "文件是空的")):
        page = client.post("/ground/imports/new/", {"layer": "green_space", "file": file})
        assert page.status_code == 422
        assert said in page.content.decode()
    assert client.post("/ground/imports/new/", {"layer": "boundaries", "file": sent(ground)}).status_code == 422  # no file goes into borders
    assert not ImportBatch.objects.exists()
    address = client.post("/ground/imports/new/", {"layer": "green_space", "file": sent(ground, "名称,x,y\n甲,12,7\n")})["Location"]
    given = fields(client.get(address))
    page = client.post(f"{address}choose/", {**given, "field_name": "", "then": "check"})
    assert page.status_code == 422
    assert "请选择坐标系" in page.content.decode()
    assert "请指明对应字段" in page.content.decode()
    assert client.post(f"{address}choose/", {**given, "crs": "EPSG:999999", "then": "check"}).status_code == 422
    assert client.post(f"{address}place/", {"number": "1", "place": "x"}).status_code == 409
    assert client.post(f"{address}discard/").status_code == 302


@pytest.mark.parametrize("who", ["inspector", "shift_leader", "leader", "citizen"])
def test_nobody_else(ground: World, who: str) -> None:
    batch = ImportBatch.objects.create(layer=Layer.objects.get(code="green_space"), file_name="a", sha256="0" * 64, size=1, made_at="2026-11-23T00:00:00Z")
    client = ground.client(who)
    for address in ("/ground/imports/", "/ground/imports/new/", "/ground/layers/new/", f"/ground/imports/{batch.uid}/", f"/ground/imports/{batch.uid}/rows.geojson"):
        assert client.get(address).status_code == 403
    assert client.post(f"/ground/imports/{batch.uid}/undo/").status_code == 403
    assert client.post("/ground/layers/buildings/export/", {"form": "csv"}).status_code == 403


@pytest.mark.parametrize(("form", "encoding"), [("gpkg", "UTF-8"), ("shp", "GBK"), ("geojson", "UTF-8"), ("csv", "GBK"), ("dxf", "UTF-8")])
def test_what_goes_out_comes_in_again(ground: World, tmp_path, settings, form: str, encoding: str) -> None:
    client = ground.client("administrator")
    layer = Layer.objects.get(code="green_space")
    lon, lat = ground.point(1, 1)
    Feature.objects.create(layer=layer, code="G1", attributes={"name": "东湖公园", "area_m2": 300.5}, area_path=ground.city.path,
                           geometry=f"SRID=4326;POLYGON(({lon} {lat}, {lon + 0.001} {lat}, {lon} {lat + 0.001}, {lon} {lat}))")  # fmt: skip
    answer = client.post("/ground/layers/green_space/export/", {"form": f"{form}/{encoding}"})
    assert answer.status_code == 200
    record = Event.objects.get(action="export.taken").data
    assert (record["what"], record["rows"], record["form"]) == ("layer.green_space", 1, form)
    assert record["number"] in answer["Content-Disposition"]
    path = tmp_path / "taken"
    path.write_bytes(answer.content)
    if form != "dxf":
        assert [m.number for m in read_marks(path, settings.SEAL_KEY)] == [record["number"]]
    name = f"taken.{'zip' if form == 'shp' else form}"
    address = client.post("/ground/imports/new/", {"layer": "green_space", "file": SimpleUploadedFile(name, answer.content)})["Location"]
    given = fields(client.get(address))
    Feature.objects.all().delete()
    given |= {"fixed_name": "图", "mend": "on"} if form == "dxf" else {}
    client.post(f"{address}choose/", {**given, "then": "check"})
    client.post(f"{address}bring/", {"mode": "all"})
    again = Feature.objects.get()
    if form != "dxf":
        assert (again.code, again.attributes["name"], again.attributes["area_m2"]) == ("G1", "东湖公园", 300.5)
    assert round(again.geometry.extent[0], 6) == round(lon, 6)


def test_a_layer_of_the_countys_own(ground: World) -> None:
    client = ground.client("administrator")
    given = {"code": "bus_stops", "name_zh": "公交站", "geometry": "point", "code_rule": "none", "color": "#aa3311", "min_zoom": 12, "max_zoom": 22,
             "attributes": "name | 站名 | text | required\nlines | 线路数 | integer\nkind | 类型 | text | | a=首末站, b=中途站"}  # fmt: skip
    wrong = client.post("/ground/layers/new/", {**given, "attributes": "名称 | 站名"})
    assert wrong.status_code == 422
    assert "属性名只能用小写拉丁字母" in wrong.content.decode()
    assert client.post("/ground/layers/new/", given).status_code == 302
    made = Layer.objects.get(code="bus_stops")
    assert [(a["name"], a["type"], a["required"]) for a in made.schema] == [("name", "text", True), ("lines", "integer", False), ("kind", "text", False)]
    page = client.get("/ground/layers/bus_stops/")
    assert "kind | 类型 | text |  | a=首末站, b=中途站" in page.content.decode()
    assert client.post("/ground/layers/assets/", {"name_zh": "部件图层", "color": "#aa3311", "min_zoom": 15, "max_zoom": 22, "geometry": "line"}).status_code == 302
    assert Layer.objects.get(code="assets").geometry == "point"
    listed = client.get("/ground/layers/").content.decode()
    assert "公交站" in listed
    assert "部件图层" in listed


def test_grids_with_the_preview_of_what_would_move(ground: World) -> None:
    client, old = ground.client("administrator"), ground.areas["371592001001013"]
    west, south, east, north = AreaShape.objects.get(area=old).shape.extent
    middle = (west + east) / 2
    rings = [[(a, south), (b, south), (b, north), (a, north), (a, south)] for a, b in ((west, middle), (middle, east))]
    features = [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"名称": "半"}} for ring in rings]
    file = SimpleUploadedFile("网格.geojson", json.dumps({"type": "FeatureCollection", "features": features}).encode())
    address = client.post("/ground/imports/new/", {"layer": "unit_grids", "file": file})["Location"]
    given = fields(client.get(address)) | {"crs": "EPSG:4490", "then": "check"}
    client.post(f"{address}choose/", given)
    text = client.get(address).content.decode()
    assert f"与网格 {old.code} 重叠" in text
    client.post(f"{address}choose/", given | {"replace": "on"})
    text = client.get(address).content.decode()
    for shown in ("网格变动预览", old.code, "2 行全部入库", "今日停用", "随迁部件"):
        assert shown in text
    standing = json.loads(client.get(f"{address}rows.geojson?standing=1").content)["features"]
    assert old.code in {f["properties"]["code"] for f in standing}
    assert client.post(f"{address}bring/", {"mode": "all"}).status_code == 302
    assert AreaShape.objects.filter(area__parent=old.parent, area__code__gt=old.code, area__valid_from=timezone.localdate()).count() == 2
    assert client.post(f"{address}undo/").status_code == 302
    page = client.get(f"/grids/{old.uid}/")
    assert "由文件 网格.geojson 导入" in page.content.decode()
    old.refresh_from_db()
    assert old.valid_to is None
