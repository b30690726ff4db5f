"""Printed forms and plates for the sweeps: they lie in districts, and who enters or prints there sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.gis.geos import Point
from django.utils import timezone

from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.paper.models import PaperForm, Plate
from yiwang.kernel.paper.rules.serials import serial

NOT_IDS = {
    "p/<str:code>": "a plate's code is printed on the street for everybody",
}
NOT_LISTS = {
    "paper/": "the forms of the reader's areas; each is swept by its number", "plates/": "the plates of the reader's areas; each is swept by its code",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    """Make a report form and a plate in two districts, and one of each that has ended."""
    moment = timezone.now() - timedelta(hours=4)
    for number, (code, state) in enumerate((("371592", "printed"), ("371591", "printed"), ("371592", "void")), 1):
        path = world.areas[code].path
        PaperForm.objects.create(serial=serial(2026, 900000 + number), kind="report", area_path=path, matter="city.problem", batch=uuid7(),
                                 printed_at=moment, state=state)  # fmt: skip
        lon, lat = world.point(1, 1, district=code)
        Plate.objects.create(code=f"SWEEP{number}AA", label=f"村口{number}", area_path=path, point=Point(lon, lat, srid=4326), made_at=moment,
                             retired_at=moment if state == "void" else None)  # fmt: skip
    return {}


def kinds(made: Any) -> list[Kind]:
    forms = [Specimen(f"form {f.serial}", {"serial": f.serial}, lambda r, f=f: r.may("paper.enter", f.area_path), (f.serial,), f)
             for f in PaperForm.objects.filter(serial__startswith="P26-900").order_by("pk")]  # fmt: skip
    plates = [Specimen(f"plate {p.code}", {"code": p.code}, lambda r, p=p: p.retired_at is None and r.may("paper.plates", p.area_path), (p.code,), p)
              for p in Plate.objects.filter(code__startswith="SWEEP").order_by("pk")]  # fmt: skip
    lon, lat = made.world.point(1, 1)
    at = timezone.localtime(timezone.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")

    def report(_s: Specimen) -> dict[str, Any]:
        return {"text": "路面塌陷", "occurred_at": at, "lon": lon, "lat": lat, "class_code": "matter:06013", "uploaded": _sheet(made.world)}

    entered = lambda r, s: s.seen_by(r)  # noqa: E731
    return [
        Kind("paper form", ("paper/<str:serial>/",), forms, {"serial": serial(2026, 987654)}, {
            "paper:form": Write(report, "acceptor", forms[0].label),  # who may register calls
            "paper:close": Write(lambda s: {"void": "1"}, "shift_leader", forms[0].label, entered),
        }),
        Kind("plate", ("plates/<str:code>/",), plates, {"code": "NAUGHT22"}, {
            "paper:retire": Write(lambda s: {}, "shift_leader", plates[0].label, entered),
        }),
    ]  # fmt: skip


def _sheet(world: Any) -> str:
    from tests.walk import upload

    return str(upload(world.actor("acceptor"), "sheet"))
