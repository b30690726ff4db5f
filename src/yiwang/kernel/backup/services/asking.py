"""A person asks for a backup or a verification; a job does it."""

from datetime import timedelta

from django.db import transaction

from yiwang.kernel.audit.services import record
from yiwang.kernel.backup.errors import BackupRuns, NoSuchBackup
from yiwang.kernel.backup.models import Kind, Run, State
from yiwang.kernel.backup.rules.names import is_backup_id
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.jobs import enqueue

PERMISSION = "backup.admin"
SILENT = timedelta(minutes=30)  # a running one that moved nothing for so long was killed


def ask(actor: Actor) -> Run:
    """Ask for a backup now.

    Raises
    ------
    NotPermitted
    BackupRuns
        One waits or runs already.
    """
    return _ask(actor, Kind.FULL, "")


def ask_verification(actor: Actor, backup: str) -> Run:
    """Ask to restore a backup into a scratch database and compare it.

    Raises
    ------
    NotPermitted, BackupRuns
    NoSuchBackup
        It is no name of a backup.
    """
    if not is_backup_id(backup):
        raise NoSuchBackup(backup=backup[:40])
    return _ask(actor, Kind.VERIFY, backup)


@transaction.atomic
def _ask(actor: Actor, kind: Kind, backup: str) -> Run:
    actor.require(PERMISSION)
    give_up_silent()
    if Run.objects.select_for_update().filter(kind=kind, state__in=(State.WAITING, State.RUNNING)).exists():
        raise BackupRuns
    row = Run.objects.create(kind=kind, backup=backup, asked_by_id=actor.account_id)
    record(actor, action=f"backup.{'ask' if kind == Kind.FULL else 'verify'}", data={"run": str(row.uid), "backup": backup})
    enqueue(f"backup.{'run' if kind == Kind.FULL else 'verify'}", queue="default", lock="backup", run_id=row.pk)
    return row


def give_up_silent() -> int:
    """Mark runs failed whose process is gone; returns how many."""
    border = now() - SILENT
    silent = Run.objects.filter(state=State.RUNNING, touched_at__lt=border) | Run.objects.filter(
        state=State.WAITING, asked_at__lt=border
    )
    return silent.update(state=State.FAILED, finished_at=now(), error="It stopped without a word: its process was ended, or no worker runs.")
