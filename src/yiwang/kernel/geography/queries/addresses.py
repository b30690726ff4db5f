"""Words to a point (地理编码): whole names inside the text first, likeness last."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from yiwang.kernel.geography.contracts import AddressMatch
from yiwang.kernel.geography.rules.folding import contained_keys, fold

_SQL = """
WITH named AS (
    SELECT p.name, p.kind, CASE p.kind WHEN 'address' THEN 8 ELSE 10 END AS level,
           CASE WHEN %(text)s = ANY(p.keys) THEN 1.0
                ELSE 0.55 + 0.4 * (SELECT max(length(k)) FROM unnest(p.keys) k WHERE k = ANY(%(keys)s))::float8 / %(size)s
           END AS score, p.point AS at, p.area_path
    FROM yw_geography_addresspoint p WHERE p.keys && %(keys)s::text[]
), matched AS (
    SELECT * FROM named
    UNION ALL
    SELECT * FROM (
        SELECT p.name, p.kind, CASE p.kind WHEN 'address' THEN 8 ELSE 10 END,
               0.3 + 0.6 * similarity(p.search_text, %(text)s)
                   + CASE WHEN p.search_text LIKE %(like)s THEN 0.1 ELSE 0 END, p.point, p.area_path
        FROM yw_geography_addresspoint p
        WHERE (p.search_text %% %(text)s OR p.search_text LIKE %(like)s) AND NOT EXISTS (SELECT 1 FROM named)
        ORDER BY 4 DESC, p.id LIMIT 20) AS alike
    UNION ALL
    SELECT r.name, 'road', 6, 0.3 + 0.4 * length(yw_geo_fold(r.name))::float8 / %(size)s,
           ST_PointOnSurface(r.line), r.area_path
    FROM yw_geography_road r WHERE r.line IS NOT NULL AND (r.name = ANY(%(keys)s) OR r.aliases && %(keys)s::varchar[])
    UNION ALL
    SELECT a.name->>'zh-Hans', a.level, CASE a.level WHEN 'community' THEN 5 ELSE 4 END,
           0.2 + 0.4 * length(a.name->>'zh-Hans')::float8 / %(size)s, s.centroid, a.path
    FROM yw_areas_area a JOIN yw_geography_areashape s ON s.area_id = a.id
    WHERE a.level IN ('street', 'community') AND a.valid_to IS NULL AND s.centroid IS NOT NULL
      AND a.name->>'zh-Hans' = ANY(%(keys)s)
)
SELECT name, kind, level, least(score, 1.0)::float8, ST_X(at), ST_Y(at), area_path FROM matched
WHERE %(roots)s::bigint[] IS NULL OR nullif(split_part(area_path, '.', 1), '')::bigint = ANY(%(roots)s::bigint[])
ORDER BY score DESC, level DESC, length(name), name LIMIT %(limit)s
"""


def place_by_address(text: str, roots: Sequence[int] | None = None, limit: int = 8) -> list[AddressMatch]:
    """Return places that the text may mean, best first; one query, empty for an empty text.

    The whole name of a plate, landmark, road or community found inside the text counts more than likeness, so
    "聊城市东昌府区东昌西路42号对面" finds the plate. At most the first 200 characters are read.
    """
    folded = fold(text)
    if len(folded) < 2:
        return []
    values: dict[str, Any] = {
        "text": folded, "keys": contained_keys(folded[:60]), "size": len(folded), "like": f"%{folded}%",
        "roots": None if roots is None else list(roots), "limit": max(1, min(limit, 50)),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL, values)
        return [AddressMatch(*row) for row in cursor.fetchall()]
