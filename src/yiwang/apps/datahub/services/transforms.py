"""Running transformations (加工): compute all that can run, then land each result by its contract.

What a model makes is a data set like any other: landed whole or not at all, counted, checked for quality, traced. Killed
anywhere, the next run computes again; what had landed has the same key and lands once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from yiwang.apps.datahub.errors import SourceBusy
from yiwang.apps.datahub.lake import root, transforms
from yiwang.apps.datahub.lake.sources.base import key_of
from yiwang.apps.datahub.models import Dataset, RunState, TransformRun, TransformState
from yiwang.apps.datahub.queries import transforms as queries
from yiwang.apps.datahub.queries.landing import latest, paths
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.transforms import Model, waiting
from yiwang.apps.datahub.services import landing
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.jobs import enqueue

LOCK = (0x59_57_44_49, 1)


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", LOCK)
        if not cursor.fetchone()[0]:
            raise SourceBusy
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)


def plan() -> tuple[list[Model], dict[str, tuple[str, ...]]]:
    """Return the models that can run, in order, and of the others what they wait for."""
    models, _wrong = queries.definitions()
    there = {d.code: d for d in Dataset.objects.exclude(contract=None)}
    filled = {code for code, d in there.items() if code not in models and latest(d) is not None}
    known = {code: m for code, m in models.items() if code in there}
    held = {code: waiting(m, filled, known) if code in known else (code,) for code, m in models.items()}
    return [m for m in models.values() if not held[m.code]], {code: missing for code, missing in held.items() if missing}


def ask(actor: Actor) -> None:
    """Have the models run now; asked twice they run once."""
    actor.require(queries.RUN)
    with transaction.atomic():
        enqueue("datahub.transform", queue="default", lock="datahub.transform", trigger="person")
        audit.record(actor, action="datahub.transform.asked", data={})


def run_due() -> bool:
    """Run when something they read has landed since the last run; says whether it ran. A periodic job."""
    models, _held = plan()
    reads = {code for m in models for code in m.reads}
    newest = Dataset.objects.filter(code__in=reads, landed_at__isnull=False).exclude(code__in={m.code for m in models}).order_by("-landed_at").values_list("landed_at", flat=True).first()
    last = TransformRun.objects.filter(state=TransformState.DONE).order_by("-began_at").values_list("began_at", flat=True).first()
    if newest is None or (last is not None and newest <= last):
        return False
    run()
    return True


def run(*, trigger: str = "schedule", engine: str = "") -> TransformRun:
    """Compute and land what can run, on the engine of the setting; returns what was done, also when it failed.

    Raises
    ------
    SourceBusy
        They are running.
    """
    chosen = engine or str(settings.LAKE["engine"])
    with _alone():
        TransformRun.objects.filter(state=TransformState.RUNNING).update(state=TransformState.BROKEN, ended_at=now())
        made = TransformRun.objects.create(engine=chosen, trigger=trigger, began_at=now())
        try:
            with tempfile.TemporaryDirectory(prefix="transform-", dir=root()) as folder:
                _run(made, Path(folder), chosen)
            made.state = TransformState.DONE
        except ProblemError as problem:
            made.state, made.why, made.why_text = TransformState.FAILED, problem.code[:80], problem.detail()[:600]
        except Exception:
            TransformRun.objects.filter(pk=made.pk).update(state=TransformState.FAILED, ended_at=now(), why="datahub.transform.bug")
            raise
        with transaction.atomic():
            made.ended_at = now()
            made.save()
            audit.record(
                system("datahub.transforms"), action="datahub.transform.ran", outcome=made.state,
                data={"run": str(made.uid), "engine": chosen, "rows": {code: r["rows"] for code, r in made.results.items()}, "why": made.why},
            )  # fmt: skip
        return made


def _run(made: TransformRun, folder: Path, engine: str) -> None:
    models, _held = plan()
    if not models:
        return
    codes = {code for m in models for code in (*m.reads, m.code)}
    datasets = {d.code: d for d in Dataset.objects.filter(code__in=codes).select_related("contract")}
    outside = sorted(codes - {m.code for m in models})
    marks = {code: str(found.uid) for code in outside if (found := latest(datasets[code])) is not None}
    inputs = {
        code: transforms.Input(contract=contracts.from_dict(datasets[code].contract.body), files=paths(datasets[code])) for code in outside  # type: ignore[union-attr]
    }
    results: dict[str, Any] = {}
    for one in transforms.run(inputs, [transforms.Step(code=m.code, sql=m.sql) for m in models], folder, engine=engine):
        dataset, model = datasets[one.code], next(m for m in models if m.code == one.code)
        key = key_of(one.code, model.sql, dataset.contract_id, sorted(marks.items()))
        run = landing.land(system("datahub.transforms"), dataset, one.file, name=f"{one.code}.parquet", source="transform", idempotency_key=key, is_sample=dataset.is_sample)
        refused = str(run.error.get("words") or run.error.get("reason") or "?") if run.state == RunState.REFUSED else ""
        results[one.code] = {"rows": one.rows, "seconds": one.seconds, "landing": str(run.uid), "accepted": run.accepted, "refused": run.refused, "why": refused}
    made.results = results
