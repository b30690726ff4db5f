"""Features of a layer: pages of GeoJSON by key, and one by its uid."""

import json
import math
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.geography.contracts import Column, Source
from yiwang.kernel.geography.errors import BadQuery
from yiwang.kernel.geography.pages.ogc import common
from yiwang.kernel.geography.pages.ogc.common import absolute, link
from yiwang.kernel.geography.queries import catalogue, items
from yiwang.kernel.geography.queries.catalogue import OpenLayer
from yiwang.kernel.geography.queries.items import Box, Wanted, filterable
from yiwang.kernel.geography.rules.crs import Crs, CrsError, parse_crs
from yiwang.kernel.geography.rules.intervals import IntervalError, parse_interval
from yiwang.kernel.geography.services.secrets import open_to
from yiwang.kernel.identity.doors import door

MOST, USUAL = 10_000, 100
KNOWN = ("limit", "bbox", "bbox-crs", "crs", "datetime", "after")
_SALT = "yiwang.ogc.after"
READ = rates.declare("features", 1200, 60, by="caller")


def _crs(request: HttpRequest, name: str) -> Crs:
    try:
        return parse_crs(request.GET.get(name, ""))
    except CrsError as error:
        raise BadQuery.one(name, "crs", _("We do not give features in this coordinate system.")) from error


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise BadQuery.one("limit", "number", _("The limit is a whole number from 1."))
    return min(int(text), MOST)


def _boxes(text: str, crs: Crs) -> tuple[Box, ...]:
    """Return the box in the order of GeoJSON; two of them when it crosses the date line."""
    if not text:
        return ()
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(n) and abs(n) < 1e9 for n in numbers):
        raise BadQuery.one("bbox", "number", _("A box is four numbers: the two lower ones, then the two upper ones."))
    a, b, c, d = numbers
    west, south, east, north = (b, a, d, c) if crs.swapped else (a, b, c, d)
    if south > north or (west > east and not crs.is_degrees):
        raise BadQuery.one("bbox", "range", _("The lower corner of the box comes first."))
    if crs.is_degrees and not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        raise BadQuery.one("bbox", "range", _("This box does not lie on the earth. Mind the order of the axes."))
    return ((west, south, 180.0, north), (-180.0, south, east, north)) if west > east else ((west, south, east, north),)


def _value(column: Column, text: str) -> Any:
    try:
        if column.type == "integer":
            return int(text[:18])
        if column.type == "number":
            number = float(text)
            if not math.isfinite(number):
                raise ValueError(text)
            return number
    except ValueError as error:
        raise BadQuery.one(column.name, "number", _("This property is a number.")) from error
    if column.type == "boolean":
        if text not in ("true", "false"):
            raise BadQuery.one(column.name, "boolean", _("This property is true or false."))
        return text == "true"
    if column.type in ("date", "date-time"):
        try:
            return parse_interval(text)[0]
        except IntervalError as error:
            raise BadQuery.one(column.name, "date", _("This property is a date, 2026-03-01.")) from error
    return text[:200]


def read(request: HttpRequest, source: Source) -> Wanted:
    """Take the query apart, or refuse it with what is wrong."""
    columns = {column.name: column for column in filterable(source.columns)}
    common.check_parameters(request, (*KNOWN, *columns))
    given = request.GET
    try:
        since, until = parse_interval(given.get("datetime", ""))
    except IntervalError as error:
        raise BadQuery.one("datetime", "interval", _("A moment is 2026-03-01T08:00:00Z, an interval has a slash, .. leaves an end open.")) from error
    after = 0
    if given.get("after"):
        try:
            after = int(signing.loads(given["after"], salt=_SALT))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise BadQuery.one("after", "cursor", _("This page link is no longer valid. Start from the first page.")) from error
    box_crs = _crs(request, "bbox-crs")
    return Wanted(
        limit=_limit(given.get("limit", str(USUAL))), after=after, boxes=_boxes(given.get("bbox", ""), box_crs), box_crs=box_crs,
        crs=_crs(request, "crs"), since=since, until=until,
        properties={name: _value(column, given[name]) for name, column in columns.items() if name in given and name not in KNOWN},
    )  # fmt: skip


def _links(request: HttpRequest, layer: OpenLayer, last: int) -> list[common.Link]:
    query = {k: v for k, v in request.GET.items() if k != "f"}
    base, html = absolute(request, "ogc_items", layer.code), common.wants_html(request)

    def at(**more: str) -> str:
        return f"{base}?{urlencode(query | more)}"

    own, other = ("html", "json") if html else ("json", "html")
    kinds = {"json": common.GEOJSON, "html": "text/html"}
    found = [
        link(at(f=own), "self", kinds[own]), link(at(f=other), "alternate", kinds[other]),
        link(absolute(request, "ogc_collection", layer.code), "collection", "application/json", layer.name),
    ]  # fmt: skip
    if last:
        found.append(link(at(f=own, after=signing.dumps(last, salt=_SALT)), "next", kinds[own], _("Next page")))
    return found


@require_GET
@door(public=True, limit=READ)  # each layer names its own permission
def features(request: HttpRequest, code: str) -> HttpResponse:
    """GET /ogc/features/collections/<layer>/items?limit=&bbox=&bbox-crs=&crs=&datetime=&<property>=&after=."""
    actor = common.actor_of(request)
    layer = open_to(actor, catalogue.find(code))
    source = layer.source(actor)
    wanted = read(request, source)
    found = items.items(source, wanted)
    links = _links(request, layer, found.last)
    if common.wants_html(request):
        rows = [{"id": one["id"], "cells": list(one["properties"].values())} for one in json.loads(f"[{found.text}]")]
        more = next((one["href"] for one in links if one["rel"] == "next"), "")
        context: dict[str, object] = {"layer": layer, "columns": source.columns, "rows": rows, "next": more, "links": links}
        return common.dressed(render(request, "geography/ogc/items.html", context))
    stamp = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    body = (
        f'{{"type":"FeatureCollection","timeStamp":"{stamp}","numberReturned":{found.count},'
        f'"links":{json.dumps(links, ensure_ascii=False)},"features":[{found.text}]}}'
    )
    return _with_crs(HttpResponse(body, content_type=common.GEOJSON), wanted.crs)


@require_GET
@door(public=True, limit=READ)
def feature(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """GET /ogc/features/collections/<layer>/items/<uid>?crs=."""
    actor = common.actor_of(request)
    layer = open_to(actor, catalogue.find(code))
    common.check_parameters(request, ("crs",))
    crs, source = _crs(request, "crs"), layer.source(actor)
    text = items.item(source, str(uid), crs)
    if text is None:
        raise NotFound(what="feature")
    links = [
        *common.both(request, "ogc_item", layer.code, str(uid), kind=common.GEOJSON),
        link(absolute(request, "ogc_collection", layer.code), "collection", "application/json", layer.name),
    ]
    if common.wants_html(request):
        values = json.loads(text)["properties"].values()
        context: dict[str, object] = {"layer": layer, "uid": uid, "facts": list(zip(source.columns, values, strict=True)), "links": links}
        return common.dressed(render(request, "geography/ogc/item.html", context))
    return _with_crs(HttpResponse(f'{text[:-1]},"links":{json.dumps(links, ensure_ascii=False)}}}', content_type=common.GEOJSON), crs)


def _with_crs(response: HttpResponse, crs: Crs) -> HttpResponse:
    response["Content-Crs"] = f"<{crs.uri}>"
    return common.dressed(response)
