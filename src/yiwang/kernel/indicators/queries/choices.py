"""What one chooses from on the pages of judging: areas and their shapes."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.models import AreaShape, ResponsibilityGrid
from yiwang.kernel.indicators.contracts import ObjectKind

SHAPES_MOST = 1200  # more areas make a map that no browser draws at once: choose a smaller area


def area_of(code: str) -> Area | None:
    """Return the area with this code; None for the empty code. Raises NotFound."""
    if not code:
        return None
    found = Area.objects.filter(code=code, valid_to__isnull=True).first()
    if found is None:
        raise NotFound(what="area")
    return found


def area_at(path: str) -> Area | None:
    """Return the area of a path; None for the whole county."""
    return Area.objects.filter(path=path).first() if path else None


def areas(chosen: Area | None) -> list[tuple[str, str]]:
    """Return (code, name) of the districts, and of the streets of the chosen one's district. One query."""
    rows = Area.objects.filter(level="district", valid_to__isnull=True)
    if chosen is not None and chosen.level in ("district", "street"):
        above = chosen.path if chosen.level == "district" else ".".join(chosen.path.rstrip(".").split(".")[:-1]) + "."
        rows |= Area.objects.filter(level="street", valid_to__isnull=True, path__startswith=above)
    listed = rows.order_by("path").values_list("code", "name", "level")
    return [(code, ("　" if level == "street" else "") + texts.pick(name)) for code, name, level in listed]


def shapes(kind: ObjectKind, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the simplified shapes of areas as GeoJSON geometry by key; none when there are too many. One query."""
    wanted = [int(k) for k in keys if k.isdigit()]
    if not wanted or len(wanted) > SHAPES_MOST:
        return {}
    table, column = (ResponsibilityGrid._meta.db_table, "id") if kind is ObjectKind.BEAT else (AreaShape._meta.db_table, "area_id")
    tolerance = 0.00002 if len(wanted) > 100 else 0.00005
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column}::text, ST_AsGeoJSON(ST_SimplifyPreserveTopology(shape, %s), 5) FROM {table} WHERE {column} = ANY(%s) AND shape IS NOT NULL",
            [tolerance, wanted],
        )
        return {key: json.loads(shape) for key, shape in cursor.fetchall()}
