"""Formulas, conditions, periods, scores: what a stranger would ask of them, and what they refuse."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.indicators.contracts import (
    Aggregate,
    Band,
    Catalogue,
    Figure,
    Judged,
    Measure,
    Missing,
    ObjectKind,
    PeriodKind,
    Scheme,
    SchemeItem,
    Source,
)
from yiwang.kernel.indicators.rules import conditions, definitions, formulas, periods, scoring
from yiwang.kernel.indicators.rules.definitions import Fault
from yiwang.kernel.indicators.rules.vocabulary import WORDS
from yiwang.kernel.process.feel.limits import FeelError

NAME = {"zh-Hans": "名", "en": "name"}


@pytest.mark.parametrize(("formula", "numbers", "value", "top", "bottom"), [
    ("a / b", {"a": 3.0, "b": 4.0}, 75.0, 3.0, 4.0),
    ("a / b", {"a": 0.0, "b": 4.0}, 0.0, 0.0, 4.0),
    ("a / b", {"a": 3.0, "b": 0.0}, None, 3.0, 0.0),
    ("a / b", {"a": 3.0, "b": None}, None, 3.0, None),
    ("(a - c) / b", {"a": 3.0, "b": 4.0, "c": 1.0}, 50.0, 2.0, 4.0),
    ("a / b", {"a": 3.0}, None, 3.0, None),
])  # fmt: skip
def test_a_share_and_what_it_is_divided_from(formula, numbers, value, top, bottom):
    assert formulas.figure(formula, "percent", numbers) == Figure(value, top, bottom)


def test_a_count_is_itself():
    assert formulas.figure("a", "count", {"a": 7.0}) == Figure(7.0)


@pytest.mark.parametrize("formula", ["", "a /", "a; b", "\"x\"", "now()", "a.b", "a = b", "if a then b else c", "__import__(\"os\")", "(" * 90 + "a" + ")" * 90])
def test_a_formula_is_arithmetic_alone(formula):
    with pytest.raises(FeelError):
        formulas.read(formula)


@pytest.mark.parametrize("text", [
    "1; DROP TABLE yw_cases_case", "state = \"x\" OR 1=1 --", "f.state = \"x\"", "pg_sleep(10)", "state", "urgent = 3", "state > null",
    "state = channel2", "returns = \"2\"", "reported = \"2026-01-01\"", "\"a\" = state", "not(state)", "state in (select)", "count(state) > 1",
])  # fmt: skip
def test_a_condition_knows_its_words_only(text):
    with pytest.raises(FeelError):
        conditions.condition(Source.CASE, text)


@given(st.text(max_size=40))
def test_what_people_write_is_never_pasted_into_a_statement(text):
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    try:
        found = conditions.condition(Source.CASE, f"channel = {quoted}")
    except FeelError:
        return
    assert found.sql == "(f.channel = %(v0)s)"
    assert list(found.values) == ["v0"]


def test_conditions_read_as_sql():
    found = conditions.condition(Source.STAGE, 'step in ("verify", "check") and not(cancelled) and round between 2 and 3 and (in_time or action != "return")')
    assert list(found.values.values()) == ["verify", "check", 2, 3, "return"]
    assert "f.step = %(v0)s" in found.sql
    assert "OR (f.action <> %(v4)s)" in found.sql
    assert conditions.condition(Source.CASE, "").sql == "true"
    assert "IS NULL" in conditions.condition(Source.CASE, "filed = null").sql


@pytest.mark.parametrize(("kind", "day", "first", "last"), [
    (PeriodKind.DAY, "2026-11-23", "2026-11-23", "2026-11-23"),
    (PeriodKind.WEEK, "2026-01-01", "2025-12-29", "2026-01-04"),
    (PeriodKind.MONTH, "2024-02-29", "2024-02-01", "2024-02-29"),
    (PeriodKind.QUARTER, "2026-12-31", "2026-10-01", "2026-12-31"),
    (PeriodKind.HALF, "2026-06-30", "2026-01-01", "2026-06-30"),
    (PeriodKind.YEAR, "2026-07-01", "2026-01-01", "2026-12-31"),
])  # fmt: skip
def test_periods(kind, day, first, last):
    found = periods.of_day(kind, date.fromisoformat(day))
    assert (str(found.first), str(found.last)) == (first, last)
    assert periods.parse(found.code) == found


@given(st.sampled_from([k for k in PeriodKind if k is not PeriodKind.RANGE]), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_periods_follow_each_other_without_gap(kind, day):
    found = periods.of_day(kind, day)
    assert found.first <= day <= found.last
    assert (found.first - periods.before(found).last).days == 1
    assert periods.last_year(found).last < found.first


@pytest.mark.parametrize("code", ["", "month", "month:2026-13-01", "range:2026-02-02:2026-01-01", "range:2000-01-01:2026-01-01", "week:2026-01-01:2026-01-04", "aeon:2026-01-01"])
def test_what_is_no_period(code):
    with pytest.raises(ValueError, match=r"\w"):
        periods.parse(code)


def scheme(missing: Missing = Missing.REWEIGH, least: float = 0.5) -> Scheme:
    items = (SchemeItem("rate", 60), SchemeItem("bad", 20, "inverse"),
             SchemeItem("count", 20, "bands", (Band(0, points=100), Band(51, points=90), Band(1001, points=0))))  # fmt: skip
    grades = (Band(90, "A", "good"), Band(60, "C", "warn"), Band(0, "E", "worst"))
    return Scheme(code="s", name=NAME, judges=ObjectKind.DEPARTMENT, items=items, grades=grades, missing=missing, least_share=least)


@pytest.mark.parametrize(("values", "how", "score"), [
    ({"rate": 90.0, "bad": 10.0, "count": 60.0}, Missing.REWEIGH, 90.0),
    ({"rate": 90.0, "bad": None, "count": 50.0}, Missing.REWEIGH, 92.5),  # (54 + 20) / 80
    ({"rate": 90.0, "bad": None, "count": 50.0}, Missing.ZERO, 74.0),
    ({"rate": 90.0, "bad": None, "count": 50.0}, Missing.UNRANKED, None),
    ({"rate": None, "bad": 10.0, "count": 50.0}, Missing.REWEIGH, None),  # 40 of 100 have a value: below the least share
    ({}, Missing.ZERO, None),
])  # fmt: skip
def test_the_missing_is_handled_as_declared(values, how, score):
    assert scoring.composite(scheme(how), values)[0] == score


def test_equal_scores_share_a_rank_and_those_without_come_last():
    def row(name: str, rate: float | None) -> Judged:
        return Judged(ObjectKind.DEPARTMENT, name, name, {}, {"rate": Figure(rate), "bad": Figure(0.0), "count": Figure(0.0)} if rate is not None else {})

    rows = scoring.rank([scoring.judge(scheme(), row(n, r)) for n, r in (("d", None), ("c", 50.0), ("a", 80.0), ("b", 80.0))])
    assert [(r.name, r.rank, r.grade) for r in rows] == [("a", 1, "C"), ("b", 1, "C"), ("c", 3, "C"), ("d", None, "")]


GOOD = {"name": NAME, "source": "case", "on": "filed"}


@pytest.mark.parametrize(("kind", "body", "where"), [
    ("measure", {**GOOD, "source": "person"}, "measures.x.source"),
    ("measure", {**GOOD, "on": "as_of"}, "measures.x.on"),
    ("measure", {**GOOD, "on": "returns"}, "measures.x.on"),
    ("measure", {**GOOD, "where": "nonsense"}, "measures.x.where"),
    ("measure", {**GOOD, "aggregate": "sum"}, "measures.x.of"),
    ("measure", {**GOOD, "aggregate": "sum", "of": "state"}, "measures.x.where"),
    ("measure", {**GOOD, "name": {"en": "x"}}, "measures.x.name"),
    ("indicator", {"name": NAME}, "indicators.x"),
    ("indicator", {"name": NAME, "formula": "a", "function": "b"}, "indicators.x"),
    ("indicator", {"name": NAME, "formula": "a /"}, "indicators.x.formula"),
    ("indicator", {"name": NAME, "formula": "a", "unit": "miles"}, "indicators.x.unit"),
    ("scheme", {"name": NAME, "objects": "street", "items": []}, "schemes.x"),
    ("scheme", {"name": NAME, "objects": "street", "items": [{"indicator": "a", "weight": 90}]}, "schemes.x.items"),
    ("scheme", {"name": NAME, "objects": "street", "items": [{"indicator": "a", "weight": 100, "score": "bands"}]}, "schemes.x.items[0].bands"),
    ("scheme", {"name": NAME, "objects": "planet", "items": [{"indicator": "a", "weight": 100}]}, "schemes.x.objects"),
])  # fmt: skip
def test_faults_name_their_place(kind, body, where):
    with pytest.raises(Fault) as refused:
        getattr(definitions, kind)("x", body)
    assert refused.value.where == where


def test_what_does_not_hang_together_is_named():
    catalogue = Catalogue(
        {}, {"i": definitions.indicator("i", {"name": NAME, "formula": "a / b"})},
        {"s": definitions.scheme("s", {"name": NAME, "objects": "street", "items": [{"indicator": "j", "weight": 100}]})},
    )  # fmt: skip
    assert [f.facts["name"] for f in definitions.check(catalogue)] == ["a", "b", "j"]
    assert definitions.users_of(catalogue, "measure", "a") == ["i"]
    assert definitions.users_of(catalogue, "indicator", "j") == ["s"]


@pytest.mark.parametrize("source", list(Source))
def test_every_word_is_named_in_both_languages(source):
    for word in WORDS[source].values():
        assert word.en.isascii()
        assert not word.zh.isascii()
    assert conditions.counted(Measure(code="x", name=NAME, source=source, on="x", aggregate=Aggregate.COUNT), "m")[0] == "count(*)"


def test_the_reference_names_every_word():
    page = (Path(__file__).resolve().parents[5] / "docs" / "reference" / "indicators.md").read_text("utf-8")
    parts = {part.split("\n", 1)[0]: part for part in page.split("\n### ")[1:]}
    for source, words in WORDS.items():
        missing = [name for name, word in words.items() if f"| `{name}` |" not in parts[source] or word.zh not in parts[source]]
        assert not missing, (source, missing)
