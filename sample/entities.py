"""Sixty invented legal entities as four registers tell of them: renamed, cancelled in one and paying in another, branches, old codes alone.

Everything is made from a seed; codes begin with a region of the sample county and belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sample.base import REGIONS, ROADS, STREETS, Person

ENTITIES = 60
_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
KINDS = (  # first two signs of the code, kind, ending of the name, industry
    ("91", "企业法人", "有限公司", "制造业"), ("91", "企业法人", "商贸有限公司", "批发和零售业"), ("92", "个体工商户", "小吃店", "住宿和餐饮业"),
    ("93", "农民专业合作社", "种植专业合作社", "农、林、牧、渔业"), ("12", "事业单位", "服务中心", "公共管理、社会保障和社会组织"),
    ("51", "社会团体", "志愿者协会", "公共管理、社会保障和社会组织"), ("52", "民办非企业单位", "社区养老服务站", "卫生和社会工作"),
)  # fmt: skip
WORDS = ("云望", "望川", "听河", "柳岸", "麦香", "长桥", "朝霞", "南陌", "望湖", "云门")
TRADES = ("纺织", "食品", "机械", "建材", "物流", "印务", "农机", "环保", "电子", "家居")
REGISTERS = {
    "market-registration": ("市场主体登记", "bureau-market", "市场主体登记管理条例第八条、第九条", {"*": 1, "phone": 20},
                            ("credit_code", "name", "former_name", "status", "entity_kind", "legal_representative", "legal_representative_number", "established_on", "ended_on", "address",
                             "area_code", "industry", "scope", "capital", "authority", "registration_number", "parent_credit_code", "phone")),
    "civil-organisations": ("社会组织登记", "bureau-civil", "社会团体登记管理条例第十条", {"*": 2},
                            ("credit_code", "name", "status", "entity_kind", "legal_representative", "established_on", "address", "area_code", "authority", "phone")),
    "social-insurance-units": ("社会保险参保单位", "bureau-social", "社会保险法第五十七条", {"*": 30, "staff": 1},
                               ("credit_code", "organisation_code", "name", "legal_representative", "address", "operating_address", "phone", "staff", "area_code")),
    "old-organisation-codes": ("组织机构代码存量数据", "bureau-statistics", "国务院关于统一社会信用代码的部署（存量映射）", {"*": 60},
                               ("organisation_code", "registration_number", "name", "legal_representative", "address", "established_on", "area_code")),
}  # fmt: skip
LICENCES = (
    ("food", "食品经营许可证", "bureau-market", ("住宿和餐饮业", "批发和零售业"), 5), ("discharge", "排污许可证", "bureau-ecology", ("制造业",), 5),
    ("transport", "道路运输经营许可证", "bureau-transport", ("批发和零售业",), 4), ("care", "养老机构备案", "bureau-civil", ("卫生和社会工作",), 3),
)  # fmt: skip


@dataclass
class Entity:
    """An invented body, as it really is."""

    code: str
    name: str
    kind: str
    industry: str
    head: Person
    established: date
    region: str
    address: str
    phone: str
    status: str = "存续"
    ended: date | None = None
    parent: str = ""
    former: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def organisation_code(self) -> str:
        return self.code[8:17]


def credit_code(prefix: str, region: str, serial: int) -> str:
    """Return a credit code that passes its check (GB 32100), with a right organisation code inside (GB 11714)."""
    body = f"{serial:08d}"
    left = (11 - sum(int(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11) % 11
    first = f"{prefix}{region}{body}{'X' if left == 10 else left}"
    total = sum(_SYMBOLS.index(c) * pow(3, place, 31) for place, c in enumerate(first))
    return first + _SYMBOLS[(31 - total % 31) % 31]


def entities(people: list[Person], rng: Random, today: date) -> list[Entity]:
    """Return sixty bodies led by grown persons of the sample; the last six are branches of the first."""
    grown = [p for p in people if (today - p.birth).days > 24 * 365]
    found: list[Entity] = []
    names: set[str] = set()
    while len(found) < ENTITIES:
        prefix, kind, ending, industry = KINDS[len(found) % len(KINDS)]
        region = rng.choice(REGIONS)
        name = f"{rng.choice(WORDS)}{rng.choice(TRADES) if prefix in ('91', '93') else rng.choice(ROADS)[:2]}{ending}"
        serial = 37_000_000 + len(found) * 1_371
        if name in names:
            continue
        names.add(name)
        one = Entity(
            code=credit_code(prefix, region, serial), name=name, kind=kind, industry=industry, head=rng.choice(grown), established=today - timedelta(days=rng.randrange(400, 9000)),
            region=region, address=f"{rng.choice(STREETS[region])}{rng.choice(ROADS)}{rng.randrange(1, 300)}号", phone=f"0635-8{rng.randrange(100_000, 999_999)}",
        )  # fmt: skip
        chance = rng.random()
        if chance < 0.10:
            one.status, one.ended = "注销", today - timedelta(days=rng.randrange(30, 900))
        elif chance < 0.14:
            one.status, one.ended = "吊销", today - timedelta(days=rng.randrange(30, 900))
        elif chance < 0.22:
            one.former = name.replace(name[2:4], "兴达")
        if len(found) >= ENTITIES - 6:  # a branch has a code of its own and answers to its parent
            parent = found[0]
            one.code, one.name, one.kind, one.industry = credit_code("91", region, serial), f"{parent.name}{one.name[:2]}{len(found)}分公司", "企业非法人", parent.industry
            one.parent, one.former = parent.code, ""
        found.append(one)
    return found


def rows(found: list[Entity], rng: Random, today: date) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield each register with its rows: old names, one-sign slips in codes, organisation codes alone, dead ones that still pay."""
    for code, (_name, _org, _basis, _ranks, fields) in REGISTERS.items():
        told = []
        for serial, one in enumerate(found):
            if not _tells(code, one, rng):
                continue
            row = {
                "credit_code": one.code, "name": one.name, "former_name": one.former, "status": one.status, "entity_kind": one.kind, "legal_representative": one.head.name,
                "legal_representative_number": one.head.number, "established_on": one.established.isoformat(), "ended_on": one.ended.isoformat() if one.ended else "",
                "address": one.address, "operating_address": one.address, "area_code": one.region, "industry": one.industry, "scope": f"{one.industry}相关经营活动", "authority": "云望市市场监督管理局",
                "capital": str(rng.choice((10, 50, 100, 500, 1000))), "registration_number": f"{one.region}2{serial:08d}", "organisation_code": one.organisation_code,
                "parent_credit_code": one.parent, "phone": one.phone, "staff": str(rng.randrange(1, 300)),
            }  # fmt: skip
            if code != "market-registration":
                _spoil(code, row, one, rng)
            told.append({k: v for k, v in row.items() if k in fields and v} | {"key": f"{code[:2].upper()}{serial:05d}", "at": (today - timedelta(days=rng.randrange(3, 700))).isoformat()})
        yield code, told


def _tells(code: str, one: Entity, rng: Random) -> bool:
    if code == "market-registration":
        return one.code[0] == "9"
    if code == "civil-organisations":
        return one.code[0] != "9"
    return rng.random() < (0.8 if code == "social-insurance-units" else 0.5)


def _spoil(code: str, row: dict[str, str], one: Entity, rng: Random) -> None:
    if one.former and code in ("social-insurance-units", "old-organisation-codes"):
        row["name"] = one.former
    chance = rng.random()
    if code == "social-insurance-units":
        if chance < 0.12:
            row["credit_code"] = ""
        elif chance < 0.2:
            at = 12
            row["credit_code"] = one.code[:at] + str((int(one.code[at]) + 1) % 10) + one.code[at + 1 :]
            row["organisation_code"] = ""
        else:
            row["organisation_code"] = ""
    if rng.random() < 0.15:
        row["address"] = row["address"].replace("号", "-1")
    if rng.random() < 0.1:
        row["name"] = row["name"].replace("有限公司", "公司")


def licences(found: list[Entity], rng: Random, today: date) -> Iterator[tuple[str, str, str, list[dict[str, str]]]]:
    """Yield (kind, name, bureau, rows) of each register of licences; some have run out."""
    for kind, name, org, industries, years in LICENCES:
        told = []
        for serial, one in enumerate(found):
            if one.industry in industries and rng.random() < 0.8:
                issued = today - timedelta(days=rng.randrange(60, years * 365 + 200))
                told.append({
                    "number": f"{kind[:2].upper()}3715{serial:06d}", "credit_code": one.code, "issued_on": issued.isoformat(),
                    "valid_until": (issued + timedelta(days=years * 365)).isoformat(), "state": "有效" if one.status == "存续" else "注销",
                })  # fmt: skip
        yield kind, name, org, told
