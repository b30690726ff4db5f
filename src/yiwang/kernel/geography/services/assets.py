"""Writes to assets."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.geography.models import (
    SRID,
    Asset,
    AssetStatus,
)
from yiwang.kernel.geography.queries.assets import EDIT as EDIT_ASSET
from yiwang.kernel.geography.queries.places import checked, place
from yiwang.kernel.geography.rules.codes import CodeError, asset_code, parse_asset_code
from yiwang.kernel.geography.services.past import keep_assets
from yiwang.kernel.identity.models import Organization


@transaction.atomic
def add_asset(
    *, actor: Actor, class_code: str, name: Mapping[str, str], lon: object, lat: object, code: str = "",
    supervisor: Organization | None = None, owner: Organization | None = None, keeper: Organization | None = None,
    surveyed_on: date | None = None, **more: Any,
) -> Asset:  # fmt: skip
    """Enter an asset (管理部件). Without a code it gets the next free one of its district and class.

    Raises
    ------
    BadInput
        The point, the class or the code cannot be; the code is of another district, or in use.
    OutsideArea
        The point is outside the boundary.
    """
    facts = place(lon, lat)
    actor.require(EDIT_ASSET, area_path=facts.area_path)
    district = facts.district or facts.root
    if district is None or facts.area is None:
        raise BadInput.one("point", "area", _("No jurisdiction is drawn there yet."))
    try:
        if code:
            parsed = parse_asset_code(code)
        else:
            code = _next_code(district.code[:6], class_code)
            parsed = parse_asset_code(code)
    except CodeError as error:
        message = _(
            "A component code has 17 digits: 6 of the district, 5 of the class, 6 of the sequence, from 000001."
        )
        raise BadInput.one("code", "code", message) from error
    if parsed.district != district.code[:6] or (parsed.generation == 2026 and parsed.class_code != class_code):
        raise BadInput.one("code", "other", _("The code names another district or class than the place and the class."))
    if Asset.objects.filter(code=code).exists():
        raise BadInput.one("code", "taken", _("This code is in use. Codes are never given twice."))
    asset = Asset.objects.create(
        code=code, class_code=class_code, name=dict(name), point=Point(*checked(lon, lat), srid=SRID),
        supervisor_org=supervisor, owner_org=owner, keeper_org=keeper, area_id=facts.area.id, area_path=facts.area_path,
        grid_id=facts.unit_grid.id if facts.unit_grid else None, surveyed_on=surveyed_on or now().date(), **more,
    )  # fmt: skip
    audit.record(actor, action="geography.asset.added", area_path=asset.area_path, data={"asset": asset.code})
    return asset


def _next_code(district: str, class_code: str) -> str:
    """Return the next code of a district and class. Two at once wait on the lock; numbers are not reused."""
    prefix = district + class_code
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"asset-code:{prefix}"])
        cursor.execute(
            "SELECT max(code) FROM yw_geography_asset WHERE code LIKE %s AND length(code) = 17", [prefix + "%"]
        )
        last = cursor.fetchone()[0]
    return asset_code(district, class_code, int(last[-6:]) + 1 if last else 1)


@transaction.atomic
def set_asset_status(*, actor: Actor, asset_id: int, status: str, remark: str = "") -> Asset:
    """Say in what condition an asset is (完好/破损/丢失/废弃/移除). Saying the same again changes nothing."""
    asset = Asset.objects.select_for_update().filter(pk=asset_id).first()
    if asset is None:
        raise NotFound(what="asset")
    actor.require(EDIT_ASSET, area_path=asset.area_path)
    if status not in AssetStatus.values:
        raise BadInput.one("status", "status", _("Choose one of the five conditions."))
    if asset.status == AssetStatus.REMOVED and status != AssetStatus.REMOVED:
        raise BadInput.one(
            "status", "removed", _("A removed asset does not come back. Enter it again with a new code.")
        )
    if asset.status != status:
        data = {"asset": asset.code, "from": asset.status, "to": status}
        ref = audit.record(actor, action="geography.asset.status", area_path=asset.area_path, data=data)
        keep_assets([asset.pk], actor=actor, at=now(), action="geography.asset.status", reason=remark, event_uid=ref.uid)
        asset.status, asset.changed_on = status, now().date()
        asset.version += 1
        asset.remark = remark[:1000] or asset.remark
        asset.save(update_fields=["status", "changed_on", "remark"])
    return asset
