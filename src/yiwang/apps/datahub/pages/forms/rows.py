"""Sheets and tasks in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.queries.forms import FormSheet, FormTask, SheetState
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now

TONES = {"waiting": "neutral", "draft": "soon", "handed_in": "in_time", "returned": "overdue", "accepted": "done"}


def sheet_row(sheet: FormSheet) -> dict[str, Any]:
    """Return one line of a list of sheets."""
    late = sheet.state in queries.MISSING and sheet.due_at < now()
    return {
        "uid": str(sheet.uid), "title": sheet.task.title, "period": sheet.period, "body": texts.pick(sheet.org.name), "state": SheetState(sheet.state).label,
        "tone": TONES[sheet.state], "late": late, "due_at": sheet.due_at, "rows": sheet.rows, "faults": sheet.faults, "urged": len(sheet.urged), "handed_in_at": sheet.handed_in_at,
    }  # fmt: skip


def task_row(task: FormTask) -> dict[str, Any]:
    """Return one line of a list of tasks; counts are those of queries.tasks."""
    return {
        "uid": str(task.uid), "title": task.title, "dataset": texts.pick(task.dataset.name), "period": task.period, "due_at": task.due_at, "cycle": task.get_cycle_display(),
        "state": _("Runs") if task.is_open else _("Closed"), "tone": "in_time" if task.is_open else "done", "asked": getattr(task, "asked", 0), "handed": getattr(task, "handed", 0), "late": getattr(task, "late", 0),
    }  # fmt: skip


def faults_in_words() -> dict[str, str]:
    """Return what is wrong with a cell by its code."""
    return {
        "required": _("is empty"), "integer": _("is no whole number"), "decimal": _("is no number"), "date": _("is no date"), "datetime": _("is no moment"), "boolean": _("is neither yes nor no"),
        "length": _("has the wrong length"), "range": _("lies outside its limits"), "decimals": _("has too many decimals"), "pattern": _("has not the agreed form"),
        "twice": _("stands in another row already"),
    }  # fmt: skip
