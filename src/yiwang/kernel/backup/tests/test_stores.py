"""Stores: folder and S3 keep the same promises; retention is arithmetic."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.backup import services
from yiwang.kernel.backup.errors import NoSuchBackup, StoreUnfit
from yiwang.kernel.backup.rules.retention import keep
from yiwang.kernel.backup.stores import open_store, read_small

BUCKET = "backups-of-a-county"


@pytest.fixture
def s3(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 store of moto on a local port."""
    import boto3
    from moto.server import ThreadedMotoServer

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port)
    server.start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "for-tests-only")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    settings.BACKUP_S3_ENDPOINT, settings.BACKUP_S3_REGION = f"http://127.0.0.1:{port}", "us-east-1"
    boto3.client("s3", endpoint_url=settings.BACKUP_S3_ENDPOINT, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    try:
        yield f"s3://{BUCKET}/yiwang"
    finally:
        server.stop()


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "folder" else request.getfixturevalue("s3")


def broken(store: Any) -> None:
    with store.writer("a/broken") as out:
        out.write(b"y" * (9 * 2**20))
        raise ZeroDivisionError


def test_a_store_keeps_its_promises(address: str) -> None:
    store = open_store(address)
    large = os.urandom(9 * 2**20)  # two parts of S3
    with store.writer("a/large") as out:
        for start in range(0, len(large), 65536):
            out.write(large[start : start + 65536])
    with store.writer("a/b/small") as out:
        out.write(b"x")
    with pytest.raises(ZeroDivisionError):
        broken(store)
    store.settle()
    assert list(store.list("a/")) == [("a/b/small", 1), ("a/large", len(large))], "nothing half-written, in order"
    assert list(store.folders("a/")) == ["b"]
    assert read_small(store, "a/large") == large
    assert store.delete(["a/b/small", "a/large"]) == 2
    assert list(store.list("a/")) == []
    with pytest.raises(NoSuchBackup), store.open("a/large") as stream:
        stream.read()


@pytest.mark.parametrize("bad", ["", "ftp://x/y", "s3://no-such-bucket/x"])
def test_unfit_stores_are_refused(bad: str, s3: str) -> None:
    with pytest.raises(StoreUnfit):
        list(open_store(bad).list("backups/"))


def test_names_do_not_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreUnfit), open_store(str(tmp_path)).writer("../x") as out:
        out.write(b"x")


def test_round_trip_by_s3(platform: Any, settings: Any, s3: str) -> None:
    settings.BACKUP_STORE = s3
    made = services.run()
    assert services.verify().is_good
    assert services.run().files["new_count"] == 0
    settings.BACKUP_KEEP = (1, 0, 0)
    assert services.prune().removed == [made.id]
    assert services.verify().is_good


def test_a_store_that_cannot_be_reached_is_said(platform: Any, settings: Any, tmp_path: Path) -> None:
    from yiwang.kernel.backup.models import Run

    (tmp_path / "taken").write_text("a file, no folder")
    settings.BACKUP_STORE = str(tmp_path / "taken")
    with pytest.raises(StoreUnfit):
        services.run()
    assert "taken" in Run.objects.latest("pk").error


DAY = datetime(2026, 11, 23, 20, tzinfo=UTC)


def test_retention_by_table() -> None:
    made = [(f"{d:03d}", DAY - timedelta(days=d)) for d in range(400)]
    kept = keep(made, daily=7, weekly=5, monthly=12, zone=UTC)
    assert {f"{d:03d}" for d in range(7)} <= kept
    months = {(DAY - timedelta(days=int(n))).strftime("%Y-%m") for n in kept}
    assert len(months) == 12
    assert len(kept) < 7 + 5 + 12 + 1


def test_days_are_cut_in_the_zone() -> None:
    china = timezone(timedelta(hours=8))
    two = [("evening", datetime(2026, 11, 22, 15, 59, tzinfo=UTC)), ("night", datetime(2026, 11, 22, 16, 1, tzinfo=UTC))]
    assert keep(two, daily=2, weekly=0, monthly=0, zone=china) == {"evening", "night"}
    assert keep(two, daily=2, weekly=0, monthly=0, zone=UTC) == {"night"}


@given(st.lists(st.integers(0, 5000), max_size=60), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_the_newest_is_always_kept(hours: list[int], daily: int, weekly: int, monthly: int) -> None:
    made = [(f"{i}", DAY - timedelta(hours=h)) for i, h in enumerate(hours)]
    kept = keep(made, daily=daily, weekly=weekly, monthly=monthly, zone=UTC)
    if made:
        assert max(moment for _n, moment in made) in {moment for n, moment in made if n in kept}
    assert len(kept) <= daily + weekly + monthly + 1
