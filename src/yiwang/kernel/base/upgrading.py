"""Before the first table changes: is there anything that speaks against it? Each veto is a sentence with its mend."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

from yiwang.kernel.base import backfill

# The first release that this one can follow at once, by the last migration of each room that it had.
OLDEST = ("0.1", {"yw_base": "0001_initial", "yw_audit": "0001_append_only", "yw_cases": "0003_search_long_words",
                  "yw_files": "0002_personal_files", "yw_identity": "0002_role_shipped", "city": "0002_imports"})  # fmt: skip
LONG_S = 60  # a transaction open for longer holds locks that a change of tables would wait for
LEAST_FREE = 512 * 1024**2

Veto = Callable[[], Iterable[str]]
_vetoes: list[Veto] = []


def register_veto(veto: Veto) -> None:
    """Let a room speak against an upgrade (no good backup, a job that must not be cut in two)."""
    if veto not in _vetoes:
        _vetoes.append(veto)


def pending() -> list[Migration]:
    """Return the migrations that this version's code has and the database has not, in their order."""
    executor = MigrationExecutor(connection)
    return [migration for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def vetoes() -> list[str]:
    """Return every reason against upgrading now; empty when nothing speaks against it. Reads only."""
    found = list(_version())
    if found:
        return found  # of another time altogether: what follows would not be understood
    return [*_transactions(), *_space(), *_backfills(), *(reason for veto in _vetoes for reason in veto())]


def _version() -> Iterator[str]:
    executor = MigrationExecutor(connection)
    applied, known = set(executor.loader.applied_migrations or {}), set(executor.loader.disk_migrations or {})
    if not applied:
        yield "This database holds no platform yet. A first installation is made by `./dev up` or `yiwang migrate`."
        return
    ours = {label for label, _name in known}
    if newer := sorted(f"{label}.{name}" for label, name in applied - known if label in ours):
        yield f"The database is newer than this program ({newer[-1]}). Use the version that it was last run with, or a later one."
    release, needed = OLDEST
    if missing := sorted(f"{label}.{name}" for label, name in needed.items() if (label, name) not in applied):
        yield f"The database is older than {release} ({missing[0]} is missing). Upgrade to {release} first, then to this version."


def _transactions() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, round(extract(epoch FROM clock_timestamp() - xact_start)), coalesce(nullif(application_name, ''), usename, '?')"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            " AND xact_start < clock_timestamp() - make_interval(secs => %s) ORDER BY xact_start",
            [LONG_S],
        )
        for pid, seconds, who in cursor.fetchall():
            yield f"Session {pid} ({who}) has a transaction open for {seconds:.0f} s. Let it end, or end it: SELECT pg_terminate_backend({pid})."
        cursor.execute("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")
        for (gid,) in cursor.fetchall():
            yield f"The prepared transaction {gid} is neither committed nor rolled back. Decide it: ROLLBACK PREPARED '{gid}'."


def _space() -> Iterator[str]:
    """A table that is written anew needs its size once more; a fifth of the database is more than any one that we rewrite."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = int(cursor.fetchone()[0])
    needed = max(LEAST_FREE, size // 5)
    place = Path(settings.DATA_DIR)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        yield f"Only {free // 2**20} MB are free at {place}; an upgrade of this database wants {needed // 2**20} MB. Free some space first."


def _backfills() -> Iterator[str]:
    """What a pending migration takes away must have been filled elsewhere before."""
    for migration in pending():
        wanted = tuple(getattr(migration, "needs_backfill", ()))
        for name in backfill.unfinished(wanted) if wanted else ():
            yield f"{migration.app_label}.{migration.name} needs the backfill {name}, which is not finished. Run it in the present version: yiwang backfill {name}."
