"""The database server as a backup sees it: how to reach it in which role, and where PostgreSQL's own programs are."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from psycopg import sql

from yiwang.kernel.backup.errors import RestoreFailed

ROLES = ("yiwang_owner", "yiwang_app")
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")


def program(name: str) -> str:
    """Return the path of pg_dump, pg_restore or pg_basebackup: of the newest PostgreSQL on this machine.

    Raises
    ------
    RestoreFailed
        It is not installed.
    """
    given = settings.PG_BIN
    folders = [Path(given)] if given else sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for folder in folders:
        if (folder / name).is_file():
            return str(folder / name)
    if found := shutil.which(name):
        return found
    raise RestoreFailed(what=f"{name} is not installed here (Debian: postgresql-client-15), or set YIWANG_PG_BIN")


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def database_name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _is_private() -> bool:
    """Say whether this is the private cluster, where each role signs in by its own name over the socket."""
    return str(settings.DATABASES["default"]["USER"]) in ROLES


def coordinates(role: str = "owner", name: str = "") -> dict[str, str]:
    """Return host, port, user, password and dbname for `owner`, `app` or `admin` (who may create databases)."""
    config = settings.DATABASES["default"]
    found = {
        "host": str(config["HOST"]), "port": str(config["PORT"] or "5432"), "user": str(config["USER"]),
        "password": str(config.get("PASSWORD") or ""), "dbname": name or database_name(),
    }  # fmt: skip
    if role == "admin" and settings.BACKUP_ADMIN_URL:
        parts = urlsplit(settings.BACKUP_ADMIN_URL)
        found |= {
            "host": unquote(parts.hostname or found["host"]), "port": str(parts.port or found["port"]),
            "user": unquote(parts.username or ""), "password": unquote(parts.password or ""),
        }  # fmt: skip
    elif _is_private():
        found["user"] = "postgres" if role == "admin" else f"yiwang_{role}"
    return found


def env_of(where: dict[str, str]) -> dict[str, str]:
    """Return the environment with which PostgreSQL's programs reach it; a password never stands on a command line."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {names[key]: value for key, value in where.items() if value} | {"PGTZ": "UTC"}


def connect(role: str = "owner", name: str = "", *, autocommit: bool = False) -> psycopg.Connection:
    """Open a connection of its own, in the role, without limits on time."""
    where = {key: value for key, value in coordinates(role, name).items() if value}
    options = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c timezone=UTC -c jit=off"
    if role != "admin":
        options += f" -c role=yiwang_{role}"
    return psycopg.connect(**where, autocommit=autocommit, connect_timeout=10, options=options)  # type: ignore[arg-type]


def platform_env(name: str, **more: str) -> dict[str, str]:
    """Return the environment that points a process of the platform at another database of the same server."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "YIWANG_PG_NAME": name, "YIWANG_DB_POOL": ""}
    env |= {f"YIWANG_{key}": str(getattr(settings, key)) for key in ("SECRET_KEY", "FIELD_KEY", "BLIND_INDEX_KEY", "SEAL_KEY")}
    if url := os.environ.get("DATABASE_URL"):
        parts = urlsplit(url)
        env["DATABASE_URL"] = urlunsplit(parts._replace(path="/" + quote(name)))
    else:
        config = settings.DATABASES["default"]
        env |= {"YIWANG_PG_HOST": str(config["HOST"]), "YIWANG_PG_PORT": str(config["PORT"])}
    return env | {"YIWANG_REGION": settings.REGION, "YIWANG_LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": os.environ.get(
        "DJANGO_SETTINGS_MODULE", "yiwang.site.settings")} | more  # fmt: skip


def exists(name: str) -> bool:
    with connect("admin", "postgres", autocommit=True) as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def create(name: str) -> None:
    """Create an empty database with roles and extensions, ready for a dump.

    Raises
    ------
    RestoreFailed
        The administrator's sign-in may not do that here.
    """
    try:
        with connect("admin", "postgres", autocommit=True) as admin:
            for role in ROLES:
                admin.execute(
                    sql.SQL(
                        "DO $$ BEGIN CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; "
                        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                    ).format(sql.Identifier(role))
                )
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(sql.Identifier(name))
            )
        with connect("admin", name, autocommit=True) as admin:
            for extension in EXTENSIONS:
                admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            admin.execute("GRANT USAGE, CREATE ON SCHEMA public TO yiwang_owner")
            admin.execute("GRANT USAGE ON SCHEMA public TO yiwang_app")
    except psycopg.Error as error:
        raise RestoreFailed(
            what=f"The database {name} could not be made: {str(error).strip()} (YIWANG_BACKUP_ADMIN_URL names who may)"
        ) from error


def drop(name: str) -> None:
    with connect("admin", "postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """Lend an empty database and drop it afterwards."""
    create(name)
    try:
        yield name
    finally:
        drop(name)


def swap(fresh: str, live: str, aside: str) -> None:
    """Put `fresh` in the place of `live`, which is kept as `aside`; whoever is connected is cut off."""
    with connect("admin", "postgres", autocommit=True) as admin:
        for name in (fresh, live):
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [live]).fetchone():
            admin.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(live)))
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [live])
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(live), sql.Identifier(aside)))
            admin.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(sql.Identifier(aside)))
        admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(live)))
