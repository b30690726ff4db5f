"""Asking bureaus for rows: a task, its sheets, the next period by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.apps.datahub.models import FormCycle, FormSheet, FormTask
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.filling import next_period
from yiwang.apps.datahub.rules.filling.periods import MONTHS, is_period
from yiwang.apps.datahub.services.forms import urging
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Organization


@transaction.atomic
def create(
    actor: Actor, *, title: str, dataset: UUID, orgs: Iterable[UUID], cycle: str, period: str, due_at: datetime, instruction: str = "", urge_hours: int = 24,
    is_sample: bool = False,
) -> FormTask:  # fmt: skip
    """Ask bureaus for the rows of a data set and tell them.

    Raises
    ------
    BadInput
        No title, no bureau, a period that the cycle does not know, a deadline that is over, a contract that cannot take several.
    """
    target = next((d for d in queries.datasets_for(actor) if d.uid == dataset), None)
    wrong: list[dict[str, str]] = []

    def say(field: str, message: object) -> None:
        wrong.append({"field": field, "code": field, "message": str(message)})

    if target is None or target.contract is None:
        raise BadInput.one("dataset", "dataset", _("Choose a data set with a contract."))
    asked = list(Organization.objects.filter(uid__in=list(orgs), is_active=True).order_by("path"))
    if not title.strip():
        say("title", _("Give it a name."))
    if cycle not in FormCycle.values:
        say("cycle", _("There is no such cycle."))
    elif not is_period(period.strip(), cycle):
        say("period", _("Write the period as 2026-11, 2026Q4 or 2026, as the cycle asks."))
    if not asked:
        say("orgs", _("Choose at least one bureau."))
    if due_at <= now():
        say("due_at", _("The deadline lies in the past."))
    if contracts.from_dict(target.contract.body).landing == "replace" and len(asked) > 1:
        say("dataset", _("Its contract replaces all rows with each landing: several bureaus would wipe out each other's. Choose landing by key."))
    if wrong:
        raise BadInput(errors=tuple(wrong))
    task = FormTask.objects.create(
        title=title.strip()[:120], instruction=instruction.strip()[:2000], dataset=target, org_path=target.org_path, area_path=target.area_path, cycle=cycle,
        period=period.strip(), due_at=due_at, urge_hours=urge_hours, made_by_id=actor.account_id, is_sample=is_sample,
    )  # fmt: skip
    _sheets(task, asked)
    audit.record(
        actor, action="datahub.form.asked", area_path=task.area_path, data={"task": str(task.uid), "dataset": target.code, "period": task.period, "bodies": [o.code for o in asked]}
    )
    return task


def _sheets(task: FormTask, orgs: Iterable[Organization]) -> None:
    made = [
        FormSheet(task=task, org=org, org_path=org.path, area_path=org.area.path if org.area else "", period=task.period, due_at=task.due_at) for org in orgs
    ]
    for sheet in FormSheet.objects.bulk_create(made, ignore_conflicts=True):
        urging.tell(sheet, task, "asked")


@transaction.atomic
def close(actor: Actor, uid: UUID) -> FormTask:
    """Ask no more: no reminder goes out and no next period opens; what was handed in stays."""
    task = queries.task_for(actor, uid, lock=True)
    if task.is_open:
        task.is_open = False
        task.save(update_fields=["is_open"])
        audit.record(actor, action="datahub.form.closed", area_path=task.area_path, data={"task": str(task.uid)})
    return task


@transaction.atomic
def open_rounds() -> int:
    """Open the next period of tasks whose deadline is over; returns how many. A periodic job, safe to run twice."""
    count = 0
    over = FormTask.objects.select_for_update(skip_locked=True).filter(is_open=True, due_at__lte=now()).exclude(cycle=FormCycle.ONCE)
    for task in over.order_by("pk"):
        orgs = [s.org for s in task.sheets.filter(period=task.period).select_related("org__area")]
        task.period, task.due_at = next_period(task.period, task.cycle), task.due_at + relativedelta(months=MONTHS[task.cycle])
        task.save(update_fields=["period", "due_at"])
        _sheets(task, orgs)
        audit.record(system("datahub.forms"), action="datahub.form.asked", area_path=task.area_path, data={"task": str(task.uid), "period": task.period})
        count += 1
    return count
