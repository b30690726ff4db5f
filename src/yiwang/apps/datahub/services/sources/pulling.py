"""Reading a source (采集): portion by portion; a portion and the mark behind it are one transaction.

Killed anywhere, the next run goes on from the last mark: what had landed is not read again, and what is given again has the
same key and lands once. Two runs of one source at a time are kept apart by a lock of the database, which a killed program
gives back by itself.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings as site
from django.db import connection, transaction

from yiwang.apps.datahub.errors import FileRefused, SourceBusy, SourceChanged
from yiwang.apps.datahub.lake import profiles, root
from yiwang.apps.datahub.lake import sources as adapters
from yiwang.apps.datahub.lake.reading import open_file
from yiwang.apps.datahub.models import Pull, PullState, Source, SourceState, TakenFile
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.sources import schedule
from yiwang.apps.datahub.services.sources import port, watching
from yiwang.apps.datahub.services.sources.keeping import reading_of
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.jobs import enqueue

log = logging.getLogger("yiwang.datahub")
LOCKS = 0x59_57_44_48  # the first half of our locks' numbers in the database
FAILING_AFTER = 3  # failures in a row, and it is called failing


@contextmanager
def _alone(source_id: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, source_id])
        if not cursor.fetchone()[0]:
            raise SourceBusy
    try:
        yield
    finally:
        with suppress(Exception), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, source_id])


def pull(source_id: int, *, trigger: str = "schedule", actor: Actor | None = None) -> Pull:
    """Read what is new of a source and land it; returns what was done, also when it failed.

    Raises
    ------
    SourceBusy
        It is being read by somebody else.
    """
    actor = actor or system("datahub.sources")
    with _alone(source_id):
        source = Source.objects.select_related("dataset__contract", "dataset__org").get(pk=source_id)
        # Whoever held the lock is gone: what still says "running" was killed.
        source.pulls.filter(state=PullState.RUNNING).update(state=PullState.BROKEN, ended_at=now(), why="datahub.source.killed")
        run = Pull.objects.create(source=source, trigger=trigger, began_at=now(), watermark_before=source.watermark, watermark_after=source.watermark)
        problem: ProblemError | None = None
        with tempfile.TemporaryDirectory(prefix="pull-", dir=root()) as workspace:
            try:
                problem = _portions(actor, source, run, Path(workspace))
            except ProblemError as error:
                problem = error
            except Exception:
                _end(actor, source, run, "datahub.source.bug", "")
                raise
        _end(actor, source, run, problem.code if problem else "", problem.detail() if problem else "")
        return run


def _portions(actor: Actor, source: Source, run: Pull, workspace: Path) -> ProblemError | None:
    """Land portion after portion; a file that is refused for what is in it is set aside, and the next one is read."""
    before = _last_profile(source)
    refused: ProblemError | None = None
    personal = _personal(source)
    for portion in adapters.read(reading_of(source, workspace)):
        if portion.again:
            _sent_again(source, run, portion)
            portion.taken()
            continue
        made = profiles.profile([portion.path], before, personal)
        if (refusal := _land(actor, source, run, portion, made)) and not portion.sha256:
            raise SourceChanged(reason=refusal)
        if refusal:
            refused = SourceChanged(reason=f"{portion.name}: {refusal}")
            portion.set_aside(refusal)
        else:
            portion.taken()
    return refused


@transaction.atomic
def _land(actor: Actor, source: Source, run: Pull, portion: adapters.Portion, made: dict[str, Any]) -> str:
    """Land one portion and move the mark, or neither; returns why the landing refused it as a whole, empty when it did not."""
    size = portion.path.stat().st_size
    landed = port.land(actor, source.dataset, portion.path, name=portion.name, source=f"pull:{source.uid}", idempotency_key=portion.key)
    run.landings = [*run.landings, landed.uid]
    if landed.refusal:
        run.save(update_fields=["landings"])
        if portion.sha256:
            _keep_file(source, run, portion, size, "refused")
        return landed.refusal
    made = made or {"rows": landed.rows, "columns": {}}
    source.watermark = portion.watermark
    if portion.columns:
        watching.compare_columns(source, run, portion.columns)
        source.columns = list(portion.columns)
    elif names := list(made["columns"]) or _headers(portion):
        watching.compare_columns(source, run, names)
        source.columns = names
    source.save(update_fields=["watermark", "columns", "updated_at"])
    run.portions, run.bytes = run.portions + 1, run.bytes + size
    run.rows, run.accepted = run.rows + landed.rows, run.accepted + landed.accepted
    run.refused, run.duplicate = run.refused + landed.refused, run.duplicate + landed.duplicate
    if portion.rows_there is not None:
        run.rows_there = (run.rows_there or 0) + portion.rows_there
    run.watermark_after = portion.watermark
    run.profile = _together(run.profile, made)
    run.save()
    if portion.sha256:
        _keep_file(source, run, portion, size, "taken")
    return ""


def _headers(portion: adapters.Portion) -> list[str]:
    """Return the headers of a file that is not profiled (xlsx, JSON), as the landing found them."""
    try:
        return [str(h) for h in open_file(portion.path, portion.name, None).headers if h]
    except FileRefused:
        return []


def _keep_file(source: Source, run: Pull, portion: adapters.Portion, size: int, state: str) -> None:
    TakenFile.objects.update_or_create(
        source=source, sha256=portion.sha256, defaults={"name": portion.name[:255], "size": size, "pull": run, "state": state}
    )


def _sent_again(source: Source, run: Pull, portion: adapters.Portion) -> None:
    """Count a file that came before: last month's, sent once more."""
    known = source.files.select_related("pull").get(sha256=portion.sha256)
    if known.pull.state == PullState.BROKEN and known.name == portion.name and not known.sent_again:
        return  # we were killed after landing it and before moving it: nobody sent it twice
    known.sent_again += 1
    known.save(update_fields=["sent_again"])
    run.why, run.why_text = "datahub.source.sent-again", f"{portion.name} = {known.name} ({known.at:%Y-%m-%d})"[:600]
    run.save(update_fields=["why", "why_text"])


@transaction.atomic
def _end(actor: Actor, source: Source, run: Pull, why: str, text: str) -> None:
    """Close the run, set the next one, tell what is unusual."""
    moment = now()
    run.ended_at = moment
    run.state = PullState.FAILED if why else PullState.DONE if run.portions else PullState.NOTHING
    if why:
        run.why, run.why_text = why[:80], text[:600]
    run.save(update_fields=["ended_at", "state", "why", "why_text"])
    source = Source.objects.select_for_update(of=("self",)).select_related("dataset__contract", "org").get(pk=source.pk)
    if why:
        source.failures += 1
        if source.failures >= FAILING_AFTER and source.state == SourceState.ON:
            source.state = SourceState.FAILING
            watching.tell_failing(source, run)
    else:
        source.failures, source.last_ok_at = 0, moment
        source.last_rows_at = moment if run.portions else source.last_rows_at
        source.state = SourceState.ON if source.state == SourceState.FAILING else source.state
    source.next_at = schedule.next_after(source.cron, moment, site.TIME_ZONE) if source.cron else None
    source.save(update_fields=["failures", "last_ok_at", "last_rows_at", "state", "next_at", "updated_at"])
    if run.state == PullState.DONE:
        watching.judge_run(source, run)
    audit.record(
        actor, action="datahub.source.pulled", area_path=source.area_path, outcome=run.state,
        data={"source": str(source.uid), "pull": str(run.uid), "dataset": source.dataset.code, "rows": run.rows, "accepted": run.accepted, "refused": run.refused,
              "duplicate": run.duplicate, "rows_there": run.rows_there, "why": run.why},
    )  # fmt: skip


def _personal(source: Source) -> set[str]:
    """Return the headers whose values are a person's: the contract's names, labels and aliases."""
    if source.dataset.contract is None:
        return set()
    columns = contracts.from_dict(source.dataset.contract.body).columns
    return {word for c in columns if c.personal or c.grade >= 3 for word in (c.name, c.label, *c.aliases) if word}


def _last_profile(source: Source) -> dict[str, Any]:
    found = source.pulls.filter(state=PullState.DONE).exclude(profile={}).order_by("-began_at").values_list("profile", flat=True).first()
    return found or {}


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Add the counts of two portions of a run."""
    if not one or not other:
        return one or other
    columns = dict(one["columns"])
    for name, column in other["columns"].items():
        mine = columns.get(name)
        if mine is None:
            columns[name] = {**column, "nulls": column["nulls"] + one["rows"]}
            continue
        added = {"nulls": mine["nulls"] + column["nulls"]}
        if mine.get("bins") is not None and mine.get("bins") == column.get("bins"):
            added |= {"bins": mine["bins"], "counts": [a + b for a, b in zip(mine["counts"], column["counts"], strict=True)]}
        columns[name] = added
    return {"rows": one["rows"] + other["rows"], "columns": columns}


def run_due(moment: Any = None) -> int:
    """Enqueue every source whose time has come; returns how many. A periodic job, safe to run twice."""
    moment, count = moment or now(), 0
    with transaction.atomic():
        due = Source.objects.select_for_update(skip_locked=True).filter(state__in=(SourceState.ON, SourceState.FAILING), next_at__lte=moment).exclude(cron="")
        for source in due.order_by("next_at")[:200]:
            source.next_at = schedule.next_after(source.cron, moment, site.TIME_ZONE)
            source.save(update_fields=["next_at"])
            enqueue("datahub.pull", queue="default", lock=f"datahub.source.{source.pk}", source_id=source.pk, trigger="schedule")
            count += 1
    return count
