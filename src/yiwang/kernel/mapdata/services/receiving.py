"""Taking a file in, and what the person decides about it."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.jobs import enqueue
from yiwang.kernel.files import scanning, store
from yiwang.kernel.files.errors import EmptyFile, Infected, NoFile, TooLarge
from yiwang.kernel.files.rules.names import safe_name
from yiwang.kernel.geography.models import ImportBatch, ImportState
from yiwang.kernel.mapdata import queries
from yiwang.kernel.mapdata.contracts import Choice, FieldMapping
from yiwang.kernel.mapdata.errors import FileRefused, NotNow
from yiwang.kernel.mapdata.rules.guessing import guess_fields
from yiwang.kernel.mapdata.services import reading
from yiwang.kernel.mapdata.targets import attributes_of

log = logging.getLogger("yiwang.mapdata")


class Upload(Protocol):
    name: str | None

    def chunks(self) -> Iterable[bytes]: ...


def folder() -> Path:
    return Path(settings.FILES_DIR) / "map_imports"


def path_of(batch: ImportBatch) -> Path:
    """Return where a file waits until it is brought in or discarded."""
    return folder() / str(batch.uid)


def start(actor: Actor, layer_code: str, file: Upload | None) -> ImportBatch:
    """Take a file in for a layer. A small one is looked at now, and a bad one leaves nothing behind; a large one by a job.

    Raises
    ------
    NotFound, NotPermitted
        The layer is not there for him to change.
    NoFile, FileRefused
        What it is that cannot be, with the mend.
    """
    layer = queries.target(actor, layer_code)
    if file is None:
        raise NoFile
    name = safe_name(file.name)
    try:
        incoming = store.receive(file.chunks(), limit=settings.MAP_FILE_MAX_BYTES, name=name)
    except TooLarge as error:
        raise reading.refused("too_large", mb=settings.MAP_FILE_MAX_BYTES // (1024 * 1024)) from error
    except EmptyFile as error:
        raise reading.refused("empty") from error
    try:
        try:
            scanning.scanner().scan(incoming.path, name)
        except Infected as error:
            raise reading.refused("infected") from error
        waits = incoming.size <= settings.MAP_FILE_WAIT_BYTES
        found = reading.look(incoming.path, name) if waits else None
        with transaction.atomic():
            batch = ImportBatch(layer=layer, file_name=name[:200], sha256=incoming.sha256, size=incoming.size, made_by_id=actor.account_id, made_at=now())
            if found is not None:
                _understood(batch, found)
            batch.save()
            audit.record(actor, action="geography.import.uploaded", data={"layer": layer.code, "import": str(batch.uid), "sha256": batch.sha256, "bytes": batch.size})
            folder().mkdir(parents=True, exist_ok=True)
            os.replace(incoming.path, path_of(batch))
            if found is None:
                enqueue("mapdata.look", batch_id=batch.pk)
        return batch
    finally:
        incoming.discard()


def _understood(batch: ImportBatch, found: dict[str, Any]) -> None:
    chosen = batch.chosen
    columns = found.get("columns", {})
    batch.understood, batch.format, batch.total = found, found["format"], int(found["count"])
    batch.chosen = {
        "source": found["source"], "encoding": found["encoding"] if found["encoding"] in ("UTF-8", "GB18030", "BIG5") else "",
        "crs": chosen.get("crs") or found["crs"]["proposed"], "swap": chosen["swap"] if "swap" in chosen else found["crs"]["swap"],
        "offset": chosen.get("offset", ""), "mend": bool(chosen.get("mend")), "replace": bool(chosen.get("replace")), "x": columns.get("x", ""), "y": columns.get("y", ""),
        "wkt": columns.get("wkt", ""),
    }  # fmt: skip
    names = [f["name"] for f in found["fields"]]
    known = {a: f for a, f in batch.mapping.get("fields", {}).items() if f in names}
    used = {columns.get("wkt")} - {""}
    guessed = guess_fields(attributes_of(batch.layer), [n for n in names if n not in used])
    batch.mapping = {"fields": known or guessed, "fixed": batch.mapping.get("fixed", {})}
    batch.state, batch.error = ImportState.MAPPING, {}


def look_now(batch_id: int) -> None:
    """Do the look that was too large to wait for; a refusal is kept with the import."""
    batch = ImportBatch.objects.select_related("layer").get(pk=batch_id)
    if batch.state != ImportState.READING:
        return
    try:
        _understood(batch, reading.look(path_of(batch), batch.file_name, _asked(batch)))
    except FileRefused as refusal:
        batch.state, batch.error = ImportState.FAILED, {"code": refusal.reason, "message": refusal.words}
        path_of(batch).unlink(missing_ok=True)
    batch.save()


def _asked(batch: ImportBatch) -> dict[str, Any]:
    return {key: batch.chosen.get(key, "") for key in ("source", "encoding", "x", "y", "wkt")}


def choose(actor: Actor, uid: UUID, choice: Choice, mapping: FieldMapping) -> ImportBatch:
    """Keep what the person decided. Another layer of the file, encoding or column makes the reader look again.

    Raises
    ------
    NotNow
        It is being read, or was brought in.
    FileRefused
        It cannot be read that way; what was decided before stands.
    """
    with transaction.atomic():
        batch = queries.locked(actor, uid)
        if batch.state not in (ImportState.MAPPING, ImportState.CHECKED):
            raise NotNow(state=batch.get_state_display())
        before = _asked(batch)
        batch.chosen = {key: getattr(choice, key) for key in Choice.__slots__}
        batch.mapping = {"fields": dict(mapping.fields), "fixed": dict(mapping.fixed)}
        if _asked(batch) != before:
            if batch.chosen["source"] != before["source"] or batch.chosen["encoding"] != before["encoding"]:
                batch.mapping["fields"] = {}
            if batch.chosen["source"] != before["source"]:
                batch.chosen["crs"], batch.chosen["encoding"] = "", ""
                del batch.chosen["swap"]
            if batch.size > settings.MAP_FILE_WAIT_BYTES:
                batch.state = ImportState.READING
                enqueue("mapdata.look", batch_id=batch.pk)
            else:
                _understood(batch, reading.look(path_of(batch), batch.file_name, _asked(batch)))
        else:
            batch.state = ImportState.MAPPING
        batch.rows.all().delete()
        batch.counts = {}
        batch.save()
    return batch


