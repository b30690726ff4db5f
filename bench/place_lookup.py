"""What finding a place costs: a made county in a transaction that is rolled back, 60,000 assets and 5,041 unit grids.

    python -m bench.place_lookup

Prints milliseconds and their ratio to the cheapest round trip (`SELECT 1`) on the same connection.
"""

import random
import statistics
import time
from collections.abc import Callable

import django

SIDE, STEP, X0, Y0 = 71, 0.001, 115.95, 36.42
ASSETS, ADDRESSES, POINTS = 60_000, 10_000, 400
ROADS = [f"{a}{b}{c}路" for a in "东西南北中" for b in "昌柳兴花运河湖光" for c in "园府阳华安"]


def _build() -> None:
    from django.db import connection

    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.geography.loading import copy_rows, point, polygon, reserve_ids

    def box(x: float, y: float, w: float, h: float) -> str:
        return polygon([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])

    rng = random.Random(7)
    chain = [add_area(level="city", code="bench-city", name={"en": "City"}, region="990000", bounded=True)]
    for level in ("district", "street", "community"):
        chain.append(add_area(level=level, code=f"bench-{level}", name={"en": level}, parent=chain[-1]))
    community, total = chain[-1], SIDE * SIDE
    ids = reserve_ids("yw_areas_area", total)
    copy_rows("yw_areas_area", ["id", "parent_id", "level", "code", "name", "path", "region"], (
        (pk, community.pk, "grid", f"bench-{pk}", {}, f"{community.path}{pk}.", "990000") for pk in ids
    ))  # fmt: skip
    shapes = [(a.pk, a.path, a.level, box(X0, Y0, SIDE * STEP, SIDE * STEP)) for a in chain]
    shapes += [
        (pk, f"{community.path}{pk}.", "grid", box(X0 + n % SIDE * STEP, Y0 + n // SIDE * STEP, STEP, STEP)) for n, pk in enumerate(ids)
    ]
    copy_rows("yw_geography_areashape", ["area_id", "area_path", "level", "shape"], shapes)
    copy_rows("yw_geography_unitgrid", ["area_id"], ((pk,) for pk in ids))
    copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], (
        (f"990000{n % 40 + 1:02d}001{n:06d}", f"{n % 40 + 1:02d}001", {"en": "asset"}, community.pk, community.path, point(*_point(rng)))
        for n in range(ASSETS)
    ))  # fmt: skip
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "point", "area_path"], (
        ("address", f"{ROADS[n % len(ROADS)]}{n // len(ROADS)}号", ROADS[n % len(ROADS)], point(*_point(rng)), community.path) for n in range(ADDRESSES)
    ))  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE yw_areas_area, yw_geography_areashape, yw_geography_asset, yw_geography_addresspoint")


def _point(rng: random.Random) -> tuple[float, float]:
    return round(X0 + rng.random() * SIDE * STEP, 7), round(Y0 + rng.random() * SIDE * STEP, 7)


def _times(call: Callable[[float, float], object], points: list[tuple[float, float]]) -> list[float]:
    found = []
    for lon, lat in points:
        start = time.perf_counter()
        call(lon, lat)
        found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


def main() -> None:
    django.setup()
    from django.db import connection, transaction

    from yiwang.kernel.geography import queries

    def nothing(_lon: float, _lat: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    with transaction.atomic():
        start = time.perf_counter()
        _build()
        print(f"built {ASSETS} assets, {SIDE * SIDE} grids, {ADDRESSES} addresses in {time.perf_counter() - start:.1f} s (COPY)")
        rng = random.Random(11)
        points = [_point(rng) for _ in range(POINTS)]
        base = statistics.median(_times(nothing, points))
        for name, call in {
            "place (chain, grid, asset, address)": queries.place,
            "place, nearest of one class": lambda lon, lat: queries.place(lon, lat, asset_class="07001"),
            "assets within 50 m": queries.assets_near,
            "address by words": lambda lon, lat: queries.place_by_address(f"{ROADS[int(lon * 1e7) % 200]}{int(lat * 1e7) % 40}号对面"),
            "address by likeness": lambda lon, lat: queries.place_by_address(f"{ROADS[int(lon * 1e7) % 200][:-1]}附近的口"),
        }.items():
            times = _times(call, points)
            half, most = times[len(times) // 2], times[int(len(times) * 0.95)]
            print(f"{name:38} p50 {half:6.2f} ms  p95 {most:6.2f} ms  = {half / base:5.1f} x SELECT 1 ({base:.2f} ms)")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
