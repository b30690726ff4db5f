"""Tiles and OGC API - Features for the sweeps: layers by their codes, components by their uid, pages against the same oracle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen
from yiwang.kernel.base import registry
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.queries.catalogue import code_of

Seen = Callable[[Reader, Any], bool]
NOT_LISTS = {
    "ogc/features/collections": "the layers; rows stand behind their items",
    "map/layers.json": "the layers; rows stand behind their tiles",
}  # fmt: skip


def kinds(seen: Seen) -> list[Kind]:
    layers = [
        Specimen(f"tiles of {code_of(layer)}", {"code": code_of(layer), "z": 14, "x": 13472, "y": 6408}, lambda r, layer=layer: r.holds(layer.permission))
        for manifest in registry.manifests().values() for layer in manifest.map_layers if layer.source
    ]  # fmt: skip
    things = [
        Specimen(f"component {a.code}", {"code": "assets", "uid": a.uid}, lambda r, a=a: seen(r, a), (str(a.uid), a.code), a)
        for a in Asset.objects.exclude(status__in=("removed", "abandoned")).order_by("pk")[:6]
    ]  # fmt: skip
    zero = "00000000-0000-0000-0000-000000000000"
    return [
        Kind("layer read by maps", ("map/tiles/<str:code>", "ogc/features/collections/<str:code>"), layers,
             {"code": "no.such", "z": 14, "x": 13472, "y": 6408}, known=True),
        Kind("component on maps", ("map/facts/<str:code>/<uuid:uid>", "ogc/features/collections/<str:code>/items/<uuid:uid>"), things,
             {"code": "assets", "uid": zero}, behind="geography.asset.view"),
    ]  # fmt: skip


def lists(wanted: Callable[[Reader, Mapping[str, str]], set[str]]) -> list[Listing]:
    def shown(answer: Any) -> list[str]:
        return [f["id"] for f in json.loads(answer.content)["features"]]

    def next_page(answer: Any) -> str:
        return next((one["href"].removeprefix("http://testserver") for one in json.loads(answer.content)["links"] if one["rel"] == "next"), "")

    return [Listing("components as features", "ogc_items", shown, wanted, {}, {"limit": "7"}, {"code": "assets"}, next_page, readers=(None,))]
