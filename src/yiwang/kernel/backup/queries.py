"""Reads of the room, and what watches it: the age of the last good backup."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet

from yiwang.kernel.backup.contracts import Health
from yiwang.kernel.backup.models import Kind, Run, State
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound


def runs(kind: str = "") -> QuerySet[Run]:
    """Return what was asked for, newest first."""
    found = Run.objects.select_related("asked_by").order_by("-asked_at", "-pk")
    return found.filter(kind=kind) if kind else found


def running() -> Run | None:
    """Return what waits or runs now."""
    return Run.objects.filter(state__in=(State.WAITING, State.RUNNING)).order_by("-asked_at").first()


def run(uid: Any) -> Run:
    found = Run.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound(what="run")
    return found


def verified() -> dict[str, Run]:
    """Return the last verification of each backup by the backup's name."""
    done = Run.objects.filter(kind=Kind.VERIFY, state__in=(State.GOOD, State.FAILED)).exclude(backup="").order_by("finished_at")
    return {row.backup: row for row in done}


def health() -> Health:
    """Say how old the last good backup is; `is_stale` is the alarm.

    The age counts from the moment that it holds. A backup whose last verification failed is not a good one.
    """
    disproved = [name for name, proof in verified().items() if proof.state == State.FAILED]
    last = Run.objects.filter(kind=Kind.FULL, state=State.GOOD).exclude(backup__in=disproved).order_by("-started_at").first()
    # From the beginning: what was written while it ran is not in it.
    at = last.started_at if last else None
    failed = Run.objects.filter(kind=Kind.FULL, state=State.FAILED)
    if at is not None:
        failed = failed.filter(asked_at__gt=at)
    newest = failed.order_by("-asked_at").first()
    return Health(
        last_good_at=at, last_backup=last.backup if last else "", age_s=(now() - at).total_seconds() if at else None,
        last_verified_at=Run.objects.filter(kind=Kind.VERIFY, state=State.GOOD).aggregate(Max("finished_at"))["finished_at__max"],
        max_age_s=float(settings.BACKUP_MOST_AGE_S), last_error=newest.error if newest else "",
        failures_since=failed.count(),
    )  # fmt: skip


def last_good() -> datetime | None:
    """Return the moment that the last good backup holds, for those who watch (kernel.base.observing)."""
    return health().last_good_at


def metrics() -> list[tuple[str, str, float]]:
    """Return (name, help, value) for /metrics; an age of -1 means that there was never a good backup."""
    state = health()
    return [
        ("yiwang_backup_last_good_age_seconds", "Age of the last good backup, -1 for none", -1.0 if state.age_s is None else state.age_s),
        ("yiwang_backup_stale", "1 when the last good backup is older than allowed", float(state.is_stale)),
        ("yiwang_backup_failures_since_good", "Failed backups since the last good one", float(state.failures_since)),
        ("yiwang_backup_last_verified_age_seconds", "Age of the last good verification, -1 for none",
         -1.0 if state.last_verified_at is None else (now() - state.last_verified_at).total_seconds()),
    ]  # fmt: skip
