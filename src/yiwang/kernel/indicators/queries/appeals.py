"""Appeals (申诉) that are not judged yet, of what an object is judged by."""

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Task
from yiwang.kernel.cases.queries.work import visible_cases
from yiwang.kernel.indicators.contracts import AREA_KINDS, ObjectKind

MOST = 20


def open_of(actor: Actor, kind: ObjectKind, key: str) -> tuple[list[Task], bool]:
    """Return the open appeals about a department's or an area's cases that the actor may see, oldest first, and whether there are more."""
    if not key.isdigit() or (kind is not ObjectKind.DEPARTMENT and kind not in AREA_KINDS):
        return [], False
    rows = Task.objects.filter(kind="appeal", state="open", case__in=visible_cases(actor)).select_related("case")
    if kind is ObjectKind.DEPARTMENT:
        rows = rows.filter(case__org_id=int(key))
    else:
        rows = rows.filter(case__area_path__startswith=Area.objects.filter(pk=int(key)).values_list("path", flat=True).first() or "-")
    found = list(rows.order_by("opened_at", "pk")[: MOST + 1])
    return found[:MOST], len(found) > MOST
