"""Read a backup back out of the store."""

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import IO, Any

from yiwang.kernel.backup import crypto, server
from yiwang.kernel.backup.contracts import Manifest
from yiwang.kernel.backup.crypto import Sink, Source
from yiwang.kernel.backup.errors import NoSuchBackup, RestoreFailed
from yiwang.kernel.backup.rules.names import is_backup_id
from yiwang.kernel.backup.services.running import DEFINITIONS, DUMP, FILES, MANIFEST
from yiwang.kernel.backup.stores import Store, read_small


def names(store: Store) -> list[str]:
    """Return the names of whole backups, oldest first."""
    found = []
    for name in store.folders("backups/"):
        if is_backup_id(name) and any(path.endswith("/" + MANIFEST) for path, _size in store.list(f"backups/{name}/")):
            found.append(name)
    return sorted(found)


def manifest_of(store: Store, name: str) -> Manifest:
    """Return what a backup says of itself; `latest` is the newest.

    Raises
    ------
    NoSuchBackup, StoreUnfit
    """
    if name == "latest":
        known = names(store)
        if not known:
            raise NoSuchBackup(backup="latest")
        name = known[-1]
    if not is_backup_id(name):
        raise NoSuchBackup(backup=name[:60])
    try:
        return Manifest.of(json.loads(read_small(store, f"backups/{name}/{MANIFEST}")))
    except (ValueError, KeyError, TypeError) as error:
        raise RestoreFailed(what=f"The manifest of {name} cannot be read: {error}") from error


def manifests(store: Store) -> list[Manifest]:
    return [manifest_of(store, name) for name in names(store)]


def load_dump(store: Store, manifest: Manifest, database: str, own: Any, moved: Callable[[int], None] | None = None) -> str:
    """Restore the dump into an empty database; returns the SHA-256 of the encrypted object as it was read.

    Raises
    ------
    RestoreFailed
        pg_restore refused something, or the object was changed.
    """
    where = server.coordinates("admin", database)
    command = [server.program("pg_restore"), f"--dbname={database}", "--no-password", "--no-comments", "--exit-on-error"]
    with tempfile.TemporaryFile() as said, store.open(manifest.object(DUMP).name) as stream:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=server.env_of(where))
        assert process.stdin is not None
        reader = Source(stream, moved)
        problem: BaseException | None = None
        try:
            crypto.decrypt(reader, Sink(process.stdin), own)
        except Exception as error:
            problem = error
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            if problem is not None and not isinstance(problem, BrokenPipeError):
                process.kill()
            code = process.wait()
        said.seek(0)
        words = said.read().decode(errors="replace").strip()
    if problem is not None and not isinstance(problem, BrokenPipeError):
        raise RestoreFailed(what=f"The dump cannot be opened: {problem}") from problem
    if code != 0:
        raise RestoreFailed(what=f"pg_restore: {words[-800:]}")
    return reader.digest.hexdigest()


class _Lines:
    """A writable that hands out whole lines as they come."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take, self.rest = take, b""

    def write(self, data: bytes) -> int:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.take(line)
        return len(data)


def each_file(store: Store, manifest: Manifest, own: Any, take: Callable[[str, int, str, str], None]) -> None:
    """Call `take(sha256, size, name in the store, path)` for every file of the backup, streaming.

    `path` lies below the data folder; empty for an attachment, whose place follows from its hash.
    """

    def line(raw: bytes) -> None:
        sha256, size, name, where = (*raw.decode().split(" ", 3), "")[:4]
        take(sha256, int(size), name, where)

    with store.open(manifest.object(FILES).name) as stream:
        crypto.decrypt(Source(stream), Sink(_Lines(line)), own)


def open_file(store: Store, name: str, own: Any, out: IO[bytes]) -> str:
    """Decrypt one file into `out` and return the SHA-256 of its bytes."""
    with store.open(name) as stream:
        sink = Sink(out)
        crypto.decrypt(Source(stream), sink, own)
    return sink.digest.hexdigest()


def definitions(store: Store, manifest: Manifest, own: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the small files of a backup: matters, settings, seals."""
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as packed:
        with store.open(manifest.object(DEFINITIONS).name) as stream:
            crypto.decrypt(Source(stream), Sink(packed), own)
        packed.seek(0)
        with tarfile.open(fileobj=packed, mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member)
                yield member.name, (content or io.BytesIO()).read()
