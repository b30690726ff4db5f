"""The import itself: batches of one transaction each, so that a kill leaves whole batches and the next run goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from django.db import DatabaseError, connection, transaction

from yiwang.apps.city.errors import BadImportFile, ImportRunning
from yiwang.apps.city.models import CityCase, ImportedRequest, ImportLine, ImportRun
from yiwang.apps.city.rules import importing as rules
from yiwang.apps.city.services.importing.files import SourceFile
from yiwang.apps.city.services.importing.joining import join_duplicates
from yiwang.apps.city.services.importing.laying import Layout, lay_out, unknown_mappings
from yiwang.apps.city.services.importing.storing import CHANNEL, Batch, source_key
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.statistics import gather
from yiwang.kernel.cases.models import Case, Clock, MatterVersion, Report
from yiwang.kernel.cases.queries.matters import current_version

MATTER = "city.problem"
BATCH_ROWS = 1000
PERMISSION = "city.import"
_LOCK_SPACE = 0x311


@dataclass(frozen=True)
class Progress:
    """How far it is; told after every batch."""

    done: int
    rows: int
    seconds: float
    resumed_at: int = 0


Tell = Callable[[Progress], None]


def _quiet(progress: Progress) -> None:
    return None


def import_requests(actor: Actor, source: SourceFile, *, tell: Tell = _quiet, batch_rows: int = BATCH_ROWS) -> ImportRun:
    """Bring in the requests of a file as cases of mode `imported`.

    Each batch is one transaction with its events and the run's own counts. Killed and started again with the same
    file, it goes on after the last whole batch; a file that was in before adds nothing (`repeated`).

    Raises
    ------
    NotPermitted
        The actor may not import.
    BadImportFile
        The profile maps to classes that the dictionary does not have.
    ImportRunning
        The same profile is being imported at this moment.
    """
    actor.require(PERMISSION)
    if unknown := unknown_mappings(source.profile):
        raise BadImportFile(why=f"[classes.map] of the profile names classes that do not exist: {', '.join(unknown)}")
    with _alone(source.profile.code):
        version = current_version(MATTER)
        with transaction.atomic():
            audit.ensure_partitions(now(), now())
            layout = lay_out(actor, source.profile)
            run = _run(source)
        _rows(run, source, layout, version, tell, batch_rows)
        if run.taken:
            gather(Case, CityCase, Clock, Report, ImportedRequest)
        joined = join_duplicates(actor, source.profile, version)
        run.joined += joined
        run.finished_at = now()
        run.save(update_fields=["joined", "finished_at"])
    return run


@contextmanager
def _alone(profile: str) -> Iterator[None]:
    """Hold a lock of this connection, which a kill releases by itself."""
    key = crc32(profile.encode()) & 0x7FFFFFFF
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK_SPACE, key])
        if not cursor.fetchone()[0]:
            raise ImportRunning(profile=profile)
    try:
        yield
    except BaseException:
        # Within somebody's broken transaction nothing can be asked any more; what broke it must be told, not that.
        with suppress(DatabaseError):
            _release(key)
        raise
    _release(key)


def _release(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_SPACE, key])


def _run(source: SourceFile) -> ImportRun:
    """Return the unfinished run of this very file, or begin a new one."""
    begun = ImportRun.objects.filter(profile=source.profile.code, sha256=source.sha256, finished_at__isnull=True)
    return begun.order_by("-pk").first() or ImportRun.objects.create(
        profile=source.profile.code, file_name=Path(source.path).name[:200], sha256=source.sha256, rows=source.rows,
        started_at=now(),
    )  # fmt: skip


def _rows(
    run: ImportRun, source: SourceFile, layout: Layout, version: MatterVersion, tell: Tell, batch_rows: int
) -> None:
    batch = Batch(layout, version, run, source.defaults)
    began, resumed_at = time.monotonic(), run.done_rows
    if resumed_at:
        tell(Progress(resumed_at, run.rows, 0.0, resumed_at))
    seen: dict[str, tuple[int, int]] = {}
    pending: list[tuple[int, rules.Request | rules.Finding, str]] = []
    key_column = source.profile.columns["key"]
    for number, (line, record) in enumerate(source.records(), 1):
        key = str(record.get(key_column) or "").strip()
        content = hash(tuple(str(v) for v in record.values()))
        before = seen.get(key)
        if key and before is None:
            seen[key] = (line, content)
        if number <= resumed_at:
            continue
        found = rules.parse(source.profile, record, line)
        if before is not None and isinstance(found, rules.Request) and before[1] != content:
            found = rules.Finding("key-twice", {"line": before[0]})
        pending.append((line, found, key))
        if len(pending) >= batch_rows:
            _store(run, batch, pending)
            pending = []
            tell(Progress(run.done_rows, run.rows, time.monotonic() - began, resumed_at))
    if pending:
        _store(run, batch, pending)
        tell(Progress(run.done_rows, run.rows, time.monotonic() - began, resumed_at))


@transaction.atomic
def _store(run: ImportRun, batch: Batch, pending: list[tuple[int, rules.Request | rules.Finding, str]]) -> None:
    requests: dict[str, rules.Request] = {}
    lines = []
    for line, found, key in pending:
        if isinstance(found, rules.Finding):
            lines.append(ImportLine(run=run, line=line, source_key=key[:100], is_refused=True, code=found.code,
                                    message=str(found)[:400]))  # fmt: skip
        else:
            requests.setdefault(found.key, found)
    profile = batch.profile
    known = set(
        Report.all_modes.filter(channel=CHANNEL, source_key__in=[source_key(profile, k) for k in requests])
        .values_list("source_key", flat=True)
    )  # fmt: skip
    fresh = [r for k, r in requests.items() if source_key(profile, k) not in known]
    notes = [
        ImportLine(run=run, line=r.line, source_key=r.key[:100], is_refused=False, code=note.code, message=str(note)[:400])
        for r in fresh for note in r.notes
    ]  # fmt: skip
    run.default_places += batch.store(fresh)
    ImportLine.objects.bulk_create(lines + notes)
    run.done_rows += len(pending)
    run.taken += len(fresh)
    run.refused += len(lines)
    run.repeated += len(pending) - len(lines) - len(fresh)
    run.noted += len(notes)
    run.save(update_fields=["default_places", "done_rows", "taken", "refused", "repeated", "noted"])
