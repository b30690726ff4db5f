"""What a point says about itself: area chain, grids, nearest asset and address, in one statement."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.contracts import AreaRef, GridRef, NearAddress, NearAsset, PlaceFacts, PlaceRow
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.geography.rules.addresses import bearings
from yiwang.kernel.geography.rules.points import PointError, checked_point

MAX_ASSET_M, MAX_ADDRESS_M, MAX_CROSSING_M = 200.0, 300.0, 100.0
ON_IT_M = 15.0  # so near, a place is called by the plate's own name

# KNN on degrees is not quite the order on the ground (a degree of longitude is shorter), so a handful is taken by index and
# ordered by distance on a plane that is true around the point; only the nearest is measured on the ellipsoid, and that once
# (OFFSET 0: else again for the limit).
_NEAREST = """
(SELECT id, metres FROM (
    SELECT id, ST_Distance(point::geography, asked.at::geography) AS metres FROM (
        SELECT * FROM (
            SELECT id, point FROM yw_geography_asset WHERE status NOT IN ('removed', 'abandoned') ORDER BY point <-> asked.at LIMIT 8
        ) AS handful
        ORDER BY ((ST_X(point) - asked.x) * asked.across) ^ 2 + (ST_Y(point) - asked.y) ^ 2, id LIMIT 1
    ) AS first OFFSET 0
) AS found WHERE metres <= %(asset_m)s)"""
# Planned once for a connection (migration 0012): planning the long statement took longer than finding.
_ONE = """
SELECT chain, grid, asset, address, crossing FROM yw_geo_place(
    %(lon)s, %(lat)s, %(roots)s::bigint[], %(asset_class)s, %(asset_m)s, %(address_m)s, %(crossing_m)s)
"""
_MANY = f"""
WITH served AS (
    SELECT id, path, bounded FROM yw_areas_area
    WHERE parent_id IS NULL AND valid_to IS NULL AND (%(roots)s::bigint[] IS NULL OR id = ANY(%(roots)s::bigint[]))
), asked AS (
    -- In the order of a Hilbert curve (how geometries sort): each point is sought where the one before was found.
    SELECT n, x, y, cos(radians(y)) AS across, ST_SetSRID(ST_MakePoint(x, y), 4326) AS at
    FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS p(x, y, n)
    ORDER BY ST_SetSRID(ST_MakePoint(x, y), 4326)
)
SELECT coalesce(fine.path, coarse.path, open.path, ''), coalesce(fine.level, coarse.level, open.level, ''), coalesce(r.id, 0),
    coalesce(near.id, 0), coalesce(near.metres, 0)
FROM asked
LEFT JOIN LATERAL (
    SELECT s.area_id, s.area_path AS path, s.level FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
    WHERE s.level = 'grid' AND ST_Covers(s.shape, asked.at) AND split_part(s.area_path, '.', 1)::bigint IN (SELECT id FROM served)
    ORDER BY s.area_path LIMIT 1
) AS fine ON TRUE
LEFT JOIN LATERAL (
    SELECT s.area_path AS path, s.level FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
    WHERE fine.path IS NULL AND s.level <> 'grid' AND ST_Covers(s.shape, asked.at)
        AND split_part(s.area_path, '.', 1)::bigint IN (SELECT id FROM served)
    ORDER BY length(s.area_path) - length(replace(s.area_path, '.', '')) DESC, s.area_path LIMIT 1
) AS coarse ON TRUE
LEFT JOIN LATERAL (
    SELECT path, 'city' AS level FROM served
    WHERE fine.path IS NULL AND coarse.path IS NULL AND NOT EXISTS (SELECT 1 FROM served WHERE bounded) ORDER BY id LIMIT 1
) AS open ON TRUE
LEFT JOIN yw_geography_unitgrid u ON u.area_id = fine.area_id
LEFT JOIN yw_geography_responsibilitygrid r ON r.id = u.responsibility_grid_id AND r.valid_to IS NULL
LEFT JOIN LATERAL {_NEAREST} AS near ON %(assets)s
ORDER BY asked.n
"""


def checked(lon: object, lat: object) -> tuple[float, float]:
    """Return a point that came from outside, or refuse it in words.

    Raises
    ------
    BadInput
        With the field `point`.
    """
    try:
        return checked_point(lon, lat)
    except PointError as error:
        raise BadInput.one("point", error.reason, point_message(error.reason)) from error


def point_message(reason: str) -> str:
    return {
        "missing": _("Choose the place: tap the map, use your position, or enter an address."),
        "number": _("Longitude and latitude have to be numbers in degrees, like 115.985 and 36.456."),
        "range": _("Longitude lies between -180 and 180, latitude between -90 and 90."),
        "swapped": _("Longitude and latitude seem to have changed places. Longitude comes first."),
    }[reason]


def place(
    lon: object, lat: object, roots: Sequence[int] | None = None, *, asset_class: str = "", max_asset_m: float = MAX_ASSET_M,
    strict: bool = True,
) -> PlaceFacts:  # fmt: skip
    """Say what is at a point, in one query.

    Parameters
    ----------
    lon, lat : degrees, WGS 84; text is taken too
    roots : keys of the root areas that the matter serves; None is all of them
    asset_class : five digits; only assets of this class count as nearest
    max_asset_m : nothing farther away is the nearest asset
    strict : when False a point outside gives `inside=False` with an empty chain (imports) instead of a refusal

    A point on the border of two grids goes to the one with the smaller path, always the same. Where no served root is
    bounded and no shape holds the point, the first root takes it.

    Raises
    ------
    BadInput
        It is no point.
    OutsideArea
        It is outside every bounded root that is served.
    """
    x, y = checked(lon, lat)
    values: dict[str, Any] = {
        "lon": x, "lat": y, "roots": None if roots is None else list(roots), "asset_class": asset_class,
        "asset_m": max_asset_m, "address_m": MAX_ADDRESS_M, "crossing_m": MAX_CROSSING_M,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ONE, values)
        chain, grid, asset, address, crossing = (_json(value) for value in cursor.fetchone())
    if not chain:
        if strict:
            raise OutsideArea(lon=x, lat=y)
        return PlaceFacts(lon=x, lat=y, inside=False)
    return PlaceFacts(
        lon=x, lat=y, inside=True,
        chain=tuple(AreaRef(*row) for row in chain),
        responsibility_grid=GridRef(*grid) if grid else None,
        nearest_asset=NearAsset(*asset) if asset else None,
        address=NearAddress(*address) if address else None,
        crossing=NearAddress(*crossing) if crossing else None,
    )  # fmt: skip


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def places(
    points: Sequence[tuple[float, float]], roots: Sequence[int] | None = None, *, with_assets: bool = True, max_asset_m: float = MAX_ASSET_M,
) -> list[PlaceRow]:  # fmt: skip
    """Say in what each of many points lies, in one statement and in their order; points outside give an empty row.

    For imports, tracks and files; the same rules as `place`, but keys instead of names. `points` are (longitude, latitude)
    in degrees that were checked before.
    """
    if not points:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_MANY, {
            "lons": [p[0] for p in points], "lats": [p[1] for p in points], "roots": None if roots is None else list(roots),
            "assets": with_assets, "asset_m": max_asset_m,
        })  # fmt: skip
        return [PlaceRow(*row) for row in cursor.fetchall()]


def wind_text(wind: str) -> str:
    return {
        "N": _("north"), "NE": _("north-east"), "E": _("east"), "SE": _("south-east"), "S": _("south"), "SW": _("south-west"),
        "W": _("west"), "NW": _("north-west"),
    }[wind]  # fmt: skip


def address_text(facts: PlaceFacts) -> str:
    """Return words for where this is, as an address is written (地理编码反查): 柳园路42号, or 柳园路与东昌路路口东北30米.

    A plate, landmark or crossing within 15 m gives its name; else the nearest with wind and metres, a crossing before
    others where it is not much farther. Empty when nothing is near.
    """
    near = [n for n in (facts.address, facts.crossing) if n is not None]
    if not near:
        return ""
    best = min(near, key=lambda n: n.distance_m if n.kind != "crossing" else n.distance_m * 0.7)
    if facts.address is not None and facts.address.distance_m <= ON_IT_M:
        best = facts.address
    if best.distance_m <= ON_IT_M:
        return best.name
    step = 5 if best.distance_m < 100 else 10
    metres = round(best.distance_m / step) * step
    wind = wind_text(bearings.wind(best.lon, best.lat, facts.lon, facts.lat))
    return _("%(metres)d m %(wind)s of %(name)s") % {"metres": metres, "wind": wind, "name": best.name}
