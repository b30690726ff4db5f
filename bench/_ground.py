"""A ground full of components for benchmarks: points in a county of 40 by 33 km, denser towards its middle."""

from __future__ import annotations

import http.client
import random
from collections.abc import Iterator
from itertools import islice

WEST, SOUTH, EAST, NORTH = 115.80, 36.30, 116.25, 36.60
MIDDLE = ((WEST + EAST) / 2, (SOUTH + NORTH) / 2)


def place(rng: random.Random) -> tuple[float, float]:
    """Return a point; half of all lie in a town of 9 by 7 km in the middle."""
    share = 0.2 if rng.random() < 0.5 else 1.0
    x = MIDDLE[0] + (rng.random() - 0.5) * (EAST - WEST) * share
    y = MIDDLE[1] + (rng.random() - 0.5) * (NORTH - SOUTH) * share
    return round(x, 7), round(y, 7)


def grow(count: int) -> int:
    """Bring the table of components to `count` rows and give it statistics; return how many were added."""
    from django.db import connection

    from yiwang.kernel.areas.models import Area
    from yiwang.kernel.areas.services import add_area
    from yiwang.kernel.geography.loading import copy_rows, point
    from yiwang.kernel.geography.models import Asset

    have = Asset.objects.count()
    area = Area.objects.filter(level="community").order_by("pk").first() or Area.objects.order_by("-pk").first()
    if area is None:
        area = add_area(level="city", code="bench-city", name={"en": "City"}, region="990000", bounded=True)
    rng = random.Random(have)

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(have, count):
            class_code = f"{n % 40 + 1:02d}001"
            yield (f"{900000 + n // 1000000:06d}{class_code}{n % 1000000:06d}", class_code, {"zh-Hans": "部件", "en": "Component"},
                   area.pk, area.path, point(*place(rng)))  # fmt: skip

    columns, coming = ["code", "class_code", "name", "area_id", "area_path", "point"], rows()
    while some := list(islice(coming, 50_000)):  # each within the time that a statement of the platform may take
        copy_rows("yw_geography_asset", columns, some)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE yw_geography_asset")
    return max(0, count - have)


class Reader:
    """One kept connection that reads bytes."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = headers or {}

    def get(self, path: str, expected: int = 200, **headers: str) -> tuple[bytes, str]:
        """Return the body and the ETag."""
        try:
            self.connection.request("GET", path, None, {**self.headers, **headers})
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):  # kept too long without a request
            self.connection.close()
            self.connection.request("GET", path, None, {**self.headers, **headers})
            response = self.connection.getresponse()
        body = response.read()
        if response.status != expected:
            raise SystemExit(f"{path} answered {response.status}: {body[:300]!r}")
        return body, response.headers.get("ETag", "")
