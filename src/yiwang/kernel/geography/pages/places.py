"""Doors of the map: layers as GeoJSON, a point's facts, and address search."""

import re
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates, registry
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.base.registry import MapLayer
from yiwang.kernel.geography import queries
from yiwang.kernel.geography.queries.places import address_text
from yiwang.kernel.geography.rules.points import PointError, parse_bbox, parse_zoom
from yiwang.kernel.identity.doors import door

_FILTER = re.compile(r"^[a-z][a-z_]{0,30}$")
_OWN = {"bbox", "zoom", "actor"}


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def find_layer(code: str) -> MapLayer:
    for manifest in registry.manifests().values():
        for layer in manifest.map_layers:
            if layer.code == code:
                return layer
    raise NotFound(what="layer")


@require_GET
@door(public=True, limit=rates.OPEN_DATA)  # each layer names its own permission; borders are for everybody
def layer(request: HttpRequest, code: str) -> HttpResponse:
    """GET /map/layers/<code>.geojson?bbox=w,s,e,n&zoom=14&<filters>: what the map island draws."""
    actor, wanted = _actor(request), find_layer(code)
    if not actor.may_anywhere(wanted.permission):
        raise NotPermitted(permission=wanted.permission) if actor.kind is not ActorKind.PUBLIC else NotSignedIn
    try:
        bbox = parse_bbox(request.GET.get("bbox", ""))
        zoom = parse_zoom(request.GET.get("zoom", "14"))
    except PointError as error:
        raise BadInput.one("bbox", error.reason, _("The box is west,south,east,north in degrees, the zoom 0 to 24.")) from error
    filters = {key: value[:200] for key, value in request.GET.items() if key not in _OWN and _FILTER.match(key) and "\0" not in value}
    body: dict[str, Any] = registry.dotted(wanted.features)(actor, bbox, zoom, **filters)
    response = JsonResponse(body, content_type="application/geo+json")
    response["Cache-Control"] = "private, max-age=15"
    return response


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def place(request: HttpRequest) -> HttpResponse:
    """GET /map/place.json?lon=&lat=: borders, grid and address of a point; the nearest asset for those who may see it."""
    facts = queries.place(request.GET.get("lon"), request.GET.get("lat"))
    body: dict[str, Any] = {
        "lon": facts.lon, "lat": facts.lat, "no_grid": facts.no_grid, "address": address_text(facts),
        "chain": [{"level": a.level, "code": a.code, "name": a.name} for a in facts.chain],
        "responsibility_grid": facts.responsibility_grid.code if facts.responsibility_grid else None,
    }  # fmt: skip
    if facts.nearest_asset and _actor(request).may("geography.asset.view", area_path=facts.area_path):
        body["nearest_asset"] = asdict(facts.nearest_asset)
    return JsonResponse(body)


@require_GET
@door(public=True, limit=rates.SEARCH)
def search(request: HttpRequest) -> HttpResponse:
    """GET /map/search.json?q=: places that the words may mean, best first."""
    found = queries.place_by_address(request.GET.get("q", "").replace("\0", ""))
    rows = [{"name": m.name, "kind": m.kind, "lon": m.lon, "lat": m.lat, "score": round(m.score, 3), "enough": m.is_enough} for m in found]
    return JsonResponse({"matches": rows})


