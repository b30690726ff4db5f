"""Files of addresses: taken in, looked up, forgotten (批量地理编码)."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base import jobs
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.geography.models.geocoding import GeocodeRun, RunState
from yiwang.kernel.geography.queries import runs as reads
from yiwang.kernel.geography.queries.geocoding import geocode
from yiwang.kernel.geography.rules.addresses.files import (
    Table,
    TableError,
    address_column,
    personal_columns,
    read_table,
)

GEOCODE = "geography.geocode"
AT_ONCE = 200  # so many rows are answered while one waits; more become a job
STEP = 500
KEPT_DAYS = 7
MOST_OF_ONE = 20  # files that one person keeps at a time


def _refusal(reason: str) -> str:
    return {
        "empty": _("The file has no rows below its header."),
        "too-large": _("The file is too large: at most 5 MB."),
        "rows": _("At most %(most)s rows. Divide the file.") % {"most": settings.GEOCODE_MOST_ROWS},
        "columns": _("The file has more than 60 columns."),
        "encoding": _("The file is neither UTF-8 nor GBK. Save it as CSV UTF-8 or xlsx."),
        "format": _("This is no CSV and no xlsx file, or it is damaged."),
    }.get(reason, reason)


def start_run(actor: Actor, name: str, content: bytes, column: str = "") -> GeocodeRun:
    """Take in a file of addresses and look it up: at once when it is short, else as a job.

    Columns that look personal (names, telephones, identity numbers) are dropped before anything is stored; the file itself
    is not kept. `column` names the column with the address where it cannot be told.

    Raises
    ------
    NotPermitted
        The actor may not look up files, or has no account.
    BadInput
        The file cannot be read, has too many rows, or no column with addresses. Nothing is stored.
    """
    if not actor.may_anywhere(GEOCODE) or actor.account_id is None:
        raise NotPermitted(permission=GEOCODE)
    try:
        table = read_table(name, content, settings.GEOCODE_MOST_ROWS)
    except TableError as error:
        raise BadInput.one("file", error.reason, _refusal(error.reason)) from error
    address = table.header.index(column) if column in table.header else address_column(table) if not column else None
    if address is None:
        names = ", ".join(table.header)[:200]
        raise BadInput.one("column", "unknown", _("Say which column has the address. The file has: %(names)s") % {"names": names})
    personal = [n for n in personal_columns(table) if n != address]
    with transaction.atomic():
        if GeocodeRun.objects.filter(asked_by_id=actor.account_id).count() >= MOST_OF_ONE:
            raise BadInput.one("file", "many", _("You keep %(most)s files already. Remove one first.") % {"most": MOST_OF_ONE})
        run = _stored(actor.account_id, name, table, address, personal)
        audit.record(actor, action="geography.addresses.uploaded",
                     data={"file": str(run.uid), "rows": run.total, "dropped_columns": len(personal)})  # fmt: skip
        if run.total > AT_ONCE:
            jobs.enqueue("geography.geocode_run", run_id=run.pk, language=actor.language)
    if run.total <= AT_ONCE:
        do_run(run.pk, actor.language)
        run.refresh_from_db()
    return run


def _stored(account_id: int, name: str, table: Table, address: int, personal: list[int]) -> GeocodeRun:
    kept = [n for n in range(len(table.header)) if n not in personal]
    return GeocodeRun.objects.create(
        asked_by_id=account_id, asked_at=now(), file_name=name[-120:], header=[table.header[n] for n in kept],
        address_column=kept.index(address), dropped=[table.header[n] for n in personal],
        rows=[[row[n] for n in kept] for row in table.rows], total=len(table.rows),
    )  # fmt: skip


def do_run(run_id: int, language: str = "zh-hans") -> None:
    """Look up what is not done yet, in steps of 500 that are kept; safe to run again after a crash."""
    while True:
        with transaction.atomic():
            run = GeocodeRun.objects.select_for_update().filter(pk=run_id).first()
            if run is None or run.state == RunState.DONE:
                return
            rows = run.rows[run.done : run.done + STEP]
            with translation.override(language or "zh-hans"):
                made = [_answer(found) for found in geocode([row[run.address_column] for row in rows], limit=2)]
            run.answers = [*run.answers, *made]
            run.done += len(rows)
            run.tally = dict(Counter(run.tally) + Counter(a[3] for a in made))
            run.state = RunState.DONE if run.done >= run.total else RunState.RUNNING
            run.save(update_fields=["answers", "done", "tally", "state"])
            if run.state == RunState.DONE:
                return


def _answer(found: list[Any]) -> list[Any]:
    if not found:
        return ["", "", 0, "none", "", ""]
    best = found[0]
    return [round(best.lon, 7), round(best.lat, 7), round(best.score, 3), best.accuracy, best.name, reads.why_text(best)]


def remove_run(actor: Actor, uid: UUID) -> None:
    """Forget one of one's own files."""
    found = reads.run(actor, uid)
    with transaction.atomic():
        GeocodeRun.objects.filter(pk=found.pk).delete()
        audit.record(actor, action="geography.addresses.removed", data={"file": str(uid), "rows": found.total})


def clear_runs() -> int:
    """Forget the files that are older than a week; returns how many."""
    with transaction.atomic():
        return GeocodeRun.objects.filter(asked_at__lt=now() - timedelta(days=KEPT_DAYS)).delete()[0]
