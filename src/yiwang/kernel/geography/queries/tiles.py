"""Vector tiles (Mapbox Vector Tile 2.1) in one statement: the reader's scope, the box and the drawing all inside PostGIS."""

import hashlib
from typing import Any

from django.db import connection
from django.utils.translation import get_language

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.contracts import Source
from yiwang.kernel.geography.queries.catalogue import OpenLayer
from yiwang.kernel.geography.rules.tiles import BUFFER, CELLS, EXTENT, degree_box, mercator_box

FORM = 1  # raised when tiles are made differently, so that nobody keeps old ones
MOST = 8000  # features of one tile; more would be a mass, and a megabyte
_ENVELOPE = "ST_MakeEnvelope(%s, %s, %s, %s, 3857)"
_BOX = "ST_MakeEnvelope(%s, %s, %s, %s, 4326)"


def etag(actor: Actor, layer: OpenLayer) -> str:
    """Return what a reader's tiles are known by: version of the rows, and who sees which of them; empty without a version."""
    if layer.version is None:
        return ""
    scopes = sorted((s.area_path, s.org_path) for s in actor.scopes(layer.permission))
    seen = hashlib.sha256(repr((scopes, layer.permission, (get_language() or "")[:2])).encode()).hexdigest()[:12]
    return f'"{FORM}.{layer.version}.{seen}"'


def content_etag(body: bytes) -> str:
    return f'"c.{hashlib.sha256(body).hexdigest()[:24]}"'


def tile(actor: Actor, layer: OpenLayer, z: int, x: int, y: int) -> bytes:
    """Return the tile; empty bytes when nothing lies in it. One query.

    Points are counted in cells below `group_below` (property `count`); nearer, and for lines and areas, each feature comes
    with the layer's columns and its `uid`. At most MOST features.
    """
    if z < layer.min_zoom:
        return b""
    source = layer.source(actor)
    grouped = layer.kind in ("points", "cases") and z < layer.group_below
    sql, values = (_groups if grouped else _single)(source, layer, z, x, y)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        body = cursor.fetchone()[0]
    return bytes(body) if body is not None else b""


def _where(source: Source, z: int) -> tuple[str, list[Any]]:
    where, values = f"({source.where})", list(source.values)
    if source.by_zoom is not None:
        level = source.by_zoom(z)
        where, values = f"{where} AND ({level.where})", [*values, *level.values]
    return where, values


def _single(source: Source, layer: OpenLayer, z: int, x: int, y: int) -> tuple[str, list[Any]]:
    where, values = _where(source, z)
    columns = ", ".join(f'{column.sql} AS "{_named(column.name)}"' for column in source.columns if column.in_tile)
    sql = f"""
        SELECT ST_AsMVT(t, %s, {EXTENT}, 'geom') FROM (
            SELECT ST_AsMVTGeom(ST_Transform({source.geometry}, 3857), {_ENVELOPE}, {EXTENT}, {BUFFER}) AS geom,
                   {source.uid}::text AS uid, {columns}
            FROM {source.table} WHERE {source.geometry} && {_BOX} AND {where} ORDER BY {source.id} LIMIT {MOST}
        ) t WHERE t.geom IS NOT NULL"""
    return sql, [layer.code, *mercator_box(z, x, y), *degree_box(z, x, y, BUFFER / EXTENT), *values]


def _groups(source: Source, layer: OpenLayer, z: int, x: int, y: int) -> tuple[str, list[Any]]:
    """Count the points in a net of cells; a group stands where its points are on average.

    A point exactly on a tile's border is counted on both sides: asking for less than the box would hide from the planner how
    many rows come, and a million of them would be sorted on disk.
    """
    where, values = _where(source, z)
    west, south, east, north = degree_box(z, x, y)
    across, up = CELLS / (east - west), CELLS / (north - south)
    point = source.geometry
    sql = f"""
        SELECT ST_AsMVT(t, %s, {EXTENT}, 'geom') FROM (
            SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(avg(g.x), avg(g.y)), 4326), 3857), {_ENVELOPE}, {EXTENT}, 0, false) AS geom,
                   count(*)::int AS count
            FROM (SELECT ST_X({point}) AS x, ST_Y({point}) AS y FROM {source.table} WHERE {point} && {_BOX} AND {where}) g
            GROUP BY floor((g.x - %s) * %s), floor((g.y - %s) * %s)
        ) t WHERE t.geom IS NOT NULL"""
    box = (west, south, east, north)
    return sql, [layer.code, *mercator_box(z, x, y), *box, *values, west, across, south, up]


def _named(name: str) -> str:
    return name.replace('"', "").replace("%", "%%")
