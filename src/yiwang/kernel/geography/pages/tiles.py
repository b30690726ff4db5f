"""Doors of vector tiles: the tiles, TileJSON 3.0 for each layer, and the list from which maps build their layer tree."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_safe

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.queries import catalogue, items, tiles
from yiwang.kernel.geography.queries.catalogue import OpenLayer
from yiwang.kernel.geography.rules.tiles import TileError, checked_tile
from yiwang.kernel.geography.services.secrets import open_to
from yiwang.kernel.identity.doors import door

MVT = "application/vnd.mapbox-vector-tile"
TILES = rates.declare("tiles", 6000, 60, by="caller")  # a map on a large screen asks for fifty at once and again at each move


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@require_safe
@door(public=True, limit=TILES)  # each layer names its own permission
def tile(request: HttpRequest, code: str, z: int, x: int, y: int) -> HttpResponse:
    """GET /map/tiles/<layer>/<z>/<x>/<y>.mvt: one vector tile of what the reader may see of the layer.

    The ETag names the version of the layer's rows and the reader's scope: who has the tile already gets 304, and the rows
    are not asked. Clients keep a tile but ask each time.
    """
    actor = _actor(request)
    layer = open_to(actor, catalogue.find(code))
    try:
        checked_tile(z, x, y)
    except TileError as error:
        raise NotFound(what="tile") from error
    etag = tiles.etag(actor, layer)
    if etag and _has(request, etag):
        return _dressed(HttpResponseNotModified(), etag)
    body = tiles.tile(actor, layer, z, x, y)
    if not etag:
        etag = tiles.content_etag(body)
        if _has(request, etag):
            return _dressed(HttpResponseNotModified(), etag)
    return _dressed(HttpResponse(body, content_type=MVT), etag)


def _has(request: HttpRequest, etag: str) -> bool:
    given = request.headers.get("If-None-Match", "")
    return any(one.strip().removeprefix("W/") == etag for one in given.split(",")) if given else False


def _dressed(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"  # kept by the reader alone, and asked each time
    patch_vary_headers(response, ["Cookie", "Authorization", "X-Api-Key", "Accept-Language"])
    return response


def template(layer: OpenLayer) -> str:
    """Return the address of a layer's tiles with {z}, {x} and {y} in it."""
    return reverse("map_tile", args=[layer.code, 0, 0, 0]).replace("/0/0/0.mvt", "/{z}/{x}/{y}.mvt")


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def tilejson(request: HttpRequest, code: str) -> HttpResponse:
    """GET /map/tiles/<layer>.json: TileJSON 3.0, which MapLibre, QGIS and others take as it is."""
    actor = _actor(request)
    layer = open_to(actor, catalogue.find(code))
    source, box = layer.source(actor), items.extent()
    fields = {"uid": "String"} | {c.name: "Number" if c.type in ("number", "integer") else "Boolean" if c.type == "boolean" else "String"
                                  for c in source.columns if c.in_tile}  # fmt: skip
    body: dict[str, Any] = {
        "tilejson": "3.0.0", "name": layer.name, "description": layer.summary, "version": f"1.0.{layer.version or 0}", "scheme": "xyz",
        "tiles": [request.build_absolute_uri("/").rstrip("/") + template(layer)], "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom,
        "attribution": layer.review_number or settings.MAP_REVIEW_NUMBER,
        "vector_layers": [{"id": layer.code, "description": layer.summary, "minzoom": layer.min_zoom, "maxzoom": layer.max_zoom, "fields": fields}],
        **({"bounds": list(box)} if box else {}),
    }  # fmt: skip
    response = JsonResponse(body)
    response["Cache-Control"] = "private, no-cache"
    return response


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def layers(request: HttpRequest) -> HttpResponse:
    """GET /map/layers.json: the layers that the reader may switch on, for the map's layer tree; secret ones are not in it."""
    actor = _actor(request)
    rows = [
        {
            "id": one.code, "label": one.name, "kind": one.kind, "tiles": template(one), "source_layer": one.code, "minzoom": one.min_zoom,
            "maxzoom": one.max_zoom, "group_below": one.group_below, "colour": one.colour,
            "fill_opacity": one.fill_opacity, "visible": one.shown,
            "facts": reverse("map_facts", args=[one.code, "00000000-0000-0000-0000-000000000000"]).replace("00000000-0000-0000-0000-000000000000", "{uid}"),
            "review_number": one.review_number,
        }
        for one in catalogue.readable(actor)
    ]  # fmt: skip
    response = JsonResponse({"layers": rows, "review_number": settings.MAP_REVIEW_NUMBER})
    response["Cache-Control"] = "private, max-age=60"
    return response
