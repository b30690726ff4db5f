"""Writes to shapes, grids, inspectors and assets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Point, Polygon
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.geography.errors import BadShape, GridTaken
from yiwang.kernel.geography.models import (
    SRID,
    AreaShape,
    Asset,
    AssetStatus,
    GridInspector,
    ResponsibilityGrid,
    UnitGrid,
)
from yiwang.kernel.geography.queries.places import checked, place
from yiwang.kernel.geography.rules.codes import RESPONSIBILITY_CODE, CodeError, asset_code, parse_asset_code
from yiwang.kernel.identity.models import Account, Organization

EDIT_GRID, EDIT_ASSET = "geography.grid.edit", "geography.asset.edit"


def _multipolygon(shape: GEOSGeometry | str) -> MultiPolygon:
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
    polygon = _multipolygon(shape)
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


@transaction.atomic
def form_responsibility_grid(
    *, actor: Actor, code: str, name: Mapping[str, str], street: Area, unit_grids: Iterable[Area], **more: Any
) -> ResponsibilityGrid:
    """Join whole, adjoining unit grids into the beat of one inspector (责任网格); a grid that exists gets new members.

    Raises
    ------
    BadInput
        The code is not six digits, Z and four digits, or there is no unit grid.
    GridTaken
        A unit grid belongs to another one.
    BadShape
        The grids do not adjoin, or one has no shape or lies in another street.
    """
    actor.require(EDIT_GRID, area_path=street.path)
    if not RESPONSIBILITY_CODE.match(code):
        raise BadInput.one("code", "code", _("The code is six digits of the district, Z and four digits, like 371502Z0001."))
    members = sorted({grid.pk: grid for grid in unit_grids}.values(), key=lambda g: g.pk)
    if not members:
        raise BadInput.one("unit_grids", "empty", _("Choose at least one unit grid."))
    foreign = [g.code for g in members if g.level != AreaLevel.GRID or not g.path.startswith(street.path)]
    if foreign:
        raise BadShape(reason=_("these are not unit grids of the street: %(codes)s") % {"codes": ", ".join(foreign[:5])})
    for grid in members:
        UnitGrid.objects.get_or_create(area=grid)
    found = ResponsibilityGrid.objects.select_for_update().filter(code=code, valid_to__isnull=True).first()
    ids = [grid.pk for grid in members]
    rows = list(UnitGrid.objects.select_for_update().filter(area_id__in=ids).select_related("area"))
    taken = [r.area.code for r in rows if r.responsibility_grid_id not in (None, found.pk if found else None)]
    if taken:
        raise GridTaken(grid_codes=tuple(taken))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), ST_NumGeometries(ST_Multi(ST_Union(shape))), ST_AsEWKB(ST_Multi(ST_Union(shape))),"
            " round(ST_Area(ST_Union(shape)::geography)::numeric, 2) FROM yw_geography_areashape WHERE area_id = ANY(%s)",
            [ids],
        )
        shaped, parts, union, area_m2 = cursor.fetchone()
    if shaped != len(ids):
        raise BadShape(reason=_("a unit grid has no shape yet"))
    if parts != 1:
        raise BadShape(reason=_("the unit grids do not adjoin: they make %(parts)s separate pieces") % {"parts": parts})
    if found is None:
        found = ResponsibilityGrid(code=code, valid_from=now().date())
    found.name, found.area, found.area_path = dict(name), street, street.path
    found.shape, found.area_m2 = _multipolygon(GEOSGeometry(memoryview(union))), area_m2
    for key, value in more.items():
        setattr(found, key, value)
    found.save()
    UnitGrid.objects.filter(responsibility_grid=found).exclude(area_id__in=ids).update(responsibility_grid=None)
    UnitGrid.objects.filter(area_id__in=ids).update(responsibility_grid=found)
    audit.record(
        actor, action="geography.grid.formed", region=street.region, area_path=street.path,
        data={"grid": code, "members": [grid.code for grid in members]},
    )  # fmt: skip
    return found


@transaction.atomic
def assign_inspector(
    *, actor: Actor, account: Account, grid: ResponsibilityGrid, shift: str = "", is_substitute: bool = False
) -> GridInspector:
    """Let a person patrol a grid from today. Safe to repeat."""
    actor.require(EDIT_GRID, area_path=grid.area_path)
    if grid.valid_to is not None:
        raise BadInput.one("grid", "closed", _("This grid was closed. Choose one that is in force."))
    found, created = GridInspector.objects.get_or_create(
        account=account, grid=grid, shift=shift, valid_to=None,
        defaults={"is_substitute": is_substitute, "valid_from": now().date()},
    )  # fmt: skip
    if created:
        data = {"grid": grid.code, "account": account.pk, "shift": shift}
        audit.record(actor, action="geography.inspector.assigned", area_path=grid.area_path, data=data)
    return found


@transaction.atomic
def release_inspector(*, actor: Actor, account: Account, grid: ResponsibilityGrid, shift: str = "") -> int:
    """End the assignment today; the row stays as history. Returns how many ended."""
    actor.require(EDIT_GRID, area_path=grid.area_path)
    ended = GridInspector.objects.filter(account=account, grid=grid, shift=shift, valid_to__isnull=True).update(
        valid_to=now().date()
    )
    if ended:
        data = {"grid": grid.code, "account": account.pk, "shift": shift}
        audit.record(actor, action="geography.inspector.released", area_path=grid.area_path, data=data)
    return ended


@transaction.atomic
def add_asset(
    *, actor: Actor, class_code: str, name: Mapping[str, str], lon: object, lat: object, code: str = "",
    supervisor: Organization | None = None, owner: Organization | None = None, keeper: Organization | None = None,
    surveyed_on: date | None = None, **more: Any,
) -> Asset:  # fmt: skip
    """Enter an asset (管理部件). Without a code it gets the next free one of its district and class.

    Raises
    ------
    BadInput
        The point, the class or the code cannot be; the code is of another district, or in use.
    OutsideArea
        The point is outside the boundary.
    """
    facts = place(lon, lat)
    actor.require(EDIT_ASSET, area_path=facts.area_path)
    district = facts.district or facts.root
    if district is None or facts.area is None:
        raise BadInput.one("point", "area", _("No jurisdiction is drawn there yet."))
    try:
        if code:
            parsed = parse_asset_code(code)
        else:
            code = _next_code(district.code[:6], class_code)
            parsed = parse_asset_code(code)
    except CodeError as error:
        message = _("A component code has 17 digits: 6 of the district, 5 of the class, 6 of the sequence, from 000001.")
        raise BadInput.one("code", "code", message) from error
    if parsed.district != district.code[:6] or (parsed.generation == 2026 and parsed.class_code != class_code):
        raise BadInput.one("code", "other", _("The code names another district or class than the place and the class."))
    if Asset.objects.filter(code=code).exists():
        raise BadInput.one("code", "taken", _("This code is in use. Codes are never given twice."))
    asset = Asset.objects.create(
        code=code, class_code=class_code, name=dict(name), point=Point(*checked(lon, lat), srid=SRID),
        supervisor_org=supervisor, owner_org=owner, keeper_org=keeper, area_id=facts.area.id, area_path=facts.area_path,
        grid_id=facts.unit_grid.id if facts.unit_grid else None, surveyed_on=surveyed_on or now().date(), **more,
    )  # fmt: skip
    audit.record(actor, action="geography.asset.added", area_path=asset.area_path, data={"asset": asset.code})
    return asset


def _next_code(district: str, class_code: str) -> str:
    """Return the next code of a district and class. Two at once wait on the lock; numbers are not reused."""
    prefix = district + class_code
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"asset-code:{prefix}"])
        cursor.execute("SELECT max(code) FROM yw_geography_asset WHERE code LIKE %s AND length(code) = 17", [prefix + "%"])
        last = cursor.fetchone()[0]
    return asset_code(district, class_code, int(last[-6:]) + 1 if last else 1)


@transaction.atomic
def set_asset_status(*, actor: Actor, asset_id: int, status: str, remark: str = "") -> Asset:
    """Say in what condition an asset is (完好/破损/丢失/废弃/移除). Saying the same again changes nothing."""
    asset = Asset.objects.select_for_update().filter(pk=asset_id).first()
    if asset is None:
        raise NotFound(what="asset")
    actor.require(EDIT_ASSET, area_path=asset.area_path)
    if status not in AssetStatus.values:
        raise BadInput.one("status", "status", _("Choose one of the five conditions."))
    if asset.status == AssetStatus.REMOVED and status != AssetStatus.REMOVED:
        raise BadInput.one("status", "removed", _("A removed asset does not come back. Enter it again with a new code."))
    if asset.status != status:
        old, asset.status = asset.status, status
        asset.changed_on = now().date()
        asset.remark = remark[:1000] or asset.remark
        asset.save(update_fields=["status", "changed_on", "remark"])
        data = {"asset": asset.code, "from": old, "to": status}
        audit.record(actor, action="geography.asset.status", area_path=asset.area_path, data=data)
    return asset
