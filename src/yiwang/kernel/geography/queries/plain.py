"""GeoJSON of layers that need nothing of their own: the features of the box as OGC API - Features gives them."""

import json

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.contracts import Source
from yiwang.kernel.geography.queries import sources
from yiwang.kernel.geography.queries.features import LIMIT, Box, Collection, collection
from yiwang.kernel.geography.queries.items import Wanted, items


def _within(source: Source, bbox: Box) -> Collection:
    found = items(source, Wanted(limit=LIMIT, boxes=(bbox,)))
    features = json.loads(f"[{found.text}]")
    for one in features:
        one["properties"]["uid"] = one.pop("id")
    return collection(features, bool(found.last))


def roads(actor: Actor, bbox: Box, zoom: float, **_filters: str) -> Collection:
    """Roads (道路) of the box."""
    return _within(sources.roads(actor), bbox)


def addresses(actor: Actor, bbox: Box, zoom: float, **_filters: str) -> Collection:
    """Addresses and landmarks of the box; below zoom 15 nothing, with `too_far` set."""
    return collection([], too_far=True) if zoom < 15 else _within(sources.addresses(actor), bbox)
