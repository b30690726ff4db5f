"""Drawing unit grids (单元网格划分): cut, join, and the checks that a change has to pass; shapes in, findings out.

Coordinates are degrees of WGS 84 (longitude, latitude). Areas and distances are in metres on a plane that touches the
earth at the shape's middle: off by less than a thousandth for a community, which is what the tolerances are made for.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely import ops
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

SLIVER_M = 0.05  # what is thinner is an error of drawing, neither gap nor overlap
SNAP_M = 1.0  # corners nearer than this to a corner that is there already are the same corner
SAME_M2 = 1.0  # two shapes that differ by less cover the same ground
SEAM_M, STRIP_M, STRIP_M2 = 0.25, 1.0, 2.0  # half the width below which ground between grids is no gap, or a strip of no use; its least size
NEAR_M2 = (2_000.0, 50_000.0)  # 万米单元: outside of this it is remarked (G10)
_M_PER_DEGREE = 111_320.0


class GridRuleError(ValueError):
    """The shapes cannot be cut or joined so; `reason` is a word: no-cut, apart, not-a-line, empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Finding:
    """What a check says of one piece (`piece` counts from 0; None: of all). `rule` is that of the grid checks, G01-G13."""

    rule: str
    level: str  # error | notice
    reason: str  # a word, put into a sentence by whoever shows it
    piece: int | None = None
    facts: dict[str, object] = field(default_factory=dict)
    shape: BaseGeometry | None = None  # where


def _scale(lat: float) -> tuple[float, float]:
    return _M_PER_DEGREE * math.cos(math.radians(lat)), 110_574.0 + 1_120.0 * math.sin(math.radians(lat)) ** 2


def area_m2(shape: BaseGeometry) -> float:
    """Return the area in square metres.

    >>> round(area_m2(shapely.box(115.98, 36.45, 115.981, 36.451)) / 1000)
    10
    """
    if shape.is_empty:
        return 0.0
    x, y = _scale(shape.centroid.y)
    return float(shape.area * x * y)


def _thick(shape: BaseGeometry, metres: float = SLIVER_M) -> BaseGeometry:
    """Return what is left of a shape without its slivers."""
    if shape.is_empty:
        return shape
    x, y = _scale(shape.centroid.y)
    flat = shapely.transform(shape, lambda points: points * [x, y])
    thick = flat.buffer(-metres).buffer(metres)
    return shapely.transform(thick, lambda points: points / [x, y])


def as_polygon(shape: BaseGeometry) -> Polygon:
    """Return a one-part shape as a polygon.

    Raises
    ------
    GridRuleError
        It is in several parts, or nothing (`apart`, `empty`).
    """
    if isinstance(shape, Polygon) and not shape.is_empty:
        return shape
    if isinstance(shape, MultiPolygon):
        if len(shape.geoms) == 1:
            return shape.geoms[0]
        raise GridRuleError("apart")
    raise GridRuleError("empty")


def split(shape: BaseGeometry, line: BaseGeometry) -> list[Polygon]:
    """Cut a grid by a line from border to border (拆分); the pieces in the order of their numbers.

    A line that ends a little before the border is drawn on to it (up to a tenth of the grid's size).

    >>> [round(area_m2(p) / 1000) for p in split(shapely.box(115.98, 36.45, 115.982, 36.451), LineString([(115.981, 36.4), (115.981, 36.5)]))]
    [10, 10]

    Raises
    ------
    GridRuleError
        It is no line, or does not cut the grid into pieces.
    """
    polygon = as_polygon(shape)
    if not isinstance(line, LineString) or line.is_empty or len(line.coords) < 2:
        raise GridRuleError("not-a-line")
    pieces = [p for p in ops.split(polygon, _drawn_on(line, polygon)).geoms if isinstance(p, Polygon)]
    if len(pieces) < 2 or any(_thick(p).is_empty for p in pieces):
        raise GridRuleError("no-cut")
    return in_order(pieces)


def _drawn_on(line: LineString, polygon: Polygon) -> LineString:
    """Lengthen both ends of a line that stop inside the polygon."""
    west, south, east, north = polygon.bounds
    reach = math.hypot(east - west, north - south) / 10
    points = [(float(x), float(y)) for x, y in (c[:2] for c in line.coords)]

    def onward(end: tuple[float, float], before: tuple[float, float]) -> tuple[float, float]:
        if not polygon.contains(shapely.Point(end)):
            return end
        dx, dy = end[0] - before[0], end[1] - before[1]
        length = math.hypot(dx, dy) or 1.0
        return end[0] + dx / length * reach, end[1] + dy / length * reach

    return LineString([onward(points[0], points[1]), *points[1:-1], onward(points[-1], points[-2])])


def merge(shapes: Sequence[BaseGeometry]) -> Polygon:
    """Join grids into one (合并).

    Raises
    ------
    GridRuleError
        They do not touch along a line (`apart`), or there is none.
    """
    if not shapes:
        raise GridRuleError("empty")
    joined = shapely.union_all([_closed(s) for s in shapes], grid_size=1e-9) if len(shapes) > 1 else shapes[0]
    if isinstance(joined, MultiPolygon):
        joined = MultiPolygon([p for p in joined.geoms if not _thick(p).is_empty])
    return as_polygon(joined)


def _closed(shape: BaseGeometry) -> BaseGeometry:
    return shapely.set_precision(shape, 1e-9)


def in_order(pieces: Sequence[Polygon]) -> list[Polygon]:
    """Return pieces in the order in which they are numbered: west to east, then north to south.

    >>> [p.bounds[0] for p in in_order([shapely.box(2, 0, 3, 1), shapely.box(0, 0, 1, 1)])]
    [0.0, 2.0]
    """
    return sorted(pieces, key=order_of)


def order_of(piece: Polygon) -> tuple[float, float]:
    """Return the key of that order."""
    return round(piece.centroid.x, 6), -round(piece.centroid.y, 6)


def snapped(shape: Polygon, others: Sequence[BaseGeometry]) -> Polygon:
    """Return a drawn shape with its corners put onto the corners of what is there, where they are within a metre."""
    if not others:
        return shape
    x, _y = _scale(shape.centroid.y)
    done = shapely.snap(shape, shapely.union_all([o.boundary for o in others]), SNAP_M / x)
    return done if isinstance(done, Polygon) and done.is_valid else shape


def check(
    new: Sequence[BaseGeometry], *, old: Sequence[BaseGeometry] = (), community: BaseGeometry | None = None,
    neighbours: Sequence[BaseGeometry] = (), least_m2: float = 500.0, most_m2: float = 500_000.0,
) -> list[Finding]:  # fmt: skip
    """Check pieces that take the place of old grids (none: newly drawn ones).

    Parameters
    ----------
    old : the grids they replace; together both have to cover the same ground (G06)
    community : what holds them; None is not checked (G07)
    neighbours : live grids near by that stay (G05)
    least_m2, most_m2 : square metres outside of which a grid is refused (G10)

    >>> check([shapely.box(115.98, 36.45, 115.981, 36.451)])
    []
    """
    found: list[Finding] = []
    sound = [isinstance(p, Polygon) and not p.is_empty and p.is_valid for p in new]
    siblings = shapely.STRtree([p if good else Polygon() for p, good in zip(new, sound, strict=True)])
    around = shapely.STRtree(list(neighbours))
    for number, piece in enumerate(new):
        if not sound[number]:
            reason = shapely.is_valid_reason(piece) if isinstance(piece, Polygon) else "no polygon"
            found.append(Finding("G04", "error", "invalid", number, {"detail": reason}))
            continue
        found += _of_one(number, piece, community, {int(n): neighbours[n] for n in sorted(around.query(piece))}, least_m2, most_m2)
        for other in sorted(int(n) for n in siblings.query(piece) if n < number):
            if not (cut := _thick(piece.intersection(new[other]))).is_empty:
                found.append(Finding("G05", "error", "overlap", number, {"m2": round(area_m2(cut)), "other": other + 1}, cut))
    if old and all(sound):
        before, after = shapely.union_all(list(old)), shapely.union_all(list(new))
        if not (gap := _thick(before.difference(after))).is_empty:
            found.append(Finding("G06", "error", "gap", None, {"m2": round(area_m2(gap))}, gap))
        if not (more := _thick(after.difference(before))).is_empty:
            found.append(Finding("G06", "notice", "grown", None, {"m2": round(area_m2(more))}, more))
    return found


def seams(new: Sequence[Polygon], standing: Sequence[BaseGeometry], community: BaseGeometry, *, least_m2: float = 500.0) -> list[Finding]:
    """Look for ground of a community between its grids (无缝拼接, G06).

    A strip less than two metres wide, or ground smaller than the smallest grid, can never become one: it is an error of the
    new piece that it touches. Larger ground may be drawn another day, and is only said.

    >>> community = shapely.box(115.98, 36.45, 115.982, 36.451)
    >>> [f.reason for f in seams([shapely.box(115.98, 36.45, 115.98101, 36.451)], [shapely.box(115.98102, 36.45, 115.982, 36.451)], community)]
    ['seam']
    """
    left = _thick(community.difference(shapely.union_all([*new, *standing], grid_size=1e-9)), SEAM_M)
    wide = _thick(left, STRIP_M)
    strips = [p for p in _parts(left.difference(wide)) if area_m2(p) >= STRIP_M2]
    pieces = shapely.STRtree(list(new))
    found = []
    small = [p for p in _parts(wide) if area_m2(p) < least_m2]
    open_parts = [p for p in _parts(wide) if area_m2(p) >= least_m2]
    for part in [*strips, *small]:
        touching = pieces.query(part, predicate="dwithin", distance=2 * SNAP_M / _M_PER_DEGREE)
        if len(touching):
            found.append(Finding("G06", "error", "seam", int(min(touching)), {"m2": max(1, round(area_m2(part)))}, part))
        else:
            open_parts.append(part)
    if open_parts:
        found.append(Finding("G06", "notice", "uncovered", None, {"m2": round(sum(area_m2(p) for p in open_parts))}, MultiPolygon(open_parts)))
    return found


def _parts(shape: BaseGeometry) -> list[Polygon]:
    return [p for p in getattr(shape, "geoms", [shape]) if isinstance(p, Polygon) and not p.is_empty]


def same_ground(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Say whether two shapes are the same but for errors of drawing.

    >>> same_ground(shapely.box(115.98, 36.45, 115.981, 36.451), shapely.box(115.98, 36.45, 115.98100001, 36.451))
    True
    """
    return bool(one.equals(other)) or (one.intersects(other) and _thick(one.symmetric_difference(other)).is_empty)


def shared(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """Return the ground that two shapes share, without slivers."""
    return _thick(one.intersection(other))


def _of_one(
    number: int, piece: Polygon, community: BaseGeometry | None, neighbours: Mapping[int, BaseGeometry], least_m2: float, most_m2: float
) -> list[Finding]:
    found = []
    if community is not None and not (out := _thick(piece.difference(community), 0.5)).is_empty:
        found.append(Finding("G07", "error", "outside", number, {"m2": round(area_m2(out))}, out))
    over = {at: area_m2(cut) for at, one in neighbours.items() if not (cut := _thick(piece.intersection(one))).is_empty}
    if over:
        found.append(Finding("G05", "error", "taken", number, {"m2": round(sum(over.values())), "count": len(over), "others": list(over)}))
    size = area_m2(piece)
    if not least_m2 <= size <= most_m2:
        found.append(Finding("G10", "error", "size", number, {"m2": round(size), "least": round(least_m2), "most": round(most_m2)}))
    elif not NEAR_M2[0] <= size <= NEAR_M2[1]:
        found.append(Finding("G10", "notice", "unusual", number, {"m2": round(size)}))
    return found


def _points(shape: BaseGeometry) -> Any:
    """Return the corners of a shape, holes included, as an array of points."""
    return shapely.points(shapely.get_coordinates(shape))


def _flat(shapes: Any, lat: float) -> Any:
    x, y = _scale(lat)
    return shapely.transform(shapes, lambda points: points * [x, y])


def with_corners(shape: Polygon, others: Sequence[BaseGeometry]) -> Polygon:
    """Return a grid that has a corner wherever a neighbour has one on its border (拓扑, G08); its ground stays the same.

    >>> len(with_corners(shapely.box(0, 0, 2, 1), [shapely.box(2, 0, 3, 0.5)]).exterior.coords)
    6
    """
    away = shapely.distance(shape, list(others))
    near = [o for o, degrees in zip(others, away, strict=True) if degrees < SNAP_M / _M_PER_DEGREE]
    if not near or not shape.is_valid:
        return shape
    there = shapely.MultiPoint(shapely.get_coordinates(shapely.GeometryCollection(near)))
    done = shapely.snap(shape, there, SLIVER_M / _M_PER_DEGREE)
    kept = isinstance(done, Polygon) and done.is_valid and area_m2(done.symmetric_difference(shape)) < SAME_M2
    return done if kept else shape


def lacking(pieces: Sequence[BaseGeometry], others: Sequence[BaseGeometry]) -> tuple[int, int]:
    """Return how many corners of the pieces lie on the border of others that have none there, and in how many of these (G08).

    >>> lacking([shapely.box(0, 0, 1, 0.5)], [shapely.box(1, 0, 2, 1), shapely.box(0, 0.5, 1, 1)])
    (1, 1)
    """
    if not pieces or not others:
        return 0, 0
    lat = pieces[0].centroid.y
    corners = _flat(_points(shapely.GeometryCollection(list(pieces))), lat)
    missing, grids = set(), 0
    for other in others:
        flat = _flat(other, lat)
        there = shapely.MultiPoint(shapely.get_coordinates(flat))
        found = (shapely.distance(corners, flat.boundary) <= SLIVER_M) & (shapely.distance(corners, there) > SLIVER_M)
        places = {(round(p.x, 1), round(p.y, 1)) for p in corners[found]}
        missing |= places
        grids += bool(places)
    return len(missing), grids
def over(shape: BaseGeometry, candidates: Sequence[BaseGeometry]) -> tuple[int, ...]:
    """Return which of the candidates share ground with a shape.

    >>> over(shapely.box(0, 0, 1, 1), [shapely.box(0, 0, 0.2, 1), shapely.box(1, 0, 2, 1)])
    (0,)
    """
    return tuple(n for n, one in enumerate(candidates) if shape.intersects(one) and not shared(shape, one).is_empty)


def heir(shape: BaseGeometry, candidates: Sequence[BaseGeometry]) -> int | None:
    """Return which of the candidates shares the most ground with a shape; None when none does.

    >>> heir(shapely.box(0, 0, 1, 1), [shapely.box(0, 0, 0.2, 1), shapely.box(0.2, 0, 1, 1)])
    1
    """
    if not candidates:
        return None
    shares = shapely.area(shapely.intersection(shape, list(candidates)))
    best = int(shares.argmax())
    return None if shares[best] == 0 else best
