"""Rows of a data set in the lake: where the files lie, and a look at a few, masked."""

from pathlib import Path
from typing import Any

from yiwang.apps.datahub.lake import connect, quoted
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.queries import landing
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules import masking


def paths(dataset: Dataset) -> list[Path]:
    """Return the Parquet files of a set's present rows; [] when nothing has landed."""
    return landing.paths(dataset)


def contract_of(dataset: Dataset) -> contracts.Contract | None:
    """Return the contract in force, None when the set has none."""
    return contracts.from_dict(dataset.contract.body) if dataset.contract is not None else None


def source_of(files: list[Path]) -> str:
    """Return the FROM part that reads these files."""
    listed = ", ".join("'" + str(p).replace("'", "''") + "'" for p in files)
    return f"read_parquet([{listed}], union_by_name = true)"


def columns_in(con: Any, source: str) -> list[str]:
    """Return the columns that files really have."""
    return [str(d[0]) for d in con.execute(f"SELECT * FROM {source} LIMIT 0").description]


def sample(dataset: Dataset, reader: str, most: int = 5) -> tuple[list[str], list[list[str]]]:
    """Return (column names, a few rows as text), masked for the kind of reader; nothing when no rows have landed."""
    contract, files = contract_of(dataset), paths(dataset)
    if contract is None or not files:
        return [], []
    with connect(memory_mb=128, reads=files) as con:
        source = source_of(files)
        there = set(columns_in(con, source))
        wanted = {n: s for n, s in masking.strengths(contract.columns, reader).items() if n in there}
        if not wanted:
            return [], []
        names = [c.name for c in contract.columns if c.name in wanted]
        listed = masking.select_list(contract.columns, wanted)
        cells = ", ".join(f"CAST({quoted(n)} AS VARCHAR) AS {quoted(n)}" for n in names)
        rows = con.execute(f"SELECT {cells} FROM (SELECT {listed} FROM {source} LIMIT {int(most)})").fetchall()
    return names, [["" if v is None else str(v) for v in row] for row in rows]
