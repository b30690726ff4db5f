"""Attendance (考勤) and cover (巡查覆盖) of a day, by responsibility grid, for those who look after the shifts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from yiwang.apps.city.models import FieldMark, NoFixSpan, Position
from yiwang.apps.city.queries.field import cover
from yiwang.apps.city.queries.field.shifts import longest
from yiwang.apps.city.rules.field.tracks import unseen
from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.identity.models import Account

VIEW = "city.patrol.view"


@dataclass(frozen=True, kw_only=True)
class ShiftView:
    """One shift of one person. `no_fix_s`: how long no position was known (无定位); never a judgement."""

    uid: UUID
    account_id: int
    name: str
    begin: FieldMark
    end: FieldMark | None
    is_running: bool
    fixes: int = 0
    no_fix_s: float = 0.0
    last: tuple[float, float, datetime] | None = None
    reasons: tuple[str, ...] = ()  # as the phone told: no_fix, screen_locked, off


@dataclass(frozen=True, kw_only=True)
class GridView:
    """One grid on one day: who was there, who was expected, how much of it was walked."""

    grid: ResponsibilityGrid
    shifts: tuple[ShiftView, ...]
    absent: tuple[str, ...]  # inspectors of the grid who did not sign in
    cover: cover.Cover


day_span = cover.day_span


def _where(actor: Actor, district: str) -> Q:
    """Return the condition on `area_path` of what is in the reader's area, and in one district of it when that is named."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(VIEW):
        wanted |= Q(area_path__startswith=scope.area_path) if scope.area_path else Q(pk__isnull=False)
    if district:
        path = Area.objects.filter(code=district, valid_to__isnull=True).values_list("path", flat=True).first()
        wanted &= Q(area_path__startswith=path) if path else Q(pk__in=[])
    return wanted


def grids(actor: Actor, district: str = "") -> QuerySet[ResponsibilityGrid]:
    """Return the grids of the reader's area, of one district of it when that is named."""
    return ResponsibilityGrid.objects.filter(_where(actor, district), valid_to__isnull=True)


def sum_of(actor: Actor, district: str, day: date) -> cover.Sum | None:
    """Add up a day that has ended over the reader's area; None while nothing of it is kept."""
    return cover.sum_of(_where(actor, district), day)


def grid_for(actor: Actor, uid: UUID) -> ResponsibilityGrid:
    found = grids(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="grid")
    return found


def districts(actor: Actor) -> list[Area]:
    """Return the districts in which the reader looks after shifts."""
    wanted = Q()
    for scope in actor.scopes(VIEW):
        wanted |= Q(path__startswith=scope.area_path) if scope.area_path else Q(pk__isnull=False)
    rows = Area.objects.filter(level=AreaLevel.DISTRICT, valid_to__isnull=True)
    return list(rows.filter(wanted).order_by("code")) if wanted else []


def of_day(rows: Sequence[ResponsibilityGrid], day: date) -> list[GridView]:
    """Return the day of each grid; at most nine queries whatever their number."""
    begin, end = day_span(day)
    ids = [g.pk for g in rows]
    shifts = _shifts(Q(grid_id__in=ids), begin, end)
    seen = cover.of_day(ids, day)
    expected: dict[int, dict[int, str]] = {}
    holding = (Q(valid_from__isnull=True) | Q(valid_from__lte=day)) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
    for row in GridInspector.objects.filter(holding, grid_id__in=ids, account__is_active=True).select_related("account").order_by("account_id"):
        expected.setdefault(row.grid_id, {})[row.account_id] = row.account.name or row.account.username
    made = []
    for grid in rows:
        own = tuple(s for s in shifts if s.begin.grid_id == grid.pk)
        there = {s.account_id for s in own}
        absent = tuple(name for pk, name in expected.get(grid.pk, {}).items() if pk not in there)
        made.append(GridView(grid=grid, shifts=own, absent=absent, cover=seen.get(grid.pk, cover.Cover(0, 0))))
    return made


@dataclass(frozen=True, kw_only=True)
class WeekView:
    """One grid in a week: the cover of each day (None: not kept, or yet to come), and who signed in on how many days."""

    grid: ResponsibilityGrid
    days: tuple[cover.Cover | None, ...]
    people: tuple[tuple[str, int], ...]

    @property
    def share(self) -> float | None:
        """The mean of the days that are known."""
        known = [c.share for c in self.days if c is not None and c.cells]
        return sum(known) / len(known) if known else None


def week_days(day: date) -> list[date]:
    """Return Monday to Sunday of the week in which a day lies."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def of_week(rows: Sequence[ResponsibilityGrid], day: date) -> list[WeekView]:
    """Return the week of each grid: days that are kept, and today computed; five queries at most, whatever their number."""
    days, ids, today = week_days(day), [g.pk for g in rows], timezone.localdate(now())
    known: dict[tuple[int, date], cover.Cover] = cover.kept(ids, days[0], days[-1])
    if today in days:
        known |= {(grid, today): found for grid, found in cover.of_day(ids, today).items()}
    begin, end = day_span(days[0])[0], day_span(days[-1])[1]
    marks = FieldMark.objects.filter(kind="in", grid_id__in=ids, recorded_at__gte=begin, recorded_at__lt=end + cover.LATE, occurred_at__gte=begin, occurred_at__lt=end)
    there: dict[int, dict[int, set[date]]] = {}
    for grid_id, account_id, at in marks.values_list("grid_id", "account_id", "occurred_at"):
        there.setdefault(grid_id or 0, {}).setdefault(account_id, set()).add(timezone.localdate(at))
    names = dict(Account.objects.filter(pk__in={a for found in there.values() for a in found}).values_list("pk", "name")) if there else {}
    return [
        WeekView(
            grid=g, days=tuple(known.get((g.pk, d)) for d in days),
            people=tuple(sorted(((names.get(a, ""), len(on)) for a, on in there.get(g.pk, {}).items()), key=lambda p: (-p[1], p[0]))),
        )
        for g in rows
    ]  # fmt: skip


def _shifts(where: Q, begin: datetime, end: datetime) -> list[ShiftView]:
    """Return the shifts that began on a day; lines that a phone sent days later count as well."""
    late = end + cover.LATE
    first = list(FieldMark.objects.filter(where, kind="in", recorded_at__gte=begin, recorded_at__lt=late, occurred_at__gte=begin, occurred_at__lt=end)
                 .order_by("occurred_at", "uid"))  # fmt: skip
    uids = [m.shift_uid for m in first]
    outs = {m.shift_uid: m for m in FieldMark.objects.filter(kind="out", shift_uid__in=uids, recorded_at__gte=begin)} if uids else {}
    names = dict(Account.objects.filter(pk__in={m.account_id for m in first}).values_list("pk", "name"))
    facts = _facts([(m, _end(m, outs.get(m.shift_uid))) for m in first])
    told: dict[UUID, list[str]] = {}
    for uid, reason in NoFixSpan.objects.filter(shift_uid__in=uids, recorded_at__gte=begin).values_list("shift_uid", "reason").distinct():
        told.setdefault(uid, []).append(reason)
    return [
        ShiftView(
            uid=m.shift_uid, account_id=m.account_id, name=names.get(m.account_id, ""), begin=m, end=outs.get(m.shift_uid),
            is_running=m.shift_uid not in outs and m.occurred_at > now() - longest(), reasons=tuple(sorted(told.get(m.shift_uid, ()))),
            **facts.get(m.shift_uid, {}),
        )
        for m in first
    ]  # fmt: skip


def _end(first: FieldMark, last: FieldMark | None) -> datetime:
    return max(first.occurred_at, last.occurred_at if last is not None else min(now(), first.occurred_at + longest()))


_FACTS = """
WITH shift AS (SELECT * FROM unnest(%(uids)s::uuid[], %(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS s (uid, began, ended)),
fix AS (
    SELECT p.shift_uid, p.occurred_at, p.lon, p.lat FROM city_position p JOIN shift ON p.shift_uid = shift.uid
    WHERE p.shift_uid = ANY(%(uids)s::uuid[]) AND p.recorded_at >= %(since)s AND p.occurred_at >= %(kept)s
), moment AS (
    SELECT uid, began AS at FROM shift UNION ALL SELECT uid, ended FROM shift UNION ALL SELECT shift_uid, occurred_at FROM fix
), gap AS (
    SELECT uid, extract(epoch FROM at - lag(at) OVER (PARTITION BY uid ORDER BY at)) AS s FROM moment
)
SELECT uid, (SELECT count(*) FROM fix WHERE shift_uid = g.uid), coalesce(sum(s) FILTER (WHERE s > %(limit)s), 0),
       (SELECT ARRAY[lon, lat, extract(epoch FROM occurred_at)] FROM fix WHERE shift_uid = g.uid ORDER BY occurred_at DESC LIMIT 1)
FROM gap g GROUP BY uid"""


def _facts(spans: Sequence[tuple[FieldMark, datetime]]) -> Mapping[UUID, dict[str, Any]]:
    """Return {shift: fixes, no_fix_s, last}; one query."""
    if not spans:
        return {}
    values: dict[str, Any] = {
        "uids": [m.shift_uid for m, _end in spans], "begins": [m.occurred_at for m, _end in spans], "ends": [end for _m, end in spans],
        "since": min(m.recorded_at for m, _end in spans), "limit": settings.FIELD_NO_FIX_AFTER_S, "kept": _kept(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, values)
        return {
            uid: {"fixes": fixes, "no_fix_s": float(lost), "last": (last[0], last[1], datetime.fromtimestamp(last[2], tz=timezone.get_default_timezone())) if last else None}
            for uid, fixes, lost, last in cursor.fetchall()
        }


def _kept() -> datetime:
    """Return since when positions are shown: what is older waits for its month to be dropped and is read by nobody."""
    return now() - timedelta(days=settings.POSITIONS_KEEP_DAYS)


@dataclass(frozen=True, kw_only=True)
class Trail:
    """A shift's positions in pieces between the spans without one; and these spans."""

    shift: ShiftView
    pieces: tuple[tuple[tuple[float, float], ...], ...] = ()
    lost: tuple[tuple[datetime, datetime], ...] = ()
    spans: tuple[tuple[datetime, datetime, str], ...] = field(default=())


def trails(grid: ResponsibilityGrid, day: date) -> list[Trail]:
    """Return the tracks of a grid's shifts on a day."""
    begin, end = day_span(day)
    shifts = _shifts(Q(grid_id=grid.pk), begin, end)
    uids = [s.uid for s in shifts]
    rows = Position.objects.filter(shift_uid__in=uids, recorded_at__gte=begin, occurred_at__gte=_kept()).order_by("occurred_at")
    fixes: dict[UUID, list[tuple[datetime, float, float]]] = {}
    for uid, at, lon, lat in rows.values_list("shift_uid", "occurred_at", "lon", "lat"):
        fixes.setdefault(uid, []).append((at, lon, lat))
    told: dict[UUID, list[tuple[datetime, datetime, str]]] = {}
    for row in NoFixSpan.objects.filter(shift_uid__in=uids, recorded_at__gte=begin).order_by("began_at"):
        told.setdefault(row.shift_uid, []).append((row.began_at, row.ended_at, row.reason))
    return [_trail(s, fixes.get(s.uid, []), tuple(told.get(s.uid, ()))) for s in shifts]


def _trail(shift: ShiftView, fixes: list[tuple[datetime, float, float]], told: tuple[tuple[datetime, datetime, str], ...]) -> Trail:
    limit = settings.FIELD_NO_FIX_AFTER_S
    pieces: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for at, lon, lat in fixes:
        if before is None or (at - before).total_seconds() > limit:
            pieces.append([])
        pieces[-1].append((lon, lat))
        before = at
    lost = unseen(shift.begin.occurred_at, _end(shift.begin, shift.end), [f[0] for f in fixes], limit)
    return Trail(shift=shift, pieces=tuple(tuple(p) for p in pieces), lost=tuple(lost), spans=told)
