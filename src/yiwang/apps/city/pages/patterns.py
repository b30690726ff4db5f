"""Where the same problem comes back, and when cases come: maps with the same facts as tables."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries import patterns
from yiwang.kernel.base import texts
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door

SPANS = (7, 30, 90)


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _point(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]}, "properties": properties}


@require_GET
@door("city.map.view")
def again(request: HttpRequest) -> HttpResponse:
    """GET /city/again/?after=: places where the same class was reported three times in thirty days."""
    rows, more = patterns.comes_back(actor_of(request), cursor=request.GET.get("after", ""))
    features = [
        _point(row.lon, row.lat, uid=f"{row.class_code}-{row.key}", label=f"{row.class_name} {row.times}", code=row.class_code, title=row.class_name,
               status=_("%(n)s times") % {"n": row.times}, address=row.address)
        for row in rows
    ]  # fmt: skip
    config = {"mode": "browse", "table": False, "layers": [{"id": "again", "label": _("Comes back"), "kind": "cases", "tone": "overdue", "data": _collection(features)}]}
    context: dict[str, object] = {
        "map": config, "rows": rows, "next": f"{reverse('city:again')}?{urlencode({'after': more})}" if more else "",
        "first": f"{reverse('city:again')}" if request.GET.get("after") else "", "times": patterns.TIMES, "days": patterns.DAYS, "metres": patterns.NEAR_M,
    }  # fmt: skip
    return render(request, "city/again.html", context)


@require_GET
@door("city.map.view")
def hours(request: HttpRequest) -> HttpResponse:
    """GET /city/hours/?days=30&from=7&to=9: a map of how many cases were reported where, by the hour of the day."""
    days = texts.whole(request.GET.get("days", "30"))
    days = days if days in SPANS else 30
    first, last = (_hour(request.GET.get(name, usual)) for name, usual in (("from", "0"), ("to", "24")))
    first = 0 if first is None or first > 23 else first
    last = 24 if last is None or last > 24 or last == first else last
    found = patterns.by_hour(actor_of(request), days=days, first=first, last=last)
    data = _collection([_point(x, y, count=count) for x, y, count in found.cells])
    config = {
        "mode": "browse", "table": False,
        "layers": [
            {"id": "heat", "label": _("Density"), "kind": "heat", "data": data},
            {"id": "counts", "label": _("Counts"), "kind": "points", "data": data, "visible": False},
        ],
    }  # fmt: skip
    most = max(found.counts) or 1
    rows = [
        {"hour": hour, "count": count, "share": round(100 * count / most), "url": "?" + urlencode({"days": days, "from": hour, "to": hour + 1}),
         "chosen": last - first != 24 and (first <= hour < last if first < last else hour >= first or hour < last)}
        for hour, count in enumerate(found.counts)
    ]  # fmt: skip
    context: dict[str, object] = {"map": config, "rows": rows, "days": days, "spans": SPANS, "first": first, "last": last, "total": found.total,
                                  "from_hours": range(24), "to_hours": range(1, 25)}  # fmt: skip
    return render(request, "city/hours.html", context)


def _hour(text: str) -> int | None:
    return texts.whole(text)
