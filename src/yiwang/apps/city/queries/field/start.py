"""What a phone needs before it goes where no network is: who its owner is, his grids, the classes, the layers."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.urls import reverse

from yiwang.apps.city.models import CityClass
from yiwang.apps.city.queries import intake
from yiwang.apps.city.queries.classes import active_classes
from yiwang.apps.city.queries.field import shifts
from yiwang.apps.city.queries.map import home_bounds
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography.models import AreaShape, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries import grids_of_inspector
from yiwang.kernel.geography.queries.catalogue import readable

USE = "city.field.use"
MOST_GRIDS = 20  # of who has no grid of his own
LAYERS = ("responsibility_grids", "unit_grids", "roads", "assets", "addresses")
KINDS = {"component": "component", "matter": "event"}


class Box(NamedTuple):
    west: float
    south: float
    east: float
    north: float


def me(actor: Actor) -> dict[str, Any]:
    """Return who uses the phone, whether he is on shift, and the figures by which the phone works."""
    shift = shifts.running(actor.account_id)
    known = shifts.known_point(grids_of_inspector(actor.account_id or 0).first())
    return {
        "person": {"uid": actor.account_uid, "name": actor.name, "posts": [texts.pick(p.name) for p in actor.posts] or [actor.post_name]},
        "server_time": now().isoformat(),
        "shift": shifts.said(shift) if shift is not None else None,
        "settings": {
            "photo_px": settings.FIELD_PHOTO_PX, "track_every_s": settings.FIELD_TRACK_EVERY_S, "track_min_m": settings.FIELD_TRACK_MIN_M,
            "keep_days": settings.POSITIONS_KEEP_DAYS, "big_characters_default": False, "no_fix_after_s": settings.FIELD_NO_FIX_AFTER_S,
        },
        "known_point": {"lon": known.lon, "lat": known.lat, "name": known.name, "radius_m": known.radius_m} if known is not None else None,
    }  # fmt: skip


def own_grids(actor: Actor) -> list[ResponsibilityGrid]:
    """Return the grids that the person patrols; of who has none the first of his area."""
    found = list(grids_of_inspector(actor.account_id or 0))
    if found:
        return found
    paths = [s.area_path for s in actor.scopes(USE)]
    rows = ResponsibilityGrid.objects.filter(valid_to__isnull=True, shape__isnull=False)
    if "" not in paths:
        wanted = [rows.filter(area_path__startswith=path) for path in paths]
        rows = wanted[0].union(*wanted[1:]) if wanted else rows.none()
    return list(rows.order_by("code")[:MOST_GRIDS])


def pack(actor: Actor) -> dict[str, Any]:
    """Return what is kept on the phone; `version` is that of its content."""
    grids = own_grids(actor)
    body = {
        "grids": [*(_grid(g) for g in grids), *_unit_grids(grids)], "classes": _classes(actor), "bounds": _bounds(actor, grids), "tiles": _tiles(actor),
    }  # fmt: skip
    version = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
    return {"version": version, **body}


def _grid(grid: ResponsibilityGrid) -> dict[str, Any]:
    shape = json.loads(grid.shape.geojson) if grid.shape else None
    return {"uid": str(grid.uid), "code": grid.code, "name": texts.pick(grid.name), "kind": "responsibility", "shape": _rounded(shape)}


def _unit_grids(grids: Iterable[ResponsibilityGrid]) -> list[dict[str, Any]]:
    """Return the unit grids of one's own, named by their codes: their numbers are for who may change them."""
    members = UnitGrid.objects.filter(responsibility_grid__in=[g.pk for g in grids]).values("area_id")
    rows = AreaShape.objects.filter(area_id__in=members, area__valid_to__isnull=True).select_related("area").order_by("area__code")
    return [
        {"uid": r.area.code, "code": r.area.code, "name": texts.pick(r.area.name), "kind": "unit", "shape": _rounded(json.loads(r.shape.geojson))}
        for r in rows
    ]


def _rounded(shape: Any) -> Any:
    """Return GeoJSON with six decimals (a decimetre)."""
    if isinstance(shape, dict):
        return {**shape, "coordinates": _rounded(shape["coordinates"])}
    if isinstance(shape, list | tuple):
        return [_rounded(part) for part in shape]
    return round(shape, 6) if isinstance(shape, float) else shape


def _classes(actor: Actor) -> list[dict[str, Any]]:
    frequent = [code for code, _name in intake.recent_classes(actor) or intake.usual_classes()]
    rows = [_class(c, frequent) for c in active_classes(now().date()).filter(is_derived=False)]
    return sorted(rows, key=lambda c: (not c["frequent"], frequent.index(c["code"]) if c["frequent"] else 0))


def _class(row: CityClass, frequent: list[str]) -> dict[str, Any]:
    code, name = f"{row.kind}:{row.code}", texts.pick(row.name)
    return {
        "code": code, "name": name, "major": texts.pick(row.major_name), "kind": KINDS.get(row.kind, row.kind), "pinyin_initials": initials(texts.pick(row.name, "zh-hans")),
        "frequent": code in frequent, "component_classes": [row.code] if row.kind == "component" else [],
    }  # fmt: skip


@lru_cache(maxsize=2000)
def initials(name: str) -> str:
    """Return the first letters of how a name is read.

    Examples
    --------
    >>> initials("上水井盖")
    'ssjg'
    """
    from pypinyin import Style, pinyin  # half a second to load; only phones ask for it

    return "".join(part[0][:1] for part in pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).lower()


def _bounds(actor: Actor, grids: list[ResponsibilityGrid]) -> list[float] | None:
    boxes = [Box(*g.shape.extent) for g in grids if g.shape]
    if boxes:
        found = (min(b.west for b in boxes), min(b.south for b in boxes), max(b.east for b in boxes), max(b.north for b in boxes))
        return [round(v, 6) for v in found]
    home = home_bounds(actor)
    return [round(v, 6) for v in home] if home else None


def _tiles(actor: Actor) -> dict[str, Any]:
    """Return the layers to keep. Points are asked for from where each comes by itself, nearer than the counted cells."""
    found = {layer.code: layer for layer in readable(actor) if layer.code in LAYERS}
    layers: list[dict[str, Any]] = [
        {"code": one.code, "name": one.name, "kind": one.kind, "minzoom": max(one.min_zoom, one.group_below if one.kind == "points" else 0), "maxzoom": one.max_zoom}
        for one in (found[code] for code in LAYERS if code in found)
    ]
    template = reverse("map_tile", args=["LAYER", 0, 0, 0]).replace("LAYER/0/0/0.mvt", "{layer}/{z}/{x}/{y}.mvt")
    return {
        "template": template, "minzoom": min((one["minzoom"] for one in layers), default=10), "maxzoom": max((one["maxzoom"] for one in layers), default=16),
        "layers": layers,
    }  # fmt: skip
