"""A drill: the whole server recovered to the moment between two acts (point-in-time recovery), on clusters of its own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests import walk
from tools import recover
from tools.cluster import Cluster, bin_dir
from tools.say import Stop
from tools.scratch import scratch_cluster


@contextmanager
def pointed_at(host: str, port: str, name: str) -> Iterator[None]:
    """Let Django work on another server for a while."""
    from django.conf import settings
    from django.db import connections

    from tests.world import forget

    places = (settings.DATABASES["default"], connections.settings["default"], connections["default"].settings_dict)
    before = {key: places[0][key] for key in ("HOST", "PORT", "NAME")}

    def go(values: dict[str, Any]) -> None:
        connections.close_all()
        for one in places:
            one.update(values)
        forget()

    go({"HOST": host, "PORT": port, "NAME": name})
    try:
        yield
    finally:
        go(before)


def copied(committed: Any, target: Cluster, name: str) -> None:
    """Copy the test's empty platform into a cluster that keeps its log."""
    from tools.database import create_roles, prepare_database

    with target.server.connect() as admin:
        create_roles(admin)
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    with target.server.connect(name) as admin:
        prepare_database(admin)
    source = ["-h", committed.server.host, "-p", committed.server.port, "-U", "postgres"]
    into = ["-h", target.server.host, "-p", target.server.port, "-U", "postgres"]
    dump = subprocess.Popen([bin_dir() / "pg_dump", *source, "-Fc", "-Z0", committed.name], stdout=subprocess.PIPE)
    subprocess.run([bin_dir() / "pg_restore", *into, "--no-comments", "-d", name], stdin=dump.stdout, check=True)
    assert dump.wait() == 0
    assert dump.stdout is not None
    dump.stdout.close()


def test_recovered_to_the_moment_between_two_acts(committed: Any, settings: Any, tmp_path: Path) -> None:
    from tests.world import build
    from yiwang.kernel.audit.models import Event
    from yiwang.kernel.backup import server
    from yiwang.kernel.backup.services import log
    from yiwang.kernel.backup.stores import open_store
    from yiwang.kernel.cases.models import Case

    key = pyrage.x25519.Identity.generate()
    settings.BACKUP_IDENTITY, settings.BACKUP_RECIPIENTS = str(key), []
    settings.BACKUP_STORE, settings.FILES_DIR, settings.DATA_DIR = str(tmp_path / "store"), tmp_path / "files", tmp_path / "data"
    with scratch_cluster(log=True) as pg:
        copied(committed, pg, "yiwang")
        settings.WAL_ARCHIVE = str(pg.archive)
        with pointed_at(pg.server.host, pg.server.port, "yiwang"):
            world = build()
            log.make_base()
            first = walk.report(world, photo="first", at=(1, 1))
            time.sleep(1.1)
            between = _clock()
            time.sleep(1.1)
            mistake = walk.do(world, first, "acceptor", "complete", "accept", "pass")  # what is to be undone
            lost = walk.report(world, photo="second", at=(2, 2))
            with server.connect("admin", "postgres", autocommit=True) as admin:
                admin.execute("SELECT pg_switch_wal()")
            assert mistake.state != first.state
            _shipped(log, pg)

        raw = b"".join(p.read_bytes()[:4096] for p in (tmp_path / "store").rglob("*.age"))
        assert "井盖".encode() not in raw, "a piece of the log lies open in the store"

        again = Cluster(pg.folder.parent / "again", pg.folder.parent / "again-socket", durable=False)
        env = {
            "YIWANG_BACKUP_IDENTITY": str(key), "YIWANG_DATA_DIR": str(tmp_path / "data"), "YIWANG_SEAL_KEY": settings.SEAL_KEY,
            "YIWANG_BACKUP_STORE": settings.BACKUP_STORE,
        }  # fmt: skip
        try:
            recover.recover(again, between, store=settings.BACKUP_STORE, env=env)
            again.start()
            with pointed_at(again.server.host, again.server.port, "yiwang"):
                found = Case.all_modes.get()
                assert found.uid == first.uid, "the case before the moment is there"
                assert found.state == first.state, "the mistake after it is not"
                assert not Event.all_modes.filter(case_uid=lost.uid).exists()
                from yiwang.kernel.audit.verifying import verify

                faults = [f for f in verify().faults if f.kind != "outside_missing"]
                assert not faults, "the chain is whole up to the moment"
                walk.report(world, photo="third", at=(3, 3))  # and work goes on from there
                assert Case.all_modes.count() == 2
        finally:
            again.stop()
        assert len(log.bases(open_store(settings.BACKUP_STORE))) == 1


def _clock() -> datetime:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def _shipped(log: Any, pg: Cluster) -> None:
    """Send pieces until the server has handed over the last one."""
    with pg.server.connect() as admin:
        wanted = str(admin.execute("SELECT pg_walfile_name(pg_current_wal_lsn() - 1)").fetchone()[0])
        for _try in range(600):
            log.ship()
            last = admin.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()[0]
            if last and str(last)[:24] >= wanted and not any(p.name[0] != "." for p in pg.archive.iterdir()):
                return
            time.sleep(0.2)
    pytest.fail("the server does not hand over its log")


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23T14:05:00"])
def test_a_moment_has_a_zone(text: str) -> None:
    with pytest.raises(Stop):
        recover.read_moment(text)


def test_a_moment_before_the_first_base_is_refused(tmp_path: Path, settings: Any) -> None:
    from yiwang.kernel.backup.errors import NoSuchBackup
    from yiwang.kernel.backup.services import log

    settings.BACKUP_IDENTITY = str(pyrage.x25519.Identity.generate())
    with pytest.raises(NoSuchBackup):
        log.fetch(recover.read_moment("2026-11-23T14:05:00+08:00"), tmp_path / "d", tmp_path / "l", address=str(tmp_path))
    assert not (tmp_path / "d").exists()
