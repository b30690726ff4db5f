"""Restore a backup: into a new database, checked, and only then put in the place of the present one."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.kernel.backup import crypto, server
from yiwang.kernel.backup.contracts import Manifest
from yiwang.kernel.backup.errors import DatabaseInUse, RestoreFailed
from yiwang.kernel.backup.services import reading
from yiwang.kernel.backup.services.running import DUMP
from yiwang.kernel.backup.services.verifying import compare, verify_chain
from yiwang.kernel.backup.stores import Store, open_store

NAME = re.compile(r"^[a-z_][a-z0-9_]{0,50}$")
Say = Callable[[str], None]


@dataclass
class Restored:
    """What a restore did, and how long each part took."""

    manifest: Manifest
    database: str
    kept_as: str = ""  # the database that was there before
    files: int = 0
    new_files: int = 0
    new_bytes: int = 0
    lines: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def restore(
    name: str = "latest", *, database: str = "", address: str = "", replace: bool = False, files: bool = True,
    say: Say = lambda text: None,
) -> Restored:  # fmt: skip
    """Restore a backup into `database` (default: the one of this installation) and its files into FILES_DIR.

    Everything is loaded into a database beside it first and compared with the manifest, chain included; only what is
    right takes the name. A database that was there is kept under another name.

    Raises
    ------
    DatabaseInUse
        It exists and `replace` was not said.
    RestoreFailed
        What came out is not what the manifest says; nothing in use was touched.
    StoreUnfit, NoSuchBackup, KeyMissing
    """
    target = database or server.database_name()
    if not NAME.match(target):
        raise RestoreFailed(what=f"{target!r} is no name for a database: small letters, digits and _")
    store, own = open_store(address or settings.BACKUP_STORE), crypto.require_identity()
    manifest = reading.manifest_of(store, name)
    if not crypto.is_signed(manifest):
        raise RestoreFailed(what="The manifest is not signed with the keys given: another installation's, or changed")
    if server.exists(target) and not replace:
        raise DatabaseInUse(database=target)
    done = Restored(manifest, target)
    fresh = f"{target[:40]}_new_{secrets.token_hex(3)}"
    server.create(fresh)
    try:
        _fill(done, store, fresh, own, say)
        if files:
            _files(done, store, own, say)
        is_live = target == server.database_name()
        if is_live:
            _seals(store, manifest, own)
        if server.exists(target):
            done.kept_as = f"{target[:36]}_before_{time.strftime('%Y%m%d%H%M%S')}"
        server.swap(fresh, target, done.kept_as)
    except BaseException:
        server.drop(fresh)
        raise
    if is_live:
        _accept(done)
    return done


def restore_files(name: str = "latest", *, address: str = "", say: Say = lambda text: None) -> Restored:
    """Bring the files of a backup into FILES_DIR and leave the database alone (after a recovery to a moment).

    Raises
    ------
    StoreUnfit, NoSuchBackup, KeyMissing, RestoreFailed
    """
    store, own = open_store(address or settings.BACKUP_STORE), crypto.require_identity()
    done = Restored(reading.manifest_of(store, name), "")
    if not crypto.is_signed(done.manifest):
        raise RestoreFailed(what="The manifest is not signed with the keys given: another installation's, or changed")
    _files(done, store, own, say)
    return done


def _timed(done: Restored, what: str, began: float) -> None:
    done.seconds[what] = round(time.monotonic() - began, 2)


def _fill(done: Restored, store: Store, fresh: str, own: Any, say: Say) -> None:
    manifest, began = done.manifest, time.monotonic()
    say(f"Database of {manifest.created_at} ({manifest.object(DUMP).size / 1e6:.1f} MB)")
    if reading.load_dump(store, manifest, fresh, own) != manifest.object(DUMP).sha256:
        raise RestoreFailed(what="The dump is not the one that the manifest names")
    _timed(done, "database", began)
    began = time.monotonic()
    if faults := compare(manifest, fresh):
        raise RestoreFailed(what="; ".join(faults[:10]))
    done.lines, wrong = verify_chain(manifest, fresh)
    if wrong:
        raise RestoreFailed(what="; ".join(wrong[:10]))
    say(f"{sum(manifest.counts.values())} rows in {len(manifest.counts)} tables and {done.lines} lines of the record are as backed up")
    _timed(done, "compare", began)
    began = time.monotonic()
    with server.connect("owner", fresh) as connection:
        # The backup itself was running at the moment that it holds.
        connection.execute("UPDATE yw_backup_run SET state = 'failed', error = 'restored' WHERE state IN ('running', 'waiting')")
        connection.execute("ANALYZE")
    _timed(done, "statistics", began)


def _files(done: Restored, store: Store, own: Any, say: Say) -> None:
    began, root, beside = time.monotonic(), Path(settings.FILES_DIR), Path(settings.DATA_DIR).resolve()

    def take(sha256: str, size: int, name: str, where: str) -> None:
        done.files += 1
        path = (beside / where).resolve() if where else root / "blobs" / sha256[:2] / sha256[2:4] / sha256
        if where and beside not in path.parents:
            raise RestoreFailed(what=f"The backup names a file outside of the data folder: {where}")
        if path.is_file() and path.stat().st_size == size:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with fresh.open("xb") as out:
                found = reading.open_file(store, name, own, out)
            if found != sha256:
                raise RestoreFailed(what=f"The file {sha256} holds other bytes in the store")
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        done.new_files, done.new_bytes = done.new_files + 1, done.new_bytes + size

    reading.each_file(store, done.manifest, own, take)
    os.sync()
    say(f"{done.files} files, {done.new_files} of them written ({done.new_bytes / 1e6:.1f} MB)")
    _timed(done, "files", began)


def _seals(store: Store, manifest: Manifest, own: Any) -> None:
    """Bring the copies of the seals on a machine that has none; what a machine knows itself is never replaced."""
    from yiwang.kernel.audit.sealing import outside_path

    folder = outside_path().parent
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in reading.definitions(store, manifest, own):
        path = folder / Path(name).name
        if name.startswith("seals/") and not path.exists():
            path.write_bytes(content)


def _accept(done: Restored) -> None:
    """Where the copy of the seals outside knows lines that the backup does not, note that on record."""
    from yiwang.kernel.audit.sealing import outside_copy

    known = outside_copy() or {}
    if all(known.get(s, {}).get("hash") == seal["hash"] for s, seal in done.manifest.chain["seals"].items()) and set(
        known
    ) <= set(done.manifest.chain["seals"]):
        return
    reason = f"backup {done.manifest.id} of {done.manifest.created_at} was restored"
    ended = subprocess.run(
        [sys.executable, "-m", "yiwang", "audit", "restored", "--reason", reason],
        env=server.platform_env(done.database, YIWANG_DATA_DIR=str(settings.DATA_DIR)), capture_output=True, text=True, check=False,
    )
    if ended.returncode:
        raise RestoreFailed(what=f"The database is restored, but `yiwang audit restored` failed: {ended.stderr.strip()[-300:]}")
