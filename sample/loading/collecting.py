"""Where rows come from: a bureau's folder read month by month, computed data sets, a report asked of two bureaus."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from random import Random

from django.conf import settings

from sample.loading import living
from sample.spec import Spec
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import Dataset, FormTask, Source
from yiwang.apps.datahub.queries.landing import relation
from yiwang.apps.datahub.rules.transforms.shipped import FOLDER, texts_in
from yiwang.apps.datahub.services import forms, sources, transforms
from yiwang.apps.datahub.services.contract_versions import define
from yiwang.kernel.base.actor import system
from yiwang.kernel.identity.models import Organization

ORGS = {"social-pension": "bureau-civil", "relief-payment": "bureau-civil", "relief-paid": "bureau-civil", "relief-by-town": "bureau-civil", "relief-by-month": "bureau-civil",
        "relief-and-pension": "bureau-civil"}  # fmt: skip
TOWNS = ("望湖街道", "南山镇", "云溪乡", "石桥镇")
MONTHS = 4
BEDS = """
dataset: care-beds
name: {zh-Hans: 养老床位, en: Care beds}
landing: upsert
cycle: monthly
columns:
  - {name: home, label: 机构名称, required: true}
  - {name: town, label: 镇街, required: true}
  - {name: beds, label: 床位数, type: integer, range: [0, 2000], required: true}
  - {name: used, label: 已入住, type: integer, range: [0, 2000]}
key: [home]
"""


def play(spec: Spec) -> int:
    """Set up sources and a report, read and compute; returns how many runs there were. After hub.play."""
    with living.staged(spec.stream("collecting")) as stage:
        stage.moment = spec.end - timedelta(days=31 * MONTHS)
        rng = spec.stream("collecting", "rows")
        texts = texts_in(FOLDER)
        for code, org in ORGS.items():
            _set(code, org, texts[code])
        ids = _ids()
        payments = _folder("relief-payment", "低保发放（民政前置机）", "civil/relief-payment")
        pensions = _folder("social-pension", "养老金发放（社保前置机）", "civil/social-pension")
        count = 0
        for back in range(MONTHS, 0, -1):
            stage.moment = spec.end - timedelta(days=30 * back - 3)
            month = f"{stage.moment:%Y-%m}"
            _drop(payments, f"低保发放{month}.csv", _payments(rng, ids, month, MONTHS - back))
            _drop(pensions, f"养老金{month}.csv", _pensions(rng, ids, month))
            for source in (payments, pensions):
                sources.pull(source.pk)
                stage.moment += timedelta(minutes=3)
                count += 1
            transforms.run()
            stage.moment += timedelta(minutes=5)
        stage.moment = spec.end - timedelta(days=9)
        _report(stage)
    return count


def _set(code: str, org_code: str, text: str) -> Dataset:
    org = Organization.objects.select_related("area").get(code=org_code)
    name = next(line for line in text.splitlines() if line.startswith("name:"))
    zh, en = name.removeprefix("name: {zh-Hans: ").rstrip("}").split(", en: ")
    dataset, _new = Dataset.objects.get_or_create(
        code=code, defaults={"name": {"zh-Hans": zh, "en": en}, "org": org, "org_path": org.path, "area_path": org.area.path if org.area else "", "state": "published", "is_sample": True}
    )
    define(system("sample"), dataset, text, "首次编制")
    dataset.refresh_from_db()
    return dataset


def _ids() -> list[str]:
    with connect() as con:
        return sorted(str(row[0]) for row in relation(con, "civil-relief").project("id_number").fetchall())


def _folder(code: str, name: str, path: str) -> Source:
    (Path(str(settings.LAKE["drop"])) / path).mkdir(parents=True, exist_ok=True)
    dataset = Dataset.objects.get(code=code)
    source = sources.keep(system("sample"), dataset=dataset.uid, kind="folder", name=name, settings={"path": path, "pattern": "*.csv"}, cron="30 2 * * *")
    source.is_sample = True
    source.save(update_fields=["is_sample"])
    return source


def _drop(source: Source, name: str, lines: list[str]) -> None:
    path = Path(str(settings.LAKE["drop"])) / source.settings["path"] / name
    path.write_text("\n".join(lines) + "\n", encoding="gb18030")  # as bureaus' programs write
    os.utime(path, (path.stat().st_mtime - 600,) * 2)


def _payments(rng: Random, ids: list[str], month: str, turn: int) -> list[str]:
    lines = ["流水号,公民身份号码,镇街,发放日期,金额（元）"]
    for n, number in enumerate(ids):
        if rng.random() < 0.97:
            lines.append(f"{turn * 10_000 + n},{number},{TOWNS[int(number[14:17]) % len(TOWNS)]},{month}-05,{600 + int(number[14:17]) % 50 * 10 + turn * 5}.00")
    return lines


def _pensions(rng: Random, ids: list[str], month: str) -> list[str]:
    return ["公民身份号码,月份,金额（元）", *(f"{n},{month},{900 + rng.randrange(120) * 10}.00" for n in ids if int(n[6:10]) < 1966 and rng.random() < 0.6)]


def _report(stage: living.Moment) -> FormTask:
    dataset = _set("care-beds", "bureau-civil", BEDS)
    orgs = {o.code: o for o in Organization.objects.filter(code__in=("bureau-civil", "bureau-health"))}
    actor = system("sample")
    task = forms.create(
        actor, title="养老床位月报", dataset=dataset.uid, orgs=[o.uid for o in orgs.values()], cycle="monthly", period=f"{stage.moment:%Y-%m}",
        due_at=stage.moment + timedelta(days=7), instruction="每家养老机构一行；床位数按核定床位填写。", is_sample=True,
    )  # fmt: skip
    stage.moment += timedelta(days=2)
    sheet = task.sheets.get(org=orgs["bureau-health"])
    rows = "机构名称\t镇街\t床位数\t已入住\n县医养中心\t望湖街道\t260\t211\n南山护理院\t南山镇\t90\t64\n云溪康养院\t云溪乡\t60\t22"
    sheet = forms.add_pasted(actor, sheet.uid, sheet.version, rows, replace=True)
    forms.hand_in(actor, sheet.uid, sheet.version)
    stage.moment += timedelta(hours=5)
    forms.accept(actor, sheet.uid)
    mine = task.sheets.get(org=orgs["bureau-civil"])
    forms.add_pasted(actor, mine.uid, mine.version, "机构名称\t镇街\t床位数\t已入住\n阳光敬老院\t石桥镇\t80\t75\n石桥幸福院\t石桥镇\t四十\t12", replace=True)
    stage.moment += timedelta(days=6)
    forms.urge()
    return task
