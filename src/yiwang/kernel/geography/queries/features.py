"""GeoJSON features of the layers that ship with the room; each is f(actor, bbox, zoom, **filters) in one query.

A collection holds at most LIMIT features and says `truncated` when there are more. Coordinates have six decimals.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography.queries.assets import VIEW

Box = tuple[float, float, float, float]
Collection = dict[str, Any]
LIMIT = 2000
CLUSTER_BELOW_ZOOM = 15.5
MIN_GRID_ZOOM = 13.5
_BOX = "ST_MakeEnvelope(%s, %s, %s, %s, 4326)"


def collection(features: Sequence[dict[str, Any]], truncated: bool = False, **more: Any) -> Collection:
    return {"type": "FeatureCollection", "features": list(features), "truncated": truncated, **more}


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _texts(value: Any) -> str:
    return pick(json.loads(value) if isinstance(value, str) else value)


def _shapes(rows: list[tuple[Any, ...]], **more: Any) -> Collection:
    features = [
        {
            "type": "Feature", "id": pk, "geometry": json.loads(shape),
            "properties": {"uid": str(uid), "code": code, "name": _texts(name), **more, **({"level": level} if level else {})},
        }
        for pk, uid, code, name, level, shape in rows[:LIMIT]
    ]  # fmt: skip
    return collection(features, len(rows) > LIMIT)


def boundaries(actor: Actor, bbox: Box, zoom: float, **_filters: str) -> Collection:
    """Borders of the jurisdictions that one wants to see at this zoom: districts, then streets, then communities."""
    levels = ["city", "district"] if zoom < 11 else ["district", "street"] if zoom < 14 else ["street", "community"]
    tolerance = 360 / (256 * 2**zoom)  # a pixel
    sql = f"""
        SELECT a.id, a.uid, a.code, a.name, a.level, ST_AsGeoJSON(ST_SimplifyPreserveTopology(s.shape, %s), 6)
        FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
        WHERE a.level = ANY(%s) AND s.shape && {_BOX} ORDER BY length(a.path), a.id LIMIT %s"""
    return _shapes(_rows(sql, [tolerance, levels, *bbox, LIMIT + 1]))


def unit_grids(actor: Actor, bbox: Box, zoom: float, **_filters: str) -> Collection:
    """Unit grids (单元网格); below zoom 13.5 nothing, with `too_far` set, because they would be a grey mass."""
    if zoom < MIN_GRID_ZOOM:
        return collection([], too_far=True)
    sql = f"""
        SELECT a.id, a.uid, a.code, a.name, '', ST_AsGeoJSON(s.shape, 6)
        FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
        WHERE s.level = 'grid' AND s.shape && {_BOX} ORDER BY a.id LIMIT %s"""
    return _shapes(_rows(sql, [*bbox, LIMIT + 1]))


def responsibility_grids(actor: Actor, bbox: Box, zoom: float, **_filters: str) -> Collection:
    """Responsibility grids (责任网格)."""
    sql = f"""
        SELECT g.id, g.uid, g.code, g.name, '', ST_AsGeoJSON(ST_SimplifyPreserveTopology(g.shape, %s), 6)
        FROM yw_geography_responsibilitygrid g
        WHERE g.valid_to IS NULL AND g.shape && {_BOX} ORDER BY g.id LIMIT %s"""
    return _shapes(_rows(sql, [360 / (256 * 2**zoom), *bbox, LIMIT + 1]))


def scope_sql(actor: Actor, permission: str, alias: str) -> tuple[str, list[str]]:
    """Return a condition on `alias.area_path` and the three bodies, as `visible_assets` says it."""
    parts, values = [], []
    for scope in actor.scopes(permission):
        if not scope.area_path and not scope.org_path:
            return "TRUE", []
        part = f"{alias}.area_path LIKE %s"
        values.append(scope.area_path + "%")
        if scope.org_path:
            part += (
                f" AND EXISTS (SELECT 1 FROM yw_identity_organization o WHERE o.path LIKE %s"
                f" AND o.id IN ({alias}.keeper_org_id, {alias}.owner_org_id, {alias}.supervisor_org_id))"
            )
            values.append(scope.org_path + "%")
        parts.append(f"({part})")
    return (" OR ".join(parts) if parts else "FALSE"), values


def assets(actor: Actor, bbox: Box, zoom: float, *, class_code: str = "", status: str = "", **_filters: str) -> Collection:
    """Assets in use; below zoom 15.5 counted in cells of 64 pixels, above each by itself.

    Filters: `class_code` (a prefix: two digits are a major class), `status`.
    """
    allowed, allowed_values = scope_sql(actor, VIEW, "a")
    where = f"a.status NOT IN ('removed', 'abandoned') AND a.point && {_BOX} AND ({allowed})"
    values: list[Any] = [*bbox, *allowed_values]
    if class_code:
        where += " AND a.class_code LIKE %s"
        values.append(class_code.replace("\\", "").replace("%", "").replace("_", "") + "%")
    if status:
        where += " AND a.status = %s"
        values.append(status)
    if zoom < CLUSTER_BELOW_ZOOM:
        cell = 64 * 360 / (256 * 2**zoom)
        sql = f"""
            SELECT count(*), avg(ST_X(a.point)), avg(ST_Y(a.point)) FROM yw_geography_asset a WHERE {where}
            GROUP BY floor(ST_X(a.point) / %s), floor(ST_Y(a.point) / %s) ORDER BY 1 DESC LIMIT %s"""
        rows = _rows(sql, [*values, cell, cell, LIMIT + 1])
        features = [
            {"type": "Feature", "geometry": _point(x, y), "properties": {"cluster": True, "count": count}}
            for count, x, y in rows[:LIMIT]
        ]
        return collection(features, len(rows) > LIMIT, clustered=True)
    sql = f"""
        SELECT a.id, a.uid, a.code, a.name, a.class_code, a.status, ST_X(a.point), ST_Y(a.point)
        FROM yw_geography_asset a WHERE {where} ORDER BY a.id LIMIT %s"""
    rows = _rows(sql, [*values, LIMIT + 1])
    features = [
        {
            "type": "Feature", "id": pk, "geometry": _point(x, y),
            "properties": {"uid": str(uid), "code": code, "name": _texts(name), "class_code": class_, "status": state},
        }
        for pk, uid, code, name, class_, state, x, y in rows[:LIMIT]
    ]  # fmt: skip
    return collection(features, len(rows) > LIMIT, clustered=False)


def _point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]}
