"""Roles, extensions and migrations of one database; the same steps for `./dev up`, for tests and for a server of your own.

Two roles from the first day: `yiwang_owner` owns every table and migrates, `yiwang_app` runs the platform. Neither is
a superuser, so a fault in the web code can neither change the tables nor touch the append-only ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

REPO_DIR = Path(__file__).resolve().parents[1]
OWNER, APP = "yiwang_owner", "yiwang_app"
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
# A queue slows down by its own dead rows: to a quarter after a few thousand. Vacuum by count, not by share of the table.
QUEUE_TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers")
QUEUE_VACUUM = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 300, "
    "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 1000, autovacuum_vacuum_cost_delay = 0"
)


class DatabaseUnfit(Exception):
    """This database cannot carry the platform; the message says why and what mends it."""


@dataclass(frozen=True)
class Server:
    """How to reach a PostgreSQL server as its administrator."""

    host: str
    port: str
    user: str = "postgres"
    password: str | None = None

    def connect(self, name: str = "postgres") -> psycopg.Connection:
        """Open an autocommitting connection (CREATE DATABASE does not run inside a transaction)."""
        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=name,
            autocommit=True, connect_timeout=10,
        )  # fmt: skip


def create_roles(connection: psycopg.Connection) -> None:
    """Create the two roles where they are missing; safe to repeat and for several processes at once."""
    for role in (OWNER, APP):
        connection.execute(
            sql.SQL(
                "DO $$ BEGIN CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ).format(sql.Identifier(role))
        )


def prepare_database(connection: psycopg.Connection) -> None:
    """Create the extensions and let the owner create tables that the app may use (connected to that database)."""
    for extension in EXTENSIONS:
        connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    connection.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
    connection.execute(f"{default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}")
    connection.execute(f"{default} USAGE, SELECT ON SEQUENCES TO {APP}")


def check_fit(connection: psycopg.Connection) -> None:
    """Refuse a server that cannot carry the platform, before anything is written to it.

    Raises
    ------
    DatabaseUnfit
        PostgreSQL is older than 15, an extension is not installed on the server, or the locale makes trigrams of
        Chinese words empty (pg_trgm asks the C library: `C` and ICU with `LC_CTYPE C` lose every Chinese character).
    """
    if connection.info.server_version < 150000:
        raise DatabaseUnfit(
            f"The server runs PostgreSQL {connection.info.server_version // 10000}; 15 or newer is needed. "
            "Use a newer server, or unset DATABASE_URL to let ./dev make one of its own."
        )
    rows = connection.execute("SELECT name FROM pg_available_extensions WHERE name = ANY(%s)", [list(EXTENSIONS)])
    if missing := sorted(set(EXTENSIONS) - {row[0] for row in rows}):
        raise DatabaseUnfit(
            f"The server lacks the extension {', '.join(missing)}. Install it on the server "
            "(Debian: apt-get install postgresql-15-postgis-3), or unset DATABASE_URL."
        )
    encoding, ctype = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
    ).fetchone() or ("", "")
    if encoding != "UTF8" or ctype in ("C", "POSIX"):
        raise DatabaseUnfit(_locale_mend(connection.info.dbname, encoding, ctype))


def check_trigrams(connection: psycopg.Connection) -> None:
    """Prove that a Chinese word has trigrams here (after the extensions exist).

    Raises
    ------
    DatabaseUnfit
        `show_trgm('井盖')` is empty, so Chinese search would find nothing by index.
    """
    row = connection.execute("SELECT cardinality(show_trgm('井盖'))").fetchone()
    if not row or not row[0]:
        raise DatabaseUnfit(_locale_mend(connection.info.dbname, "UTF8", "its LC_CTYPE"))


def _locale_mend(name: str, encoding: str, ctype: str) -> str:
    return (
        f"The database {name} ({encoding}, {ctype}) loses Chinese characters in searches. Make a new one: "
        f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';"
    )


def migrate(env: Mapping[str, str], *, verbosity: int = 0) -> None:
    """Run the migrations as the owner in a process of its own (settings read the role from the environment).

    Raises
    ------
    DatabaseUnfit
        A migration failed; the message ends with what Django said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "yiwang", "migrate", "--no-input", "--skip-checks", f"-v{verbosity}"],
        cwd=REPO_DIR,
        env={**os.environ, **python_env(), "YIWANG_LOG_LEVEL": "WARNING", **env, "YIWANG_DB_ROLE": "owner",
             "YIWANG_DB_POOL": ""},
        capture_output=not verbosity, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = "\n".join((done.stderr or "").strip().splitlines()[-15:])
        raise DatabaseUnfit(f"The migrations failed; nothing of the failed one was kept.\n{said}")


def tune_queue(connection: psycopg.Connection) -> None:
    """Vacuum the queue's tables early and often."""
    for table in QUEUE_TABLES:
        connection.execute(f"ALTER TABLE IF EXISTS {table} SET ({QUEUE_VACUUM})")


def python_env() -> dict[str, str]:
    """Return the environment in which `python -m yiwang` finds the platform."""
    path = [str(REPO_DIR / "src"), str(REPO_DIR), os.environ.get("PYTHONPATH", "")]
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(p for part in path for p in part.split(os.pathsep) if p)),
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "yiwang.site.settings"),
    }
