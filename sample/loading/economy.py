"""Thirty-one series of the county's economy, released month by month as bureaus do; two years are corrected afterwards. All made up."""

from __future__ import annotations

import calendar
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from sample.loading import living
from sample.spec import CITY, DISTRICTS, ZONE, Spec
from yiwang.apps.datahub.models import EconomicFigure, EconomicSeries
from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.services import economy
from yiwang.apps.datahub.services.economy.entering import Entry, Publication
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import system
from yiwang.kernel.identity.models import Organization

YEARS = 3  # how far back quarters and months go; years go back six


@dataclass(frozen=True)
class Line:
    """One series: `level` is a whole year's flow, or the stock or index at the beginning; `growth` per year."""

    code: str
    zh: str
    en: str
    theme: str
    period: str
    unit: str
    kind: str
    level: float
    growth: float
    area: str = CITY
    cumulative: bool = False
    base: str = ""
    price: str = ""
    org: str = "city-government"
    decimals: int = 2
    grade: int = 2
    whole: str = ""
    deflator: str = ""
    caliber: str = ""
    from_february: bool = False


_NEW = {"cumulative": True, "price": "current"}
_EAST, _RIVER, _SOUTH = DISTRICTS
LINES = (
    Line("gdp-deflator-q", "地区生产总值缩减指数", "Deflator of regional product", "accounts", "quarter", "上年同期=100", "index", 100.9, 0, base="year_before", decimals=1),
    Line("gdp-q", "地区生产总值", "Regional product", "accounts", "quarter", "亿元", "flow", 512, 0.061, deflator="gdp-deflator-q", **_NEW),
    Line("gdp-q-371591", "地区生产总值", "Regional product", "accounts", "quarter", "亿元", "flow", 214, 0.067, area=_EAST, deflator="gdp-deflator-q", **_NEW),
    Line("gdp-q-371592", "地区生产总值", "Regional product", "accounts", "quarter", "亿元", "flow", 168, 0.058, area=_RIVER, deflator="gdp-deflator-q", **_NEW),
    Line("gdp-q-371593", "地区生产总值", "Regional product", "accounts", "quarter", "亿元", "flow", 130, 0.055, area=_SOUTH, deflator="gdp-deflator-q", **_NEW),
    Line("primary-q", "第一产业增加值", "Value added, primary sector", "accounts", "quarter", "亿元", "flow", 62, 0.038, whole="gdp-q", **_NEW),
    Line("secondary-q", "第二产业增加值", "Value added, secondary sector", "accounts", "quarter", "亿元", "flow", 188, 0.056, whole="gdp-q", **_NEW),
    Line("tertiary-q", "第三产业增加值", "Value added, tertiary sector", "accounts", "quarter", "亿元", "flow", 262, 0.07, whole="gdp-q", **_NEW),
    Line("income-q", "居民人均可支配收入", "Disposable income per resident", "income", "quarter", "元", "flow", 26400, 0.055, cumulative=True, decimals=0),
    Line("unemployment-q", "城镇登记失业率", "Registered urban unemployment", "people", "quarter", "%", "rate", 2.9, -0.02, decimals=2),
    Line("retail-m", "社会消费品零售总额", "Retail sales of consumer goods", "trade", "month", "亿元", "flow", 205, 0.062, from_february=True, **_NEW),
    Line("retail-m-371591", "社会消费品零售总额", "Retail sales of consumer goods", "trade", "month", "亿元", "flow", 96, 0.066, area=_EAST, from_february=True, **_NEW),
    Line("retail-m-371592", "社会消费品零售总额", "Retail sales of consumer goods", "trade", "month", "亿元", "flow", 64, 0.06, area=_RIVER, from_february=True, **_NEW),
    Line("retail-m-371593", "社会消费品零售总额", "Retail sales of consumer goods", "trade", "month", "亿元", "flow", 45, 0.057, area=_SOUTH, from_february=True, **_NEW),
    Line("industry-m", "规模以上工业增加值", "Value added of larger industry", "industry", "month", "亿元", "flow", 128, 0.064, caliber="年主营业务收入2000万元及以上", from_february=True, **_NEW),
    Line("power-m", "全社会用电量", "Electricity used", "industry", "month", "万千瓦时", "flow", 381_000, 0.048, cumulative=True, decimals=0),
    Line("power-use-m", "工业用电量", "Electricity used by industry", "industry", "month", "万千瓦时", "flow", 246_000, 0.041, cumulative=True, decimals=0, whole="power-m"),
    Line("investment-m", "固定资产投资", "Investment in fixed assets", "investment", "month", "亿元", "flow", 276, 0.045, caliber="不含农户", from_february=True, **_NEW),
    Line("exports-m", "出口总额", "Exports", "foreign", "month", "万美元", "flow", 41_200, 0.082, cumulative=True, decimals=0),
    Line("revenue-m", "一般公共预算收入", "General public budget revenue", "finance", "month", "亿元", "flow", 34.6, 0.051, cumulative=True),
    Line("spending-m", "一般公共预算支出", "General public budget spending", "finance", "month", "亿元", "flow", 71.8, 0.036, cumulative=True),
    Line("deposits-m", "金融机构本外币存款余额", "Deposits of financial institutions", "banking", "month", "亿元", "stock", 742, 0.085),
    Line("loans-m", "金融机构本外币贷款余额", "Loans of financial institutions", "banking", "month", "亿元", "stock", 561, 0.097),
    Line("cpi-m", "居民消费价格指数", "Consumer price index", "prices", "month", "上年同期=100", "index", 100.7, 0, base="year_before", decimals=1),
    Line("cpi-chain-m", "居民消费价格环比指数", "Consumer price index, month on month", "prices", "month", "上期=100", "index", 100.05, 0, base="period_before", decimals=1),
    Line("population-y", "常住人口", "Resident population", "people", "year", "万人", "stock", 83.4, -0.003),
    Line("gdp-y", "地区生产总值", "Regional product", "accounts", "year", "亿元", "flow", 455, 0.061, price="current"),
    Line("gdp-constant-y", "地区生产总值", "Regional product", "accounts", "year", "亿元", "flow", 448, 0.053, price="constant", caliber="2020年不变价"),
    Line("grain-y", "粮食总产量", "Grain harvest", "agriculture", "year", "万吨", "flow", 68.2, 0.011),
    Line("relief-people-m", "最低生活保障人数", "Recipients of minimum income", "income", "month", "人", "stock", 6240, -0.03, org="bureau-civil", decimals=0),
    Line("relief-spending-m", "临时救助支出", "Spending on emergency relief", "finance", "month", "万元", "flow", 860, 0.06, org="bureau-civil", cumulative=True, grade=3),
)


def play(spec: Spec) -> list[EconomicSeries]:
    """Describe the series and bring their sheets in, each on the day of its release; returns the series."""
    rng = spec.stream("economy")
    made: dict[str, EconomicSeries] = {}
    with living.staged(rng) as stage:
        stage.moment = spec.start + timedelta(days=1)  # the record begins with the county's year; older figures are entered then
        areas = {a.code: a for a in Area.objects.filter(code__in=[CITY, *DISTRICTS])}
        orgs = {o.code: o for o in Organization.objects.filter(code__in=["city-government", "bureau-civil"])}
        for line in LINES:
            made[line.code] = _described(line, areas[line.area], orgs[line.org], made)
        today = spec.end.astimezone(ZONE).date()
        for day, rows in sorted(_releases(rng, today).items()):
            stage.moment = max(datetime.combine(day, time(10), ZONE), spec.start + timedelta(days=1, minutes=5))
            _brought(rows, day, today)
        _corrected(made, stage, today)
    return list(made.values())


def _described(line: Line, area: Area, org: Organization, made: dict[str, EconomicSeries]) -> EconomicSeries:
    found = EconomicSeries.objects.filter(code=line.code).first()
    indicator = "gdp" if line.code.startswith("gdp-") and "deflator" not in line.code else line.code.split("-37159")[0]
    return found or economy.define(system("sample"), economy.NewSeries(
        code=line.code, indicator=indicator, name={"zh-Hans": line.zh, "en": line.en}, theme=line.theme, area=area, org=org, unit=line.unit, kind=line.kind, period_kind=line.period,
        caliber={"zh-Hans": line.caliber} if line.caliber else {}, decimals=line.decimals, index_base=line.base, is_cumulative=line.cumulative, price=line.price,
        price_year=2020 if line.price == "constant" else None, deflator=made.get(line.deflator), whole=made.get(line.whole), grade=line.grade, is_sample=True,
    ))  # fmt: skip


def _releases(rng: Random, today: date) -> dict[date, list[tuple[str, Period, float]]]:
    """Return what is released on which day: months and quarters on the 18th after them, years in February."""
    found: dict[date, list[tuple[str, Period, float]]] = defaultdict(list)
    for line in LINES:
        first = today.year - (6 if line.period == "year" else YEARS)
        for year in range(first, today.year + 1):
            for period, value in _year(line, year, first, rng):
                last = date(year, period.last_month, calendar.monthrange(year, period.last_month)[1])
                day = date(year + 1, 2, 26) if line.period == "year" else last + timedelta(days=18)
                if day < today and not (line.from_february and period.number == 1):
                    found[day].append((line.code, period, value))
    return found


def _year(line: Line, year: int, first: int, rng: Random) -> list[tuple[Period, float]]:
    count = {"month": 12, "quarter": 4, "year": 1}[line.period]
    level, total, made = line.level * (1 + line.growth) ** (year - first), 0.0, []
    for number in range(1, count + 1):
        part = level / count * (1 + 0.06 * (number / count - 0.55)) * (1 + rng.uniform(-0.012, 0.012))
        if line.kind == "flow":
            total += part
            value = total if line.cumulative or count == 1 else part
        elif line.kind == "stock":
            value = line.level * (1 + line.growth) ** (year - first + number / count) * (1 + rng.uniform(-0.003, 0.003))
        else:
            value = line.level * (1 + line.growth) ** (year - first) + rng.uniform(-0.5, 0.5) * (0.2 if line.kind == "rate" else 1)
        made.append((Period(year, line.period, number), round(value, line.decimals)))
    return made


def _brought(rows: list[tuple[str, Period, float]], day: date, today: date) -> None:
    periods = sorted({p for _code, p, _value in rows}, key=str)
    table: dict[str, dict[Period, float]] = defaultdict(dict)
    for code, period, value in rows:
        table[code][period] = value
    text = io.StringIO()
    text.write("代码," + ",".join(map(str, periods)) + "\n")
    for code, values in table.items():
        text.write(f"{code}," + ",".join(str(values.get(p, "")) for p in periods) + "\n")
    file: Any = SimpleUploadedFile(f"统计快报{day:%Y%m%d}.csv", text.getvalue().encode())
    economy.bring_in(system("sample"), file, Publication(status="preliminary", released_on=day), sure=True)
    for figure in EconomicFigure.objects.filter(state="waiting", period__in=[str(p) for p in periods]):
        if (today - day).days > 40:  # the last ones are left for a second person
            economy.decide(system("sample"), figure.uid, release=True)


def _corrected(made: dict[str, EconomicSeries], stage: Any, today: date) -> None:
    """Two corrections: the yearly product finally verified, and a quarter put right."""
    actor, moment = system("sample"), datetime.combine(today - timedelta(days=9), time(10), ZONE)
    stage.moment = moment
    for code, period, factor, status, reason in (
        ("gdp-y", Period(today.year - 2, "year", 1), 1.012, "final", "根据经济普查结果最终核实"), ("gdp-q", Period(today.year - 1, "quarter", 4), 1.008, "final", "年度最终核实"),
        ("retail-m", Period(today.year - 1, "month", 12), 0.994, "revised", "部分企业数据更正"),
    ):  # fmt: skip
        series = made[code]
        first = EconomicFigure.objects.filter(series=series, period=str(period)).first()
        if first is not None and first.value is not None:
            value = round(first.value * int(factor * 1000) / 1000, series.decimals)
            economy.put(actor, series.uid, Entry(period, value), Publication(status=status, released_on=moment.date(), reason=reason), sure=True)
