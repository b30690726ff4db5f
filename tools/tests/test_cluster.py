"""Private clusters: one is made, survives a kill, and is swept away when its run was killed."""

import os
import signal
import time

import pytest

from tools import cluster, database, scratch
from tools.cluster import Cluster


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with scratch.scratch_cluster() as made:
        yield made


def test_it_has_no_tcp_port_and_keeps_chinese_trigrams(running):
    with running.server.connect() as admin:
        assert admin.execute("SHOW listen_addresses").fetchone() == ("",)
        assert admin.execute("SHOW fsync").fetchone() == ("off",)
        database.check_fit(admin)
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        database.check_trigrams(admin)


def test_a_database_that_loses_chinese_is_refused_with_the_mend(running):
    with running.server.connect() as admin:
        admin.execute("CREATE DATABASE bad TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    with running.server.connect("bad") as connection:
        with pytest.raises(database.DatabaseUnfit, match=r"LOCALE 'C\.UTF-8'"):
            database.check_fit(connection)
        connection.execute("CREATE EXTENSION pg_trgm")
        with pytest.raises(database.DatabaseUnfit, match="loses Chinese"):
            database.check_trigrams(connection)


def test_the_socket_folder_is_private(running):
    assert (running.socket.stat().st_mode & 0o777) == 0o700


def test_starting_again_after_a_kill_keeps_the_data(running):
    with running.server.connect() as admin:
        admin.execute("CREATE TABLE kept AS SELECT 1 AS one")
        admin.execute("CHECKPOINT")
    os.kill(running.pid, signal.SIGKILL)
    while running.pid:
        time.sleep(0.05)
    running.start()
    with running.server.connect() as admin:
        assert admin.execute("SELECT one FROM kept").fetchone() == (1,)


def test_clusters_of_killed_runs_are_swept_and_live_ones_kept(running, tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path / "none")
    dead, live = tmp_path / f"{scratch.PREFIX}4194000-1", tmp_path / f"{scratch.PREFIX}{os.getpid()}-"
    live = live.with_name(live.name + scratch.started_at(os.getpid()))
    dead.mkdir()
    live.mkdir()
    assert scratch.sweep() == [dead]
    assert live.exists()


def test_a_server_that_need_not_last_lies_in_memory_where_there_is_plenty(monkeypatch, tmp_path):
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "MEMORY_BYTES", 1)
    assert scratch.memory_folder() == tmp_path
    monkeypatch.setattr(scratch, "MEMORY_BYTES", 1 << 60)
    assert scratch.memory_folder() is None
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path / "none")
    assert scratch.memory_folder() is None


def test_sockets_stay_short_however_deep_the_data(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/" + "x" * 200)
    assert len(str(cluster.socket_folder("0123456789") / ".s.PGSQL.5432")) < 60


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to make one")
    taken = tmp_path / "socket"
    taken.mkdir()
    os.chown(taken, 12345, 12345)
    with pytest.raises(cluster.Stop, match="belongs to somebody else"):
        Cluster(tmp_path / "pg", taken).start()


def test_clusters_of_removed_data_folders_are_named(tmp_path):
    for name, points_to in (("kept", "kept"), ("moved", "elsewhere"), ("gone", "")):
        (tmp_path / "lib" / name).mkdir(parents=True)
        (tmp_path / "lib" / f"{name}.of").write_text(str(tmp_path / "data" / name))
        if points_to:
            (tmp_path / "data" / name).mkdir(parents=True)
            (tmp_path / "data" / name / "cluster.json").write_text(f'{{"folder": "{tmp_path}/lib/{points_to}"}}')
    assert [folder.name for folder, _ in cluster.abandoned(tmp_path / "lib")] == ["gone", "moved"]
