"""`yiwang upgrade` from each release's dump, while a client of that release goes on reading and writing."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.upgrade.conftest import Restored
from tools import up
from tools.place import Place
from tools.say import Stop

COPIED = ("yw_cases_case", "yw_cases_task", "yw_cases_report", "yw_notices_notice", "yw_base_idempotentrequest", "yw_files_attachment")


class OldClient(threading.Thread):
    """The release before, as the database sees it: it names the columns that it knows, and no others.

    It reads every table, and writes rows again with new keys: a case, its task, its report, a message, a request.
    """

    def __init__(self, restored: Restored) -> None:
        super().__init__(daemon=True)
        self.restored = restored
        self.over = threading.Event()
        self.errors: list[str] = []
        self.slowest = 0.0
        self.rounds = 0
        self.made: list[int] = []
        with restored.connect() as db:
            rows = db.execute(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND (table_name LIKE 'yw\\_%%' OR table_name LIKE 'city\\_%%') AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position"
            ).fetchall()
            self.columns: dict[str, list[str]] = {}
            for table, column in rows:
                self.columns.setdefault(table, []).append(column)
            views = {r[0] for r in db.execute("SELECT table_name FROM information_schema.views WHERE table_schema = 'public'")}
            self.tables = [t for t in self.columns if t not in views and "_20" not in t]
            self.pattern = db.execute("SELECT min(case_id) FROM yw_cases_report").fetchone()[0]  # type: ignore[index]

    def run(self) -> None:
        with self.restored.connect() as db:
            while not self.over.is_set():
                began = time.monotonic()
                try:
                    self._read(db)
                    self._write(db)
                except psycopg.Error as error:
                    self.errors.append(f"{type(error).__name__}: {error}")
                    if db.closed:
                        return
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.rounds += 1
                time.sleep(0.02)

    def _names(self, table: str, without: tuple[str, ...] = ()) -> Any:
        return sql.SQL(", ").join(sql.Identifier(c) for c in self.columns[table] if c not in without)

    def _read(self, db: psycopg.Connection[Any]) -> None:
        for table in self.tables:
            db.execute(sql.SQL("SELECT {} FROM {} LIMIT 3").format(self._names(table), sql.Identifier(table))).fetchall()

    def _write(self, db: psycopg.Connection[Any]) -> None:
        """Report once more what was reported before, and take a step on it."""
        with db.transaction():
            case = self._again(db, "yw_cases_case", "id", self.pattern, number=None, event_count=0, event_head=b"")
            self._again(db, "yw_cases_report", "case_id", self.pattern, case_id=case, first_case_id=case, query_code="", source_key="")
            db.execute("UPDATE yw_cases_case SET version = version + 1, state = 'pending_file' WHERE id = %s", [case])
            db.execute("INSERT INTO yw_base_idempotentrequest (client, key, body_hash, status, answer, created_at) VALUES ('old', %s, '', 200, '{\"x\": 1}', now())",
                       [uuid.uuid4().hex])  # fmt: skip
        self.made.append(case)

    def _again(self, db: psycopg.Connection[Any], table: str, key: str, value: int, **changed: Any) -> int:
        names = [c for c in self.columns[table] if c not in ("id", "search")]
        picked = [sql.Placeholder() if c in changed or c == "uid" else sql.Identifier(c) for c in names]
        values = [changed.get(c, uuid.uuid4()) for c in names if c in changed or c == "uid"]
        statement = sql.SQL("INSERT INTO {t} ({names}) SELECT {picked} FROM {t} WHERE {key} = %s ORDER BY id LIMIT 1 RETURNING id").format(
            t=sql.Identifier(table), names=sql.SQL(", ").join(map(sql.Identifier, names)), picked=sql.SQL(", ").join(picked), key=sql.Identifier(key)
        )
        row = db.execute(statement, [*values, value]).fetchone()
        assert row is not None
        return int(row[0])

    def clear(self) -> None:
        """Take its cases back: they have no record, so they would rightly be found unsound."""
        with self.restored.connect() as db:
            db.execute("DELETE FROM yw_cases_report WHERE case_id = ANY(%s)", [self.made])
            db.execute("DELETE FROM yw_cases_case WHERE id = ANY(%s)", [self.made])


@pytest.mark.timeout(600)
def test_a_release_is_upgraded_while_its_own_client_works(restored: Restored):
    client = OldClient(restored)
    before = restored.migrations()
    with restored.connect() as db:
        cases = db.execute("SELECT uid, state, event_count FROM yw_cases_case ORDER BY id").fetchall()
        began = db.execute("SELECT now()").fetchone()[0]  # type: ignore[index]
    client.start()
    while client.rounds < 2 and not client.errors:
        time.sleep(0.1)
    done = restored.yiwang("upgrade", "--no-verify")
    rounds = client.rounds
    while client.rounds < rounds + 2 and not client.errors:
        time.sleep(0.1)
    client.over.set()
    client.join(timeout=60)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert client.errors == []
    assert client.rounds > 3
    assert restored.migrations() > before or not before
    with restored.connect() as db:
        kept = db.execute("SELECT uid, state, event_count FROM yw_cases_case WHERE NOT id = ANY(%s) ORDER BY id", [client.made]).fetchall()
        assert kept == cases
        made = db.execute("SELECT count(*) FROM yw_cases_case WHERE id = ANY(%s) AND state = 'pending_file'", [client.made]).fetchone()
        assert made == (len(client.made),)
    client.clear()
    # A release with new readers: they are handed what is there, once no older transaction of the server is open (the tide).
    whole, until = None, time.monotonic() + 300
    while (whole is None or whole.returncode) and time.monotonic() < until:
        assert restored.yiwang("relay", "--once").returncode == 0
        whole = restored.yiwang("check-data", "cases", "city", "audit", "exchange", "base")
    assert whole is not None
    assert whole.returncode == 0, whole.stdout + whole.stderr
    # Older cases have their facts, and nobody was given a card for what the record said before: a limit that comes after it speaks, as on any day.
    with restored.connect() as db:
        without = db.execute("SELECT count(*) FROM yw_cases_case c WHERE NOT EXISTS (SELECT FROM yw_indicators_casefact f WHERE f.case_id = c.id)").fetchone()
        assert without == (0,)
        heard = "SELECT count(*) FROM yw_supervision_card c JOIN yw_audit_event e ON c.key LIKE '%%' || e.uid || '%%' WHERE e.recorded_at < %s"
        assert db.execute(heard, [began]).fetchone() == (0,)
    again = restored.yiwang("upgrade", "--check")
    assert "0 changes of tables wait" in again.stdout


@pytest.mark.timeout(300)
def test_what_speaks_against_it_is_said_before_the_first_table_changes(restored: Restored):
    before = restored.migrations()
    with restored.connect() as db, restored.connect("postgres") as admin:
        with db.transaction():
            db.execute("SELECT 1")
            reasons = _vetoes(restored, long_s=0)  # nobody waits a minute here
            assert any("transaction open" in r for r in reasons), reasons
        assert not any("transaction open" in r for r in _vetoes(restored, long_s=60))
        admin.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('yw_cases', '9999_from_the_future', now())")
        refused = restored.yiwang("upgrade")
        assert refused.returncode == 1
        assert "newer than this program (yw_cases.9999_from_the_future)" in refused.stderr
        admin.execute("DELETE FROM django_migrations WHERE name = '9999_from_the_future'")
        admin.execute("DELETE FROM django_migrations WHERE app = 'yw_files' AND name = '0002_personal_files'")
        refused = restored.yiwang("upgrade", "--check")
        assert "Upgrade to 0.1 first" in refused.stderr
        admin.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('yw_files', '0002_personal_files', now())")
    assert restored.migrations() == before


def test_up_asks_the_same_before_it_changes_an_older_data_folder(restored: Restored, tmp_path, monkeypatch):
    """`./dev up` with the data of another version: refused with the mend, and nothing is changed."""
    changed: list[dict[str, str]] = []
    monkeypatch.setattr("tools.up.database.migrate", changed.append)
    where = Place(tmp_path / "folder")
    where.make()
    env = {
        "YIWANG_PG_HOST": restored.server.host, "YIWANG_PG_PORT": restored.server.port, "YIWANG_PG_NAME": restored.name, "DATABASE_URL": "",
        "YIWANG_DB_ROLE": "app", "YIWANG_DB_POOL": "", "YIWANG_DATA_DIR": str(restored.data), "YIWANG_DEBUG": "", "YIWANG_PRODUCTION": "",
    }  # fmt: skip
    with restored.connect("postgres") as admin:
        admin.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('yw_cases', '9999_from_the_future', now())")
        with pytest.raises(Stop) as refused:
            up.migrate(where, env)
        assert "newer than this program (yw_cases.9999_from_the_future)" in str(refused.value)
        assert "nothing was changed" in str(refused.value)
        assert (changed, where.stamped("migrations")) == ([], "")
        admin.execute("TRUNCATE yw_identity_account CASCADE")
        up.migrate(where, env)
        assert changed == [env], "a first start that was killed half way, before anybody had an account, is simply gone on with"
        assert where.stamped("migrations")
        admin.execute("DROP TABLE yw_identity_account CASCADE")
        assert not up.in_use(env)


def _vetoes(restored: Restored, *, long_s: int) -> list[str]:
    """Ask about open transactions alone, with another idea of what is long."""
    code = f"import django; django.setup(); from yiwang.kernel.base import upgrading as u; u.LONG_S = {long_s}; print(*u._transactions(), sep='\\n')"
    return restored.python("-c", code).stdout.splitlines()
