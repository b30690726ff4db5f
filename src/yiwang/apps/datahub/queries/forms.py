"""Reporting tasks and sheets as pages show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from yiwang.apps.datahub.models import Dataset, FormCycle, FormSheet, FormTask, SheetState
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.permits import visible

__all__ = ["FormCycle", "FormSheet", "FormTask", "SheetState"]  # what pages name of the tables
FILL, MANAGE = "datahub.form.fill", "datahub.form.manage"
MISSING = (SheetState.WAITING, SheetState.DRAFT, SheetState.RETURNED)


def sheets(actor: Actor, *, state: str = "") -> QuerySet[FormSheet]:
    """Return the sheets of the bodies for which the actor fills in; state "missing" or "handed" for a part of them."""
    rows = visible(FormSheet.objects.select_related("task__dataset", "org"), actor, FILL)
    if state == "missing":
        return rows.filter(state__in=MISSING)
    return rows.exclude(state__in=MISSING) if state == "handed" else rows


def sheet_for(actor: Actor, uid: UUID, *, lock: bool = False) -> FormSheet:
    """Return a sheet that the actor fills in, or that belongs to a task of his; NotFound for all others."""
    rows = FormSheet.objects.select_related("task__dataset__contract", "org")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(uid=uid).first()
    if found is None or not (may_fill(actor, found) or may_manage(actor, found.task)):
        raise NotFound(what="sheet")
    return found


def may_fill(actor: Actor, sheet: FormSheet) -> bool:
    return actor.may(FILL, area_path=sheet.area_path, org_path=sheet.org_path)


def may_manage(actor: Actor, task: FormTask) -> bool:
    return actor.may(MANAGE, area_path=task.area_path, org_path=task.org_path)


def contract_of(sheet: FormSheet) -> contracts.Contract:
    """Return the contract in force of the sheet's data set."""
    version = sheet.task.dataset.contract
    if version is None:
        raise NotFound(what="contract")
    return contracts.from_dict(version.body)


def tasks(actor: Actor) -> QuerySet[FormTask]:
    """Return the reporting tasks of the data sets that the actor governs, with how many have handed in."""
    rows = visible(FormTask.objects.select_related("dataset"), actor, MANAGE)
    late = Q(sheets__due_at__lt=now(), sheets__state__in=MISSING)
    handed = Q(sheets__state__in=(SheetState.HANDED_IN, SheetState.ACCEPTED))
    return rows.annotate(asked=Count("sheets"), handed=Count("sheets", filter=handed), late=Count("sheets", filter=late))


def task_for(actor: Actor, uid: UUID, *, lock: bool = False) -> FormTask:
    rows = visible(FormTask.objects.select_related("dataset__contract", "made_by"), actor, MANAGE)
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="task")
    return found


def sheets_of(task: FormTask) -> list[FormSheet]:
    return list(task.sheets.select_related("org", "handed_in_by", "saved_by").order_by("-period", "org__path")[:500])


def datasets_for(actor: Actor) -> list[Dataset]:
    """Return the data sets that a task may ask for: with a contract."""
    return list(visible(Dataset.objects.select_related("org", "contract"), actor, MANAGE).filter(contract__isnull=False).order_by("code"))


def bodies() -> list[Any]:
    return list(Organization.objects.filter(is_active=True).order_by("path"))


def counts(actor: Actor) -> dict[str, int]:
    """Return how many sheets wait and how many are late."""
    found = sheets(actor).order_by().aggregate(waiting=Count("pk", filter=Q(state__in=MISSING)), late=Count("pk", filter=Q(state__in=MISSING, due_at__lt=now())))
    return {k: int(v or 0) for k, v in found.items()}
