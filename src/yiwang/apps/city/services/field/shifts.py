"""Shifts (班次): signing in and out with place (考勤). Lines are added, never changed; a shift is named by its first line."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils.translation import gettext as _

from yiwang.apps.city.contracts import FieldAct
from yiwang.apps.city.errors import TooLate
from yiwang.apps.city.models import FieldMark
from yiwang.apps.city.queries.field import shifts as queries
from yiwang.apps.city.rules.field import fixes
from yiwang.apps.city.rules.field.times import Settled
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.base.idempotency import Answer
from yiwang.kernel.geography import queries as geography
from yiwang.kernel.geography.models import ResponsibilityGrid

_LOCK = 0x79770F1D
running = queries.running


def _alone(account_id: int) -> None:
    """Let nobody else sign the same person in or out until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, account_id % 2**31])


def begin(*, actor: Actor, act: FieldAct, moment: Settled, grid_uid: UUID | None) -> Answer:
    """Sign in (签到). Whoever is on shift already, on another phone, stays on the shift that runs.

    Raises
    ------
    BadInput
        The grid is none.
    """
    if actor.account_id is None:
        raise NotPermitted(permission="city.field.use")
    _alone(actor.account_id)
    present = running(actor.account_id, moment.at)
    if present is not None:
        return {"shift": queries.said(present), "fix": {"system": present.fix_system, "sure": present.fix_sure, "off_m": None}}
    grid = _grid(actor, grid_uid)
    verdict = _verdict(act, grid)
    mark = _mark(actor, act, moment, "in", act.uid, grid, verdict)
    return {"shift": queries.said(mark), "fix": {"system": verdict.system, "sure": verdict.sure, "off_m": verdict.off_m}}


def end(*, actor: Actor, act: FieldAct, moment: Settled) -> Answer:
    """Sign out (签退).

    Raises
    ------
    TooLate
        Nobody is signed in: the shift ended by itself, or on another phone.
    """
    if actor.account_id is None:
        raise NotPermitted(permission="city.field.use")
    _alone(actor.account_id)
    present = running(actor.account_id, moment.at)
    if present is None:
        raise TooLate(told=_("You are not signed in, so you cannot sign out. The shift ended by itself or on another phone."))
    grid = ResponsibilityGrid.objects.filter(pk=present.grid_id).first() if present.grid_id else None
    _mark(actor, act, moment, "out", present.shift_uid, grid, fixes.Verdict(present.fix_system, present.fix_sure))
    return {"shift": None}


def _grid(actor: Actor, uid: UUID | None) -> ResponsibilityGrid | None:
    """Return the grid that the shift is for: the one that was named, else one's own first."""
    if uid is None:
        return geography.grids_of_inspector(actor.account_id or 0).first()
    found = ResponsibilityGrid.objects.filter(uid=uid, valid_to__isnull=True).first()
    if found is None or not actor.may("city.field.use", area_path=found.area_path):
        raise BadInput.one("grid_uid", "unknown", _("There is no such grid, or it is not in your area."))
    return found


def _verdict(act: FieldAct, grid: ResponsibilityGrid | None) -> fixes.Verdict:
    place = act.place
    if place is None or place.source != "gps":
        return fixes.Verdict()
    own = list(grid.shape[0][0].coords) if grid is not None and grid.shape else []
    return fixes.recognise((place.lon, place.lat), place.accuracy_m, queries.known_point(grid), own=own)


def _mark(
    actor: Actor, act: FieldAct, moment: Settled, kind: str, shift_uid: UUID, grid: ResponsibilityGrid | None, verdict: fixes.Verdict
) -> FieldMark:
    at, place = now(), act.place
    lon, lat = (None, None) if place is None else fixes.true_place(place.lon, place.lat, verdict) if place.source == "gps" else (place.lon, place.lat)
    mark = FieldMark(
        region=str(settings.REGION), recorded_at=at, uid=act.uid, kind=kind, shift_uid=shift_uid, account_id=actor.account_id or 0, org_id=actor.org_id,
        grid_id=grid.pk if grid else None, area_path=_area_path(actor, grid, lon, lat), occurred_at=moment.at, said_at=moment.said,
        clock_off_s=moment.off_s, lon=lon, lat=lat, accuracy_m=place.accuracy_m if place else None, source=place.source if place else "",
        no_place_reason="" if place else act.no_place_reason[:200], away_m=_away(grid, lon, lat), fix_system=verdict.system, fix_sure=verdict.sure,
    )  # fmt: skip
    mark.save(force_insert=True)
    data: dict[str, Any] = {
        "shift": str(shift_uid), "grid": grid.code if grid else "", "off_s": moment.off_s, "said_at": moment.said.isoformat(), "away_m": mark.away_m,
        "no_place": mark.no_place_reason, "fix": verdict.system,
    }  # fmt: skip
    audit.record(
        actor, action=f"city.shift.{kind}", occurred_at=moment.at, area_path=mark.area_path, point=None if lon is None or lat is None else (lon, lat),
        data={k: v for k, v in data.items() if v not in ("", None)},
    )
    return mark


def _area_path(actor: Actor, grid: ResponsibilityGrid | None, lon: float | None, lat: float | None) -> str:
    """Return whose affair the line is: the grid's street, else where the place lies, else where the person's post works."""
    if grid is not None:
        return grid.area_path
    if lon is not None and lat is not None:
        found = geography.place(lon, lat, strict=False).area_path
        if found:
            return found
    return next((s.area_path for s in actor.scopes("city.field.use")), "")


def _away(grid: ResponsibilityGrid | None, lon: float | None, lat: float | None) -> float | None:
    """Return how many metres the place lies outside the grid."""
    if grid is None or lon is None or lat is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT ST_Distance(shape::geography, %s::geometry::geography) FROM {ResponsibilityGrid._meta.db_table} WHERE id = %s AND shape IS NOT NULL",
            [Point(lon, lat, srid=4326).hexewkb.decode(), grid.pk],
        )
        row = cursor.fetchone()
    return round(row[0], 1) if row else None


__all__ = ["begin", "end", "running"]
