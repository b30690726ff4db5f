"""Taking a delivery's file in: kept whole and hashed before its row is written, landed later."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from yiwang.apps.datahub.errors import FileRefused, LakeFull, NoContract
from yiwang.apps.datahub.lake import store as lake_store
from yiwang.apps.datahub.models import ContractVersion, Dataset, Run
from yiwang.apps.datahub.queries.landing import HAND_IN
from yiwang.apps.datahub.services.landing import words
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.files import scanning, store
from yiwang.kernel.files.errors import EmptyFile, Infected, StoreFull, TooLarge
from yiwang.kernel.files.rules.names import safe_name

BLOCK = 4 << 20


class Upload(Protocol):
    @property
    def name(self) -> str | None: ...

    def chunks(self) -> Iterable[bytes]: ...


def folder() -> Path:
    """Return where files wait until they are landed."""
    return Path(settings.FILES_DIR) / "datahub_incoming"


def path_of(run: Run) -> Path:
    return folder() / str(run.uid)


def refused(reason: str, **facts: object) -> FileRefused:
    return FileRefused(reason=reason, facts=facts, words=words.refusal(reason, facts))


class _Disk:
    """A file of this machine as an upload."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def chunks(self) -> Iterable[bytes]:
        with self.path.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block


def receive(
    actor: Actor, dataset: Dataset, file: Upload | Path, *, name: str = "", idempotency_key: str = "", source: str = "upload", contract: ContractVersion | None = None,
    corrects: Run | None = None, is_sample: bool = False,
) -> Run:  # fmt: skip
    """Keep a file and write its run, which waits to be confirmed. The same key gives the run that is there already.

    Raises
    ------
    NotPermitted, NoContract
    FileRefused
        Empty, too large, infected.
    LakeFull
    """
    actor.require(HAND_IN, area_path=dataset.area_path, org_path=dataset.org_path)
    if (known := known_run(dataset, idempotency_key)) is not None:
        return known
    upload: Upload = _Disk(file, name or file.name) if isinstance(file, Path) else file
    shown = safe_name(name or upload.name or "delivery")
    limit: int = settings.LAKE_FILE_MAX_BYTES
    try:
        incoming = store.receive(upload.chunks(), limit=limit, name=shown)
    except TooLarge as error:
        raise refused("too_large", mb=limit >> 20) from error
    except EmptyFile as error:
        raise refused("empty") from error
    except StoreFull as error:
        raise LakeFull from error
    try:
        try:
            scanning.scanner().scan(incoming.path, shown)
        except Infected as error:
            raise refused("infected") from error
        run = new_run(actor, dataset, source=source, contract=contract, idempotency_key=idempotency_key, corrects=corrects, is_sample=is_sample)
        run.file_name, run.sha256, run.size = shown[:200], incoming.sha256, incoming.size
        with lake_store.told():
            folder().mkdir(parents=True, exist_ok=True)
            lake_store.sync(incoming.path)
            shutil.move(incoming.path, path_of(run))
            lake_store.sync(folder())
        with transaction.atomic():
            run.save()
            told = {"dataset": dataset.code, "run": str(run.uid), "sha256": run.sha256, "bytes": run.size, "source": source}
            audit.record(actor, action="datahub.run.received", area_path=run.area_path, data=told)
        return run
    finally:
        incoming.discard()


def known_run(dataset: Dataset, idempotency_key: str) -> Run | None:
    return Run.objects.filter(dataset=dataset, idempotency_key=idempotency_key).first() if idempotency_key else None


def new_run(
    actor: Actor, dataset: Dataset, *, source: str, contract: ContractVersion | None, idempotency_key: str, corrects: Run | None, is_sample: bool
) -> Run:  # fmt: skip
    """Return a run that is not saved yet; raises NoContract."""
    version = contract or dataset.contract
    if version is None:
        raise NoContract
    uid = uuid7()
    return Run(
        uid=uid, dataset=dataset, contract=version, org_path=dataset.org_path, area_path=dataset.area_path, source=source[:80], idempotency_key=(idempotency_key or str(uid))[:120],
        corrects=corrects, made_by_id=actor.account_id, made_at=now(), is_sample=is_sample or dataset.is_sample,
    )  # fmt: skip


def throw_away(run: Run) -> None:
    """Remove the file that waits."""
    path_of(run).unlink(missing_ok=True)


def has_file(run: Run) -> bool:
    return os.path.exists(path_of(run))
