"""Where backups lie: a folder, an S3-compatible store, or one file to carry away."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Protocol

from yiwang.kernel.backup.crypto import Writable
from yiwang.kernel.backup.errors import StoreUnfit


class Store(Protocol):
    """Objects by name (`backups/<id>/manifest.json`). An object appears whole or not at all."""

    def writer(self, name: str) -> AbstractContextManager[Writable]: ...

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]: ...

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield (name, size) of everything below a prefix that ends with a slash, in the order of names."""

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right below a prefix that ends with a slash."""

    def delete(self, names: Iterable[str]) -> int: ...

    def settle(self) -> None:
        """Return when everything written survives a power cut."""

    @property
    def label(self) -> str:
        """Where it is, for people; without any secret."""


def open_store(address: str) -> Store:
    """Return the store at a folder, a `.tar` file (reading) or `s3://bucket/prefix`.

    Raises
    ------
    StoreUnfit
        It is none of these, or it cannot be reached.
    """
    if address.startswith("s3://"):
        from yiwang.kernel.backup.stores.s3 import S3Store  # boto3 costs 30 MB where nobody needs it

        return S3Store(address)
    if address.endswith(".tar"):
        from yiwang.kernel.backup.stores.tar import TarStore

        return TarStore(Path(address))
    if "://" in address or not address:
        raise StoreUnfit(where=address or "-", why="it is neither a folder nor s3://bucket/prefix")
    from yiwang.kernel.backup.stores.folder import FolderStore

    return FolderStore(Path(address))


def read_small(store: Store, name: str, most: int = 50_000_000) -> bytes:
    """Return a small object (a manifest)."""
    with store.open(name) as stream:
        data: Any = stream.read(most)
    return bytes(data)
