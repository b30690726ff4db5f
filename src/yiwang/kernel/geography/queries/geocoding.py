"""Words to a point (地理编码): one engine for the search box, the intake desk and a file of ten thousand.

Names in the text are looked up in the index of places by equality alone, so that its cost depends neither on the
planner's knowledge nor on how many plates there are; `rules/addresses` judges what was found.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from yiwang.kernel.geography.contracts import AddressMatch
from yiwang.kernel.geography.rules.addresses import ranking
from yiwang.kernel.geography.rules.addresses.asking import Ask, ask, ask_loosely
from yiwang.kernel.geography.rules.addresses.ranking import Hit, Row
from yiwang.kernel.geography.rules.folding import fold

AT_ONCE = 250  # texts whose names are looked up together
MOST_OF_ONE_KEY = 40
NAMED, LOOSELY = ("name", "alias"), ("name", "alias", "sound", "gap")
_ROW = "p.key, p.way, p.kind, p.ref, p.level, p.name, p.number, p.rest, p.other, p.area_path, ST_X(p.at), ST_Y(p.at)"
_ROOTS = "(%(roots)s::text[] IS NULL OR split_part(p.area_path, '.', 1) = ANY(%(roots)s::text[]))"

# One way at a time, by equality on the whole of the index: where nobody has taken statistics, a looser question with a limit is
# answered by reading the table.
_BY_KEY = f"""
SELECT {_ROW} FROM unnest(%(keys)s::text[]) AS w(key) CROSS JOIN unnest(%(ways)s::text[]) AS v(way) CROSS JOIN LATERAL (
    SELECT * FROM yw_geography_placekey p WHERE p.key = w.key AND p.way = v.way AND {_ROOTS} LIMIT {MOST_OF_ONE_KEY}
) AS p
"""
# The plate itself, and six on either side to guess between.
_DOORS = f"""
SELECT {_ROW} FROM unnest(%(bases)s::text[], %(numbers)s::int[]) AS w(key, number) CROSS JOIN LATERAL (
    (SELECT * FROM yw_geography_placekey p WHERE p.key = w.key AND p.way = 'door' AND p.number = w.number AND {_ROOTS} LIMIT 20)
    UNION ALL
    (SELECT * FROM yw_geography_placekey p WHERE p.key = w.key AND p.way = 'door' AND p.number < w.number AND {_ROOTS}
     ORDER BY p.key DESC, p.way DESC, p.number DESC LIMIT 6)
    UNION ALL
    (SELECT * FROM yw_geography_placekey p WHERE p.key = w.key AND p.way = 'door' AND p.number > w.number AND {_ROOTS}
     ORDER BY p.key, p.way, p.number LIMIT 6)
) AS p
UNION ALL
SELECT {_ROW} FROM unnest(%(ones)s::text[], %(others)s::text[]) AS w(one, other) CROSS JOIN LATERAL (
    SELECT * FROM yw_geography_placekey p WHERE p.key = w.one AND p.way = 'cross' AND p.other = w.other AND {_ROOTS} LIMIT 10
) AS p
UNION ALL
SELECT w.one, 'cross', 'crossing', 0, 10, a.name || '与' || b.name || '路口', NULL, '', w.other, a.area_path, ST_X(m.at), ST_Y(m.at)
FROM unnest(%(ones)s::text[], %(others)s::text[], %(one_ids)s::bigint[], %(other_ids)s::bigint[]) AS w(one, other, one_id, other_id)
JOIN yw_geography_road a ON a.id = w.one_id JOIN yw_geography_road b ON b.id = w.other_id
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(ST_Intersection(a.line, b.line)) AS at) AS m
WHERE NOT ST_IsEmpty(m.at)
    AND NOT EXISTS (SELECT 1 FROM yw_geography_placekey p WHERE p.key = w.one AND p.way = 'cross' AND p.other = w.other)
"""
_ALIKE = f"""
SELECT w.place, likeness, {_ROW} FROM unnest(%(places)s::int[], %(texts)s::text[]) AS w(place, text) CROSS JOIN LATERAL (
    SELECT p.*, similarity(p.key, w.text) + CASE WHEN p.key LIKE '%%' || w.text || '%%' THEN 0.3 ELSE 0 END AS likeness
    FROM yw_geography_placekey p WHERE p.way = 'name' AND (p.key %% w.text OR p.key LIKE '%%' || w.text || '%%') AND {_ROOTS}
    ORDER BY likeness DESC, p.id LIMIT 10
) AS p
"""


def geocode(texts: Sequence[str], roots: Sequence[int] | None = None, limit: int = 8) -> list[list[AddressMatch]]:
    """Return for each text the places that it may mean, best first; at most four statements for each 250 texts.

    At most the first 60 letters and figures of a text are read; empty for a text without a name. `roots` are the keys of
    the root areas to look in, None is all.
    """
    found: list[list[AddressMatch]] = []
    for start in range(0, len(texts), AT_ONCE):
        found += _together(texts[start : start + AT_ONCE], None if roots is None else [str(r) for r in roots], max(1, min(limit, 50)))
    return found


def place_by_address(text: str, roots: Sequence[int] | None = None, limit: int = 8) -> list[AddressMatch]:
    """Return places that the text may mean, best first; empty for an empty text."""
    return geocode([text], roots, limit)[0]


def _together(texts: Sequence[str], roots: list[str] | None, limit: int) -> list[list[AddressMatch]]:
    asks = [ask(text) for text in texts]
    found = _by_key(NAMED, {key for a in asks for key in a.keys}, roots)
    hits = [ranking.hits(a, found) for a in asks]
    for a, named in zip(asks, hits, strict=True):
        ask_loosely(a, ranking.covered(named))
    loosely = {key for a in asks for key in a.loose}
    if loosely:
        for key, rows in _by_key(LOOSELY, loosely, roots).items():
            found[key] = rows
        hits = [ranking.hits(a, found) if a.loose else named for a, named in zip(asks, hits, strict=True)]
    doors, crossings = _doors(asks, hits, roots)
    matches = [ranking.rank(a, named, doors, crossings, limit) for a, named in zip(asks, hits, strict=True)]
    missing = [n for n, (a, m) in enumerate(zip(asks, matches, strict=True)) if not m and len(a.letters) >= 2 and not a.letters.isdecimal()]
    if missing:
        for n, alike in _alike(asks, missing, roots).items():
            matches[n] = ranking.likely(asks[n], alike, limit)
    return matches


def _by_key(ways: Sequence[str], keys: set[str], roots: list[str] | None) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    if keys:
        for row in _rows(_BY_KEY, {"keys": sorted(keys), "ways": list(ways), "roots": roots}):
            found.setdefault(row[0], []).append(Row(*row))
    return found


def _rows(sql: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _doors(asks: Sequence[Ask], hits: Sequence[Sequence[Hit]], roots: list[str] | None) -> tuple[dict[str, list[Row]], dict[tuple[str, str], list[Row]]]:
    wanted = sorted({w for a, named in zip(asks, hits, strict=True) for w in ranking.doors_wanted(a, named)})
    pairs = {
        (fold(one.row.name), fold(other.row.name)): (one.row.ref, other.row.ref)
        for a, named in zip(asks, hits, strict=True) for one, other in ranking.crossings_wanted(a, named)
    }  # fmt: skip
    doors: dict[str, list[Row]] = {}
    crossings: dict[tuple[str, str], list[Row]] = {}
    if not wanted and not pairs:
        return doors, crossings
    ordered = sorted(pairs)
    rows = _rows(_DOORS, {
        "bases": [w[0] for w in wanted], "numbers": [w[1] for w in wanted], "ones": [p[0] for p in ordered], "others": [p[1] for p in ordered],
        "one_ids": [pairs[p][0] for p in ordered], "other_ids": [pairs[p][1] for p in ordered], "roots": roots,
    })  # fmt: skip
    for row in {tuple(r): Row(*r) for r in rows}.values():
        if row.way == "door":
            doors.setdefault(row.key, []).append(row)
        else:
            crossings.setdefault((row.key, row.other), []).append(row)
    return doors, crossings


def _alike(asks: Sequence[Ask], missing: Sequence[int], roots: list[str] | None) -> dict[int, list[tuple[Row, float]]]:
    found: dict[int, list[tuple[Row, float]]] = {}
    rows = _rows(_ALIKE, {"places": list(missing), "texts": [asks[n].letters for n in missing], "roots": roots})
    for place, likeness, *row in rows:
        found.setdefault(place, []).append((Row(*row), float(likeness)))
    return found
