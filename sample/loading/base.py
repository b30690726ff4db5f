"""The base databases of the sample county: registers, golden records, a filled review desk."""

from __future__ import annotations

from datetime import date
from random import Random

from sample import base, entities
from yiwang.apps.datahub.models import BaseSource, CandidatePair, Subject
from yiwang.apps.datahub.services.base import books, licences, loading, population
from yiwang.kernel.base.actor import system
from yiwang.kernel.identity.models import Organization

MORE_BODIES = {
    "bureau-social": ("云望市人力资源和社会保障局", "Yunwang Human Resources Bureau"), "bureau-education": ("云望市教育和体育局", "Yunwang Education Bureau"),
    "bureau-statistics": ("云望市统计局", "Yunwang Statistics Bureau"), "bureau-ecology": ("云望市生态环境局", "Yunwang Ecology Bureau"), "bureau-market": ("云望市市场监督管理局", "Yunwang Market Regulation"),
    "bureau-transport": ("云望市交通运输局", "Yunwang Transport Bureau"),
}  # fmt: skip


def bodies() -> None:
    """Make the bureaus that the base databases hear of and the city's dictionary does not name."""
    root = Organization.objects.get(code="city-government")
    for code, (zh, en) in MORE_BODIES.items():
        if not Organization.objects.filter(code=code).exists():
            made = Organization.objects.create(code=code, name={"zh-Hans": zh, "en": en}, kind="bureau", parent=root, area=root.area, path=f"new {code}", is_sample=True)
            made.path = f"{root.path}{made.pk}."
            made.save(update_fields=["path"])


def play(seed: int, today: date) -> str:
    """Load five registers; returns what came of it in words."""
    books.install_books()
    bodies()
    rng, actor = Random(seed * 7 + 2), system("sample")
    people = base.persons(rng, today)
    for code, (name, org, basis, ranks, fields) in base.REGISTERS.items():
        body = Organization.objects.get(code=org)
        BaseSource.objects.create(code=code, kind="person", name={"zh-Hans": name, "en": code}, org=body, org_path=body.path, fields=list(fields), basis=basis, ranks=ranks)
    body = Organization.objects.get(code="bureau-police")
    BaseSource.objects.create(
        code="province-population", kind="person", name={"zh-Hans": "省人口库（核验接口）", "en": "Population base of the province"}, org=body, org_path=body.path,
        fields=["id_number", "name"], basis="政务数据共享条例：上级库只核验不落地", ranks={"*": 5}, is_remote=True, port="province",
    )  # fmt: skip
    hard = base.hard_cases(people)
    for code, told in base.rows(people, rng, today):
        loading.load_rows(actor, code, [*told, *(row for register, row in hard if register == code)])
    told = _entities(people, Random(seed * 7 + 3), today)
    ran = population.run(system("sample"))
    return f"{Subject.objects.filter(kind='person', state='live').count()} persons of 5 registers, {CandidatePair.objects.count()} questions; the trained linker joined {ran.joined} and weighed {ran.asked + ran.weighed}; {told}"


def _entities(people: list[base.Person], rng: Random, today: date) -> str:
    """Load four registers of legal entities and four of licences."""
    actor, made = system("sample"), entities.entities(people, rng, today)

    def source(code: str, name: str, org: str, basis: str, fields: list[str], ranks: dict[str, int]) -> None:
        body = Organization.objects.get(code=org)
        BaseSource.objects.create(code=code, kind="entity", name={"zh-Hans": name, "en": code}, org=body, org_path=body.path, fields=fields, basis=basis, ranks=ranks)

    for code, (name, org, basis, ranks, fields) in entities.REGISTERS.items():
        source(code, name, org, basis, list(fields), ranks)
    for code, told in entities.rows(made, rng, today):
        loading.load_rows(actor, code, told)
    count = 0
    for kind, name, org, told in entities.licences(made, rng, today):
        source(f"licence-{kind}", name, org, "行政许可法第四十条", [licences.FIELD], {"*": 1})
        count += licences.load_licences(actor, f"licence-{kind}", told).fresh
    return f"{Subject.objects.filter(kind='entity', state='live').count()} legal entities, {count} licences"
