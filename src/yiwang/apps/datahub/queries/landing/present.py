"""The present rows of a data set: which Parquet files they are, and how DuckDB reads them.

>>> # with lake.connect() as con:
>>> #     rows = relation(con, dataset)          # the contract's columns
>>> #     rows.filter("amount > 900").fetchall()
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.apps.datahub.lake import finishing, store
from yiwang.apps.datahub.models import Dataset, Run, RunState
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.landing.sql import named, sql_type, text


def contract_of(dataset: Dataset) -> contracts.Contract | None:
    """Return the contract in force."""
    return contracts.from_dict(dataset.contract.body) if dataset.contract is not None else None


def latest(dataset: Dataset) -> Run | None:
    """Return the last run whose rows count."""
    return Run.objects.filter(dataset=dataset, state=RunState.DONE).order_by("-ended_at", "-pk").first()


def paths(dataset: Dataset | str, *, run: Run | None = None) -> list[Path]:
    """Return the Parquet files of the present rows (or of those after an earlier run), none when nothing was landed.

    Besides the contract's columns each file has `_run` (uid of the run) and `_row` (row of its file). Files are never
    changed: who reads them goes on reading the same rows while a newer run lands.
    """
    found = Dataset.objects.get(code=dataset) if isinstance(dataset, str) else dataset
    last = run or latest(found)
    return [] if last is None else [store.path_of(found.code, name) for name in last.present]


def relation(con: Any, dataset: Dataset | str, *, private: bool = False) -> Any:
    """Return the present rows as a relation of a DuckDB connection, with the columns of the contract in force.

    Columns that older files lack are NULL; with `private` `_run` and `_row` come too. A data set without rows is an
    empty relation of the same columns.
    """
    found = Dataset.objects.select_related("contract").get(code=dataset) if isinstance(dataset, str) else dataset
    return con.sql(select(con, found, private=private))


def select(con: Any, dataset: Dataset, *, private: bool = False) -> str:
    """Return the same as a SELECT to put into larger SQL."""
    contract = contract_of(dataset)
    files = paths(dataset)
    columns = contract.columns if contract is not None else ()
    more = ["_run", "_row"] if private else []
    if not files:
        shown = [f"NULL::{sql_type(c)} AS {named(c.name)}" for c in columns] + [f"NULL::{k} AS {n}" for n, k in (("_run", "VARCHAR"), ("_row", "BIGINT")) if private]
        return f"SELECT {', '.join(shown) or '1'} WHERE false"
    source = f"read_parquet([{', '.join(text(str(p)) for p in files)}], union_by_name = true)"
    there = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    if not columns:
        return f"SELECT * {'' if private else 'EXCLUDE (_run, _row) '}FROM {source}"
    shown = [named(c.name) if c.name in there else f"NULL::{sql_type(c)} AS {named(c.name)}" for c in columns]
    return f"SELECT {', '.join([*shown, *more])} FROM {source}"


def base_of(dataset: Dataset) -> tuple[finishing.Base, int | None]:
    """Return what a landing begins from, and the run that it is of."""
    last = latest(dataset)
    if last is None:
        return finishing.Base(), None
    files = tuple((name, store.path_of(dataset.code, name)) for name in last.present)
    return finishing.Base(files=files, content_hash=last.content_hash, rows=last.rows_present), last.pk


def wanted_folders(dataset: Dataset) -> set[str]:
    """Return the folders of a data set that must stay: those of its last runs that count, and of runs that may still be landing."""
    runs = Run.objects.filter(dataset=dataset)
    kept = runs.filter(state=RunState.DONE).order_by("-ended_at", "-pk").values_list("present", flat=True)[: settings.LAKE_KEEP_RUNS]
    found = {name.partition("/")[0] for present in kept for name in present}
    busy = runs.filter(state__in=(RunState.RECEIVED, RunState.LANDING, RunState.FAILED)).values_list("uid", flat=True)
    return found | {f"{word}{uid}" for uid in busy for word in (".work-", "run-")}
