"""The command manual (指挥手册): limit texts, the shipped manual, which rows apply, and what a faulty file is told."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from yiwang.apps.city.rules import manual
from yiwang.apps.city.rules.dictionary import Kind, rows, shipped
from yiwang.apps.city.rules.manual import Limit, Season, Unit, parse_limit, read_csv, seasons_on, select
from yiwang.apps.city.rules.manual_sheets import HEADER, read_sheets

TEXT = (Path(manual.__file__).parents[1] / "matters" / "problem" / "manual.csv").read_text(encoding="utf-8")
KNOWN = {
    "classes": shipped().classes.keys(),
    "departments": {r["code"] for r in rows("organizations")},
    "duties": {"street", "sanitation", "greening", "enforcement", "municipal"},
    "seasons": {r["code"] for r in rows("seasons")},
}
DAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def book():
    reading = read_csv(TEXT, **KNOWN)
    assert [p.text("en") for p in reading.problems] == []
    return reading.rows


@pytest.mark.parametrize(("text", "value", "unit", "minutes"), [
    ("2紧急工作时", 2, Unit.URGENT_HOUR, 120),
    ("2紧急工作日", 2, Unit.NATURAL_DAY, 2880),
    ("4工作时", 4, Unit.WORK_HOUR, 240),
    ("4小时", 4, Unit.WORK_HOUR, 240),
    ("3工作日", 3, Unit.WORK_DAY, 1440),
    ("3天", 3, Unit.WORK_DAY, 1440),
    (" ３ 工作日", 3, Unit.WORK_DAY, 1440),
    ("15分钟", 15, Unit.URGENT_MINUTE, 15),
    ("15自然日", 15, Unit.NATURAL_DAY, 21600),
])
def test_limit_texts(text, value, unit, minutes):
    assert parse_limit(text) == Limit(value=value, unit=unit)
    assert parse_limit(text).minutes == minutes


@pytest.mark.parametrize("text", ["", "尽快", "工作日", "0工作日", "2工作日内", "-1工作日", "1.5工作日", "两工作日"])
def test_what_is_no_limit_gets_no_silent_default(text):
    assert parse_limit(text) is None


def test_the_shipped_manual_covers_the_worked_one(book):
    classes = {(r.class_kind, r.class_code) for r in book}
    assert len(classes) >= 160
    several = [c for c in classes if len({r.group for r in book if (r.class_kind, r.class_code) == c}) >= 2]
    assert len(several) >= 60
    assert all(r.condition["en"] and r.closing["en"] and r.document_number and r.source for r in book)


def test_no_other_language_slipped_into_the_english_column(book):
    for row in book:
        assert not any("\u4e00" <= c <= "\u9fff" for c in row.condition["en"] + row.closing["en"] + row.notes["en"]), row


def test_conditions_of_a_water_cover(book):
    found = select(book, kind="component", code="01001", on=DAY)
    assert [(r.limit.value, r.limit.unit) for r in found] == [
        (2, Unit.URGENT_HOUR), (4, Unit.WORK_HOUR), (2, Unit.WORK_DAY), (5, Unit.WORK_DAY),
    ]
    assert [r.urgent for r in found] == [True, False, False, False]


def test_a_derived_matter_is_read_under_its_component(book):
    assert select(book, kind="matter", code="01001", on=DAY) == select(book, kind="component", code="01001", on=DAY)


@pytest.mark.parametrize(("level", "hours"), [("A", 4), ("B", 6), ("C", 8), ("", 4)])
def test_area_level_falls_back_to_a(book, level, hours):
    found = select(book, kind="matter", code="06010", on=DAY, area_level=level)
    assert len(found) == 3
    assert {r.limit.value for r in found} == {hours}


def test_a_level_without_its_own_row_takes_a(book):
    assert {r.limit.value for r in select(book, kind="matter", code="09001", on=DAY, area_level="B")} == {2}
    assert {r.limit.value for r in select(book, kind="matter", code="09001", on=DAY, area_level="C")} == {4}


def test_validity_picks_the_issue_of_the_day(book):
    assert {r.limit.value for r in select(book, kind="matter", code="06010", on=date(2026, 6, 30))} == {6}
    assert {r.limit.value for r in select(book, kind="matter", code="06010", on=date(2026, 7, 1))} == {4}
    assert select(book, kind="matter", code="06010", on=date(2020, 1, 1)) == []


def test_phase_and_season(book):
    assert {r.limit.value for r in select(book, kind="matter", code="06010", on=DAY, phase="event")} == {2}
    flood = select(book, kind="matter", code="10994", on=date(2026, 7, 20), seasons={"flood"})
    assert {r.limit.value for r in flood} == {1}
    dry = select(book, kind="matter", code="10994", on=DAY, seasons={"winter"})
    assert {r.limit.value for r in dry} == {2}
    snow = select(book, kind="matter", code="10001", on=DAY, seasons={"winter"}, phase="event")
    assert {r.limit.value for r in snow} == {2}


def test_seasons_run_over_new_year():
    table = [Season(code=r["code"], name={}, starts=r["starts"], ends=r["ends"]) for r in rows("seasons")]
    assert seasons_on(table, date(2026, 1, 5)) == {"winter"}
    assert seasons_on(table, date(2026, 3, 10)) == {"winter", "planting"}
    assert seasons_on(table, date(2026, 7, 1)) == {"flood", "summer"}
    assert seasons_on(table, date(2026, 10, 20)) == set()


def test_unauthorised_building_has_milestones(book):
    done = next(r for r in book if r.condition_id == "M06001-02")
    assert [(m.code, m.limit.value, m.limit.unit) for m in done.milestones] == [
        ("stop", 4, Unit.WORK_HOUR), ("fine", 7, Unit.WORK_DAY), ("remove", 15, Unit.WORK_DAY),
    ]
    assert done.limit == Limit(value=15, unit=Unit.WORK_DAY)


def test_closing_by_informing_only_where_the_row_says_so(book):
    assert {r.class_code for r in book if r.informs_only} == {"03001"}


def test_bursts_are_urgent_and_quick(book):
    for code in ("10999", "10998", "10996"):
        first = select(book, kind="matter", code=code, on=DAY)[0]
        assert (first.limit, first.urgent) == (Limit(value=1, unit=Unit.URGENT_HOUR), True)


def changed(**cells):
    """Return a file of the first row of the shipped manual with some cells changed."""
    reader = csv.DictReader(io.StringIO(TEXT))
    row = {**next(reader), **cells}
    out = io.StringIO()
    writer = csv.DictWriter(out, manual.COLUMNS)
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()


@pytest.mark.parametrize(("cells", "rule"), [
    ({"limit_text": "尽快"}, "limit"),
    ({"limit_text": "3紧急工作时"}, "limit-parts"),
    ({"class_code": "01016"}, "class"),
    ({"class_kind": "thing"}, "class"),
    ({"department": "nobody"}, "department"),
    ({"department": "@nobody"}, "department"),
    ({"closing_zh": " "}, "empty"),
    ({"condition_en": ""}, "empty"),
    ({"urgent": "yes"}, "flag"),
    ({"area_level": "D"}, "level"),
    ({"season": "monsoon"}, "season"),
    ({"valid_to": "2020-01-01"}, "dates"),
    ({"valid_from": "1.7.2026"}, "dates"),
    ({"milestones": "{"}, "milestones"),
    ({"milestones": '[{"code":"x","name":{},"limit_unit":"work_day","limit_value":99}]'}, "milestones"),
])
def test_a_faulty_row_is_named_with_line_and_mend(cells, rule):
    reading = read_csv(changed(**cells), **KNOWN)
    assert [(p.line, p.rule) for p in reading.problems] == [(2, rule)]
    assert reading.rows == ()
    assert reading.problems[0].text("en").startswith("Line 2: ")
    assert reading.problems[0].text().startswith("第2行：")


def test_missing_columns_and_repeated_rows():
    (problem,) = read_csv("condition_id,class_kind\n").problems
    assert problem.rule == "columns"
    assert "closing_zh" in problem.text("en")
    twice = changed() + changed().split("\r\n", 1)[1]
    assert [p.rule for p in read_csv(twice, **KNOWN).problems] == ["twice"]
    variant = changed() + changed(condition_id="C01001-01.again").split("\r\n", 1)[1]
    assert [(p.line, p.rule) for p in read_csv(variant, **KNOWN).problems] == [(3, "overlap")]


def test_a_byte_order_mark_does_no_harm():
    assert len(read_csv("\ufeff" + TEXT, **KNOWN).rows) == len(read_csv(TEXT, **KNOWN).rows)


SHEET = [
    ["指挥手册"],
    list(HEADER),
    [1, "公用设施", 1.0, "上水井盖", "水务局", "供水公司", "缺失", "2紧急工作时", "补齐"],
    [None, None, None, None, "", "", "异响", "2工作日", "稳固"],
    [None, None, 118, "化粪池井盖", "城管局", "环卫处", "破损", "1天", "更换"],
    [None, None, None, None, None, None, "下沉", "尽快", "修复"],
]
CODES = {"水务局": "bureau-water", "供水公司": "company-water", "城管局": "bureau-urban", "环卫处": "bureau-sanitation"}


def test_the_excel_form():
    reading = read_sheets({"部件": SHEET}, book=shipped(), organization=lambda name: CODES.get(name, ""))
    assert [(r.condition_id, r.limit.value, r.department) for r in reading.rows] == [
        ("C01001-01", 2, "company-water"), ("C01001-02", 2, "company-water"), ("C01018-01", 1, "bureau-sanitation"),
    ]
    assert [(p.line, p.rule) for p in reading.problems] == [(6, "limit")]


def test_the_excel_form_takes_todays_codes_without_their_zero():
    sheet = [["t"], list(HEADER), [6, "市容环境", 6010, "暴露垃圾", "城管局", "环卫处", "散落", "4小时", "清理"]]
    reading = read_sheets({"事件": sheet}, book=shipped(), organization=lambda name: CODES.get(name, ""))
    assert [(r.class_kind, r.class_code, r.limit) for r in reading.rows] == [
        (Kind.MATTER, "06010", Limit(value=4, unit=Unit.WORK_HOUR)),
    ]


def test_the_excel_form_with_another_header_is_refused():
    reading = read_sheets({"部件": [["t"], ["大类代码", "x"]]}, book=shipped(), organization=lambda name: name)
    assert [p.rule for p in reading.problems] == ["sheet-header"]


def test_every_duty_of_the_manual_is_somebodys(book):
    duties = rows("duties")
    known = {r["code"] for r in rows("organizations")}
    assert {d["organization"] for d in duties} <= known
    named = {d["duty"] for d in duties}
    assert {r.department[1:] for r in book if r.department.startswith("@")} - {"street"} <= named
    assert sum(d["duty"] == "fallback" for d in duties) == 9
