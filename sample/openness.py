"""The sample county's open data: nine sets with rows, so that a newcomer meets a filled portal. Everything is invented."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

WEST, SOUTH = 115.97, 36.44
ROADS = ("长桥路", "望湖路", "柳岸街", "朝霞路", "听河街", "云门大街", "南陌路", "麦香路", "新铺街", "文昌街", "学府路", "泰安路")
STREETS = ("望湖街道", "柳岸街道", "长桥街道", "朝霞街道", "听河街道", "云门街道", "南陌街道", "麦香街道", "新铺街道")


@dataclass(frozen=True)
class Column:
    """One column: name, label, kind, unit, what it means."""

    name: str
    label: str
    kind: str
    unit: str = ""
    means: str = ""


@dataclass(frozen=True)
class OpenData:
    """One set with its rows; `org` is a code or part of a body's name, `uses` how often it was taken so far."""

    slug: str
    title: Mapping[str, str]
    notes: Mapping[str, str]
    org: Sequence[str]
    theme: str
    tags: Sequence[str]
    cycle: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    uses: int
    licence: str = "cc-by-4.0"
    age_days: int = 3
    more: Mapping[str, Any] = field(default_factory=dict)

    def table(self) -> pa.Table:
        return pa.table({c.name: [row[i] for row in self.rows] for i, c in enumerate(self.columns)})

    def contract(self) -> str:
        lines = [f"dataset: open-{self.slug}", f"name: {{zh-Hans: {self.title['zh-Hans']}}}", f"cycle: {self.cycle}", "columns:"]
        for c in self.columns:
            more = "".join(f", {k}: '{v}'" for k, v in (("unit", c.unit), ("description", c.means)) if v)
            lines.append(f"  - {{name: {c.name}, label: {c.label}, type: {c.kind}{more}}}")
        return "\n".join(lines) + "\n"


def _place(rng: Random) -> tuple[float, float]:
    return round(WEST + rng.random() * 0.055, 6), round(SOUTH + rng.random() * 0.018, 6)


LON, LAT = Column("lon", "经度", "decimal", "度", "WGS 84"), Column("lat", "纬度", "decimal", "度", "WGS 84")


def build(as_of: date, seed: int = 20260701) -> list[OpenData]:
    """Return the sets; the same day and seed give the same rows."""
    rng = Random(f"openness:{seed}")
    return [_trees(rng), _parking(rng), _toilets(rng), _stops(rng), _air(rng, as_of), _budget(rng), _schools(rng), _hydrants(rng), _calls(rng, as_of)]


def _trees(rng: Random) -> OpenData:
    kinds = (("国槐", 0.3), ("毛白杨", 0.2), ("悬铃木", 0.2), ("银杏", 0.15), ("白蜡", 0.1), ("樱花", 0.05))
    rows = []
    for n in range(2400):
        species = rng.choices([k for k, _w in kinds], [w for _k, w in kinds])[0]
        planted = 1978 + int(rng.betavariate(3, 2) * 47)
        rows.append((f"S{n + 1:05d}", species, ROADS[n % 12], planted, round(min(24, 3 + (2026 - planted) * 0.35 + rng.gauss(0, 1)), 1), round(max(4, (2026 - planted) * 0.9 + rng.gauss(4, 3)), 0), *_place(rng)))
    return OpenData(
        "street-trees", {"zh-Hans": "行道树", "en": "Street trees"}, {"zh-Hans": "城区道路两侧由园林部门养护的行道树：树种、栽植年份、树高、胸径和位置。"}, ("bureau-greening", "绿化", "园林"),
        "environment", ("树木", "绿化", "位置"), "yearly",
        (Column("code", "树木编号", "string"), Column("species", "树种", "string"), Column("road", "所在道路", "string"), Column("planted", "栽植年份", "integer"),
         Column("height", "树高", "decimal", "米"), Column("girth", "胸径", "decimal", "厘米", "离地 1.3 米处"), LON, LAT), rows, 1843,
    )  # fmt: skip


def _parking(rng: Random) -> OpenData:
    rows = [
        (f"P{n + 1:03d}", f"{ROADS[n % 12]}{rng.choice(('公共停车场', '路侧停车带', '地下停车场'))}", rng.choice(("路侧", "公共", "配建")), rng.randrange(20, 480), rng.randrange(0, 40),
         rng.choice((0.0, 2.0, 3.0, 5.0)), rng.choice(("全天", "7:00-22:00")), *_place(rng))
        for n in range(126)
    ]  # fmt: skip
    return OpenData(
        "parking", {"zh-Hans": "公共停车场", "en": "Public car parks"}, {"zh-Hans": "对社会开放的停车场：类别、泊位数、充电桩、收费标准和位置。"}, ("bureau-traffic", "交通", "城管"), "transport",
        ("停车", "收费", "位置"), "monthly",
        (Column("code", "编号", "string"), Column("name", "名称", "string"), Column("kind", "类别", "string"), Column("spaces", "泊位数", "integer", "个"),
         Column("chargers", "充电桩", "integer", "个"), Column("price", "每小时收费", "decimal", "元"), Column("hours", "开放时间", "string"), LON, LAT), rows, 2710,
    )  # fmt: skip


def _toilets(rng: Random) -> OpenData:
    rows = [
        (f"W{n + 1:03d}", f"{ROADS[n % 12]}公厕", STREETS[n % 9], rng.choice(("一类", "二类", "三类")), rng.randrange(4, 16), rng.random() < 0.7, rng.random() < 0.4, rng.choice(("全天", "5:00-23:00")), *_place(rng))
        for n in range(168)
    ]
    return OpenData(
        "public-toilets", {"zh-Hans": "公共厕所", "en": "Public toilets"}, {"zh-Hans": "城区公共厕所：等级、厕位、无障碍设施、第三卫生间和开放时间。"}, ("bureau-sanitation", "环卫", "城管"), "city",
        ("公厕", "无障碍", "位置"), "quarterly",
        (Column("code", "编号", "string"), Column("name", "名称", "string"), Column("street", "街道", "string"), Column("class", "等级", "string"), Column("seats", "厕位数", "integer", "个"),
         Column("accessible", "无障碍设施", "boolean"), Column("family", "第三卫生间", "boolean"), Column("hours", "开放时间", "string"), LON, LAT), rows, 964, age_days=40,
    )  # fmt: skip


def _stops(rng: Random) -> OpenData:
    rows = []
    for line in range(1, 15):
        lon, lat = _place(rng)
        turn = rng.random() * math.tau
        for stop in range(1, 19):
            lon, lat = lon + math.cos(turn) * 0.0022, lat + math.sin(turn) * 0.0008
            turn += rng.gauss(0, 0.4)
            rows.append((f"{line}路", stop, f"{rng.choice(ROADS)}{rng.choice(('', '东', '西', '口'))}站", rng.random() < 0.6, round(min(WEST + 0.055, max(WEST, lon)), 6), round(min(SOUTH + 0.018, max(SOUTH, lat)), 6)))
    return OpenData(
        "bus-stops", {"zh-Hans": "公交线路与站点", "en": "Bus lines and stops"}, {"zh-Hans": "城区公交各线路的站点顺序、站名、候车亭和位置。"}, ("bureau-traffic", "交通", "公交"), "transport",
        ("公交", "站点", "位置"), "monthly",
        (Column("line", "线路", "string"), Column("order", "站序", "integer"), Column("stop", "站名", "string"), Column("shelter", "有候车亭", "boolean"), LON, LAT), rows, 1520,
    )  # fmt: skip


def _air(rng: Random, as_of: date) -> OpenData:
    rows = []
    for station, base in (("望湖子站", 42), ("云东子站", 51), ("南陌子站", 36)):
        level = 0.0
        for back in range(364, -1, -1):
            day = as_of - timedelta(days=back + 1)
            season = 26 * math.cos((day.timetuple().tm_yday - 15) / 365 * math.tau)
            level = 0.7 * level + rng.gauss(0, 9)
            pm = max(6, round(base + season + level))
            rows.append((day, station, pm, max(pm, round(pm * 1.6 + rng.gauss(0, 8))), max(20, round(95 - season * 1.5 + rng.gauss(0, 15))), "优" if pm <= 35 else "良" if pm <= 75 else "轻度污染" if pm <= 115 else "中度污染"))
    return OpenData(
        "air-quality", {"zh-Hans": "空气质量日报", "en": "Air quality by day"}, {"zh-Hans": "三个自动监测站过去一年每天的 PM2.5、PM10、臭氧和空气质量等级。"}, ("bureau-environment", "环境", "生态"), "environment",
        ("空气", "PM2.5", "时间序列"), "daily",
        (Column("day", "日期", "date"), Column("station", "监测站", "string"), Column("pm25", "PM2.5", "integer", "微克/立方米", "24 小时平均"),
         Column("pm10", "PM10", "integer", "微克/立方米"), Column("ozone", "臭氧", "integer", "微克/立方米", "日最大 8 小时平均"), Column("level", "等级", "string", "", "HJ 633")), rows, 3964, age_days=0,
    )  # fmt: skip


def _budget(rng: Random) -> OpenData:
    kinds = ("一般公共服务", "公共安全", "教育", "科学技术", "文化旅游体育", "社会保障和就业", "卫生健康", "节能环保", "城乡社区", "农林水", "交通运输", "住房保障")
    rows = []
    for index, kind in enumerate(kinds):
        amount = rng.uniform(0.6, 5.5) * (2.2 if index in (2, 5, 9) else 1)
        for year in range(2019, 2027):
            amount *= rng.uniform(0.97, 1.11)
            rows.append((year, kind, round(amount * 10000, 0), round(amount * 10000 * rng.uniform(0.93, 1.01), 0) if year < 2026 else None))
    return OpenData(
        "budget", {"zh-Hans": "一般公共预算支出", "en": "Budget by function"}, {"zh-Hans": "按功能分类的一般公共预算支出：各年预算数与决算数。"}, ("bureau-finance", "财政"), "finance", ("财政", "预算", "决算"), "yearly",
        (Column("year", "年度", "integer"), Column("function", "功能分类", "string"), Column("planned", "预算数", "decimal", "万元"), Column("spent", "决算数", "decimal", "万元")), rows, 1188,
    )  # fmt: skip


def _schools(rng: Random) -> OpenData:
    rows = [
        (f"云望市{STREETS[n % 9].removesuffix('街道')}{('实验', '第一', '第二', '中心')[n % 4]}{kind}", kind, rng.choice(("公办", "公办", "民办")), STREETS[n % 9], rng.randrange(300, 2600), rng.randrange(25, 180), *_place(rng))
        for n, kind in enumerate(rng.choice(("小学", "初中", "幼儿园", "高中")) for _i in range(84))
    ]
    return OpenData(
        "schools", {"zh-Hans": "学校名录", "en": "Schools"}, {"zh-Hans": "各级学校的名称、办学性质、学位数、教师数和位置。"}, ("bureau-education", "教育"), "education", ("学校", "学位", "位置"), "yearly",
        (Column("name", "校名", "string"), Column("level", "学段", "string"), Column("owner", "办学性质", "string"), Column("street", "街道", "string"), Column("places", "学位数", "integer", "个"),
         Column("teachers", "教师数", "integer", "人"), LON, LAT), rows, 1377,
    )  # fmt: skip


def _hydrants(rng: Random) -> OpenData:
    rows = [(f"H{n + 1:04d}", rng.choice(("地上式", "地下式")), ROADS[n % 12], rng.choice((100, 150)), rng.choice(("完好", "完好", "完好", "待修")), *_place(rng)) for n in range(640)]
    return OpenData(
        "hydrants", {"zh-Hans": "消火栓", "en": "Hydrants"}, {"zh-Hans": "市政消火栓的类型、管径、状态和位置。"}, ("company-water", "水务", "供水"), "safety", ("消防", "供水", "位置"), "quarterly",
        (Column("code", "编号", "string"), Column("kind", "类型", "string"), Column("road", "所在道路", "string"), Column("pipe", "管径", "integer", "毫米"), Column("state", "状态", "string"), LON, LAT), rows, 402,
    )  # fmt: skip


def _calls(rng: Random, as_of: date) -> OpenData:
    kinds = ("市容环境", "道路交通", "供水供热", "噪声", "物业", "违法建设", "政务咨询")
    rows = []
    first = datetime(as_of.year - 1, as_of.month, 1).date()
    for back in range(12):
        month = date(first.year + (first.month + back - 1) // 12, (first.month + back - 1) % 12 + 1, 1)
        for kind in kinds:
            n = rng.randrange(60, 900)
            rows.append((month, kind, n, round(rng.uniform(86, 99), 1), round(rng.uniform(84, 98), 1)))
    return OpenData(
        "hotline-months", {"zh-Hans": "12345 热线月度统计", "en": "Hotline by month"}, {"zh-Hans": "12345 热线各类诉求的月受理量、按时办结率和满意率，按类别汇总，不含个人信息。"}, ("centre-hotline", "热线", "指挥"), "government",
        ("12345", "热线", "时间序列"), "monthly",
        (Column("month", "月份", "date"), Column("kind", "诉求类别", "string"), Column("received", "受理量", "integer", "件"), Column("on_time", "按时办结率", "decimal", "%"),
         Column("content", "满意率", "decimal", "%")), rows, 655,
    )  # fmt: skip
