"""Files of landed rows: written beside, made durable, then given their name; never changed after that.

A run's files lie in `<lake>/<dataset>/run-<uid>/`. Which files are a data set's present rows stands with the last run that
counts (models.landing.Run.present), so a file that no such run names is rubbish of a killed program and is swept.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from yiwang.apps.datahub.errors import LakeBusy, LakeFull
from yiwang.apps.datahub.lake.folders import folder_of

PRIVATE = ("_run", "_row")  # beside the contract's columns in every file: which run brought the row, which row of its file it was
_FULL = ("no space left", "disk quota", "not enough disk", "max_temp_directory_size", "failed to offload")


def work_folder(dataset: str, run: str) -> Path:
    """Return an empty folder for a run that is being landed; what an earlier try left in it is gone."""
    folder = folder_of(dataset) / f".work-{run}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def discard(dataset: str, run: str) -> None:
    """Throw away what a run wrote that does not count."""
    for name in (f".work-{run}", f"run-{run}"):
        shutil.rmtree(folder_of(dataset) / name, ignore_errors=True)


def settle(dataset: str, run: str) -> Path:
    """Make a run's files durable and give their folder its name; doing it again changes nothing."""
    folder, target = folder_of(dataset) / f".work-{run}", folder_of(dataset) / f"run-{run}"
    with told():
        for path in sorted(folder.glob("*.parquet")):
            sync(path)
        sync(folder)
        shutil.rmtree(target, ignore_errors=True)  # of a try that was killed before its row was written
        os.replace(folder, target)
        sync(target.parent)
    return target


def sync(path: Path) -> None:
    """Force a file or a folder onto the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def path_of(dataset: str, name: str) -> Path:
    """Return the path of a file named by a run's `present`: `run-<uid>/part-00001.parquet`."""
    folder, _slash, file = name.partition("/")
    if not folder.startswith("run-") or "/" in file or ".." in name:
        raise ValueError(f"no file of the lake: {name!r}")
    return folder_of(dataset) / folder / file


def sweep(dataset: str, wanted: Iterable[str], *, older_than_s: float = 6 * 3600) -> int:
    """Remove folders of runs that `wanted` (folders' names) does not name and that nobody writes into any more; return how many."""
    keep, border, gone = set(wanted), time.time() - older_than_s, 0
    for folder in folder_of(dataset).iterdir():
        if folder.is_dir() and folder.name not in keep and folder.name.startswith((".work-", "run-")) and folder.stat().st_mtime < border:
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone


@contextmanager
def told() -> Iterator[None]:
    """Say a full disk and a want of memory as what they are.

    Raises
    ------
    LakeFull, LakeBusy
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LakeFull from error
        raise
    except duckdb.Error as error:
        said = str(error).lower()
        if any(word in said for word in _FULL):
            raise LakeFull from error
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.InterruptException):
            raise LakeBusy from error
        raise
