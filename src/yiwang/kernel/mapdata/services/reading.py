"""Talking to the reader (mapdata.reader): one process a file, bounded, and never believed."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.db import connection

from yiwang.kernel.mapdata import words
from yiwang.kernel.mapdata.errors import FileRefused

log = logging.getLogger("yiwang.mapdata")
_SRC = Path(__file__).resolve().parents[4]
_KEPT = ("PATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTHONHOME")


def refused(code: str, **facts: Any) -> FileRefused:
    return FileRefused(reason=code, words=words.refusal(code, facts))


def county_extent() -> list[float] | None:
    """Return west, south, east, north of everything that has a border; None where nothing has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(ST_XMin(s.shape)), min(ST_YMin(s.shape)), max(ST_XMax(s.shape)), max(ST_YMax(s.shape))"
            " FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id"
            " WHERE a.parent_id IS NULL AND a.bounded AND a.valid_to IS NULL"
        )
        found = cursor.fetchone()
    return None if found[0] is None else [float(v) for v in found]


def request(task: str, path: Path, name: str, **more: Any) -> dict[str, Any]:
    """Return what the reader is asked, with the bounds and the local systems of this installation."""
    limits = {
        "memory_mb": settings.MAP_READER_MEMORY_MB, "cpu_s": settings.MAP_READER_CPU_S, "rows": settings.MAP_FILE_MAX_ROWS,
        "unpacked_bytes": settings.MAP_FILE_UNPACKED_BYTES,
    }  # fmt: skip
    return {"task": task, "path": str(path), "name": name, "limits": limits, "local": dict(settings.LOCAL_CRS), "county": county_extent(), **more}


def environment() -> dict[str, str]:
    """Return what readers and writers know of their surroundings: no setting and no secret of ours."""
    found = {key: os.environ[key] for key in _KEPT if key in os.environ}
    return found | {"PYTHONPATH": str(_SRC), "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


def answers(asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the reader's lines.

    Raises
    ------
    FileRefused
        The reader says so, or it was stopped by one of its bounds, or died.
    """
    ended = False
    with closing(spoken(asked)) as lines:
        for line in lines:
            answer = _parsed(line)
            if "refused" in answer:
                raise refused(str(answer["refused"]), **answer.get("facts", {}))
            ended = ended or "look" in answer or "end" in answer
            yield answer
    if not ended:
        raise refused("died")


def spoken(asked: dict[str, Any]) -> Generator[str, None, None]:
    """Start the reader, ask, and yield what it says, line by line; it ends with the generator, whatever happens."""
    with TemporaryFile() as complaints:
        reader = subprocess.Popen(  # noqa: S603 our own program; the file's name is no argument of it
            [sys.executable, "-P", "-m", "yiwang.kernel.mapdata.reader"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, env=environment(), encoding="utf-8", errors="replace",
        )  # fmt: skip
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            with suppress(BrokenPipeError):
                reader.stdin.write(json.dumps(asked))
                reader.stdin.close()
            yield from reader.stdout
            code = reader.wait(timeout=60)
            if code != 0:
                complaints.seek(0)
                log.warning("map reader ended early", extra={"facts": {"code": code, "said": complaints.read()[-500:].decode("utf-8", "replace")}})
                raise refused("slow" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "died")
        finally:
            if reader.poll() is None:
                reader.kill()
                reader.wait()
            reader.stdout.close()


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise refused("died") from error
    if not isinstance(found, dict):
        raise refused("died")
    return found


def look(path: Path, name: str, choice: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the reader makes of a file."""
    for answer in answers(request("look", path, name, choice=choice or {})):
        found: dict[str, Any] = answer["look"]
        return found
    raise refused("died")
