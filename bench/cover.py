"""Patrol cover of a county of 20,000 responsibility grids: keeping a day at night, then the pages of that day and its week.

    ./dev bench --sample small cover            (python -m bench.cover [GRIDS [WALKED]])

Some grids are walked to the full yesterday, up and down in lanes of 60 m with a position every 20 m. Pages are asked for inside the process, as a
leader of the whole county. Wanted: a page in under 300 ms; that it asks as often as for two grids is held by a test.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import django

SIDE, WEST, SOUTH, LANE, STEP = 0.005, 115.0, 36.0, 0.00054, 0.00018
CALLS, SHOWN, ROUND = 20, 20, 30


def _grids(count: int) -> list[int]:
    from django.contrib.gis.geos import MultiPolygon, Polygon

    from yiwang.kernel.areas.models import Area
    from yiwang.kernel.geography.models import ResponsibilityGrid

    street = Area.objects.filter(level="street").order_by("pk")[0]
    across = 160
    rows = ResponsibilityGrid.objects.bulk_create(
        (
            ResponsibilityGrid(
                code=f"{street.code[:6]}Z{n:05d}", name={"zh-Hans": f"{n}号"}, area=street, area_path=street.path,
                shape=MultiPolygon(Polygon.from_bbox((x, y, x + SIDE, y + SIDE)), srid=4326),
            )
            for n in range(count) for x, y in [(WEST + n % across * SIDE, SOUTH + n // across * SIDE)]
        ), batch_size=2000,
    )  # fmt: skip
    return [r.pk for r in rows]


def _lanes(west: float, south: float) -> Iterator[tuple[float, float]]:
    lanes = int(SIDE / LANE) + 1
    for lane in range(lanes):
        points = [(west + n * STEP, south + lane * LANE) for n in range(int(SIDE / STEP) + 1)]
        yield from points if lane % 2 == 0 else reversed(points)


def _walk(grids: list[int], begin: datetime) -> int:
    """Sign somebody in for each grid and let him walk all of it; returns how many positions that are."""
    from django.conf import settings

    from yiwang.apps.city.models import FieldMark, Position
    from yiwang.kernel.base.uid import uuid7
    from yiwang.kernel.geography.models import ResponsibilityGrid

    count = 0
    for grid in ResponsibilityGrid.objects.filter(pk__in=grids):
        shift, base = uuid7(), {"region": str(settings.REGION), "account_id": 1}
        FieldMark(**base, recorded_at=begin, uid=shift, kind="in", shift_uid=shift, grid_id=grid.pk, area_path=grid.area_path, occurred_at=begin, said_at=begin).save(force_insert=True)
        west, south, _east, _north = grid.shape.extent
        fixes = [
            Position(**base, recorded_at=begin + timedelta(hours=9), uid=uuid7(), shift_uid=shift, occurred_at=begin + timedelta(seconds=15 * n), lon=lon, lat=lat, accuracy_m=6.0)
            for n, (lon, lat) in enumerate(_lanes(west, south))
        ]  # fmt: skip
        Position.objects.bulk_create(fixes, batch_size=2000)
        count += len(fixes)
    return count


def _timed(calls: int, call: Callable[[], object]) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds."""
    spent = []
    for _n in range(calls):
        began = time.perf_counter()
        call()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent), statistics.quantiles(spent, n=20)[18]


def main(grids: int = 20_000, walked: int = 1_000) -> None:
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import setup_test_environment
    from django.utils import timezone

    from yiwang.apps.city.queries.field import cover
    from yiwang.apps.city.services import field
    from yiwang.kernel.audit.services import ensure_partitions
    from yiwang.kernel.base.clock import now
    from yiwang.kernel.identity.models import Account

    setup_test_environment()
    yesterday = timezone.localdate(now()) - timedelta(days=1)
    begin, end = cover.day_span(yesterday)
    ensure_partitions(yesterday, yesterday + timedelta(days=2), ["city_fieldmark", "city_position", "city_nofixspan"])
    began = time.perf_counter()
    made = _grids(grids)
    positions = _walk(made[:walked], begin + timedelta(hours=8))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE city_position, city_fieldmark, yw_geography_responsibilitygrid")
    print(f"{grids} grids, {walked} of them walked to the full, {positions} positions, made in {time.perf_counter() - began:.0f} s")
    half, most = _timed(5, lambda: cover.of_grids(made[:ROUND], begin, end))
    print(f"computing {ROUND} grids walked to the full   p50 {half:7.1f} ms  p95 {most:7.1f} ms")
    began = time.perf_counter()
    written = field.keep_cover()
    spent = time.perf_counter() - began
    print(f"the night's job, first run: {sum(written.values())} grids and days kept in {spent:.0f} s = {1000 * spent / max(1, sum(written.values())):.2f} ms each")
    began = time.perf_counter()
    again = field.keep_cover()
    print(f"the night's job again, nothing told late: {sum(again.values())} kept in {time.perf_counter() - began:.1f} s")
    person = Account.objects.filter(holdings__post__role__code="leader", is_active=True).order_by("pk")[0]
    client = Client()
    client.force_login(person)
    _walk(made[:SHOWN], end)
    pages = {"an ended day": f"/city/patrols/?day={yesterday}", "a week": f"/city/patrols/?span=week&day={yesterday}", "today, all walked": "/city/patrols/"}
    for name, path in pages.items():
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
        half, most = _timed(CALLS, lambda path=path: client.get(path))  # type: ignore[misc]
        print(f"page of {name}, {SHOWN} of {grids} grids: p50 {half:7.1f} ms  p95 {most:7.1f} ms")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
