"""Reads of the grids desk (网格管理): live grids, their past, what lists and maps show of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import Polygon as GeosPolygon
from django.db.models import Q, QuerySet
from django.utils import timezone
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography.models import AreaShape, Asset, GridKind, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.rules import grids as rules

EDIT_GRID = "geography.grid.edit"
NEAR = 0.01  # degrees, about a kilometre


def live_grids(actor: Actor, permission: str = EDIT_GRID) -> QuerySet[Area]:
    """Return the live unit grids where the actor has the permission."""
    rows = Area.objects.filter(level=AreaLevel.GRID, valid_to__isnull=True)
    scopes = actor.scopes(permission)
    wanted = Q(pk__in=[])
    for scope in scopes:
        if not scope.area_path:
            return rows
        wanted |= Q(path__startswith=scope.area_path)
    return rows.filter(wanted)


def communities(actor: Actor) -> QuerySet[Area]:
    rows = Area.objects.filter(level=AreaLevel.COMMUNITY, valid_to__isnull=True)
    wanted = Q(pk__in=[])
    for scope in actor.scopes(EDIT_GRID):
        if not scope.area_path:
            return rows.order_by("path")
        wanted |= Q(path__startswith=scope.area_path)
    return rows.filter(wanted).order_by("path")


def grid(actor: Actor, uid: UUID | str) -> Area:
    """Return a unit grid, live or closed, of the actor's areas."""
    found = Area.objects.filter(level=AreaLevel.GRID, uid=uid).select_related("parent").first()
    if found is None or not actor.may(EDIT_GRID, area_path=found.path):
        raise NotFound(what="grid")
    return found


def shape_of(area_id: int) -> Any | None:
    """Return the shape of a grid, live or closed: an old case shows the grid it had."""
    live = AreaShape.objects.filter(area_id=area_id).values_list("shape", flat=True).first()
    return live or GridPast.objects.filter(kind=GridKind.UNIT, object_id=area_id).order_by("-valid_to").values_list("shape", flat=True).first()


def past_of(area: Area) -> list[GridPast]:
    """Return what this grid was, and what was before it where it lies; the newest first (at most fifty)."""
    shape = shape_of(area.pk)
    mine = Q(kind=GridKind.UNIT, object_id=area.pk) | Q(kind=GridKind.UNIT, became__contains=[area.code])
    if shape is not None:
        mine |= Q(kind=GridKind.UNIT, shape__intersects=shape.point_on_surface)
    return list(GridPast.objects.filter(mine).order_by("-valid_to", "-pk")[:50])


def still_known(past: Sequence[GridPast]) -> set[UUID]:
    """Return which of them have a page: a grid that came by a file and was undone with it has none."""
    return set(Area.objects.filter(uid__in=[p.object_uid for p in past]).values_list("uid", flat=True))


def grids_on(moment: datetime, bbox: tuple[float, float, float, float] | None = None, limit: int = 2000) -> list[dict[str, Any]]:
    """Return code, name and shape of the unit grids that held at a moment, those of today and those closed since."""
    box = GeosPolygon.from_bbox(bbox) if bbox else None
    past = GridPast.objects.filter(kind=GridKind.UNIT, valid_to__gt=moment).filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment))
    day = timezone.localdate(moment)
    live = AreaShape.objects.filter(level=AreaLevel.GRID, area__valid_to__isnull=True).filter(
        Q(area__valid_from__isnull=True) | Q(area__valid_from__lte=day)
    )
    if box is not None:
        past, live = past.filter(shape__bboverlaps=box), live.filter(shape__bboverlaps=box)
    closed = list(past.order_by("code", "-valid_to")[:limit])
    began = {code for row in closed for code in row.became}  # of today's, what took the place of one that still held then
    held = {row.object_uid for row in closed}  # closed then, and in force again since an import was undone
    rows = [{"code": r.code, "name": r.name, "shape": r.shape, "uid": str(r.object_uid)} for r in closed]
    rows += [
        {"code": r.area.code, "name": r.area.name, "shape": r.shape, "uid": str(r.area.uid)}
        for r in live.select_related("area").order_by("area__code")[:limit] if r.area.code not in began and r.area.uid not in held
    ]  # fmt: skip
    return rows[:limit]


def single(shape: BaseGeometry) -> list[BaseGeometry]:
    if hasattr(shape, "geoms"):
        return [one for part in shape.geoms for one in single(part)]
    return [shape]


def as_shapely(shape: Any) -> BaseGeometry:
    return shapely.from_wkb(bytes(shape.wkb))


def gaps(community: Area) -> list[dict[str, Any]]:
    """Return the parts of a community that belong to no grid (G06), as GeoJSON with their size, the largest first."""
    whole = AreaShape.objects.filter(area=community).values_list("shape", flat=True).first()
    if whole is None:
        return []
    covered = AreaShape.objects.filter(level=AreaLevel.GRID, area__parent=community, area__valid_to__isnull=True).aggregate(u=Union("shape"))["u"]
    left = as_shapely(whole).difference(as_shapely(covered)) if covered else as_shapely(whole)
    parts = [p for p in single(left) if isinstance(p, Polygon) and rules.area_m2(p) >= 1]
    parts.sort(key=rules.area_m2, reverse=True)
    return [{"geometry": shapely.geometry.mapping(p), "m2": round(rules.area_m2(p))} for p in parts[:100]]


def listed(row: Area, shape: AreaShape | None, beat: ResponsibilityGrid | None, components: int) -> dict[str, Any]:
    return {
        "uid": str(row.uid), "code": row.code, "name": pick(row.name), "m2": float(shape.area_m2) if shape else None, "beat": beat.code if beat else "",
        "beat_uid": str(beat.uid) if beat else "", "components": components, "since": row.valid_from,
    }  # fmt: skip


def rows_of(found: Sequence[Area]) -> list[dict[str, Any]]:
    """Return what the list shows of grids, in three queries whatever their number."""
    ids = [a.pk for a in found]
    shapes = {s.area_id: s for s in AreaShape.objects.filter(area_id__in=ids).only("area_id", "area_m2")}
    beats = {u.area_id: u.responsibility_grid for u in UnitGrid.objects.filter(area_id__in=ids).select_related("responsibility_grid").defer("responsibility_grid__shape") if u.responsibility_grid}
    from django.db.models import Count

    counts = dict(Asset.objects.filter(grid_id__in=ids).exclude(status__in=("removed", "abandoned")).order_by().values_list("grid_id").annotate(Count("pk")))
    return [listed(a, shapes.get(a.pk), beats.get(a.pk), counts.get(a.pk, 0)) for a in found]


def features_of(found: Sequence[Area]) -> dict[str, Any]:
    """Return grids as the map draws them."""
    shapes = {s.area_id: s.shape for s in AreaShape.objects.filter(area_id__in=[a.pk for a in found])}
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(as_shapely(shapes[a.pk])),
         "properties": {"uid": str(a.uid), "code": a.code, "label": a.code[-3:], "title": pick(a.name)}}
        for a in found if a.pk in shapes
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def geometry_of(found: Sequence[Area]) -> str:
    """Return the shapes of grids as one GeoJSON text, as the field of a change takes it."""
    shapes = AreaShape.objects.filter(area__in=found).order_by("area_path").values_list("shape", flat=True)
    parts = [p for shape in shapes for p in single(as_shapely(shape)) if isinstance(p, Polygon)]
    return str(shapely.to_geojson(shapely.MultiPolygon(parts))) if parts else ""


def chosen(actor: Actor, uids: Sequence[str]) -> list[Area]:
    """Return the live grids among these numbers; what is none, or not the reader's, is left out."""
    known = []
    for uid in uids:
        try:
            known.append(UUID(str(uid)))
        except ValueError:
            continue
    return list(live_grids(actor).filter(uid__in=known).select_related("parent__parent").order_by("code"))


def around(actor: Actor, community: Area, olds: Sequence[Area]) -> list[Area]:
    """Return the live grids of a community that the map of a change shows: those near the chosen ones, at most five hundred."""
    rows = live_grids(actor).filter(parent=community)
    bounds = bounds_of(olds)
    if bounds is not None:
        west, south, east, north = bounds
        box = GeosPolygon.from_bbox((west - NEAR, south - NEAR, east + NEAR, north + NEAR))
        rows = rows.filter(pk__in=AreaShape.objects.filter(level=AreaLevel.GRID, shape__bboverlaps=box).values("area_id"))
    return list(rows.order_by("code")[:500])


def border(area: Area) -> dict[str, Any] | None:
    """Return the border of a community as lines for the map."""
    shape = AreaShape.objects.filter(area=area).values_list("shape", flat=True).first()
    if shape is None:
        return None
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(as_shapely(shape).boundary), "properties": {"uid": str(area.uid), "label": pick(area.name)}}
    return {"type": "FeatureCollection", "features": [feature]}


def bounds_of(areas: Sequence[Area]) -> list[float] | None:
    from django.contrib.gis.db.models import Extent

    found = AreaShape.objects.filter(area__in=areas).aggregate(e=Extent("shape"))["e"]
    return [round(float(v), 6) for v in found] if found else None
