"""The kinds of database that are read: how each is entered read-only, streamed and quoted.

PostgreSQL and MySQL/MariaDB are tried in the tests against real servers; Kingbase speaks PostgreSQL's protocol. SQL Server
and Oracle go through optional packages (pymssql, oracledb) that could not be tried here against a server.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.apps.datahub.errors import SourceDriverAbsent, SourceSettingsWrong, SourceUnreachable
from yiwang.apps.datahub.lake.sources.base import Reading
from yiwang.kernel.base import outgoing

CONNECT_S = 10
MARK = "\x01"  # where a value goes: no text of a person holds it
PORTS = {"postgresql": 5432, "kingbase": 54321, "mysql": 3306, "sqlserver": 1433, "oracle": 1521}


@dataclass
class Session:
    """One read-only transaction, in which every answer is of the same moment."""

    driver: str
    connection: Any

    def quoted(self, name: str) -> str:
        left, right = {"mysql": ("`", "`"), "sqlserver": ("[", "]")}.get(self.driver, ('"', '"'))
        return left + name.replace(right, right * 2) + right

    def table(self, name: str) -> str:
        """Return `schema.table` as SQL writes it."""
        return ".".join(self.quoted(part) for part in name.split("."))

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(self._sql(sql, values), self._values(values))
            row = cursor.fetchone()
        return row[0] if row else None

    def stream(self, sql: str, values: Sequence[Any], size: int) -> tuple[list[str], Iterator[list[Any]]]:
        """Run it behind a cursor of the server; returns the columns, and rows `size` at a time."""
        if self.driver in ("postgresql", "kingbase"):
            cursor = self.connection.cursor(name="yiwang")
            cursor.itersize = size
        elif self.driver == "mysql":
            cursor = self.connection.cursor(import_module("pymysql.cursors").SSCursor)
        else:
            cursor = self.connection.cursor()
            cursor.arraysize = size
        cursor.execute(self._sql(sql, values), self._values(values))

        def batches() -> Iterator[list[Any]]:
            try:
                while rows := cursor.fetchmany(size):
                    yield list(rows)
            finally:
                cursor.close()

        return [str(c[0]) for c in cursor.description], batches()

    def _sql(self, sql: str, values: Sequence[Any]) -> str:
        if not values:
            return sql
        return sql.replace("%", "%%").replace(MARK, "%s") if self.driver != "oracle" else _numbered(sql)

    def _values(self, values: Sequence[Any]) -> Any:
        return tuple(values) if values else None


def _numbered(sql: str) -> str:
    parts = sql.split(MARK)
    return parts[0] + "".join(f":{i}{part}" for i, part in enumerate(parts[1:], 1))


def allowed_sockets() -> tuple[str, ...]:
    """Return the folders whose sockets a source may name (settings.LAKE["sockets"])."""
    lake: dict[str, Any] = settings.LAKE
    return tuple(lake["sockets"])


def _where(reading: Reading) -> tuple[str, int]:
    """Return (address, port) to connect to, or (socket, 0); only what the installation allows."""
    given = reading.settings
    if socket := str(given.get("socket") or ""):
        allowed = [Path(p).resolve() for p in allowed_sockets()]
        if not any(Path(socket).resolve().is_relative_to(p) for p in allowed):
            raise SourceSettingsWrong(field="socket", reason="YIWANG_LAKE_SOCKETS")
        return socket, 0
    driver, host = str(given["driver"]), str(given.get("host") or "")
    port = int(given.get("port") or PORTS[driver])
    return str(outgoing.checked(host, port)[0]), port


def _driver(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError as error:
        raise SourceDriverAbsent(package=package) from error


@contextmanager
def session(reading: Reading) -> Iterator[Session]:
    """Open one read-only transaction on the source.

    Raises
    ------
    SourceUnreachable
        No connection, wrong password, an error of the server; never with our secret in its words.
    SourceDriverAbsent
        The optional package is not installed.
    """
    given, password = reading.settings, reading.secrets.get("password", "")
    driver, (host, port) = str(given["driver"]), _where(reading)
    known: tuple[type[Exception], ...] = (OSError,)
    connection: Any = None
    try:
        if driver in ("postgresql", "kingbase"):
            psycopg = _driver("psycopg")
            known = (psycopg.Error, OSError)
            connection = psycopg.connect(
                host=host, port=port or int(given.get("port") or 5432), dbname=given["database"], user=given["user"], password=password,
                connect_timeout=CONNECT_S, autocommit=False, application_name="yiwang",
                options="-c default_transaction_read_only=on -c statement_timeout=3600000 -c client_encoding=UTF8",
            )  # fmt: skip
            connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
        elif driver == "mysql":
            pymysql = _driver("pymysql")
            known = (pymysql.err.Error, OSError)
            where = {"host": host, "port": port} if port else {"unix_socket": host}
            connection = pymysql.connect(
                **where, database=given["database"], user=given["user"], password=password, charset="utf8mb4", connect_timeout=CONNECT_S,
                read_timeout=600, local_infile=False, autocommit=False,
            )  # fmt: skip
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        elif driver == "sqlserver":  # the server knows no read-only transaction: the account has to be a reader's
            pymssql = _driver("pymssql")
            known = (pymssql.Error, OSError)
            connection = pymssql.connect(
                server=host, port=port, database=given["database"], user=given["user"], password=password, login_timeout=CONNECT_S, charset="UTF-8"
            )
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        else:
            oracledb = _driver("oracledb")
            known = (oracledb.Error, OSError)
            connection = oracledb.connect(user=given["user"], password=password, host=host, port=port, service_name=given["database"])
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield Session(driver, connection)
    except known as error:
        raise SourceUnreachable(reason=reading.scrubbed(error)) from None  # its chain may name the secret
    finally:
        if connection is not None:
            with suppress(Exception):  # a dead connection cannot be closed nicely
                connection.rollback()
                connection.close()
