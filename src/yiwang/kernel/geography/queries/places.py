"""What a point says about itself: area chain, grids, nearest asset and address, in one statement."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.contracts import AreaRef, GridRef, NearAddress, NearAsset, PlaceFacts
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.geography.rules.points import PointError, checked_point

MAX_ASSET_M, MAX_ADDRESS_M = 200.0, 300.0

# KNN on degrees is not quite the order on the ground (a degree of longitude is shorter), so a handful is taken by
# index and ordered again by true distance.
_SQL = """
WITH served AS (
    SELECT id, path, bounded FROM yw_areas_area
    WHERE parent_id IS NULL AND valid_to IS NULL AND (%(roots)s::bigint[] IS NULL OR id = ANY(%(roots)s::bigint[]))
), hit AS (
    SELECT s.area_path AS path
    FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
    WHERE ST_Covers(s.shape, {point}) AND split_part(s.area_path, '.', 1)::bigint IN (SELECT id FROM served)
    ORDER BY length(s.area_path) - length(replace(s.area_path, '.', '')) DESC, s.area_path LIMIT 1
), found AS (
    SELECT path FROM hit
    UNION ALL
    (SELECT path FROM served WHERE NOT EXISTS (SELECT 1 FROM hit) AND NOT EXISTS (SELECT 1 FROM served WHERE bounded)
     ORDER BY id LIMIT 1)
), chain AS (
    SELECT a.* FROM found, yw_areas_area a
    WHERE a.id = ANY(string_to_array(trim(trailing '.' FROM found.path), '.')::bigint[])
)
SELECT
    (SELECT json_agg(json_build_array(id, uid, level, code, path, name, manual_level, two_level) ORDER BY length(path))
     FROM chain),
    (SELECT json_build_array(r.id, r.uid, r.code, r.name)
     FROM chain c JOIN yw_geography_unitgrid u ON u.area_id = c.id
     JOIN yw_geography_responsibilitygrid r ON r.id = u.responsibility_grid_id AND r.valid_to IS NULL LIMIT 1),
    (SELECT json_build_array(id, uid, code, class_code, name, metres, status, ST_X(point), ST_Y(point)) FROM (
        SELECT *, ST_Distance(point::geography, {point}::geography) AS metres FROM (
            SELECT * FROM yw_geography_asset
            WHERE status NOT IN ('removed', 'abandoned') {of_class}
            ORDER BY point <-> {point} LIMIT 12) AS near
        ORDER BY metres, id LIMIT 1) AS nearest
     WHERE metres <= %(asset_m)s),
    (SELECT json_build_array(name, kind, road, metres) FROM (
        SELECT *, ST_Distance(point::geography, {point}::geography) AS metres FROM (
            SELECT * FROM yw_geography_addresspoint ORDER BY point <-> {point} LIMIT 5) AS near
        ORDER BY metres, id LIMIT 1) AS nearest
     WHERE metres <= %(address_m)s)
"""
_POINT = "ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"


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
    sql = _SQL.format(point=_POINT, of_class="AND class_code = %(asset_class)s" if asset_class else "")
    values: dict[str, Any] = {
        "lon": x, "lat": y, "roots": None if roots is None else list(roots), "asset_class": asset_class,
        "asset_m": max_asset_m, "address_m": MAX_ADDRESS_M,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        chain, grid, asset, address = (_json(value) for value in cursor.fetchone())
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
    )  # fmt: skip


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def address_text(facts: PlaceFacts) -> str:
    """Return words for where this is, for the address field before anybody corrects it; empty when nothing is near."""
    if facts.address is None:
        return ""
    if facts.address.distance_m <= 15:
        return facts.address.name
    return _("near %(name)s") % {"name": facts.address.name}
