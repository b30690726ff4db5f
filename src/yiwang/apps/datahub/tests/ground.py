"""Layers of boxes for tests of natural resources and space."""

from __future__ import annotations

from typing import Any

from django.contrib.gis.geos import Polygon

from yiwang.apps.datahub.models import GroundLayer
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography.models import Feature, Layer

Box = tuple[float, float, float, float]


def make_layer(world: Any, code: str, name: str, *boxes: Box, area: Any = None, **more: Any) -> Any:
    """Store a layer of polygons with a row for each box (west, south, east, north)."""
    schema = [{"name": "name", "label": {"zh-Hans": "名称", "en": "Name"}, "type": "text"}]
    layer = Layer.objects.create(code=code, name={"zh-Hans": name, "en": code}, backing="features", geometry="polygon", schema=schema, **more)
    area = area or world.city
    for number, box in enumerate(boxes, 1):
        Feature.objects.create(layer=layer, code=f"{code}-{number}", attributes={"name": f"{name}{number}"}, geometry=Polygon.from_bbox(box), area=area, area_path=area.path)
    return layer


def catalogued(layer: Any, theme: str, **more: Any) -> Any:
    return GroundLayer.objects.create(layer=layer, theme=theme, changed_at=now(), **more)
