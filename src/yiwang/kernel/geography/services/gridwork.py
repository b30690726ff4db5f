"""Changing unit grids (网格拆分、合并、重编): previewed by `queries.gridplan.plan`, done here in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.areas.services import add_area
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import GridInUse, GridRefused
from yiwang.kernel.geography.gridwork import GridChange, GridPiece, GridPlan, GridsChanged, PlannedGrid
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


@dataclass
class Touched:
    """A responsibility grid (责任网格) some of whose members changed: as it was, locked, and what ends that state."""

    beat: ResponsibilityGrid
    members: list[str]
    stamp: dict[str, Any]


Beats = dict[int, Touched]


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
    beats: Beats = {}
    done = apply(actor, change, beats)
    join_beats(beats, now())
    return done


def apply(actor: Actor, change: GridChange, beats: Beats) -> GridsChanged:
    """Do one change in a community that the caller has locked, inside his transaction; afterwards he redraws `beats` (join_beats)."""
    found = plan(actor, change)
    actor.require(EDIT_GRID, area_path=found.community_path)
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
    stamp = {"valid_to": moment, "by_name": actor.recorded_name[:120], "reason": change.reason[:500], "event_uid": ref.uid}
    touch_beats(found.old_ids, [p.responsibility_code for p in found.pieces], stamp, beats)
    _close(olds, found, stamp)
    news = [_open(community, olds, found, piece, moment, beats) for piece in found.pieces]
    measure_areas([a.pk for a in news])
    _share_corners(community, found, [a.pk for a in news])
    UnitGrid.objects.filter(area__in=olds).update(responsibility_grid=None)
    new_ids = [a.pk for a in news]
    moved = move_components(actor, community, found.old_ids, new_ids, moment, change.kind, change.reason, ref.uid)
    move_addresses(community, olds, new_ids)
    work = ground.move(actor, GridSwap(found.old_ids, tuple(new_ids), change.reason)) if olds else 0
    UnitGrid.objects.filter(area__in=olds).delete()
    AreaShape.objects.filter(area__in=olds).delete()
    return GridsChanged(found.old_codes, tuple(a.code for a in news), tuple(str(a.uid) for a in news), moved, work, tuple(new_ids), ref.uid)


def since(areas: Sequence[Area]) -> dict[int, datetime | None]:
    """Return since when each grid is in force: its day, or the moment at which it was last taken back into force."""
    midnight = {a.pk: timezone.make_aware(datetime.combine(a.valid_from, time.min)) if a.valid_from else None for a in areas}
    again = GridPast.objects.filter(kind=GridKind.UNIT, object_id__in=midnight).values_list("object_id").annotate(last=Max("valid_to"))
    return midnight | {pk: max(last, midnight[pk] or last) for pk, last in again}


def _close(olds: Sequence[Area], found: GridPlan, stamp: dict[str, Any]) -> None:
    """Write down the old grids with what they became, and end them."""
    order = {pk: n for n, pk in enumerate(found.old_ids)}
    keep_grids(olds, {a.pk: _became(found, order[a.pk]) for a in olds}, stamp)
    Area.objects.filter(pk__in=[a.pk for a in olds]).update(valid_to=timezone.localdate(stamp["valid_to"]))


def keep_grids(areas: Sequence[Area], became: Mapping[int, Sequence[str]], stamp: dict[str, Any], begun_at: datetime | None = None) -> None:
    """Write down grids as they are, before they end; `begun_at` where their own day does not say since when they were."""
    shapes = {s.area_id: s for s in AreaShape.objects.filter(area__in=areas)}
    units = {u.area_id: u for u in UnitGrid.objects.filter(area__in=areas).select_related("responsibility_grid")}
    begun = since(areas)
    rows = []
    for area in areas:
        unit = units.get(area.pk) or UnitGrid(area=area)
        rows.append(GridPast(
            kind=GridKind.UNIT, object_id=area.pk, object_uid=area.uid, code=area.code, name=area.name, area_path=area.path, shape=shapes[area.pk].shape,
            area_m2=shapes[area.pk].area_m2, responsibility_code=unit.responsibility_grid.code if unit.responsibility_grid else "",
            facts={"land_use": unit.land_use, "responsible_org_id": unit.responsible_org_id, "remark": unit.remark},
            became=list(became[area.pk]), valid_from=begun_at or begun[area.pk], **stamp,
        ))  # fmt: skip
    GridPast.objects.bulk_create(rows)


def _became(found: GridPlan, number: int) -> list[str]:
    """Return the codes of the new grids that hold some of an old one's ground."""
    if found.change.kind == "file":
        return [p.code for p in found.pieces if number in p.over]
    if len(found.old_ids) == 1 or len(found.pieces) == 1:
        return [p.code for p in found.pieces]
    heirs = [p.code for p in found.pieces if p.heir_of == number]
    return heirs or [p.code for p in found.pieces]


def _open(community: Area, olds: Sequence[Area], found: GridPlan, piece: PlannedGrid, moment: datetime, beats: Beats) -> Area:
    by_id = {a.pk: a for a in olds}
    before = by_id.get(found.old_ids[piece.heir_of]) if piece.heir_of is not None else None
    given = piece.given or GridPiece(piece.shape)
    number = piece.code[len(community.code) :].lstrip("0") or piece.code
    name = before.name if found.change.kind == "recode" and before else {"zh-Hans": f"{number}号网格", "en": f"Grid {number}"}
    made = add_area(
        level=AreaLevel.GRID, code=piece.code, name={"zh-Hans": given.name} if given.name else name, parent=community,
        valid_from=given.valid_from or timezone.localdate(moment),
        manual_level=given.manual_level or (before.manual_level if before else community.manual_level), is_sample=bool(before and before.is_sample),
    )  # fmt: skip
    AreaShape.objects.create(area=made, area_path=made.path, level=made.level, shape=multipolygon(MultiPolygon(GEOSGeometry(memoryview(piece.shape.wkb)), srid=SRID)))
    was = UnitGrid.objects.filter(area=before).first() if before else None
    wished = next((t.beat.pk for t in beats.values() if t.beat.code == given.responsibility_code), None)
    UnitGrid.objects.create(
        area=made, responsibility_grid_id=wished if given.responsibility_code else was.responsibility_grid_id if was else None,
        land_use=given.land_use or (was.land_use if was else ""), remark=given.remark or (was.remark if was else ""),
        responsible_org_id=given.responsible_org_id or (was.responsible_org_id if was else None),
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


def touch_beats(ids: Sequence[int], codes: Sequence[str], stamp: dict[str, Any], beats: Beats) -> None:
    """Lock the responsibility grids of these unit grids and those of these codes, and remember each as it was when first touched."""
    wanted = Q(pk__in=UnitGrid.objects.filter(area_id__in=ids).values("responsibility_grid_id")) | Q(code__in=[c for c in codes if c], valid_to__isnull=True)
    for beat in ResponsibilityGrid.objects.select_for_update().filter(wanted).exclude(pk__in=list(beats)).order_by("pk"):
        beats[beat.pk] = Touched(beat, sorted(beat.unit_grids.values_list("area__code", flat=True)), stamp)


def join_beats(beats: Beats, moment: datetime) -> None:
    """Redraw the responsibility grids (责任网格) whose members changed: a union of whole, adjoining unit grids, as before."""
    for touched in beats.values():
        beat = touched.beat
        keep_responsibility(beat, touched.members, touched.stamp, became=[beat.code])
        ids = list(beat.unit_grids.filter(area__valid_to__isnull=True).values_list("area_id", flat=True))
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


def move_components(
    actor: Actor, community: Area, old_ids: Sequence[int], new_ids: Sequence[int], moment: datetime, kind: str, reason: str, event_uid: Any
) -> int:
    """Take components to the grid in which they lie; on a border to the smaller path, as the place lookup does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id FROM yw_geography_asset a WHERE a.grid_id = ANY(%s) OR (a.grid_id IS NULL AND EXISTS (SELECT 1 FROM"
            " yw_geography_areashape s WHERE s.area_id = ANY(%s) AND ST_Covers(s.shape, a.point))) ORDER BY a.id FOR UPDATE",
            [list(old_ids), list(new_ids)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        keep_assets(ids, actor=actor, at=moment, action=f"geography.grids.{kind}", reason=reason, event_uid=event_uid)
        cursor.execute(
            "UPDATE yw_geography_asset a SET grid_id = m.area_id, area_id = coalesce(m.area_id, %s), area_path = coalesce(m.area_path, %s)"
            " FROM (SELECT DISTINCT ON (b.id) b.id, s.area_id, s.area_path FROM yw_geography_asset b"
            " LEFT JOIN yw_geography_areashape s ON s.area_id = ANY(%s) AND ST_Covers(s.shape, b.point) WHERE b.id = ANY(%s)"
            " ORDER BY b.id, s.area_path) m WHERE m.id = a.id",
            [community.pk, community.path, list(new_ids), ids],
        )
    return len(ids)


def move_addresses(community: Area, olds: Sequence[Area], new_ids: Sequence[int]) -> None:
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
