"""Which layers there are for tiles and OGC API - Features: those that manifests declare and those that are data."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection

from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.base.registry import MapLayer
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography.contracts import Source
from yiwang.kernel.geography.queries import sources

_KINDS = {"point": "points", "line": "lines", "polygon": "areas"}
_GROUP_POINTS_BELOW = 14
_OWN = "geography."


@dataclass(frozen=True)
class OpenLayer:
    """One layer as maps and other software know it. `version` counts changes of its rows; None where nothing counts them."""

    code: str
    label: Any
    summary: str
    kind: str
    permission: str
    source: Callable[[Actor], Source]
    version: int | None
    min_zoom: int
    max_zoom: int
    group_below: int
    page: str = ""
    shown: bool = False
    colour: str = ""
    fill_opacity: float = 0.05
    review_number: str = ""
    is_secret: bool = False

    @property
    def name(self) -> str:
        return self.label if isinstance(self.label, str) else pick(self.label) if isinstance(self.label, dict) else str(self.label)


def code_of(layer: MapLayer) -> str:
    """Return the layer's name in addresses: the room's own without the room, an app's with the app.

    Examples
    --------
    `geography.assets` is `assets`, `city.open_cases` stays.
    """
    return layer.code.removeprefix(_OWN)


def _declared() -> list[MapLayer]:
    return [layer for manifest in registry.manifests().values() for layer in manifest.map_layers if layer.source]


_FACTS = """
SELECT w.code, coalesce(l.version, 0) + (SELECT count(*) FROM yw_geography_layertouch t WHERE t.layer_code = w.code),
       l.id, l.name, l.summary, l.backing, l.geometry, l.schema, l.symbol, l.min_zoom, l.max_zoom, l.view_permission, l.is_secret,
       l.review_number, l.retired_on IS NOT NULL
FROM ({codes}) w (code) LEFT JOIN yw_geography_layer l ON l.code = w.code
ORDER BY l."order" NULLS FIRST, w.code"""
_ALL = "SELECT code FROM yw_geography_layer UNION SELECT unnest(%s::text[])"


@dataclass(frozen=True)
class _Facts:
    code: str
    version: int
    id: int | None
    name: Any
    summary: Any
    backing: str | None
    geometry: str | None
    schema: Any
    symbol: Any
    min_zoom: int | None
    max_zoom: int | None
    permission: str | None
    is_secret: bool | None
    review_number: str | None
    retired: bool


def _facts(codes: Sequence[str], *, everything: bool) -> dict[str, _Facts]:


    sql = _FACTS.format(codes=_ALL if everything else "SELECT unnest(%s::text[])")
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(codes)])
        rows = cursor.fetchall()
    made = {}
    for row in rows:
        values = [json.loads(v) if n in (3, 4, 7, 8) and isinstance(v, str) else v for n, v in enumerate(row)]
        made[str(row[0])] = _Facts(*values)
    return made


def _colour(symbol: Any) -> str:
    colour = str((symbol or {}).get("color", ""))
    return colour if colour.replace("#", "").replace("-", "").isalnum() else ""


def _opacity(symbol: Any) -> float:
    given = (symbol or {}).get("fill_opacity", 0.05)
    return min(1.0, max(0.0, float(given))) if isinstance(given, int | float) else 0.05


def _of_manifest(layer: MapLayer, facts: _Facts | None) -> OpenLayer | None:
    row = facts if facts is not None and facts.id is not None else None
    if row is not None and row.retired:
        return None
    return OpenLayer(
        code=code_of(layer), label=layer.label, summary=pick(row.summary) if row else "", kind=layer.kind,
        permission=(row.permission if row else "") or layer.permission, source=registry.dotted(layer.source),
        version=facts.version if facts is not None else None, min_zoom=layer.min_zoom, max_zoom=layer.max_zoom,
        group_below=layer.group_below, page=layer.page, shown=layer.shown, colour=_colour(row.symbol) if row else "", fill_opacity=_opacity(row.symbol) if row else 0.05,
        review_number=(row.review_number or "") if row else "", is_secret=bool(row and row.is_secret),
    )  # fmt: skip


def _of_data(facts: _Facts) -> OpenLayer | None:
    if facts.id is None or facts.backing != "features" or facts.retired:
        return None
    permission = facts.permission or ""
    return OpenLayer(
        code=facts.code, label=facts.name or facts.code, summary=pick(facts.summary), kind=_KINDS.get(str(facts.geometry), "areas"),
        permission=permission, source=partial(sources.features, layer_id=facts.id, schema=facts.schema or [], permission=permission),
        version=facts.version, min_zoom=facts.min_zoom or 0, max_zoom=min(16, facts.max_zoom if facts.max_zoom is not None else 16),
        group_below=_GROUP_POINTS_BELOW if facts.geometry == "point" else 0, colour=_colour(facts.symbol), fill_opacity=_opacity(facts.symbol),
        review_number=facts.review_number or "", is_secret=bool(facts.is_secret),
    )  # fmt: skip


def find(code: str) -> OpenLayer:
    """Return one layer by its name in addresses, in at most one query; NotFound when there is none."""
    declared = next((one for one in _declared() if code in (code_of(one), one.code)), None)
    if declared is not None:
        facts = _facts([declared.touched], everything=False).get(declared.touched) if declared.touched else None
        made = _of_manifest(declared, facts)
    else:
        found = None if "\0" in code else _facts([code[:40]], everything=False).get(code)
        made = _of_data(found) if found is not None else None
    if made is None:
        raise NotFound(what="layer")
    return made


def admit(actor: Actor, layer: OpenLayer) -> None:
    """Refuse who may see the layer nowhere; whether it is secret is asked afterwards (services.secrets)."""
    if not actor.may_anywhere(layer.permission):
        raise NotPermitted(permission=layer.permission) if actor.kind is not ActorKind.PUBLIC else NotSignedIn


def readable(actor: Actor) -> list[OpenLayer]:
    """Return the layers that the reader may see somewhere, secret ones never; one query."""
    declared = _declared()
    facts = _facts([one.touched for one in declared if one.touched], everything=True)
    own = {one.touched for one in declared}
    made = [_of_manifest(one, facts.get(one.touched)) for one in declared]
    made += [_of_data(one) for code, one in facts.items() if code not in own]
    return [one for one in made if one is not None and not one.is_secret and actor.may_anywhere(one.permission)]


