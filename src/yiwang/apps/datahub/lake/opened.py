"""Open rows: made once as Parquet, turned into the files that people take, and asked by filters and words.

A version's file never changes, so its counts are kept in memory. One locked engine in each process reads them: it opens
nothing but the folder of open files, and no setting of it can be changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings

from yiwang.apps.datahub.errors import LakeBusy
from yiwang.apps.datahub.lake.engine import connect, quoted
from yiwang.apps.datahub.lake.folders import root

SECONDS = 8.0  # an open question is given up after these
SQL_TYPES = {
    "string": "VARCHAR", "code": "VARCHAR", "geometry": "VARCHAR", "integer": "BIGINT", "decimal": "DOUBLE", "date": "DATE",
    "datetime": "TIMESTAMP", "boolean": "BOOLEAN",
}  # fmt: skip
# Dictionaries as large as a row group: only columns with one get a Bloom filter, by which one number among ten million
# rows is found in 30 ms instead of 700.
LAYOUT = "COMPRESSION snappy, ROW_GROUP_SIZE 122880, DICTIONARY_SIZE_LIMIT 122880, STRING_DICTIONARY_PAGE_SIZE_LIMIT 16000000"
BOM = b"\xef\xbb\xbf"


def folder(slug: str) -> Path:
    """Return the folder of an open set's files; made when it is not there."""
    made = root() / "open" / slug
    made.mkdir(parents=True, exist_ok=True)
    return made


def absolute(path: str) -> Path:
    return root() / path


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sources(paths: Sequence[Path]) -> str:
    """Return the FROM clause for some Parquet files."""
    listed = ", ".join("'" + str(p).replace("'", "''") + "'" for p in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


@dataclass(frozen=True)
class Snapshot:
    """What was written: where, how much, and of each column how full, how many values, from where to where."""

    path: Path
    rows: int
    bytes: int
    sha256: str
    columns: list[dict[str, Any]]


def write_snapshot(connection: Any, select: str, target: Path, columns: Sequence[Mapping[str, Any]]) -> Snapshot:
    """Write the rows of a SELECT (columns in the given order) as Parquet with `_id` 1, 2, 3 ... before them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(
        f"COPY (SELECT row_number() OVER () AS _id, * FROM ({select})) TO '{part}' (FORMAT parquet, {LAYOUT})"
    )
    os.replace(part, target)
    source, made = sources([target]), []
    rows = int(connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0])
    for column in columns:
        name = quoted(column["name"])
        filled, distinct, least, most = connection.execute(
            f"SELECT count({name}), approx_count_distinct({name}), min({name}), max({name}) FROM {source}"
        ).fetchone()
        shown = {} if column["kind"] in ("string", "geometry") else {"least": plain(least), "most": plain(most)}
        made.append({**column, "filled": round(filled / rows, 4) if rows else 0.0, "distinct": min(int(distinct), filled), **shown})
    return Snapshot(target, rows, target.stat().st_size, sha256_of(target), made)


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and value != value:
        return None
    return value


def batches(path: Path, columns: Sequence[str], size: int = 5000) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a version in their order, some at a time."""
    with connect(memory_mb=400) as connection:
        connection.execute("SET preserve_insertion_order = true")
        found = connection.execute(f"SELECT {', '.join(quoted(c) for c in columns)} FROM {sources([path])} ORDER BY _id")
        while rows := found.fetchmany(size):
            yield rows


def write_csv(path: Path, target: Path, columns: Sequence[Mapping[str, Any]], *, for_people: bool) -> None:
    """Write CSV in UTF-8: for programs as it is; for people with a byte order mark, labels as heads, and no cell that a
    spreadsheet would take for a formula (公式注入)."""
    chosen = []
    for column in columns:
        name = quoted(column["name"])
        value = name
        if for_people and column["kind"] in ("string", "code", "geometry"):
            value = f"CASE WHEN regexp_matches({name}, '^[=+@\\t\\r-]') THEN '''' || {name} ELSE {name} END"
        chosen.append(f"{value} AS {quoted(str(column['label'] or column['name'])) if for_people else name}")
    part = target.with_suffix(target.suffix + ".part")
    with connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"COPY (SELECT {', '.join(chosen)} FROM {sources([path])} ORDER BY _id) TO '{part}' (FORMAT csv, HEADER)")
    if not for_people:
        os.replace(part, target)
        return
    with target.open("wb") as out, part.open("rb") as body:
        out.write(BOM)
        shutil.copyfileobj(body, out, 1 << 20)
    part.unlink()


def write_json(path: Path, target: Path, columns: Sequence[str]) -> None:
    with connect() as connection:
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(f"COPY (SELECT {', '.join(quoted(c) for c in columns)} FROM {sources([path])} ORDER BY _id) TO '{target}' (FORMAT json, ARRAY true)")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What somebody asks of a version's rows. Names of columns are known ones: whoever asks checks them first."""

    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    words: tuple[tuple[str, str], ...] = ()  # (column or "" for all texts, words)
    fields: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()  # (column, descending)
    limit: int = 100
    offset: int = 0
    distinct: bool = False
    total: bool = True


class BadValue(ValueError):
    """A filter's value is none of its column's type."""

    def __init__(self, column: str, value: object) -> None:
        super().__init__(f"{column}: {value!r}")
        self.column, self.value = column, value


@lru_cache(maxsize=4)
def _engine(_pid: int, place: str) -> Any:
    wanted: dict[str, Any] = settings.LAKE
    opened = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{wanted['memory_mb']}MB", "threads": wanted["threads"], "temp_directory": "",
            "autoinstall_known_extensions": False, "autoload_known_extensions": False,
        },
    )  # fmt: skip
    opened.execute("SET allowed_directories = $1", [[place]])
    opened.execute("SET enable_external_access = false")
    opened.execute("SET lock_configuration = true")
    return opened


@contextmanager
def _cursor(seconds: float) -> Iterator[Any]:
    place = root() / "open"
    place.mkdir(exist_ok=True)
    cursor = _engine(os.getpid(), str(place)).cursor()
    alarm = threading.Timer(seconds, cursor.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        yield cursor
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        raise LakeBusy from error
    finally:
        alarm.cancel()
        cursor.close()


_counts: dict[tuple[str, str, str], int] = {}
_counts_lock = threading.Lock()


def ask(path: Path, kinds: Mapping[str, str], question: Question) -> tuple[list[tuple[Any, ...]], int | None]:
    """Return rows and, when wanted, how many there are without limit and offset.

    Raises
    ------
    BadValue
        A filter's value cannot be of its column's type.
    LakeBusy
        It took too long or too much.
    """
    source = sources([path])
    parts, values = _conditions(kinds, question)
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    chosen = ", ".join(quoted(f) for f in question.fields) or "*"
    inner = f"SELECT {'DISTINCT ' if question.distinct else ''}{chosen} FROM {source}{where}"
    order = ", ".join(f"{quoted(name)} {'DESC' if down else 'ASC'} NULLS LAST" for name, down in question.sort)
    if not order and not question.distinct:
        order = "_id"
    sql = f"{inner}{f' ORDER BY {order}' if order else ''} LIMIT {int(question.limit)} OFFSET {int(question.offset)}"
    with _cursor(SECONDS) as cursor:
        try:
            rows = cursor.execute(sql, values).fetchall() if question.limit else []
            total = _total(cursor, path, inner, values, question, len(rows)) if question.total else None
        except duckdb.ConversionException as error:
            raise BadValue("filters", str(error).split("\n")[0][:120]) from error
    return [tuple(plain(v) for v in row) for row in rows], total


def _total(cursor: Any, path: Path, inner: str, values: list[Any], question: Question, got: int) -> int:
    if (question.limit and 0 < got < question.limit) or (question.limit and not got and not question.offset):
        return question.offset + got  # the last page says it by itself
    key = (str(path), inner, repr(values))
    with _counts_lock:
        if key in _counts:
            return _counts[key]
    total = int(cursor.execute(f"SELECT count(*) FROM ({inner})", values).fetchone()[0])
    with _counts_lock:
        if len(_counts) > 20_000:
            _counts.clear()
        _counts[key] = total
    return total


def _conditions(kinds: Mapping[str, str], question: Question) -> tuple[list[str], list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for name, wanted in question.filters.items():
        column, kind = quoted(name), SQL_TYPES.get(kinds.get(name, "integer"), "VARCHAR")
        given = [w for w in wanted if w is not None]
        either = [f"{column} IS NULL"] if len(given) < len(wanted) else []
        if given:
            either.append(f"{column} IN ({', '.join([f'CAST(? AS {kind})'] * len(given))})" if len(given) > 1 else f"{column} = CAST(? AS {kind})")
            values += [str(g).lower() if isinstance(g, bool) else str(g) for g in given]
        parts.append(f"({' OR '.join(either)})" if either else "false")
    texts = [name for name, kind in kinds.items() if kind in ("string", "code")]
    for column_name, words in question.words:
        for word in words.split():
            among = [column_name] if column_name else texts
            parts.append("(" + " OR ".join(f"contains(lower(CAST({quoted(c)} AS VARCHAR)), ?)" for c in among) + ")" if among else "false")
            values += [word.lower()] * len(among)
    return parts, values


def summary(path: Path, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Return what a question of ours (never a stranger's) about one version answers; `{rows}` in it is the file."""
    with _cursor(SECONDS) as cursor:
        return [tuple(plain(v) for v in row) for row in cursor.execute(sql.format(rows=sources([path])), list(values)).fetchall()]
