"""A story to judge: four bodies over two months, in which the one that was first falls to the fourth place.

In September the sanitation body of the direct district handles everything in time; in October five of its twenty cases
are late, two are still undone and two come back as rework. Cases are copies of one that was really reported, so that
numbers open to real cases; facts are written beside them as the relay would (`services/facts.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps

from tests import walk
from tests.world import DIRECT, TWO_LEVEL
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.indicators.models import CaseFact, ReportFact, StageFact

SEPTEMBER, OCTOBER = "month:2026-09-01", "month:2026-10-01"
FALLS = "wangchuan-sanitation"


@dataclass(frozen=True)
class Month:
    """Of a body's cases of a month: how many, of them late, still undone, reworked."""

    cases: int
    late: int = 0
    undone: int = 0
    rework: int = 0


MONTHS: dict[str, dict[int, Month]] = {
    FALLS: {9: Month(20), 10: Month(20, late=5, undone=2, rework=2)},
    "company-water": {9: Month(20, late=1), 10: Month(20)},
    "crew-drainage": {9: Month(20, late=2), 10: Month(20, late=1)},
    "yundong-sanitation": {9: Month(10, late=1, rework=1), 10: Month(10, late=1)},
}
NOTHING = "crew-lamps"  # a body without a case: it is not ranked


def tell(world: Any, months: dict[str, dict[int, Month]] | None = None) -> dict[str, list[Case]]:
    """Write the story into the made world; returns the cases by body and month (`wangchuan-sanitation 10`)."""
    template = walk.report(world)
    template = Case.all_modes.get(pk=template.pk)
    found: dict[str, list[Case]] = {}
    serial = Case.all_modes.count()
    for code, by_month in (months or MONTHS).items():
        org = world.orgs[code]
        district = world.areas[TWO_LEVEL if code.startswith("yundong") else DIRECT]
        street = world.areas[f"{district.code}001"]
        grid = world.areas[f"{district.code}001001013"]
        for month, told in by_month.items():
            made = []
            for n in range(told.cases):
                serial += 1
                made.append(_case(template, org, grid, month, n, serial, done=n >= told.undone))
            Case.all_modes.bulk_create(made)
            _typed(template, made)
            found[f"{code} {month}"] = made
            _facts(made, told, org, district, street, grid, world.city)
    return found


def _case(template: Case, org: Any, grid: Any, month: int, n: int, serial: int, *, done: bool) -> Case:
    reported = datetime(2026, month, 1 + n, 2, tzinfo=UTC)
    values = {f.attname: getattr(template, f.attname) for f in Case._meta.concrete_fields if not f.primary_key}
    values |= {
        "uid": uuid7(), "number": f"3715922026{month:02d}{serial:06d}", "title": f"道路破损第{serial}号", "area_id": grid.pk, "area_path": grid.path,
        "org_id": org.pk, "org_path": org.path, "reported_at": reported, "filed_at": reported + timedelta(minutes=20), "due_at": reported + timedelta(hours=8),
        "handled_at": reported + timedelta(hours=6) if done else None, "closed_at": reported + timedelta(hours=7) if done else None,
        "state": "closed" if done else "handling", "outcome": "closed" if done else "",
    }  # fmt: skip
    return Case(**values)


def _typed(template: Case, cases: list[Case]) -> None:
    """Give each copy the app's own row, so that its page opens."""
    model = apps.get_model("city", "CityCase")
    told = model.objects.get(case_id=template.pk)
    values = {f.attname: getattr(told, f.attname) for f in model._meta.concrete_fields if not f.primary_key and f.attname != "case_id"}
    model.objects.bulk_create([model(case_id=case.pk, **values) for case in cases])


def _facts(cases: list[Case], told: Month, org: Any, district: Any, street: Any, grid: Any, root: Any) -> None:
    """Of the cases in their order: first the undone ones, then the late ones, then the reworked ones; the rest went well."""
    rows, stages, reports = [], [], []
    for n, case in enumerate(cases):
        undone, late = n < told.undone, told.undone <= n < told.undone + told.late
        rework = told.undone + told.late <= n < told.undone + told.late + told.rework
        place: dict[str, Any] = {
            "root_id": root.pk, "matter": "city.problem", "mode": "live", "area_path": grid.path, "district_id": district.pk, "street_id": street.pk,
            "community_id": grid.parent_id, "grid_id": grid.pk, "org_id": org.pk, "org_path": org.path, "class_code": "component 01001",
            "class_major": "component 01", "channel": "inspector" if n % 4 else "public", "outcome": case.outcome,
        }  # fmt: skip
        done = None if undone else case.due_at + timedelta(hours=3) if late else case.due_at - timedelta(hours=2)
        rows.append(CaseFact(case_id=case.pk, state=case.state, reported_at=case.reported_at, filed_at=case.filed_at, handled_at=done, closed_at=done,
                             due_at=case.due_at, limit_minutes=480, worked_minutes=None if undone else 300, reworks=int(rework), **place))  # fmt: skip
        stages.append(StageFact(task_id=9_000_000 + case.pk * 2, case_id=case.pk, step="handle", kind="process", result="done" if done else "",
                                opened_at=case.filed_at, due_at=case.due_at, done_at=done, round=2 if rework else 1, **place))  # fmt: skip
        reports.append(ReportFact(report_id=9_000_000 + case.pk, case_id=case.pk, received_at=case.reported_at, occurred_at=case.reported_at,
                                  filed_at=case.filed_at, **place))  # fmt: skip
    CaseFact.objects.bulk_create(rows)
    StageFact.objects.bulk_create(stages)
    ReportFact.objects.bulk_create(reports)


def evaluator(world: Any) -> Any:
    """Return somebody who defines, closes and publishes (考评员); made when there is none."""
    from tests.world import _person

    if "evaluator" not in world.people:
        world.people["evaluator"] = _person("evaluator", "evaluator", world.orgs["centre-supervision"], "严评", world.city, None)
    return world.people["evaluator"]
