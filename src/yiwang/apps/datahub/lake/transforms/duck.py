"""Transformations on DuckDB: in this process, bounded, with no file in reach but those it was given."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from yiwang.apps.datahub.errors import TransformFailed
from yiwang.apps.datahub.lake import store
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.lake.transforms.base import Input, Made, Step
from yiwang.apps.datahub.rules.landing.sql import named, sql_type, text
from yiwang.apps.datahub.rules.transforms import table_of


def run(inputs: Mapping[str, Input], steps: Sequence[Step], folder: Path) -> list[Made]:
    """See `choosing.run`."""
    reads = [path for one in inputs.values() for path in one.files]
    made: list[Made] = []
    with store.told(), connect(reads=[*reads, folder]) as con:
        for one in inputs.values():
            con.execute(f"CREATE VIEW {named(table_of(one.contract.dataset))} AS {_select(con, one)}")
        for step in steps:
            began, target = time.monotonic(), folder / f"{step.code}.parquet"
            try:
                con.execute(f"COPY ({step.sql}) TO {text(str(target))} (FORMAT parquet)")
                con.execute(f"CREATE VIEW {named(table_of(step.code))} AS SELECT * FROM read_parquet({text(str(target))})")
                rows = int(con.execute(f"SELECT count(*) FROM {named(table_of(step.code))}").fetchone()[0])
            except (duckdb.BinderException, duckdb.ConversionException, duckdb.CatalogException, duckdb.PermissionException, duckdb.InvalidInputException) as error:
                raise TransformFailed(model=step.code, reason=" ".join(str(error).split())[:300]) from error
            made.append(Made(code=step.code, file=target, rows=rows, seconds=round(time.monotonic() - began, 3)))
    return made


def _select(con: duckdb.DuckDBPyConnection, one: Input) -> str:
    """Return the SELECT of an input: the contract's columns, NULL where older files lack them."""
    columns = one.contract.columns
    if not one.files:
        return "SELECT " + ", ".join(f"NULL::{sql_type(c)} AS {named(c.name)}" for c in columns) + " WHERE false"
    source = f"read_parquet([{', '.join(text(str(p)) for p in one.files)}], union_by_name = true)"
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    shown = ", ".join(named(c.name) if c.name in there else f"NULL::{sql_type(c)} AS {named(c.name)}" for c in columns)
    return f"SELECT {shown} FROM {source}"
