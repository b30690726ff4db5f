"""What an engine is given, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yiwang.apps.datahub.rules.contract import Contract


@dataclass(frozen=True, kw_only=True)
class Input:
    """A data set to read: its Parquet files, with the columns that its contract names."""

    contract: Contract
    files: Sequence[Path]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A model to run, after those before it; `sql` is in DuckDB's dialect."""

    code: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of a step: a Parquet file."""

    code: str
    file: Path
    rows: int
    seconds: float
