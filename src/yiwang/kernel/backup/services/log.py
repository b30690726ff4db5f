"""Recovery to any moment: base backups of the whole server, and its log shipped piece by piece (WAL archiving).

The server copies each finished piece into a spool folder (`YIWANG_WAL_ARCHIVE`); a job encrypts the pieces into the
store every minute. A base and the pieces since bring back any moment between them.
"""

import hmac
import json
import os
import re
import secrets
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.kernel.backup import crypto, server
from yiwang.kernel.backup.crypto import Sink, Source
from yiwang.kernel.backup.errors import BackupFailed, NoSuchBackup, RestoreFailed
from yiwang.kernel.backup.models import Kind, Run
from yiwang.kernel.backup.rules.names import backup_id, is_backup_id, moment_of
from yiwang.kernel.backup.services.progress import Progress
from yiwang.kernel.backup.services.running import alone, sealed
from yiwang.kernel.backup.stores import Store, open_store, read_small
from yiwang.kernel.base.clock import now

PIECE = re.compile(r"^[0-9A-F]{24}(\.[0-9A-F]{8}\.backup|\.partial)?$|^[0-9A-F]{8}\.history$")


@dataclass(frozen=True)
class Base:
    """A copy of the whole server at one moment."""

    id: str
    ended_at: str  # ISO; any moment from here on can be recovered
    first_piece: str  # of the log, from which on pieces are needed
    size: int
    sha256: str
    server_version: int
    mac: str = ""

    def signature(self) -> str:
        body = json.dumps([self.id, self.ended_at, self.first_piece, self.size, self.sha256, self.server_version])
        return hmac.new(settings.SEAL_KEY.encode(), b"yiwang-base:" + body.encode(), "sha256").hexdigest()


def make_base(*, address: str = "", row: Run | None = None) -> Base:
    """Copy the whole server, streamed and encrypted, beside running work.

    Raises
    ------
    BackupFailed
        The server does not keep its log (`YIWANG_WAL_ARCHIVE`), or pg_basebackup failed.
    BackupRuns, StoreUnfit, KeyMissing
    """
    progress = Progress(row or Run.objects.create(kind=Kind.BASE))
    try:
        store, to = open_store(address or settings.BACKUP_STORE), crypto.recipients()
        with alone():
            base = _make_base(store, to, progress)
    except Exception as error:
        progress.end(error=str(error) or type(error).__name__)
        raise
    progress.end(bytes=base.size, at=base.ended_at)
    return base


def _make_base(store: Store, to: list[Any], progress: Progress) -> Base:
    with server.connect("admin", "postgres", autocommit=True) as admin:
        mode = admin.execute("SHOW archive_mode").fetchone()
        if not mode or mode[0] == "off":
            raise BackupFailed(what="The server does not keep its log: set YIWANG_WAL_ARCHIVE=1 and start it again")
        version = admin.info.server_version
    name = backup_id(now(), secrets.token_hex(3))
    progress.begin(name, store.label)
    progress.phase("database")
    command = [
        server.program("pg_basebackup"), "--pgdata=-", "--format=tar", "--wal-method=fetch", "--gzip", "--compress=3",
        "--checkpoint=fast", "--no-password", "--label", name,
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said:
        env = server.env_of(server.coordinates("admin", "postgres"))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=env)
        assert process.stdout is not None
        try:
            with store.writer(f"base/{name}/base.tar.gz.age") as out:
                sink = Sink(out)
                crypto.encrypt(Source(process.stdout, progress.moved), sink, to)
                if process.wait() != 0:
                    said.seek(0)
                    raise BackupFailed(what=f"pg_basebackup: {said.read().decode(errors='replace').strip()[-600:]}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
    with server.connect("admin", "postgres", autocommit=True) as admin:
        row = admin.execute("SELECT now(), pg_walfile_name(redo_lsn) FROM pg_control_checkpoint()").fetchone()
        admin.execute("SELECT pg_switch_wal()")
    assert row is not None
    base = Base(name, row[0].isoformat(), str(row[1]), sink.size, sink.digest.hexdigest(), version)
    body = json.dumps({**base.__dict__, "mac": base.signature()}, indent=1).encode()
    store.settle()
    with store.writer(f"base/{name}/manifest.json") as out:
        out.write(body)
    store.settle()
    return base


def ship(*, address: str = "") -> int:
    """Encrypt the finished pieces of the log into the store and remove them from the spool; returns how many.

    A piece leaves the spool only when the store has it, so a killed run loses nothing and repeats at most one.
    """
    if not settings.WAL_ARCHIVE:
        return 0
    spool, store, to, count = Path(settings.WAL_ARCHIVE), open_store(address or settings.BACKUP_STORE), crypto.recipients(), 0
    for path in sorted(p for p in spool.iterdir() if PIECE.match(p.name)) if spool.is_dir() else ():
        with path.open("rb") as stream:
            sealed(store, f"wal/{path.name}.age", Source(stream), to)
        store.settle()
        path.unlink()
        count += 1
    return count


def bases(store: Store) -> list[Base]:
    """Return the whole bases in the store, oldest first."""
    found = []
    for name in store.folders("base/"):
        if is_backup_id(name):
            try:
                found.append(Base(**json.loads(read_small(store, f"base/{name}/manifest.json"))))
            except NoSuchBackup:
                continue  # half-made
    return sorted(found, key=lambda base: base.ended_at)


def fetch(moment: datetime, data: Path, log: Path, *, address: str = "", say: Callable[[str], None] = lambda text: None) -> Base:
    """Bring the newest base before a moment into `data` (empty) and the pieces of the log since into `log`.

    Raises
    ------
    NoSuchBackup
        There is no base before that moment.
    RestoreFailed
        The base is not signed with our key, or was changed.
    """
    store, own = open_store(address or settings.BACKUP_STORE), crypto.require_identity()
    before = [b for b in bases(store) if datetime.fromisoformat(b.ended_at) <= moment]
    if not before:
        raise NoSuchBackup(backup=f"a base before {moment.isoformat()}")
    base = before[-1]
    if base.mac != base.signature():
        raise RestoreFailed(what=f"The base {base.id} is not signed with the keys given")
    say(f"Base {base.id} of {base.ended_at} ({base.size / 1e6:.1f} MB)")
    data.mkdir(parents=True, exist_ok=True)
    _unpack(store, base, own, data)
    log.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, _size in store.list("wal/"):
        piece = name.removeprefix("wal/").removesuffix(".age")
        # The first eight digits are the timeline, which a recovery changes; the rest counts on.
        if PIECE.match(piece) and (piece.endswith(".history") or piece[8:24] >= base.first_piece[8:24]):
            with store.open(name) as stream, (log / piece).open("wb") as out:
                crypto.decrypt(Source(stream), Sink(out), own)
            count += 1
    say(f"{count} pieces of the log")
    return base


def _unpack(store: Store, base: Base, own: Any, data: Path) -> None:
    """Decrypt in one thread and unpack in this one, so that nothing larger than a pipe is held."""
    reading, writing = os.pipe()
    problem: list[BaseException] = []
    digest: list[str] = []

    def pour() -> None:
        try:
            with os.fdopen(writing, "wb") as out, store.open(f"base/{base.id}/base.tar.gz.age") as stream:
                source = Source(stream)
                crypto.decrypt(source, Sink(out), own)
                digest.append(source.digest.hexdigest())
        except BaseException as error:
            problem.append(error)

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as packed, tarfile.open(fileobj=packed, mode="r|gz") as tar:
            if hasattr(tarfile, "tar_filter"):  # Debian 12's Python is older than the argument
                tar.extraction_filter = staticmethod(tarfile.tar_filter)
            tar.extractall(data)  # noqa: S202 - sealed with a key of our own, read back from our own store
            while packed.read(1 << 16):
                pass
    except tarfile.TarError as error:
        problem.append(error)
    thread.join()
    if problem:
        raise RestoreFailed(what=f"The base {base.id} cannot be opened: {problem[0]}") from problem[0]
    if digest != [base.sha256]:
        raise RestoreFailed(what=f"The base {base.id} was changed in the store")


def prune_log(store: Store, *, keep: int = 2) -> int:
    """Remove all but the newest bases and the pieces of the log before the oldest kept; returns how many objects."""
    known = bases(store)
    old, kept = known[:-keep], known[-keep:]
    removed = 0
    for base in old:
        removed += store.delete([f"base/{base.id}/manifest.json"])
        removed += store.delete([path for path, _size in store.list(f"base/{base.id}/")])
    if kept and old:
        border = kept[0].first_piece[8:24]
        pieces = [path for path, _size in store.list("wal/")]
        removed += store.delete(
            [p for p in pieces if not p.endswith(".history.age") and p.removeprefix("wal/")[8:24] < border]
        )
    return removed


def newest_base_at(store: Store) -> datetime | None:
    known = bases(store)
    return moment_of(known[-1].id) if known else None
