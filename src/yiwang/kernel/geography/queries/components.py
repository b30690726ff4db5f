"""Reads of the components desk (部件管理): find, filter, and what one was on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import is_showable, pick
from yiwang.kernel.geography.models import Asset, AssetPast, AssetStatus, Ownership
from yiwang.kernel.geography.queries.assets import EDIT, GONE, VIEW, visible_assets
from yiwang.kernel.identity.models import Organization


@dataclass(frozen=True)
class AssetFilter:
    """What the list is narrowed by; all are words of the address. Nonsense is left out, as if nothing had been asked."""

    class_code: str = ""  # a prefix: two digits are a major class
    status: str = ""
    ownership: str = ""
    area: str = ""  # code of a live area
    owner: str = ""  # code of an organisation; "none": without
    keeper: str = ""
    code: str = ""  # a prefix
    q: str = ""  # in road, address or remark

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "AssetFilter":
        taken = {f.name: str(given.get(f.name, "")).strip()[:60] for f in fields(cls)}
        for name in ("class_code", "code"):
            taken[name] = taken[name] if taken[name].isascii() and taken[name].isdecimal() else ""
        for name, known in (("status", AssetStatus.values), ("ownership", Ownership.values)):
            taken[name] = taken[name] if taken[name] in known else ""
        for name in ("area", "q", "owner", "keeper"):
            taken[name] = taken[name] if is_showable(taken[name]) else ""
        return cls(**taken)

    def as_query(self) -> dict[str, str]:
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}

    def without(self, name: str) -> "AssetFilter":
        return replace(self, **{name: ""})


def _narrowed(rows: QuerySet[Asset], wanted: AssetFilter) -> QuerySet[Asset]:
    """Narrow by the filter. Without a status, what was removed or abandoned is left out: it is no longer there."""
    if wanted.class_code:
        rows = rows.filter(class_code__startswith=wanted.class_code)
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    elif not wanted.code:
        rows = rows.exclude(status__in=GONE)
    if wanted.ownership:
        rows = rows.filter(ownership=wanted.ownership)
    if wanted.area:
        area = Area.objects.filter(code=wanted.area, valid_to__isnull=True).first()
        rows = rows.filter(area_path__startswith=area.path) if area else rows.none()
    for name, column in (("owner", "owner_org"), ("keeper", "keeper_org")):
        value = getattr(wanted, name)
        if value == "none":
            rows = rows.filter(**{f"{column}__isnull": True})
        elif value:
            org = Organization.objects.filter(code=value).first()
            rows = rows.filter(**{column: org}) if org else rows.none()
    if wanted.code:
        rows = rows.filter(code__startswith=wanted.code)
    if wanted.q:
        rows = rows.filter(Q(road__contains=wanted.q) | Q(address__contains=wanted.q) | Q(remark__contains=wanted.q))
    return rows


def components(actor: Actor, wanted: AssetFilter) -> QuerySet[Asset]:
    """Return the components that concern the reader and fit, with their bodies in the same query."""
    return _narrowed(visible_assets(actor), wanted).select_related("owner_org", "keeper_org")


def editable(actor: Actor, wanted: AssetFilter) -> QuerySet[Asset]:
    """Return those of them that the reader may change."""
    rows = visible_assets(actor, VIEW) & visible_assets(actor, EDIT)
    return _narrowed(rows, wanted)


def may_edit(actor: Actor, found: Asset) -> bool:
    """Say whether the actor may change a component: his area, and where his post is a body's, one of its three bodies."""
    bodies = [org.path for org in (found.keeper_org, found.owner_org, found.supervisor_org) if org] or [""]
    return any(actor.may(EDIT, area_path=found.area_path, org_path=path) for path in bodies)


def moment_of(day: date) -> datetime:
    """Return the end of a day: what a day's ground is asked for is how it was when the day ended."""
    return timezone.make_aware(datetime.combine(day, time.max))


def past_of(found: Asset) -> list[AssetPast]:
    """Return the states that ended, the newest first (at most two hundred)."""
    return list(AssetPast.objects.filter(asset_id=found.pk).order_by("-valid_to", "-pk")[:200])


def asset_on(asset_id: int, moment: datetime) -> AssetPast | Asset | None:
    """Return a component as it was at a moment: the state that ended after it, else the present one; one or two queries."""
    was = AssetPast.objects.filter(asset_id=asset_id, valid_to__gt=moment).order_by("valid_to", "pk").first()
    return was or Asset.objects.filter(pk=asset_id).first()


def assets_on(ids: list[int], moment: datetime) -> dict[int, AssetPast | Asset]:
    """Return many components as they were at a moment, by id; two queries."""
    was = AssetPast.objects.filter(asset_id__in=ids, valid_to__gt=moment).order_by("asset_id", "valid_to", "pk").distinct("asset_id")
    found: dict[int, AssetPast | Asset] = {row.asset_id: row for row in was}
    found |= {row.pk: row for row in Asset.objects.filter(pk__in=[i for i in ids if i not in found])}
    return found


def organizations() -> list[tuple[str, str]]:
    """Return (code, name) of the bodies in being, for a select; their uids are not for everybody."""
    return [(o.code, pick(o.name)) for o in Organization.objects.filter(is_active=True).order_by("path").only("code", "name")]


def organization(given: str) -> Organization | None:
    """Return the body in being that a form named by its code, or a program by its uid."""
    rows = Organization.objects.filter(is_active=True)
    if not is_showable(given):
        return None
    try:
        return rows.filter(uid=UUID(given)).first()
    except ValueError:
        return rows.filter(code=given).first()


def organization_names(ids: set[int]) -> dict[int, str]:
    return {o.pk: pick(o.name) for o in Organization.objects.filter(pk__in=ids)}


def areas_of(actor: Actor, permission: str = VIEW) -> list[tuple[str, str]]:
    """Return (code, name) of districts and streets where the reader has the permission, for a select."""
    rows = Area.objects.filter(valid_to__isnull=True, level__in=("district", "street"))
    paths = {scope.area_path for scope in actor.scopes(permission)}
    if "" not in paths:
        wanted = Q(pk__in=[])
        for path in paths:
            wanted |= Q(path__startswith=path)
        rows = rows.filter(wanted)
    return [(a.code, ("　" if a.level == "street" else "") + pick(a.name)) for a in rows.order_by("path")[:500]]


def shares(actor: Actor, wanted: AssetFilter) -> dict[str, int]:
    """Return how many components stand where in confirming their owners (确权率); one query."""
    from django.db.models import Count

    rows = _narrowed(visible_assets(actor), wanted.without("ownership")).order_by().values("ownership").annotate(n=Count("pk"))
    return {row["ownership"]: row["n"] for row in rows}


def feature(found: Asset | AssetPast, **more: Any) -> dict[str, Any]:
    """Return a component as the map draws it."""
    return {
        "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(found.point.x, 7), round(found.point.y, 7)]},
        "properties": {"code": found.code, "label": pick(found.name), "address": found.address, **more},
    }  # fmt: skip


def component(actor: Actor, uid: UUID | str) -> Asset:
    """Return one component with its bodies and grid, or say that there is nothing for the reader."""
    bodies = ("keeper_org", "owner_org", "supervisor_org", "grid", "area")
    found = visible_assets(actor).select_related(*bodies).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="asset")
    return found
