"""The layers as collections."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates
from yiwang.kernel.geography.pages.ogc import common
from yiwang.kernel.geography.pages.ogc.common import absolute, both, link
from yiwang.kernel.geography.pages.tiles import template
from yiwang.kernel.geography.queries import catalogue, items
from yiwang.kernel.geography.queries.catalogue import OpenLayer
from yiwang.kernel.geography.rules.crs import ALL, CRS84
from yiwang.kernel.geography.services.secrets import open_to
from yiwang.kernel.identity.doors import door


def described(request: HttpRequest, layer: OpenLayer, box: items.Box | None, *, crs: list[str]) -> dict[str, Any]:
    """Return one collection as clients know it."""
    made: dict[str, Any] = {
        "id": layer.code, "title": layer.name, "description": layer.summary, "itemType": "feature", "crs": crs, "storageCrs": CRS84,
        "links": [
            link(absolute(request, "ogc_items", layer.code), "items", common.GEOJSON, layer.name),
            link(absolute(request, "ogc_items", layer.code, f="html"), "items", "text/html", layer.name),
            link(absolute(request, "map_tilejson", layer.code), "alternate", "application/json", _("Vector tiles (TileJSON)")),
        ],
    }  # fmt: skip
    if box:
        made["extent"] = {"spatial": {"bbox": [list(box)], "crs": CRS84}}
    if number := layer.review_number or settings.MAP_REVIEW_NUMBER:
        made["attribution"] = number
    return made


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def collections(request: HttpRequest) -> HttpResponse:
    """GET /ogc/features/collections: the layers that the reader may see; secret ones are not among them."""
    common.check_parameters(request, ())
    box, layers = items.extent(), catalogue.readable(common.actor_of(request))
    found = []
    for layer in layers:
        one = described(request, layer, box, crs=["#/crs"])
        one["links"].append(link(absolute(request, "ogc_collection", layer.code), "self", "application/json", layer.name))
        found.append(one)
    body = {"links": both(request, "ogc_collections"), "collections": found, "crs": [one.uri for one in ALL]}
    return common.answer(request, body, "geography/ogc/collections.html", {"layers": layers})


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def collection(request: HttpRequest, code: str) -> HttpResponse:
    """GET /ogc/features/collections/<layer>."""
    common.check_parameters(request, ())
    actor = common.actor_of(request)
    layer = open_to(actor, catalogue.find(code))
    body = described(request, layer, items.extent(), crs=[one.uri for one in ALL])
    body["links"] = [*both(request, "ogc_collection", layer.code), *body["links"]]
    context: dict[str, object] = {"layer": layer, "columns": layer.source(actor).columns, "tiles": template(layer)}
    return common.answer(request, body, "geography/ogc/collection.html", context)
