"""Unit grids of a map file: changes of many communities in one transaction, and the way back as a whole."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import GridRefused
from yiwang.kernel.geography.gridwork import GridChange, GridsChanged
from yiwang.kernel.geography.ground import GridSwap
from yiwang.kernel.geography.models import (
    AreaShape,
    Asset,
    AssetPast,
    GridInspector,
    GridKind,
    GridPast,
    ResponsibilityGrid,
    UnitGrid,
)
from yiwang.kernel.geography.queries.gridwork import EDIT_GRID
from yiwang.kernel.geography.services.grids import form_responsibility_grid
from yiwang.kernel.geography.services.gridwork import (
    Beats,
    apply,
    join_beats,
    keep_grids,
    move_addresses,
    move_components,
    touch_beats,
)
from yiwang.kernel.geography.services.shapes import measure_areas

TAKEN_BACK = "taken_back"


@transaction.atomic
def bring_grids(*, actor: Actor, changes: Sequence[GridChange]) -> list[GridsChanged]:
    """Do the changes of a file, each as `change_grids` does one; responsibility grids that the pieces name are joined at the end.

    Raises
    ------
    GridRefused, GridChanged, BadInput, BadShape
        As `change_grids`; nothing of all of them is done.
    """
    codes = sorted({c.community for c in changes})
    list(Area.objects.select_for_update().filter(level=AreaLevel.COMMUNITY, valid_to__isnull=True, code__in=codes).order_by("pk"))
    beats: Beats = {}
    done = [apply(actor, change, beats) for change in changes]
    known = {touched.beat.code for touched in beats.values()}
    join_beats(beats, now())
    fresh: dict[str, list[int]] = defaultdict(list)
    for change, made in zip(changes, done, strict=True):
        for piece, area_id in zip(change.pieces, made.new_ids, strict=True):
            if piece.responsibility_code and piece.responsibility_code not in known:
                fresh[piece.responsibility_code].append(area_id)
    for code, ids in sorted(fresh.items()):
        members = list(Area.objects.filter(pk__in=ids).select_related("parent__parent"))
        streets = {a.parent.parent for a in members if a.parent is not None and a.parent.parent is not None}
        if len(streets) != 1:
            raise GridRefused(reasons=(_("Responsibility grid %(code)s would lie in several streets.") % {"code": code},))
        name = {"zh-Hans": f"{code[-4:].lstrip('0')}号责任网格"}
        form_responsibility_grid(actor=actor, code=code, name=name, street=streets.pop(), unit_grids=members)
    return done


def built_on(actor: Actor, *, event_uids: Sequence[UUID], new_ids: Sequence[int], work: int) -> list[str]:
    """Return what has come to stand on grids since they were brought in, in words; empty when nothing has.

    What the import itself took along (`work` open cases, the components in its events) goes back and holds nothing.
    """
    found = [
        _("component %(code)s") % {"code": code}
        for code in Asset.objects.filter(grid_id__in=new_ids)
        .exclude(pk__in=AssetPast.objects.filter(event_uid__in=event_uids).values("asset_id")).order_by("code").values_list("code", flat=True)[:20]
    ]  # fmt: skip
    open_now = ground.open_in(actor, new_ids)
    if open_now.count > work:
        found += [f"{row.code} {row.title}".strip() for row in open_now.rows[:20]] or [_("%(n)s open cases") % {"n": open_now.count}]
    before = set(GridPast.objects.filter(event_uid__in=event_uids, kind=GridKind.UNIT).values_list("responsibility_code", flat=True))
    beats = ResponsibilityGrid.objects.filter(unit_grids__area_id__in=new_ids, valid_to__isnull=True).exclude(code__in=before)
    patrolled = GridInspector.objects.filter(grid__in=beats.exclude(unit_grids__in=UnitGrid.objects.exclude(area_id__in=new_ids)), valid_to__isnull=True)
    found += [_("inspectors of responsibility grid %(code)s") % {"code": code} for code in sorted(set(patrolled.values_list("grid__code", flat=True)))]
    return found


@transaction.atomic
def take_back_grids(*, actor: Actor, event_uids: Sequence[UUID], new_ids: Sequence[int], brought_at: datetime, reason: str) -> int:
    """Put the grids into force again that a file's grids took the place of, and take everything back that went along.

    The caller has made sure that nothing was built on the new grids. These lose shape and place here, but their areas stay until he has
    seen that nothing names them. That they were, stands in the past. Returns how many components and open cases went back.
    """
    news = list(Area.objects.filter(pk__in=new_ids, valid_to__isnull=True).order_by("pk"))
    communities = list(Area.objects.select_for_update().filter(pk__in={a.parent_id for a in news}).order_by("pk"))
    pasts = list(GridPast.objects.filter(event_uid__in=event_uids, kind=GridKind.UNIT))
    codes = {p.responsibility_code for p in pasts} - {""}
    live = set(ResponsibilityGrid.objects.filter(code__in=codes, valid_to__isnull=True).values_list("code", flat=True))
    ended = GridPast.objects.filter(event_uid__in=event_uids, kind=GridKind.RESPONSIBILITY).values("object_id")
    ResponsibilityGrid.objects.filter(pk__in=ended, valid_to__isnull=False).exclude(code__in=live).update(valid_to=None)
    beats: Beats = {}
    went = sum(_back_in(actor, c, [a for a in news if a.parent_id == c.pk], pasts, brought_at, reason, beats) for c in communities)
    join_beats(beats, now())
    return went


def _back_in(
    actor: Actor, community: Area, news: Sequence[Area], pasts: Sequence[GridPast], brought_at: datetime, reason: str, beats: Beats
) -> int:
    actor.require(EDIT_GRID, area_path=community.path)
    olds = list(Area.objects.select_for_update().filter(pk__in=[p.object_id for p in pasts], parent=community).order_by("pk"))
    was = {p.object_id: p for p in pasts}
    moment = now()
    data = {"old": [a.code for a in news], "new": [a.code for a in olds], "reason": reason[:500]}
    ref = audit.record(actor, action=f"geography.grids.{TAKEN_BACK}", region=community.region, area_path=community.path, data=data)
    stamp = {"valid_to": moment, "by_name": actor.recorded_name[:120], "reason": reason[:500], "event_uid": ref.uid}
    new_ids, old_ids = [a.pk for a in news], [a.pk for a in olds]
    touch_beats(new_ids, [was[pk].responsibility_code for pk in old_ids], stamp, beats)
    keep_grids(news, {a.pk: sorted(p.code for p in was.values() if a.code in p.became and p.object_id in old_ids) for a in news}, stamp, brought_at)
    Area.objects.filter(pk__in=old_ids).update(valid_to=None)
    AreaShape.objects.bulk_create(AreaShape(area=a, area_path=a.path, level=a.level, shape=was[a.pk].shape) for a in olds)
    member_of = {touched.beat.code: touched.beat.pk for touched in beats.values()}
    UnitGrid.objects.bulk_create(
        UnitGrid(area=a, responsibility_grid_id=member_of.get(was[a.pk].responsibility_code), **was[a.pk].facts) for a in olds
    )
    measure_areas(old_ids)
    UnitGrid.objects.filter(area__in=news).update(responsibility_grid=None)
    components = move_components(actor, community, new_ids, old_ids, moment, TAKEN_BACK, reason, ref.uid)
    move_addresses(community, news, old_ids)
    work = ground.move(actor, GridSwap(tuple(new_ids), tuple(old_ids), reason))
    UnitGrid.objects.filter(area__in=news).delete()
    AreaShape.objects.filter(area__in=news).delete()
    Area.objects.filter(pk__in=new_ids).update(valid_to=timezone.localdate(moment))
    return components + work
