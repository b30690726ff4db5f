"""Ordering a census: what it would be (before it goes out), the order itself, a part to somebody else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusPart, CityClass
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.rules.census import Patrol, Share, Wanted
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.contracts import ReportDraft, TaskScope
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import PartDraft, open_parts, report
from yiwang.kernel.geography.errors import ListChanged
from yiwang.kernel.geography.models import Asset, GridInspector, ResponsibilityGrid, UnitGrid
from yiwang.kernel.geography.queries.assets import GONE
from yiwang.kernel.identity.models import Account, Holding
from yiwang.kernel.worktime.queries import calendar_for

MATTER = "city.census"
ORDER = "city.census.order"
# Answering is a task like others, so that desks find it and substitutes (代理) may do it: both go by ".task.".
TASK, LEAD = "city.task.census", "city.task.census_lead"
MOST_DAYS = 366


@dataclass(frozen=True)
class PlannedPart:
    """One part before it goes out; `inspector` None: nobody patrols there, so the shift leader gets it."""

    share: Share
    grid: ResponsibilityGrid | None
    street: Area | None
    inspector: Patrol | None
    others: tuple[Patrol, ...] = ()

    @property
    def area_path(self) -> str:
        place = self.grid or self.street
        return place.area_path if isinstance(place, ResponsibilityGrid) else place.path if place else ""


@dataclass(frozen=True)
class Plan:
    """What an order would be. `by_class` counts components by their class code."""

    wanted: Wanted
    areas: tuple[Area, ...]
    parts: tuple[PlannedPart, ...]
    by_class: Mapping[str, int]
    due_at: datetime

    @property
    def count(self) -> int:
        return sum(len(p.share.assets) for p in self.parts)

    @property
    def without(self) -> list[PlannedPart]:
        """Return the parts that nobody patrols."""
        return [p for p in self.parts if p.inspector is None]


def plan(actor: Actor, wanted: Wanted) -> Plan:
    """Say what an order would be; nothing is written.

    Raises
    ------
    NotPermitted
        The actor may order none, or not in one of the areas.
    BadInput
        A class, an area, a date or a limit that cannot be; nothing to look at; too much of it.
    """
    if not actor.may_anywhere(ORDER):
        raise NotPermitted(permission=ORDER)
    areas = _areas(actor, wanted.areas)
    _check(wanted)
    due_at = _end_of_work(wanted, areas[0].path)
    inside = reduce(or_, (Q(area_path__startswith=a.path) for a in areas))
    rows = list(
        Asset.objects.filter(inside, class_code__in=wanted.classes).exclude(status__in=GONE).order_by("pk")
        .values_list("pk", "grid_id", "area_path", "class_code", "point")[: rules.MOST_ITEMS + 1]
    )  # fmt: skip
    if len(rows) > rules.MOST_ITEMS:
        raise BadInput.one("areas", "many", _("At most %(most)s components at once. Choose fewer classes or areas.") % {"most": rules.MOST_ITEMS})
    streets = {a.pk: a for a in Area.objects.filter(level="street", valid_to__isnull=True)}
    units = UnitGrid.objects.filter(area_id__in={r[1] for r in rows if r[1] is not None}, responsibility_grid__isnull=False)
    beat = dict(units.values_list("area_id", "responsibility_grid_id"))
    grids = _grids(areas, set(beat.values()), everywhere=wanted.asks_new)
    shares = rules.divide(
        ((pk, grid if (grid := beat.get(unit or 0)) in grids else None, _street(path, streets)) for pk, unit, path, _code, _at in rows),
        ((g.pk, g.area_id) for g in grids.values()) if wanted.asks_new else (),
    )
    if not shares:
        raise BadInput.one("classes", "none", _("There is no component of these classes in these areas."))
    if len(shares) > rules.MOST_PARTS:
        raise BadInput.one("areas", "many", _("At most %(most)s grids at once. Choose fewer areas.") % {"most": rules.MOST_PARTS})
    patrols = patrols_of([s.grid_id for s in shares if s.grid_id is not None])
    places = {pk: (at.x, at.y) for pk, _unit, _path, _code, at in rows}
    parts = [
        PlannedPart(part, grids.get(share.grid_id or 0), streets.get(share.street_id or 0), person, others)
        for share in shares for part, person, others in _by_shift(share, patrols.get(share.grid_id or 0, []), places)
    ]  # fmt: skip
    if len(parts) > rules.MOST_PARTS:
        raise BadInput.one("areas", "many", _("At most %(most)s parts at once: some grids have several shifts. Choose fewer areas.") % {"most": rules.MOST_PARTS})
    counts: dict[str, int] = {}
    for _pk, _grid, _path, code, _at in rows:
        counts[code] = counts.get(code, 0) + 1
    return Plan(wanted, tuple(areas), tuple(parts), counts, due_at)


def _by_shift(
    share: Share, held: Sequence[Patrol], places: Mapping[int, tuple[float, float]]
) -> list[tuple[Share, Patrol | None, tuple[Patrol, ...]]]:
    """Divide a grid's components among the regular inspectors of its shifts, each getting what lies together."""
    people: list[Patrol | None] = [*rules.shifts_of(held)] or [None]
    found = rules.blocks({pk: places[pk] for pk in share.assets}, len(people))
    named = {p.account_id for p in people[: len(found)] if p is not None}
    others = tuple(p for p in held if p.account_id not in named)
    return [(replace(share, assets=block), person, others) for block, person in zip(found, people, strict=False)]


def _areas(actor: Actor, codes: Iterable[str]) -> list[Area]:
    found = list(Area.objects.filter(code__in=list(codes)[:100], valid_to__isnull=True, level__in=("district", "street", "community")).order_by("path"))
    if not found or len(found) != len(set(codes)):
        raise BadInput.one("areas", "required", _("Choose the districts, streets or communities."))
    for area in found:
        actor.require(ORDER, area_path=area.path)
    return found


def _check(wanted: Wanted) -> None:
    known = set(CityClass.objects.filter(kind="component", code__in=wanted.classes).values_list("code", flat=True))
    if not wanted.classes or set(wanted.classes) - known:
        raise BadInput.one("classes", "required", _("Choose the classes of components."))
    if set(wanted.asks) - set(rules.ASKABLE):
        raise BadInput.one("asks", "unknown", _("Choose what is to be compared from the list."))
    if not 0 <= wanted.most_metres <= rules.MOST_METRES:
        raise BadInput.one("most_metres", "range", _("Between 0 and %(most)s metres.") % {"most": rules.MOST_METRES})


def _end_of_work(wanted: Wanted, area_path: str) -> datetime:
    """Return when the working time of the due day ends.

    Raises
    ------
    BadInput
        It is past, farther than a year, or no working day.
    """
    calendar, moment = calendar_for(area_path), now()
    today = moment.astimezone(calendar.zone).date()
    if not 0 <= (wanted.due_on - today).days <= MOST_DAYS:
        raise BadInput.one("due_on", "range", _("Choose a day between today and a year from now."))
    periods = calendar.periods_on(wanted.due_on)
    if not periods:
        before = next((d for n in range(1, 15) if (d := wanted.due_on - timedelta(days=n)) >= today and calendar.is_working_day(d)), None)
        words = _("Nobody works on that day.")
        raise BadInput.one("due_on", "rest", words if before is None else f"{words} {_('The working day before is %(day)s.') % {'day': before.isoformat()}}")
    midnight = datetime(wanted.due_on.year, wanted.due_on.month, wanted.due_on.day, tzinfo=calendar.zone)
    due = midnight + timedelta(minutes=max(end for _start, end in periods))
    if due <= moment:
        raise BadInput.one("due_on", "past", _("The working time of that day is over."))
    return due


def _grids(areas: Iterable[Area], held: set[int], *, everywhere: bool) -> dict[int, ResponsibilityGrid]:
    """Return the live responsibility grids of the components, and with `everywhere` all of the areas."""
    wanted = Q(pk__in=held)
    if everywhere:
        inside = reduce(or_, (Q(area__path__startswith=a.path) for a in areas))
        wanted |= Q(pk__in=UnitGrid.objects.filter(inside, responsibility_grid__isnull=False).values("responsibility_grid_id"))
    return {g.pk: g for g in ResponsibilityGrid.objects.filter(wanted, valid_to__isnull=True).defer("shape")}


def _street(path: str, streets: Mapping[int, Area]) -> int | None:
    return next((int(p) for p in path.strip(".").split(".") if p and int(p) in streets), None)


def patrols_of(grids: Iterable[int]) -> dict[int, list[Patrol]]:
    """Return who patrols which grid today and may answer for a part; two queries."""
    today = now().date()
    rows = list(
        GridInspector.objects.filter(grid_id__in=list(grids), valid_to__isnull=True, account__is_active=True)
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=today)).select_related("account").order_by("pk")
    )  # fmt: skip
    able = set(_who_may({r.account_id for r in rows}))
    found: dict[int, list[Patrol]] = {}
    for row in rows:
        if row.account_id in able:
            found.setdefault(row.grid_id, []).append(Patrol(row.account_id, str(row.account), row.shift, row.is_substitute))
    return found


def _who_may(accounts: Iterable[int]) -> Iterable[int]:
    moment = now()
    holdings = Holding.objects.filter(account_id__in=list(accounts), post__is_active=True, post__role__grants__permission=TASK)
    current = holdings.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment)).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    return current.values_list("account_id", flat=True)


def order(*, actor: Actor, wanted: Wanted, expected: int | None = None, key: str = "") -> UUID:
    """Order a census; returns its case. The same key orders it once.

    Raises
    ------
    NotPermitted, BadInput
        As `plan`.
    ListChanged
        There are more or fewer components than in the preview (`expected`).
    """
    draft = ReportDraft(channel="census", text=wanted.text.strip()[:1000], answers=wanted.plain())
    with transaction.atomic():
        if expected is not None and not key:
            _as_expected(actor, wanted, expected)
        receipt = report(actor, MATTER, draft, key=key)
        if receipt.repeated:
            return receipt.case_uid
        case = Case.all_modes.select_for_update(of=("self",)).select_related("census").get(uid=receipt.case_uid)
        parts = list(CensusPart.objects.filter(order=case.census).select_related("grid", "street").prefetch_related("items").order_by("pk"))
        if expected is not None and key and (found := sum(p.items.all().count() for p in parts)) != expected:
            raise ListChanged(expected=expected, found=found)
        tasks = open_parts(actor, case, [draft_of(p) for p in parts], due_at=case.census.due_at)
        for part, task in zip(parts, tasks, strict=True):
            part.task = task
        CensusPart.objects.bulk_update(parts, ["task"])
    return receipt.case_uid


def _as_expected(actor: Actor, wanted: Wanted, expected: int) -> None:
    found = plan(actor, wanted).count
    if found != expected:
        raise ListChanged(expected=expected, found=found)


def draft_of(part: CensusPart) -> PartDraft:
    """Return the task of a part: for its inspector by name, else for whoever leads the shift there."""
    named = part.inspector_id is not None
    scope = TaskScope(permission=TASK if named else LEAD, area_path=part.area_path, account_id=part.inspector_id)
    name = {lang: f"{word}{' ' if lang == 'en' else ''}{place_name(part, lang)}" for lang, word in (("zh-Hans", "专项普查："), ("en", "Census:"))}
    return PartDraft(scope=scope, name=name, data={"part": str(part.uid)})


def place_name(part: CensusPart, language: str | None = None) -> str:
    """Return what a part is called: its grid, or the street outside of grids."""
    if part.grid is not None:
        return texts.pick(part.grid.name, language) or part.grid.code
    return texts.pick(part.street.name, language) if part.street is not None else "–"


def give_to(*, actor: Actor, case_uid: UUID, part_uid: UUID, account: str) -> Task:
    """Give a part of an order to another inspector (uid), or to whoever leads the shift (empty); also one that was given back.

    Who has it already keeps it.

    Raises
    ------
    NotFound, NotPermitted
        There is no such part for the actor.
    ActionNotAllowed
        It is done, or the order waits for no parts any more.
    BadInput
        Nobody of that number may answer for parts there.
    """
    known = CensusPart.objects.filter(uid=part_uid, order__case__uid=case_uid).values_list("order_id", "area_path").first()
    if known is None or not actor.may(ORDER, area_path=known[1]):
        raise NotFound(what="part")
    with transaction.atomic():
        case = Case.all_modes.select_for_update(of=("self",)).get(pk=known[0])
        part = CensusPart.objects.select_for_update(of=("self",)).select_related("grid", "street", "order").get(uid=part_uid)
        task = Task.all_modes.select_for_update(of=("self",)).get(pk=part.task_id) if part.task_id else None
        if part.state not in (rules.Part.OPEN, rules.Part.GIVEN_BACK) or not case.is_open:
            raise ActionNotAllowed(action="census", state=part.state, why=_("This part has ended."))
        to = _able(account, part.area_path) if account else None
        if task is not None and task.state == "open" and task.account_id == (to.pk if to else None):
            return task
        part.inspector = to
        part.state, part.reason, part.ended_at = rules.Part.OPEN, "", None
        part.task = open_parts(actor, case, [draft_of(part)], due_at=part.order.due_at, instead_of=task)[0]
        part.save()
    return part.task


def _able(uid: str, area_path: str) -> Account:
    try:
        found = Account.objects.filter(uid=UUID(uid), is_active=True).first()
    except ValueError:
        found = None
    if found is None or found.pk not in set(_who_may([found.pk])):
        raise BadInput.one("account", "not-permitted", _("Choose somebody who may answer for parts of a census."))
    return found
