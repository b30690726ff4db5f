"""Databases for tests: one template made from the migrations, cloned for each process and each committing test.

Cloning by `CREATE DATABASE ... TEMPLATE` costs a fraction of a second and gives a test real commits in a database of
its own. Django's way (flush after the test) would need TRUNCATE on append-only tables, which nobody has.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import metadata
from pathlib import Path

import psycopg
from psycopg import sql

from tools import database
from tools.database import REPO_DIR, Server

TEMPLATE_PREFIX, CLONE_PREFIX = "yw_template_", "yw_clone_"
KEPT_TEMPLATES = 6  # of other branches and of runs under way
LOCK_SPACE = 0x7957  # first half of our advisory locks
MIGRATED_PACKAGES = ("Django", "django-allauth", "procrastinate")


def migrations_hash() -> str:
    """Return a hash of everything that decides what the migrations leave behind."""
    digest = hashlib.sha256()
    for package in MIGRATED_PACKAGES:
        digest.update(metadata.version(package).encode())
    settings = (REPO_DIR / "src" / "yiwang" / "site" / "settings.py").read_text(encoding="utf-8")
    digest.update(settings.partition("INSTALLED_APPS = [")[2].partition("]")[0].encode())
    sources = sorted((REPO_DIR / "src" / "yiwang").glob("*/*/migrations/**/*"))
    for path in [*sources, Path(database.__file__)]:
        if path.is_file() and path.suffix != ".pyc" and path.name != "__init__.py":
            digest.update(str(path.relative_to(REPO_DIR)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def template_name() -> str:
    """Return the template's name; the month is part of it, because migrations create this month's partitions."""
    return TEMPLATE_PREFIX + hashlib.sha256(f"{date.today():%Y-%m} {migrations_hash()}".encode()).hexdigest()[:16]


class TestDatabases:
    """The databases of one test process; whoever holds its run lock is alive, whatever is left without one is dropped."""

    __test__ = False

    def __init__(self, server: Server) -> None:
        self.server = server
        self.run_id = secrets.randbits(31)
        self.count = 0
        self.admin = server.connect()
        self.admin.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, self.run_id])
        try:
            self.drop_leftovers()
            self.template = self.ensure_template()
        except BaseException:
            self.admin.close()
            raise

    def drop_leftovers(self) -> list[str]:
        """Drop the clones of killed runs (their lock is free) and return their names."""
        dropped = []
        for (name,) in self.admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [CLONE_PREFIX.replace("_", r"\_") + "%"]
        ).fetchall():
            run = int(name.removeprefix(CLONE_PREFIX).split("_")[0], 16)
            if run != self.run_id and self._scalar("SELECT pg_try_advisory_lock(%s, %s)", LOCK_SPACE, run):
                self.drop(name)
                self.admin.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, run])
                dropped.append(name)
        return dropped

    def ensure_template(self) -> str:
        """Make the template unless it is there; several processes may ask at once, one makes it."""
        name = template_name()
        self.admin.execute("SELECT pg_advisory_lock(%s, 0)", [LOCK_SPACE])
        try:
            if not self._scalar("SELECT count(*) FROM pg_database WHERE datname = %s", name):
                self._make_template(name)
                self._drop_old_templates(name)
        finally:
            self.admin.execute("SELECT pg_advisory_unlock(%s, 0)", [LOCK_SPACE])
        return name

    def _make_template(self, name: str) -> None:
        building = name + "_new"  # takes its real name only when whole
        self.drop(building)
        database.create_roles(self.admin)
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(
                sql.Identifier(building)
            )
        )
        with self.server.connect(building) as connection:
            database.prepare_database(connection)
            database.check_trigrams(connection)
        database.migrate(
            {"YIWANG_PG_HOST": self.server.host, "YIWANG_PG_PORT": self.server.port, "YIWANG_PG_NAME": building,
             "DATABASE_URL": ""}
        )  # fmt: skip
        with self.server.connect(building) as connection:
            database.tune_queue(connection)
            connection.execute("VACUUM ANALYZE")
        self.admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (building, name))))

    def _drop_old_templates(self, newest: str) -> None:
        rows = self.admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s AND datname <> %s ORDER BY oid DESC OFFSET %s",
            [TEMPLATE_PREFIX.replace("_", r"\_") + "%", newest, KEPT_TEMPLATES - 1],
        ).fetchall()
        for (name,) in rows:
            self.drop(name)

    def clone(self, template: str = "") -> str:
        """Create a database like the template (the migrated one, unless told) and return its name."""
        self.count += 1
        name = f"{CLONE_PREFIX}{self.run_id:08x}_{self.count}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template or self.template)
        )
        try:
            self.admin.execute(statement)
        except psycopg.errors.ObjectInUse:  # autovacuum was looking at the template
            self.admin.execute(statement)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, cutting whoever is still connected."""
        self.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def cloned(self, template: str = "") -> Iterator[str]:
        """Lend a clone and drop it afterwards."""
        name = self.clone(template)
        try:
            yield name
        finally:
            self.drop(name)

    def close(self) -> None:
        """Let go of the run lock."""
        self.admin.close()

    def _scalar(self, statement: str, *values: object) -> object:
        row = self.admin.execute(statement, list(values)).fetchone()
        return row[0] if row else None


def main() -> None:
    """Make the template of this checkout in the server that the environment names."""
    TestDatabases(Server(os.environ["YIWANG_PG_HOST"], os.environ["YIWANG_PG_PORT"], os.environ.get("PGUSER", "postgres"))).close()


if __name__ == "__main__":
    main()
