"""The system administrator's page: how old is the last good backup, what runs, what was made, is it proved."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.backup import queries, services
from yiwang.kernel.backup.models import Kind, Run, State
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

ADMIN = "backup.admin"
TONES = {State.GOOD: "in_time", State.FAILED: "overdue", State.RUNNING: "accent", State.WAITING: "neutral"}


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@never_cache
@require_GET
@door(ADMIN)
def backups(request: HttpRequest) -> HttpResponse:
    """GET /backups/: the age of the last good one, what runs, what was made; how to restore."""
    page = page_by_key(queries.runs(), cursor=request.GET.get("cursor", ""))
    proved = queries.verified()
    return render(request, "backup/backups.html", {
        "health": queries.health(), "rows": [_row(row, proved) for row in page.rows], "running": _running(),
        "older": page.next, "store": _store(), "keep": settings.BACKUP_KEEP, "cron": settings.BACKUP_CRON,
        "beside": not settings.BACKUP_STORE.startswith("s3://") and Path(settings.BACKUP_STORE).is_relative_to(settings.DATA_DIR),
        "may_open": bool(settings.BACKUP_IDENTITY),
    })  # fmt: skip


@never_cache
@require_GET
@door(ADMIN)
def progress(request: HttpRequest) -> HttpResponse:
    """GET /backups/progress/: the part that is asked for again while something runs."""
    running = _running()
    response = render(request, "backup/backups.html#progress", {"running": running})
    if running is None:
        response["HX-Refresh"] = "true"  # it has ended: the whole page is out of date
    return response


@require_POST
@door(ADMIN)
def run(request: HttpRequest) -> HttpResponse:
    """POST /backups/run/: ask for a backup now."""
    services.ask(_actor(request))
    messages.success(request, _("The backup has been asked for; it begins at once."))
    return redirect("backup:backups")


@require_POST
@door(ADMIN)
def verify(request: HttpRequest, name: str) -> HttpResponse:
    """POST /backups/<name>/verify/: restore it into a scratch database and compare."""
    services.ask_verification(_actor(request), name)
    messages.success(request, _("The verification has been asked for; it begins at once."))
    return redirect("backup:backups")


def _store() -> str:
    return settings.BACKUP_STORE.split("@")[-1]


def _running() -> dict[str, Any] | None:
    row = queries.running()
    if row is None:
        return None
    phases = {
        "database": _("Reading the database"), "files": _("Sending files"), "definitions": _("Matters and seals"),
        "restore": _("Restoring into a scratch database"), "chain": _("Verifying the record"),
    }  # fmt: skip
    share = min(99, row.done * 100 // row.total) if row.total else None
    return {"run": row, "kind": _kind(row), "phase": phases.get(row.phase, _("Waiting for a worker")), "share": share, "done": _amount(row)}


def _kind(row: Run) -> str:
    return {Kind.FULL: _("Backup"), Kind.VERIFY: _("Proof"), Kind.BASE: _("Base for any moment")}[Kind(row.kind)]


def _amount(row: Run) -> str:
    if not row.done:
        return ""
    return _("%(n)s files") % {"n": row.done} if row.phase == "files" else _("%(n)s MB") % {"n": f"{row.done / 1e6:.1f}"}


def _row(row: Run, proved: dict[str, Run]) -> dict[str, Any]:
    proof = proved.get(row.backup) if row.kind == Kind.FULL else None
    return {
        "run": row, "kind": _kind(row), "tone": TONES[State(row.state)], "proof": proof,
        "mb": row.facts.get("bytes", 0) / 1e6 if row.facts.get("bytes") else None,
        "may_verify": row.kind == Kind.FULL and row.state == State.GOOD,
    }  # fmt: skip
