"""How much of a grid was walked (巡查覆盖): cells of 50 m that come within 30 m of a track on the day, in one statement.

Days that have ended are kept (`GridCover`, services/field/cover.py); what is not kept is computed for the grids at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from yiwang.apps.city.models import GridCover
from yiwang.kernel.base.clock import now

CELL_M, NEAR_M = 50.0, 30.0
STEP_M = 20.0  # between two fixes the way is taken as straight, in steps of this length
LONGEST_WAY_M = 300.0  # a longer way between two fixes was not seen
BESIDE = 0.001  # degrees, about 100 m around a grid
LATE = timedelta(days=3)  # a phone without a network tells of a day that much later at most


@dataclass(frozen=True, slots=True)
class Cover:
    cells: int
    seen: int

    @property
    def share(self) -> float:
        return self.seen / self.cells if self.cells else 0.0


# A cell is named by its column and row in a net of 50 m by 50 m, which all grids of a tenth of a degree of latitude share; a
# place is counted in cells from the net's origin, so that nothing has to be projected. Exact to a thousandth.
_CELLS = """
WITH grid AS MATERIALIZED (
    SELECT id, shape, %(cell)s / (111320 * cos(radians(round(ST_Y(ST_Centroid(shape))::numeric, 1)::float8))) AS w, %(cell)s / 110940.0 AS h,
           ST_XMin(shape) AS west, ST_YMin(shape) AS south, ST_XMax(shape) AS east, ST_YMax(shape) AS north
    FROM yw_geography_responsibilitygrid WHERE id = ANY(%(grids)s) AND shape IS NOT NULL
), cell AS MATERIALIZED (
    SELECT id, i, j FROM grid CROSS JOIN LATERAL generate_series(floor(west / w)::int, floor(east / w)::int) i
    CROSS JOIN LATERAL generate_series(floor(south / h)::int, floor(north / h)::int) j
    WHERE ST_Contains(shape, ST_SetSRID(ST_MakePoint((i + 0.5) * w, (j + 0.5) * h), 4326))
), fix AS MATERIALIZED (
    SELECT lon, lat, lag(lon) OVER way AS from_lon, lag(lat) OVER way AS from_lat, occurred_at - lag(occurred_at) OVER way AS took
    FROM city_position
    WHERE shift_uid = ANY(%(shifts)s) AND recorded_at >= %(since)s AND recorded_at < %(until)s + %(late)s
      AND occurred_at >= %(since)s AND occurred_at < %(until)s
    WINDOW way AS (PARTITION BY shift_uid, device ORDER BY occurred_at)
), room AS (
    SELECT id, x, y FROM grid CROSS JOIN LATERAL generate_series(floor((west - %(beside)s) * 100)::int, floor((east + %(beside)s) * 100)::int) x
    CROSS JOIN LATERAL generate_series(floor((south - %(beside)s) * 100)::int, floor((north + %(beside)s) * 100)::int) y
), leg AS MATERIALIZED (
    SELECT id, u, v, pu, pv, CASE WHEN pu IS NULL OR took > %(longest)s OR far > %(way)s THEN 1 ELSE greatest(1, ceil(far / %(step)s))::int END AS n
    FROM (
        SELECT room.id, lon / w AS u, lat / h AS v, from_lon / w AS pu, from_lat / h AS pv, took,
               sqrt((from_lon / w - lon / w) ^ 2 + (from_lat / h - lat / h) ^ 2) * %(cell)s AS far
        FROM fix JOIN room ON room.x = floor(lon * 100)::int AND room.y = floor(lat * 100)::int
        JOIN grid ON grid.id = room.id AND least(lon, coalesce(from_lon, lon)) < east + %(beside)s AND greatest(lon, coalesce(from_lon, lon)) > west - %(beside)s
             AND least(lat, coalesce(from_lat, lat)) < north + %(beside)s AND greatest(lat, coalesce(from_lat, lat)) > south - %(beside)s
    ) l
), step AS (
    SELECT DISTINCT id, floor(u * 10 + 0.5) / 10 AS u, floor(v * 10 + 0.5) / 10 AS v
    FROM (
        SELECT id, u, v FROM leg
        UNION ALL SELECT id, u + (pu - u) * k / n, v + (pv - v) * k / n FROM leg CROSS JOIN LATERAL generate_series(1, n - 1) k WHERE n > 1
    ) s
), near AS (
    SELECT DISTINCT id, floor(u)::int + a AS i, floor(v)::int + b AS j
    FROM step CROSS JOIN generate_series(-1, 1) a CROSS JOIN generate_series(-1, 1) b
    WHERE greatest(0, abs(u - floor(u) - a - 0.5) - 0.5) ^ 2 + greatest(0, abs(v - floor(v) - b - 0.5) - 0.5) ^ 2 <= (%(near)s / %(cell)s) ^ 2
)
"""
_COUNT = _CELLS + """
SELECT cell.id, count(*), count(near.i) FROM cell LEFT JOIN near USING (id, i, j) GROUP BY cell.id"""
_SHAPES = _CELLS + """
SELECT ST_AsGeoJSON(ST_MakeEnvelope(i * w, j * h, (i + 1) * w, (j + 1) * h, 4326), 6), near.i IS NOT NULL
FROM cell JOIN grid USING (id) LEFT JOIN near USING (id, i, j) ORDER BY i, j"""
# Shifts of these grids and of those beside them: whoever walks along a border is seen on both sides.
_SHIFTS = """
SELECT DISTINCT shift_uid FROM city_fieldmark
WHERE kind = 'in' AND recorded_at >= %(since)s - %(longest_shift)s AND recorded_at < %(until)s + %(late)s AND occurred_at < %(until)s
  AND (grid_id IS NULL OR grid_id IN (
      SELECT n.id FROM yw_geography_responsibilitygrid g JOIN yw_geography_responsibilitygrid n ON n.shape && ST_Expand(g.shape, 0.004)
      WHERE g.id = ANY(%(grids)s)))"""


def _values(grids: Sequence[int], since: datetime, until: datetime) -> dict[str, Any]:
    kept = now() - timedelta(days=settings.POSITIONS_KEEP_DAYS)
    since = max(since, kept)
    values: dict[str, Any] = {
        "grids": list(grids), "since": since, "until": max(until, since), "late": LATE, "cell": CELL_M, "near": NEAR_M, "step": STEP_M, "way": LONGEST_WAY_M, "beside": BESIDE,
        "longest": timedelta(seconds=settings.FIELD_NO_FIX_AFTER_S), "longest_shift": timedelta(hours=settings.FIELD_SHIFT_HOURS),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SHIFTS, values)
        values["shifts"] = [row[0] for row in cursor.fetchall()]
    return values


def of_grids(grids: Sequence[int], since: datetime, until: datetime) -> dict[int, Cover]:
    """Return {responsibility grid: its cells, and how many of them were walked}; whoever walked them, on shift. Two queries."""
    if not grids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _values(grids, since, until))
        return {grid: Cover(cells, seen) for grid, cells, seen in cursor.fetchall()}


def day_span(day: date) -> tuple[datetime, datetime]:
    begin = timezone.make_aware(datetime(day.year, day.month, day.day))
    return begin, begin + timedelta(days=1)


def first_day() -> date:
    """Return the first day of which positions, and so the cover, are still shown."""
    return timezone.localdate(now() - timedelta(days=settings.POSITIONS_KEEP_DAYS))


def kept(grids: Sequence[int], first: date, last: date) -> dict[tuple[int, date], Cover]:
    """Return the kept cover of grids by (grid, day); one query."""
    rows = GridCover.objects.filter(grid_id__in=list(grids), day__gte=max(first, first_day()), day__lte=last)
    return {(row.grid_id, row.day): Cover(row.cells, row.seen) for row in rows}


def of_day(grids: Sequence[int], day: date) -> dict[int, Cover]:
    """Return the cover of a day: as it was kept, and computed for what is not kept, as today's; three queries at most."""
    found = {grid: cover for (grid, _day), cover in kept(grids, day, day).items()} if day < timezone.localdate(now()) else {}
    left = [grid for grid in grids if grid not in found]
    return {**found, **of_grids(left, *day_span(day))}


@dataclass(frozen=True, slots=True)
class Sum:
    """The kept cover of many grids on one day: how many were walked to 80 % or more, to 40 % or more, less, not at all."""

    grids: int
    cells: int
    seen: int
    well: int
    half: int
    less: int
    none: int

    @property
    def share(self) -> float:
        return self.seen / self.cells if self.cells else 0.0


def sum_of(wanted: Q, day: date) -> Sum | None:
    """Add up the kept cover of a day where `wanted` (on `area_path`) holds; None when nothing is kept. One query."""
    rows = GridCover.objects.filter(wanted, day=day, cells__gt=0)
    well, half = Q(seen__gte=F("cells") * 0.8), Q(seen__gte=F("cells") * 0.4)
    found = rows.aggregate(
        n_grids=Count("pk"), n_cells=Coalesce(models.Sum("cells"), 0), n_seen=Coalesce(models.Sum("seen"), 0), n_well=Count("pk", filter=well),
        n_half=Count("pk", filter=half & ~well), n_less=Count("pk", filter=Q(seen__gt=0) & ~half), n_none=Count("pk", filter=Q(seen=0)),
    )  # fmt: skip
    return Sum(**{name[2:]: number for name, number in found.items()}) if found["n_grids"] and day >= first_day() else None


def cells_of(grid: int, since: datetime, until: datetime) -> list[tuple[str, bool]]:
    """Return the grid's cells as (GeoJSON, walked)."""
    with connection.cursor() as cursor:
        cursor.execute(_SHAPES, _values([grid], since, until))
        return [(shape, bool(seen)) for shape, seen in cursor.fetchall()]
