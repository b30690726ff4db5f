"""Two engines' results compared: as rows of the contract, which is what lands."""

from __future__ import annotations

from pathlib import Path

from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.rules.contract import Column, Contract
from yiwang.apps.datahub.rules.landing.sql import named, sql_type, text

DIGITS = 6  # behind the point, of numbers without a stated number of decimals: two engines add in another order


def _cast(column: Column) -> str:
    value = f"CAST({named(column.name)} AS {sql_type(column)})"
    return f"round({value}, {DIGITS})" if sql_type(column) == "DOUBLE" else value


def differences(contract: Contract, one: Path, other: Path) -> tuple[int, int]:
    """Return how many rows only the one has, and how many only the other; doubled rows count as often as they stand there."""
    shown = ", ".join(f"{_cast(c)} AS {named(c.name)}" for c in contract.columns)
    sides = [f"SELECT {shown} FROM read_parquet({text(str(path))})" for path in (one, other)]
    with connect(reads=[one, other]) as con:
        counted = [con.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone() for a, b in (sides, sides[::-1])]
    return int(counted[0][0]), int(counted[1][0])
