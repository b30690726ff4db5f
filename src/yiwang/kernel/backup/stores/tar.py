"""One file with everything that one backup needs, to carry to another machine; the objects in it stay encrypted."""

import tarfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from yiwang.kernel.backup.crypto import Writable
from yiwang.kernel.backup.errors import NoSuchBackup, StoreUnfit


class TarStore:
    """Reads such a file; writing it is `services.carrying.carry`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.tar = tarfile.open(path, "r:")  # noqa: SIM115  # for as long as the store is used
        except (OSError, tarfile.TarError) as error:
            raise StoreUnfit(where=str(path), why=str(error)) from error
        self.members = {m.name: m for m in self.tar if m.isfile()}

    @property
    def label(self) -> str:
        return str(self.path)

    def writer(self, name: str) -> AbstractContextManager[Writable]:
        raise StoreUnfit(where=self.label, why="a carried backup is only read")

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        member = self.members.get(name)
        stream = self.tar.extractfile(member) if member else None
        if stream is None:
            raise NoSuchBackup(backup=name)
        with stream:
            yield stream

    def list(self, prefix: str) -> Iterator[tuple[str, int]]:
        for name in sorted(self.members):
            if name.startswith(prefix):
                yield name, self.members[name].size

    def folders(self, prefix: str) -> Iterator[str]:
        yield from sorted({n.removeprefix(prefix).split("/")[0] for n in self.members if n.startswith(prefix)})

    def delete(self, names: Iterable[str]) -> int:
        raise StoreUnfit(where=self.label, why="a carried backup is only read")

    def settle(self) -> None:
        return None
