"""Reckonings against published numbers, and how bureaus write periods and sheets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from yiwang.apps.datahub.rules.economy import doubts, prices, reckoning, sheets
from yiwang.apps.datahub.rules.economy.measures import Given, measure
from yiwang.apps.datahub.rules.economy.periods import Period, from_code, period_of, span_of

D = Decimal


def years(first: int, *values: Any) -> dict[Period, Decimal]:
    return {Period(first + n, "year", 1): D(str(v)) for n, v in enumerate(values)}


def quarters(year: int, *values: Any) -> dict[Period, Decimal]:
    return {Period(year, "quarter", n): D(str(v)) for n, v in enumerate(values, 1)}


# National product of 2023 as the National Bureau of Statistics first published it, 亿元: 1季度, 1-2, 1-3, 1-4.
CUMULATIVE = quarters(2023, 284997, 593034, 913027, 1260582)


def test_the_quarters_of_2023_come_out_of_the_cumulative_figures() -> None:
    parts = [int(p.value) for p in reckoning.of_period(CUMULATIVE).values()]
    published = [284997, 308038, 319992, 347555]  # 二季度 308038, 三季度 319992; the fourth is what is left
    assert all(abs(mine - theirs) <= 1 for mine, theirs in zip(parts, published, strict=True))
    back = reckoning.up_to({p: part.value for p, part in reckoning.of_period(CUMULATIVE).items()})
    assert back == dict(CUMULATIVE)


def test_january_that_is_not_published_makes_february_cover_both() -> None:
    cumulative = {Period(2025, "month", n): D(v) for n, v in ((2, 200), (3, 330), (5, 600))}
    parts = reckoning.of_period(cumulative)
    assert [(str(p), int(part.value), part.covers) for p, part in parts.items()] == [("2025-02", 200, 2), ("2025-03", 130, 1), ("2025-05", 270, 2)]
    before = reckoning.of_period({Period(2024, "month", n): D(v) for n, v in ((1, 90), (2, 160), (3, 260), (5, 500))})
    grown = reckoning.parts_compared({**before, **parts}, lambda p: p.year_before)
    assert grown[Period(2025, "month", 2)] is None  # two months against one
    assert grown[Period(2025, "month", 3)] == 30


def test_real_growth_of_2023_is_the_published_one() -> None:
    nominal = years(2022, "1204724.0", "1260582.1")
    deflator = years(2023, "99.465")  # implied by the 5.2 % that were published
    assert round(reckoning.year_on_year(nominal, "flow")[Period(2023, "year", 1)] or D(0), 2) == D("4.64")
    real = prices.comparable_growth(nominal, deflator, "year_before")
    assert round(real[Period(2023, "year", 1)] or D(0), 1) == D("5.2")
    assert real[Period(2022, "year", 1)] is None


def test_prices_are_chained_in_both_directions() -> None:
    cpi = years(2020, "102.5", "100.9", "102.0", "100.2")  # 居民消费价格指数, 上年=100
    levels = prices.level(cpi, "year_before", 2019)
    assert round(levels[Period(2023, "year", 1)], 4) == D("1.0570")
    other = prices.level(cpi, "year_before", 2023)
    assert other[Period(2023, "year", 1)] == 1
    assert abs(other[Period(2019, "year", 1)] * levels[Period(2023, "year", 1)] - 1) < D("1e-20")
    money = years(2019, *[D(1000) * levels[Period(y, "year", 1)] for y in range(2019, 2024)])
    assert {round(v or D(0), 6) for v in prices.at_prices_of(money, cpi, "year_before", 2019).values()} == {D(1000)}
    fixed = {p: v * 100 for p, v in levels.items()}
    assert round(prices.level(fixed, "fixed", 2019)[Period(2023, "year", 1)], 4) == D("1.0570")
    monthly = {Period(2025, "month", n): D("101") for n in range(1, 13)}
    assert round(reckoning.year_on_year(monthly, "index", "period_before")[Period(2025, "month", 12)] or D(0), 2) == D("12.68")


def test_shares_and_contributions_of_three_sectors_add_up() -> None:
    before, after = (80, 390, 530), (84, 402, 574)
    whole = years(2024, sum(before), sum(after))
    parts = [years(2024, b, a) for b, a in zip(before, after, strict=True)]
    now = Period(2025, "year", 1)
    assert sum(reckoning.share(p, whole)[now] or 0 for p in parts) == pytest.approx(100)
    assert sum(reckoning.contribution(p, whole)[now] or 0 for p in parts) == pytest.approx(100)
    assert sum(reckoning.pull(p, whole)[now] or 0 for p in parts) == pytest.approx(6)  # the whole grew by 6 %


def test_what_has_no_growth_rate_has_none() -> None:
    profit = years(2023, -3, 5, 0, 4)
    assert list(reckoning.year_on_year(profit, "flow").values()) == [None, None, -100, None]
    rate = quarters(2025, "5.3", "5.1")
    assert reckoning.period_on_period(rate, "rate")[Period(2025, "quarter", 2)] == D("-0.2")  # percentage points
    assert reckoning.year_on_year({Period(2025, "quarter", 1): D("101.8")}, "index", "year_before")[Period(2025, "quarter", 1)] == D("1.8")


def test_measures_are_those_that_a_series_has() -> None:
    plain = Given(kind="flow", figures=quarters(2025, 1, 2))
    assert plain.has == ("value", "yoy", "pop")
    full = Given(kind="flow", cumulative=True, figures=CUMULATIVE, deflator=quarters(2023, 99, 99, 99, 99), deflator_base="year_before", whole=CUMULATIVE)
    assert full.has == ("value", "part", "yoy", "part_yoy", "pop", "real", "constant", "share", "contribution", "pull")
    assert full.base_year == 2022
    assert {round(v or D(0), 9) for v in measure("share", full).values()} == {D(100)}
    assert round(measure("constant", full)[Period(2023, "quarter", 1)] or D(0)) == round(D(284997) / D("0.99"))


@pytest.mark.parametrize(
    ("heading", "year", "kind", "cumulative", "code"),
    [
        ("2025年1-9月", None, "quarter", True, "2025Q3"), ("２０２５年１—９月", None, "month", True, "2025-09"), ("2025年1-9月", None, "month", False, None),
        ("2025.3", None, "month", False, "2025-03"), (202503, None, "month", False, "2025-03"), (datetime(2025, 3, 1), None, "month", False, "2025-03"),
        ("2025年第三季度", None, "quarter", False, "2025Q3"), ("前三季度", 2025, "quarter", True, "2025Q3"), ("一季度", 2025, "quarter", False, "2025Q1"),
        ("上半年", 2025, "half", False, "2025H1"), ("上半年", 2025, "quarter", True, "2025Q2"), ("下半年", 2025, "half", False, "2025H2"), ("十二月", 2025, "month", False, "2025-12"),
        (2025.0, None, "year", False, "2025"), ("2025年度", None, "year", False, "2025"), ("全年", 2025, "quarter", True, "2025Q4"), ("2025Q5", None, "quarter", False, None),
        ("2025-13", None, "month", False, None), ("同比增长（%）", None, "year", False, None), ("25年", None, "year", False, None),
    ],
)  # fmt: skip
def test_headings(heading: Any, year: int | None, kind: str, cumulative: bool, code: str | None) -> None:
    span = span_of(heading, year)
    found = period_of(span, kind, cumulative=cumulative) if span else None
    assert (str(found) if found else None) == code
    assert code is None or from_code(code) == found


SCALE = {"万元": ("money", D(10_000)), "亿元": ("money", D(100_000_000)), "%": ("share", D(1))}


def known(number: int, code: str, name: str, kind: str = "quarter", **more: Any) -> sheets.Known:
    return sheets.Known(**{
        "id": number, "code": code, "names": frozenset({name}), "areas": frozenset({"云望县", "371590"}), "calibers": frozenset(), "unit": "亿元", "kind": kind,
        "cumulative": True, **more,
    })  # fmt: skip


KNOWN = (
    known(1, "gdp-q", "地区生产总值"), known(2, "gdp-y", "地区生产总值", "year", cumulative=False), known(3, "primary-q", "第一产业"),
    known(4, "retail-e", "零售额", areas=frozenset({"东区"})), known(5, "retail-w", "零售额", areas=frozenset({"西区"})),
)  # fmt: skip


def test_a_sheet_as_bureaus_make_it() -> None:
    grid = [
        ["云望县主要经济指标", None, None, None, None, None],
        ["指标名称", "单位", "2024年", None, "2025年", None],
        [None, None, "1-3月", "上半年", "1-3月", "上半年"],
        ["一、地区生产总值（亿元）", None, "61.2", "1,128.40", 64.5, "—"],
        ["　　其中：第一产业", "万元", 52000, None, 54000, None],
        ["注：本表为初步数", None, None, None, None, None],
    ]
    reading = sheets.read(grid, KNOWN, SCALE)
    assert reading.wrong == []
    assert [(c.series, str(c.period), c.value, c.place, c.scaled) for c in reading.cells] == [
        (1, "2024Q1", D("61.2"), "C4", False), (1, "2024Q2", D("1128.4"), "D4", False), (1, "2025Q1", D("64.5"), "E4", False),
        (3, "2024Q1", D("5.2"), "C5", True), (3, "2025Q1", D("5.4"), "E5", True),
    ]  # fmt: skip


def test_refusals_name_their_cells() -> None:
    grid = [
        ["项目", "地区", "单位", "2024", "2025"],
        ["地区生产总值", None, None, "约30", "=1+1"],
        ["地区生产总值", None, None, 3, "#REF!"],
        ["地区生产总值", None, None, 4, 5],
        ["零售额", None, None, 1, 1],
        ["零售额", "东区", None, 1, 1],
        ["太阳黑子", None, None, 1, None],
        ["第一产业", "云望县", "%", 1, None],
        ["零售", None, None, 1, None],
        [None, None, None, None, None],
        [None, None, None, 7, None],
    ]
    reading = sheets.read(grid, KNOWN, SCALE)
    assert {w.place: w.why for w in reading.wrong} == {
        "D2": "not_number", "E2": "not_number", "E3": "sheet_error", "D4": "twice", "A5": "ambiguous", "A7": "unknown", "C8": "unit", "A9": "unknown", "A11": "no_name",
    }  # fmt: skip
    # Plain years mean the yearly series; a cumulative one takes them as its fourth quarter; an area holds until the next one is named.
    assert [(c.series, str(c.period), c.place) for c in reading.cells] == [(2, "2024", "D3"), (2, "2025", "E4"), (4, "2024Q4", "D6"), (4, "2025Q4", "E6")]
    assert sheets.read([["说明"], ["没有数据"]], KNOWN, SCALE).wrong[0].why == "no_periods"


def test_doubts_are_wrong_units_and_falling_sums() -> None:
    figures = quarters(2024, 60, 126, 192, 270)
    now = Period(2025, "quarter", 1)
    assert doubts.doubt(now, D(63), figures, kind="flow", cumulative=True) is None
    assert doubts.doubt(now, D(630_000), figures, kind="flow", cumulative=True) == ("unit", D(60))
    assert doubts.doubt(now, D("0.0063"), figures, kind="flow", cumulative=True) == ("unit", D(60))
    assert doubts.doubt(Period(2024, "quarter", 2), D(59), figures, kind="flow", cumulative=True) == ("falls", D(60))
