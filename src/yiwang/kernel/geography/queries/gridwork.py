"""Reads of the grids desk (网格管理): live grids, their past, and what a change would do (the preview)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from django.conf import settings
from django.contrib.gis.db.models import Union
from django.contrib.gis.geos import Polygon as GeosPolygon
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import BadShape, GridChanged
from yiwang.kernel.geography.gridwork import KINDS, GridChange, GridPlan, PlannedGrid, Remark
from yiwang.kernel.geography.models import AreaShape, Asset, GridKind, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.rules import grids as rules
from yiwang.kernel.geography.rules.codes import CodeError, grid_code, next_grid_codes
from yiwang.kernel.geography.rules.grids import Finding, GridRuleError

MOST_TEXT, MOST_PIECES = 2_000_000, 200
EDIT_GRID = "geography.grid.edit"


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
    rows = [{"code": r.code, "name": r.name, "shape": r.shape, "uid": str(r.object_uid)} for r in closed]
    rows += [
        {"code": r.area.code, "name": r.area.name, "shape": r.shape, "uid": str(r.area.uid)}
        for r in live.select_related("area").order_by("area__code")[:limit] if r.area.code not in began
    ]  # fmt: skip
    return rows[:limit]


def read_geometry(text: str) -> list[BaseGeometry]:
    """Return the single shapes of GeoJSON (geometry, feature, collection) or WKT that somebody drew or pasted.

    Raises
    ------
    BadShape
        It is neither, it is too long, or it lies beyond the globe.
    """
    text = text.strip()
    if not text or len(text) > MOST_TEXT:
        raise BadShape(reason=_("there is no shape") if not text else _("it is longer than two million characters"))
    try:
        made = shapely.from_geojson(text) if text.startswith("{") else shapely.from_wkt(text.split(";")[-1])
    except (shapely.GEOSException, ValueError, TypeError) as error:
        raise BadShape(reason=_("it is neither GeoJSON nor WKT")) from error
    if made is None or made.is_empty:
        raise BadShape(reason=_("there is no shape"))
    west, south, east, north = made.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadShape(reason=_("its coordinates are not degrees of WGS 84 or CGCS2000"))
    return _single(shapely.force_2d(made))


def _single(shape: BaseGeometry) -> list[BaseGeometry]:
    if hasattr(shape, "geoms"):
        return [one for part in shape.geoms for one in _single(part)]
    return [shape]


def _as_shapely(shape: Any) -> BaseGeometry:
    return shapely.from_wkb(bytes(shape.wkb))


def _locate(actor: Actor, change: GridChange) -> tuple[Area, list[Area], list[BaseGeometry]]:
    """Return the community, the old grids and their shapes."""
    if change.kind not in KINDS:
        raise BadInput.one("kind", "choice", _("Choose what shall be done."))
    if change.kind == "draw":
        community = Area.objects.filter(level=AreaLevel.COMMUNITY, valid_to__isnull=True, code=change.community).first()
        if community is None or not actor.may(EDIT_GRID, area_path=community.path):
            raise BadInput.one("community", "unknown", _("Choose the community in which the grid lies."))
        return community, [], []
    wanted = list(dict.fromkeys(_uid(u) for u in change.grids))
    found = {a.uid: a for a in live_grids(actor).filter(uid__in=wanted).select_related("parent")}
    if missing := [u for u in wanted if u not in found]:
        raise _what_happened(actor, missing)
    olds = [found[u] for u in wanted]
    least = {"merge": 2}.get(change.kind, 1)
    if len(olds) < least or (change.kind in ("split", "recode") and len(olds) != 1) or len(olds) > MOST_PIECES:
        raise BadInput.one("grids", "count", _("Choose one grid to split or re-code, and at least two to merge."))
    communities_ = {a.parent_id for a in olds}
    if len(communities_) > 1 or olds[0].parent is None:
        raise BadInput.one("grids", "community", _("The grids lie in different communities. A grid never crosses the border of its community (G07)."))
    shapes = {s.area_id: _as_shapely(s.shape) for s in AreaShape.objects.filter(area__in=olds)}
    if len(shapes) < len(olds):
        raise BadShape(reason=_("a unit grid has no shape yet"))
    return olds[0].parent, olds, [shapes[a.pk] for a in olds]


def _uid(text: str) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as error:
        raise BadInput.one("grids", "uid", _("This is not the number of a grid.")) from error


def _what_happened(actor: Actor, missing: Sequence[UUID]) -> Exception:
    """Tell who was first and what he made of the grids; what never was, or is elsewhere, is simply not there."""
    past = [p for p in GridPast.objects.filter(object_uid__in=missing).order_by("-valid_to") if actor.may(EDIT_GRID, area_path=p.area_path)]
    if len({p.object_uid for p in past}) < len(missing):
        return NotFound(what="grid")
    happened = tuple(
        _("%(code)s became %(became)s on %(at)s, by %(by)s")
        % {"code": p.code, "became": ", ".join(p.became) or _("nothing"), "at": timezone.localtime(p.valid_to).strftime("%Y-%m-%d %H:%M"), "by": p.by_name or "–"}
        for p in past
    )  # fmt: skip
    return GridChanged(grid_codes=tuple(p.code for p in past), happened=happened)


def _pieces(change: GridChange, old: Sequence[BaseGeometry], around: Sequence[BaseGeometry]) -> list[Polygon]:
    try:
        if change.kind == "split":
            return rules.split(old[0], _line(read_geometry(change.geometry)))
        if change.kind == "merge":
            return [rules.merge(old)]
        if change.kind == "recode":
            return [rules.as_polygon(old[0])]
        if change.kind == "remove":
            return []
        drawn = [rules.as_polygon(s) for s in read_geometry(change.geometry)]
    except GridRuleError as error:
        raise BadShape(reason=_rule_words(error.reason)) from error
    if len(drawn) > MOST_PIECES:
        raise BadShape(reason=_("more than two hundred grids at once"))
    return rules.in_order([rules.snapped(one, [*old, *around]) for one in drawn])


def _line(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    found = [s for s in shapes if isinstance(s, LineString | MultiLineString)]
    return found[0] if found else shapes[0]


def _rule_words(reason: str) -> str:
    return {
        "no-cut": _("the line does not cut the grid from border to border"),
        "apart": _("the grids do not touch along a line, so they make no single grid"),
        "not-a-line": _("a line with at least two points is needed"),
        "empty": _("there is no shape"),
    }[reason]


def _sentence(found: Finding) -> str:
    words = {
        "invalid": _("The shape crosses itself or is not closed (%(detail)s)."),
        "overlap": _("It overlaps grid %(other)s of this change by %(m2)s m²."),
        "taken": _("It overlaps %(count)s grids that are there already, by %(m2)s m²."),
        "gap": _("%(m2)s m² of the old grids would belong to no grid."),
        "grown": _("The grids cover %(m2)s m² more than before."),
        "outside": _("%(m2)s m² lie outside of the community."),
        "size": _("It has %(m2)s m²; a grid has between %(least)s and %(most)s m² here."),
        "unusual": _("It has %(m2)s m², far from the usual 10,000 m²."),
    }[found.reason] % found.facts
    return f"{_('Grid %(number)s:') % {'number': found.piece + 1}} {words}" if found.piece is not None else words


def _codes(change: GridChange, community: Area, count: int) -> list[str]:
    used = set(Area.objects.filter(level=AreaLevel.GRID, code__startswith=community.code).values_list("code", flat=True))
    wished = [c.strip() for c in change.codes if c.strip()]
    try:
        if not wished and change.kind != "recode":
            return next_grid_codes(community.code, used, count)
        checked = [grid_code(c, community.code, settings.GRID_CODE_PATTERN) for c in wished]
    except CodeError as error:
        raise BadInput.one("codes", error.reason, {
            "length": _("A grid code has fifteen characters: twelve of the community and three of its own (G01)."),
            "community": _("The code does not begin with that of its community, %(code)s (G03).") % {"code": community.code},
            "exhausted": _("This community has no free codes left."),
        }[error.reason]) from error  # fmt: skip
    if len(checked) != count or len(set(checked)) != count:
        raise BadInput.one("codes", "count", _("Give %(count)s different codes, or none.") % {"count": count})
    if taken := sorted(set(checked) & used):
        raise BadInput.one("codes", "used", _("%(codes)s was used before. Codes are never given twice: old cases name them.") % {"codes": ", ".join(taken)})
    return checked


_COUNT = """
SELECT piece.n, count(a.id) FROM unnest(%s::int[], %s::bytea[]) AS piece(n, wkb)
LEFT JOIN yw_geography_asset a ON a.point && ST_SetSRID(ST_GeomFromWKB(piece.wkb), 4326)
     AND ST_Covers(ST_SetSRID(ST_GeomFromWKB(piece.wkb), 4326), a.point) AND a.status NOT IN ('removed', 'abandoned')
GROUP BY piece.n
"""


def _components_in(pieces: Sequence[Polygon]) -> dict[int, int]:
    if not pieces:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(range(len(pieces))), [p.wkb for p in pieces]])
        return dict(cursor.fetchall())


def plan(actor: Actor, change: GridChange) -> GridPlan:
    """Say what a change would do: new grids with codes and sizes, what the checks say, what would move.

    Raises
    ------
    BadInput, BadShape
        It cannot be understood, or the codes cannot be.
    GridChanged
        Somebody changed one of the grids meanwhile.
    """
    community, olds, old = _locate(actor, change)
    bounds = AreaShape.objects.filter(area=community).values_list("shape", flat=True).first()
    around = _around(community, olds, old, change)
    pieces = _pieces(change, old, around)
    codes = _codes(change, community, len(pieces))
    found = rules.check(
        pieces, old=old if pieces else (), community=_as_shapely(bounds) if bounds is not None else None, neighbours=around,
        least_m2=settings.GRID_MIN_M2, most_m2=settings.GRID_MAX_M2,
    )  # fmt: skip
    ids = [a.pk for a in olds]
    counts, here = _components_in(pieces), Asset.objects.filter(grid_id__in=ids).exclude(status__in=("removed", "abandoned")).count()
    beats = {u.area_id: u.responsibility_grid.code for u in UnitGrid.objects.filter(area_id__in=ids, responsibility_grid__isnull=False).select_related("responsibility_grid") if u.responsibility_grid}
    planned = []
    for number, (code, piece) in enumerate(zip(codes, pieces, strict=True)):
        heir = rules.heir(piece, old)
        beat = beats.get(ids[heir], "") if heir is not None else ""
        planned.append(PlannedGrid(code, number, piece, rules.area_m2(piece), counts.get(number, 0), heir, beat))
    remarks = [Remark(f.rule, f.level, _sentence(f)) for f in found]
    if planned and not all(p.responsibility_code for p in planned):
        remarks.append(Remark("G13", "notice", _("A grid would belong to no responsibility grid; add it to one afterwards.")))
    if len(set(beats.values())) > 1 and change.kind == "merge":
        remarks.append(Remark("G13", "notice", _("The grids belonged to different responsibility grids; the new one goes to %(code)s.") % {"code": planned[0].responsibility_code or "–"}))
    return GridPlan(
        change=change, community_id=community.pk, community_code=community.code, community_path=community.path, old_ids=tuple(ids),
        old_codes=tuple(a.code for a in olds), pieces=tuple(planned), remarks=tuple(remarks),
        components=max(here, sum(counts.values())), left_over=max(0, here - sum(counts.values())), work=ground.open_in(actor, ids),
    )  # fmt: skip


def _around(community: Area, olds: Sequence[Area], old: Sequence[BaseGeometry], change: GridChange) -> list[BaseGeometry]:
    """Return the live grids near by that stay as they are."""
    if change.kind in ("split", "merge", "recode", "remove"):
        return []  # covers what was covered, no more
    shapes = [*old, *(s for s in read_geometry(change.geometry))]
    west, south, east, north = shapely.union_all([shapely.box(*s.bounds) for s in shapes]).bounds
    box = GeosPolygon.from_bbox((west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4))
    rows = AreaShape.objects.filter(level=AreaLevel.GRID, area__valid_to__isnull=True, shape__bboverlaps=box).exclude(area__in=olds)
    return [_as_shapely(s) for s in rows.values_list("shape", flat=True)[:2000]]


def gaps(community: Area) -> list[dict[str, Any]]:
    """Return the parts of a community that belong to no grid (G06), as GeoJSON with their size, the largest first."""
    whole = AreaShape.objects.filter(area=community).values_list("shape", flat=True).first()
    if whole is None:
        return []
    covered = AreaShape.objects.filter(level=AreaLevel.GRID, area__parent=community, area__valid_to__isnull=True).aggregate(u=Union("shape"))["u"]
    left = _as_shapely(whole).difference(_as_shapely(covered)) if covered else _as_shapely(whole)
    parts = [p for p in _single(left) if isinstance(p, Polygon) and rules.area_m2(p) >= 1]
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
        {"type": "Feature", "geometry": shapely.geometry.mapping(_as_shapely(shapes[a.pk])),
         "properties": {"uid": str(a.uid), "code": a.code, "label": a.code[-3:], "title": pick(a.name)}}
        for a in found if a.pk in shapes
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def geometry_of(found: Sequence[Area]) -> str:
    """Return the shapes of grids as one GeoJSON text, as the field of a change takes it."""
    shapes = AreaShape.objects.filter(area__in=found).order_by("area_path").values_list("shape", flat=True)
    parts = [p for shape in shapes for p in _single(_as_shapely(shape)) if isinstance(p, Polygon)]
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


def border(area: Area) -> dict[str, Any] | None:
    """Return the border of a community as lines for the map."""
    shape = AreaShape.objects.filter(area=area).values_list("shape", flat=True).first()
    if shape is None:
        return None
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(_as_shapely(shape).boundary), "properties": {"uid": str(area.uid), "label": pick(area.name)}}
    return {"type": "FeatureCollection", "features": [feature]}


def bounds_of(areas: Sequence[Area]) -> list[float] | None:
    from django.contrib.gis.db.models import Extent

    found = AreaShape.objects.filter(area__in=areas).aggregate(e=Extent("shape"))["e"]
    return [round(float(v), 6) for v in found] if found else None
