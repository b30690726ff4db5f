"""What a reader gives: headers, facts of the file, and batches of texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class BadRow:
    """A row that has not as many cells as there are headers; `text` as it came."""

    number: int
    wanted: int
    found: int
    text: str


@dataclass(kw_only=True)
class Opened:
    """A file that can be read once. `batches` have columns c0.. of texts and `_row`, as a person counts rows in the file.

    `ragged` grows while the batches are read.
    """

    headers: list[str]
    batches: Iterator[pa.Table]
    facts: dict[str, Any] = field(default_factory=dict)
    ragged: list[BadRow] = field(default_factory=list)


def table(rows: list[list[str | None]], numbers: list[int], width: int) -> pa.Table:
    """Return rows of texts as a table with columns c0.. and `_row`."""
    columns: dict[str, Any] = {f"c{n}": pa.array([r[n] if n < len(r) else None for r in rows], pa.string()) for n in range(width)}
    columns["_row"] = pa.array(numbers, pa.int64())
    return pa.table(columns)
