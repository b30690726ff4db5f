"""The door of what the map tells about a thing that somebody clicked."""

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography.contracts import Column
from yiwang.kernel.geography.queries import catalogue, items
from yiwang.kernel.geography.rules.crs import DEFAULT
from yiwang.kernel.geography.services.secrets import open_to
from yiwang.kernel.identity.doors import door


def shown(column: Column, value: object) -> str:
    """Return a value in words."""
    words = dict(column.choices).get(str(value))
    if words is not None:
        return str(words)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


def label_of(column: Column) -> str:
    return pick(column.label) if isinstance(column.label, dict) else str(column.label or column.name)


@require_GET
@door(public=True, limit=rates.OPEN_DATA)  # each layer names its own permission
def facts(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """GET /map/facts/<layer>/<uid>.json: title, facts in words, and the thing's own page where it has one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    layer = open_to(actor, catalogue.find(code))
    source = layer.source(actor)
    text = items.item(source, str(uid), DEFAULT)
    if text is None:
        raise NotFound(what="feature")
    found = json.loads(text)["properties"]
    rows = [{"label": label_of(c), "value": words} for c in source.columns if (words := shown(c, found.get(c.name)))]
    try:
        href = reverse(layer.page, args=[uid]) if layer.page else ""
    except NoReverseMatch:
        href = ""
    title = str(found.get("title") or found.get("name") or found.get("number") or found.get("code") or layer.name)
    return JsonResponse({"layer": layer.name, "title": title, "rows": rows, "href": href})
