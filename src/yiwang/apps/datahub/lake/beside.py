"""Quality rules that are no pass over the rows: a declared SQL over several data sets (比对), and rows that are nearly one (近似重复)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.landing.sql import named
from yiwang.apps.datahub.rules.quality.compiling import set_sql
from yiwang.apps.datahub.rules.quality.rule import Rule

SECONDS = 120
MOST_ROWS = 200_000  # of a data set in which near duplicates are looked for
Others = Callable[[str], str]
Found = list[tuple[str, int]]
KINDS = {
    "name": "full_name", "id_number": "identity_number", "phone": "phone", "address": "address", "birth_date": "birth_date", "email": "email",
}  # fmt: skip


class CannotRunError(Exception):
    """A rule that cannot run on these rows; says why as a code."""


def contradiction(rule: Rule, source: str, others: Mapping[str, str], reads: Iterable[Path]) -> Found:
    """Return (run, row) of the rows that a declared SQL finds. It reads the files of its data sets, and nothing else of the machine.

    Raises
    ------
    CannotRunError
        It is not one SELECT, names what is not there, or takes too long.
    """
    with connect(reads=reads) as box:
        stop = threading.Timer(SECONDS, box.interrupt)
        stop.start()
        try:
            for code, select in others.items():
                box.execute(f"CREATE TEMP VIEW {named(code)} AS {select}")
            wanted = set_sql(rule, f"({source})", "")
            said = box.extract_statements(wanted)
            if len(said) != 1 or said[0].type != duckdb.StatementType.SELECT:
                raise CannotRunError("no_select")
            return [(str(run), int(row)) for run, row in box.execute(wanted).fetchall()]
        except duckdb.InterruptException as error:
            raise CannotRunError("too_long") from error
        except (duckdb.Error, RuntimeError) as error:
            raise CannotRunError(str(error).splitlines()[0][:160]) from error
        finally:
            stop.cancel()


def near_duplicates(con: Any, rule: Rule, contract: Contract) -> tuple[Found, int, int]:
    """Return (run, row) of rows that are most likely of one person, group after group, the groups, and how many rows were looked at.

    Raises
    ------
    CannotRunError
    """
    from yiwang.apps.datahub.rules import linkage

    count = con.execute("SELECT count(*) FROM facts").fetchall()[0][0]
    if count > MOST_ROWS:
        raise CannotRunError(f"more_than:{MOST_ROWS}")
    if count < 2:
        return [], 0, count
    asked: dict[str, list[str]] = {"id": ["_n"]}
    for name in rule.columns:
        column = contract.column(name)
        kind = KINDS.get(column.personal) or ("identity_number" if column.element == "identity_number" else "birth_date" if column.kind == "date" else "other")
        asked.setdefault(kind, []).append(name)
    shown = ", ".join(f"{named(n)}::VARCHAR AS {named(n)}" for n in rule.columns)
    rows = con.sql(f"SELECT (row_number() OVER (ORDER BY _run, _row))::VARCHAR AS _n, _run, _row, {shown} FROM facts").to_arrow_table()
    options = linkage.Options(mode="dedupe", match=float(rule.more.get("likeness") or linkage.Options().match), pairs_per_record=20, memory_mb=800, threads=1)
    try:
        linked = linkage.link({"rows": rows.drop_columns(["_run", "_row"])}, linkage.columns(asked), options)
    except linkage.MappingError as error:
        raise CannotRunError(str(error)[:160]) from error
    places = {number: (run, row) for number, run, row in zip(*(rows.column(c).to_pylist() for c in ("_n", "_run", "_row")), strict=True)}
    groups = [keys for keys in linked.clusters().values() if len(keys) > 1]
    return [places[number] for keys in groups for _source, number in keys], len(groups), count


def as_table(rows: Found) -> pa.Table:
    """Return failing rows as a table (_run, _row)."""
    return pa.table({"_run": pa.array([r for r, _n in rows], pa.string()), "_row": pa.array([n for _r, n in rows], pa.int64())})
