"""What vector tiles cost over HTTP, with 60,000 and a million components in the table, beside the same tile as raw SQL.

    ./dev bench tiles            (python -m bench.tiles 60000 1000000)

Wanted: a tile at street scale p95 under 60 ms, one that the reader has already (304) under 5 ms, a view of the whole county
below 150 KB a tile.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import django

from bench._ground import Reader

CALLS = 300
STREET, NEAR, COUNTY = 16, 15, 9
_RAW = """
SELECT ST_AsMVT(t, 'assets', 4096, 'geom') FROM (
    SELECT ST_AsMVTGeom(ST_Transform(point, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64) AS geom, uid::text, code, class_code, status
    FROM yw_geography_asset WHERE point && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)) t"""


def _measured(calls: int, call: Callable[[int], object]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    spent = []
    for n in range(calls):
        began = time.perf_counter()
        call(n)
        spent.append((time.perf_counter() - began) * 1000)
    cuts = statistics.quantiles(spent, n=20)
    return statistics.median(spent), cuts[18]


def _street(reader: Reader, person: Reader, name: str, z: int, rng: random.Random) -> None:
    from django.db import connection

    from bench._ground import place
    from yiwang.kernel.geography.rules.tiles import tile_of

    def raw(n: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_RAW, {"z": z, "x": tiles[n][0], "y": tiles[n][1]})
            cursor.fetchone()

    def path(n: int) -> str:
        return f"/map/tiles/assets/{z}/{tiles[n][0]}/{tiles[n][1]}.mvt"

    tiles = [tile_of(*place(rng), z) for _ in range(CALLS)]
    got: list[tuple[bytes, str]] = []
    for n in range(20):  # both warm
        raw(n)
        reader.get(path(n))
    half, most = _measured(CALLS, lambda n: got.append(reader.get(path(n))))
    _half, raw_most = _measured(CALLS, raw)
    largest = max(len(body) for body, _etag in got) / 1024
    print(f"  {name:14} z{z}  p50 {half:6.1f}  p95 {most:6.1f} ms   raw SQL p95 {raw_most:6.1f} ms   p95 ratio {most / raw_most:4.1f}   largest {largest:5.0f} KB")
    for what, who in (("by key", reader), ("signed in", person)):
        _body, etag = who.get(path(0))
        half, most = _measured(CALLS, partial(_has, who, path, etag))
        print(f"  {name:14} 304  p50 {half:6.1f}  p95 {most:6.1f} ms   {what}")


def _has(reader: Reader, path: Callable[[int], str], etag: str, n: int) -> None:
    reader.get(path(n), 304, **{"If-None-Match": etag})


def _counted(reader: Reader, z: int) -> None:
    from bench._ground import MIDDLE
    from yiwang.kernel.geography.rules.tiles import tile_of

    x, y = tile_of(*MIDDLE, z)
    spent, size = [], 0
    for _ in range(3):
        began = time.perf_counter()
        size = len(reader.get(f"/map/tiles/assets/{z}/{x}/{y}.mvt")[0])
        spent.append((time.perf_counter() - began) * 1000)
    print(f"  counted        z{z:<2} {size / 1024:6.1f} KB  {min(spent):6.0f} ms")


def main() -> None:
    django.setup()

    from bench._ground import grow
    from bench._serving import KEY, client_with, served, session_with

    client_with("geography.asset.view", "geography.map.view")
    cookie = session_with("geography.asset.view", "geography.map.view")
    for size in [int(a) for a in sys.argv[1:]] or [60_000, 1_000_000]:
        began = time.perf_counter()
        grow(size)
        print(f"{size:,} components (grown in {time.perf_counter() - began:.0f} s)")
        with served() as port:
            reader, rng = Reader(port, {"X-Api-Key": KEY}), random.Random(5)
            person = Reader(port, {"Cookie": cookie})
            for name, z in (("street", STREET), ("a few streets", NEAR)):
                _street(reader, person, name, z, rng)
            for z in (COUNTY, COUNTY + 1, COUNTY + 2, COUNTY + 3, 14):
                _counted(reader, z)


if __name__ == "__main__":
    main()
