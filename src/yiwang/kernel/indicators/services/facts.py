"""Keeping facts up to date: for the cases that events named, or all anew from the record."""

import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from yiwang.kernel.base.backfill import backfill
from yiwang.kernel.indicators.contracts import Source
from yiwang.kernel.indicators.queries import fact_sql
from yiwang.kernel.indicators.rules.vocabulary import KEYS, TABLES

RANGE = 20_000  # keys of cases in one statement of a rebuild
Say = Callable[[str], None]


def refresh(case_ids: Collection[int]) -> None:
    """Make the facts of these cases anew, inside the caller's transaction; the same again changes nothing."""
    if not case_ids:
        return
    wanted = sorted(set(case_ids))
    with connection.cursor() as cursor:
        for source in Source:
            cursor.execute(fact_sql.insert(source, lambda column: f"{column} = ANY(%(ids)s)"), {"ids": wanted})


def fill(*, after: int = 0, most: int | None = None) -> int:
    """Make the facts of the cases behind a key, at most `most` of them, in place and in steps; returns the last key.

    For what was loaded past the relay (samples), and for a platform that had cases before it had facts.
    """
    last = after
    while True:
        size = RANGE if most is None else most
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(id) FROM (SELECT id FROM yw_cases_case WHERE id > %s ORDER BY id LIMIT %s) x", [last, size])
            high = cursor.fetchone()[0]
            if high is None:
                return last
            for source in Source:
                statement = fact_sql.insert(source, lambda column: f"({column} > %(low)s AND {column} <= %(high)s)")
                cursor.execute(statement, {"low": last, "high": high})
        last = high
        if most is not None:
            return last


@backfill("indicators.facts")
def _fill_step(after: int, most: int) -> tuple[int, int]:
    """Give the cases of an older platform their facts, while people work."""
    last = fill(after=after, most=most)
    return last, last - after


@dataclass(frozen=True)
class Rebuilt:
    """How many facts there are now, by source, and how long it took."""

    counts: dict[Source, int]
    seconds: float


def rebuild(*, workers: int = 2, say: Say = lambda _line: None) -> Rebuilt:
    """Make every fact anew from the record, beside the tables in use, and put the new ones in their place.

    Needs the owner's role (it makes tables). Pages read the old facts until the end; what happens meanwhile is made up
    for: the relay's reader of facts waits for the change of tables and then goes on where it was, and every case that it
    had refreshed in between is refreshed once more.
    """
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM yw_audit_event")
        since = int(cursor.fetchone()[0])
        _make_new(cursor)
        ranges = list(_ranges(cursor))
    for source in Source:
        _fill(source, ranges, workers)
        say(f"{source}: {time.monotonic() - began:.0f} s")
    with connection.cursor() as cursor:
        _index_new(cursor)
        say(f"indexes: {time.monotonic() - began:.0f} s")
    with transaction.atomic(), connection.cursor() as cursor:
        _swap(cursor)
        cursor.execute("SELECT DISTINCT case_id FROM yw_audit_event WHERE position > %s AND case_id IS NOT NULL", [since])
        refresh([row[0] for row in cursor.fetchall()])
    with connection.cursor() as cursor:
        counts = {source: _count(cursor, TABLES[source]) for source in Source}
        for table in TABLES.values():
            cursor.execute(f"ANALYZE {table}")
    return Rebuilt(counts, time.monotonic() - began)


def _ranges(cursor: Any) -> Iterator[tuple[int, int]]:
    cursor.execute("SELECT min(id), max(id) FROM yw_cases_case")
    first, last = cursor.fetchone()
    for low in range(first or 0, (last or -1) + 1, RANGE):
        yield low, low + RANGE - 1


def _make_new(cursor: Any) -> None:
    for table in TABLES.values():
        cursor.execute(f"DROP TABLE IF EXISTS {table}_new")
        cursor.execute(f"CREATE TABLE {table}_new (LIKE {table} INCLUDING DEFAULTS INCLUDING COMMENTS)")


def _fill(source: Source, ranges: list[tuple[int, int]], workers: int) -> None:
    statement = fact_sql.insert(
        source, lambda column: f"{column} BETWEEN %(low)s AND %(high)s", table=f"{TABLES[source]}_new", upsert=False
    )

    def one(bounds: tuple[int, int]) -> None:
        with connection.cursor() as cursor:
            # A range is large: joined by hashing, whatever the planner thinks of freshly loaded tables.
            cursor.execute("SET work_mem = '128MB'")
            cursor.execute(statement, {"low": bounds[0], "high": bounds[1]})

    def closing(bounds: tuple[int, int]) -> None:
        try:
            one(bounds)
        finally:
            connection.close()

    if workers < 2 or connection.in_atomic_block:
        for bounds in ranges:
            one(bounds)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(closing, ranges))  # a range that failed raises here


def _index_new(cursor: Any) -> None:
    cursor.execute(
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)", [list(TABLES.values())]
    )
    for table, name, definition in cursor.fetchall():
        made = definition.replace(f" {name} ON ", f" {name}_new ON ").replace(f".{table} ", f".{table}_new ")
        cursor.execute(made)


def _swap(cursor: Any) -> None:
    execute = cursor.execute
    execute("SET LOCAL lock_timeout = '20s'")
    for source in Source:
        table = TABLES[source]
        execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [f"{table}_new"])
        made = [row[0] for row in cursor.fetchall()]
        execute(f"SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'p'")
        key = cursor.fetchone()[0]
        execute(f"DROP TABLE {table}")
        execute(f"ALTER TABLE {table}_new RENAME TO {table}")
        for name in made:
            execute(f'ALTER INDEX "{name}" RENAME TO "{name.removesuffix("_new")}"')
        execute(f'ALTER TABLE {table} ADD CONSTRAINT "{key}" PRIMARY KEY USING INDEX "{key}"')


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")
    return int(cursor.fetchone()[0])


def differences() -> dict[Source, int]:
    """Return how many facts a rebuild would make otherwise, by source: 0 when all were kept as they should (verify)."""
    found = {}
    with connection.cursor() as cursor:
        for source in Source:
            table, new = TABLES[source], f"check_{source}"
            cursor.execute(f"CREATE TEMPORARY TABLE {new} (LIKE {table}) ON COMMIT DROP" if connection.in_atomic_block else f"CREATE TEMPORARY TABLE {new} (LIKE {table})")
            cursor.execute(fact_sql.insert(source, lambda column: f"{column} IS NOT NULL", table=new, upsert=False))
            key = KEYS[source]
            # Columns may stand in another order after a table was put in place of another: compared by name.
            cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema() ORDER BY 1", [table])
            names = ", ".join(row[0] for row in cursor.fetchall())
            cursor.execute(
                f"SELECT count(*) FROM (SELECT {key} FROM ((SELECT {names} FROM {table} EXCEPT SELECT {names} FROM {new})"
                f" UNION ALL (SELECT {names} FROM {new} EXCEPT SELECT {names} FROM {table})) d GROUP BY {key}) x"
            )
            found[source] = int(cursor.fetchone()[0])
            cursor.execute(f"DROP TABLE {new}")
    return found
