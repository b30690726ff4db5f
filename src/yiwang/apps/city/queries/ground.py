"""What of the city stands on grids and components (`GroundUser` of kernel.geography), and whose a component was."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusPart, CityCase
from yiwang.apps.city.queries.classes import active_classes
from yiwang.apps.city.queries.field import cover, patrol
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Mode
from yiwang.kernel.cases.queries.work import visible_cases
from yiwang.kernel.geography.ground import Figure, OpenWork, Standing
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.geography.queries import components

MOST = 50


def _standing(case: Case) -> Standing:
    config = configs.of_version(case.matter_version_id)
    return Standing(
        code=case.number or _("not filed yet"), title=case.title, url=reverse("city:case", args=[case.uid]),
        state=config.state_name(case.state), at=case.reported_at, is_open=case.closed_at is None,
    )  # fmt: skip


def open_in(actor: Actor, area_ids: Sequence[int]) -> OpenWork:
    """Return the open cases in unit grids: all of them counted, those listed that the reader may see."""
    there = CityCase.objects.filter(unit_grid_id__in=area_ids, case__closed_at__isnull=True, case__mode=Mode.LIVE)
    rows = visible_cases(actor, app="city").filter(pk__in=there.values("case_id")).order_by("-reported_at", "-pk")[:MOST]
    return OpenWork(there.count(), tuple(_standing(c) for c in rows))


def of_asset(actor: Actor, asset_id: int) -> list[Standing]:
    """Return the cases about a component that the reader may see, the newest first."""
    about = CityCase.objects.filter(component_id=asset_id)
    rows = visible_cases(actor, app="city").filter(pk__in=about.values("case_id")).order_by("-reported_at", "-pk")[:MOST]
    return [_standing(c) for c in rows]


def component_names(on: date) -> Mapping[str, str]:
    return {row.code: texts.pick(row.name) for row in active_classes(on).filter(kind="component").only("code", "name")}


def of_beat(actor: Actor, grid_id: int) -> list[Figure]:
    """Return how much of a responsibility grid was walked today, and its census parts that are under way."""
    found: list[Figure] = []
    grid = ResponsibilityGrid.objects.filter(pk=grid_id, valid_to__isnull=True).only("pk", "uid", "area_path").first()
    if grid is not None and actor.may(patrol.VIEW, area_path=grid.area_path):
        begin, end = patrol.day_span(timezone.localdate(now()))
        seen = cover.of_grids([grid.pk], begin, end).get(grid.pk, cover.Cover(0, 0))
        found.append(Figure(_("Walked today"), f"{round(100 * seen.share)} %", reverse("city:patrol_grid", args=[grid.uid])))
    parts = CensusPart.objects.filter(grid_id=grid_id, state="open", order__case__closed_at__isnull=True).select_related("order__case").order_by("-pk")[:5]
    for part in parts:
        may = actor.may("city.census.order", area_path=part.area_path)
        if may:
            found.append(Figure(_("Census under way"), part.order.case.title, reverse("city:census_one", args=[part.order.case.uid])))
    return found


class Bodies(NamedTuple):
    """Names of who owned and who kept a component; empty where nobody was known."""

    owner: str
    keeper: str
    differs: bool  # from today's


def bodies_of_day(side: CityCase) -> Bodies | None:
    """Return whose the case's component was on the day of the report: what changed since does not change the case."""
    if side.component_id is None:
        return None
    was = components.asset_on(side.component_id, side.case.reported_at)
    if was is None or side.component is None:
        return None
    known = components.organization_names({i for i in (was.owner_org_id, was.keeper_org_id) if i})
    differs = (was.owner_org_id, was.keeper_org_id) != (side.component.owner_org_id, side.component.keeper_org_id)
    return Bodies(known.get(was.owner_org_id or 0, ""), known.get(was.keeper_org_id or 0, ""), differs)
