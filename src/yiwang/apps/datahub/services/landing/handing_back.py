"""Refused rows go back to their bureau: kept encrypted, with a limit, told to those who hand in, urged when late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from yiwang.apps.datahub.lake.landing import Refused
from yiwang.apps.datahub.models import HandBack, RefusedRow, Run
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.landing.masks import shown
from yiwang.apps.datahub.services.landing.sealing import sealed
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.queries import holders
from yiwang.kernel.notices.contracts import Message
from yiwang.kernel.notices.services import notify_many
from yiwang.kernel.worktime import queries as worktime
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.rules import deadlines

CLERKS = ("data_clerk", "data_owner")


def keep_refused(run: Run, rows: Sequence[Refused], contract: Contract) -> None:
    """Keep the refused rows of a run; a correction's go into the task that it corrects. In the caller's transaction."""
    columns = {c.name: c for c in contract.columns}
    target = run.corrects if run.corrects is not None else run
    made = [
        RefusedRow(
            run=target, number=row.number, reasons=[{"column": c, "code": code} for c, code in row.reasons],
            masked={n: shown(_clean(t), columns.get(n))[:300] for n, t in row.texts.items()},
            body=sealed({n: _clean(t) for n, t in row.texts.items()}, run=str(target.uid), number=row.number),
        )
        for row in rows
    ]  # fmt: skip
    if run.corrects is not None:  # the rows are there: what is wrong with them now takes the place of what was
        RefusedRow.objects.bulk_create(made, batch_size=1000, update_conflicts=True, unique_fields=["run", "number"], update_fields=["reasons", "masked", "body"])
        return
    RefusedRow.objects.bulk_create(made, batch_size=1000)
    moment = now()
    back = HandBack.objects.create(
        run=run, dataset=run.dataset, org_path=run.org_path, area_path=run.area_path, rows=len(made), rows_open=len(made), opened_at=moment, due_at=_due(run, moment),
    )  # fmt: skip
    tell(back, "datahub.rows.given_back", {"zh-Hans": f"有 {len(made)} 行数据被退回，请整改", "en": f"{len(made)} rows were given back to be corrected"})


def _clean(text: str) -> str:
    return text.replace("\x00", "")


def _due(run: Run, moment: datetime) -> datetime:
    return deadlines.add(moment, settings.LAKE_CORRECTION_DAYS, Kind.WORK_DAY, worktime.calendar_for(run.area_path))


def tell(back: HandBack, kind: str, title: dict[str, str]) -> int:
    """Tell those who hand in for the body."""
    try:
        link = reverse("datahub:hand_back", args=[back.uid])
    except NoReverseMatch:
        link = ""
    people = {account.pk for role in CLERKS for account in holders(role=role, org_path=back.org_path)}
    return notify_many(
        Message(
            kind=kind, title=title, account_id=pk, link=link, subject_kind="datahub.hand_back", subject_uid=back.uid, is_sample=back.run.is_sample,
            event_uid=back.uid if not back.urged else None,
        )
        for pk in sorted(people)
    )  # fmt: skip


def urge(*, every: timedelta = timedelta(days=1)) -> int:
    """Urge bureaus whose time is over, at most once in `every`; return how many tasks were urged."""
    moment, count = now(), 0
    for back in HandBack.objects.filter(closed_at__isnull=True, due_at__lt=moment).select_related("run", "dataset"):
        if back.urged_at is not None and back.urged_at > moment - every:
            continue
        with transaction.atomic():
            back.urged, back.urged_at = back.urged + 1, moment
            back.save(update_fields=["urged", "urged_at"])
            tell(back, "datahub.rows.urged", {"zh-Hans": f"退回的 {back.rows_open} 行数据已逾期，请尽快整改", "en": f"{back.rows_open} rows given back are overdue"})
            audit.record(system("datahub"), action="datahub.rows.urged", area_path=back.area_path, data={"task": str(back.uid), "times": back.urged})
        count += 1
    return count
