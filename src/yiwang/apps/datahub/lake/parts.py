"""Part files: good rows as Parquet, written once, read by DuckDB."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def write(rows: pa.Table, path: Path) -> None:
    """Write rows; a dictionary for those texts alone that repeat."""
    few = rows.slice(0, 20_000)
    repeats = [f.name for f in few.schema if pa.types.is_string(f.type) and pc.count_distinct(few.column(f.name)).as_py() * 4 < few.num_rows]
    pq.write_table(rows, path, compression="snappy", use_dictionary=repeats, store_decimal_as_integer=True, store_schema=False, row_group_size=122_880)


def without(path: Path, numbers: pa.Array) -> None:
    """Write a part file anew without the rows of these numbers (`_row`)."""
    rows = pq.read_table(path, partitioning=None)
    fresh = path.with_suffix("")
    write(rows.filter(pc.invert(pc.is_in(rows.column("_row"), numbers))), fresh)
    fresh.replace(path)
