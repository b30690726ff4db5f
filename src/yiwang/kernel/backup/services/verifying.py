"""Prove a backup: restore it into a scratch database and compare counts and chain; open its files and hash them."""

import json
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
from django.conf import settings

from yiwang.kernel.backup import crypto, server, snapshot
from yiwang.kernel.backup.contracts import Manifest, Verdict
from yiwang.kernel.backup.errors import BackupFailed, NoSuchBackup, RestoreFailed
from yiwang.kernel.backup.models import Kind, Run
from yiwang.kernel.backup.services import reading
from yiwang.kernel.backup.services.progress import Progress
from yiwang.kernel.backup.services.running import DUMP, INDEX, alone
from yiwang.kernel.backup.stores import Store, open_store

SAMPLE = 200
SHOWN = 20


def verify(name: str = "latest", *, row: Run | None = None, address: str = "", files: str = "all") -> Verdict:
    """Verify a backup; the verdict names every fault. `files` is `all`, `sample` (200 of them, drawn anew) or `none`.

    Raises
    ------
    BackupRuns, StoreUnfit, NoSuchBackup, KeyMissing
    RestoreFailed
        The scratch database could not be made.
    """
    row = row or Run.objects.create(kind=Kind.VERIFY, backup="" if name == "latest" else name)
    progress = Progress(row)
    began = time.monotonic()
    try:
        store = open_store(address or settings.BACKUP_STORE)
        own = crypto.require_identity()
        with alone():
            manifest = reading.manifest_of(store, name)
            progress.begin(manifest.id, store.label)
            verdict = _verify(store, manifest, own, progress, files)
    except Exception as error:
        progress.end(error=str(error) or type(error).__name__)
        raise
    verdict = replace(verdict, seconds=time.monotonic() - began)
    progress.end(
        error="; ".join(verdict.faults[:SHOWN]), rows=verdict.rows, lines=verdict.lines, files=verdict.files,
        seconds=round(verdict.seconds, 1), at=manifest.created_at,
    )
    return verdict


def _verify(store: Store, manifest: Manifest, own: Any, progress: Progress, files: str) -> Verdict:
    if not crypto.is_signed(manifest):  # nothing that it says can be compared with anything
        return Verdict(manifest.id, ["the manifest is not signed with our key: it was changed, or made by somebody else"])
    if faults := _check_objects(store, manifest):
        return Verdict(manifest.id, faults)
    scratch_name = f"yw_verify_{secrets.token_hex(6)}"
    rows = lines = 0
    try:
        with server.scratch(scratch_name):
            progress.phase("restore", manifest.object(DUMP).size)
            read = reading.load_dump(store, manifest, scratch_name, own, progress.moved)
            if read != manifest.object(DUMP).sha256:
                faults.append("the dump is not the one that the manifest names")
            faults += compare(manifest, scratch_name)
            rows = sum(manifest.counts.values())
            progress.phase("chain")
            lines, wrong = verify_chain(manifest, scratch_name)
            faults += wrong
    except RestoreFailed as error:
        faults.append(error.what)
    progress.phase("files", manifest.files["count"])
    opened, wrong = _check_files(store, manifest, own, files, progress.moved)
    return Verdict(manifest.id, faults + wrong, len(manifest.counts), rows, lines, opened)


def _check_objects(store: Store, manifest: Manifest) -> list[str]:
    there = dict(store.list(f"backups/{manifest.id}/"))
    return [
        f"{o.name} is {'missing' if o.name not in there else 'of another size'}"
        for o in manifest.objects if there.get(o.name) != o.size
    ]  # fmt: skip


def compare(manifest: Manifest, database: str) -> list[str]:
    """Return where a restored database differs from the manifest: rows of each table, heads of all chains, seals."""
    with server.connect("owner", database) as connection:
        found, chain = snapshot.counts(connection), snapshot.chain(connection)
    faults = [
        f"table {table}: {found.get(table, 'missing')} rows restored, {count} backed up"
        for table, count in manifest.counts.items() if found.get(table) != count
    ]  # fmt: skip
    if chain != manifest.chain:
        changed = [key for key in manifest.chain if chain.get(key) != manifest.chain[key]]
        faults.append(f"the record's {', '.join(changed)} differ from the manifest")
    return faults


def verify_chain(manifest: Manifest, database: str) -> tuple[int, list[str]]:
    """Run `yiwang audit verify` on a restored database, with the seals as they were copied at that moment."""
    with tempfile.TemporaryDirectory() as folder:
        seals = Path(folder) / "seals"
        seals.mkdir()
        (seals / "latest.json").write_text(json.dumps(manifest.chain["seals"]), encoding="utf-8")
        env = server.platform_env(database, YIWANG_DATA_DIR=folder, YIWANG_FILES_DIR=folder, YIWANG_PRODUCTION="")
        done = subprocess.run(
            [sys.executable, "-m", "yiwang", "audit", "verify", "--json"], env=env, capture_output=True, text=True, check=False
        )
    try:
        report = json.loads(done.stdout.splitlines()[0])
    except (ValueError, IndexError):
        return 0, [f"the chain could not be verified: {(done.stderr or done.stdout).strip()[-400:]}"]
    return int(report["lines"]), [f"record: {f['kind']} {f['detail']} (line {f['position']})" for f in report["faults"][:SHOWN]]


def _check_files(
    store: Store, manifest: Manifest, own: Any, which: str, moved: Callable[[int], None]
) -> tuple[int, list[str]]:
    faults: list[str] = []
    seen = opened = 0
    chance = 1.0 if which == "all" else SAMPLE / max(1, manifest.files["count"]) if which == "sample" else 0.0
    known: tuple[str, set[str]] = ("", set())

    def take(sha256: str, size: int, name: str, _where: str) -> None:
        nonlocal seen, opened, known
        seen += 1
        moved(seen)
        shard = name.rsplit("/", 1)[0] + "/"
        if shard != known[0]:
            known = (shard, {path for path, _size in store.list(shard)})
        if name not in known[1]:
            faults.append(f"the file {sha256} is missing in the store")
        elif random.random() < chance:
            opened += 1
            with tempfile.SpooledTemporaryFile(max_size=4 * 2**20) as out:
                try:
                    if reading.open_file(store, name, own, out) != sha256:
                        faults.append(f"the file {sha256} holds other bytes")
                except (pyrage.DecryptError, NoSuchBackup, BackupFailed) as error:
                    faults.append(f"the file {sha256} cannot be opened: {error}")

    try:
        reading.each_file(store, manifest, own, take)
    except (pyrage.DecryptError, NoSuchBackup) as error:
        faults.append(f"the list of files cannot be opened: {error}")
    if not faults and seen != manifest.files["count"]:
        faults.append(f"{seen} files are listed, {manifest.files['count']} were backed up")
    with store.open(manifest.object(INDEX).name) as stream:
        plain = crypto.Source(stream)
        plain.drain()
    if plain.digest.hexdigest() != manifest.object(INDEX).sha256:
        faults.append("the list of names in the store was changed")
    return opened, faults
