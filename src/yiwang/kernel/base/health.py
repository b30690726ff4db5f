"""What the base knows of the platform's health: database, tables, disks, processes, jobs, backup."""

import math
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.heartbeats import LATE_S
from yiwang.kernel.base.observing import Check, Gauge, Sample, age, last_backup

PROCESSES = ("relay", "sealer", "live")  # they beat; the worker has a table of its own
MOST_COUNTED = 100_000

GAUGES = (
    Gauge(name="yiwang_database_up", help="1 when the database answers."),
    Gauge(name="yiwang_look_seconds", help="What this look at everything took."),
    Gauge(name="yiwang_migrations_missing", help="Changes of tables that this version needs and the database lacks."),
    Gauge(name="yiwang_disk_free_bytes", help="Free space.", labels=("place",)),
    Gauge(name="yiwang_heartbeat_age_seconds", help="Since the newest sign of life.", labels=("process",)),
    Gauge(name="yiwang_stream_viewers", help="Browsers that listen to the live stream."),
    Gauge(name="yiwang_queue_jobs", help="Jobs by state; counted up to 100,000.", labels=("status",)),
    Gauge(name="yiwang_queue_age_seconds", help="How long the oldest job that could run has waited."),
    Gauge(name="yiwang_database_connections", help="Connections of this database.", labels=("state",)),
    Gauge(name="yiwang_database_connections_free", help="Connections that the server still allows."),
    Gauge(name="yiwang_backup_age_seconds", help="Since the last backup that was verified; +Inf for never."),
)
CHECKS = (
    Check(name="database", gauge="yiwang_database_up", label=_("Database"), unit="yes", least=1, vital=True, runbook="database-down"),
    Check(name="tables", gauge="yiwang_migrations_missing", label=_("Tables fit this version"), unit="count", most=0, vital=True, runbook="tables-do-not-fit"),
    Check(name="disk", gauge="yiwang_disk_free_bytes", label=_("Free disk space"), unit="bytes", least=settings.DISK_LEAST_BYTES, vital=True, runbook="disk-full"),
    Check(name="processes", gauge="yiwang_heartbeat_age_seconds", label=_("Processes alive"), unit="seconds", most=LATE_S, runbook="process-silent"),
    Check(name="queue", gauge="yiwang_queue_age_seconds", label=_("Jobs waiting"), unit="seconds", most=600, runbook="jobs-wait"),
    Check(name="connections", gauge="yiwang_database_connections_free", label=_("Database connections left"), unit="count", least=5, runbook="connections-used-up"),
    Check(name="backup", gauge="yiwang_backup_age_seconds", label=_("Last good backup"), unit="seconds", most=settings.BACKUP_MOST_AGE_S, runbook="backup-too-old"),
)  # fmt: skip


@cache
def _shipped() -> frozenset[tuple[str, str]]:
    """Return the migrations that this version's code knows (read from disk once)."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def read(database: bool) -> Iterable[Sample]:
    """Four queries; without a database only what the machine itself tells."""
    for place, folder in {"data": settings.DATA_DIR, "files": settings.FILES_DIR}.items():
        yield Sample("yiwang_disk_free_bytes", float(_free(Path(folder))), {"place": place})
    if not database:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        yield Sample("yiwang_migrations_missing", float(len(_shipped() - set(cursor.fetchall()))))
        yield from _processes(cursor)
        yield from _queue(cursor)
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*), current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
            " FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1"
        )
        rows = cursor.fetchall()
        for state, count, _free_now in rows:
            yield Sample("yiwang_database_connections", float(count), {"state": state.replace(" ", "_")})
        yield Sample("yiwang_database_connections_free", float(rows[0][2]))
    yield Sample("yiwang_backup_age_seconds", age(last_backup(), now()))


def _free(folder: Path) -> int:
    """Return the free bytes where the folder is, or will be once it is made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _processes(cursor: object) -> Iterable[Sample]:
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT process, extract(epoch FROM clock_timestamp() - max(at)),"
        " coalesce(sum((facts->>'viewers')::int) FILTER (WHERE at > clock_timestamp() - make_interval(secs => %s)), 0)"
        " FROM yw_base_heartbeat GROUP BY 1"
        " UNION ALL SELECT 'worker', extract(epoch FROM clock_timestamp() - max(last_heartbeat)), 0 FROM procrastinate_workers",
        [LATE_S],
    )
    rows = {name: (math.inf if late is None else max(0.0, float(late)), viewers) for name, late, viewers in cursor.fetchall()}  # type: ignore[attr-defined]
    for name in (*PROCESSES, "worker"):
        yield Sample("yiwang_heartbeat_age_seconds", rows.get(name, (math.inf, 0))[0], {"process": name})
    yield Sample("yiwang_stream_viewers", float(rows.get("live", (0, 0))[1]))


def _queue(cursor: object) -> Iterable[Sample]:
    """Count by state (a queue a million long is counted no further than `MOST_COUNTED`), and ask how old the oldest is."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT s.status, (SELECT count(*) FROM (SELECT 1 FROM procrastinate_jobs j WHERE j.status = s.status::procrastinate_job_status LIMIT %s) counted)"
        " FROM (VALUES ('todo'), ('doing'), ('failed')) s(status)",
        [MOST_COUNTED],
    )
    for status, count in cursor.fetchall():  # type: ignore[attr-defined]
        yield Sample("yiwang_queue_jobs", float(count), {"status": status})
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT extract(epoch FROM clock_timestamp() - greatest(e.at, j.scheduled_at)) FROM procrastinate_jobs j"
        " JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
        " WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at <= clock_timestamp()) ORDER BY j.id LIMIT 1"
    )
    row = cursor.fetchone()  # type: ignore[attr-defined]
    yield Sample("yiwang_queue_age_seconds", max(0.0, float(row[0])) if row else 0.0)
