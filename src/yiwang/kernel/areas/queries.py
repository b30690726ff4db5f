"""Reads of the tree of jurisdictions."""

from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.errors import NotFound


def live() -> QuerySet[Area]:
    """Return areas that hold today."""
    return Area.objects.filter(valid_to__isnull=True)


def by_code(code: str) -> Area:
    found = live().filter(code=code).first()
    if found is None:
        raise NotFound(what=f"area {code}")
    return found


def subtree(path: str) -> QuerySet[Area]:
    """Return the area with this path and everything below it."""
    return live().filter(path__startswith=path)


def ancestors(area: Area) -> list[Area]:
    """Return the chain from the root down to the area itself, in one query."""
    ids = [int(part) for part in area.path.strip(".").split(".")]
    found = {a.pk: a for a in Area.objects.filter(pk__in=ids)}
    return [found[i] for i in ids if i in found]


def district_of(area: Area) -> Area | None:
    """Return the district that holds the area, or None above districts."""
    return next((a for a in ancestors(area) if a.level == AreaLevel.DISTRICT), None)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_of(path: str) -> ZoneInfo:
    """Return the time zone of an area path: its root's, else the installation's. Days are cut in it."""
    root = path.split(".", 1)[0]
    name = ""
    if root.isdigit():
        name = Area.objects.filter(pk=int(root)).values_list("time_zone", flat=True).first() or ""
    return _zone(name or settings.TIME_ZONE)
