"""What finding a place costs: a made county in a transaction that is rolled back, beside the same facts as raw PostGIS joins.

    ./dev bench --sample none place_lookup            (python -m bench.place_lookup [--grids 20000] [--assets 60000 1000000] [--batch 100000])

One point at a time: area chain, unit grid, responsibility grid, nearest component and address, in milliseconds and as a
ratio to the cheapest round trip (`SELECT 1`) on the same connection; wanted: p95 under 5 ms. Many points: one statement of
ours beside one raw join that gives the keys of grid, responsibility grid and nearest component, by turns; wanted: at most
1.5 x. Components lie denser in the middle, as in a town.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import islice

import django

STEP, X0, Y0 = 0.001, 115.95, 36.42
ADDRESSES, POINTS, TURNS = 10_000, 400, 3
PER_RESPONSIBILITY = 25
ROADS = [f"{a}{b}{c}路" for a in "东西南北中" for b in "昌柳兴花运河湖光" for c in "园府阳华安"]
_RAW = """
SELECT p.n, g.area_id, u.responsibility_grid_id, near.id
FROM (SELECT n, ST_SetSRID(ST_MakePoint(x, y), 4326) AS at FROM unnest(%(lons)s::float8[], %(lats)s::float8[]) WITH ORDINALITY AS t(x, y, n)) AS p
LEFT JOIN yw_geography_areashape g ON g.level = 'grid' AND ST_Covers(g.shape, p.at)
LEFT JOIN yw_geography_unitgrid u ON u.area_id = g.area_id
LEFT JOIN LATERAL (SELECT id FROM yw_geography_asset WHERE status NOT IN ('removed', 'abandoned') ORDER BY point <-> p.at LIMIT 1) AS near ON TRUE
ORDER BY p.n"""


class County:
    """Unit grids in a square, a responsibility grid for every 25 of them, components and addresses."""

    def __init__(self, grids: int) -> None:
        self.side = round(grids**0.5)
        self.rng = random.Random(7)
        self.assets = 0

    def point(self, rng: random.Random) -> tuple[float, float]:
        share = 0.2 if rng.random() < 0.5 else 1.0
        width = self.side * STEP
        return round(X0 + width * (0.5 + (rng.random() - 0.5) * share), 7), round(Y0 + width * (0.5 + (rng.random() - 0.5) * share), 7)

    def build(self) -> None:
        from django.db import connection

        from yiwang.kernel.areas.services import add_area
        from yiwang.kernel.geography.loading import copy_rows, point, polygon, reserve_ids
        from yiwang.kernel.geography.models import ResponsibilityGrid

        def box(x: float, y: float, w: float, h: float) -> str:
            return polygon([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])

        chain = [add_area(level="city", code="bench-city", name={"en": "City"}, region="990000", bounded=True)]
        for level in ("district", "street", "community"):
            chain.append(add_area(level=level, code=f"bench-{level}", name={"en": level}, parent=chain[-1]))
        self.community, side, total = chain[-1], self.side, self.side**2
        ids = reserve_ids("yw_areas_area", total)
        copy_rows("yw_areas_area", ["id", "parent_id", "level", "code", "name", "path", "region"], (
            (pk, self.community.pk, "grid", f"bench-{pk}", {}, f"{self.community.path}{pk}.", "990000") for pk in ids
        ))  # fmt: skip
        shapes = [(a.pk, a.path, a.level, box(X0, Y0, side * STEP, side * STEP)) for a in chain]
        shapes += [
            (pk, f"{self.community.path}{pk}.", "grid", box(X0 + n % side * STEP, Y0 + n // side * STEP, STEP, STEP)) for n, pk in enumerate(ids)
        ]
        copy_rows("yw_geography_areashape", ["area_id", "area_path", "level", "shape"], shapes)
        held = ResponsibilityGrid.objects.bulk_create([
            ResponsibilityGrid(code=f"990000Z{n:05d}", area=chain[2], area_path=chain[2].path) for n in range(total // PER_RESPONSIBILITY + 1)
        ])
        copy_rows("yw_geography_unitgrid", ["area_id", "responsibility_grid_id"], ((pk, held[n // PER_RESPONSIBILITY].pk) for n, pk in enumerate(ids)))
        copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "point", "area_path"], (
            ("address", f"{ROADS[n % len(ROADS)]}{n // len(ROADS)}号", ROADS[n % len(ROADS)], point(*self.point(self.rng)), self.community.path)
            for n in range(ADDRESSES)
        ))  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE yw_areas_area, yw_geography_areashape, yw_geography_unitgrid, yw_geography_responsibilitygrid, yw_geography_addresspoint")

    def grow(self, assets: int) -> None:
        from django.db import connection

        from yiwang.kernel.geography.loading import copy_rows, point

        def rows() -> Iterator[tuple[object, ...]]:
            for n in range(self.assets, assets):
                class_code = f"{n % 40 + 1:02d}001"
                yield (f"{990000 + n // 1000000:06d}{class_code}{n % 1000000:06d}", class_code, {"en": "asset"},
                       self.community.pk, self.community.path, point(*self.point(self.rng)))  # fmt: skip

        coming = rows()
        while some := list(islice(coming, 50_000)):
            copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], some)
        self.assets = assets
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE yw_geography_asset")


def _times(call: Callable[[float, float], object], points: list[tuple[float, float]]) -> list[float]:
    found = []
    for lon, lat in points:
        start = time.perf_counter()
        call(lon, lat)
        found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


def _nothing(_lon: float, _lat: float) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def one_by_one(county: County) -> None:
    from yiwang.kernel.geography import queries

    rng = random.Random(11)
    points = [county.point(rng) for _ in range(POINTS)]
    _times(queries.place, points[:20])
    base = statistics.median(_times(_nothing, points))
    for name, call in {
        "place (chain, grids, asset, address)": queries.place,
        "place, nearest of one class": lambda lon, lat: queries.place(lon, lat, asset_class="07001"),
        "assets within 50 m": queries.assets_near,
        "address by words": lambda lon, lat: queries.place_by_address(f"{ROADS[int(lon * 1e7) % 200]}{int(lat * 1e7) % 40}号对面"),
        "address by likeness": lambda lon, lat: queries.place_by_address(f"{ROADS[int(lon * 1e7) % 200][:-1]}附近的口"),
    }.items():
        times = _times(call, points)
        half, most = times[len(times) // 2], times[int(len(times) * 0.95)]
        print(f"  {name:38} p50 {half:6.2f} ms  p95 {most:6.2f} ms  = {half / base:5.1f} x SELECT 1 ({base:.2f} ms)", flush=True)


def together(county: County, count: int) -> None:
    """Many points in one statement: the keys have to be the same, then each side's best of some turns is told."""
    from django.db import connection

    from yiwang.kernel.geography.queries.places import places

    rng = random.Random(13)
    points = [county.point(rng) for _ in range(count)]
    spent: dict[str, list[float]] = {"ours": [], "raw": []}
    for turn in range(TURNS):
        found: dict[str, list[int]] = {}
        for name in ("ours", "raw") if turn % 2 else ("raw", "ours"):
            began = time.perf_counter()
            if name == "ours":
                found[name] = [row.nearest_asset_id for row in places(points)]
            else:
                with connection.cursor() as cursor:
                    cursor.execute(_RAW, {"lons": [p[0] for p in points], "lats": [p[1] for p in points]})
                    found[name] = [row[3] for row in cursor.fetchall()]
            spent[name].append(time.perf_counter() - began)
        if len(found["raw"]) < count or len(found["ours"]) != count:
            raise SystemExit(f"asked {count}, answered {[len(v) for v in found.values()]}")
    ours, raw = min(spent["ours"]), min(spent["raw"])
    print(f"  {count:,} points in one statement: ours {ours:.1f} s, raw join {raw:.1f} s = {ours / raw:.2f} x (wanted: 1.5 x)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grids", type=int, default=20_000)
    parser.add_argument("--assets", type=int, nargs="+", default=[60_000, 1_000_000])
    parser.add_argument("--batch", type=int, default=100_000)
    options = parser.parse_args()
    django.setup()
    from django.db import connection, transaction

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        county = County(options.grids)
        county.build()
        for assets in sorted(options.assets):
            began = time.perf_counter()
            county.grow(assets)
            print(f"{assets:,} components, {county.side**2:,} unit grids, {ADDRESSES:,} addresses ({time.perf_counter() - began:.0f} s to grow)", flush=True)
            one_by_one(county)
            together(county, options.batch)
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
