"""Which adapter reads which kind of source; drivers are imported when they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from yiwang.apps.datahub.lake.sources.base import Portion, Reading

_MODULES = {"folder": "folder", "sftp": "sftp", "database": "database", "api": "http"}


def _adapter(kind: str, word: str) -> Callable[[Reading], Iterator[Portion]]:
    found: Callable[[Reading], Iterator[Portion]] = getattr(import_module(f"yiwang.apps.datahub.lake.sources.{_MODULES[kind]}"), word)
    return found


def read(reading: Reading) -> Iterator[Portion]:
    """Give one whole portion after the other; each is staged before it is given."""
    return _adapter(reading.kind, "read")(reading)


def test(reading: Reading) -> list[str]:
    """Try whether the source can be reached; returns what is there: names of files or columns. Reads no rows."""
    found: list[str] = _adapter(reading.kind, "test")(reading)  # type: ignore[assignment]
    return found
