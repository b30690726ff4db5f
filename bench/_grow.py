"""A county that grows: ten thousand generated cases, multiplied inside PostgreSQL to any number.

The first 10,000 cases come from the generator of the sample county (60,000 components, 5,000 unit grids, 200 people; one
in fifty is open, most of those played through the platform's services). Everything above is copies of them by INSERT ...
SELECT. A copy has keys and uids of its own, a number of its own, lies up to 30 m beside its original, and, when closed,
33 days earlier for each further copy: 100,000 cases are about two years of a county, 1,000,000 ten. Foreign keys, the
number of lines of each record and its head, process states and running clocks are as the platform would have left them, so
a copied open case can be worked on.

What is not real about copies: their words are their original's, so a word is as frequent as in the sample; hashes of the
record are their original's (`yiwang audit verify` would name them); their lines carry negative positions, so relay and
sealer do not tell them anew; of a closed copy only the first and last line of the record, three of about seven tasks and
the case's own clock are kept, without clock history; no copy has files or parties, and of timers only those to come.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import sql

from tools.database import Server

BASE = 10_000
STEP_DAYS = 33
WORKERS = 2
Say = Callable[[str], None]
Connection = psycopg.Connection[tuple[object, ...]]

FUNCTIONS = """
CREATE OR REPLACE FUNCTION bench_uid(was uuid, back interval, k int) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  -- The same UUIDv7, earlier by `back`, with other random bits for each copy: order by uid stays order by time.
  SELECT (lpad(to_hex(('x' || substr(h, 1, 12))::bit(48)::bigint - (extract(epoch FROM back) * 1000)::bigint), 12, '0')
          || substr(h, 13, 14) || lpad(to_hex((('x' || substr(h, 27, 6))::bit(24) # (k * 2654435 % 16777216)::bit(24))::bigint), 6, '0'))::uuid
    FROM (SELECT replace(was::text, '-', '') AS h) text
$$;
CREATE TABLE IF NOT EXISTS bench_base (case_id bigint PRIMARY KEY, is_open boolean NOT NULL, event_count int NOT NULL);
CREATE TABLE IF NOT EXISTS bench_stride (tbl text PRIMARY KEY, stride bigint NOT NULL);
CREATE TABLE IF NOT EXISTS bench_grown (copies int NOT NULL, is_whole boolean NOT NULL);
GRANT SELECT ON bench_base, bench_stride, bench_grown TO PUBLIC;  -- a backup of the grown database reads every table
"""


@dataclass(frozen=True)
class Copied:
    """One table: how its rows hang on a case, which columns point at rows that are copied too, which rows are left out.

    In its SQL `t` is a row of the base and `b` the same row's case: whether it is open, how many lines its record has.
    """

    table: str
    case: str = "t.case_id"  # SQL of the case's key
    join: str = ""
    keys: dict[str, str] = field(default_factory=dict)  # column -> table whose stride it moves by
    uids: tuple[str, ...] = ()
    where: str = "TRUE"
    values: dict[str, str] = field(default_factory=dict)  # column -> SQL of its own


CASE, TASK, CLOCK, REPORT = "yw_cases_case", "yw_cases_task", "yw_cases_clock", "yw_cases_report"
PLACE = "ST_Translate(t.point, ((t.id * 7919 + {k} * 104729) % 1000 - 500) * 6e-7, ((t.id * 104729 + {k} * 7919) % 1000 - 500) * 5e-7)"
NUMBER = (
    f"substr(t.number, 1, 6) || to_char(to_date(substr(t.number, 7, 8), 'YYYYMMDD') - CASE WHEN b.is_open THEN 0 ELSE {{k}} * {STEP_DAYS} END,"
    " 'YYYYMMDD') || lpad((right(t.number, 6)::int + {k} * 500)::text, 6, '0')"
)
KEPT_TASKS = "(b.is_open OR t.step IN ('accept', 'handle', 'close'))"
TABLES = (
    Copied(CASE, "t.id", keys={"id": CASE, "main_case_id": CASE}, uids=("uid",), values={
        "number": f"CASE WHEN t.number IS NOT NULL THEN {NUMBER} END", "point": PLACE,
        "search": f"CASE WHEN t.number IS NULL THEN t.search ELSE ts_delete(t.search, t.number) || array_to_tsvector(ARRAY[{NUMBER}]) END",
        "event_count": "CASE WHEN b.is_open THEN t.event_count ELSE 2 END",
    }),
    Copied("city_citycase", keys={"case_id": CASE, "recurrence_of_id": CASE, "same_picture_case_id": CASE}),
    Copied(REPORT, keys={"id": REPORT, "case_id": CASE, "first_case_id": CASE}, uids=("uid",), values={
        "point": PLACE, "query_code": "CASE WHEN t.query_code = '' THEN '' ELSE upper(substr(md5(t.query_code || '{k}'), 1, 10)) END",
        "source_key": "CASE WHEN t.source_key = '' THEN '' ELSE t.source_key || '-{k}' END",
    }),
    Copied("yw_cases_enginestate", keys={"case_id": CASE}),
    Copied("yw_cases_caseorg", keys={"id": "yw_cases_caseorg", "case_id": CASE}),
    Copied("yw_cases_caseactor", keys={"id": "yw_cases_caseactor", "case_id": CASE}),
    Copied(TASK, keys={"id": TASK, "case_id": CASE, "parent_id": TASK}, uids=("uid",), where=KEPT_TASKS, values={
        # A parent that is not kept is not pointed at.
        "parent_id": "(SELECT p.id + {k} * {stride} FROM yw_cases_task p WHERE p.id = t.parent_id AND (b.is_open OR p.step IN ('accept', 'handle', 'close')))",
    }),
    Copied(CLOCK, keys={"id": CLOCK, "case_id": CASE, "task_id": TASK}, where="(b.is_open OR t.name = 'case')"),
    Copied("yw_cases_clockchange", "c.case_id", f"JOIN {CLOCK} c ON c.id = t.clock_id", where="b.is_open",
           keys={"id": "yw_cases_clockchange", "clock_id": CLOCK}, uids=("event_uid",)),
    Copied("yw_cases_timer", keys={"id": "yw_cases_timer", "case_id": CASE, "clock_id": CLOCK},
           where="b.is_open AND t.fired_at IS NULL AND t.due_at > now() + interval '1 hour'"),
    Copied("yw_audit_event", keys={"case_id": CASE}, uids=("uid", "case_uid", "task_uid"),
           where="(b.is_open OR t.case_seq IN (1, b.event_count))", values={
        "position": "-(t.position + {k}::bigint * {stride})",
        "case_seq": "CASE WHEN b.is_open OR t.case_seq = 1 THEN t.case_seq ELSE 2 END",
    }),
)  # fmt: skip
LEFT_OUT = {"yw_audit_event": ("xid",)}


def server() -> Server:
    """Return the server of the environment, as its administrator."""
    return Server(os.environ["YIWANG_PG_HOST"], os.environ["YIWANG_PG_PORT"], os.environ.get("PGUSER", "postgres"))


def admin() -> Connection:
    connection = server().connect(os.environ.get("YIWANG_PG_NAME", "yiwang"))
    connection.execute("SET timezone = 'UTC'")
    return connection


def load_base(say: Say) -> None:
    """Load the first 10,000 cases into a migrated, empty database; does nothing when there are cases."""
    with admin() as connection:
        if connection.execute(f"SELECT 1 FROM {CASE} LIMIT 1").fetchone():
            return
    from django.db import connections

    from sample.loading import county
    from sample.spec import DEFAULT_SEED, ZONE, Size, Spec

    size = Size("town", grids=5000, components=60_000, closed=BASE - 200, open=200, people=200)
    county.load(Spec(size, datetime.now(ZONE).date(), DEFAULT_SEED), say)
    connections.close_all()


def count() -> int:
    with admin() as connection:
        return _one(connection, f"SELECT count(*) FROM {CASE}")


def _one(connection: Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(str(row[0] or 0)) if row else 0


def grow(target: int, say: Say) -> int:
    """Multiply the base until there are at least `target` cases (to the nearest whole copy); returns how many there are."""
    load_base(say)
    with admin() as connection:
        connection.execute(FUNCTIONS)
        _remember_base(connection)
        base = _one(connection, "SELECT count(*) FROM bench_base")
        if _one(connection, "SELECT count(*) FROM bench_grown WHERE NOT is_whole"):
            raise SystemExit("this database was cut off while it grew and is not whole: remove it (./dev bench --forget NAME)")
        done = _one(connection, "SELECT coalesce(max(copies), 0) FROM bench_grown")
        wanted = max(done, round(target / base) - 1)
        if wanted > done:
            began = time.monotonic()
            connection.execute("DELETE FROM bench_grown")
            connection.execute("INSERT INTO bench_grown VALUES (%s, false)", [wanted])
            with _quiet_disk(connection):
                _copy(connection, done + 1, wanted, say)
            connection.execute("UPDATE bench_grown SET is_whole = true")
            say(f"grown to {_one(connection, f'SELECT count(*) FROM {CASE}'):,} cases in {time.monotonic() - began:.0f} s, "
                f"{_one(connection, 'SELECT pg_database_size(current_database())') // 2**20:,} MB")  # fmt: skip
        return _one(connection, f"SELECT count(*) FROM {CASE}")


def _remember_base(connection: Connection) -> None:
    """Keep which cases are the base and how far apart the keys of copies lie, once."""
    if _one(connection, "SELECT count(*) FROM bench_base"):
        return
    connection.execute(f"INSERT INTO bench_base SELECT id, closed_at IS NULL, event_count FROM {CASE} WHERE mode = 'live'")
    for copied in TABLES:
        column = "position" if copied.table == "yw_audit_event" else "id"
        if column == "id" and "id" not in copied.keys:
            continue
        # Room above the base for what is written while it is measured, before it grows further.
        connection.execute(
            sql.SQL("INSERT INTO bench_stride SELECT %s, (coalesce(max({}), 0) / 10000 + 1) * 10000 FROM {}").format(
                sql.Identifier(column), sql.Identifier(copied.table)), [copied.table],
        )  # fmt: skip
    connection.execute("ANALYZE bench_base")


@contextmanager
def _quiet_disk(connection: Connection) -> Iterator[None]:
    """Let the cluster forget the disk while it grows (what is grown can be grown again); durable again afterwards."""
    for name in ("fsync", "full_page_writes", "autovacuum"):
        connection.execute(f"ALTER SYSTEM SET {name} = off")
    connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
    connection.execute("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        for name in ("fsync", "full_page_writes", "autovacuum", "max_wal_size"):
            connection.execute(f"ALTER SYSTEM RESET {name}")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(1)
        connection.execute("CHECKPOINT")
        os.sync()


def _copy(connection: Connection, first: int, last: int, say: Say) -> None:
    """Copy every table, two at a time: one reads and writes while the other builds its indexes."""
    strides = {str(t): int(str(s)) for t, s in connection.execute("SELECT tbl, stride FROM bench_stride").fetchall()}
    oldest = _one(connection, f"SELECT (now()::date - min(reported_at)::date) FROM {CASE} c JOIN bench_base b ON b.case_id = c.id")
    connection.execute("SELECT yw_ensure_partitions('yw_audit_event', (now() - make_interval(days => %s))::date, now()::date)",
                       [oldest + last * STEP_DAYS + 40])  # fmt: skip
    for copied in TABLES:  # the base apart: a table itself grows while it is copied, is locked, and has lost its indexes
        connection.execute(f"DROP TABLE IF EXISTS bench_of_{copied.table}".encode())
        connection.execute(
            f"CREATE UNLOGGED TABLE bench_of_{copied.table} AS SELECT t.*, b.is_open AS bench_open, b.event_count AS bench_events "
            f"FROM {copied.table} t {copied.join} JOIN bench_base b ON b.case_id = {copied.case}".encode()
        )
        connection.execute(f"ANALYZE bench_of_{copied.table}".encode())
    heaviest = sorted(TABLES, key=lambda c: -_one(connection, f"SELECT count(*) FROM bench_of_{c.table}"))
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in as_completed([pool.submit(_copy_table, copied, strides, first, last) for copied in heaviest]):
            say(done.result())
    for copied in TABLES:
        connection.execute(f"DROP TABLE bench_of_{copied.table}".encode())


def _copy_table(copied: Copied, strides: dict[str, int], first: int, last: int) -> str:
    began = time.monotonic()
    with admin() as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers: their results are copied with the rows
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '700MB'", "work_mem = '256MB'", "statement_timeout = 0",
                        "max_parallel_maintenance_workers = 1"):  # fmt: skip
            connection.execute(f"SET {setting}".encode())
        with connection.transaction():
            indexes = _drop_indexes(connection, copied.table)
            statement, rows = _statement(connection, copied, strides), 0
            for k in range(last, first - 1, -1):  # the oldest first, as they came
                rows += connection.execute(statement.replace("{k}", str(k)).encode()).rowcount
            copying = time.monotonic() - began
            for definition in indexes:
                connection.execute(definition.encode())
            if "id" in copied.keys:
                connection.execute(sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                    sql.Literal(copied.table), sql.Identifier(copied.table)))  # fmt: skip
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(copied.table)))
    return f"  {copied.table}: {rows:,} rows in {time.monotonic() - began:.0f} s ({copying:.0f} s of it rows, the rest indexes and statistics)"


def _statement(connection: Connection, copied: Copied, strides: dict[str, int]) -> str:
    """Return INSERT ... SELECT of one copy; `{k}` stands for its number."""
    rows = connection.execute(
        "SELECT attname, atttypid::regtype::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND attgenerated = '' ORDER BY attnum", [copied.table],
    ).fetchall()  # fmt: skip
    back = f"CASE WHEN b.is_open THEN {{k}} * interval '3 minutes' ELSE {{k}} * interval '{STEP_DAYS} days' END"
    names, values = [], []
    for name, kind in ((str(n), str(t)) for n, t in rows):
        if name in LEFT_OUT.get(copied.table, ()):
            continue
        if name in copied.values:
            value = copied.values[name].replace("{back}", back).replace("{stride}", str(strides.get(copied.table, 0)))
        elif name in copied.keys:
            value = f"t.{name} + {{k}} * {strides[copied.keys[name]]}"
        elif name in copied.uids:
            value = f"bench_uid(t.{name}, {back}, {{k}})"
        elif kind == "timestamp with time zone":
            value = f"t.{name} - {back}"
        else:
            value = f't."{name}"'
        names.append(f'"{name}"')
        values.append(value)
    overriding = "OVERRIDING SYSTEM VALUE " if "id" in copied.keys else ""
    order = "t.recorded_at" if copied.table == "yw_audit_event" else f"t.{'id' if 'id' in copied.keys else 'case_id'}"
    said = (
        f"INSERT INTO {copied.table} ({', '.join(names)}) {overriding}SELECT {', '.join(values)} FROM bench_of_{copied.table} t "
        f"WHERE {copied.where} ORDER BY {order}"
    )
    return said.replace("b.is_open", "t.bench_open").replace("b.event_count", "t.bench_events")


def _drop_indexes(connection: Connection, table: str) -> list[str]:
    """Drop what can be made again at once: every index that no constraint stands on. Returns how to make them."""
    found = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = %s::regclass "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))", [table],
    ).fetchall()  # fmt: skip
    for name, _definition in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.SQL(str(name))))  # type: ignore[arg-type]
    return [str(definition).replace(" ON ONLY ", " ON ") for _name, definition in found]
