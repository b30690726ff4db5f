"""Transformations: order and columns from the SQL; the same pipelines on DuckDB and, with `./dev test --spark`, on Spark."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiwang.apps.datahub.errors import EngineAbsent, TransformFailed
from yiwang.apps.datahub.lake.transforms import Input, Step, differences, run, spark
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.transforms import ModelError, edges_of, order, read
from yiwang.apps.datahub.rules.transforms.shipped import FOLDER, contracts_in, models_in

TOWNS = ("望湖街道", "南山镇", "云溪乡")


def pipelines() -> tuple[dict[str, Contract], list[Step]]:
    known = contracts_in(FOLDER)
    return known, [Step(code=m.code, sql=m.sql) for m in order(models_in(FOLDER, known).values())]


def hash_of(number: str) -> int:
    return sum(int(d) for d in number) % len(TOWNS)


def people(count: int, folder: Path) -> dict[str, Input]:
    """Write the inputs of the shipped models: people with and without payments, in two files whose columns differ."""
    chance = random.Random(7)
    numbers = [f"37159219{40 + i % 60:02d}0101{i % 1000:03d}{i % 10}"[:18] for i in range(count)]
    numbers = sorted(set(numbers))
    paid = [(i, chance.choice(numbers), date(2026, 1, 3) + timedelta(days=chance.randrange(330)), Decimal(chance.randrange(-500, 90000)) / 100) for i in range(count * 4)]
    tables = {
        "civil-relief": pa.table({"id_number": numbers, "name": ["甲"] * len(numbers), "kind": ["低保"] * len(numbers)}),
        "relief-payment": pa.table(
            {"number": [p[0] for p in paid], "id_number": [p[1] for p in paid], "town": [TOWNS[hash_of(p[1])] for p in paid], "paid_on": pa.array([p[2] for p in paid], pa.date32()),
             "amount": pa.array([None if p[0] % 50 == 0 else p[3] for p in paid], pa.decimal128(18, 2))}
        ),
        "social-pension": pa.table(
            {"id_number": [n for n in numbers[::2] for _m in range(6)], "month": [f"2026-{m:02d}" for _n in numbers[::2] for m in range(1, 7)],
             "amount": pa.array([Decimal(chance.randrange(80000, 300000)) / 100 for _n in numbers[::2] for _m in range(6)], pa.decimal128(18, 2))}
        ),
    }  # fmt: skip
    known, made = contracts_in(FOLDER), {}
    for code, table in tables.items():
        half = table.num_rows // 2
        files = [folder / f"{code}-{n}.parquet" for n in (1, 2)]
        pq.write_table(table.slice(0, half), files[0])
        later = table.slice(half)
        pq.write_table(later.append_column("_run", pa.array(["x"] * later.num_rows)), files[1])
        made[code] = Input(contract=known[code], files=files)
    return made


def test_models_say_what_they_read_and_wait_for_it() -> None:
    _known, steps = pipelines()
    assert next(s.code for s in steps) == "relief-paid"
    assert {s.code for s in steps} == {"relief-paid", "relief-by-town", "relief-by-month", "relief-and-pension"}
    with pytest.raises(ModelError, match="circle"):
        order([read("a", "SELECT x FROM b"), read("b", "SELECT x FROM a")])


@pytest.mark.parametrize(
    ("sql", "why"),
    [("DELETE FROM relief", "not-select"), ("SELECT 1; SELECT 2", "one"), ("SELECT * FROM read_csv('/etc/passwd')", "table"), ("SELECT * FROM '/etc/passwd'", "table"),
     ("SELECT * FROM a.b", "table"), ("SELECT getenv('HOME') AS h FROM relief", "place"), ("SELECT x FROM x", "itself"), ("COPY relief TO '/tmp/x'", "not-select")],
)  # fmt: skip
def test_a_model_is_one_select_over_data_sets(sql: str, why: str) -> None:
    with pytest.raises(ModelError) as caught:
        read("x", sql)
    assert caught.value.what == why


def test_each_column_is_traced_to_the_columns_it_is_made_of() -> None:
    known = contracts_in(FOLDER)
    columns = {code: [c.name for c in contract.columns] for code, contract in known.items()}
    edges = [e for m in models_in(FOLDER, known).values() for e in edges_of(m, columns)]
    of = {(e.target, e.column): {(s.source, s.source_column) for s in edges if (s.target, s.column) == (e.target, e.column)} for e in edges}
    assert of["relief-paid", "sex"] == {("civil-relief", "id_number")}
    assert of["relief-paid", "month"] == {("relief-payment", "paid_on")}
    assert of["relief-by-town", "amount"] == {("relief-paid", "amount")}
    assert of["relief-by-town", "largest"] == {("relief-paid", "amount")}  # through a WITH and a window
    assert of["relief-by-month", "change"] == {("relief-paid", "amount"), ("relief-paid", "town"), ("relief-paid", "month")}  # from the Ibis expression
    assert {e.how for e in edges if (e.target, e.column) == ("relief-paid", "id_number")} == {"same"}
    for code, contract in known.items():  # every column of a made data set has an origin
        made = {e.column for e in edges if e.target == code}
        assert not made or made == set(columns[code]), contract.dataset


def test_what_is_personal_stays_marked_wherever_it_goes() -> None:
    known = contracts_in(FOLDER)
    columns = {code: [c.name for c in contract.columns] for code, contract in known.items()}
    kept = [e for m in models_in(FOLDER, known).values() for e in edges_of(m, columns) if e.how == "same" and known[e.source].column(e.source_column).personal]
    assert kept
    for edge in kept:
        assert known[edge.target].column(edge.column).personal == known[edge.source].column(edge.source_column).personal


def test_duckdb_computes_them(tmp_path: Path) -> None:
    inputs = people(60, tmp_path)
    made = {m.code: m for m in run(inputs, pipelines()[1], tmp_path, engine="duckdb")}
    paid = pq.read_table(made["relief-paid"].file).to_pylist()
    payments = [r for path in inputs["relief-payment"].files for r in pq.read_table(path).to_pylist() if r["amount"] is not None and r["amount"] > 0]
    assert len(paid) == len(payments) == made["relief-paid"].rows
    towns = {r["town"]: r for r in pq.read_table(made["relief-by-town"].file).to_pylist()}
    for town in TOWNS:  # counted again, without SQL
        mine = [r for r in paid if r["town"] == town]
        assert towns[town]["persons"] == len({r["id_number"] for r in mine})
        assert (towns[town]["amount"], towns[town]["largest"]) == (sum(r["amount"] for r in mine), max(r["amount"] for r in mine))
    line = sorted((r for r in pq.read_table(made["relief-by-month"].file).to_pylist() if r["town"] == TOWNS[0]), key=lambda r: r["month"])
    assert line[0]["change"] is None
    assert all(b["change"] == b["amount"] - a["amount"] for a, b in pairwise(line))


def test_engine_reads_no_other_file_and_says_which_model_is_wrong(tmp_path: Path) -> None:
    inputs = people(5, tmp_path)
    with pytest.raises(TransformFailed) as caught:
        run(inputs, [Step(code="bad", sql="SELECT nonsense FROM civil_relief")], tmp_path, engine="duckdb")
    assert caught.value.model == "bad"
    with pytest.raises(TransformFailed):  # even past the check of the text
        run(inputs, [Step(code="worse", sql="SELECT * FROM read_csv('/etc/passwd')")], tmp_path, engine="duckdb")


def test_without_spark_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark, "find_spec", lambda _name: None)
    with pytest.raises(EngineAbsent) as caught:
        run({}, [], tmp_path, engine="spark")
    assert "pyspark" in caught.value.detail()
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(1800)
@pytest.mark.skipif(not os.environ.get("YIWANG_SPARK"), reason="./dev test --spark runs it")
def test_spark_computes_the_same(tmp_path: Path) -> None:
    known, steps = pipelines()
    count = int(os.environ.get("YIWANG_SPARK_PEOPLE", "3000"))
    inputs = people(count, tmp_path)
    sides: dict[str, dict[str, Any]] = {}
    took: dict[str, float] = {}
    for engine in ("duckdb", "spark"):
        folder, began = tmp_path / engine, time.monotonic()
        folder.mkdir()
        sides[engine] = {m.code: m for m in run(inputs, steps, folder, engine=engine)}
        took[engine] = round(time.monotonic() - began, 1)
    rows = []
    for step in steps:
        one, other = sides["duckdb"][step.code], sides["spark"][step.code]
        rows.append({"model": step.code, "rows": one.rows, "spark_rows": other.rows, "only": differences(known[step.code], one.file, other.file), "duckdb_s": one.seconds, "spark_s": other.seconds})
    _keep({"people": count, "inputs": {c: sum(pq.read_metadata(f).num_rows for f in i.files) for c, i in inputs.items()}, "took": took, "models": rows})
    assert all(r["rows"] == r["spark_rows"] and r["rows"] > 0 for r in rows), rows
    assert [r["only"] for r in rows] == [(0, 0)] * len(rows), rows


def _keep(found: Mapping[str, Any]) -> None:
    if target := os.environ.get("YIWANG_SPARK_RESULT"):
        Path(target).write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


def test_contracts_of_the_folder_are_contracts() -> None:
    assert all(isinstance(c, Contract) and c.dataset == code for code, c in contracts_in(FOLDER).items())
    assert contracts.parse((FOLDER / "inputs" / "relief-payment.yaml").read_text(encoding="utf-8")).landing == "upsert"
