"""Three hundred invented persons as five registers tell of them, with the errors of real life; bodies and years of figures.

Everything is made from a seed. Numbers begin with 3715 and belong to nobody: the region codes are the sample county's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sample.names import FAMILY, GIVEN

PERSONS = 300
REGIONS = ("371591", "371592", "371593")
STREETS = {
    "371591": ("云东区朝霞街道", "云东区听河街道", "云东区云门街道"), "371592": ("望川区望湖街道", "望川区柳岸街道", "望川区长桥街道"),
    "371593": ("南陌区南陌街道", "南陌区麦香街道", "南陌区新铺街道"),
}  # fmt: skip
ROADS = ("柳岸路", "望川大道", "听河街", "麦香路", "云门路", "长桥街")
SOUNDS = {"芳": "方", "静": "靖", "晨": "辰", "宁": "凝", "明": "鸣", "丽": "莉", "杰": "洁", "云": "芸"}  # typed by sound
REGISTERS = {
    "police-household": ("公安户籍人口", "bureau-police", "户口登记条例第四条、第六条", {"*": 20, "name": 1, "id_number": 1, "birth_date": 1, "household_address": 1, "death_date": 5},
                         ("id_number", "name", "former_name", "sex", "ethnic", "birth_date", "household_address", "area_code")),
    "civil-relief": ("民政社会救助对象", "bureau-civil", "社会救助暂行办法第十一条", {"*": 30, "relief_kind": 1, "marriage": 1, "death_date": 1},
                     ("id_number", "name", "sex", "birth_date", "household_address", "residence_address", "phone", "marriage", "relief_kind", "death_date", "area_code")),
    "social-insurance": ("社会保险参保人员", "bureau-social", "社会保险法第五十八条", {"*": 30, "insurance_state": 1, "employer": 1},
                         ("id_number", "name", "sex", "birth_date", "phone", "employer", "insurance_state", "area_code")),
    "health-vaccination": ("预防接种儿童档案", "bureau-health", "疫苗管理法第四十七条", {"*": 40, "residence_address": 5},
                           ("name", "sex", "birth_date", "residence_address", "phone", "id_number", "medical_scheme", "area_code")),
    "education-enrolment": ("中小学学籍", "bureau-education", "义务教育法第十二条", {"*": 40, "school": 1, "education": 1},
                            ("name", "sex", "birth_date", "id_number", "school", "education", "residence_address", "phone", "area_code")),
}  # fmt: skip


@dataclass
class Person:
    """Somebody invented, as he really is."""

    name: str
    sex: str
    birth: date
    region: str
    number: str
    home: str
    phone: str
    facts: dict[str, str] = field(default_factory=dict)


def identity_number(region: str, birth: date, order: int) -> str:
    """Return a number that passes its check; `order` odd for men."""
    body = f"{region}{birth:%Y%m%d}{order:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def persons(rng: Random, today: date) -> list[Person]:
    """Return households: couples, children, old people, some twins."""
    found: list[Person] = []
    taken: set[str] = set()

    def add(family: str, sex: str, birth: date, region: str, home: str, phone: str) -> Person:
        given = "".join(zh for zh, _ in rng.sample(GIVEN, rng.choice((1, 2, 2))))
        order = rng.randrange(1, 999)
        order += (order % 2 == 0) == (sex == "1")
        number = identity_number(region, birth, order)
        while number in taken:
            order += 2
            number = identity_number(region, birth, order % 999)
        taken.add(number)
        one = Person(family + given, sex, birth, region, number, home, phone)
        found.append(one)
        return one

    while len(found) < PERSONS:
        region = rng.choice(REGIONS)
        home = f"{rng.choice(STREETS[region])}{rng.choice(ROADS)}{rng.randrange(1, 200)}号{rng.randrange(1, 12)}单元{rng.randrange(1, 7)}0{rng.randrange(1, 3)}"
        phone = f"139{rng.randrange(10**8):08d}"
        born = today - timedelta(days=rng.randrange(24 * 365, 70 * 365))
        man = add(rng.choice(FAMILY)[0], "1", born, region, home, phone)
        wife = add(rng.choice(FAMILY)[0], "2", born + timedelta(days=rng.randrange(-1500, 1500)), region, home, f"138{rng.randrange(10**8):08d}")
        man.facts["marriage"] = wife.facts["marriage"] = "已婚"
        for one in (man, wife):
            if born.year > today.year - 58:
                one.facts |= {"insurance_state": rng.choice(("参保缴费", "参保缴费", "中断缴费")), "employer": rng.choice(("云望纺织有限公司", "望川机械厂", "听河食品有限公司", "个体经营"))}
        if born.year > today.year - 50:
            child = today - timedelta(days=rng.randrange(200, 17 * 365))
            for _twin in range(2 if rng.random() < 0.12 else 1):  # twins share all but the given name
                one = add(man.name[0], rng.choice("12"), child, region, home, phone)
                one.facts |= {"school": rng.choice(("望湖小学", "听河小学", "云望一中", "南陌中学")), "education": "在读", "medical_scheme": "城乡居民医保"}
        if rng.random() < 0.12:
            man.facts["relief_kind"] = rng.choice(("最低生活保障", "特困供养", "临时救助"))
    return found


def _typo(rng: Random, number: str) -> str:
    """Return the number with one figure wrong, so that its check fails."""
    at = rng.randrange(6, 17)
    return number[:at] + str((int(number[at]) + rng.randrange(1, 9)) % 10) + number[at + 1 :]


def rows(people: list[Person], rng: Random, today: date) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield each register with its rows: typing errors by sound, lost numbers, old cards, moved people, swapped days."""
    for code, (_name, _org, _basis, _ranks, fields) in REGISTERS.items():
        told = []
        for serial, one in enumerate(people):
            age = (today - one.birth).days // 365
            if not _tells(code, one, age, rng):
                continue
            row = {"name": one.name, "sex": one.sex, "birth_date": one.birth.isoformat(), "id_number": one.number, "household_address": one.home, "residence_address": one.home,
                   "phone": one.phone, "area_code": one.region, "ethnic": "汉族", **one.facts}  # fmt: skip
            if code != "police-household":
                _spoil(row, one, rng)
            told.append({k: v for k, v in row.items() if k in fields and v} | {"key": f"{code[:2].upper()}{serial:06d}", "at": (today - timedelta(days=rng.randrange(3, 900))).isoformat()})
        yield code, told


def _tells(code: str, one: Person, age: int, rng: Random) -> bool:
    if code == "police-household":
        return rng.random() < 0.97  # a few moved in and are registered elsewhere
    if code == "civil-relief":
        return "relief_kind" in one.facts or rng.random() < 0.05
    if code == "social-insurance":
        return "insurance_state" in one.facts
    return age < 8 if code == "health-vaccination" else 6 <= age < 18 and "school" in one.facts


def _spoil(row: dict[str, str], one: Person, rng: Random) -> None:
    chance = rng.random()
    if chance < 0.07:
        row["name"] = "".join(SOUNDS.get(c, c) for c in one.name)
    elif chance < 0.12:
        row["name"] = " ".join(one.name)
    if rng.random() < 0.10:
        row["id_number"] = _typo(rng, one.number)
    elif rng.random() < 0.18:
        row["id_number"] = ""
    elif rng.random() < 0.06:
        row["id_number"] = one.number.lower()
    if rng.random() < 0.08:
        row["phone"] = f"137{rng.randrange(10**8):08d}"
    if rng.random() < 0.12:
        row["residence_address"] = row["residence_address"].replace("号", "-").replace("单元", "-")
    if rng.random() < 0.03 and one.birth.day <= 12:
        row["birth_date"] = f"{one.birth.year}-{one.birth.day:02d}-{one.birth.month:02d}"


def hard_cases(people: list[Person]) -> list[tuple[str, dict[str, str]]]:
    """Return what a steward has to see: one number with two people, one person with two numbers."""
    first, second, third = people[0], people[3], people[6]
    again = identity_number(third.region, third.birth, 998 if third.sex == "2" else 997)
    return [
        ("civil-relief", {"key": "CIX00001", "name": second.name, "sex": second.sex, "birth_date": second.birth.isoformat(), "id_number": first.number, "relief_kind": "临时救助", "area_code": second.region, "at": "2026-05-11"}),
        ("social-insurance", {"key": "SOX00001", "name": third.name, "sex": third.sex, "birth_date": third.birth.isoformat(), "id_number": again, "phone": third.phone, "insurance_state": "参保缴费", "area_code": third.region, "at": "2026-06-01"}),
        ("civil-relief", {"key": "CIX00002", "name": third.name, "sex": third.sex, "birth_date": third.birth.isoformat(), "id_number": third.number, "phone": third.phone, "household_address": third.home, "relief_kind": "临时救助", "area_code": third.region, "at": "2026-06-01"}),
    ]  # fmt: skip
