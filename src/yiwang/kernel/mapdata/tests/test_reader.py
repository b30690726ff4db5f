"""Each trap that a file may hold, told or refused in words; the reader's own bounds."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import shapely

from yiwang.kernel.mapdata.errors import FileRefused
from yiwang.kernel.mapdata.reader import texts
from yiwang.kernel.mapdata.services import reading
from yiwang.kernel.mapdata.tests.conftest import X0, Y0

COUNTY = [X0 - 0.05, Y0 - 0.05, X0 + 0.05, Y0 + 0.05]


@pytest.fixture
def look(tmp_path, monkeypatch, settings):
    monkeypatch.setattr(reading, "county_extent", lambda: COUNTY)

    def _look(file, **choice):
        path = tmp_path / "sent"
        path.write_bytes(file.read())
        return reading.look(path, file.name, choice)

    return _look


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "county_extent", lambda: COUNTY)

    def _rows(file, kind="point", **choice):
        path = tmp_path / "sent"
        path.write_bytes(file.read())
        return [a for a in reading.answers(reading.request("read", path, file.name, kind=kind, choice=choice)) if "n" in a]

    return _rows


def refused(look, file):
    with pytest.raises(FileRefused) as wrong:
        look(file)
    assert wrong.value.words
    assert "%(" not in wrong.value.words
    return wrong.value.reason


def point(n=0):
    return shapely.Point(X0 + 0.001 * n, Y0)


@pytest.mark.parametrize(("encoding", "cpg", "found", "how"), [
    ("GBK", None, "GB18030", "content"), ("GBK", b"UTF-8", "GB18030", "cpg_wrong"), ("UTF-8", None, "UTF-8", "content"), ("UTF-8", b"UTF-8", "UTF-8", "cpg"),
    ("GBK", b"936", "GB18030", "cpg"),
])  # fmt: skip
def test_encodings_of_shapefiles(made, look, encoding, cpg, found, how):
    seen = look(made.shapefile("井", [point(), point(1)], {"名称": ["上水井盖", "路灯"]}, encoding=encoding, without=() if cpg else (".cpg",), change={".cpg": cpg}))
    assert (seen["encoding"], seen["encoding_how"]) == (found, how)
    assert seen["fields"][0] == {"name": "名称", "type": "String", "samples": ["上水井盖", "路灯"]}
    assert seen["source"] == "井"


def test_one_row_in_another_encoding_is_one_bad_row(made, rows):
    file = made.shapefile("m", [point(n) for n in range(3)], {"name": ["上水井盖", "污水井盖", "路灯电杆"]}, without=(".cpg",))
    with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["m.dbf"] = parts["m.dbf"].replace("污水井盖".encode("gbk"), b"\xff\xff\xff-well")
    found = rows(made.sent(packed(*parts.items()), "m.zip"), crs="EPSG:4490")
    assert [(r["n"], r["p"]) for r in found if r["p"]] == [(2, [["bad_text", {"field": "name"}]])]
    assert found[0]["v"]["name"] == "上水井盖"
    table = "名称,x,y\n上水井盖,116,36\n".encode("gbk") + "污水,116,36\n".encode() + "雨水井,116,36\n".encode("gbk") * 3 + b"\xff\xff,116,36\n"
    found = rows(made.sent(table, "m.csv"), crs="EPSG:4490")
    assert [code for code, _f in found[-1]["p"]] == ["bad_text"]


@pytest.mark.parametrize(("epsg", "said", "how", "proposed", "swap"), [
    (4490, 4490, "stated", "EPSG:4490", False), (4527, None, "magnitude", "EPSG:4527", False), (4548, None, "magnitude", "EPSG:4548", False),
    (4527, 4526, "wrong", "EPSG:4527", False), (3857, 3857, "stated", "EPSG:3857", False), (4326, None, "magnitude", "EPSG:4490", False),
    ("swapped", None, "magnitude", "EPSG:4490", True), ("nowhere", None, "unknown", "", False),
])  # fmt: skip
def test_coordinate_systems(made, look, epsg, said, how, proposed, swap):
    import pyproj

    x, y = X0 + 0.005, Y0 + 0.005
    if epsg == "swapped":
        x, y = y, x
    elif epsg == "nowhere":
        x, y = 12.0, 7.0
    else:
        x, y = pyproj.Transformer.from_crs(4326, epsg, always_xy=True).transform(x, y)
    file = made.shapefile("a", [shapely.Point(x, y)], {"a": ["1"]}, crs=f"EPSG:{said}" if said else None, without=() if said else (".prj",))
    seen = look(file)
    assert (seen["crs"]["how"], seen["crs"]["proposed"], seen["crs"]["swap"]) == (how, proposed, swap)
    assert ("no_prj" in seen["notes"]) == (said is None)


def test_a_local_system_comes_from_the_settings(made, look, rows, settings):
    settings.LOCAL_CRS = {"本地2000": "+proj=tmerc +lat_0=0 +lon_0=115.98 +k=1 +x_0=50000 +y_0=-4000000 +ellps=GRS80 +units=m"}
    import pyproj

    x, y = pyproj.Transformer.from_crs(4326, pyproj.CRS(settings.LOCAL_CRS["本地2000"]), always_xy=True).transform(X0, Y0)
    seen = look(made.sent(f"名称,x,y\n井,{x},{y}\n", "a.csv"))
    assert (seen["crs"]["proposed"], seen["crs"]["candidates"][0]["name"]) == ("LOCAL:本地2000", "本地2000")
    found = rows(made.sent(f"名称,x,y\n井,{x},{y}\n", "a.csv"), crs="LOCAL:本地2000", x="x", y="y")
    placed = shapely.from_wkb(found[0]["g"])
    assert (round(placed.x, 6), round(placed.y, 6)) == (round(X0, 6), round(Y0, 6))


@pytest.mark.parametrize(("without", "reason"), [((".shx",), "missing_part"), ((".dbf",), "missing_part"), ((".shp",), "nothing_in_zip")])
def test_missing_parts(made, look, without, reason):
    assert refused(look, made.shapefile("a", [point()], {"a": ["1"]}, without=without)) == reason


def packed(*members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize(("content", "name", "reason"), [
    (b"", "a.csv", "empty"), (b"\0" * 100, "a.zip", "empty"), (b"AC1032" + b"\0" * 99, "图纸.dwg", "dwg"), (b"AutoCAD Binary DXF\r\n\x1a\0", "a.dxf", "binary_dxf"),
    (b"Rar!\x1a\x07", "a.rar", "archive"), (b"7z\xbc\xaf\x27\x1c", "a.7z", "archive"), (struct.pack(">i", 9994) + b"\0" * 96, "a.shp", "loose_shapefile"),
    (b"SQLite format 3\0" + b"\0" * 90, "a.gpkg", "sqlite"), (b"<OGRVRTDataSource/>", "a.csv", "unknown"), (b"\x89PNG\r\n\x1a\n\0\0", "a.png", "unknown"),
    (b"PK\x03\x04" + b"junk" * 30, "a.zip", "broken_zip"), (packed(("a.txt", b"")), "a.zip", "empty"), (packed(("读我.doc", b"x")), "a.zip", "nothing_in_zip"),
    (packed(("a.zip", b"x")), "a.zip", "nested"), (packed(("a.dwg", b"x")), "a.zip", "dwg"), (packed(("a.csv", b"x,y\n1,2"), ("b.csv", b"x,y")), "a.zip", "many_in_zip"),
    (packed(("a.csv", b"0" * 30_000_000)), "a.zip", "bomb"), (packed(*((f"{n}.txt", b"") for n in range(501))), "a.zip", "many_in_zip"),
    (b"x,y,name\n", "a.csv", "no_rows"), (b'{"type": "FeatureCollection", "features": []}', "a.geojson", "no_rows"), (b'{"type": "Feature', "a.json", "unreadable"),
    (b"0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n", "a.dxf", "no_rows"),
    ('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":"井'.encode("gbk") + "井盖盖".encode() + b'\xff"},"geometry":null}]}', "a.json", "mixed_encoding"),
], ids=["empty", "zeros", "dwg", "binary-dxf", "rar", "7z", "loose-shp", "sqlite", "vrt", "png", "broken-zip", "empty-in-zip", "nothing", "nested", "dwg-in-zip",
        "two-tables", "bomb", "many", "no-rows", "no-features", "cut-json", "empty-dxf", "mixed-json"])  # fmt: skip
def test_what_is_refused(made, look, content, name, reason):
    assert refused(look, made.sent(content, name)) == reason


def test_an_archive_that_lies_about_its_size(made, look, settings):
    settings.MAP_FILE_UNPACKED_BYTES = 200_000
    content = packed(("a.csv", b"x,y\n" + np.random.default_rng(1).bytes(400_000)), compression=zipfile.ZIP_STORED)
    assert refused(look, made.sent(content, "a.zip")) == "bomb"
    settings.MAP_FILE_MAX_ROWS = 5
    assert refused(look, made.sent(b"x,y\n" + b"1,2\n" * 10, "a.csv")) == "too_many_rows"


def test_geojson_in_gbk_and_with_heights(made, look, rows):
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"名称": "井盖", "l": [1, 2]}, "geometry": {"type": "Point", "coordinates": [X0, Y0, 33.0]}}]}
    file = made.sent(json.dumps(body, ensure_ascii=False).encode("gb18030"), "a.geojson")
    seen = look(file)
    assert (seen["encoding"], seen["fields"][0]["samples"], "flattened" in seen["notes"], seen["crs"]["proposed"]) == ("GB18030", ["井盖"], True, "EPSG:4326")
    file.seek(0)
    found = rows(file, crs="EPSG:4326")
    assert not shapely.from_wkb(found[0]["g"]).has_z
    assert found[0]["v"]["l"] == "1; 2"


def test_a_dxf_with_closed_lines_and_arcs(made, look, rows):
    ring = shapely.LineString([(0, 0), (0.001, 0), (0.001, 0.001), (0, 0)])
    text = made.write("a.dxf", [shapely.transform(ring, lambda a: a + np.array([X0, Y0]))], {"Layer": ["绿地"]}, driver="DXF", crs=None).read_bytes()
    file = made.sent(text, "a.dxf")
    assert look(file)["crs"]["proposed"] == "EPSG:4490"
    file.seek(0)
    assert rows(file, "polygon", crs="EPSG:4490")[0]["p"][0][0] == "wrong_kind"
    file.seek(0)
    mended = rows(file, "polygon", crs="EPSG:4490", mend=True)[0]
    assert (mended["p"], mended["m"], shapely.from_wkb(mended["g"]).geom_type) == ([], True, "Polygon")


def test_curves_become_lines(made, rows):
    text = f"id,wkt\n1,\"POLYGON(({X0} {Y0},{X0 + 0.001} {Y0},{X0} {Y0 + 0.001},{X0} {Y0}))\"\n2,\"nonsense\"\n3,\n4,\"SRID=4490;POINT({X0} {Y0})\"\n"
    found = rows(made.sent(text, "a.csv"), "polygon", crs="EPSG:4490")
    assert [[code for code, _f in r["p"]] for r in found] == [[], ["bad_geometry"], ["no_geometry"], ["wrong_kind"]]


def test_degrees_written_by_hand(made, rows):
    found = rows(made.sent("名称,经度,纬度\n井,115°58'48\",36°27′0″N\n", "a.csv"), crs="EPSG:4490")
    placed = shapely.from_wkb(found[0]["g"])
    assert (round(placed.x, 6), round(placed.y, 6)) == (115.98, 36.45)


@pytest.mark.parametrize(("value", "encoding", "found"), [
    ("abc", "GB18030", "abc"), ("上水井盖上水井盖".encode("gbk")[:-1].decode("latin-1"), "GB18030", "上水井盖上水井"), ("\xff\xfe", "UTF-8", None),
])  # fmt: skip
def test_words_that_a_column_cut(value, encoding, found):
    assert texts.decoded(value, encoding) == found


@pytest.mark.far
def test_the_real_reader_is_bounded(made, look, settings):
    """In a process of its own: it answers, and what takes too much memory or time ends it and nothing else."""
    file = made.sent(f"名称,经度,纬度\n井,{X0},{Y0}\n", "a.csv")
    assert look(file)["count"] == 1
    settings.MAP_READER_MEMORY_MB = 120
    file.seek(0)
    assert refused(look, file) in ("too_big", "died")


@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp"])
def test_a_long_file_is_read_in_parts_each_row_once(made, rows, monkeypatch, form):
    from yiwang.kernel.mapdata.reader import rows as reading_rows

    monkeypatch.setattr(reading_rows, "BATCH", 3)
    monkeypatch.setattr(reading_rows, "WHOLE_BYTES", 0)
    columns = {"name": [f"井{n}]}}" for n in range(10)], "number": [float(n) for n in range(10)]}
    shapes = [point(n) for n in range(10)]
    if form == "shp":
        file = made.shapefile("井", shapes, columns)
    else:
        file = made.sent(made.write(f"井.{form}", shapes, columns, driver="GPKG" if form == "gpkg" else "GeoJSON", crs="EPSG:4326").read_bytes(), f"井.{form}")
    found = rows(file, source="井", crs="EPSG:4490")
    assert [(r["n"], r["v"]["name"], r["v"]["number"]) for r in found] == [(n + 1, f"井{n}]}}", n) for n in range(10)]
    assert [round(shapely.from_wkb(r["g"]).x - X0, 6) for r in found] == [round(0.001 * n, 6) for n in range(10)]


@pytest.mark.parametrize(("content", "count"), [
    ('{"features": [%s, %s], "bbox": [1, 2, 3, 4], "type": "FeatureCollection"}', 2), ('{"type": "FeatureCollection", "features": []}', 0),
    ('{"type": "FeatureCollection", "n": 12, "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}, "features" : [ %s ]}', 1),
    ("%s", 1), ('{"type": "Point", "coordinates": [115.98, 36.45]}', 1),
])  # fmt: skip
def test_geojson_in_parts_whatever_stands_around_the_features(made, rows, monkeypatch, content, count):
    from yiwang.kernel.mapdata.reader import geojson
    from yiwang.kernel.mapdata.reader import rows as reading_rows

    monkeypatch.setattr(reading_rows, "WHOLE_BYTES", 0)
    monkeypatch.setattr(geojson, "CHUNK", 7)  # every value is cut somewhere
    one = json.dumps({"type": "Feature", "properties": {"name": '他说"[{"', "deep": {"a": [1, "}"]}}, "geometry": {"type": "Point", "coordinates": [X0, Y0]}}, ensure_ascii=False)
    text = content.replace("%s", one)
    found = rows(made.sent(text, "a.geojson"), crs="EPSG:4490")
    assert len(found) == count
    assert {r["v"].get("name", "") for r in found} <= {'他说"[{"', ""}


def test_a_geojson_that_breaks_off_is_refused_as_a_whole(made, rows, monkeypatch):
    from yiwang.kernel.mapdata.reader import rows as reading_rows

    monkeypatch.setattr(reading_rows, "WHOLE_BYTES", 0)
    one = json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [X0, Y0]}})
    with pytest.raises(FileRefused) as wrong:
        rows(made.sent('{"type": "FeatureCollection", "features": [' + one + ", " + one[:40], "a.geojson"), crs="EPSG:4490")
    assert wrong.value.reason == "unreadable"
    with pytest.raises(FileRefused) as wrong:
        rows(made.sent(b'{"type": "FeatureCollection", "features": [' + one.encode() + b', {"a": "\xce\xe4"}]}', "a.geojson"), crs="EPSG:4490", encoding="UTF-8")
    assert wrong.value.reason == "mixed_encoding"
