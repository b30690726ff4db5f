"""Rows on their way: one CSV in UTF-8, written as they come, whole before anybody reads it."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from yiwang.apps.datahub.errors import SourceDiskFull

RESERVE_BYTES = 64 * 1024 * 1024  # the disk is never filled to the brim by us


def check_space(folder: Path, wanted: int = 0) -> None:
    """Refuse before the disk is full, not after: what is half written helps nobody."""
    free = shutil.disk_usage(folder).free
    if free < RESERVE_BYTES + wanted:
        raise SourceDiskFull(free_mb=free // 2**20)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Turn the system's word for a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise SourceDiskFull(free_mb=shutil.disk_usage(folder).free // 2**20) from error
        raise


def text_of(value: Any) -> str:
    """Return a value as the landing reads it: nothing is empty, moments are ISO 8601, bytes are hexadecimal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


class Stage:
    """A file that grows row by row and has a name only when it is whole.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> stage = Stage(folder / "rows.csv", ["a", "b"])
    >>> stage.add([[1, None], ["x,y", True]])
    >>> path = stage.finish()
    >>> path.read_text(encoding="utf-8").splitlines(), stage.rows
    (['a,b', '1,', '"x,y",true'], 2)
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        check_space(path.parent)
        self.path, self.columns, self.rows = path, tuple(columns), 0
        self._hash = hashlib.sha256()
        self._part = path.with_suffix(path.suffix + ".part")
        self._stream = self._part.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._write(columns)

    def _write(self, cells: Iterable[str]) -> None:
        row = list(cells)
        self._hash.update(("\x1f".join(row) + "\x1e").encode("utf-8", "surrogatepass"))
        with full(self.path.parent):
            self._writer.writerow(row)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._write([text_of(v) for v in row])
            self.rows += 1
        check_space(self.path.parent)

    def add_mappings(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.add([[row.get(c) for c in self.columns] for row in rows])

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def finish(self) -> Path:
        with full(self.path.parent):
            self._stream.close()
        self._part.replace(self.path)
        return self.path

    def drop(self) -> None:
        self._stream.close()
        self._part.unlink(missing_ok=True)
