"""Identity numbers and credit codes: what the standards say, what spreadsheets do to them, and a second opinion by python-stdnum."""

import csv
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from yiwang.apps.datahub.rules import identifiers as ids

TODAY = date(2026, 8, 1)
GOOD = "11010519491231002X"


def region_table() -> set[str]:
    shared = Path(os.environ.get("YIWANG_SHARED_DATA") or Path(__file__).resolve().parents[6] / "shared" / "data")
    path = shared / "records" / "codes" / "region_codes_1981_2024.csv"
    if not path.is_file():
        pytest.skip(f"the public list of region codes is not at {path}; set YIWANG_SHARED_DATA to the folder of public data")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["代码"] for row in csv.DictReader(stream)}


def made(first17: str) -> str:
    return first17 + ids.identity_check(first17)


@pytest.mark.parametrize(("text", "faults", "kind"), [
    (GOOD, (), "resident"),
    ("１１０１０５１９４９１２３１００２ｘ", (), "resident"),
    (" 110105 1949-1231-002x", (), "resident"),
    ("'11010519491231002X", (), "resident"),
    ("110105491231002", (), "resident_15"),
    (110105491231002, (), "resident_15"),
    ("110105491231002.0", (), "resident_15"),
    ("110105194912310021", ("check",), "resident"),
    ("1.10105E+17", ("spoiled",), "unknown"),
    ("1.10105194912310e17", ("spoiled",), "unknown"),
    ("110105194912310000", ("spoiled",), "resident"),
    (made("11010519490231002"), ("birth_impossible",), "resident"),
    (made("11010520990101002"), ("birth_future",), "resident"),
    (made("93115619900101002"), (), "foreigner"),
    (made("81000019900101002"), (), "residence_permit"),
    ("", ("empty",), "unknown"),
    (None, ("empty",), "unknown"),
    ("abc", ("characters", "length"), "unknown"),
    ("1101051949123100", ("length",), "unknown"),
    ("11010519491231O02X", ("characters",), "unknown"),
])  # fmt: skip
def test_a_number_as_people_and_programs_write_it(text, faults, kind):
    found = ids.identity_number(text, today=TODAY)
    assert (found.faults, found.kind) == (faults, kind)


def test_fifteen_digits_become_the_same_number_as_eighteen():
    assert ids.identity_number("110105491231002").number == GOOD


def test_old_regions_count_and_never_used_ones_do_not():
    regions = region_table()
    assert len(regions) > 6000
    assert ids.identity_number(GOOD, regions=regions).valid
    assert ids.identity_number(made("11010319800101001"), regions=regions).valid  # 崇文区, given up in 2010
    assert ids.identity_number(made("99999919800101001"), regions=regions).kind == "foreigner"
    assert ids.identity_number(made("10000119800101001"), regions=regions).faults == ("region",)


def test_the_form_is_compared_with_the_number():
    found = ids.identity_number(GOOD)
    assert ids.disagreements(found, birth=date(1949, 12, 31), sex="女") == ()
    assert ids.disagreements(found, birth=date(1949, 12, 30), sex="1") == ("birth_differs", "sex_differs")
    assert ids.disagreements(found, sex="9") == ()


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(1, 999))
def test_the_other_library_agrees(birth, sequence):
    number = made(f"110105{birth:%Y%m%d}{sequence:03d}")
    assert ric.is_valid(number)
    assert ric.get_birth_date(number) == birth == ids.identity_number(number).birth
    assert ids.identity_number(number).sex == ("male" if sequence % 2 else "female")
    for place in range(17):
        wrong = number[:place] + str((int(number[place]) + 3) % 10) + number[place + 1 :]
        assert not ids.identity_number(wrong, today=TODAY).valid
        assert not ric.is_valid(wrong)


@settings(max_examples=60, deadline=None)
@given(st.dates(date(1930, 1, 1), date(2020, 12, 31)), st.integers(1, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_found_again(birth, sequence, place, by):
    number = made(f"110105{birth:%Y%m%d}{sequence:03d}")
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    found = ids.identity_candidates(wrong, regions={"110105"}, today=TODAY)
    assert number in {one.number for one in found}
    assert all(ric.is_valid(one.number) for one in found)
    narrowed = ids.identity_candidates(wrong, regions={"110105"}, today=TODAY, birth=birth, sex="男" if sequence % 2 else "女")
    assert number in {one.number for one in narrowed}
    assert len(narrowed) <= len(found) < 20


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["91", "92", "93", "51", "52", "12", "11"]), st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
def test_credit_codes_agree_with_the_other_library(head, subject):
    first17 = f"{head}350100{subject}{ids.organisation_check(subject)}"
    code = first17 + ids.credit_check(first17)
    found = ids.credit_code(code.lower())
    assert found.valid
    assert not found.warnings
    assert found.organisation_code == code[8:17]
    assert uscc.is_valid(code)
    for place in (3, 8, 12, 17):
        wrong = code[:place] + ("7" if code[place] != "7" else "8") + code[place + 1 :]
        assert ids.credit_code(wrong).valid == uscc.is_valid(wrong) is False
        assert code in {one.number for one in ids.credit_candidates(wrong)}


def test_inner_check_only_warns_and_letters_that_never_stand_are_named():
    first17 = "91350100M000100Y5"
    assert ids.credit_code(first17 + ids.credit_check(first17)).warnings == ("organisation_check",)
    assert ids.credit_code(first17 + ids.credit_check(first17)).valid
    assert ids.credit_code("9135O100M000100Y43").faults == ("characters",)
    assert [one.number for one in ids.credit_candidates("9135O100M000100Y43")] == ["91350100M000100Y43"]
    assert ids.organisation_code("M000100Y-4") == ("M000100Y4", ())
    assert ids.organisation_code("M000100Y-5")[1] == ("check",)
