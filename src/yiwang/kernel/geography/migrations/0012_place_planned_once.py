"""What lies at a point, as a function: its plans are made once for a connection, where the long statement was planned at each call.

Planning cost more than finding (3 of 5 ms at 20,000 grids and a million components). Only functions are made: no table is
read or locked.
"""

from django.db import migrations

# A plan made while the tables were small is kept when they grow, so only plans that are right at any size are let in:
# by index, the nearest in the index's own order.
_ONCE = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off"

# KNN on degrees is not quite the order on the ground (a degree of longitude is shorter), so a handful is taken by index and
# ordered by distance on a plane that is true around the point; only the nearest is measured on the ellipsoid.
_NEAREST = """
        SELECT {answer} INTO {into} FROM (
            SELECT first.*, ST_Distance(first.point::geography, v_here) AS metres FROM (
                SELECT * FROM (SELECT {columns} FROM {table} AS t WHERE {which} ORDER BY t.point <-> v_at LIMIT 8) AS handful
                ORDER BY ((ST_X(handful.point) - p_lon) * v_across) ^ 2 + (ST_Y(handful.point) - p_lat) ^ 2, handful.id LIMIT 1
            ) AS first
        ) AS n WHERE n.metres <= {most};"""
_STANDING = "t.status NOT IN ('removed', 'abandoned')"


def _asset(which: str) -> str:
    return _NEAREST.format(
        answer="json_build_array(n.id, n.uid, n.code, n.class_code, n.name, n.metres, n.status, ST_X(n.point), ST_Y(n.point))",
        into="asset", columns="t.id, t.uid, t.code, t.class_code, t.name, t.status, t.point", table="yw_geography_asset",
        which=which, most="p_asset_m",
    )  # fmt: skip


def _address(into: str, which: str) -> str:
    return _NEAREST.format(
        answer="json_build_array(n.name, n.kind, n.road, n.metres, ST_X(n.point), ST_Y(n.point))",
        into=into, columns="t.id, t.name, t.kind, t.road, t.point", table="yw_geography_addresspoint", which=which, most=f"p_{into}_m",
    )  # fmt: skip


FORWARD = f"""
CREATE FUNCTION yw_geo_place(
    p_lon float8, p_lat float8, p_roots bigint[], p_class text, p_asset_m float8, p_address_m float8, p_crossing_m float8,
    OUT chain json, OUT grid json, OUT asset json, OUT address json, OUT crossing json
) LANGUAGE plpgsql STABLE {_ONCE} AS $body$
DECLARE
    v_at CONSTANT geometry := ST_SetSRID(ST_MakePoint(p_lon, p_lat), 4326);
    v_here CONSTANT geography := v_at::geography;
    v_across CONSTANT float8 := cos(radians(p_lat));
    v_served bigint[];
    v_bounded boolean;
    v_path text;
    v_keys bigint[];
BEGIN
    SELECT array_agg(a.id ORDER BY a.id), bool_or(a.bounded) INTO v_served, v_bounded FROM yw_areas_area a
        WHERE a.parent_id IS NULL AND a.valid_to IS NULL AND (p_roots IS NULL OR a.id = ANY(p_roots));
    SELECT s.area_path INTO v_path
        FROM yw_geography_areashape s JOIN yw_areas_area a ON a.id = s.area_id AND a.valid_to IS NULL
        WHERE ST_Covers(s.shape, v_at) AND split_part(s.area_path, '.', 1)::bigint = ANY(v_served)
        ORDER BY length(s.area_path) - length(replace(s.area_path, '.', '')) DESC, s.area_path LIMIT 1;
    IF v_path IS NULL AND NOT v_bounded THEN
        SELECT a.path INTO v_path FROM yw_areas_area a WHERE a.id = v_served[1];
    END IF;
    IF v_path IS NULL THEN
        RETURN;
    END IF;
    v_keys := string_to_array(trim(trailing '.' FROM v_path), '.')::bigint[];
    SELECT json_agg(json_build_array(a.id, a.uid, a.level, a.code, a.path, a.name, a.manual_level, a.two_level) ORDER BY length(a.path)) INTO chain
        FROM yw_areas_area a WHERE a.id = ANY(v_keys);
    SELECT json_build_array(r.id, r.uid, r.code, r.name) INTO grid
        FROM yw_geography_unitgrid u JOIN yw_geography_responsibilitygrid r ON r.id = u.responsibility_grid_id AND r.valid_to IS NULL
        WHERE u.area_id = ANY(v_keys) LIMIT 1;
    IF p_class = '' THEN {_asset(_STANDING)}
    ELSE {_asset(f"{_STANDING} AND t.class_code = p_class")}
    END IF; {_address("address", "TRUE")} {_address("crossing", "t.kind = 'crossing'")}
END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("yw_geography", "0011_crossings_alone")]
    operations = [
        migrations.RunSQL(FORWARD, "DROP FUNCTION yw_geo_place(float8, float8, bigint[], text, float8, float8, float8)"),
    ]
