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
IN_MEMORY = Path("/dev/shm")  # noqa: S108  # folders of our own in it, closed to others
MEMORY_BYTES = 6 << 30  # must be free before a server that need not last is put there


def memory_folder() -> Path | None:
    """Return a folder that lies in memory, where there is plenty of it: a clone is 1,700 files, ten times as dear on a disk."""
    try:
        room = os.statvfs(IN_MEMORY)
        free = next(int(line.split()[1]) << 10 for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines() if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK) and min(room.f_bavail * room.f_frsize, free) >= MEMORY_BYTES else None


@contextmanager
def scratch_cluster(*, durable: bool = False, log: bool = False) -> Iterator[Cluster]:
    """Lend a running cluster of its own, beside whatever else runs; stopped and removed afterwards.

    `log` keeps its write-ahead log, for drills of recovery. One that is neither durable nor logged lies in memory if it can.
    """
    sweep()
    parent = None if durable or log else memory_folder()
    base = (parent or Path(tempfile.gettempdir())) / f"{PREFIX}{os.getpid()}-{started_at(os.getpid())}"
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
    for base in sorted(found for parent in {Path(tempfile.gettempdir()), IN_MEMORY} for found in parent.glob(f"{PREFIX}*-*")):
        pid, _, started = base.name.removeprefix(PREFIX).partition("-")
        if not pid.isdigit() or alive(int(pid), started) or not os.access(base, os.W_OK):
            continue
        Cluster(base / "pg", base / "socket").stop()
        shutil.rmtree(base, ignore_errors=True)
        removed.append(base)
    return removed
