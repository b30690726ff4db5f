"""Paper forms and plates for the sweeps: a sheet is of its area's clerks, a plate's code is printed on a pole for everybody."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Specimen, Write
from tests.world import DIRECT, TWO_LEVEL
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.paper.models import PaperForm, Plate
from yiwang.kernel.paper.rules.serials import serial

NOT_LISTS = {"plates/": "plates of the reader's areas; their codes hang on poles for everybody"}


def fill(world: Any) -> dict[str, Any]:
    now = timezone.now()
    for number, district in enumerate((DIRECT, TWO_LEVEL), 1):
        area = world.areas[f"{district}001001"]
        PaperForm.objects.create(serial=serial(2026, number), kind="report", matter="city.problem", area_path=area.path, batch=uuid7(), printed_at=now)
        lon, lat = world.point(2, 2, district=district)
        Plate.objects.create(code=f"22334{number + 4}{number + 4}A", label=f"牌 {district}", area_path=area.path, point=Point(lon, lat, srid=4326), made_at=now)
    return {}


def within(reader: Reader, permission: str, area_path: str) -> bool:
    """Bound to an organisation is not enough: sheets and plates belong to places."""
    return any(not org and area_path.startswith(area) for area, org in reader.places(permission))


def kinds(made: Any) -> list[Kind]:
    forms = [Specimen(f"sheet {f.serial}", {"serial": f.serial}, lambda r, f=f: within(r, "paper.enter", f.area_path), (f.serial,), f)
             for f in PaperForm.objects.order_by("pk")]  # fmt: skip
    plates = [Specimen(f"plate {p.code}", {"code": p.code}, lambda r, p=p: within(r, "paper.plates", p.area_path), (), p) for p in Plate.objects.order_by("pk")]
    scanned = [Specimen(s.label, s.values, lambda r: True) for s in plates]
    clerk, east = serial(2026, 1), plates[0].label
    owner = lambda r, s: s.seen_by(r)  # noqa: E731
    return [
        Kind("paper form", ("paper/<str:serial>/",), forms, {"serial": serial(2026, 999)}, {
            "paper:form": Write(lambda s: {}, "shift_leader", clerk, owner),
            "paper:close": Write(lambda s: {"void": "1"}, "shift_leader", clerk, owner),
        }),
        Kind("plate", ("plates/<str:code>/",), plates, {"code": "ZZZZZZZZ"}, {"paper:retire": Write(lambda s: {}, "shift_leader", east, owner)}),
        Kind("plate to scan", ("p/<str:code>",), scanned, {"code": "ZZZZZZZZ"}),
    ]  # fmt: skip
