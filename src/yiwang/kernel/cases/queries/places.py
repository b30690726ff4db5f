"""Where a case is, for rows of lists: its degrees as two numbers and its page's address, without a geometry and a resolver each."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import F, FloatField, Func
from django.urls import get_urlconf, reverse

_ANY = UUID(int=0)


class X(Func):
    """Degrees east of a point."""

    function = "ST_X"
    output_field = FloatField()


class Y(Func):
    """Degrees north of a point."""

    function = "ST_Y"
    output_field = FloatField()


def lonlat(path: str = "point") -> dict[str, Func]:
    """Return what a queryset annotates so that `lonlat_of` needs no point: ``rows.annotate(**lonlat())``."""
    return {"lon": X(F(path)), "lat": Y(F(path))}


def lonlat_of(case: Any, row: Any = None) -> tuple[float, float] | None:
    """Return longitude and latitude, of the annotations of the row (the case itself unless given) or of the point."""
    carrier = vars(case if row is None else row)
    if "lon" in carrier:
        return (carrier["lon"], carrier["lat"]) if carrier["lon"] is not None else None
    return (case.point.x, case.point.y) if case.point is not None else None


def case_url(case: Any) -> str:
    """Return the address of a case's page; every app names it `<app>:case`."""
    return _page(case.app, get_urlconf() or "").replace(str(_ANY), str(case.uid))


@lru_cache(maxsize=32)
def _page(app: str, urlconf: str) -> str:
    return reverse(f"{app}:case", args=[_ANY])
