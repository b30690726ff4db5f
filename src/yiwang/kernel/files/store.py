"""The content-addressed store: bytes under their SHA-256, written so that a crash leaves a whole file or none.

Order: temporary file, fsync, rename, fsync of the folder, then the row. What no row names is swept later.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from yiwang.kernel.files.errors import EmptyFile, StoreFull, TooLarge

_SHA = re.compile(r"^[0-9a-f]{64}$")


def root() -> Path:
    return Path(settings.FILES_DIR)


def path_of(sha256: str) -> Path:
    if not _SHA.match(sha256):
        raise ValueError("not a SHA-256")
    return root() / "blobs" / sha256[:2] / sha256[2:4] / sha256


def exists(sha256: str) -> bool:
    return path_of(sha256).is_file()


def open_blob(sha256: str) -> BinaryIO:
    return path_of(sha256).open("rb")


def read(sha256: str) -> bytes:
    return path_of(sha256).read_bytes()


@dataclass(frozen=True)
class Incoming:
    """A received file that is not yet kept; `discard` it in any case."""

    path: Path
    sha256: str
    size: int

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)


def receive(chunks: Iterable[bytes], *, limit: int, name: str = "") -> Incoming:
    """Write the chunks to a temporary file while hashing; stop at the limit and leave nothing.

    Raises
    ------
    EmptyFile, TooLarge
    StoreFull
        The disk refuses.
    """
    folder = root() / "incoming"
    path = folder / f"{os.getpid()}-{secrets.token_hex(12)}"
    digest, size = hashlib.sha256(), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as out:
            for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(limit_mb=limit // (1024 * 1024), name=name)
                digest.update(chunk)
                out.write(chunk)
        if size == 0:
            raise EmptyFile(name=name)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise StoreFull from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Incoming(path, digest.hexdigest(), size)


def put(data: bytes) -> str:
    """Keep the bytes and return their SHA-256. Bytes that are there already are only touched."""
    sha256 = hashlib.sha256(data).hexdigest()
    _keep(sha256, lambda out: out.write(data))
    return sha256


def put_incoming(incoming: Incoming) -> str:
    """Keep a received file as it is, by copying it in blocks (the folders may be on two disks)."""

    def copy(out: BinaryIO) -> None:
        with incoming.path.open("rb") as source:
            while block := source.read(1024 * 1024):
                out.write(block)

    _keep(incoming.sha256, copy)
    return incoming.sha256


def _keep(sha256: str, write: Callable[[BinaryIO], object]) -> None:
    target = path_of(sha256)
    try:
        if target.is_file():
            os.utime(target)  # the sweeper spares what is young
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as out:
                write(out)
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreFull from error


def stale(older_than_s: float) -> Iterator[Path]:
    """Yield temporary files that a killed process left behind."""
    border = time.time() - older_than_s
    for pattern in ("incoming/*", "blobs/*/*/.*"):
        for path in root().glob(pattern):
            if path.is_file() and path.stat().st_mtime < border:
                yield path


def blobs(older_than_s: float = 0) -> Iterator[str]:
    """Yield the SHA-256 of everything kept that was not touched lately."""
    border = time.time() - older_than_s
    for path in root().glob("blobs/??/??/*"):
        if _SHA.match(path.name) and path.stat().st_mtime <= border:
            yield path.name


def remove(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)


def is_older(sha256: str, seconds: float) -> bool:
    try:
        return path_of(sha256).stat().st_mtime <= time.time() - seconds
    except FileNotFoundError:
        return False
