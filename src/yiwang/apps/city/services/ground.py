"""Open cases go along when the grids below them change (网格调整); ended ones keep the grid they had."""

from django.db import connection

from yiwang.apps.city.models import CityCase
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import events
from yiwang.kernel.geography.ground import GridSwap
from yiwang.kernel.geography.models import UnitGrid

_WHERE = """
SELECT DISTINCT ON (c.id) c.id, s.area_id FROM yw_cases_case c
LEFT JOIN yw_geography_areashape s ON s.area_id = ANY(%s) AND ST_Covers(s.shape, c.point)
WHERE c.id = ANY(%s) ORDER BY c.id, s.area_path
"""


def move_cases(actor: Actor, swap: GridSwap) -> int:
    """Give every open case of the old grids the new one in which its place lies, with a line in its record; returns how many.

    Inside the caller's transaction. A case whose place lies in none of the new grids is of the community again.
    """
    cases = list(
        Case.all_modes.select_for_update(of=("self",)).filter(city__unit_grid_id__in=swap.old_ids, closed_at__isnull=True).order_by("pk")
    )
    if not cases:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_WHERE, [list(swap.new_ids), [c.pk for c in cases]])
        target = dict(cursor.fetchall())
    areas = {a.pk: a for a in Area.objects.filter(pk__in=[*swap.old_ids, *swap.new_ids]).select_related("parent")}
    beats = dict(UnitGrid.objects.filter(area_id__in=swap.new_ids).values_list("area_id", "responsibility_grid_id"))
    sides = {s.case_id: s for s in CityCase.objects.filter(case__in=cases)}
    moment = now()
    for case in cases:
        side = sides[case.pk]
        old, new = areas[side.unit_grid_id or 0], areas.get(target.get(case.pk) or 0)
        home = new or old.parent or old
        data = {"from": old.code, "to": home.code, "reason": swap.reason[:500]}
        before = case.area_path
        if case.area_id == old.pk:
            case.area, case.area_path = home, home.path
        events.write(actor, case, "regrid", at=moment, from_state=case.state, data=data)
        case.version += 1
        case.save(update_fields=["area", "area_path", "event_count", "event_head", "version"])
        if case.area_path != before:
            Task.all_modes.filter(case=case, state="open", area_path=before).update(area_path=case.area_path)
        side.unit_grid = new
        side.responsibility_grid_id = beats.get(new.pk) if new else None
        side.save(update_fields=["unit_grid", "responsibility_grid"])
    return len(cases)
