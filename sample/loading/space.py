"""Three made-up layers of resources, plans and hazards, and the catalogue of the ground."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.gis.geos import Polygon

from sample.land import degrees
from sample.loading import living
from sample.spec import CITY, Spec
from yiwang.apps.datahub.models import GroundLayer
from yiwang.apps.datahub.services import space
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import system
from yiwang.kernel.geography.models import Feature, Layer
from yiwang.kernel.geography.services.layers import define_layer
from yiwang.kernel.identity.models import Organization

# Code, Chinese and English name, what its rows are called, colour, shapes in metres of the county's grid (west, south, width, height).
LAYERS: tuple[tuple[str, str, str, str, str, tuple[tuple[int, int, int, int], ...]], ...] = (
    ("basic_farmland", "永久基本农田", "Permanent basic farmland", "农田图斑", "#b8a13c", ((0, 0, 900, 600), (1100, 200, 700, 900), (2200, 0, 800, 500))),
    ("ecology_redline", "生态保护红线", "Ecological protection red line", "红线区", "#2e8b57", ((700, 400, 600, 800), (2600, 300, 900, 700))),
    ("flood_risk", "洪涝风险区", "Ground at risk of flooding", "风险区", "#3b6ea8", ((500, 300, 1600, 250), (2400, 350, 500, 500))),
)
CATALOGUE = (
    ("basic_farmland", "resources", "TD/T 1055-2019 第三次全国国土调查技术规程", 2), ("ecology_redline", "plans", "生态保护红线划定指南", 2),
    ("flood_risk", "hazards", "", 2), ("green_space", "ecology", "CJJ/T 85-2017 城市绿地分类标准", 2), ("buildings", "buildings", "", 2), ("roads", "buildings", "", 1),
    ("boundaries", "base", "GB/T 2260 中华人民共和国行政区划代码", 1),
)  # fmt: skip


def play(spec: Spec) -> list[GroundLayer]:
    """Define the layers, put their rows down and fill the catalogue."""
    actor: Any = system("sample")
    with living.staged(spec.stream("space")) as stage:
        stage.moment = spec.end - timedelta(days=15)
        city, owner = Area.objects.get(code=CITY), Organization.objects.filter(code="bureau-planning").first()
        for code, zh, en, row, colour, boxes in LAYERS:
            schema = [{"name": "name", "label": {"zh-Hans": "名称", "en": "Name"}, "type": "text"}]
            layer = Layer.objects.filter(code=code).first() or define_layer(
                actor, code, is_new=True, name={"zh-Hans": zh, "en": en}, backing="features", geometry="polygon", schema=schema, owner_org=owner, symbol={"color": colour, "fill_opacity": 0.3},
            )  # fmt: skip
            for number, (x, y, width, height) in enumerate(boxes, 1):
                shape = Polygon.from_bbox((*degrees(x, y), *degrees(x + width, y + height)))
                shape.srid = 4326
                Feature.objects.get_or_create(
                    layer=layer, code=f"{code}-{number}", defaults={"attributes": {"name": f"{row}{number}"}, "geometry": shape, "area": city, "area_path": city.path, "is_sample": True}
                )
        known = set(Layer.objects.values_list("code", flat=True))
        day = date(spec.end.year - 1, 12, 31)
        return [
            GroundLayer.objects.filter(layer__code=code).first() or space.describe(actor, layer=code, theme=theme, reference_on=day, standard=standard, grade=grade, is_sample=True)
            for code, theme, standard, grade in CATALOGUE if code in known
        ]  # fmt: skip
