"""Catalogued layers, one of them secret, for the sweeps."""

from __future__ import annotations

from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import GroundLayer
from yiwang.apps.datahub.tests.ground import catalogued, make_layer
from yiwang.kernel.base.uid import uuid7

VIEW, DESCRIBE = "datahub.space.view", "datahub.space.describe"
NOT_LISTS = {"data/space/overlap/": "layers of the catalogue by name; held by test_space"}


def fill(world: Any) -> dict[str, Any]:
    catalogued(make_layer(world, "farmland_s", "永久基本农田"), "resources")
    catalogued(make_layer(world, "open_s", "公开图层", view_permission="geography.map.view"), "base")
    catalogued(make_layer(world, "secret_s", "涉密图层", is_secret=True), "hazards")
    return {}


def _sees(reader: Reader, row: Any) -> bool:
    return not row.layer.is_secret and reader.holds(VIEW) and (reader.holds(row.layer.view_permission) or row.layer.view_permission == "geography.map.view")


def _rows() -> list[Any]:
    return list(GroundLayer.objects.select_related("layer").order_by("pk"))


def kinds(made: Any) -> list[Kind]:
    rows = [Specimen(f"catalogued {g.layer.code}", {"uid": g.uid}, lambda r, g=g: _sees(r, g), (str(g.uid),), g) for g in _rows()]
    return [Kind("catalogued layer", ("data/space/layers/<uuid:uid>/",), rows, {"uid": uuid7()}, {
        "datahub:space_layer": Write(lambda s: {"theme": "plans", "grade": "2"}, "data_steward", "catalogued open_s", lambda r, s: r.holds(DESCRIBE) and _sees(r, s.row)),
    })]  # fmt: skip


def lists(made: Any) -> list[Listing]:
    def wanted(reader: Reader, given: Any) -> set[str]:
        return {str(g.uid) for g in _rows() if _sees(reader, g)}

    return [Listing("catalogued layers", "datahub:space", lambda a: [r["uid"] for r in a.context["rows"]], wanted)]
