"""What a change of unit grids would do (预览): new grids with codes and sizes, what the checks say, what would move."""

from collections.abc import Sequence
from uuid import UUID

import shapely
from django.conf import settings
from django.contrib.gis.geos import Polygon as GeosPolygon
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry import LineString, MultiLineString, Polygon
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import BadShape, GridChanged
from yiwang.kernel.geography.gridwork import KINDS, GridChange, GridPlan, PlannedGrid, Remark
from yiwang.kernel.geography.models import AreaShape, Asset, GridPast, UnitGrid
from yiwang.kernel.geography.queries.gridcodes import codes_of, sentence
from yiwang.kernel.geography.queries.gridwork import EDIT_GRID, as_shapely, live_grids, single
from yiwang.kernel.geography.rules import grids as rules
from yiwang.kernel.geography.rules.codes import LAST_GRID
from yiwang.kernel.geography.rules.grids import Finding, GridRuleError

MOST_TEXT, MOST_PIECES = 2_000_000, 200
ON_BORDER = 1e-6  # degrees, about 10 cm: what is nearer lies on the line


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
    return single(shapely.force_2d(made))


def _locate(actor: Actor, change: GridChange) -> tuple[Area, list[Area], list[BaseGeometry]]:
    """Return the community, the old grids and their shapes."""
    if change.kind not in (*KINDS, "file") or (change.kind == "file" and not change.pieces):
        raise BadInput.one("kind", "choice", _("Choose what shall be done."))
    community: Area | None = None
    if change.kind in ("draw", "file"):
        community = Area.objects.filter(level=AreaLevel.COMMUNITY, valid_to__isnull=True, code=change.community).first()
        if community is None or not actor.may(EDIT_GRID, area_path=community.path):
            raise BadInput.one("community", "unknown", _("Choose the community in which the grid lies."))
        if not change.grids or change.kind == "draw":
            return community, [], []
    wanted = list(dict.fromkeys(_uid(u) for u in change.grids))
    found = {a.uid: a for a in live_grids(actor).filter(uid__in=wanted).select_related("parent")}
    if missing := [u for u in wanted if u not in found]:
        raise _what_happened(actor, missing)
    olds = [found[u] for u in wanted]
    least = {"merge": 2}.get(change.kind, 1)
    if len(olds) < least or (change.kind in ("split", "recode") and len(olds) != 1) or len(olds) > _most(change):
        raise BadInput.one("grids", "count", _("Choose one grid to split or re-code, and at least two to merge."))
    communities_ = {a.parent_id for a in olds} | ({community.pk} if community is not None else set())
    if len(communities_) > 1 or olds[0].parent is None:
        raise BadInput.one("grids", "community", _("The grids lie in different communities. A grid never crosses the border of its community (G07)."))
    shapes = {s.area_id: as_shapely(s.shape) for s in AreaShape.objects.filter(area__in=olds)}
    if len(shapes) < len(olds):
        raise BadShape(reason=_("a unit grid has no shape yet"))
    return olds[0].parent, olds, [shapes[a.pk] for a in olds]


def _most(change: GridChange) -> int:
    """Return how many grids one change may hold: what fits on a page, or what a community has numbers for."""
    return LAST_GRID if change.kind == "file" else MOST_PIECES


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
        if change.kind == "file":
            return [rules.as_polygon(p.shape) for p in change.pieces]
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
    near = _around(community, olds, old, change)
    around = [shape for _code, shape in near]
    pieces = _pieces(change, old, around)
    if len(pieces) > _most(change):
        raise BadInput.one("grids", "count", _("A community has numbers for %(most)s grids.") % {"most": _most(change)})
    elsewhere = _elsewhere(community, pieces)
    pieces = _cornered(pieces, [*around, *elsewhere])
    codes = codes_of(change, community, len(pieces))
    found = rules.check(
        pieces, old=old if pieces else (), community=as_shapely(bounds) if bounds is not None else None, neighbours=around,
        least_m2=settings.GRID_MIN_M2, most_m2=settings.GRID_MAX_M2,
    )  # fmt: skip
    if change.kind == "file" and bounds is not None and not any(f.rule == "G04" for f in found):
        found += rules.seams(pieces, around, as_shapely(bounds), least_m2=settings.GRID_MIN_M2)
    ids = [a.pk for a in olds]
    counts, here = _components_in(pieces), Asset.objects.filter(grid_id__in=ids).exclude(status__in=("removed", "abandoned")).count()
    beats = {u.area_id: u.responsibility_grid.code for u in UnitGrid.objects.filter(area_id__in=ids, responsibility_grid__isnull=False).select_related("responsibility_grid") if u.responsibility_grid}
    planned = []
    for number, (code, piece) in enumerate(zip(codes, pieces, strict=True)):
        heir = rules.heir(piece, old)
        given = change.pieces[number] if change.kind == "file" else None
        beat = (given and given.responsibility_code) or (beats.get(ids[heir], "") if heir is not None else "")
        planned.append(PlannedGrid(code, number, piece, rules.area_m2(piece), counts.get(number, 0), heir, beat, given, rules.over(piece, old) if given else ()))
    remarks = [_remark(f, [code for code, _shape in near]) for f in found]
    corners, grids = rules.lacking(pieces, elsewhere)
    if corners:
        words = _("%(corners)s corners lie on the border of %(grids)s grids of other communities, which have none there; redraw these with the same corners.")
        remarks.append(Remark("G08", "notice", words % {"corners": corners, "grids": grids}))
    if on_border := _on_border(pieces):
        words = _("%(count)s components lie on a border line (%(codes)s); each belongs to the grid that comes first by code. Move those that the other side keeps.")
        remarks.append(Remark("G11", "notice", words % {"count": on_border[0], "codes": "、".join(on_border[1])}))
    if planned and not all(p.responsibility_code for p in planned):
        remarks.append(Remark("G13", "notice", _("A grid would belong to no responsibility grid; add it to one afterwards.")))
    if len(set(beats.values())) > 1 and change.kind == "merge":
        remarks.append(Remark("G13", "notice", _("The grids belonged to different responsibility grids; the new one goes to %(code)s.") % {"code": planned[0].responsibility_code or "–"}))
    return GridPlan(
        change=change, community_id=community.pk, community_code=community.code, community_path=community.path, old_ids=tuple(ids),
        old_codes=tuple(a.code for a in olds), pieces=tuple(planned), remarks=tuple(remarks),
        components=max(here, sum(counts.values())), left_over=max(0, here - sum(counts.values())), work=ground.open_in(actor, ids),
    )  # fmt: skip


_ON_BORDER = """
SELECT count(*), (array_agg(code ORDER BY code))[1:5] FROM (
    SELECT DISTINCT a.code FROM unnest(%s::bytea[]) AS piece(wkb) CROSS JOIN LATERAL ST_SetSRID(ST_Boundary(ST_GeomFromWKB(piece.wkb)), 4326) line
    JOIN yw_geography_asset a ON a.point && ST_Expand(line, %s) AND ST_DWithin(line, a.point, %s) AND a.status NOT IN ('removed', 'abandoned')
) found
"""


def _on_border(pieces: Sequence[Polygon]) -> tuple[int, list[str]] | None:
    """Return how many components lie on the lines of new borders (G11), with the first codes; None where there is none."""
    if not pieces:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ON_BORDER, [[p.wkb for p in pieces], ON_BORDER, ON_BORDER])
        count, codes = cursor.fetchone()
    return (count, codes) if count else None


def _elsewhere(community: Area, pieces: Sequence[Polygon]) -> list[BaseGeometry]:
    """Return the live grids of other communities that the pieces touch."""
    if not pieces:
        return []
    west, south, east, north = shapely.MultiPolygon(list(pieces)).bounds
    box = GeosPolygon.from_bbox((west - 1e-5, south - 1e-5, east + 1e-5, north + 1e-5))
    rows = AreaShape.objects.filter(level=AreaLevel.GRID, area__valid_to__isnull=True, shape__bboverlaps=box).exclude(area__parent=community)
    return [as_shapely(s) for s in rows.values_list("shape", flat=True)[:500]]


def _cornered(pieces: Sequence[Polygon], others: Sequence[BaseGeometry]) -> list[Polygon]:
    """Give the pieces a corner wherever a neighbour has one (G08)."""
    every = [*pieces, *others]
    tree = shapely.STRtree(every)
    found = []
    for number, piece in enumerate(pieces):
        near = sorted(int(n) for n in tree.query(piece, predicate="dwithin", distance=1e-4) if n != number)
        found.append(rules.with_corners(piece, [every[n] for n in near]))
    return found


def _remark(found: Finding, near: Sequence[str]) -> Remark:
    facts = dict(found.facts)
    if isinstance(others := facts.pop("others", None), list):
        facts["others"] = [near[n] for n in others]
    return Remark(found.rule, found.level, sentence(found), found.reason, found.piece, facts, found.shape)


def _around(community: Area, olds: Sequence[Area], old: Sequence[BaseGeometry], change: GridChange) -> list[tuple[str, BaseGeometry]]:
    """Return code and shape of the live grids near by that stay as they are; for a file all of the community."""
    if change.kind in ("split", "merge", "recode", "remove"):
        return []  # covers what was covered, no more
    shapes = [*old, *((p.shape for p in change.pieces) if change.kind == "file" else read_geometry(change.geometry))]
    if change.kind == "file" and (whole := AreaShape.objects.filter(area=community).values_list("shape", flat=True).first()) is not None:
        shapes = [as_shapely(whole)]  # a row far away, which cannot be, does not make this all the grids of the city
    west, south, east, north = shapely.total_bounds(shapes)
    box = GeosPolygon.from_bbox((west - 1e-4, south - 1e-4, east + 1e-4, north + 1e-4))
    where = Q(shape__bboverlaps=box) | (Q(area__parent=community) if change.kind == "file" else Q(pk__in=[]))
    rows = AreaShape.objects.filter(where, level=AreaLevel.GRID, area__valid_to__isnull=True).exclude(area__in=olds)
    return [(code, as_shapely(shape)) for code, shape in rows.order_by("area_id").values_list("area__code", "shape")[:2000]]
