"""One inspector's ground for the phone's benchmark: 60,000 components in his grids, with roads and door plates, in a made town."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

WEST, SOUTH, ACROSS, UP = 115.995, 36.425, 0.060, 0.041  # 5.4 by 4.5 km
COLUMNS, ROWS = 36, 30  # unit grids of 150 m
MIDDLE = (WEST + ACROSS / 2, SOUTH + UP / 2)
CLASSES = ("01001", "01002", "01012", "01021", "02007", "02010", "03006", "04001", "05006", "01034")


def make(components: int) -> str:
    """Make the ground for the made world's inspector in an empty database (or find it there); returns his session cookie's value."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from tests.world import build
    from yiwang.kernel.geography.models import Asset, GridInspector

    if Asset.objects.count() < components:
        world = build(two_level=False)
        street = world.areas["371592001"]
        _grids(street, world.account("inspector"))
        _lines(street)
        _components(street, components)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    client = Client()
    client.force_login(GridInspector.objects.select_related("account").order_by("-pk")[0].account)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _box(x: float, y: float, width: float, height: float) -> str:
    from yiwang.kernel.geography.loading import polygon

    left, low, right, top = (round(v, 6) for v in (x, y, x + width, y + height))
    return polygon([(left, low), (right, low), (right, top), (left, top)])


def _grids(street: Any, account: Any) -> None:
    from yiwang.kernel.areas.models import Area
    from yiwang.kernel.geography.loading import copy_rows
    from yiwang.kernel.geography.models import AreaShape, GridInspector, ResponsibilityGrid, UnitGrid

    def add(level: str, code: str, name: str, parent: Any) -> Any:
        area = Area(level=level, code=code, name={"zh-Hans": name, "en": name}, parent=parent, region=code[:6], path="-" + code)
        area.save()
        area.path = f"{parent.path}{area.pk}."
        area.save(update_fields=["path"])
        return area

    community = add("community", "371592001900", "广场社区", street)
    shapes = [(community.pk, community.path, "community", _box(WEST, SOUTH, ACROSS, UP))]
    cells = []
    for n in range(COLUMNS * ROWS):
        cell = add("grid", f"371592001900{n:04d}", f"广场{n + 1}号单元网格", community)
        cells.append(cell)
        x, y = WEST + n % COLUMNS * ACROSS / COLUMNS, SOUTH + n // COLUMNS * UP / ROWS
        shapes.append((cell.pk, cell.path, "grid", _box(x, y, ACROSS / COLUMNS, UP / ROWS)))
    copy_rows(AreaShape._meta.db_table, ["area_id", "area_path", "level", "shape"], shapes)
    halves = [(f"371592Z9{n:03d}", {"zh-Hans": f"广场第{n + 1}责任网格", "en": f"Square {n + 1}"}, street.pk, street.path,
               _box(WEST, SOUTH + n * UP / 5, ACROSS, UP / 5)) for n in range(5)]  # fmt: skip
    copy_rows(ResponsibilityGrid._meta.db_table, ["code", "name", "area_id", "area_path", "shape"], halves)
    grids = list(ResponsibilityGrid.objects.filter(code__startswith="371592Z9").order_by("code"))
    rows = len(cells) // len(grids)
    UnitGrid.objects.bulk_create([UnitGrid(area=cell, responsibility_grid=grids[n // rows]) for n, cell in enumerate(cells)])
    GridInspector.objects.bulk_create([GridInspector(account=account, grid=grid) for grid in grids])


def _lines(street: Any) -> None:
    from yiwang.kernel.geography.loading import copy_rows, point
    from yiwang.kernel.geography.models import AddressPoint, Road

    def line(a: tuple[float, float], b: tuple[float, float]) -> str:
        return f"SRID=4326;MULTILINESTRING(({a[0]:.6f} {a[1]:.6f}, {b[0]:.6f} {b[1]:.6f}))"

    across = [(f"东西{n + 1}路", line((WEST, SOUTH + n * UP / 20), (WEST + ACROSS, SOUTH + n * UP / 20))) for n in range(21)]
    along = [(f"南北{n + 1}街", line((WEST + n * ACROSS / 24, SOUTH), (WEST + n * ACROSS / 24, SOUTH + UP))) for n in range(25)]
    roads = [(name, street.pk, street.path, shape) for name, shape in across + along]
    copy_rows(Road._meta.db_table, ["name", "area_id", "area_path", "line"], roads)
    rng = random.Random(6)
    plates = [("address", f"{road[0]}{n * 2 + 1}号", road[0], f"{n * 2 + 1}号", point(*_place(rng)), street.path) for road in roads for n in range(100)]
    copy_rows(AddressPoint._meta.db_table, ["kind", "name", "road", "number", "point", "area_path"], plates)


def _place(rng: random.Random) -> tuple[float, float]:
    """Return a place; two thirds lie along a street, as lamps and covers do."""
    x, y = rng.random(), rng.random()
    kind = rng.random()
    if kind < 0.33:
        y = min(max(round(y * 20) / 20 + rng.gauss(0, 0.002), 0), 1)
    elif kind < 0.66:
        x = min(max(round(x * 24) / 24 + rng.gauss(0, 0.002), 0), 1)
    return round(WEST + x * ACROSS, 7), round(SOUTH + y * UP, 7)


def _components(street: Any, count: int) -> None:
    from yiwang.kernel.geography.loading import copy_rows, point

    rng = random.Random(7)

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            code = CLASSES[n % len(CLASSES)]
            yield (f"371592{code}{n:06d}", code, {"zh-Hans": f"部件{n}", "en": f"Component {n}"}, street.pk, street.path, point(*_place(rng)))

    coming = rows()
    while some := list(islice(coming, 30_000)):
        copy_rows("yw_geography_asset", ["code", "class_code", "name", "area_id", "area_path", "point"], some)
