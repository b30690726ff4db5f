"""Two lanes of landing: what the quick lane calls sure has, row by row, the values and the verdict of the careful one."""

from __future__ import annotations

import random
import re
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pytest

from yiwang.apps.datahub.lake import connect
from yiwang.apps.datahub.lake.traits import traits_of
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.landing import sql
from yiwang.apps.datahub.rules.landing.quick import quick

CONTRACT = """
dataset: lanes
columns:
  - {name: id_number, element: identity_number, required: true}
  - {name: credit, element: credit_code}
  - {name: name, length: [2, 4]}
  - {name: sex, type: code, codes: sex}
  - {name: place, type: code, codes: places}
  - {name: free, type: code, codes: unknown}
  - {name: born, type: date}
  - {name: at, type: datetime}
  - {name: amount, type: decimal, decimals: 2, range: [0, 100000]}
  - {name: share, type: decimal, range: [0.5, 9.5]}
  - {name: persons, type: integer, range: [1, 30]}
  - {name: big, type: integer, required: true}
  - {name: is_ok, type: boolean}
  - {name: phone, pattern: '1[0-9]{10}'}
  - {name: shape, type: geometry}
  - {name: absent, type: date}
"""
CODES = {"sex": {"1": "男", "2": "女", "9": "未说明"}, "places": {f"{n:03}": f"村{n}" for n in range(60)}}
USUAL = {
    "id_number": ["11010519491231002X", "110105199001011233", "110105900101123"], "credit": ["91371590MA3C4D5E6F", None], "name": ["王伟", "李娜", "Ann"], "sex": ["1", "女", None],
    "place": ["001", "村7", None], "free": ["a", "b"], "born": ["1949-12-31", "2026/1/2", "20260102", "2026年1月2日"], "at": ["2026-01-02 03:04:05", "2026-01-02"],
    "amount": ["12.5", "1200", "0.25"], "share": ["1.25", "9"], "persons": ["1", "30"], "big": ["12345678901", "0"], "is_ok": ["是", "否", "1"], "phone": ["13800000000", None], "shape": ["POINT (1 2)"],
}  # fmt: skip
ODD = [
    None, "", " ", "　", "-", "无", "n/a", "NaN", "inf", "1e5", "3.30102E+17", "1,200.50", "１２", "12.0", "12.6", "-3", "+7", "0x1F", "1_000", "1e400", "007", "00000000000000000001", "99999999999999999999",
    "46024", "46024.5", "2026-02-30", "2026.1.2", "2026-01-02T03:04:05Z", "0001-01-01", "30000101", "infinity", "epoch", "11010519491231002x", " 11010519491231002X ", "1101051949123100２X", "男 ", "TRUE",
    "T", "t", "王", "阿卜杜拉合曼", "=1+1", "@a", "ee", "0.005", "9.50", "9.51", "100000.00", "100000.01", "91371590ma3c4d5e6f", "138 0000 0000", "1\t", "\xa0王伟", "20260102 ", "2026年1月2日 00:00:00", "25:00",
    "2026-01-02 25:00:00", "1.5e2", ".5", "5.", "0,5", "二〇二六年", "村 7", "999", "1949-12-31 00:00:00.0",
]  # fmt: skip


def rows(chance: random.Random, odd: float, count: int) -> pa.Table:
    made: dict[str, Any] = {}
    for place, (_name, usual) in enumerate(USUAL.items()):
        made[f"c{place}"] = pa.array([chance.choice(ODD) if chance.random() < odd else chance.choice(usual) for _n in range(count)], pa.string())
    made["_row"] = pa.array(range(1, count + 1), pa.int64())
    return pa.table(made)


@pytest.mark.parametrize("odd", [0.0, 0.02, 0.3, 1.0])
def test_what_is_sure_is_what_the_careful_lane_says(odd: float) -> None:
    contract = contracts.parse(CONTRACT)
    places = {name: n for n, name in enumerate(USUAL)}
    table = rows(random.Random(11), odd, 3000)
    if odd == 1.0:  # each odd text alone, in every column
        table = pa.concat_tables([pa.table({**{f"c{n}": pa.array([usual[0]] * len(ODD), pa.string()) for n, usual in enumerate(USUAL.values())}, f"c{at}": pa.array(ODD, pa.string()),
                                            "_row": pa.array(range(at * 1000, at * 1000 + len(ODD)), pa.int64())}).select(table.column_names) for at in range(len(USUAL))])  # fmt: skip
    traits = {c.name: traits_of(table.column(f"c{places[c.name]}"), c)[0] for c in contract.columns if c.name in places}
    keep = ", ".join(sql.named(c.name) for c in contract.columns)
    with connect(threads=1) as con:
        con.register("chunk", table)
        for name, made in sql.code_tables(contract, CODES).items():
            con.execute(f"CREATE TEMP TABLE {made} (given VARCHAR, code VARCHAR)")
            con.executemany(f"INSERT INTO {made} VALUES (?, ?)", sql.code_rows(CODES[name]))
        careful = {r[0]: r[1:] for r in con.execute(f"SELECT _row, _ok AND NOT _blank, {keep} FROM ({sql.judged(contract, places, CODES, source='chunk')})").fetchall()}
        lane = con.execute(f"SELECT _row, _sure, {keep} FROM ({quick(contract, places, CODES, source='chunk', traits=traits, hashes={})})").fetchall()
    assert len(lane) == len(careful) == table.num_rows
    sure = [row for row in lane if row[1]]
    for number, _sure, *values in sure:
        assert (True, *values) == careful[number], table.filter(pa.compute.equal(table["_row"], number)).to_pylist()
    if odd == 0.0:
        assert traits["phone"].fits
        assert not traits["credit"].fits
    good = sum(ok for ok, *_values in careful.values())
    assert len(sure) > {0.0: 0.99, 0.02: 0.9, 0.3: 0.2, 1.0: 0.2}[odd] * good  # and it is worth its while


@pytest.mark.parametrize("pattern", ["1[0-9]{10}", "1[3-9]\\d{9}", "[A-Z0-9]{3}", "ab", "[A-C]{2}[0-9]"])
def test_a_plain_pattern_is_seen_from_the_bytes(pattern: str) -> None:
    """A column said to fit has no text that the pattern refuses, and one whose texts all match is said to fit."""
    chance = random.Random(3)
    asked = contracts.Column(name="x", pattern=pattern)
    for _each in range(200):
        texts = [chance.choice(["13812345678", "12012345678", "A1B", "ab", "AB1", "AC2", "DC2", "１３８", "", None, "138"]) for _n in range(chance.randrange(1, 4))]
        right = all(re.fullmatch(pattern, one) for one in texts if one)
        fits = traits_of(pa.chunked_array([pa.array(texts, pa.string())]), asked)[0].fits
        assert fits == right, texts
