"""The queue's own health: jobs whose worker died are taken up again, and what was given up is named."""

import logging
from collections.abc import Iterable

from django.db import Error, IntegrityError, InternalError, connection, transaction

from yiwang.kernel.base.datachecks import Finding, Look, register_data_check
from yiwang.kernel.base.heartbeats import LATE_S

log = logging.getLogger("yiwang.queue")
SILENT_S = 60  # a worker says every 10 s that it lives

# procrastinate's own question asks for workers with an old heartbeat; one that was pruned has no row at all.
_ORPHANS = (
    "SELECT j.id FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id "
    "WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => %s))"
)


def orphans(silent_s: float = SILENT_S) -> list[int]:
    """Return the jobs that are marked as being done by a worker that is no more."""
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANS, [silent_s])
        return [row[0] for row in cursor.fetchall()]


def requeue_orphans(silent_s: float = SILENT_S) -> int:
    """Give the jobs of dead workers back to the queue and return how many; every job is safe to run twice."""
    found = orphans(silent_s)
    for job in found:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])
        except IntegrityError:  # its twin under the same queueing lock waits already and does the same work
            with connection.cursor() as cursor:
                cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'failed', true)", [job])
        except InternalError:  # another worker was faster
            continue
    if found:
        log.warning("%s jobs of dead workers were taken up again", len(found))
    return len(found)


def worker_lives() -> bool:
    """Say whether a worker's own loop has written its sign of life; also when the database cannot be asked."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(max(last_heartbeat) > now() - make_interval(secs => %s), false) FROM procrastinate_workers", [LATE_S])
            return bool(cursor.fetchone()[0])
    except Error:
        return True
    finally:
        connection.close()


def register() -> None:
    register_data_check("base.queue", "is every job waiting, being done by a living worker, or done?", sound)


def sound(look: Look) -> Iterable[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')")
        look.count(int(cursor.fetchone()[0]))
        cursor.execute("SELECT id, task_name FROM procrastinate_jobs WHERE status = 'failed' ORDER BY id DESC LIMIT 100")
        for job, task in cursor.fetchall():
            yield Finding(f"job {job}", f"{task} failed and was given up")
    for job in orphans(SILENT_S * 3 if not look.settled else SILENT_S):
        yield Finding(f"job {job}", "its worker is dead and nobody took it up")
