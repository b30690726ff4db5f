"""Reads of assets (管理部件)."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import Q, QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.contracts import NearAsset
from yiwang.kernel.geography.models import Asset, AssetStatus
from yiwang.kernel.geography.queries.places import checked

VIEW = "geography.asset.view"
EDIT = "geography.asset.edit"
GONE = (AssetStatus.REMOVED, AssetStatus.ABANDONED)


def visible_assets(actor: Actor, permission: str = VIEW) -> QuerySet[Asset]:
    """Return the assets that concern the actor: those below the areas where he may see them (or another permission)."""
    scopes = actor.scopes(permission)
    if not scopes:
        return Asset.objects.none()
    allowed = Q()
    for scope in scopes:
        if not scope.area_path and not scope.org_path:
            return Asset.objects.all()
        part = Q(area_path__startswith=scope.area_path)
        if scope.org_path:
            part &= (
                Q(keeper_org__path__startswith=scope.org_path)
                | Q(owner_org__path__startswith=scope.org_path)
                | Q(supervisor_org__path__startswith=scope.org_path)
            )
        allowed |= part
    return Asset.objects.filter(allowed)


def asset(actor: Actor, uid: UUID | str) -> Asset:
    """Return one asset with its three bodies, or say that there is nothing for the actor."""
    found = (
        visible_assets(actor).select_related("keeper_org", "owner_org", "supervisor_org", "grid", "area").filter(uid=uid).first()
    )
    if found is None:
        raise NotFound(what="asset")
    return found


def asset_by_code(code: str) -> Asset | None:
    return Asset.objects.filter(code=code).select_related("keeper_org", "owner_org", "supervisor_org").first()


_NEAR = """
SELECT id, uid::text, code, class_code, name, ST_Distance(point::geography, {point}::geography) AS metres, status,
       ST_X(point), ST_Y(point)
FROM yw_geography_asset
WHERE status NOT IN ('removed', 'abandoned')
  AND point && ST_Expand({point}, %(metres)s / (111195.0 * greatest(0.01, cos(radians(%(lat)s)))), %(metres)s / 110574.0)
  AND (%(classes)s::text[] IS NULL OR class_code = ANY(%(classes)s::text[]))
  AND ST_DWithin(point::geography, {point}::geography, %(metres)s)
ORDER BY metres, id LIMIT %(limit)s
"""


def assets_near(
    lon: object, lat: object, *, radius_m: float = 50.0, class_codes: Iterable[str] | None = None, limit: int = 20
) -> list[NearAsset]:
    """Return assets in use within `radius_m` metres (at most 5 km), nearest first; one query."""
    x, y = checked(lon, lat)
    classes = None if class_codes is None else list(class_codes)
    values = {"lon": x, "lat": y, "metres": max(0.0, min(radius_m, 5000.0)), "classes": classes, "limit": max(1, min(limit, 500))}
    with connection.cursor() as cursor:
        cursor.execute(_NEAR.format(point="ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)"), values)
        return [_near(*row) for row in cursor.fetchall()]


def _near(
    pk: int, uid: str, code: str, class_code: str, name: Any, metres: float, status: str, lon: float, lat: float
) -> NearAsset:
    texts = json.loads(name) if isinstance(name, str) else name
    return NearAsset(pk, uid, code, class_code, texts, metres, status, lon, lat)


def in_box(actor: Actor, box: tuple[float, float, float, float]) -> QuerySet[Asset]:
    return visible_assets(actor).filter(point__bboverlaps=Polygon.from_bbox(box)).exclude(status__in=GONE)
