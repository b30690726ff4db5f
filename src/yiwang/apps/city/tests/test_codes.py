"""Codes of components, matters and unit grids: what passes, what is found, what is converted."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.apps.city.rules import codes
from yiwang.apps.city.rules.dictionary import STANDARD_2007, STANDARD_2013, Kind, rows, shipped

BOOK = shipped()
CLASSES = sorted(c.code for c in BOOK.of_kind(Kind.COMPONENT))
districts = st.integers(100000, 999999).map(str)


@given(districts, st.sampled_from(CLASSES), st.integers(1, 999_999))
def test_a_built_component_code_comes_apart_and_passes(district, class_code, sequence):
    code = codes.component_code(district, class_code, sequence)
    parsed = codes.parse_component(code)
    assert (parsed.district, parsed.class_code, parsed.sequence, parsed.generation) == (district, class_code, sequence, 2026)
    assert str(parsed) == code
    assert codes.check_component(code, district=district, book=BOOK) == []


@pytest.mark.parametrize(("case", "code", "district", "rules"), [
    ("2026", "37159101001000042", "371591", []),
    ("2013", "3715910101000001", "371591", []),
    ("too short", "371591010010", "371591", ["C01"]),
    ("letters", "37159101001O00042", "371591", ["C01"]),
    ("wrong district", "37159201001000042", "371591", ["C02"]),
    ("number never used", "37159101016000042", "371591", ["C03"]),
    ("a matter class", "37159106010000042", "371591", ["C03"]),
    ("both", "37159201016000042", "371591", ["C02", "C03"]),
])
def test_component_checks(case, code, district, rules):
    assert [f.rule for f in codes.check_component(code, district=district, book=BOOK)] == rules, case


def test_sixteen_digits_are_read_in_their_own_generation():
    code = "3715910114000001"
    parsed = codes.parse_component(code)
    assert codes.component_class(parsed, BOOK, standard=STANDARD_2013).name["zh-Hans"] == "园林井盖"
    assert codes.component_class(parsed, BOOK, standard=STANDARD_2007).name["zh-Hans"] == "不明井盖"


def test_a_class_not_yet_valid_is_found():
    found = codes.check_component("37159101001000042", district="371591", book=BOOK, on=date(2026, 6, 1))
    assert [f.rule for f in found] == ["C03"]


def test_findings_speak_both_languages():
    (found,) = codes.check_component("37159201001000042", district="371591", book=BOOK)
    assert found.text() == "部件标识码前6位371592与所在区县代码371591不一致"
    assert "371592" in found.text("en")
    assert "371591" in found.text("en")


@pytest.mark.parametrize(("code", "good"), [
    ("37159106010", True), ("37159101037", True), ("37159201037", False), ("37159106031", False), ("3715910601", False),
    ("371591060100", False), ("37159110999", True),
])
def test_matter_codes(code, good):
    assert (codes.check_matter(code, district="371591", book=BOOK) == []) is good


def test_matter_code_is_built():
    assert codes.matter_code("371591", "06010") == "37159106010"


@pytest.mark.parametrize(("given_code", "expected"), [
    ("371591001002007", "371591001002007"),
    ("37159100100207", "371591001002007"),
    ("3715910001002007", "371591001002007"),
    ("3715911001002007", None),  # the street needs all four digits
    ("37159100100200", "371591001002000"),
    ("3715", None),
    ("", None),
])
def test_grid_codes_of_other_lengths_are_converted_never_emitted(given_code, expected):
    found = codes.import_grid(given_code)
    assert (str(found) if found else None) == expected
    assert found is None or len(str(found)) == 15


def test_grid_checks():
    assert codes.check_grid("371591001002007") == []
    assert [f.rule for f in codes.check_grid("37159100100200")] == ["G01"]
    assert [f.rule for f in codes.check_grid("371591001002007", live=True)] == ["G01-twice"]
    assert [f.rule for f in codes.check_grid("37159100100200A", pattern=r"[0-9]{15}")] == ["G01"]


def test_grid_parts():
    grid = codes.parse_grid("371591001002007")
    assert (grid.street_code, grid.community_code, grid.sequence) == ("371591001", "371591001002", "007")


@pytest.mark.parametrize("bad", [("37159", "01001", 1), ("371591", "0100", 1), ("371591", "01001", 0), ("371591", "01001", 10**6)])
def test_impossible_component_codes_are_not_built(bad):
    with pytest.raises(ValueError, match="cannot build"):
        codes.component_code(*bad)


@pytest.mark.parametrize(("code", "good"), [
    ("91350100M000100Y43", True),  # the example of GB 32100-2015
    ("91350100M000100Y44", False),
    ("91350100M000100Y4", False),
    ("91350100I000100Y43", False),
])
def test_credit_codes(code, good):
    assert (codes.check_credit_code(code) == []) is good


def test_sample_organisations():
    table = rows("organizations")
    assert len(table) == 60
    known = {r["code"] for r in table}
    assert len(known) == len({r["credit_code"] for r in table}) == 60
    for row in table:
        assert codes.check_credit_code(row["credit_code"]) == []
        assert row["parent"] in known or row["code"] == "city-government"
        assert row["name_zh"]
        assert row["name_en"]
