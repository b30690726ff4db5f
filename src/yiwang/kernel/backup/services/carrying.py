"""Write one backup as one file, to carry it to a laptop; the objects in it stay encrypted."""

import io
import tarfile
from pathlib import Path

from django.conf import settings

from yiwang.kernel.backup.contracts import Manifest
from yiwang.kernel.backup.services import reading
from yiwang.kernel.backup.services.running import INDEX
from yiwang.kernel.backup.stores import Store, open_store


def carry(name: str, target: Path, *, address: str = "") -> Manifest:
    """Write a backup with all its files into `target` (a `.tar` that does not exist yet), streaming.

    Raises
    ------
    NoSuchBackup, StoreUnfit
    FileExistsError
    """
    store = open_store(address or settings.BACKUP_STORE)
    manifest = reading.manifest_of(store, name)
    fresh = target.with_name(f".{target.name}.part")
    if target.exists():
        raise FileExistsError(target)
    try:
        with tarfile.open(fresh, "w:", format=tarfile.PAX_FORMAT) as tar:
            for path, size in store.list(f"backups/{manifest.id}/"):
                _add(tar, store, path, size)
            sizes: tuple[str, dict[str, int]] = ("", {})
            with store.open(manifest.object(INDEX).name) as stream:
                for line in io.BufferedReader(_Raw(stream)):
                    path = line.decode().strip()
                    shard = path.rsplit("/", 1)[0] + "/"
                    if shard != sizes[0]:
                        sizes = (shard, dict(store.list(shard)))
                    _add(tar, store, path, sizes[1][path])
        fresh.rename(target)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


class _Raw(io.RawIOBase):
    """What S3 and files give, as Python's own buffering wants it."""

    def __init__(self, inner: object) -> None:
        self.inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data: bytes = self.inner.read(len(view))  # type: ignore[attr-defined]
        view[: len(data)] = data
        return len(data)


def _add(tar: tarfile.TarFile, store: Store, name: str, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    with store.open(name) as stream:
        tar.addfile(member, stream)
