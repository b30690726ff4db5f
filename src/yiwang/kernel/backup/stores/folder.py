"""A folder on a disk, a mounted share or a stick."""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from yiwang.kernel.backup.crypto import Writable
from yiwang.kernel.backup.errors import NoSuchBackup, StoreUnfit


class FolderStore:
    """Objects are files; written under another name and renamed, read only whole."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def label(self) -> str:
        return str(self.root)

    def _path(self, name: str) -> Path:
        parts = name.split("/")
        if any(part in ("", ".", "..") or part.startswith(".") for part in parts):
            raise StoreUnfit(where=self.label, why=f"{name!r} is no name")
        return self.root.joinpath(*parts)

    @contextmanager
    def writer(self, name: str) -> Iterator[Writable]:
        path = self._path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            stream = os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise StoreUnfit(where=self.label, why=error.strerror or str(error)) from error
        try:
            with stream:
                yield stream
            os.replace(fresh, path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise StoreUnfit(where=self.label, why=error.strerror or str(error)) from error
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            stream = self._path(name).open("rb")
        except FileNotFoundError as error:
            raise NoSuchBackup(backup=name) from error
        except OSError as error:
            raise StoreUnfit(where=self.label, why=error.strerror or str(error)) from error
        with stream:
            yield stream

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        top = self.root.joinpath(*prefix.strip("/").split("/")) if prefix else self.root
        yield from self._below(top, prefix)

    def _below(self, folder: Path, prefix: str) -> Iterator[tuple[str, int]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda e: e.name)
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.name.startswith("."):
                continue  # half-written
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(Path(entry.path), f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", entry.stat().st_size

    def folders(self, prefix: str) -> Iterator[str]:
        top = self.root.joinpath(*prefix.strip("/").split("/"))
        if top.is_dir():
            yield from sorted(e.name for e in os.scandir(top) if e.is_dir() and not e.name.startswith("."))

    def delete(self, names: Iterable[str]) -> int:
        count, parents = 0, set()
        for name in names:
            path = self._path(name)
            path.unlink(missing_ok=True)
            parents.add(path.parent)
            count += 1
        for parent in parents:
            try:
                parent.rmdir()
            except OSError:
                continue  # not empty
        return count

    def settle(self) -> None:
        os.sync()  # one for all: a sync for each of many small files would take longer than the backup
