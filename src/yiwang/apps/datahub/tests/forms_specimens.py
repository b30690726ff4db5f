"""Reports asked of two bureaus, for the sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import Dataset, FormSheet, FormTask
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7

FILL, MANAGE = "datahub.form.fill", "datahub.form.manage"
MISSING = ("waiting", "draft", "returned")
NOT_LISTS = {"data/forms/tasks/new/": "a form"}
TEXT = """
dataset: {code}
name: {{zh-Hans: 填报}}
landing: upsert
columns:
  - {{name: village, label: 村居, required: true}}
  - {{name: beds, label: 床位数, type: integer, range: [0, 500]}}
key: [village]
"""


def _task(dataset: Dataset, title: str) -> FormTask:
    moment = now()
    task = FormTask.objects.create(title=title, dataset=dataset, org_path=dataset.org_path, area_path=dataset.area_path, cycle="monthly", period="2026-11", due_at=moment + timedelta(days=3))
    FormSheet.objects.create(task=task, org=dataset.org, org_path=dataset.org_path, area_path=dataset.area_path, period="2026-11", due_at=task.due_at)
    return task


def fill(world: Any) -> dict[str, Any]:
    for key in ("civil", "health"):
        _task(make_dataset(world.orgs[f"bureau-{key}"], f"form-{key}", f"填报{key}", text=TEXT.format(code=f"form-{key}")), f"床位填报{key}")
    return {}


def _sees(reader: Reader, sheet: FormSheet) -> bool:
    return bool(reader.may(FILL, sheet.area_path, sheet.org_path) or reader.may(MANAGE, sheet.task.area_path, sheet.task.org_path))


def kinds(made: Any) -> list[Kind]:
    sheets = [
        Specimen(f"report of {s.org.code}", {"uid": s.uid}, lambda r, s=s: _sees(r, s), (str(s.uid),), s) for s in FormSheet.objects.select_related("org", "task").order_by("pk")
    ]
    files = [Specimen(s.label, s.values, lambda r, s=s: r.may(FILL, s.row.area_path, s.row.org_path), s.marks, s.row) for s in sheets]
    tasks = [
        Specimen(f"asked for {t.dataset.code}", {"uid": t.uid}, lambda r, t=t: r.may(MANAGE, t.area_path, t.org_path), (str(t.uid), t.title), t)
        for t in FormTask.objects.select_related("dataset").order_by("pk")
    ]  # fmt: skip
    absent = {"uid": uuid7()}
    return [
        Kind("report as a workbook", ("data/forms/<uuid:uid>/sheet.xlsx",), files, absent),
        Kind("report", ("data/forms/<uuid:uid>/",), sheets, absent, {
            "datahub:sheet": Write(lambda s: {"do": "row", "version": "0", "c_village": "东村", "c_beds": "12"}, "data_clerk", "report of bureau-civil", lambda r, s: bool(r.may(FILL, s.row.area_path, s.row.org_path))),
        }),
        Kind("report asked for", ("data/forms/tasks/<uuid:uid>/",), tasks, absent, {
            "datahub:form_task": Write(lambda s: {"do": "urge"}, "data_owner", "asked for form-civil", lambda r, s: s.seen_by(r)),
        }),
    ]  # fmt: skip


def _oracle(reader: Reader, given: Mapping[str, str]) -> set[str]:
    state = given.get("state", "")
    return {
        str(s.uid) for s in FormSheet.objects.all()
        if reader.may(FILL, s.area_path, s.org_path) and (not state or (s.state in MISSING) == (state == "missing"))
    }  # fmt: skip


def _oracle_tasks(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {str(t.uid) for t in FormTask.objects.all() if reader.may(MANAGE, t.area_path, t.org_path)}


def lists(made: Any) -> list[Listing]:
    return [
        Listing("reports", "datahub:sheets", lambda a: [r["uid"] for r in a.context["rows"]], _oracle, {"state": ("", "missing", "handed")},
                next_page=lambda a: f"/data/forms/?after={quote(a.context['next'])}" if a.context["next"] else "", grow=_more),
        Listing("reports asked for", "datahub:form_tasks", lambda a: [r["uid"] for r in a.context["rows"]], _oracle_tasks, {},
                next_page=lambda a: f"/data/forms/tasks/?after={quote(a.context['next'])}" if a.context["next"] else "", grow=_more),
    ]  # fmt: skip


def _more(count: int) -> None:
    dataset = Dataset.objects.select_related("org").get(code="form-health")  # of the data officer whom the sweep has
    for i in range(count):
        _task(dataset, f"更多{i}")
