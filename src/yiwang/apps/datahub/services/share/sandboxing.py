"""Running an approved query over the lake without letting rows out: bounded in time and memory, small groups hidden."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import LakeBusy
from yiwang.apps.datahub.lake import connect, quoted
from yiwang.apps.datahub.models.share import SharingGrant
from yiwang.apps.datahub.queries.share import rows, settings
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.rules.share import sandbox
from yiwang.kernel.base.errors import BadInput


@dataclass(frozen=True)
class Answer:
    """Groups that may be shown; `hidden` how many were not."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    hidden: int
    k: int


def table_of(code: str) -> str:
    """Return what a set is called in a query."""
    return code.replace("-", "_")


def run(grant: SharingGrant) -> Answer:
    """Run the grant's query as it was approved; it is checked again, the table may have another contract by now.

    Raises
    ------
    BadInput, LakeBusy
        The query does not fit the set any more; time or memory was up.
    """
    contract, files = rows.contract_of(grant.dataset), rows.paths(grant.dataset)
    bounds = settings.in_force()["limits"]["queries"]
    if contract is None or not files:
        return Answer((), (), 0, bounds["k"])
    personal = [c.name for c in contract.columns if c.personal]
    table = table_of(grant.dataset.code)
    if sandbox.faults(grant.query, table=table, columns=list(grant.masks), personal=personal):
        raise BadInput.one("query", "changed", _("The data set has changed: the approved query does not fit it any more. Ask for a new approval."))
    key = next((c.name for c in contract.columns if c.personal == "id_number"), "")
    with connect(memory_mb=bounds["memory_mb"], threads=1, reads=files) as con:
        source = rows.source_of(files)
        there = rows.columns_in(con, source)
        granted = [quoted(c) for c in grant.masks if c in there]
        counted = "count(*)"
        if key in there:
            granted, counted = [*granted, f"{quoted(key)} AS {quoted('__person')}"], 'count(DISTINCT "__person")'
        where, given = rules.filter_sql(grant.row_filter, {c.name: c.kind for c in contract.columns})
        for value in given:
            where = where.replace("?", sandbox.literal(value).replace("?", "\x00"), 1)
        con.execute(f"CREATE VIEW {quoted(table)} AS SELECT {', '.join(granted)} FROM {source} WHERE {where.replace(chr(0), '?')}")
        sql, limit = sandbox.with_count(grant.query, counted)
        found, names = bounded(con, sql, float(bounds["seconds"]), int(bounds["rows"]) * 10)
    counts = [int(row[-1]) for row in found]
    hidden = sandbox.suppressed(counts, int(bounds["k"]))
    shown = [tuple(row[:-1]) for n, row in enumerate(found) if n not in hidden and counts[n] > 0]
    return Answer(tuple(names[:-1]), tuple(shown[: min(limit or bounds["rows"], bounds["rows"])]), len(hidden), int(bounds["k"]))


def bounded(con: Any, sql: str, seconds: float, most: int) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Run a statement until the time is up; LakeBusy when it or the memory is."""
    return bounded_with(con, sql, [], seconds, most)


def bounded_with(con: Any, sql: str, given: list[Any], seconds: float, most: int) -> tuple[list[tuple[Any, ...]], list[str]]:
    """Run a statement with parameters until the time is up; as `bounded`."""
    watch = threading.Timer(seconds, con.interrupt)
    watch.start()
    try:
        done = con.execute(sql, given) if given else con.execute(sql)
        return done.fetchmany(most), [str(d[0]) for d in done.description]
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise LakeBusy from error
    finally:
        watch.cancel()
