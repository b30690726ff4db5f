"""The dictionary (部件和事项分类代码): counts, derivation, unused numbers, and where old numbers went."""

from datetime import date

import pytest

from yiwang.apps.city.rules import dictionary
from yiwang.apps.city.rules.dictionary import STANDARD_2007, STANDARD_2013, Confidence, Kind, shipped

UNUSED = ["01016", "05001", "05004", "05005", "05006", "05007", "05008", "06031", "07005", "09007"]


def standard(kind):
    return {c.code: c for c in shipped().of_kind(kind, extensions=False)}


def test_counts_of_the_2026_standard():
    components, matters = standard(Kind.COMPONENT), standard(Kind.MATTER)
    assert (len(components), len(matters)) == (153, 250)
    majors = [sum(c[:2] == m for c in components) for m in ("01", "02", "03", "04", "05")]
    assert majors == [76, 44, 16, 14, 3]
    typed = [sum(c[:2] == m for c in matters) for m in ("06", "07", "08", "09", "10")]
    assert typed == [51, 7, 16, 21, 2]


def test_matters_one_to_five_are_the_components_with_a_fault():
    components, matters = standard(Kind.COMPONENT), standard(Kind.MATTER)
    derived = {c: m for c, m in matters.items() if c[:2] <= "05"}
    assert derived.keys() == components.keys()
    for code, row in derived.items():
        assert row.derived_from == code
        if code != "01066":
            assert row.name["zh-Hans"] == components[code].name["zh-Hans"] + "异常"
    assert matters["01037"].name == {"zh-Hans": "路灯异常", "en": "Street lamp: fault"}
    assert matters["01066"].name["zh-Hans"] == "紧急报警点异常SOS"


@pytest.mark.parametrize("code", UNUSED)
def test_unused_numbers_stay_unused(code):
    assert shipped().get(Kind.COMPONENT, code) is None
    assert shipped().get(Kind.MATTER, code) is None


def test_same_number_two_kinds():
    assert shipped().get("component", "01001").name["zh-Hans"] == "供水井盖"
    assert shipped().get("matter", "01001").name["zh-Hans"] == "供水井盖异常"


def test_every_class_has_an_english_name_of_its_own():
    for kind in Kind:
        names = [c.name["en"] for c in shipped().of_kind(kind)]
        assert all(n.isprintable() and not any("\u4e00" <= ch <= "\u9fff" for ch in n) for n in names)
        assert len(set(names)) == len(names)


def test_every_component_says_its_geometry_and_accuracy():
    rows = list(shipped().of_kind(Kind.COMPONENT))
    assert {c.geometry for c in rows} == {"point", "line", "polygon"}
    assert {c.accuracy for c in rows} == {"A", "B", "C"}


def test_extensions_count_down_from_999():
    for kind in Kind:
        for row in shipped().of_kind(kind):
            assert row.is_extension == (int(row.code[2:]) >= 80), row


@pytest.mark.parametrize(("standard_ref", "kind", "old", "code", "confidence"), [
    (STANDARD_2013, "component", "0101", "01001", Confidence.READ),
    (STANDARD_2013, "component", "0105", "01005", Confidence.UNCONFIRMED),
    (STANDARD_2013, "component", "101", "01001", Confidence.READ),
    (STANDARD_2013, "component", "0506", "01069", Confidence.READ),
    (STANDARD_2007, "component", "0114", "01023", Confidence.LISTED),
    (STANDARD_2007, "component", "0306", "03006", Confidence.LISTED),
    (STANDARD_2013, "matter", "0602", "09013", Confidence.READ),
    (STANDARD_2013, "matter", "0501", "10999", Confidence.READ),
])
def test_old_numbers_find_todays_class(standard_ref, kind, old, code, confidence):
    alias = shipped().alias(standard_ref, kind, old)
    assert (alias.code, alias.confidence) == (code, confidence)
    assert shipped().resolve(standard_ref, kind, old).code == code


def test_majors_four_and_five_of_events_swapped_meaning():
    assert shipped().resolve(STANDARD_2007, "matter", "0504").name["zh-Hans"] == "店外经营"
    assert shipped().resolve(STANDARD_2013, "matter", "0504").name["zh-Hans"] == "热力管道破裂"


def test_a_local_number_may_become_a_matter():
    found = shipped().resolve(STANDARD_2013, "component", "0188")
    assert (found.kind, found.code) == (Kind.MATTER, "06048")


@pytest.mark.parametrize(("standard_ref", "kind", "old"), [
    (STANDARD_2013, "component", "0501"), (STANDARD_2007, "component", "0502"), (STANDARD_2007, "matter", "0509"),
    (STANDARD_2007, "matter", "0199"),
])
def test_old_rows_without_a_successor_are_known_but_lead_nowhere(standard_ref, kind, old):
    alias = shipped().alias(standard_ref, kind, old)
    assert alias is not None
    assert alias.note
    assert shipped().resolve(standard_ref, kind, old) is None


def test_the_2007_list_of_components_is_complete():
    codes = [a.old_code for a in shipped().aliases.values() if a.standard_ref == STANDARD_2007 and a.kind is Kind.COMPONENT]
    sizes = [sum(c[:2] == m for c in codes) for m in ("01", "02", "03", "04", "05", "06")]
    assert sizes == [38, 17, 11, 10, 3, 6]
    for major in ("01", "02", "03", "04", "05", "06"):
        ours = sorted(int(c[2:]) for c in codes if c[:2] == major)
        assert ours == list(range(1, len(ours) + 1))


def test_validity():
    row = shipped().get("component", "01001")
    assert row.is_active(date(2026, 7, 1))
    assert not row.is_active(date(2026, 6, 30))
    assert shipped().get("component", "01001", on=date(2026, 6, 30)) is None


def test_a_table_with_faults_is_refused():
    row = {"standard_ref": "x", "kind": "component", "code": "01001", "name_zh": "a", "name_en": "b", "geometry": "point",
           "accuracy": "A", "valid_from": "", "valid_to": "", "is_extension": "0"}
    with pytest.raises(ValueError, match="comes twice"):
        dictionary.build([row, row], [])
    alias = {"standard_ref": "y", "kind": "component", "old_code": "0101", "old_name_zh": "a", "to_kind": "component",
             "code": "01002", "confidence": "read", "note": ""}
    with pytest.raises(ValueError, match="unknown class"):
        dictionary.build([row], [alias])


def test_majors_are_named_in_every_generation():
    book = shipped()
    for row in book.classes.values():
        assert book.major_name(row.kind, row.code), row.code
    assert book.major_name(Kind.MATTER, "04", STANDARD_2007)["en"] == "Sudden incidents"
    assert book.major_name(Kind.MATTER, "04", STANDARD_2013)["en"] == "Street order"


def test_hints_name_classes_that_exist():
    for hint in dictionary.rows("hints"):
        assert shipped().get(hint["kind"], hint["code"])
        if hint["not_code"]:
            assert shipped().get(hint["kind"], hint["not_code"])
