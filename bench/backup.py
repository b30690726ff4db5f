"""Backup and restore at three sizes: peak memory of all processes together, and rates.

    ./dev bench backup [--files-mb 64 128 256] [--lines 20000 40000 80000]
    ./dev bench --keep big --sample none scale 1m --only reads --read tasks; ./dev bench --keep big backup --files-mb 4096 --lines 0 --no-restore

Each size holds the sample, so many more lines of the record (true ones, hashed) and so many MB of files of 200 KB. The
processes are those of `yiwang backup run` and `yiwang backup restore`, with pg_dump and pg_restore; the server's own memory
is not counted. The second backup shows what a night costs when nothing is new. A grown database (bench/_grow.py) is not
restored: restoring reads the whole record again, and the copies' lines carry their originals' hashes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django

PIECE = 200 * 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files-mb", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--lines", type=int, nargs="+", default=[20_000, 40_000, 80_000])
    parser.add_argument("--no-restore", action="store_true")
    options = parser.parse_args()
    django.setup()
    import pyrage
    from django.conf import settings

    root = Path(settings.FILES_DIR)
    forget_files(root)  # of a run that was broken off
    with tempfile.TemporaryDirectory() as folder:
        env = {
            **os.environ, "YIWANG_FILES_DIR": str(root), "YIWANG_BACKUP_IDENTITY": str(pyrage.x25519.Identity.generate()),
            "YIWANG_DB_POOL": "", "YIWANG_LOG_LEVEL": "WARNING",
        }  # fmt: skip
        grown = [0, 0]
        for mb, lines in zip(options.files_mb, options.lines, strict=True):
            grow_files(root, grown[0], mb)
            grow_lines(lines - grown[1])
            grown = [mb, lines]
            env["YIWANG_BACKUP_STORE"] = f"{folder}/store-{mb}"
            size = database_mb()
            first, peak = measured(["backup", "run", "--no-prune"], env)
            second, again = measured(["backup", "run", "--no-prune"], env)
            total = size + mb
            print(f"database {size:.0f} MB, files {mb} MB: first backup {first:.1f} s = {total / first:.1f} MB/s, peak {peak:.0f} MB; second {second:.1f} s, peak {again:.0f} MB", flush=True)
            if options.no_restore:
                continue
            other = {**env, "YIWANG_FILES_DIR": f"{folder}/restored-{mb}"}
            back, peak_back = measured(["backup", "restore", "--database", f"bench_restored_{mb}"], other)
            drop(f"bench_restored_{mb}")
            print(f"  restored and verified in {back:.1f} s = {total / back:.1f} MB/s, peak {peak_back:.0f} MB", flush=True)
    forget_files(root)


def grow_files(root: Path, have_mb: int, want_mb: int) -> None:
    """Store random files and the rows that name them; content cannot be compressed, as photos cannot."""
    from yiwang.kernel.files.models import Attachment

    rows = []
    for _number in range((want_mb - have_mb) * 2**20 // PIECE):
        data = os.urandom(PIECE)
        sha256 = hashlib.sha256(data).hexdigest()
        path = root / "blobs" / sha256[:2] / sha256[2:4] / sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        rows.append(Attachment(sha256=sha256, original_sha256=sha256, size=PIECE, media_type="image/jpeg", kind="photo", uploader="bench", is_sample=True))
    Attachment.objects.bulk_create(rows, batch_size=1000)


def forget_files(root: Path) -> None:
    """Take the made files out again: a kept database goes on without them."""
    from yiwang.kernel.files.models import Attachment

    made = Attachment.objects.filter(uploader="bench", is_sample=True)
    for sha256 in made.values_list("sha256", flat=True):
        (root / "blobs" / sha256[:2] / sha256[2:4] / sha256).unlink(missing_ok=True)
    made.delete()


def grow_lines(count: int) -> None:
    from yiwang.kernel.audit import services
    from yiwang.kernel.base.actor import system

    actor = system("bench")
    services.record_many(services.line(actor, action="bench.line", data={"n": n, "text": "井盖破损，边缘缺角约三十厘米"}) for n in range(count))


def database_mb() -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0]) / 2**20


def drop(name: str) -> None:
    from yiwang.kernel.backup import server

    server.drop(name)


def measured(arguments: list[str], env: dict[str, str]) -> tuple[float, float]:
    """Run a command; return seconds and the peak of memory of it and all its children together, in MB."""
    began, peak = time.monotonic(), 0
    process = subprocess.Popen([sys.executable, "-m", "yiwang", *arguments], env=env, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, resident(process.pid))
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return time.monotonic() - began, peak / 2**20


def resident(pid: int) -> int:
    """Return the memory of a process and its children in bytes; shared pages count once (proportional set size)."""
    total = 0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += resident(int(child))
    except (OSError, IndexError):
        pass
    return total


if __name__ == "__main__":
    main()
