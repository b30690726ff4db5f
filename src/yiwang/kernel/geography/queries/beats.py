"""Reads of responsibility grids (责任网格) for their own pages: who walks them in which shift, of which unit grids they are."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import pick
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.models import GridInspector, GridKind, GridPast, ResponsibilityGrid, UnitGrid
from yiwang.kernel.identity.models import Account, Holding

MOST_PEOPLE = 300
VIEW = "geography.beat.view"
_ACTIONS = ("geography.grid.formed", "geography.grid.renamed", "geography.inspector.assigned", "geography.inspector.changed", "geography.inspector.released")
_LOOK_BACK = timedelta(days=92)


@dataclass(frozen=True)
class Walker:
    """Somebody who walks a responsibility grid in one shift."""

    account_uid: str
    name: str
    shift: str
    is_substitute: bool
    since: Any = None


@dataclass(frozen=True)
class BeatRow:
    """One responsibility grid as the list shows it."""

    uid: str
    code: str
    name: str
    street: str
    m2: float
    units: int
    regular: tuple[str, ...]
    substitutes: tuple[str, ...]
    shifts: tuple[str, ...]


def live_beats(actor: Actor) -> QuerySet[ResponsibilityGrid]:
    """Return the live responsibility grids that the actor may see."""
    return _within(actor, ResponsibilityGrid.objects.filter(valid_to__isnull=True))


def _within(actor: Actor, rows: QuerySet[ResponsibilityGrid]) -> QuerySet[ResponsibilityGrid]:
    wanted = Q(pk__in=[])
    for scope in actor.scopes(VIEW):
        if not scope.area_path:
            return rows
        wanted |= Q(area_path__startswith=scope.area_path)
    return rows.filter(wanted)


def beat(actor: Actor, uid: UUID) -> ResponsibilityGrid:
    """Return one, live or closed, of the actor's areas."""
    found = _within(actor, ResponsibilityGrid.objects.filter(uid=uid)).select_related("area").first()
    if found is None:
        raise NotFound(what="grid")
    return found


def streets(actor: Actor) -> list[Area]:
    """Return the streets in which the actor has responsibility grids; at most two thousand."""
    there = live_beats(actor).filter(area_id=OuterRef("pk"))
    return list(Area.objects.filter(Exists(there), level=AreaLevel.STREET).order_by("path")[:2000])


def search(rows: QuerySet[ResponsibilityGrid], street: str = "", q: str = "", without: bool = False) -> QuerySet[ResponsibilityGrid]:
    """Narrow a list: a street's code, the beginning of a code or a part of a name, those that nobody walks regularly."""
    if street:
        rows = rows.filter(area__code=street)
    if q:
        rows = rows.filter(Q(code__istartswith=q) | Q(**{"name__zh-Hans__icontains": q}) | Q(name__en__icontains=q))
    if without:
        walked = GridInspector.objects.filter(grid_id=OuterRef("pk"), valid_to__isnull=True, is_substitute=False, account__is_active=True)
        rows = rows.filter(~Exists(walked))
    return rows


def walkers_of(grids: Iterable[int]) -> dict[int, list[Walker]]:
    """Return who walks which grid now, the regular ones first, by shift; one query."""
    found: dict[int, list[Walker]] = {}
    rows = GridInspector.objects.filter(grid_id__in=list(grids), valid_to__isnull=True).select_related("account")
    for row in rows.order_by("is_substitute", "shift", "pk"):
        name = row.account.name or row.account.username
        found.setdefault(row.grid_id, []).append(Walker(str(row.account.uid), name, row.shift, row.is_substitute, row.valid_from))
    return found


def rows_of(found: Sequence[ResponsibilityGrid]) -> list[BeatRow]:
    """Return what the list shows of grids (with their `area`), in two queries whatever their number."""
    ids = [g.pk for g in found]
    units = dict(UnitGrid.objects.filter(responsibility_grid_id__in=ids).order_by().values_list("responsibility_grid_id").annotate(Count("pk")))
    walkers = walkers_of(ids)
    rows = []
    for grid in found:
        mine = walkers.get(grid.pk, [])
        rows.append(BeatRow(
            uid=str(grid.uid), code=grid.code, name=pick(grid.name) or grid.code, street=pick(grid.area.name), m2=float(grid.area_m2), units=units.get(grid.pk, 0),
            regular=tuple(dict.fromkeys(w.name for w in mine if not w.is_substitute)), substitutes=tuple(dict.fromkeys(w.name for w in mine if w.is_substitute)),
            shifts=tuple(dict.fromkeys(w.shift for w in mine if w.shift)),
        ))  # fmt: skip
    return rows


def members(grid: ResponsibilityGrid) -> list[Area]:
    """Return the unit grids of which it is."""
    return list(Area.objects.filter(pk__in=UnitGrid.objects.filter(responsibility_grid=grid).values("area_id")).select_related("parent").order_by("code"))


def stamp_of(grid: ResponsibilityGrid) -> str:
    """Return a word that is another one after every change of name, unit grids or inspectors, whoever made it and where.

    A page carries it, so that what it sends is refused when the grid is no longer the one that it showed.
    """
    units = sorted(UnitGrid.objects.filter(responsibility_grid=grid).values_list("area_id", flat=True))
    people = sorted(GridInspector.objects.filter(grid=grid, valid_to__isnull=True).values_list("account_id", "shift", "is_substitute"))
    said = json.dumps([grid.name, str(grid.valid_to), units, people], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def last_change(grid: ResponsibilityGrid) -> tuple[str, datetime | None]:
    """Return who changed it last and when, as far as the record of three months says."""
    # Lines without a case are few and have an index of their own.
    rows = Event.objects.filter(case_id__isnull=True, action__in=_ACTIONS, data__grid=grid.code, recorded_at__gte=now() - _LOOK_BACK).order_by("-position")
    line = rows.values_list("actor_name", "recorded_at").first()
    past = GridPast.objects.filter(kind=GridKind.RESPONSIBILITY, object_id=grid.pk).order_by("-valid_to").values_list("by_name", "valid_to").first()
    known = [one for one in (line, past) if one is not None]
    return max(known, key=lambda one: one[1]) if known else ("", None)


def past_of(grid: ResponsibilityGrid) -> list[GridPast]:
    """Return what it was before, the newest first (at most fifty)."""
    return list(GridPast.objects.filter(kind=GridKind.RESPONSIBILITY, object_id=grid.pk).defer("shape").order_by("-valid_to", "-pk")[:50])


def former_walkers(grid: ResponsibilityGrid) -> list[tuple[str, str, Any, Any]]:
    """Return who walked it before as (name, shift, since, until), the newest first (at most fifty)."""
    rows = GridInspector.objects.filter(grid=grid, valid_to__isnull=False).select_related("account").order_by("-valid_to", "-pk")[:50]
    return [(r.account.name or r.account.username, r.shift, r.valid_from, r.valid_to) for r in rows]


def _able(area_path: str) -> QuerySet[Account]:
    """Return the people whose post lets them patrol in a place or some of it, as the apps say which permission that is."""
    moment = now()
    parts = [p for p in area_path.strip(".").split(".") if p]
    above = [".".join(parts[:n]) + "." for n in range(1, len(parts) + 1)]
    able = (
        Holding.objects.filter(post__is_active=True, post__role__grants__permission__in=ground.patrol_permissions())
        .filter(Q(area__isnull=True) | Q(area__path__in=above) | Q(area__path__startswith=area_path))
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment)).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    )  # fmt: skip
    return Account.objects.filter(pk__in=able.values("account_id"), is_active=True)


def people_for(grid: ResponsibilityGrid) -> list[tuple[str, str]]:
    """Return (uid, name) of those who may be named for a grid, at most three hundred."""
    return [(str(a.uid), a.name or a.username) for a in _able(grid.area_path).order_by("name", "pk")[:MOST_PEOPLE]]


def able_person(grid: ResponsibilityGrid, uid: UUID) -> Account | None:
    """Return the person of this number if he may be named for a grid."""
    return _able(grid.area_path).filter(uid=uid).first()


def shift_words() -> list[str]:
    """Return the shifts that are in use, the most frequent first, for a form to suggest."""
    rows = GridInspector.objects.filter(valid_to__isnull=True).exclude(shift="").order_by().values_list("shift").annotate(n=Count("pk"))
    return [shift for shift, _n in sorted(rows, key=lambda r: (-r[1], r[0]))[:20]]


def outline(grid: ResponsibilityGrid) -> dict[str, Any] | None:
    """Return its border as a feature for the map."""
    if grid.shape is None:
        return None
    shape = shapely.from_wkb(bytes(grid.shape.wkb)).boundary
    return {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {"uid": str(grid.uid), "code": grid.code, "label": pick(grid.name) or grid.code}}


def at_in_words(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") if moment else "–"
