"""A cluster that is thrown away: for tests (fast, not durable) and for benchmarks (durable, as in real life)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.cluster import Cluster
from tools.place import alive, started_at

PREFIX = "yiwang-scratch-"


@contextmanager
def scratch_cluster(*, durable: bool = False, log: bool = False) -> Iterator[Cluster]:
    """Lend a running cluster of its own, beside whatever else runs; stopped and removed afterwards.

    `log` keeps its write-ahead log, for drills of recovery.
    """
    sweep()
    base = Path(tempfile.gettempdir()) / f"{PREFIX}{os.getpid()}-{started_at(os.getpid())}"
    base.mkdir(mode=0o711)
    base.chmod(0o711)
    cluster = Cluster(base / "pg", base / "socket", durable=durable)
    try:
        if log:
            cluster.keep_log(base / "wal")
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)


def sweep() -> list[Path]:
    """Stop and remove the clusters of runs that were killed."""
    removed = []
    for base in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid, _, started = base.name.removeprefix(PREFIX).partition("-")
        if not pid.isdigit() or alive(int(pid), started) or not os.access(base, os.W_OK):
            continue
        Cluster(base / "pg", base / "socket").stop()
        shutil.rmtree(base, ignore_errors=True)
        removed.append(base)
    return removed
