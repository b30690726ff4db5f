"""Pulling from real servers: PostgreSQL (that of the tests) and MariaDB (Debian's, on a socket of its own)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest
from django.db import connection, connections

from yiwang.apps.datahub.errors import (
    SourceChanged,
    SourceCountsDiffer,
    SourceDriverAbsent,
    SourceSettingsWrong,
    SourceUnreachable,
)
from yiwang.apps.datahub.lake.sources import Reading, database, drivers, read
from yiwang.apps.datahub.models import Pull, Run, Source
from yiwang.apps.datahub.services import sources as services
from yiwang.apps.datahub.services.sources import port
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.apps.datahub.tests.source_world import UPSERT, landed, maria, mariadbd
from yiwang.kernel.base.errors import BadInput


class Bureau:
    """A bureau's own schema in the test server, written through a connection of its own."""

    def __init__(self) -> None:
        given = connection.settings_dict
        self.where = {"host": given["HOST"], "port": given["PORT"], "dbname": "postgres", "user": os.environ.get("PGUSER", "postgres")}
        self.schema = f"bureau_{os.getpid()}"
        self.link = psycopg.connect(**self.where, autocommit=True)  # type: ignore[arg-type]
        self.run(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE; CREATE SCHEMA {self.schema}")
        self.run(f"CREATE TABLE {self.schema}.relief (id int PRIMARY KEY, name text, changed_at timestamp)")

    def run(self, sql: str, values: Any = None) -> None:
        self.link.execute(sql, values)

    def fill(self, first: int, last: int, at: str = "2026-11-01 08:00") -> None:
        self.run(f"INSERT INTO {self.schema}.relief SELECT i, '甲' || i, timestamp '{at}' + i * interval '1 second' FROM generate_series({first}, {last}) i")

    @property
    def settings(self) -> dict[str, Any]:
        return {"driver": "postgresql", "socket": self.where["host"], "port": self.where["port"], "database": "postgres", "user": self.where["user"], "table": f"{self.schema}.relief"}


@pytest.fixture
def bureau(settings: Any, request: pytest.FixtureRequest) -> Iterator[Bureau]:
    made = Bureau()
    settings.LAKE = {**settings.LAKE, "sockets": (made.where["host"],)}
    yield made
    made.run(f"DROP SCHEMA {made.schema} CASCADE")
    made.link.close()


def db_source(world: Any, given: dict[str, Any], text: str = UPSERT, **more: Any) -> Source:
    dataset = make_dataset(world.orgs["bureau-civil"], "civil-relief", "低保对象", text=text)
    secrets = {"password": more.pop("password", "unused-secret")}
    return services.keep(world.actor("data_owner"), dataset=dataset.uid, kind="database", name="民政业务库", settings={**given, **more}, secrets=secrets)


def test_all_rows_in_one_moment_and_nothing_when_nothing_changed(world: Any, bureau: Bureau) -> None:
    bureau.fill(1, 250)
    source = db_source(world, bureau.settings, batch_rows=40)
    run = services.pull(source.pk)
    assert (run.state, run.rows, run.rows_there, run.accepted) == ("done", 250, 250, 250)
    assert services.pull(source.pk).state == "nothing"
    bureau.run(f"UPDATE {bureau.schema}.relief SET name = '乙' WHERE id = 7")
    run = services.pull(source.pk)
    assert (run.rows, run.accepted, run.duplicate) == (250, 1, 249)
    assert landed()["7"]["name"] == "乙"


def test_rows_with_a_greater_key_in_portions(world: Any, bureau: Bureau) -> None:
    bureau.fill(1, 250)
    source = db_source(world, bureau.settings, mode="key", column="id", batch_rows=30, portion_rows=100)
    run = services.pull(source.pk)
    assert (run.portions, run.rows, run.watermark_after["mark"]["value"]) == (3, 250, "250")
    bureau.fill(251, 260)
    run = services.pull(source.pk)
    assert (run.rows, run.duplicate) == (10, 0)
    assert services.pull(source.pk).state == "nothing"


def test_late_rows_come_with_the_overlap_and_nothing_is_doubled(world: Any, bureau: Bureau) -> None:
    bureau.fill(1, 100)
    source = db_source(world, bureau.settings, mode="changed", column="changed_at", overlap_minutes=5)
    services.pull(source.pk)
    bureau.run(f"INSERT INTO {bureau.schema}.relief VALUES (500, '迟', '2026-11-01 08:00:50')")  # written before the mark, visible after it
    bureau.run(f"INSERT INTO {bureau.schema}.relief VALUES (501, '新', '2026-11-01 09:00:00')")
    run = services.pull(source.pk)
    assert (run.accepted, len(landed())) == (2, 102)
    assert landed()["500"]["name"] == "迟"
    run = services.pull(source.pk)  # the overlap of the new mark
    assert (run.rows, run.accepted, run.duplicate) == (1, 0, 1)
    assert services.pull(source.pk).state == "nothing"  # and the same overlap again is nothing at all


@pytest.mark.committed
def test_killed_in_mid_pull_it_goes_on_without_loss_or_doubling(committed: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    """SIGKILL while the third portion lands, in a process of its own; the next run brings the rest, each row once."""
    from tests.world import build

    world = build(matter=False)
    bureau = Bureau()
    settings.LAKE = {**settings.LAKE, "sockets": (bureau.where["host"],)}
    try:
        bureau.fill(1, 500)
        source = db_source(world, bureau.settings, mode="key", column="id", batch_rows=50, portion_rows=100)
        land, portions = port.land, 0

        def dying(*given: Any, **more: Any) -> port.Landed:
            nonlocal portions
            portions += 1
            made = land(*given, **more)
            if portions == 3 and os.getpid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)
            return made

        monkeypatch.setattr(port, "land", dying)
        parent = os.getpid()
        connections.close_all()
        if (child := os.fork()) == 0:
            try:
                services.pull(source.pk)
            finally:
                os._exit(3)
        _pid, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
        broken = Pull.objects.get()
        assert (broken.state, broken.portions, broken.rows, broken.watermark_after["mark"]["value"]) == ("running", 2, 200, "200")
        run = services.pull(source.pk)
        broken.refresh_from_db()
        assert (broken.state, run.state, run.rows, run.portions) == ("broken", "done", 300, 3)
        assert set(landed()) == {str(i) for i in range(1, 501)}
        assert sum(Run.objects.filter(state="done").values_list("accepted", flat=True)) == 500  # each row once, not one twice
    finally:
        bureau.run(f"DROP SCHEMA {bureau.schema} CASCADE")
        bureau.link.close()


def test_source_that_dies_in_mid_pull_leaves_nothing_half(world: Any, bureau: Bureau) -> None:
    bureau.fill(1, 300)
    source = db_source(world, bureau.settings, batch_rows=50)
    stream = drivers.Session.stream

    def dying(self: Any, sql: str, values: Any, size: int) -> Any:
        columns, batches = stream(self, sql, values, size)

        def until() -> Iterator[Any]:
            yield next(batches)
            bureau.run("SELECT pg_terminate_backend(%s)", [self.connection.info.backend_pid])
            yield from batches

        return columns, until()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drivers.Session, "stream", dying)
        run = services.pull(source.pk)
    assert (run.state, run.why, run.rows, landed()) == ("failed", "datahub.source.unreachable", 0, {})
    assert services.pull(source.pk).rows == 300


def test_counts_that_do_not_agree_land_nothing(tmp_path: Path, bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    bureau.fill(1, 10)
    given = Reading(number="s", kind="database", settings=bureau.settings, secrets={}, watermark={}, workspace=tmp_path)
    monkeypatch.setattr(drivers.Session, "one", lambda *_a: 11)
    with pytest.raises(SourceCountsDiffer) as caught:
        list(read(given))
    assert (caught.value.there, caught.value.here) == (11, 10)
    assert not list(tmp_path.iterdir())


def test_column_renamed_overnight(tmp_path: Path, bureau: Bureau) -> None:
    bureau.fill(1, 10)
    settings = {**bureau.settings, "mode": "changed", "column": "changed_at"}
    bureau.run(f"ALTER TABLE {bureau.schema}.relief RENAME changed_at TO updated_at")
    with pytest.raises(SourceChanged) as caught:
        list(read(Reading(number="s", kind="database", settings=settings, secrets={}, watermark={}, workspace=tmp_path)))
    assert caught.value.reason == "changed_at"


def test_what_is_read_cannot_write_even_past_our_own_check(tmp_path: Path, bureau: Bureau) -> None:
    """The second lock: the transaction itself is read-only."""
    bureau.fill(1, 3)
    bureau.run(f"CREATE FUNCTION {bureau.schema}.innocent() RETURNS int LANGUAGE sql AS 'DELETE FROM {bureau.schema}.relief RETURNING 1'")
    settings = {**bureau.settings, "table": "", "query": f"SELECT {bureau.schema}.innocent() AS id"}
    with pytest.raises(SourceUnreachable) as caught:
        list(read(Reading(number="s", kind="database", settings=settings, secrets={}, watermark={}, workspace=tmp_path)))
    assert "read-only" in caught.value.reason
    assert bureau.link.execute(f"SELECT count(*) FROM {bureau.schema}.relief").fetchone() == (3,)


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM relief", "SELECT 1; SELECT 2", "SELECT * INTO other FROM relief", "WITH d AS (UPDATE relief SET id = 1 RETURNING *) SELECT * FROM d", "SELECT * FROM relief FOR UPDATE",
     "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "COPY relief TO '/tmp/x'", "SET ROLE postgres", "no sql at all", "SELECT set_config('a','b',false)"],
)  # fmt: skip
def test_only_one_select_is_saved(world: Any, sql: str) -> None:
    with pytest.raises(BadInput) as caught:
        db_source(world, {"driver": "postgresql", "host": "10.0.0.9", "database": "d", "user": "u", "query": sql})
    assert [e["field"] for e in caught.value.errors] == ["query"]
    assert not Source.objects.exists()


def test_own_server_and_inner_addresses_are_not_for_sources(tmp_path: Path, bureau: Bureau, settings: Any) -> None:
    settings.LAKE = {**settings.LAKE, "sockets": ()}
    given = Reading(number="s", kind="database", settings=bureau.settings, secrets={}, watermark={}, workspace=tmp_path)
    with pytest.raises(SourceSettingsWrong):
        list(read(given))
    from yiwang.kernel.base.outgoing_errors import OutgoingRefused

    with pytest.raises(OutgoingRefused):
        list(read(Reading(number="s", kind="database", settings={**bureau.settings, "socket": "", "host": "127.0.0.1"}, secrets={}, watermark={}, workspace=tmp_path)))


@pytest.mark.parametrize(("driver", "package"), [("sqlserver", "pymssql"), ("oracle", "oracledb")])
def test_absent_driver_says_what_to_install(tmp_path: Path, driver: str, package: str, settings: Any) -> None:
    settings.OUTGOING_ALLOW = ("127.0.0.0/8",)
    given = {"driver": driver, "host": "127.0.0.1", "database": "d", "user": "u", "table": "t"}
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(SourceDriverAbsent) as caught:
            list(read(Reading(number="s", kind="database", settings=given, secrets={}, watermark={}, workspace=tmp_path)))
        assert package in caught.value.detail()


def test_marks_survive_json() -> None:
    from datetime import date, datetime
    from decimal import Decimal

    for mark in (datetime(2026, 11, 23, 8, 0, 1, 5), date(2026, 11, 23), Decimal("12.50"), 7, "a9", None):
        assert database.decoded(database.encoded(mark)) == mark


# --- MariaDB -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def maria_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if mariadbd() is None:
        pytest.skip("no mariadbd here: ./dev test unpacks Debian's mariadb-server-core")
    with maria(Path("/tmp") / tmp_path_factory.mktemp("m")) as sock:
        yield sock


ODD = UPSERT.replace("key:", "  - {name: odd, label: 'odd `name%s', type: decimal, decimals: 2}\nkey:")


def maria_settings(sock: Path) -> dict[str, Any]:
    return {"driver": "mysql", "socket": str(sock), "database": "bureau", "user": "reader", "table": "bureau.relief"}


def test_mariadb_all_new_read_only_and_wrong_password(world: Any, maria_socket: Path, settings: Any, tmp_path: Path) -> None:
    settings.LAKE = {**settings.LAKE, "sockets": (str(maria_socket.parent),)}
    link = pymysql.connect(unix_socket=str(maria_socket), user="writer", password="w", database="bureau", autocommit=True, charset="utf8mb4")
    with link.cursor() as cursor:
        cursor.execute("CREATE TABLE relief (id int PRIMARY KEY, name varchar(40), changed_at datetime(3), `odd ``name%s` decimal(8,2))")
        cursor.executemany("INSERT INTO relief VALUES (%s, %s, '2026-11-01 08:00:00', %s)", [(i, f"𠮷甲{i}", i / 4) for i in range(1, 121)])
    source = db_source(world, maria_settings(maria_socket), mode="key", column="id", batch_rows=25, portion_rows=50, password="right-secret", text=ODD)
    run = services.pull(source.pk)
    assert (run.state, run.rows, run.portions) == ("done", 120, 3)
    assert landed()["3"] == {"id": "3", "name": "𠮷甲3", "changed_at": "2026-11-01 08:00:00", "odd": "0.75"}
    with link.cursor() as cursor:
        cursor.execute("INSERT INTO relief VALUES (121, '新', NULL, NULL)")
    assert services.pull(source.pk).rows == 1
    with drivers.session(services.keeping.reading_of(source, tmp_path)) as s, pytest.raises(pymysql.err.Error, match="READ ONLY"):
        s.one("DELETE FROM relief")
    # the wrong password: a reason without the secret, on the run, in the record, in what people see
    services.keep(world.actor("data_owner"), uid=source.uid, dataset=source.dataset.uid, kind="database", name="x", settings=source.settings, secrets={"password": "wrong-secret"})
    run = services.pull(source.pk)
    assert (run.state, run.why) == ("failed", "datahub.source.unreachable")
    assert "Access denied" in run.why_text
    assert "wrong-secret" not in run.why_text
    from yiwang.kernel.audit.models import Event

    said = " ".join(str(e) for e in Event.objects.filter(action__startswith="datahub.").values_list("data", flat=True))
    assert "wrong-secret" not in said
    assert "right-secret" not in said
    link.close()
