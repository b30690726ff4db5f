"""DuckDB as the platform uses it: bounded in memory and threads, without network and without foreign extensions."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings

from yiwang.apps.datahub.lake.folders import root


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def connect(
    *,
    memory_mb: int | None = None,
    threads: int | None = None,
    reads: Iterable[Path] | None = None,
    database: str = ":memory:",
) -> Iterator[Any]:
    """Yield a connection that holds nothing when it opens and is gone when it closes.

    `memory_mb` and `threads` default to settings.LAKE. It spills to a folder of its own that goes with it. With `reads` it
    may open these files and folders alone, and its settings cannot be changed by what is run in it: strangers' SQL.
    """
    wanted: dict[str, Any] = settings.LAKE
    with tempfile.TemporaryDirectory(prefix="lake-", dir=root()) as spill:
        connection = duckdb.connect(
            database,
            config={
                "memory_limit": f"{memory_mb or wanted['memory_mb']}MB",
                "threads": threads or wanted["threads"],
                "temp_directory": spill,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            },
        )
        try:
            if reads is not None:
                places = [str(p) for p in reads]
                connection.execute("SET allowed_directories = $1", [[p for p in places if Path(p).is_dir()] + [spill]])
                connection.execute("SET allowed_paths = $1", [[p for p in places if not Path(p).is_dir()]])
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()
