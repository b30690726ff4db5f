"""An existing PostgreSQL server named by DATABASE_URL: judged first, prepared as far as its login may, else refused."""

from __future__ import annotations

import psycopg

from tools.database import (
    APP,
    EXTENSIONS,
    OWNER,
    DatabaseUnfit,
    check_fit,
    check_trigrams,
    create_roles,
    prepare_database,
)
from tools.say import Stop


def prepare(url: str) -> None:
    """Make roles and extensions on the server, or say what its administrator has to run.

    Raises
    ------
    Stop
        The server cannot be reached, cannot carry the platform, or the login may not do what is needed.
    """
    try:
        if not psycopg.conninfo.conninfo_to_dict(url).get("dbname"):
            raise psycopg.ProgrammingError("it names no database")
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise Stop(f"DATABASE_URL leads to no database: {str(error).strip().splitlines()[-1]}",
                   "Correct it (postgresql://user:password@host:5432/name), or unset it to let ./dev make a server "
                   "of its own.") from None  # fmt: skip
    with connection:
        name, login = connection.info.dbname, connection.info.user
        try:
            check_fit(connection)
            if _may_create_roles(connection):
                create_roles(connection)
                connection.execute(f'GRANT {OWNER}, {APP} TO "{login}"')
            _require_roles(connection, name, login)
            prepare_database(connection)
            check_trigrams(connection)
        except DatabaseUnfit as error:
            sentence, _, mend = str(error).partition(". ")
            raise Stop(f"{sentence}.", mend) from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise Stop(f"The login {login} may not prepare the database: {error.diag.message_primary}.",
                       _administrator_runs(name, login)) from None  # fmt: skip


def _may_create_roles(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _require_roles(connection: psycopg.Connection, name: str, login: str) -> None:
    row = connection.execute(
        "SELECT bool_and(pg_has_role(session_user, oid, 'MEMBER')), count(*) FROM pg_roles WHERE rolname = ANY(%s)",
        [[OWNER, APP]],
    ).fetchone()
    if not row or row[1] != 2 or not row[0]:
        raise Stop(f"The login {login} does not hold the roles {OWNER} and {APP}.", _administrator_runs(name, login))


def _administrator_runs(name: str, login: str) -> str:
    extensions = " ".join(f"CREATE EXTENSION IF NOT EXISTS {e};" for e in EXTENSIONS)
    return (
        f"An administrator of that server runs once, in the database {name}: "
        f'CREATE ROLE {OWNER}; CREATE ROLE {APP}; GRANT {OWNER}, {APP} TO "{login}"; '
        f'ALTER DATABASE "{name}" OWNER TO "{login}"; {extensions}'
    )
