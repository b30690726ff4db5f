"""What layers say of a place: counts, areas and rows of each, as far as the reader sees it. Measured on CGCS2000's own ellipsoid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import GEOSGeometry
from django.db import OperationalError, connection, transaction

from yiwang.apps.datahub.errors import GroundTooLarge
from yiwang.apps.datahub.models import Grade, GroundLayer, GroundTheme
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.contracts import SRID, Source
from yiwang.kernel.geography.models import Layer
from yiwang.kernel.geography.queries import catalogue
from yiwang.kernel.geography.queries.catalogue import OpenLayer

VIEW, DESCRIBE = "datahub.space.view", "datahub.space.describe"
THEMES, GRADES = GroundTheme.choices, Grade.choices
NEAR_M = 50  # of a point: how far lines and points count
TOLD = 8  # rows of a layer that are named
MOST_ROWS = 20_000  # of a layer that are cut at once
TIME_MS = 8_000
# Degrees of the ground are CGCS2000 (EPSG:4490): its ellipsoid is given, so areas are those of the ground and of no map.
_M2 = "ST_Area(ST_SetSRID({}, 4490)::geography)"


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer of the catalogue that the reader sees."""

    row: GroundLayer
    open: OpenLayer

    @property
    def name(self) -> str:
        return self.open.name


@dataclass(frozen=True, slots=True)
class Found:
    """What one layer says of a place: how many rows, the ground that they cover there, and the first of them."""

    entry: Entry
    count: int
    m2: float | None
    metres: float | None
    rows: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How two layers lie over each other, in square metres; ground that several rows of one layer cover counts once."""

    m2: float
    first_m2: float
    second_m2: float
    pairs: int


def entries(actor: Actor) -> list[Entry]:
    """Return the catalogue as the reader sees it: layers of the map that he may see somewhere, secret ones never. Two queries."""
    seen = {one.code: one for one in catalogue.readable(actor)} if actor.may_anywhere(VIEW) else {}
    rows = GroundLayer.objects.filter(layer__code__in=list(seen), layer__retired_on__isnull=True).select_related("layer__owner_org")
    order = [key for key, _label in THEMES]
    return sorted((Entry(r, seen[r.layer.code]) for r in rows), key=lambda e: (order.index(e.row.theme), e.row.layer.order, e.row.layer.code))


def entry_for(actor: Actor, uid: UUID) -> Entry:
    """Return one of them; raises NotFound."""
    found = next((e for e in entries(actor) if e.row.uid == uid), None)
    if found is None:
        raise NotFound(what="layer")
    return found


def _ewkb(shape: GEOSGeometry) -> bytes:
    """Return the shape for the database, in the system that everything is stored in."""
    made = shape.clone()
    made.srid = SRID
    return bytes(made.ewkb)


def area_m2(shape: GEOSGeometry) -> float:
    """Return the area of a shape on the ellipsoid."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_M2.format('ST_GeomFromEWKB(%s)')}", [_ewkb(shape)])
        return float(cursor.fetchone()[0])


def here(actor: Actor, shape: GEOSGeometry) -> list[Found]:
    """Return what every layer of the catalogue says of a point or polygon; layers that say nothing come with 0 rows.

    Of a point, areas count that hold it, lines and points within 50 m.

    Raises
    ------
    GroundTooLarge
        More rows lie there than are cut at once, or it takes too long.
    """
    is_point = shape.geom_type == "Point"
    made = []
    with _limited() as cursor:
        asked = _ewkb(shape)
        around = asked
        if is_point:
            cursor.execute("SELECT ST_AsEWKB(ST_Buffer(ST_GeomFromEWKB(%s)::geography, %s)::geometry)", [asked, NEAR_M])
            around = bytes(cursor.fetchone()[0])
        for entry in entries(actor):
            source = entry.open.source(actor)
            place = asked if entry.open.kind == "areas" else around
            made.append(_found(cursor, entry, source, place, measure=not is_point))
    return made


class _limited:
    """A cursor whose statements together end in time."""

    def __enter__(self) -> Any:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.cursor = connection.cursor()
        self.cursor.execute(f"SET LOCAL statement_timeout = {TIME_MS}")
        return self.cursor

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self.cursor.execute("SET LOCAL statement_timeout = DEFAULT")
        self.cursor.close()
        self.atomic.__exit__(kind, error, trace)
        if isinstance(error, OperationalError) and "statement timeout" in str(error):
            raise GroundTooLarge from error


def _found(cursor: Any, entry: Entry, source: Source, place: bytes, *, measure: bool) -> Found:
    where = f"({source.where}) AND ST_Intersects({source.geometry}, ST_GeomFromEWKB(%s))"
    values = [*source.values, place]
    cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {source.table} WHERE {where} LIMIT {MOST_ROWS + 1}) n", values)
    count = int(cursor.fetchone()[0])
    if count > MOST_ROWS:
        raise GroundTooLarge
    if not count:
        return Found(entry, 0, 0.0 if measure and entry.open.kind == "areas" else None, 0.0 if measure and entry.open.kind == "lines" else None)
    m2 = metres = None
    if measure and entry.open.kind in ("areas", "lines"):
        part = f"ST_Intersection({source.geometry}, ST_GeomFromEWKB(%s))"
        kind, size = (3, _M2) if entry.open.kind == "areas" else (2, "ST_Length(ST_SetSRID({}, 4490)::geography)")
        cut = f"ST_UnaryUnion(ST_Collect(ST_CollectionExtract({part}, {kind})))"
        cursor.execute(f"SELECT {size.format('g')} FROM (SELECT {cut} AS g FROM {source.table} WHERE {where}) u", [place, *values])
        figure = float(cursor.fetchone()[0] or 0)
        m2, metres = (figure, None) if kind == 3 else (None, figure)
    columns = source.columns[:4]
    told = ", ".join(f"({c.sql})::text" for c in columns)
    cursor.execute(f"SELECT {told} FROM {source.table} WHERE {where} ORDER BY {source.id} LIMIT {TOLD}", values)
    rows = [{_label(c): _word(c, v) for c, v in zip(columns, row, strict=True) if v not in (None, "")} for row in cursor.fetchall()]
    return Found(entry, count, m2, metres, rows)


def _label(column: Any) -> str:
    from yiwang.kernel.base.texts import pick

    return pick(column.label) if isinstance(column.label, dict) else str(column.label or column.name)


def _word(column: Any, value: str) -> str:
    return str(dict(column.choices).get(value, value))


def overlap(actor: Actor, first: Entry, second: Entry, shape: GEOSGeometry | None = None) -> Overlap:
    """Return how much ground two layers of areas share, within a polygon or everywhere that the reader sees.

    Raises
    ------
    GroundTooLarge
    """
    made = [_cut(entry.open.source(actor), shape) for entry in (first, second)]
    with _limited() as cursor:
        for sql, values in made:
            cursor.execute(f"SELECT count(*) FROM ({sql} LIMIT {MOST_ROWS + 1}) n", values)
            if cursor.fetchone()[0] > MOST_ROWS:
                raise GroundTooLarge
        union = "ST_UnaryUnion(ST_Collect(ST_CollectionExtract({}, 3)))"
        cursor.execute(
            f"WITH a AS MATERIALIZED ({made[0][0]}), b AS MATERIALIZED ({made[1][0]}),"
            " p AS MATERIALIZED (SELECT ST_Intersection(a.g, b.g) AS g FROM a JOIN b ON ST_Intersects(a.g, b.g))"
            f" SELECT (SELECT {_M2.format(union.format('g'))} FROM p WHERE ST_Dimension(g) = 2), (SELECT {_M2.format(union.format('g'))} FROM a),"
            f" (SELECT {_M2.format(union.format('g'))} FROM b), (SELECT count(*) FROM p WHERE ST_Dimension(g) = 2)",
            [*made[0][1], *made[1][1]],
        )
        shared, one, other, pairs = cursor.fetchone()
    return Overlap(float(shared or 0), float(one or 0), float(other or 0), int(pairs))


def _cut(source: Source, shape: GEOSGeometry | None) -> tuple[str, Sequence[Any]]:
    if shape is None:
        return f"SELECT {source.geometry} AS g FROM {source.table} WHERE ({source.where})", list(source.values)
    place = _ewkb(shape)
    sql = f"SELECT ST_Intersection({source.geometry}, ST_GeomFromEWKB(%s)) AS g FROM {source.table} WHERE ({source.where}) AND ST_Intersects({source.geometry}, ST_GeomFromEWKB(%s))"
    return sql, [place, *source.values, place]


def layers_of(actor: Actor) -> list[OpenLayer]:
    """Return the layers of the map that the reader sees and that can stand in the catalogue."""
    known = set(Layer.objects.filter(retired_on__isnull=True).values_list("code", flat=True))
    return [one for one in catalogue.readable(actor) if one.code in known]
