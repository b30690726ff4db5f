"""Reads of an emergency (应急): who may look, who is near, what stands around, what was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from uuid import UUID

from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet

from yiwang.apps.city.models import Emergency, EmergencyLine, EmergencyTask, Preplan
from yiwang.apps.city.queries.lists import typed
from yiwang.apps.city.queries.screen import people as on_shift
from yiwang.apps.city.queries.screen.people import Person
from yiwang.apps.city.queries.screen.place import Place
from yiwang.apps.city.rules import emergency as rules
from yiwang.apps.city.rules.duplicates import distance_m
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.scopes import held
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries.places import lonlat_of
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import holders

VIEW, COMMAND, RAISE = "city.emergency.view", "city.emergency.command", "city.case.escalate"
MOST_PEOPLE, MOST_PARTS = 12, 60


@dataclass(frozen=True)
class Part:
    """A component near by: valves, hydrants, manholes, as the plan names their classes."""

    uid: UUID
    code: str
    name: str
    status: str
    lon: float
    lat: float
    metres: float


def may_command(actor: Actor, emergency: Emergency) -> bool:
    return actor.may(COMMAND, area_path=emergency.area_path)


def visible_to(actor: Actor) -> QuerySet[Emergency]:
    """Return the emergencies of the actor's areas, and those in which he has a task."""
    wanted = held(actor, VIEW)
    if actor.account_id:
        wanted |= Q(tasks__account_id=actor.account_id)
    return Emergency.objects.filter(pk__in=Emergency.objects.filter(wanted).values("pk")).select_related("case", "case__org", "plan")


def for_actor(actor: Actor, uid: UUID) -> Emergency:
    """Return the emergency, or NotFound when it does not concern the actor."""
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="emergency")
    return found


def open_of(case: Case) -> Emergency | None:
    return Emergency.objects.filter(case=case, ended_at__isnull=True).first()


def plans() -> list[Preplan]:
    """Return the newest version of each plan."""
    return list(Preplan.objects.order_by("code", "-version").distinct("code"))


def plan_for(case: Case, code: str = "") -> Preplan | None:
    """Return the plan with this code, else the one that fits the case's class best; None when none is loaded."""
    known = plans()
    if code:
        return next((p for p in known if p.code == code), None)
    side = typed(case)
    wanted = f"{side.kind}:{side.class_code}"
    return max(known, key=lambda p: (rules.fits(p.classes, wanted), p.code), default=None)


def near(case: Case, most: int = MOST_PEOPLE) -> list[Person]:
    """Return who is on shift in the district of the case, the nearest first. Whoever shows them asks `may_see_people`."""
    at = lonlat_of(case)
    district = _district(case.area_path)
    if district is None:
        return []
    found = on_shift.on_shift(Place(district, district, []), now())
    placed = [(distance_m(*at, p.lon, p.lat) if at and p.lon is not None and p.lat is not None else None, p) for p in found]
    placed.sort(key=lambda row: (row[0] is None, row[0] or 0, row[1].account_id))
    return [Person(p.uid, p.account_id, p.name, p.grid, p.since, p.lon, p.lat, p.at, metres) for metres, p in placed[:most]]


def may_see_people(actor: Actor, case: Case) -> bool:
    return actor.may(on_shift.VIEW, area_path=case.area_path)


def _district(path: str) -> Area | None:
    ids = [int(part) for part in path.strip(".").split(".") if part]
    rows = {a.level: a for a in Area.objects.filter(pk__in=ids)}
    return rows.get("district") or rows.get("city")


def around(case: Case, plan: Preplan) -> list[Part]:
    """Return the components of the plan's classes within its radius, the nearest first; one query."""
    at = lonlat_of(case)
    if at is None:
        return []
    north = plan.radius_m / 111_000
    east = north / max(0.1, cos(radians(at[1])))
    box = Polygon.from_bbox((at[0] - east, at[1] - north, at[0] + east, at[1] + north))
    box.srid = 4326
    rows = Asset.objects.filter(class_code__in=plan.components, point__bboverlaps=box).exclude(status__in=("removed", "abandoned"))
    found = [Part(a.uid, a.code, texts.pick(a.name), a.get_status_display(), a.point.x, a.point.y, distance_m(*at, a.point.x, a.point.y)) for a in rows[:2000]]
    return sorted((p for p in found if p.metres <= plan.radius_m), key=lambda p: p.metres)[:MOST_PARTS]


def tasks_of(emergency: Emergency) -> list[EmergencyTask]:
    return list(EmergencyTask.objects.filter(emergency=emergency).select_related("account").order_by("seq"))


def lines_of(emergency: Emergency) -> list[EmergencyLine]:
    return list(EmergencyLine.objects.filter(emergency=emergency).order_by("pk"))


def candidates(case: Case) -> dict[str, list[int]]:
    """Return {who of a plan's step: accounts}: people of the body that has the case, and of the roles at the place."""
    body = [a.pk for a in holders(role="handler", org_path=case.org_path)] if case.org_path else []
    return {rules.BODY: body, **{role: [a.pk for a in holders(role=role, area_path=case.area_path)] for role in ("leader", "shift_leader", "dispatcher")}}


def people_for(emergency: Emergency) -> list[Account]:
    """Return whom the command may give a task or a message: on shift near by, of the body, leading there, and who has one."""
    ids = [p.account_id for p in near(emergency.case)]
    for accounts in candidates(emergency.case).values():
        ids += accounts
    ids += [t.account_id for t in tasks_of(emergency) if t.account_id]
    known = {a.pk: a for a in Account.objects.filter(pk__in=ids, is_active=True)}
    return [known[i] for i in dict.fromkeys(ids) if i in known]


def counts(emergencies: Sequence[Emergency]) -> dict[int, tuple[int, int]]:
    """Return {emergency: (tasks, done)}; one query."""
    found: dict[int, tuple[int, int]] = {}
    for pk, done in EmergencyTask.objects.filter(emergency__in=emergencies).values_list("emergency_id", "done_at"):
        tasks, ended = found.get(pk, (0, 0))
        found[pk] = (tasks + 1, ended + (done is not None))
    return found


def names_of(accounts: set[int]) -> dict[int, str]:
    return {pk: name or username for pk, name, username in Account.objects.filter(pk__in=accounts).values_list("pk", "name", "username")}
