"""Pulling from a database (库表): all rows, or those after a mark: a growing key, or a moment of change with an overlap.

Settings: driver, host, port (or socket), database, user, `table` or `query`, mode full|key|changed, column, overlap_minutes,
batch_rows (5,000 rows travel at once), portion_rows (100,000 rows land at once). The secret is `password`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from yiwang.apps.datahub.errors import SourceChanged, SourceCountsDiffer
from yiwang.apps.datahub.lake.sources.base import Portion, Reading, key_of
from yiwang.apps.datahub.lake.sources.drivers import MARK, Session, session
from yiwang.apps.datahub.lake.sources.staging import Stage

BATCH_ROWS, PORTION_ROWS, OVERLAP_MINUTES = 5_000, 100_000, 10


def _base(s: Session, given: Any) -> str:
    query = str(given.get("query") or "").strip().rstrip(";")
    return f"({query}) q" if query else s.table(str(given["table"]))


def test(reading: Reading) -> list[str]:
    """Return the columns that the table or query has."""
    with session(reading) as s:
        return columns_of(s, _base(s, reading.settings))


def encoded(value: Any) -> dict[str, Any] | None:
    """Return a mark as JSON keeps it, with its kind: 9 and "9" do not sort alike."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return {"kind": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"kind": "date", "value": value.isoformat()}
    if isinstance(value, int | float | Decimal):
        return {"kind": "number", "value": str(value)}
    return {"kind": "text", "value": str(value)}


def decoded(mark: Any) -> Any:
    if not isinstance(mark, dict):
        return None
    kind, value = mark["kind"], mark["value"]
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    return Decimal(value) if kind == "number" else value


def read(reading: Reading) -> Iterator[Portion]:
    with session(reading) as s:
        yield from _whole(reading, s) if reading.settings.get("mode", "full") == "full" else _after(reading, s)


def _whole(reading: Reading, s: Session) -> Iterator[Portion]:
    """Give all rows as one portion, in one moment of the source; nothing when they are the ones that we have."""
    given, base = reading.settings, _base(s, reading.settings)
    there = int(s.one(f"SELECT count(*) FROM {base}") or 0)
    columns, batches = s.stream(f"SELECT * FROM {base}", (), int(given.get("batch_rows") or BATCH_ROWS))
    stage = Stage(reading.workspace / "rows.csv", columns)
    try:
        for rows in batches:
            stage.add(rows)
        _agree(there, stage.rows)
    except BaseException:
        stage.drop()
        raise
    before, turn = reading.watermark, int(reading.watermark.get("turn", 0)) + 1
    path = stage.finish()
    if before.get("digest") == stage.digest:
        return
    yield Portion(
        path=path, name=str(given.get("table") or "query"), key=key_of(reading.number, turn, stage.digest), rows=stage.rows, rows_there=there,
        columns=stage.columns, watermark={"digest": stage.digest, "turn": turn},
    )  # fmt: skip


def _agree(there: int, here: int) -> None:
    if there != here:
        raise SourceCountsDiffer(there=there, here=here)


def _after(reading: Reading, s: Session) -> Iterator[Portion]:
    """Give the rows after the mark in portions that end between two different marks, so that each is a place to go on from."""
    given, base = reading.settings, _base(s, reading.settings)
    column, changed = str(given["column"]), given["mode"] == "changed"
    if column not in columns_of(s, base):
        raise SourceChanged(reason=column)
    name, mark = s.quoted(column), decoded(reading.watermark.get("mark"))
    upto = s.one(f"SELECT max({name}) FROM {base}")
    if upto is None:
        return
    since = mark
    if changed and isinstance(mark, datetime):  # rows that were written before and committed after the last look
        since = mark - timedelta(minutes=int(given.get("overlap_minutes", OVERLAP_MINUTES)))
    if mark is not None and not changed and upto <= mark:
        return
    condition, values = f"{name} <= {MARK}", [upto]
    if since is not None:
        condition, values = f"{name} {'>=' if changed else '>'} {MARK} AND {name} <= {MARK}", [since, upto]
    there = int(s.one(f"SELECT count(*) FROM {base} WHERE {condition}", values) or 0)
    size, most = int(given.get("batch_rows") or BATCH_ROWS), int(given.get("portion_rows") or PORTION_ROWS)
    columns, batches = s.stream(f"SELECT * FROM {base} WHERE {condition} ORDER BY {name}", values, size)
    at, seen, number, stage, last = columns.index(column), 0, 0, None, mark
    label = str(given.get("table") or "query")

    def ended(stage: Stage, last: Any) -> Portion | None:
        path = stage.finish()
        reached = last if mark is None or last > mark else mark  # an overlap alone does not move it back
        if changed and reading.watermark.get("digest") == stage.digest and reached == mark:
            return None  # the overlap held what it held the last time
        return Portion(
            path=path, name=label, key=key_of(reading.number, encoded(since), encoded(last), stage.digest), rows=stage.rows, columns=stage.columns,
            rows_there=stage.rows, watermark={**reading.watermark, "mark": encoded(reached), "digest": stage.digest},
        )  # fmt: skip

    try:
        for rows in batches:
            start = 0
            for i, row in enumerate(rows):
                if row[at] is None:
                    raise SourceChanged(reason=column)
                if stage is not None and stage.rows + i - start >= most and row[at] != last:
                    stage.add(rows[start:i])
                    seen, start = seen + stage.rows, i
                    if (portion := ended(stage, last)) is not None:
                        yield portion
                    portion, stage = None, None
                if stage is None:
                    number += 1
                    stage = Stage(reading.workspace / f"rows-{number:05d}.csv", columns)
                last = row[at]
            if stage is not None:
                stage.add(rows[start:])
        if stage is not None:
            _agree(there, seen + stage.rows)
            if (portion := ended(stage, last)) is not None:
                yield portion
            stage = None
    finally:
        if stage is not None:
            stage.drop()


def columns_of(s: Session, base: str) -> list[str]:
    """Return the columns that are there now."""
    columns, rows = s.stream(f"SELECT * FROM {base} WHERE 1 = 0", (), 1)
    list(rows)
    return columns
