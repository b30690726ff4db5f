"""Features of one layer as GeoJSON text, written by PostgreSQL and passed on: OGC API - Features reads them by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from yiwang.kernel.geography.contracts import Column, Source
from yiwang.kernel.geography.rules.crs import DEFAULT, Crs

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked of a layer: boxes already in stored degrees, an interval open at None, properties by equality."""

    limit: int = 100
    after: int = 0
    boxes: tuple[Box, ...] = ()
    box_crs: Crs = DEFAULT
    crs: Crs = DEFAULT
    since: datetime | None = None
    until: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Items:
    """GeoJSON features as text, joined by commas; `last` is the key after which the next page begins, 0 at the end."""

    text: str
    count: int
    last: int


def _geometry(source: Source, crs: Crs) -> str:
    shape = f"ST_Transform({source.geometry}, {crs.srid})" if crs.transforms else source.geometry
    return f"ST_FlipCoordinates({shape})" if crs.swapped else shape


def _feature(source: Source, crs: Crs) -> str:
    """Return the SQL of one feature's JSON text."""
    decimals = 7 if crs.is_degrees else 3
    columns = ", ".join(f'{c.sql} AS "{c.name.replace(chr(34), "").replace("%", "%%")}"' for c in source.columns)
    return (
        f"""'{{"type":"Feature","id":"' || {source.uid} || '","geometry":' ||"""
        f" coalesce(ST_AsGeoJSON({_geometry(source, crs)}, {decimals}, 0), 'null')"
        f""" || ',"properties":' || row_to_json((SELECT p FROM (SELECT {columns}) p))::text || '}}'"""
    )


def _conditions(source: Source, wanted: Wanted) -> tuple[str, list[Any]]:
    parts, values = [f"({source.where})"], list(source.values)
    if wanted.boxes:
        made = f"ST_MakeEnvelope(%s, %s, %s, %s, {4326 if wanted.box_crs.is_degrees else wanted.box_crs.srid})"
        shape = f"ST_Transform(ST_Segmentize({made}, %s), 4326)" if wanted.box_crs.transforms else made
        parts.append("(" + " OR ".join(f"ST_Intersects({source.geometry}, {shape})" for _box in wanted.boxes) + ")")
        for box in wanted.boxes:
            values += [*box, max(1.0, (box[2] - box[0]) / 20)] if wanted.box_crs.transforms else box
    begin, end = source.time
    if begin and wanted.until is not None:
        parts.append(f"({begin} IS NULL OR {begin} <= %s)")
        values.append(wanted.until)
    if end and wanted.since is not None:
        parts.append(f"({end} IS NULL OR {end} >= %s)")
        values.append(wanted.since)
    by_name = {c.name: c for c in source.columns}
    for name, value in wanted.properties.items():
        parts.append(f"{by_name[name].sql} = %s")
        values.append(value)
    if wanted.after:
        parts.append(f"{source.id} > %s")
        values.append(wanted.after)
    return " AND ".join(parts), values


def items(source: Source, wanted: Wanted) -> Items:
    """Return one page, ordered by key; one query whatever the depth."""
    where, values = _conditions(source, wanted)
    sql = f"SELECT {source.id}, {_feature(source, wanted.crs)} FROM {source.table} WHERE {where} ORDER BY {source.id} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, wanted.limit + 1])
        rows = cursor.fetchall()
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    return Items(",".join([row[1] for row in rows]), len(rows), rows[-1][0] if more and rows else 0)


def item(source: Source, uid: str, crs: Crs) -> str | None:
    """Return one feature by its uid, None when there is none for the reader."""
    sql = f"SELECT {_feature(source, crs)} FROM {source.table} WHERE ({source.where}) AND {source.uid} = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*source.values, uid])
        row = cursor.fetchone()
    return row[0] if row else None


def extent() -> Box | None:
    """Return the box around the areas that are served: cheap, the same for every layer, no smaller than its rows' own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT ST_Extent(s.shape) b FROM yw_geography_areashape s"
            " JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL WHERE a.parent_id IS NULL) e WHERE b IS NOT NULL"
        )
        row = cursor.fetchone()
    return tuple(row) if row else None


def filterable(columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.filterable]
