"""What the platform holds, counted and summed: taken before and after a refusal, it must be the same.

Every table is read whole (tests have little in them), so that a changed row is seen as well as a new one; files are
compared by name. Sessions and counts of requests are left out: a stranger's cookie is no record.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection

LEFT_OUT = {"django_session", "yw_identity_session", "yw_base_ratecount", "spatial_ref_sys", "django_migrations"}

_tables: list[str] = []


def tables() -> list[str]:
    """Return every table of ours, partitioned ones once."""
    if not _tables:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
            )
            _tables.extend(row[0] for row in cursor.fetchall() if row[0] not in LEFT_OUT)
    return _tables


@dataclass(frozen=True)
class Footprint:
    """`rows`: {table: (count, checksum of all rows)}; `files`: names below the files' folder."""

    rows: dict[str, tuple[int, int]]
    files: frozenset[str]


def footprint() -> Footprint:
    parts = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM \"{name}\" t"
        for name in tables()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        rows = {name: (count, int(total)) for name, count, total in cursor.fetchall()}
    root = Path(settings.FILES_DIR)
    return Footprint(rows, frozenset(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()))


def left_behind(before: Footprint, after: Footprint, but: tuple[str, ...] = ()) -> list[str]:
    """Return what differs, in words."""
    found = [
        f"{name}: {before.rows[name][0]} -> {after.rows[name][0]} rows" + ("" if before.rows[name][0] != after.rows[name][0] else ", changed")
        for name in before.rows if before.rows[name] != after.rows[name] and name not in but
    ]  # fmt: skip
    found += [f"file {name} left" for name in sorted(after.files - before.files)]
    found += [f"file {name} gone" for name in sorted(before.files - after.files)]
    return found


@contextmanager
def nothing_left(*but: str) -> Iterator[None]:
    """Assert that what happens inside leaves every table and every file as it was; `but` names tables that may change."""
    before = footprint()
    yield
    found = left_behind(before, footprint(), but)
    assert not found, "left behind: " + "; ".join(found)
