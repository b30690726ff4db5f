"""What tests of the census need beside the made world: the matter, inspectors on their grids, an order, a working day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.world import DIRECT, TWO_LEVEL, World
from yiwang.apps.city.models import CensusPart
from yiwang.apps.city.rules import census as rules
from yiwang.kernel.base.actor import system
from yiwang.kernel.cases.services import load_matter
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.geography.services import assign_inspector
from yiwang.kernel.worktime.queries import calendar_for

FOLDER = Path(__file__).resolve().parents[1] / "matters" / "census"


def workday(world: World, days: int = 5) -> date:
    """Return a working day at least so many days ahead."""
    calendar, day = calendar_for(world.city.path), timezone.localdate() + timedelta(days=days)
    while not calendar.is_working_day(day):
        day += timedelta(days=1)
    return day


def wanted(world: World, **more: Any) -> rules.Wanted:
    """Return an order of all covers in the first district; without unknown ones."""
    values = {"classes": ("01001", "01002"), "areas": (DIRECT,), "due_on": workday(world), "text": "逐个核对", "asks_new": False}
    return rules.Wanted(**{**values, **more})


def staff(world: World) -> None:
    """Load the matter and let inspectors patrol the first grids of two districts; nobody patrols the third."""
    load_matter(system("test"), FOLDER)
    for district, who in ((DIRECT, "inspector"), (TWO_LEVEL, "inspector3")):
        grid = ResponsibilityGrid.objects.get(code=f"{district}Z0001")
        assign_inspector(actor=system("test"), account=world.account(who), grid=grid, shift="day")


def part_of(case: Any, code: str = DIRECT) -> CensusPart:
    """Return the part of a district's first grid."""
    return CensusPart.objects.get(order_id=case.pk, grid__code=f"{code}Z0001")
