"""A folder that a bureau's front-end machine (前置机) drops files in. Only whole files; after landing they move to `taken/`.

A file is whole when its `<name>.done` marker lies beside it (completion `marker`), or when it has not been touched for
`quiet_s` seconds (completion `quiet`, the default, 60). Nothing is ever deleted: a file ends in `taken/` or `refused/`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from yiwang.apps.datahub.errors import SourceSettingsWrong, SourceUnreachable
from yiwang.apps.datahub.lake.sources.base import Portion, Reading, key_of
from yiwang.apps.datahub.lake.sources.staging import check_space
from yiwang.apps.datahub.rules.sources import names

QUIET_S = 60


def drop_root() -> Path:
    """Return the folder below which every folder source lies (settings.LAKE["drop"])."""
    return Path(str(settings.LAKE["drop"]))


def place(wanted: str) -> Path:
    """Return the folder of a source; refused when it would lie outside of the drop folder, by `..` or by a link."""
    root = drop_root().resolve()
    if not names.is_relative(wanted):
        raise SourceSettingsWrong(field="path", reason=names.OUTSIDE)
    found = (root / wanted).resolve()
    if not found.is_relative_to(root):
        raise SourceSettingsWrong(field="path", reason=names.OUTSIDE)
    return found


def _waiting(reading: Reading) -> tuple[Path, list[tuple[str, os.stat_result]]]:
    given: Any = reading.settings
    folder = place(str(given.get("path", "")))
    try:
        entries = {e.name: e.stat(follow_symlinks=False) for e in os.scandir(folder)}
    except OSError as error:
        raise SourceUnreachable(reason=reading.scrubbed(error.strerror)) from error
    by_marker, quiet = given.get("completion") == "marker", int(given.get("quiet_s", QUIET_S))
    found = []
    for name, info in sorted(entries.items(), key=lambda e: (e[1].st_mtime, e[0])):
        if not stat.S_ISREG(info.st_mode) or not names.is_wanted(name, str(given.get("pattern") or "*")):
            continue  # folders, links and devices are no files of a bureau
        if by_marker and f"{name}.done" not in entries:
            continue
        if not by_marker and time.time() - info.st_mtime < quiet:
            continue
        found.append((name, info))
    return folder, found


def test(reading: Reading) -> list[str]:
    return [name for name, _info in _waiting(reading)[1]]


def read(reading: Reading) -> Iterator[Portion]:
    """Give each whole file, oldest first, copied into the workspace: what lies in the folder may change while we land."""
    folder, found = _waiting(reading)
    for number, (name, info) in enumerate(found):
        source, staged = folder / name, reading.workspace / f"{number:05d}-{names.safe(name)}"
        check_space(reading.workspace, info.st_size)
        digest = hashlib.sha256()
        try:
            with os.fdopen(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream, staged.open("wb") as out:
                while part := stream.read(1 << 20):
                    digest.update(part)
                    out.write(part)
                after = os.fstat(stream.fileno())
        except FileNotFoundError:
            continue  # somebody took it back in this moment
        if (after.st_size, after.st_mtime_ns) != (info.st_size, info.st_mtime_ns):
            staged.unlink()
            continue  # it is still being written: the next run takes it
        sha = digest.hexdigest()
        yield Portion(
            path=staged, name=name, key=key_of(reading.number, sha), sha256=sha, again=reading.known(sha),
            watermark={**reading.watermark, "last": name}, taken=lambda n=name: _move(folder, n, "taken"),  # type: ignore[misc]
            set_aside=lambda why, n=name: _move(folder, n, "refused", why),  # type: ignore[misc]
        )  # fmt: skip
        staged.unlink(missing_ok=True)


def _move(folder: Path, name: str, into: str, why: str = "") -> None:
    """Move a file on, under a name that nothing has yet; its marker goes with it."""
    target = folder / into
    target.mkdir(exist_ok=True)
    free = names.free(name, lambda n: (target / n).exists())
    shutil.move(folder / name, target / free)
    (folder / f"{name}.done").unlink(missing_ok=True)
    if why:
        (target / f"{free}.reason.txt").write_text(why + "\n", encoding="utf-8")
