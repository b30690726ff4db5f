"""What words to a point cost, and how often they are right (地理编码).

    python -m bench.geocode [--addresses 200000] [--batch 10000] [--skip-speed | --skip-hits]

Speed: a made city with so many addresses in a transaction that is rolled back; one address at a time and a batch, beside
a plain trigram search over the same names. No statistics are taken: a fresh database has none.
Hits: the sample county, each place written wrong in known ways; a tenth of the plates is hidden from the database and
asked for, to see what guessing between numbers is worth. A hit lies within 50 m of the truth and is enough to send somebody.
"""

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import django

from bench._noise import Place, Said, homophone, variants

HIT_M = 50.0
RAW = """
CREATE TEMP TABLE raw_address (name text NOT NULL, at geometry NOT NULL) ON COMMIT DROP;
INSERT INTO raw_address SELECT name, point FROM yw_geography_addresspoint;
CREATE INDEX ON raw_address USING gin (name gin_trgm_ops);
ANALYZE raw_address;
"""
RAW_ASK = "SELECT name, ST_X(at), ST_Y(at) FROM raw_address WHERE name %% %s ORDER BY similarity(name, %s) DESC, name LIMIT 8"
FIRST_WORDS, SECOND_WORDS = "东西南北中新古长云望朝听柳麦清文育建站滨兴和青胜光松银荷凤龙花崇明海丰团工科体", "昌门湖霞河岸桥香铺陌槐源才设前业平年利岳升林杏台泉园文德棠收结"


def _city(addresses: int) -> list[Place]:
    """Load roads, plates, crossings and landmarks: four fifths plates, one fortieth crossings."""
    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.geography.loading import copy_rows, point

    rng = random.Random(7)
    city = add_area(level="city", code="bench-city", name={"zh-Hans": "云城市"}, region="990000")
    names = [a + b + c for a, b in product(FIRST_WORDS, SECOND_WORDS) for c in ("路", "街")]
    rng.shuffle(names)
    roads = names[: max(20, addresses // 130)]
    places: list[Place] = []
    spots = {road: (115.8 + rng.random() * 0.4, 36.3 + rng.random() * 0.4) for road in roads}
    for n in range(addresses * 4 // 5):
        road, number = roads[n % len(roads)], 2 * (n // len(roads)) + 1 + n % 2
        lon, lat = spots[road][0] + number * 0.00007, spots[road][1] + (number % 2) * 0.0003
        places.append(Place("address", f"{road}{number}号", road, number, "", lon, lat))
    for _ in range(addresses // 40):
        one, other = rng.sample(roads, 2)
        places.append(Place("crossing", f"{one}与{other}路口", one, 0, other, spots[one][0], spots[other][1]))
    kinds = ("超市", "小学", "医院", "公园", "饭店", "药店", "加油站", "幼儿园", "商场", "小区", "大厦", "停车场")
    while len(places) < addresses:
        name = f"{rng.choice(FIRST_WORDS)}{rng.choice(SECOND_WORDS)}{rng.choice(FIRST_WORDS)}{rng.choice(SECOND_WORDS)}{rng.choice(kinds)}"
        places.append(Place("poi", name, rng.choice(roads), 0, "", 115.8 + rng.random() * 0.4, 36.3 + rng.random() * 0.4))
    copy_rows("yw_geography_road", ["name", "area_path"], ((road, city.path) for road in roads))
    for start in range(0, len(places), 20_000):  # as an import does: no statement longer than half a minute
        copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "point", "area_path"], (
            (p.kind, p.name, p.road, f"{p.number}号" if p.number else "", point(p.lon, p.lat), city.path) for p in places[start : start + 20_000]
        ))  # fmt: skip
    return places


def _asked(places: Sequence[Place], count: int) -> list[str]:
    rng = random.Random(11)
    texts = []
    while len(texts) < count:
        made = [s.text for s in variants(rng.choice(places), rng) if s.text]
        texts.append(rng.choice([*made, f"{homophone('不在此城路', rng)}{rng.randint(1, 99)}号"]))
    return texts


def _timed(call: Callable[[str], Any], texts: Iterable[str]) -> tuple[float, float]:
    took = []
    for text in texts:
        start = time.perf_counter()
        call(text)
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.95)]


def _raw(text: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(RAW_ASK, [text, text])
        return cursor.fetchall()


def speed(addresses: int, batch: int, count: int) -> None:
    from django.db import connection

    from yiwang.kernel.geography import queries

    start = time.perf_counter()
    places = _city(addresses)
    print(f"{len(places):,} addresses loaded and indexed in {time.perf_counter() - start:.1f} s (COPY, triggers)")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(RAW)
    texts = _asked(places, count)
    queries.place_by_address(texts[0])
    for name, call in (("geocoding", queries.place_by_address), ("raw trigram", _raw)):
        half, most = _timed(call, texts)
        print(f"one address, {name:12} p50 {half:7.2f} ms  p95 {most:7.2f} ms  (promise: p95 under 30 ms)")
    many = _asked(places, batch)
    start = time.perf_counter()
    found = queries.geocode(many, limit=1)
    took = time.perf_counter() - start
    print(f"batch of {batch:,}: {took:.1f} s, {batch / took:,.0f} a second, {sum(bool(f) for f in found):,} found  (promise: 10,000 under 60 s)")
    start = time.perf_counter()
    for text in many[:500]:
        _raw(text)
    print(f"the same by raw trigram, from 500: {(time.perf_counter() - start) * batch / 500:.1f} s")


def _county() -> tuple[list[Place], list[Place]]:
    """Load the sample county's areas, roads and addresses; return known places and hidden plates."""
    from datetime import date

    from sample.land import build as build_land
    from sample.loading.ground import Known, _areas
    from sample.spec import SIZES, Spec
    from sample.streets import build as build_streets
    from yiwang.kernel.geography.loading import copy_rows, point

    spec = Spec(SIZES["county"], date(2026, 7, 1))
    land = build_land(spec)
    streets = build_streets(spec, land)
    known = Known()
    known.calendar = ""
    _areas(spec, land, known)
    areas = {a.code: a for a in land.areas}
    rng = random.Random(3)

    def chain(code: str) -> str:
        words = ""
        while code:
            if areas[code].level in ("city", "district", "street"):
                words = areas[code].name_zh + words
            code = areas[code].parent
        return words

    kept, hidden = [], []
    for row in streets.places:
        number = int(row.number.rstrip("号") or 0)
        other = row.name.removesuffix("路口").split("与")[1] if row.kind == "crossing" else ""
        place = Place(row.kind, row.name, row.road, number, other, *row.point, chain(land.grid_of[row.cell]))
        (hidden if row.kind == "address" and rng.random() < 0.1 else kept).append((row, place))
    copy_rows("yw_geography_road", ["name", "line", "area_path"], (
        (r.name, "SRID=4326;MULTILINESTRING(" + ", ".join("(" + ", ".join(f"{x!r} {y!r}" for x, y in line) + ")" for line in r.lines) + ")",
         known.areas[land.areas[0].code][1]) for r in streets.roads
    ))  # fmt: skip
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "aliases", "point", "area_path"], (
        (r.kind, r.name, r.road, r.number, r.aliases, point(*r.point), known.areas[land.grid_of[r.cell]][1]) for r, _ in kept
    ))  # fmt: skip
    return [p for _, p in kept], [p for _, p in hidden]


def hits(each: int) -> None:
    from django.db import connection

    from yiwang.kernel.geography import queries
    from yiwang.kernel.geography.rules.addresses.bearings import metres_between

    places, hidden = _county()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(RAW)
    rng = random.Random(5)
    said: list[Said] = []
    for kind in ("address", "crossing", "poi"):
        of_kind = [p for p in places if p.kind == kind]
        for place in rng.sample(of_kind, min(each, len(of_kind))):
            said += [s for s in variants(place, rng) if s.text]
    said += [Said("plate not in the database", p.name, p.lon, p.lat, p) for p in rng.sample(hidden, min(each, len(hidden)))]
    answers = queries.geocode([s.text for s in said], limit=3)
    told: dict[tuple[str, str], list[tuple[float | None, bool]]] = defaultdict(list)
    for s, found in zip(said, answers, strict=True):
        best = found[0] if found and found[0].is_enough else None
        metres = metres_between(best.lon, best.lat, s.lon, s.lat) if best else None
        raw = _raw(s.text)
        told[s.place.kind, s.noise].append((metres, bool(raw) and metres_between(raw[0][1], raw[0][2], s.lon, s.lat) <= HIT_M))
    print(f"{len(places):,} places of the sample county, {len(hidden):,} plates hidden; a hit is within {HIT_M:.0f} m")
    print("| place | said | texts | hit | far off | not found | error p50, p95 m | hit by trigram |")
    print("|---|---|---|---|---|---|---|---|")
    for (kind, noise), rows in told.items():
        far = sorted(m for m, _ in rows if m is not None)
        hit = sum(m <= HIT_M for m in far)
        error = f"{statistics.median(far):.0f}, {far[int(len(far) * 0.95)]:.0f}" if far else "–"
        share = [f"{100 * n / len(rows):.1f} %" for n in (hit, len(far) - hit, len(rows) - len(far), sum(r for _, r in rows))]
        print(f"| {kind} | {noise} | {len(rows)} | {share[0]} | {share[1]} | {share[2]} | {error} | {share[3]} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addresses", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--skip-speed", action="store_true")
    parser.add_argument("--skip-hits", action="store_true")
    args = parser.parse_args()
    django.setup()
    from django.db import transaction

    for part, skipped in ((lambda: hits(args.each), args.skip_hits), (lambda: speed(args.addresses, args.batch, args.count), args.skip_speed)):
        if not skipped:
            with transaction.atomic():
                part()
                transaction.set_rollback(True)


if __name__ == "__main__":
    main()
