"""Changing unit grids (网格拆分、合并、重编): previewed by `queries.gridplan.plan`, done here in one transaction."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import GridInUse, GridRefused
from yiwang.kernel.geography.gridwork import GridChange, GridPlan, GridsChanged, PlannedGrid
from yiwang.kernel.geography.ground import GridSwap
from yiwang.kernel.geography.models import (
    SRID,
    AreaShape,
    GridKind,
    GridPast,
    ResponsibilityGrid,
    UnitGrid,
)
from yiwang.kernel.geography.queries.gridplan import plan
from yiwang.kernel.geography.queries.gridwork import EDIT_GRID
from yiwang.kernel.geography.rules import grids as rules
from yiwang.kernel.geography.services.past import keep_assets
from yiwang.kernel.geography.services.shapes import measure_areas, multipolygon


@transaction.atomic
def change_grids(*, actor: Actor, change: GridChange) -> GridsChanged:
    """Split, merge, re-code, redraw, draw or remove unit grids.

    The old grids end today and keep their codes for ever; the new ones get codes of their own. Components, addresses and
    open cases go to the grid in which they lie; ended cases keep the grid they had. Whoever changes the same community at
    the same time waits, and is then told what happened.

    Raises
    ------
    GridChanged
        Somebody was faster with one of these grids.
    GridRefused
        A check says no (gap, overlap, border of the community, size); every reason is told.
    GridInUse
        A grid to be removed has open cases or components; they are listed.
    BadInput, BadShape
        The change itself cannot be.
    """
    first = plan(actor, change)  # refuses what cannot be before anybody waits
    actor.require(EDIT_GRID, area_path=first.community_path)
    Area.objects.select_for_update().get(pk=first.community_id)
    found = plan(actor, change)  # again, now that nobody else can change it
    if found.errors:
        raise GridRefused(reasons=tuple(f"{r.text}（{r.rule}）" if r.rule not in r.text else r.text for r in found.errors))
    if change.kind == "remove" and (found.work.count or found.components):
        listed = tuple(f"{row.code} {row.title}".strip() for row in found.work.rows[:20])
        raise GridInUse(grid_codes=found.old_codes, open_work=found.work.count, components=found.components, listed=listed)
    community = Area.objects.get(pk=found.community_id)
    olds = list(Area.objects.select_for_update().filter(pk__in=found.old_ids).order_by("pk"))
    moment = now()
    ref = audit.record(
        actor, action=f"geography.grids.{change.kind}", region=community.region, area_path=community.path,
        data={
            "old": list(found.old_codes), "new": [p.code for p in found.pieces], "components": found.components,
            "open": found.work.count, "reason": change.reason[:500],
        },
    )  # fmt: skip
    beats = _beats_of(found.old_ids)
    stamp = {"valid_to": moment, "by_name": actor.recorded_name[:120], "reason": change.reason[:500], "event_uid": ref.uid}
    _close(olds, found, stamp)
    news = [_open(community, olds, found, piece, moment) for piece in found.pieces]
    measure_areas([a.pk for a in news])
    _share_corners(community, found, [a.pk for a in news])
    _join_beats(news, found, beats, stamp, moment)
    new_ids = [a.pk for a in news]
    moved = _move_components(actor, community, found, new_ids, moment, change, ref.uid)
    _move_addresses(community, olds, new_ids)
    work = ground.move(actor, GridSwap(found.old_ids, tuple(new_ids), change.reason)) if olds else 0
    UnitGrid.objects.filter(area__in=olds).delete()
    AreaShape.objects.filter(area__in=olds).delete()
    return GridsChanged(found.old_codes, tuple(a.code for a in news), tuple(str(a.uid) for a in news), moved, work)


def _since(area: Area) -> datetime | None:
    return timezone.make_aware(datetime.combine(area.valid_from, time.min)) if area.valid_from else None


def _close(olds: Sequence[Area], found: GridPlan, stamp: dict[str, Any]) -> None:
    """Write down the old grids with what they became, and end them."""
    shapes = {s.area_id: s for s in AreaShape.objects.filter(area__in=olds)}
    beats = dict(UnitGrid.objects.filter(area__in=olds).values_list("area_id", "responsibility_grid__code"))
    order = {pk: n for n, pk in enumerate(found.old_ids)}
    GridPast.objects.bulk_create(
        GridPast(
            kind=GridKind.UNIT, object_id=a.pk, object_uid=a.uid, code=a.code, name=a.name, area_path=a.path, shape=shapes[a.pk].shape,
            area_m2=shapes[a.pk].area_m2, responsibility_code=beats.get(a.pk) or "", became=_became(found, order[a.pk]),
            valid_from=_since(a), **stamp,
        )
        for a in olds
    )  # fmt: skip
    Area.objects.filter(pk__in=[a.pk for a in olds]).update(valid_to=timezone.localdate(stamp["valid_to"]))


def _became(found: GridPlan, number: int) -> list[str]:
    """Return the codes of the new grids that hold some of an old one's ground."""
    if len(found.old_ids) == 1 or len(found.pieces) == 1:
        return [p.code for p in found.pieces]
    heirs = [p.code for p in found.pieces if p.heir_of == number]
    return heirs or [p.code for p in found.pieces]


def _open(community: Area, olds: Sequence[Area], found: GridPlan, piece: PlannedGrid, moment: datetime) -> Area:
    by_id = {a.pk: a for a in olds}
    before = by_id.get(found.old_ids[piece.heir_of]) if piece.heir_of is not None else None
    number = piece.code[len(community.code) :].lstrip("0") or piece.code
    name = before.name if found.change.kind == "recode" and before else {"zh-Hans": f"{number}号网格", "en": f"Grid {number}"}
    made = add_area(
        level=AreaLevel.GRID, code=piece.code, name=name, parent=community, valid_from=timezone.localdate(moment),
        manual_level=before.manual_level if before else community.manual_level, is_sample=bool(before and before.is_sample),
    )  # fmt: skip
    AreaShape.objects.create(area=made, area_path=made.path, level=made.level, shape=multipolygon(MultiPolygon(GEOSGeometry(memoryview(piece.shape.wkb)), srid=SRID)))
    was = UnitGrid.objects.filter(area=before).first() if before else None
    UnitGrid.objects.create(
        area=made, responsibility_grid_id=was.responsibility_grid_id if was else None, land_use=was.land_use if was else "",
        responsible_org_id=was.responsible_org_id if was else None, remark=was.remark if was else "",
    )  # fmt: skip
    return made


def _share_corners(community: Area, found: GridPlan, new_ids: Sequence[int]) -> None:
    """Give the neighbours in the community a corner wherever a new grid has one on their border (G08); their ground stays."""
    if not found.pieces:
        return
    box = MultiPolygon([GEOSGeometry(memoryview(p.shape.envelope.wkb), srid=SRID) for p in found.pieces], srid=SRID).buffer(1e-5)
    rows = AreaShape.objects.filter(level=AreaLevel.GRID, area__parent=community, area__valid_to__isnull=True, shape__bboverlaps=box)
    pieces = [p.shape for p in found.pieces]
    for row in rows.exclude(area_id__in=new_ids):
        if row.shape.num_geom != 1:
            continue
        before = rules.as_polygon(shapely.from_wkb(bytes(row.shape.wkb)))
        after = rules.with_corners(before, pieces)
        if shapely.get_num_coordinates(after) != shapely.get_num_coordinates(before):
            row.shape = multipolygon(GEOSGeometry(memoryview(after.wkb), srid=SRID))
            row.save(update_fields=["shape"])


def _beats_of(ids: Sequence[int]) -> list[tuple[ResponsibilityGrid, list[str]]]:
    """Return the responsibility grids of unit grids, locked, with the codes of their members."""
    rows = ResponsibilityGrid.objects.select_for_update().filter(pk__in=UnitGrid.objects.filter(area_id__in=ids).values("responsibility_grid_id"))
    return [(beat, sorted(beat.unit_grids.values_list("area__code", flat=True))) for beat in rows.order_by("pk")]


def _join_beats(
    news: Sequence[Area], found: GridPlan, beats: Sequence[tuple[ResponsibilityGrid, list[str]]], stamp: dict[str, Any], moment: datetime
) -> None:
    """Redraw the responsibility grids (责任网格) whose members changed: a union of whole, adjoining unit grids, as before."""
    for beat, members in beats:
        keep_responsibility(beat, members, stamp, became=[beat.code])
        UnitGrid.objects.filter(area_id__in=found.old_ids, responsibility_grid=beat).update(responsibility_grid=None)
        ids = list(beat.unit_grids.values_list("area_id", flat=True))
        if not ids:
            beat.valid_to = timezone.localdate(moment)
            beat.save(update_fields=["valid_to"])
            continue
        redraw_responsibility(beat, ids)


def keep_responsibility(beat: ResponsibilityGrid, members: Sequence[str], stamp: dict[str, Any], became: Sequence[str]) -> None:
    """Write down a responsibility grid as it was, if it had a shape."""
    if beat.shape is None:
        return
    last = GridPast.objects.filter(kind=GridKind.RESPONSIBILITY, object_id=beat.pk).order_by("-valid_to").values_list("valid_to", flat=True).first()
    since = last or (timezone.make_aware(datetime.combine(beat.valid_from, time.min)) if beat.valid_from else None)
    GridPast.objects.create(
        kind=GridKind.RESPONSIBILITY, object_id=beat.pk, object_uid=beat.uid, code=beat.code, name=beat.name, area_path=beat.area_path,
        shape=beat.shape, area_m2=beat.area_m2, members=list(members), became=list(became), valid_from=since, **stamp,
    )  # fmt: skip


def redraw_responsibility(beat: ResponsibilityGrid, ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH joined AS (SELECT ST_Union(ST_SnapToGrid(shape, 1e-9)) AS shape FROM yw_geography_areashape WHERE area_id = ANY(%s))"
            " SELECT ST_NumGeometries(ST_Multi(shape)), ST_AsEWKB(ST_Multi(shape)), round(ST_Area(shape::geography)::numeric, 2) FROM joined",
            [list(ids)],
        )
        parts, union, area_m2 = cursor.fetchone()
    if parts != 1:
        reason = _("Responsibility grid %(code)s would fall into %(parts)s pieces; take the grids out of it first.") % {"code": beat.code, "parts": parts}
        raise GridRefused(reasons=(reason,))
    beat.shape, beat.area_m2 = multipolygon(GEOSGeometry(memoryview(union))), area_m2
    beat.save(update_fields=["shape", "area_m2"])


def _move_components(
    actor: Actor, community: Area, found: GridPlan, new_ids: Sequence[int], moment: datetime, change: GridChange, event_uid: Any
) -> int:
    """Take components to the grid in which they lie; on a border to the smaller path, as the place lookup does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id FROM yw_geography_asset a WHERE a.grid_id = ANY(%s) OR (a.grid_id IS NULL AND EXISTS (SELECT 1 FROM"
            " yw_geography_areashape s WHERE s.area_id = ANY(%s) AND ST_Covers(s.shape, a.point))) ORDER BY a.id FOR UPDATE",
            [list(found.old_ids), list(new_ids)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        keep_assets(ids, actor=actor, at=moment, action=f"geography.grids.{change.kind}", reason=change.reason, event_uid=event_uid)
        cursor.execute(
            "UPDATE yw_geography_asset a SET grid_id = m.area_id, area_id = coalesce(m.area_id, %s), area_path = coalesce(m.area_path, %s)"
            " FROM (SELECT DISTINCT ON (b.id) b.id, s.area_id, s.area_path FROM yw_geography_asset b"
            " LEFT JOIN yw_geography_areashape s ON s.area_id = ANY(%s) AND ST_Covers(s.shape, b.point) WHERE b.id = ANY(%s)"
            " ORDER BY b.id, s.area_path) m WHERE m.id = a.id",
            [community.pk, community.path, list(new_ids), ids],
        )
    return len(ids)


def _move_addresses(community: Area, olds: Sequence[Area], new_ids: Sequence[int]) -> None:
    """Addresses carry the path of their grid; roads that of a larger area, mostly."""
    if not olds:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE yw_geography_addresspoint p SET area_id = coalesce(m.area_id, %s), area_path = coalesce(m.area_path, %s)"
            " FROM (SELECT DISTINCT ON (b.id) b.id, s.area_id, s.area_path FROM yw_geography_addresspoint b"
            " LEFT JOIN yw_geography_areashape s ON s.area_id = ANY(%s) AND ST_Covers(s.shape, b.point)"
            " WHERE b.area_path = ANY(%s) ORDER BY b.id, s.area_path) m WHERE m.id = p.id",
            [community.pk, community.path, list(new_ids), [a.path for a in olds]],
        )
        cursor.execute(
            "UPDATE yw_geography_road SET area_id = %s, area_path = %s WHERE area_path = ANY(%s)",
            [community.pk, community.path, [a.path for a in olds]],
        )
