"""Landing a delivery: everything before its row says "done" can be thrown away and done again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from yiwang.apps.datahub.errors import FileRefused, RunNotNow
from yiwang.apps.datahub.lake import finishing, landing, store
from yiwang.apps.datahub.lake.reading import Opened, open_batches, open_file
from yiwang.apps.datahub.lake.reading.opening import Batch
from yiwang.apps.datahub.models import ContractVersion, Dataset, Run, RunState
from yiwang.apps.datahub.queries import landing as reads
from yiwang.apps.datahub.queries.landing import codes
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.quality import RuleError
from yiwang.apps.datahub.services.landing import receiving, words
from yiwang.apps.datahub.services.landing.correcting import only_asked, settle_rows
from yiwang.apps.datahub.services.landing.handing_back import keep_refused
from yiwang.apps.datahub.services.quality import check_dataset, readers_of
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.jobs import enqueue

ENDED = (RunState.DONE, RunState.REPEATED, RunState.REFUSED, RunState.DISCARDED)
NOW_ROWS = 200_000  # of the present rows: the quality rules of more run in a job
log = logging.getLogger("yiwang.datahub")
TRIES = 3  # another run of the same data set was faster: what is present is another thing now


def land(
    actor: Actor, dataset: Dataset, file: Path | None = None, *, batches: Iterable[Batch] | None = None, name: str = "", source: str = "upload",
    contract: ContractVersion | None = None, idempotency_key: str = "", is_sample: bool = False,
) -> Run:  # fmt: skip
    """Land a file or rows into a data set, now. Returns the run: done, repeated, or refused with its reason (`run.error`).

    The same `idempotency_key` lands once: a run that ended is returned as it is, one that was stopped is done again (with
    `batches` by bringing the same rows again). A run is refused as a whole, not raised, when the delivery is at fault:
    the bureau sees it on its page. `batches` are Arrow batches or lists of mappings with headers as keys.

    Raises
    ------
    NotPermitted, NoContract
    LakeFull, LakeBusy
        The run stays to be continued.
    """
    actor.require(reads.HAND_IN, area_path=dataset.area_path, org_path=dataset.org_path)
    if (file is None) == (batches is None):
        raise ValueError("a file or batches, not both")
    known = receiving.known_run(dataset, idempotency_key)
    if known is not None and known.state in ENDED:
        return known
    if file is not None:
        run = known or receiving.receive(actor, dataset, file, name=name, source=source, contract=contract, idempotency_key=idempotency_key, is_sample=is_sample)
        return land_now(run.pk, actor=actor)
    assert batches is not None
    run = known or receiving.new_run(actor, dataset, source=source, contract=contract, idempotency_key=idempotency_key, corrects=None, is_sample=is_sample)
    if run.pk is None:
        with transaction.atomic():
            run.file_name = name[:200]
            run.save()
            audit.record(actor, action="datahub.run.received", area_path=run.area_path, data={"dataset": dataset.code, "run": str(run.uid), "source": source})
    return land_now(run.pk, actor=actor, batches=batches)


def confirm(actor: Actor, uid: UUID) -> Run:
    """Land a file that waits: a small one now, a large one by a job. Confirming twice lands once.

    Raises
    ------
    NotFound, RunNotNow
    """
    run = reads.run_for(actor, uid)
    if run.state in (RunState.DONE, RunState.REPEATED, RunState.LANDING):
        return run
    if run.state not in (RunState.RECEIVED, RunState.FAILED):
        raise RunNotNow(state=str(run.get_state_display()))
    if run.size > settings.LAKE_FILE_WAIT_BYTES:
        with transaction.atomic():
            Run.objects.filter(pk=run.pk).update(state=RunState.LANDING)
            audit.record(actor, action="datahub.run.confirmed", area_path=run.area_path, data={"run": str(run.uid)})
            enqueue("datahub.land", run_id=run.pk)
        run.refresh_from_db()
        return run
    return land_now(run.pk, actor=actor)


def discard(actor: Actor, uid: UUID) -> Run:
    """Throw a waiting file away.

    Raises
    ------
    NotFound, RunNotNow
    """
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).get(pk=reads.run_for(actor, uid).pk)
        if run.state == RunState.DISCARDED:
            return run
        if run.state not in (RunState.RECEIVED, RunState.FAILED):
            raise RunNotNow(state=str(run.get_state_display()))
        run.state, run.ended_at = RunState.DISCARDED, now()
        run.save(update_fields=["state", "ended_at"])
        audit.record(actor, action="datahub.run.discarded", area_path=run.area_path, data={"run": str(run.uid)})
    receiving.throw_away(run)
    return run


def resume() -> list[UUID]:
    """Go on with runs that a killed program left; a file waits for each. Called when the worker starts, and every hour."""
    found = []
    for run in Run.objects.filter(state__in=(RunState.LANDING, RunState.FAILED)).order_by("pk"):
        if receiving.has_file(run):
            found.append(run.uid)
            enqueue("datahub.land", lock=f"datahub.land.{run.dataset_id}", run_id=run.pk)
    return found


def land_now(run_id: int, *, actor: Actor | None = None, batches: Iterable[Batch] | None = None) -> Run:
    """Land a run that was received or stopped; one that ended is left as it is."""
    run = Run.objects.select_related("dataset", "contract").get(pk=run_id)
    if run.state in ENDED:
        return run
    Run.objects.filter(pk=run.pk).update(state=RunState.LANDING)
    who = actor or system("datahub")
    began = time.monotonic()
    contract = contracts.from_dict(run.contract.body)
    try:
        for _attempt in range(TRIES if batches is None else 1):
            opened = open_batches(batches) if batches is not None else open_file(receiving.path_of(run), run.file_name, contract.columns)
            if _try(run, who, contract, opened, began):
                break
        else:
            raise RunNotNow(state=str(RunState.LANDING.label))
    except FileRefused as refusal:
        _refuse(run, who, contract, refusal)
    except BaseException as error:
        store.discard(run.dataset.code, str(run.uid))
        failed = {"reason": getattr(error, "code", "stopped"), "words": str(error) if isinstance(error, ProblemError) else ""}
        Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, error=failed)
        raise
    run.refresh_from_db()
    if run.state in ENDED:
        receiving.throw_away(run)
    if run.state == RunState.DONE:
        _look_at_quality(run)
    return run


def _look_at_quality(run: Run) -> None:
    """Run the quality rules: of few rows now, of many by a job. What goes wrong there is no fault of the delivery."""
    with transaction.atomic():
        for reader in readers_of(run.dataset.code):
            enqueue("datahub.quality", lock=f"datahub.quality.{reader}", dataset_id=reader)
    if run.rows_present > NOW_ROWS:
        with transaction.atomic():
            enqueue("datahub.quality", lock=f"datahub.quality.{run.dataset_id}", dataset_id=run.dataset_id)
        return
    try:
        check_dataset(Dataset.objects.select_related("contract").get(pk=run.dataset_id))
    except (ProblemError, RuleError) as error:
        log.warning("quality rules did not run", extra={"facts": {"dataset": run.dataset_id, "said": str(error)[:300]}})


def _try(run: Run, actor: Actor, contract: contracts.Contract, opened: Opened, began: float) -> bool:
    """Land once; False when another run changed what is present meanwhile."""
    dataset = run.dataset
    base, base_id = reads.base_of(dataset)
    kind, asked = contract.landing, set[int]()
    if run.corrects_id is not None:
        opened, asked = only_asked(run, opened)
        kind = "upsert" if contract.key else "append"
    folder = store.work_folder(dataset.code, str(run.uid))
    made = landing.land(contract, opened, folder, run=str(run.uid), codes=codes.known(contract), base=base, landing=kind, most_refused=settings.LAKE_MOST_REFUSED)
    counts = made.accepted > 0 or (contract.landing == "replace" and run.corrects_id is None and not made.is_repeated)
    if counts:
        store.settle(dataset.code, str(run.uid))
    else:
        store.discard(dataset.code, str(run.uid))
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        if reads.base_of(locked)[1] != base_id:
            store.discard(dataset.code, str(run.uid))
            return False
        _done(run, actor, locked, made, base, counts=counts, seconds=time.monotonic() - began)
        if made.refused:
            keep_refused(run, made.refused, contract)
        if run.corrects_id is not None:
            settle_rows(run, asked - {r.number for r in made.refused})
    return True


def _done(run: Run, actor: Actor, dataset: Dataset, made: landing.Landed, base: finishing.Base, *, counts: bool, seconds: float) -> None:
    moment = now()
    run.rows_in, run.accepted, run.duplicate, run.refused, run.replaced = made.rows_in, made.accepted, made.duplicate, len(made.refused), made.replaced
    run.report = made.report | {"duplicates": made.duplicates[:200], "repeated": made.is_repeated}
    run.state = RunState.DONE if counts else RunState.REPEATED if made.is_repeated else RunState.DONE
    run.present = made.present if counts else [name for name, _path in base.files]
    run.rows_present = made.rows_present if counts else base.rows
    run.content_hash, run.ended_at, run.seconds, run.error = made.content_hash if counts else base.content_hash, moment, round(seconds, 3), {}
    run.save()
    if counts:
        dataset.rows, dataset.bytes, dataset.landed_at = made.rows_present, made.bytes, moment
        dataset.save(update_fields=["rows", "bytes", "landed_at", "updated_at"])
    else:
        Dataset.objects.filter(pk=dataset.pk).update(landed_at=moment)  # it was delivered, though nothing changed
    told: dict[str, Any] = {
        "dataset": dataset.code, "run": str(run.uid), "in": run.rows_in, "accepted": run.accepted, "refused": run.refused, "duplicate": run.duplicate, "replaced": run.replaced,
        "drift": made.report["drift"],
    }  # fmt: skip
    audit.record(actor, action="datahub.run.landed", area_path=run.area_path, outcome=str(run.state), data=told)


def _refuse(run: Run, actor: Actor, contract: contracts.Contract, refusal: FileRefused) -> None:
    """Keep why a run is refused as a whole; nothing of it counts."""
    store.discard(run.dataset.code, str(run.uid))
    said = refusal.words or words.refusal(refusal.reason, refusal.facts, contract)
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).update(
            state=RunState.REFUSED, ended_at=now(), error={"reason": refusal.reason, "words": said, "facts": refusal.facts},
            rows_in=0, accepted=0, refused=0, duplicate=0,
        )  # fmt: skip
        audit.record(actor, action="datahub.run.refused", area_path=run.area_path, outcome=refusal.reason, data={"dataset": run.dataset.code, "run": str(run.uid)})
