"""The rows of any layer, whichever table holds them, as far as the actor sees them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.geography.models import AddressPoint, AreaShape, Backing, Layer, ResponsibilityGrid, Road, UnitGrid
from yiwang.kernel.geography.queries import visible_assets
from yiwang.kernel.geography.queries.layers import visible_features, within
from yiwang.kernel.identity.models import Organization


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    values: Mapping[str, Any]
    geometry: Any  # of GEOS; of a point layer a Point


_ORGS = ("supervisor_org", "owner_org", "keeper_org", "responsible_org")


def _seen(rows: QuerySet[Any], actor: Actor, layer: Layer) -> QuerySet[Any]:
    condition = within(actor, layer.view_permission)
    return rows.none() if condition is None else rows.filter(condition)


def _assets(actor: Actor, layer: Layer) -> QuerySet[Any]:
    own = ("code", "class_code", "name", "status", "road", "address", "accuracy", "surveyed_on", "source", "remark", "extra")
    return visible_assets(actor).order_by("pk").values(*own, *(f"{org}_id" for org in _ORGS[:3]), geometry=F("point"))


def _areas(actor: Actor, layer: Layer) -> QuerySet[Any]:
    grids = layer.backing == Backing.UNIT_GRIDS
    rows = AreaShape.objects.filter(area__valid_to__isnull=True).filter(Q(level="grid") if grids else ~Q(level="grid"))
    unit = UnitGrid.objects.filter(area_id=OuterRef("area_id"))
    more: dict[str, Any] = {
        "manual_level": F("area__manual_level"), "community": F("area__parent__code"), "valid_from": F("area__valid_from"),
        **{name: Subquery(unit.values(name)[:1]) for name in ("land_use", "responsible_org_id", "remark")},
        "responsibility_grid": Subquery(unit.values("responsibility_grid__code")[:1]),
    } if grids else {}  # fmt: skip
    return _seen(rows, actor, layer).order_by("pk").values("level", code=F("area__code"), name=F("area__name"), geometry=F("shape"), **more)


def _beats(actor: Actor, layer: Layer) -> QuerySet[Any]:
    rows = ResponsibilityGrid.objects.filter(valid_to__isnull=True, shape__isnull=False)
    return _seen(rows, actor, layer).order_by("pk").values("code", "name", geometry=F("shape"))


def _roads(actor: Actor, layer: Layer) -> QuerySet[Any]:
    return _seen(Road.objects.filter(line__isnull=False), actor, layer).order_by("pk").values("code", "name", "aliases", geometry=F("line"))


def _addresses(actor: Actor, layer: Layer) -> QuerySet[Any]:
    return _seen(AddressPoint.objects.all(), actor, layer).order_by("pk").values("kind", "name", "road", "number", "aliases", geometry=F("point"))


def _features(actor: Actor, layer: Layer) -> QuerySet[Any]:
    return visible_features(actor, layer).order_by("pk").values("code", "attributes", "geometry")


_ROWS: dict[str, Callable[[Actor, Layer], QuerySet[Any]]] = {
    Backing.ASSETS: _assets, Backing.AREAS: _areas, Backing.UNIT_GRIDS: _areas, Backing.RESPONSIBILITY_GRIDS: _beats,
    Backing.ROADS: _roads, Backing.ADDRESSES: _addresses, Backing.FEATURES: _features,
}  # fmt: skip


def count_of(actor: Actor, layer: Layer) -> int:
    """Return how many rows of a layer the actor sees."""
    return _ROWS[layer.backing](actor, layer).count()


def rows_of(actor: Actor, layer: Layer) -> Iterator[Row]:
    """Yield them; bodies by name, names in Chinese, dates as 2026-11-23, several names with semicolons between."""
    orgs = {pk: name.get("zh-Hans", "") for pk, name in Organization.objects.values_list("pk", "name")}
    for found in _ROWS[layer.backing](actor, layer).iterator(chunk_size=2000):
        values = {**found.pop("extra", {}), **found.pop("attributes", {})}
        geometry, code = found.pop("geometry"), found.pop("code", "")
        values |= found
        for key, value in list(values.items()):
            if key.removesuffix("_id") in _ORGS:
                values[key.removesuffix("_id")] = orgs.get(value, "")
            elif isinstance(value, dict):
                values[key] = value.get("zh-Hans", "")
            elif isinstance(value, list):
                values[key] = "；".join(value)
            elif hasattr(value, "isoformat"):
                values[key] = value.isoformat()
            elif isinstance(value, bool):
                values[key] = "是" if value else "否"
        yield Row(code, values, geometry)
