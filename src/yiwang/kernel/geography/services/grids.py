"""Writes to responsibility grids and inspectors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.errors import BadShape, GridTaken
from yiwang.kernel.geography.models import (
    GridInspector,
    ResponsibilityGrid,
    UnitGrid,
)
from yiwang.kernel.geography.queries.gridwork import chosen
from yiwang.kernel.geography.rules.codes import RESPONSIBILITY_CODE, next_responsibility_code
from yiwang.kernel.geography.services.gridwork import keep_responsibility
from yiwang.kernel.geography.services.shapes import EDIT_GRID, multipolygon
from yiwang.kernel.identity.models import Account


@transaction.atomic
def form_responsibility_grid(
    *, actor: Actor, code: str, name: Mapping[str, str], street: Area, unit_grids: Iterable[Area], **more: Any
) -> ResponsibilityGrid:
    """Join whole, adjoining unit grids into the beat of one inspector (责任网格); a grid that exists gets new members.

    Raises
    ------
    BadInput
        The code is not six digits, Z and four digits, or there is no unit grid.
    GridTaken
        A unit grid belongs to another one.
    BadShape
        The grids do not adjoin, or one has no shape or lies in another street.
    """
    actor.require(EDIT_GRID, area_path=street.path)
    if not RESPONSIBILITY_CODE.match(code):
        raise BadInput.one(
            "code", "code", _("The code is six digits of the district, Z and four digits, like 371502Z0001.")
        )
    members = sorted({grid.pk: grid for grid in unit_grids}.values(), key=lambda g: g.pk)
    if not members:
        raise BadInput.one("unit_grids", "empty", _("Choose at least one unit grid."))
    foreign = [g.code for g in members if g.level != AreaLevel.GRID or not g.path.startswith(street.path)]
    if foreign:
        raise BadShape(
            reason=_("these are not unit grids of the street: %(codes)s") % {"codes": ", ".join(foreign[:5])}
        )
    for grid in members:
        UnitGrid.objects.get_or_create(area=grid)
    found = ResponsibilityGrid.objects.select_for_update().filter(code=code, valid_to__isnull=True).first()
    if found is not None:
        actor.require(EDIT_GRID, area_path=found.area_path)
    ids = [grid.pk for grid in members]
    rows = list(UnitGrid.objects.select_for_update().filter(area_id__in=ids).select_related("area"))
    taken = [r.area.code for r in rows if r.responsibility_grid_id not in (None, found.pk if found else None)]
    if taken:
        raise GridTaken(grid_codes=tuple(taken))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), ST_NumGeometries(ST_Multi(ST_Union(shape))), ST_AsEWKB(ST_Multi(ST_Union(shape))),"
            " round(ST_Area(ST_Union(shape)::geography)::numeric, 2) FROM yw_geography_areashape WHERE area_id = ANY(%s)",
            [ids],
        )
        shaped, parts, union, area_m2 = cursor.fetchone()
    if shaped != len(ids):
        raise BadShape(reason=_("a unit grid has no shape yet"))
    if parts != 1:
        raise BadShape(reason=_("the unit grids do not adjoin: they make %(parts)s separate pieces") % {"parts": parts})
    ref = audit.record(
        actor, action="geography.grid.formed", region=street.region, area_path=street.path,
        data={"grid": code, "members": [grid.code for grid in members]},
    )  # fmt: skip
    if found is None:
        found = ResponsibilityGrid(code=code, valid_from=now().date())
    else:
        before = sorted(found.unit_grids.values_list("area__code", flat=True))
        stamp = {"valid_to": now(), "by_name": actor.recorded_name[:120], "event_uid": ref.uid}
        keep_responsibility(found, before, stamp, became=[code])
    found.name, found.area, found.area_path = dict(name), street, street.path
    found.shape, found.area_m2 = multipolygon(GEOSGeometry(memoryview(union))), area_m2
    for key, value in more.items():
        setattr(found, key, value)
    found.save()
    UnitGrid.objects.filter(responsibility_grid=found).exclude(area_id__in=ids).update(responsibility_grid=None)
    UnitGrid.objects.filter(area_id__in=ids).update(responsibility_grid=found)
    return found


@transaction.atomic
def join_grids(*, actor: Actor, grids: Sequence[str], code: str = "", name: str = "") -> ResponsibilityGrid:
    """Form a responsibility grid of live unit grids (uids) as the desk does: code and name are given where they are empty.

    Raises
    ------
    BadInput
        No grid, grids of several streets, or a code that cannot be or is another district's.
    GridTaken, BadShape
        As `form_responsibility_grid`.
    """
    members = chosen(actor, grids)
    streets = {a.parent.parent for a in members if a.parent is not None and a.parent.parent is not None}
    if len(streets) != 1:
        raise BadInput.one("grids", "street", _("Choose unit grids of one street."))
    street = streets.pop()
    actor.require(EDIT_GRID, area_path=street.path)
    Area.objects.select_for_update().get(pk=street.pk)
    district = street.code[:6]
    if not code:
        used = ResponsibilityGrid.objects.filter(code__startswith=district).values_list("code", flat=True)
        code = next_responsibility_code(district, used)
    if not code.startswith(district):
        raise BadInput.one("code", "district", _("The code begins with the six digits of the district, %(code)s.") % {"code": district})
    kept = ResponsibilityGrid.objects.filter(code=code, valid_to=None).values_list("name", flat=True).first()
    said = {"zh-Hans": name.strip()[:60]} if name.strip() else kept or {"zh-Hans": f"{code[-4:].lstrip('0')}号责任网格"}
    return form_responsibility_grid(actor=actor, code=code, name=said, street=street, unit_grids=members)


@transaction.atomic
def assign_inspector(
    *, actor: Actor, account: Account, grid: ResponsibilityGrid, shift: str = "", is_substitute: bool = False
) -> GridInspector:
    """Let a person patrol a grid from today. Safe to repeat."""
    actor.require(EDIT_GRID, area_path=grid.area_path)
    if grid.valid_to is not None:
        raise BadInput.one("grid", "closed", _("This grid was closed. Choose one that is in force."))
    found, created = GridInspector.objects.get_or_create(
        account=account, grid=grid, shift=shift, valid_to=None,
        defaults={"is_substitute": is_substitute, "valid_from": now().date()},
    )  # fmt: skip
    if created:
        data = {"grid": grid.code, "account": account.pk, "shift": shift}
        audit.record(actor, action="geography.inspector.assigned", area_path=grid.area_path, data=data)
    return found


@transaction.atomic
def release_inspector(*, actor: Actor, account: Account, grid: ResponsibilityGrid, shift: str = "") -> int:
    """End the assignment today; the row stays as history. Returns how many ended."""
    actor.require(EDIT_GRID, area_path=grid.area_path)
    ended = GridInspector.objects.filter(account=account, grid=grid, shift=shift, valid_to__isnull=True).update(
        valid_to=now().date()
    )
    if ended:
        data = {"grid": grid.code, "account": account.pk, "shift": shift}
        audit.record(actor, action="geography.inspector.released", area_path=grid.area_path, data=data)
    return ended
