"""Contracts of data, and the bounded engine under the lake."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from yiwang.apps.datahub.lake import connect
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.tests.hub import COLUMNS

GOOD = f"dataset: civil-relief\nname: {{zh-Hans: 低保对象, en: Relief}}\ncycle: monthly\nlanding: upsert\n{COLUMNS}"


def test_contract_survives_its_own_json() -> None:
    contract = contracts.parse(GOOD)
    assert contracts.from_dict(contract.as_dict()) == contract
    assert contract.column("amount").range == (0.0, 100000.0)
    assert contract.grade == 3  # that of its highest column


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (("dataset: civil-relief", "dataset: Civil Relief"), "dataset"),
        (("key: [id_number]", "key: [nobody]"), "key nobody"),
        (("type: decimal", "type: money"), "column amount"),
        (("personal: name", "personal: soul"), "column name"),
        (("name: since", "name: amount"), "column amount"),
        (("range: [0, 100000]", "range: [9, 1]"), "column amount"),
        (("landing: upsert", "landing: sometimes"), "landing"),
        (("columns:", "rows:"), "columns"),
        (("unit: 元", "unti: 元"), "column amount"),
    ],
)
def test_bad_contract_names_its_place(change: tuple[str, str], where: str) -> None:
    with pytest.raises(contracts.ContractError) as caught:
        contracts.parse(GOOD.replace(*change))
    assert caught.value.where == where


def test_engine_of_strangers_reads_what_it_was_given_alone(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.parquet", tmp_path / "other.parquet"
    for path in (mine, other):
        pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    with connect(reads=[mine]) as con:
        assert con.execute(f"SELECT sum(a) FROM '{mine}'").fetchone() == (6,)
        for bad in (
            f"SELECT * FROM '{other}'",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            "SELECT * FROM read_text('/etc/passwd')",
            "INSTALL httpfs",
            "SET threads = 9",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(bad)
