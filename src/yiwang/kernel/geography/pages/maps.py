"""The map of everything that the reader may see, and the page that prints it."""

import math
from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates, registry
from yiwang.kernel.base.rendering import render
from yiwang.kernel.geography.queries import catalogue
from yiwang.kernel.geography.rules.points import PointError, checked_point
from yiwang.kernel.identity.doors import door


def _view(request: HttpRequest) -> dict[str, object]:
    """Return where the map opens: `lon`, `lat`, `zoom` and the layers that are on, when the address says so."""
    found: dict[str, object] = {}
    try:
        found["centre"] = checked_point(request.GET.get("lon"), request.GET.get("lat"))
        zoom = float(request.GET.get("zoom", "15"))
        found["zoom"] = min(20.0, max(3.0, zoom)) if math.isfinite(zoom) else 15.0
    except (PointError, ValueError):
        found.pop("zoom", None)
    if on := request.GET.get("on"):
        found["on"] = on[:1000].split(",")
    return found


@require_GET
@door("geography.map.view", limit=rates.OPEN_PAGE)
def whole(request: HttpRequest) -> HttpResponse:
    """GET /map/?lon=&lat=&zoom=&on=layer,layer: the map with its layers, tools, and the same facts as a table."""
    config = {"mode": "browse", "tools": reverse("map_layers"), "print": reverse("map_print"), **_view(request)}
    pages = [one for manifest in registry.manifests().values() for one in manifest.map_pages if request.actor.may_anywhere(one.permission)]  # type: ignore[attr-defined]
    return render(request, "geography/map.html", {"map": config, "pages": [{"url": reverse(one.url_name), "label": one.label, "icon": one.icon} for one in pages]})


@require_GET
@door("geography.map.view", limit=rates.OPEN_PAGE)
def sheet(request: HttpRequest) -> HttpResponse:
    """GET /map/print/?lon=&lat=&zoom=&on=&title=: one sheet with scale, north, legend and review number; the browser makes the PDF."""
    view = _view(request)
    config = {"mode": "browse", "tools": reverse("map_layers"), "paper": True, "table": False, **view}
    on = set(view.get("on", ()))  # type: ignore[call-overload]
    layers = [one for one in catalogue.readable(request.actor) if one.code in on or (not on and one.shown)]  # type: ignore[attr-defined]
    numbers = dict.fromkeys(n for n in (settings.MAP_REVIEW_NUMBER, *(one.review_number for one in layers)) if n)
    context: dict[str, object] = {
        "map": config, "layers": layers, "title": request.GET.get("title", "").replace("\0", "")[:80], "today": date.today(),
        "numbers": list(numbers), "back": f"{reverse('map_whole')}?{request.GET.urlencode()}", "credit": settings.MAP_TILE_CREDIT,
    }  # fmt: skip
    return render(request, "geography/map_sheet.html", context)
