"""A database as a release left it, restored from its dump."""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tools import cluster
from tools.database import REPO_DIR, python_env

FOLDER = Path(__file__).resolve().parent
RELEASES = sorted(p.name.removesuffix(".sql.xz") for p in FOLDER.glob("*.sql.xz"))


@dataclass
class Restored:
    """The database of a release, and this version's command line pointed at it."""

    release: str
    name: str
    server: Any
    data: Path

    def connect(self, user: str = "yiwang_app") -> psycopg.Connection[Any]:
        return psycopg.connect(host=self.server.host, port=self.server.port, user=user, dbname=self.name, autocommit=True)

    def yiwang(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "yiwang", *arguments)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        env = {
            **os.environ, **python_env(), "YIWANG_PG_HOST": self.server.host, "YIWANG_PG_PORT": self.server.port, "YIWANG_PG_NAME": self.name,
            "DATABASE_URL": "", "YIWANG_DB_ROLE": "app", "YIWANG_DB_POOL": "", "YIWANG_DATA_DIR": str(self.data), "YIWANG_LOG_LEVEL": "WARNING",
            "YIWANG_DEBUG": "", "YIWANG_PRODUCTION": "",
        }  # fmt: skip
        return subprocess.run([sys.executable, *arguments], cwd=REPO_DIR, env=env, capture_output=True, text=True, check=False)

    def migrations(self) -> set[tuple[str, str]]:
        with self.connect() as db:
            return set(db.execute("SELECT app, name FROM django_migrations").fetchall())


@pytest.fixture(params=RELEASES)
def restored(request: pytest.FixtureRequest, test_databases: Any, tmp_path: Path) -> Iterator[Restored]:
    """Restore a release's dump into a database of its own."""
    name = test_databases.clone()
    test_databases.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    test_databases.admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'").format(sql.Identifier(name))
    )
    server = test_databases.server
    try:
        text = lzma.decompress((FOLDER / f"{request.param}.sql.xz").read_bytes())
        done = subprocess.run(
            [str(cluster.bin_dir() / "psql"), "-h", server.host, "-p", server.port, "-U", server.user, "-q", "-v", "ON_ERROR_STOP=1", name],
            input=text, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()[-1000:]
        with server.connect(name) as admin:  # the dump's record lies in its own months; today's are made by the sealer
            admin.execute("ANALYZE")
        yield Restored(request.param, name, server, tmp_path / "data")
    finally:
        test_databases.drop(name)
