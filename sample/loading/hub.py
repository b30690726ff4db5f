"""Data sets of six bureaus, handed in through the platform's own services; one sheet waits to be corrected."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from sample.loading import living
from sample.names import person
from sample.spec import Spec
from yiwang.apps.datahub.models import Dataset, Run
from yiwang.apps.datahub.services.contract_versions import define
from yiwang.apps.datahub.services.landing import land
from yiwang.kernel.base.actor import system
from yiwang.kernel.identity.models import Organization

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PERSON = """
  - {name: id_number, label: 公民身份号码, element: identity_number, required: true, personal: id_number, grade: 3, aliases: [身份证号]}
  - {name: name, label: 姓名, required: true, personal: name, grade: 2}
"""
_RELIEF = _PERSON + """
  - {name: kind, label: 救助类别, required: true}
  - {name: amount, label: 月金额（元）, type: decimal, decimals: 2, range: [0, 20000]}
  - {name: since, label: 起始日期, type: date}
"""
# Code, Chinese and English name, bureau, grade, key, columns, rules.
SETS = (
    ("civil-relief", "低保对象", "Relief recipients", "bureau-civil", "id_number", _RELIEF,
     "\n  - {kind: absent_in, code: dead-paid, label: 已登记死亡仍在领取救助, column: id_number, dataset: health-deaths, money: amount, severity: money, weight: 3}"
     "\n  - {kind: outlier, column: amount}"),
    ("health-deaths", "死亡医学证明", "Death certificates", "bureau-health", "id_number",
     _PERSON + "\n  - {name: died_on, label: 死亡日期, type: date, required: true}", "\n  - {kind: not_future, column: died_on}"),
    ("police-households", "户籍人口", "Household population", "bureau-police", "id_number",
     _PERSON + "\n  - {name: sex, label: 性别, type: code, codes: sex}\n  - {name: birth_date, label: 出生日期, type: date, personal: birth_date, grade: 2}",
     "\n  - {kind: birth_matches_id, column: birth_date, id: id_number}\n  - {kind: sex_matches_id, column: sex, id: id_number}"),
    ("market-entities", "市场主体登记", "Registered entities", "bureau-market", "register_no",
     "\n  - {name: register_no, label: 注册号, required: true}\n  - {name: entity_name, label: 企业名称, required: true}\n  - {name: founded_on, label: 成立日期, type: date}", ""),
    ("greening-trees", "行道树", "Street trees", "bureau-greening", "tree_no",
     "\n  - {name: tree_no, label: 树木编号, required: true}\n  - {name: species, label: 树种}\n  - {name: girth_cm, label: 胸径, type: decimal, unit: 厘米, range: [1, 400]}", ""),
    ("transport-buses", "公交车辆", "Buses", "bureau-transport", "plate",
     "\n  - {name: plate, label: 车牌号, required: true, personal: plate}\n  - {name: line, label: 线路}\n  - {name: seats, label: 座位数, type: integer, range: [5, 120]}", ""),
)  # fmt: skip


def play(spec: Spec) -> list[Run]:
    """Describe the data sets and hand in what their bureaus have; returns the deliveries."""
    with living.staged(spec.stream("data")) as stage:
        stage.moment = spec.end - timedelta(days=20)
        rng = spec.stream("data", "rows")
        people = [_person(rng, n) for n in range(400)]
        found: dict[str, Dataset] = {}
        for code, zh, en, org, key, columns, rules in SETS:
            found[code] = _described(code, {"zh-Hans": zh, "en": en}, org, key, columns, rules)
        made = []
        for code, rows in _rows(rng, people).items():
            stage.moment += timedelta(minutes=7)
            made.append(_landed(found[code], rows, f"{found[code].name['zh-Hans']}.xlsx", "first"))
        stage.moment = spec.end - timedelta(days=2)
        relief = _rows(rng, people)["civil-relief"]
        for number, spoil in ((3, {"月金额（元）": "一千二"}), (11, {"公民身份号码": "3.71590E+17"}), (19, {"姓名": None}), (27, {"起始日期": "2026-02-30"})):
            relief[number] = {**relief[number], **spoil}
        made.append(_landed(found["civil-relief"], relief, "低保对象（本月）.xlsx", "second"))
    return made


def _described(code: str, name: dict[str, str], org_code: str, key: str, columns: str, rules: str) -> Dataset:
    org = Organization.objects.select_related("area").get(code=org_code)
    dataset = Dataset.objects.filter(code=code).first() or Dataset.objects.create(
        code=code, name=name, org=org, org_path=org.path, area_path=org.area.path if org.area else "", state="published", is_sample=True
    )
    text = f"dataset: {code}\nname: {{zh-Hans: {name['zh-Hans']}, en: {name['en']}}}\ncycle: monthly\nkey: [{key}]\ncolumns:{columns.rstrip()}\n" + (f"rules:{rules}\n" if rules else "")
    define(system("sample"), dataset, text, "首次编制")
    dataset.refresh_from_db()
    return dataset


def _landed(dataset: Dataset, rows: list[dict[str, Any]], name: str, key: str) -> Run:
    dataset.refresh_from_db()
    return land(system("sample"), dataset, batches=[rows], name=name, idempotency_key=key, is_sample=True)


def _person(rng: Random, number: int) -> dict[str, Any]:
    born = date(1938, 1, 1) + timedelta(days=rng.randrange(24_000))
    body = f"371590{born:%Y%m%d}{number % 1000:03}"
    last = "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    return {"id": body + last, "name": person(rng)[0], "born": born, "sex": "男" if number % 2 else "女"}


def _rows(rng: Random, people: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    who = [{"公民身份号码": p["id"], "姓名": p["name"]} for p in people]
    return {
        "health-deaths": [{**who[n], "死亡日期": f"2025-{1 + n % 12:02}-10"} for n in range(0, 400, 40)],
        "civil-relief": [
            {**who[n], "救助类别": ("低保", "特困", "临时救助")[n % 3], "月金额（元）": f"{600 + rng.randrange(60) * 10:,}.00", "起始日期": f"202{n % 6}年{1 + n % 12}月1日"} for n in range(0, 240, 2)
        ],
        "police-households": [{**who[n], "性别": p["sex"], "出生日期": f"{p['born']:%Y%m%d}"} for n, p in enumerate(people)],
        "market-entities": [{"注册号": f"3715{n:09}", "企业名称": f"云望{('丰源', '宏达', '鑫隆', '百惠')[n % 4]}商贸第{n + 1}店", "成立日期": f"20{10 + n % 15}/{1 + n % 12}/8"} for n in range(150)],
        "greening-trees": [{"树木编号": f"XDS-{n:05}", "树种": ("法桐", "国槐", "白蜡", "银杏")[n % 4], "胸径": 8 + rng.randrange(400) / 10} for n in range(300)],
        "transport-buses": [{"车牌号": f"鲁P{n:04}D", "线路": f"{1 + n % 24}路", "座位数": (24, 31, 38)[n % 3]} for n in range(96)],
    }  # fmt: skip
