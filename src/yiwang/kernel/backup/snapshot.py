"""One moment of the database: what a dump of it holds, counted and read in the very same snapshot."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import psycopg
from psycopg import IsolationLevel, sql

from yiwang.kernel.backup import server
from yiwang.kernel.base.registry import dotted, manifests

LOCK = 0x79774255  # one backup, verification or clearing at a time
NOT_OURS = ("spatial_ref_sys",)
_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL(%s)
ORDER BY c.relname
"""
_HASHES = """
SELECT sha256 FROM yw_files_attachment WHERE sha256 <> ''
UNION SELECT public_sha256 FROM yw_files_attachment WHERE public_sha256 <> ''
UNION SELECT thumb_sha256 FROM yw_files_attachment WHERE thumb_sha256 <> ''
ORDER BY 1
"""


@dataclass
class Snapshot:
    """A transaction that sees one moment for as long as it lives; `id` lets pg_dump see the same."""

    connection: psycopg.Connection
    id: str
    at: datetime
    lsn: str

    def counts(self) -> dict[str, int]:
        return counts(self.connection)

    def chain(self) -> dict[str, Any]:
        return chain(self.connection)

    def migrations(self) -> list[str]:
        rows = self.connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY app, name")
        return [row[0] for row in rows]

    def hashes(self) -> Iterator[str]:
        """Yield the SHA-256 of every kept file, sorted, without holding them all."""
        with self.connection.cursor(name="hashes") as cursor:
            cursor.itersize = 5000
            cursor.execute(_HASHES)
            for (sha256,) in cursor:
                yield sha256

    def kept(self) -> list[str]:
        """Return the paths, below the data folder, of files that rooms and apps keep beside the attachments (`AppManifest.kept`)."""
        return kept(self.connection)

    def keeps(self, path: str) -> bool:
        """Say whether rows still name this file now, outside the snapshot."""
        with server.connect("app") as now:
            return path in kept(now)

    def names(self, sha256: str) -> bool:
        """Say whether a row still names this file now, outside the snapshot (the sweeper may have been by)."""
        with server.connect("app") as now:
            row = now.execute(
                "SELECT 1 FROM yw_files_attachment WHERE sha256 = %(s)s OR public_sha256 = %(s)s OR thumb_sha256 = %(s)s LIMIT 1",
                {"s": sha256},
            ).fetchone()
        return row is not None

    def definitions(self) -> Iterator[tuple[str, bytes]]:
        """Yield (file name, content) of every matter as people read it: config, form, process, decisions, manual."""
        rows = self.connection.execute(
            "SELECT m.code, v.number, v.config, f.schema, p.bpmn, d.dmn, v.manual_id FROM yw_cases_matter m"
            " JOIN yw_cases_matterversion v ON v.id = m.current_id JOIN yw_forms_formversion f ON f.id = v.form_id"
            " JOIN yw_process_processversion p ON p.id = v.process_id"
            " LEFT JOIN yw_process_decisionversion d ON d.id = v.decision_id ORDER BY m.code"
        ).fetchall()
        for code, number, config, form, bpmn, dmn, manual_id in rows:
            folder = f"matters/{code}-v{number}"
            yield f"{folder}/matter.json", _json(config)
            yield f"{folder}/form.json", _json(form)
            yield f"{folder}/process.bpmn", bpmn.encode()
            if dmn:
                yield f"{folder}/decisions.dmn", dmn.encode()
            if manual_id:
                manual = self.connection.execute(
                    "SELECT to_jsonb(r) - 'id' - 'version_id' FROM yw_cases_manualrow r WHERE version_id = %s ORDER BY key", [manual_id]
                ).fetchall()
                yield f"{folder}/manual.json", _json([row[0] for row in manual])


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def kept(connection: psycopg.Connection) -> list[str]:
    return sorted({path for manifest in manifests().values() for name in manifest.kept for path in dotted(name)(connection)})


@contextmanager
def taken() -> Iterator[Snapshot]:
    """Take a snapshot as the owner of the tables; it stops neither writers nor the sealer (it never draws an id)."""
    with server.connect("owner") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot(), now(), pg_current_wal_lsn()::text").fetchone()
        identity, at, lsn = cast(tuple[str, datetime, str], row)
        yield Snapshot(connection, identity, at.astimezone(UTC), lsn)
        connection.rollback()


def counts(connection: psycopg.Connection) -> dict[str, int]:
    """Return the exact number of rows of every table of ours; partitions count with their table."""
    tables = [row[0] for row in connection.execute(_TABLES, [list(NOT_OURS)])]
    found = {}
    for table in tables:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        found[table] = int(row[0]) if row else 0
    return found


def chain(connection: psycopg.Connection) -> dict[str, Any]:
    """Return what the record is at this moment: lines, heads of all cases under one hash, the latest seals."""
    digest, cases, events = hashlib.sha256(), 0, 0
    with connection.cursor(name="heads") as cursor:
        cursor.execute("SELECT id, event_count, event_head FROM yw_cases_case ORDER BY id")
        for case_id, count, head in cursor:
            digest.update(f"{case_id}:{count}:{bytes(head).hex()}\n".encode())
            cases, events = cases + 1, events + count
    seals = connection.execute(
        "SELECT DISTINCT ON (stream) stream, number, upto_position, total, sealed_at, hash, mac FROM yw_audit_seal"
        " ORDER BY stream, number DESC"
    ).fetchall()
    return {
        "cases": cases, "case_lines": events, "heads": digest.hexdigest(),
        "seals": {
            stream: {
                "number": number, "upto_position": upto, "total": total, "sealed_at": sealed_at.astimezone(UTC).isoformat(),
                "hash": bytes(hashed).hex(), "mac": bytes(mac).hex(),
            }
            for stream, number, upto, total, sealed_at, hashed, mac in seals
        },
    }  # fmt: skip
