"""Which reader reads a file, and rows that come from no file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yiwang.apps.datahub.errors import FileRefused
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.lake.reading.csvs import open_csv
from yiwang.apps.datahub.lake.reading.opened import Opened, table
from yiwang.apps.datahub.lake.reading.sheets import as_text, open_sheet
from yiwang.apps.datahub.rules.contract import Column

FORMS = ("csv", "txt", "tsv", "xlsx", "json", "jsonl", "ndjson", "parquet")


def open_file(path: Path, name: str, columns: Sequence[Column] | None) -> Opened:
    """Open a file by what it is: its first bytes first, its name after that.

    Raises
    ------
    FileRefused
        It is of none of the forms, broken, or only half there.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
    suffix = name.rpartition(".")[2].lower()
    if not head:
        raise FileRefused(reason="empty")
    if head.startswith(b"PAR1") or suffix == "parquet":
        return _parquet(path)
    if head.startswith(b"PK"):
        return open_sheet(path, columns)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(reason="old_workbook")
    if suffix in ("json", "jsonl", "ndjson"):
        return _json(path)
    if suffix == "xlsx":
        raise FileRefused(reason="broken_sheet")
    return open_csv(path, columns)


def _texts(batch: pa.RecordBatch | pa.Table, names: Sequence[str], start: int) -> pa.Table:
    """Return a batch of any types as texts c0.. with its row numbers."""
    columns: dict[str, Any] = {}
    for number, name in enumerate(names):
        place = batch.schema.get_field_index(name)
        columns[f"c{number}"] = pa.nulls(batch.num_rows, pa.string()) if place < 0 else _text(batch.column(place))
    columns["_row"] = pa.array(range(start, start + batch.num_rows), pa.int64())
    return pa.table(columns)


def _text(values: Any) -> Any:
    kind = values.type
    if pa.types.is_string(kind):
        return values
    if pa.types.is_dictionary(kind):
        return _text(values.cast(kind.value_type))
    if pa.types.is_timestamp(kind):
        return pc.strftime(values.cast(pa.timestamp("s"), safe=False), "%Y-%m-%d %H:%M:%S")
    if pa.types.is_floating(kind) or pa.types.is_nested(kind):
        return pa.array([_value(v) for v in values.to_pylist()], pa.string())
    return values.cast(pa.string())


def _value(value: Any) -> str | None:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else as_text(value)


def _parquet(path: Path) -> Opened:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error
    names = file.schema_arrow.names

    def batches() -> Iterator[pa.Table]:
        start = 1
        try:
            for batch in file.iter_batches(batch_size=100_000):
                yield _texts(batch, names, start)
                start += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error

    return Opened(headers=list(names), batches=batches(), facts={"form": "parquet", "header_row": 0})


def _json(path: Path) -> Opened:
    """Read JSON (one array) or JSON lines by DuckDB; every value as a text."""
    source = f"read_json('{str(path).replace(chr(39), chr(39) * 2)}', format = 'auto', maximum_object_size = 67108864, sample_size = -1)"
    try:
        with connect() as con:
            headers = [str(row[0]) for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    except duckdb.Error as error:
        raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error

    def batches() -> Iterator[pa.Table]:
        try:
            with connect(threads=1) as con:
                con.execute("SET preserve_insertion_order = true")
                start = 1
                for batch in con.sql(f"SELECT COLUMNS(*)::VARCHAR FROM {source}").to_arrow_reader(50_000):
                    yield _texts(batch, headers, start)
                    start += batch.num_rows
        except duckdb.Error as error:
            raise FileRefused(reason="broken", facts={"said": str(error)[:200]}) from error

    return Opened(headers=headers, batches=batches(), facts={"form": "json", "header_row": 0})


Batch: TypeAlias = Any  # pa.RecordBatch, pa.Table, or Sequence[Mapping[str, Any]]


def open_batches(batches: Iterable[Batch]) -> Opened:
    """Open rows that a puller brings: Arrow batches or lists of mappings; the first one says which columns there are."""
    stream = iter(batches)
    first = next(stream, None)
    if first is None:
        return Opened(headers=[], batches=iter(()), facts={"form": "rows", "header_row": 0})
    names = list(first.schema.names) if isinstance(first, pa.RecordBatch | pa.Table) else list(dict.fromkeys(key for row in first for key in row))

    def texts() -> Iterator[pa.Table]:
        start = 1
        for batch in chain([first], stream):
            if isinstance(batch, pa.RecordBatch | pa.Table):
                made = _texts(batch, names, start)
            else:
                rows = [[_value(row.get(name)) for name in names] for row in batch]
                made = table(rows, list(range(start, start + len(rows))), len(names))
            start += made.num_rows
            if made.num_rows:
                yield made

    return Opened(headers=names, batches=texts(), facts={"form": "rows", "header_row": 0})
