"""Geometries of a batch of rows: flattened, moved to degrees, checked, mended where that was asked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

Move = Callable[[np.ndarray], np.ndarray]
_KINDS = {"point": (0, 4), "line": (1, 5), "polygon": (3, 6)}  # GEOS type ids: single, multi
Problem = tuple[str, dict[str, Any]]


def treated(geometries: np.ndarray, kind: str, move: Move, *, mend: bool) -> tuple[np.ndarray, list[list[Problem]], np.ndarray]:
    """Return (geometries in degrees or None, problems by row, which were mended).

    Problems: no_geometry, bad_geometry, bad_coordinates, wrong_kind, several_points, crossing (with its place).
    """
    count = len(geometries)
    problems: list[list[Problem]] = [[] for _ in range(count)]
    mended = np.zeros(count, dtype=bool)
    found = np.asarray(shapely.from_wkb(geometries, on_invalid="ignore"))
    for at in range(count):
        if geometries[at] is None:
            problems[at].append(("no_geometry", {}))
        elif found[at] is None:
            problems[at].append(("bad_geometry", {}))
        elif found[at].is_empty:
            problems[at].append(("no_geometry", {}))
            found[at] = None
    flat = shapely.force_2d(found)
    there = ~shapely.is_missing(flat)
    with np.errstate(all="ignore"):
        flat[there] = shapely.transform(flat[there], move)
    bounds = shapely.bounds(flat)
    with np.errstate(invalid="ignore"):
        good = np.isfinite(bounds).all(axis=1) & (np.abs(bounds[:, [0, 2]]) <= 180).all(axis=1) & (np.abs(bounds[:, [1, 3]]) <= 90).all(axis=1)
    for at in np.nonzero(there & ~good)[0].tolist():
        problems[at].append(("bad_coordinates", {}))
        flat[at] = None
    _kinds(flat, kind, problems, mended, mend=mend)
    there = ~shapely.is_missing(flat)
    for at in np.nonzero(there & ~shapely.is_valid(flat))[0].tolist():
        fixed = _valid(flat[at], kind) if mend else None
        if fixed is not None:
            flat[at], mended[at] = fixed, True
        else:
            problems[at].append(("crossing", {"at": shapely.is_valid_reason(flat[at]).partition("[")[2].rstrip("]")[:40]}))
    return flat, problems, mended


def _kinds(flat: np.ndarray, kind: str, problems: list[list[Problem]], mended: np.ndarray, *, mend: bool) -> None:
    wanted = _KINDS[kind]
    types = shapely.get_type_id(flat)
    for at in np.nonzero((types >= 0) & ~np.isin(types, wanted))[0].tolist():
        changed = _as_kind(flat[at], kind) if mend else None
        if changed is not None:
            flat[at], mended[at] = changed, True
        else:
            problems[at].append(("wrong_kind", {"found": flat[at].geom_type, "wanted": kind}))
    if kind == "point":
        for at in np.nonzero(shapely.get_type_id(flat) == 4)[0].tolist():
            if shapely.get_num_geometries(flat[at]) == 1:
                flat[at] = shapely.get_geometry(flat[at], 0)
            else:
                problems[at].append(("several_points", {"n": int(shapely.get_num_geometries(flat[at]))}))


def _as_kind(shape: Any, kind: str) -> Any:
    """A point within an area, the area within a closed line, the parts of a collection that are of the kind."""
    if kind == "point":
        return shapely.point_on_surface(shape)
    if kind == "polygon" and shape.geom_type in ("LineString", "MultiLineString"):
        lines = [line for line in shapely.get_parts(shape) if line.is_closed and len(line.coords) > 3]
        if lines and len(lines) == shapely.get_num_geometries(shape):
            return _parts(shapely.make_valid(shapely.union_all([shapely.Polygon(line) for line in lines])), kind)
        return None
    if kind == "line" and shape.geom_type in ("Polygon", "MultiPolygon"):
        return shapely.boundary(shape)
    return _parts(shape, kind) if shape.geom_type == "GeometryCollection" else None


def _parts(shape: Any, kind: str) -> Any:
    parts = [p for p in shapely.get_parts(shapely.get_parts(shape)) if shapely.get_type_id(p) in _KINDS[kind][:1]]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _valid(shape: Any, kind: str) -> Any:
    fixed = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    kept = _parts(fixed, kind)
    return kept if kept is not None and not kept.is_empty and kept.is_valid else None
