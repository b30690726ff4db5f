"""Make one backup: database, files, definitions and seals of one moment, streamed and encrypted into the store."""

import hashlib
import io
import json
import secrets
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from django.conf import settings

import yiwang
from yiwang.kernel.audit.sealing import outside_path
from yiwang.kernel.backup import crypto, server, snapshot
from yiwang.kernel.backup.contracts import Manifest, StoredObject
from yiwang.kernel.backup.crypto import Sink, Source
from yiwang.kernel.backup.errors import BackupFailed, BackupRuns
from yiwang.kernel.backup.models import Kind, Run
from yiwang.kernel.backup.rules.names import backup_id
from yiwang.kernel.backup.services.progress import Progress
from yiwang.kernel.backup.snapshot import Snapshot
from yiwang.kernel.backup.stores import Store, open_store
from yiwang.kernel.base.clock import now
from yiwang.kernel.files import store as blobs

DUMP, FILES, DEFINITIONS, INDEX, MANIFEST = (
    "database.dump.age", "files.idx.age", "definitions.tar.age", "files.txt", "manifest.json",
)  # fmt: skip
# What another machine has to know to stand in for this one. Nothing secret: keys travel in the key file.
PLAIN_SETTINGS = (
    "REGION", "TIME_ZONE", "LANGUAGE_CODE", "APPS", "OPEN311_JURISDICTION", "OPEN311_KEY_REQUIRED", "OPEN311_CONTACT",
    "CASES_JOINED_POSTS", "CLOCK_STARTS_AT", "UPLOAD_MAX_BYTES", "ALLOWED_HOSTS",
)  # fmt: skip


def run(*, row: Run | None = None, address: str = "", all_files: bool = False) -> Manifest:
    """Make a backup and return its manifest. `row` is the request of a person; without one a new row is written.

    The dump, the counts and the list of files come from one snapshot, so the manifest says exactly what a restore must
    give. Bytes of files that the store has already are not sent again, unless `all_files` says so: a verification found one
    of them damaged.

    Raises
    ------
    BackupRuns
        Another backup, verification or clearing is under way.
    StoreUnfit, KeyMissing
    BackupFailed
        pg_dump failed, or a file that a row names is gone. What was written of it is no backup (no manifest).
    """
    row = row or Run.objects.create(kind=Kind.FULL)
    progress = Progress(row)
    began = time.monotonic()
    try:
        store = open_store(address or settings.BACKUP_STORE)
        to = crypto.recipients()
        with alone():
            manifest = _run(store, to, progress, began, all_files)
    except Exception as error:
        progress.end(error=str(error) or type(error).__name__)
        raise
    progress.end(
        bytes=manifest.stored_bytes, rows=sum(manifest.counts.values()), cases=manifest.chain["cases"],
        files=manifest.files["count"], new_files=manifest.files["new_count"], seconds=round(manifest.seconds, 1),
        at=manifest.created_at,
    )
    return manifest


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of the room for as long as the work takes.

    Raises
    ------
    BackupRuns
    """
    with server.connect("owner", autocommit=True) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [snapshot.LOCK]).fetchone()
        if not row or not row[0]:
            raise BackupRuns
        yield


def _run(store: Store, to: list[Any], progress: Progress, began: float, all_files: bool) -> Manifest:
    name = backup_id(now(), secrets.token_hex(3))
    folder = f"backups/{name}/"
    progress.begin(name, store.label)
    with snapshot.taken() as taken:
        progress.phase("database", _size(taken))
        objects = [_dump(store, folder + DUMP, to, taken, progress.moved)]
        counted, chain, migrations = taken.counts(), taken.chain(), taken.migrations()
        progress.phase("files")
        copy = FilesCopy(store, folder, to, taken, progress.moved, all_files=all_files)
        objects += copy.run()
        progress.phase("definitions")
        objects.append(_definitions(store, folder + DEFINITIONS, to, taken, chain))
        version = taken.connection.info.server_version
    manifest = Manifest(
        id=name, created_at=taken.at.isoformat(), region=settings.REGION, release=_release(), migrations=migrations,
        server_version=version, lsn=taken.lsn,
        counts=counted, chain=chain, files=copy.facts, objects=objects, seconds=time.monotonic() - began,
    )
    manifest = replace(manifest, mac=crypto.sign(manifest))
    store.settle()  # the manifest is the promise that all the rest is there
    with store.writer(folder + MANIFEST) as out:
        out.write(json.dumps({**manifest.body(), "mac": manifest.mac}, ensure_ascii=False, indent=1).encode())
    store.settle()
    return manifest


def _release() -> str:
    return str(getattr(yiwang, "__version__", "")) or "0.1.0"


def _size(taken: Snapshot) -> int:
    row = taken.connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) // 4 if row else 0  # a compressed dump without indexes is about a quarter


def sealed(store: Store, name: str, reader: Source, to: list[Any]) -> StoredObject:
    """Encrypt a stream into an object and return what it became."""
    with store.writer(name) as out:
        sink = Sink(out)
        crypto.encrypt(reader, sink, to)
    return StoredObject(name, sink.size, sink.digest.hexdigest())


def _dump(store: Store, name: str, to: list[Any], taken: Snapshot, moved: Callable[[int], None]) -> StoredObject:
    where = server.coordinates("owner")
    command = [
        server.program("pg_dump"), "--format=custom", "--compress=3", f"--snapshot={taken.id}", "--no-password",
        "--role=yiwang_owner", "--no-comments",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=server.env_of(where)
        )
        try:
            with store.writer(name) as out:
                sink = Sink(out)
                crypto.encrypt(Source(_pipe(process), moved), sink, to)
                if process.wait() != 0:
                    said.seek(0)
                    raise BackupFailed(what=f"pg_dump: {said.read().decode(errors='replace').strip()[-800:]}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            _pipe(process).close()
    return StoredObject(name, sink.size, sink.digest.hexdigest())


def _pipe(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


class FilesCopy:
    """Sends what the store does not have yet, and writes two lists as it goes: one to restore by (encrypted), one of
    names in the store (plain), by which old files are cleared without any key."""

    def __init__(
        self, store: Store, folder: str, to: list[Any], taken: Snapshot, moved: Callable[[int], None], *, all_files: bool = False
    ) -> None:
        self.all_files = all_files
        self.store, self.folder, self.to, self.taken, self.moved = store, folder, to, taken, moved
        self.facts = {"count": 0, "bytes": 0, "new_count": 0, "new_bytes": 0, "gone": 0}
        self.plain: Sink | None = None
        self.rest = b""
        self.lines = self._lines()

    def run(self) -> list[StoredObject]:
        with self.store.writer(self.folder + INDEX) as out:
            self.plain = Sink(out)
            index = sealed(self.store, self.folder + FILES, Source(self), self.to)
        return [index, StoredObject(self.folder + INDEX, self.plain.size, self.plain.digest.hexdigest())]

    def read(self, size: int = -1) -> bytes:
        """Give the next piece of the index; the files of its lines are in the store by then."""
        while len(self.rest) < max(size, 1) and (line := next(self.lines, b"")):
            self.rest += line
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece

    def _lines(self) -> Iterator[bytes]:
        assert self.plain is not None
        every = merge(((sha256, "") for sha256 in self.taken.hashes()), self._kept())
        for shard, group in groupby(every, key=lambda one: one[0][:2]):
            known = {name.rsplit("/", 1)[1] for name, _size in self.store.list(f"files/{shard}/")}
            for sha256, where in group:
                name = f"{crypto.file_name(sha256)}.age"
                size = self._send(sha256, where, f"files/{shard}/{name}", is_known=name in known and not self.all_files)
                if size < 0:
                    continue
                self.plain.write(f"files/{shard}/{name}\n".encode())
                self.facts["count"] += 1
                self.facts["bytes"] += size
                self.moved(self.facts["count"])
                yield f"{sha256} {size} files/{shard}/{name}{' ' if where else ''}{where}\n".encode()

    def _kept(self) -> list[tuple[str, str]]:
        """Return (SHA-256, path) of what apps keep beside the attachments, in the order of the hashes."""
        found = []
        for where in self.taken.kept():
            try:
                with (Path(settings.DATA_DIR) / where).open("rb") as stream:
                    found.append((hashlib.file_digest(stream, "sha256").hexdigest(), where))
            except FileNotFoundError as error:
                if self.taken.keeps(where):
                    raise BackupFailed(what=f"The file {where} is missing below {settings.DATA_DIR}, and a row names it") from error
                self.facts["gone"] += 1
        return sorted(found)

    def _send(self, sha256: str, where: str, name: str, *, is_known: bool) -> int:
        """Return the file's size; -1 when it was swept after the snapshot, because its row is gone by now."""
        path = Path(settings.DATA_DIR) / where if where else blobs.path_of(sha256)
        try:
            if is_known:
                return path.stat().st_size
            with path.open("rb") as stream:
                reader = Source(stream)
                sent = sealed(self.store, name, reader, self.to)
        except FileNotFoundError as error:
            if self.taken.keeps(where) if where else self.taken.names(sha256):
                raise BackupFailed(what=f"The file {sha256} is missing below {settings.FILES_DIR}, and a row names it") from error
            self.facts["gone"] += 1
            return -1
        if reader.digest.hexdigest() != sha256:
            self.store.delete([name])
            raise BackupFailed(what=f"The file {sha256} was changed on the disk: its bytes do not fit its name")
        self.facts["new_count"] += 1
        self.facts["new_bytes"] += sent.size
        return reader.size


def _definitions(store: Store, name: str, to: list[Any], taken: Snapshot, chain: dict[str, Any]) -> StoredObject:
    """Store matters, plain settings and the copies of the seals as a small archive that people can read."""
    with tempfile.SpooledTemporaryFile(max_size=8 * 2**20) as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for path, content in taken.definitions():
                _add(tar, path, content)
            plain = {key: getattr(settings, key) for key in PLAIN_SETTINGS}
            _add(tar, "settings.json", json.dumps(plain, ensure_ascii=False, indent=1, default=str).encode())
            _add(tar, "seals/latest.json", json.dumps(chain["seals"], indent=1).encode())
            folder: Path = outside_path().parent
            for path_on_disk in sorted(folder.glob("before-*.json")) if folder.is_dir() else ():
                _add(tar, f"seals/{path_on_disk.name}", path_on_disk.read_bytes())
        packed.seek(0)
        return sealed(store, name, Source(packed), to)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
