"""A made population in five registers, the same for the same seed: households, twins, homophones, slips of the hand, gaps.

No person in it exists: names are drawn sign by sign, addresses are of a county that is not there.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pyarrow as pa

from yiwang.apps.datahub.rules.identifiers import identity_check

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉秀文国建志海永春梅红兰云龙林峰辉波宁浩宇轩子涵梓欣怡雨佳琪思彤博晨俊豪嘉诗琳雪婷慧颖瑞凯鹏飞翔宏庆德福成祥荣生根才兴旺贵全安康健民新学东南西北中山川河江湖"
SAME_SOUND = {"伟": "玮", "芳": "方", "敏": "闵", "静": "晶", "丽": "莉", "强": "墙", "军": "君", "艳": "燕", "杰": "洁", "娟": "绢", "涛": "滔", "明": "鸣", "霞": "遐", "英": "瑛", "华": "桦", "玉": "钰", "文": "雯", "国": "帼", "建": "健", "志": "智", "海": "亥", "永": "勇", "红": "虹", "云": "芸", "峰": "锋", "辉": "晖", "浩": "皓", "宇": "雨", "佳": "嘉", "琪": "琦"}  # fmt: skip
STREETS = [f"{a}{b}{c}" for a in "东西南北中新和安永长" for b in "平兴宁康泰阳山河湖桥" for c in ("街", "路", "大道", "巷")]
WORK = ["农民", "教师", "医生", "工人", "司机", "会计", "个体经营", "公务员", "护士", "厨师", "学生", "退休", "保安", "销售", "电工"]
REGISTERS = {  # share of persons in it, share of its rows with the number, with a phone, with an address, of rows with a slip
    "police": (0.80, 0.99, 0.50, 0.97, 0.02), "civil": (0.35, 0.93, 0.60, 0.85, 0.05), "insurance": (0.62, 0.95, 0.70, 0.70, 0.04),
    "health": (0.48, 0.72, 0.80, 0.60, 0.08), "education": (0.25, 0.60, 0.65, 0.75, 0.06),
}  # fmt: skip


def _person(rng: random.Random, family: str, street: str, house: str, born: date) -> dict[str, str]:
    male = rng.random() < 0.51
    given = "".join(rng.choices(GIVEN, k=1 if rng.random() < 0.22 else 2))
    first17 = f"{330100 + rng.randrange(1, 29)}{born:%Y%m%d}{rng.randrange(0, 499) * 2 + (1 if male else 0):03d}"
    return {
        "name": family + given, "sex": "男" if male else "女", "birth": f"{born:%Y%m%d}", "number": first17 + identity_check(first17),
        "phone": f"1{rng.choice('3578')}{rng.randrange(10**9):09d}", "address": f"临江县{street}{house}", "work": rng.choice(WORK),
    }  # fmt: skip


def population(persons: int, seed: int) -> list[dict[str, str]]:
    """Return so many persons, in households of one to five; one birth in eighty is of twins, one son in fifty has his father's name but one sign."""
    rng = random.Random(seed)
    made: list[dict[str, str]] = []
    start = date(1935, 1, 1)
    while len(made) < persons:
        family, street = rng.choices(SURNAMES, weights=[1 / (n + 3) for n in range(len(SURNAMES))])[0], rng.choice(STREETS)
        house = f"{rng.randrange(1, 400)}号" + (f"{rng.randrange(1, 30)}幢{rng.randrange(1, 40)}室" if rng.random() < 0.6 else "")
        for n in range(rng.randint(1, 5)):
            own = family if n != 1 else rng.choice(SURNAMES)
            born = start + timedelta(days=rng.randrange(30_000))
            made.append(_person(rng, own, street, house, born))
            if rng.random() < 1 / 80:
                made.append(_person(rng, own, street, house, born))
    return made[:persons]


def _slipped(rng: random.Random, row: dict[str, str]) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        row["name"] = row["name"][0] + "".join(SAME_SOUND.get(c, c) for c in row["name"][1:])
    elif kind == 1 and row["number"]:
        at = rng.randrange(17)
        row["number"] = row["number"][:at] + str(rng.randrange(10)) + row["number"][at + 1 :]
    elif kind == 2:
        at = rng.randrange(2, 8)
        row["birth"] = row["birth"][:at] + str(rng.randrange(10)) + row["birth"][at + 1 :]
    elif kind == 3:
        row["name"] = row["name"][0] + rng.choice(GIVEN) + row["name"][2:]
    elif kind == 4:
        row["number"] = ""
        row["phone"] = f"1{rng.choice('3578')}{rng.randrange(10**9):09d}"
    else:
        row["address"] = f"{rng.choice(STREETS)}{rng.randrange(1, 400)}号"


FORMS = ("{0}-{1}-{2}", "{0}/{1}/{2}", "{0}年{1}月{2}日", "{0}{1}{2}", "{0}.{1}.{2}")


def registers(records: int, seed: int = 7) -> tuple[dict[str, pa.Table], dict[str, str]]:
    """Return about so many records as a table for each register, and the person of each id."""
    rng = random.Random(seed)
    people = population(int(records / sum(share for share, *_ in REGISTERS.values())), seed)
    tables: dict[str, pa.Table] = {}
    truth: dict[str, str] = {}
    for number, (register, (share, with_number, with_phone, with_address, slips)) in enumerate(REGISTERS.items()):
        columns: dict[str, list[str]] = {c: [] for c in ("id", "name", "sex", "birth", "number", "phone", "address", "work")}
        for who, person in enumerate(people):
            if rng.random() >= share:
                continue
            row = dict(person)
            if rng.random() >= with_number:
                row["number"] = ""
            if rng.random() >= with_phone:
                row["phone"] = ""
            if rng.random() >= with_address:
                row["address"] = ""
            if rng.random() < slips:
                _slipped(rng, row)
            key = f"{register[0]}{len(truth)}"
            truth[key] = str(who)
            b = row["birth"]
            row["birth"] = FORMS[number].format(b[:4], b[4:6], b[6:])
            columns["id"].append(key)
            for name in columns:
                if name != "id":
                    columns[name].append(row[name])
        tables[register] = pa.table(columns)
    return tables, truth


COLUMNS = {
    "id": "id", "full_name": "name", "sex": "sex", "birth_date": "birth", "identity_number": "number", "phone": "phone", "address": "address",
    "occupation": "work",
}  # fmt: skip
