"""Shapes: checked, stored, measured."""

from collections.abc import Sequence

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Polygon
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.errors import BadShape
from yiwang.kernel.geography.models import (
    SRID,
    AreaShape,
    UnitGrid,
)

EDIT_GRID = "geography.grid.edit"


def multipolygon(shape: GEOSGeometry | str) -> MultiPolygon:
    """Return a valid, closed, non-empty multipolygon on the globe (rule G04 of the grid checks)."""
    try:
        found = GEOSGeometry(shape) if isinstance(shape, str) else shape
    except (GEOSException, GDALException, ValueError, TypeError) as error:
        raise BadShape(reason=_("it is neither GeoJSON nor WKT")) from error
    if isinstance(found, Polygon):
        found = MultiPolygon(found, srid=found.srid)
    if not isinstance(found, MultiPolygon) or found.empty:
        raise BadShape(reason=_("it is not a polygon"))
    if found.srid not in (None, SRID):
        raise BadShape(reason=_("its coordinates are not degrees of WGS 84 or CGCS2000"))
    if not found.valid:
        raise BadShape(reason=_("its line crosses itself (%(detail)s)") % {"detail": found.valid_reason})
    west, south, east, north = found.extent
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise BadShape(reason=_("its coordinates are not degrees of WGS 84 or CGCS2000"))
    found.srid = SRID
    return found


@transaction.atomic
def set_shape(*, actor: Actor, area: Area, shape: GEOSGeometry | str) -> AreaShape:
    """Give a jurisdiction or unit grid its shape; area in square metres and centroid are computed here."""
    actor.require(EDIT_GRID, area_path=area.path)
    polygon = multipolygon(shape)
    stored, created = AreaShape.objects.update_or_create(
        area=area, defaults={"area_path": area.path, "level": area.level, "shape": polygon}
    )
    measure_areas([area.pk])
    stored.refresh_from_db()
    if area.level == AreaLevel.GRID:
        UnitGrid.objects.get_or_create(area=area)
    audit.record(
        actor, action="geography.shape.drawn" if created else "geography.shape.redrawn", region=area.region,
        area_path=area.path, data={"area": area.code, "area_m2": float(stored.area_m2)},
    )  # fmt: skip
    return stored


def measure_areas(area_ids: Sequence[int] | None = None) -> int:
    """Compute area and centroid of shapes (all when None; after a bulk load) and return how many."""
    ids = None if area_ids is None else list(area_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE yw_geography_areashape SET area_m2 = round(ST_Area(shape::geography)::numeric, 2),"
            " centroid = ST_PointOnSurface(shape) WHERE %s::bigint[] IS NULL OR area_id = ANY(%s::bigint[])",
            [ids, ids],
        )
        return int(cursor.rowcount)
