"""What the frame itself reads."""

from typing import Any

from django.core.cache import cache
from django.db import connection

BOUNDS_SECONDS = 300


def county_bounds() -> list[float] | None:
    """Return west, south, east, north of everything that is on the map, in degrees; None on an empty platform."""
    found: list[float] | None = cache.get("yw_ui_bounds")
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM "
                "(SELECT ST_Extent(s.shape) AS e FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id "
                "WHERE a.parent_id IS NULL AND a.valid_to IS NULL) AS x"
            )
            row: tuple[Any, ...] | None = cursor.fetchone()
        if row is None or row[0] is None:
            return None
        found = [round(float(value), 6) for value in row]
        cache.set("yw_ui_bounds", found, BOUNDS_SECONDS)
    return found
