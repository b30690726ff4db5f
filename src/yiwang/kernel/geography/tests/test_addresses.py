"""Words to a point: whole names inside the text first, likeness last."""

import pytest

from yiwang.kernel.areas.services import add_area
from yiwang.kernel.geography import queries
from yiwang.kernel.geography.loading import copy_rows, point
from yiwang.kernel.geography.models import AddressPoint, PlaceKey, Sound
from yiwang.kernel.geography.queries import geocoding
from yiwang.kernel.geography.rules.addresses import sounds
from yiwang.kernel.geography.rules.addresses.bearings import metres_between
from yiwang.kernel.geography.rules.addresses.reading import door_number, normal
from yiwang.kernel.geography.rules.folding import fold
from yiwang.kernel.geography.services.places import keep_sounds
from yiwang.kernel.geography.tests.conftest import X0, Y0, box


@pytest.mark.parametrize(("text", "name"), [
    ("东昌西路42号", "东昌西路42号"),
    ("东昌西路 ４２号", "东昌西路42号"),
    ("山东省聊城市东昌府区东昌西路42号对面南50米", "东昌西路42号"),
    ("东昌西路24号院内", "东昌西路24号"),
    ("聊大东门旁边", "聊城大学东门"),
    ("柳园路路口，东昌西路", "东昌西路与柳园路路口"),
    ("东昌西路与柳园路路口", "东昌西路与柳园路路口"),
    ("柳园大街", "柳园路"),
    ("湖滨社区", "湖滨社区"),
    ("聊城大学东", "聊城大学东门"),
])  # fmt: skip
def test_best_match(addresses, text, name):
    found = queries.place_by_address(text)
    assert found
    assert found[0].name == name
    assert 0 < found[0].score <= 1


def test_a_road_alone_is_not_enough_to_send_anybody(addresses):
    best = queries.place_by_address("柳园路")[0]
    assert (best.kind, best.level, best.is_enough) == ("road", 6, False)
    assert queries.place_by_address("东昌西路42号")[0].is_enough


@pytest.mark.parametrize("text", ["", " ", "。", "x", "%_%", "\\", "' OR 1=1 --", "号" * 5000, "\u200b\u200b", "🕳️🕳️"])
def test_odd_texts_find_nothing_and_break_nothing(addresses, text):
    assert queries.place_by_address(text) == []


def test_roots_limit_the_search(addresses, county):
    assert queries.place_by_address("东昌西路42号", roots=[county.city.pk])
    assert queries.place_by_address("东昌西路42号", roots=[county.city.pk + 999]) == []


def test_a_name_is_indexed_by_the_database_as_python_reads_it(addresses):
    row = AddressPoint.objects.get(name="聊城大学东门")
    row.aliases = ["Ｅａｓｔ Gate (1)", "长桥东门"]
    row.save()
    keys = {(k.way, k.key) for k in PlaceKey.objects.filter(ref=row.pk, kind="poi")}
    assert ("name", fold(row.name)) in keys
    assert ("alias", fold("Ｅａｓｔ Gate (1)")) in keys
    assert ("alias", "聊大东门") not in keys  # taken away
    heard = {key for way, key in keys if way == "sound"}
    assert heard == {*sounds.ways("聊城大学东门"), *sounds.ways("长桥东门")}
    assert len(sounds.ways("长桥东门")) == 2
    assert ("gap", "聊城大东门") in keys


def test_plates_are_cut_by_the_database_as_python_cuts_them(county):
    at = "SRID=4326;POINT(116 36)"
    plates = ["甲12号", "42号附1号", "42-1号", "42号之1", "42号院3号楼", "15弄3号", "７号", "9", "8号乙"]
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "point", "area_path"],
              [("address", f"听河路{n}", "听河路", n, at, county.city.path) for n in plates])  # fmt: skip
    found = {(k.number, k.rest) for k in PlaceKey.objects.filter(key="听河路", way="door")}
    wanted = {door_number(normal(n)) for n in plates}
    assert found == {(w.value, w.rest) for w in wanted}


def test_plates_without_a_road_hang_on_what_stands_before_the_number(county):
    at = "SRID=4326;POINT(116 36)"
    names = ["幸福小区3号楼", "张庄村12号", "无号大院"]
    copy_rows("yw_geography_addresspoint", ["kind", "name", "point", "area_path"], [("address", n, at, county.city.path) for n in names])
    assert queries.place_by_address("幸福小区3栋")[0].name == "幸福小区3号楼"
    assert queries.place_by_address("张庄村十二号")[0].name == "张庄村12号"
    assert queries.place_by_address("张庄村")[0].level == 7
    assert queries.place_by_address("无号大院")[0].name == "无号大院"


def test_a_road_known_by_plates_alone_goes_with_the_last_of_them(addresses):
    assert queries.place_by_address("东昌西路")[0].accuracy == "road"
    AddressPoint.objects.filter(road="东昌西路", kind="address").delete()
    assert not PlaceKey.objects.filter(key="东昌西路", way="name").exists()


@pytest.fixture
def street(county):
    """听河路 with even numbers on one side, 30 m apart; it crosses 古槐街."""
    copy_rows("yw_geography_road", ["name", "aliases", "line", "area_path"], [
        ("听河路", ["胜利路"], f"SRID=4326;MULTILINESTRING(({X0} {Y0}, {X0 + 0.01} {Y0}))", county.street.path),
        ("古槐街", [], f"SRID=4326;MULTILINESTRING(({X0 + 0.005} {Y0 - 0.01}, {X0 + 0.005} {Y0 + 0.01}))", county.street.path),
    ])
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "point", "area_path"], [
        *(("address", f"听河路{n}号", "听河路", f"{n}号", point(X0 + n * 0.0001, Y0 + 0.0001), county.community.path) for n in (2, 4, 10, 40)),
        ("poi", "第32中学", "听河路", "6号", point(X0 + 0.002, Y0 + 0.001), county.community.path),
        ("poi", "大发超市", "古槐街", "", point(X0 + 0.005, Y0 + 0.003), county.street.path),
    ])


@pytest.mark.parametrize(("text", "name", "accuracy", "how"), [
    ("听河路4号", "听河路4号", "door", "exact"),
    ("山东省聊城市东昌府区柳园街道湖滨社区听河路四号", "听河路4号", "door", "exact"),
    ("听和路4号", "听河路4号", "door", "sound"),  # heard on the telephone
    ("亭河路4号", "听河路4号", "door", "sound"),
    ("听诃路4号", "听河路4号", "door", "sound"),
    ("听阿路4号", "听河路4号", "door", "typing"),  # a letter that looks alike
    ("听河大路4号", "听河路4号", "door", "typing"),
    ("听路4号", "听河路4号", "door", "typing"),
    ("胜利路4号", "听河路4号", "door", "alias"),  # the old name
    ("听河路4号之3", "听河路4号", "door", "whole"),
    ("听河路8号", "听河路8号", "interpolated", "interpolated"),
    ("听河路44号", "听河路40号", "interpolated", "nearest"),
    ("听河路古槐街路口", "听河路与古槐街路口", "crossing", "exact"),
    ("古槐街和听和路交叉口", "古槐街与听河路路口", "crossing", "sound"),
    ("第三十二中学", "第32中学", "poi", "exact"),
    ("听河路第32中学", "第32中学", "poi", "exact"),
    ("大发超市对面", "大发超市", "poi", "exact"),
    ("大发超市东侧50米", "大发超市", "relative", "moved"),
    ("古槐街上的大发超市往北三十米", "大发超市", "relative", "moved"),
    ("听河路900号", "听河路", "road", "ignored"),
    ("大发商超市", "大发超市", "poi", "typing"),
])  # fmt: skip
def test_how_it_was_found(street, text, name, accuracy, how):
    best = queries.place_by_address(text)[0]
    assert (best.name, best.accuracy) == (name, accuracy)
    assert how in {e.how for e in best.why}
    assert all(e.typed for e in best.why)


def test_a_number_between_two_known_ones_stands_between_them(street):
    best = queries.place_by_address("听河路8号")[0]
    assert best.lon == pytest.approx(X0 + 0.0008)
    assert best.lat == pytest.approx(Y0 + 0.0001)


def test_metres_from_a_landmark_are_a_hint_that_is_marked(street):
    plain, hinted = queries.place_by_address("大发超市")[0], queries.place_by_address("大发超市东侧50米")[0]
    assert metres_between(plain.lon, plain.lat, hinted.lon, hinted.lat) == pytest.approx(50, abs=1)
    assert hinted.lon > plain.lon
    assert hinted.accuracy == "relative"


def test_a_name_in_the_wrong_district_counts_less(street, county):
    other = add_area(level="street", code="371502002", name={"zh-Hans": "古楼街道"}, parent=county.district)
    copy_rows("yw_geography_areashape", ["area_id", "area_path", "level", "shape"], [(other.pk, other.path, "street", box(X0, Y0, 0.001, 0.001))])
    right, wrong = queries.place_by_address("柳园街道听河路4号")[0], queries.place_by_address("古楼街道听河路4号")[0]
    assert right.score > wrong.score + 0.2
    assert "contradicted" in {e.how for e in wrong.why}


def test_many_texts_at_once_are_judged_like_each_alone_in_as_many_statements(street, django_assert_max_num_queries):
    texts = ["听河路4号", "听和路4号", "大发超市东侧50米", "听河路古槐街路口", "没有这个地方", "", "听河路8号"]
    with django_assert_max_num_queries(4):
        together = queries.geocode(texts)
    assert together == [queries.place_by_address(t) for t in texts]
    with django_assert_max_num_queries(4):
        queries.place_by_address("古槐街和听和路交叉口东50米")


def test_no_reading_depends_on_what_the_planner_knows(street):
    """Every look-up goes by an index, also in a database that nobody has analysed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")
        cursor.execute("EXPLAIN " + geocoding._BY_KEY, {"keys": ["听河路"] * 400, "ways": ["name"], "roots": None})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "yw_geo_placekey_key" in plan


def test_areas_follow_their_names(county):
    assert queries.place_by_address("湖滨社区")[0].level == 5
    county.community.name = {"zh-Hans": "荷花社区"}
    county.community.save()
    assert queries.place_by_address("荷花社区")[0].level == 5
    assert queries.place_by_address("河花社区")[0].name == "荷花社区"
    county.community.valid_to = "2026-01-01"
    county.community.save()
    assert not [m for m in queries.place_by_address("荷花社区") if m.level == 5]


def test_sounds_are_kept_as_the_rule_says(addresses):
    assert Sound.objects.get(letter="柳").sounds == ["liu"]
    assert keep_sounds() is False  # nothing to do
    Sound.objects.filter(letter="柳").update(sounds=["x"])
    assert keep_sounds() is True
    assert queries.place_by_address("刘圆路")[0].name == "柳园路"
