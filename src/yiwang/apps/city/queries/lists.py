"""The case list: filters in words, rows with their typed side in a constant number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.gis.geos import Polygon
from django.db.models import F, Q, QuerySet
from django.db.models.functions import ExtractHour
from django.utils.dateparse import parse_date
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityCase, CityClass
from yiwang.kernel.areas.models import Area, AreaLevel
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import matters, names, work
from yiwang.kernel.cases.queries.places import X, Y, lonlat
from yiwang.kernel.cases.queries.search import search
from yiwang.kernel.identity.models import Organization

MATTER = "city.problem"
GROUPS: Mapping[str, tuple[str, ...]] = {
    "intake": ("reported", "verifying", "pending_file"),
    "dispatch": ("pending_dispatch", "return_asked"),
    "handling": ("pending_handle", "handling", "extend_asked", "suspend_asked", "rework"),
    "suspended": ("suspended",),
    "checking": ("handled", "checking", "pending_close", "self_handled"),
}
ENDED = ("closed", "forced_close", "refused", "void", "merged")
DATES = {"reported": "reported_at", "filed": "filed_at", "closed": "closed_at"}
MOST_TEXT = 100


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """The filters as the address carries them, all text; empty means everything. Unknown values match nothing."""

    q: str = ""
    state: str = ""  # a state, a group of GROUPS, "open" or "ended"
    outcome: str = ""
    class_code: str = field(default="", metadata={"name": "class"})  # "matter:06001", or a major "matter:06"
    district: str = ""  # area code of any level
    org: str = ""  # organisation code
    channel: str = ""
    overdue: str = ""  # "1"
    urgent: str = ""  # "1"
    supervised: str = ""  # "1"
    on: str = ""  # which date: reported | filed | closed
    since: str = ""
    until: str = ""
    hour: str = ""  # of the day, local, when it was reported: 0 to 23
    box: str = ""  # west,south,east,north in degrees; the east and north borders are not in it

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "CaseFilter":
        """Take the filters from an address; what cannot be read is dropped."""
        found = {f.name: str(query.get(name_of(f.name), "")).replace("\0", "").strip()[:MOST_TEXT] for f in fields(cls)}
        for name in ("since", "until"):
            found[name] = found[name] if _day(found[name]) else ""
        found["hour"] = found["hour"] if found["hour"].isascii() and found["hour"].isdecimal() and int(found["hour"]) < 24 else ""
        found["box"] = found["box"] if _box(found["box"]) else ""
        if not (found["since"] or found["until"]):
            found["on"] = ""
        elif found["on"] not in DATES:
            found["on"] = "reported"
        return cls(**found)

    def as_query(self) -> dict[str, str]:
        """Return the parameters that are set, for links."""
        return {name_of(f.name): getattr(self, f.name) for f in fields(self) if getattr(self, f.name)}


def name_of(field_name: str) -> str:
    return "class" if field_name == "class_code" else field_name


def _day(value: str) -> date | None:
    try:
        found = parse_date(value)
    except ValueError:
        return None
    return found if found is not None and 1900 < found.year < 9000 else None  # beyond, a day has no moment in UTC


def _box(value: str) -> tuple[float, float, float, float] | None:
    """Read four degrees of an address; None for anything else."""
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError:
        return None
    return (west, south, east, north) if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None


def local_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def day_bounds(first: date | None, last: date | None, zone: ZoneInfo | None = None) -> tuple[datetime | None, datetime | None]:
    """Return the moments between which whole local days lie, the end not included."""
    zone = zone or local_zone()
    start = datetime.combine(first, time(), zone) if first else None
    end = datetime.combine(last + timedelta(days=1), time(), zone) if last else None
    return start, end


def cases(actor: Actor, wanted: CaseFilter) -> QuerySet[Case]:
    """Return the city's cases that concern the actor and pass the filters; live ones only."""
    rows = work.visible_cases(actor, app="city")
    if wanted.q:
        rows = search(rows, wanted.q)
    if wanted.state == "open":
        rows = rows.filter(closed_at__isnull=True)
    elif wanted.state == "ended":
        rows = rows.filter(closed_at__isnull=False)
    elif wanted.state:
        rows = rows.filter(state__in=GROUPS.get(wanted.state, (wanted.state,)))
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.class_code:
        kind, _colon, code = wanted.class_code.partition(":")
        rows = rows.filter(city__kind=kind, city__class_code__startswith=code)
    if wanted.district:
        rows = rows.filter(area_path__startswith=_area_path(wanted.district))
    if wanted.org:
        rows = rows.filter(org_path__startswith=_org_path(wanted.org))
    if wanted.channel:
        rows = rows.filter(channel=wanted.channel)
    if wanted.overdue:
        rows = rows.filter(due_at__lt=now(), closed_at__isnull=True)
    if wanted.urgent:
        rows = rows.filter(is_urgent=True)
    if wanted.supervised:
        rows = rows.filter(supervise_count__gt=0)
    if wanted.on:
        start, end = day_bounds(_day(wanted.since), _day(wanted.until))
        column = DATES[wanted.on]
        rows = rows.filter(**{f"{column}__gte": start}) if start else rows
        rows = rows.filter(**{f"{column}__lt": end}) if end else rows
    if wanted.hour:
        rows = rows.alias(hour_of_day=ExtractHour("reported_at", tzinfo=local_zone())).filter(hour_of_day=int(wanted.hour))
    if box := _box(wanted.box):
        area = Polygon.from_bbox(box)
        area.srid = 4326
        rows = rows.filter(point__bboverlaps=area).alias(x=X(F("point")), y=Y(F("point")))
        rows = rows.filter(x__gte=box[0], x__lt=box[2], y__gte=box[1], y__lt=box[3])
    return rows


def _area_path(code: str) -> str:
    return Area.objects.filter(code=code, valid_to__isnull=True).values_list("path", flat=True).first() or "no such area"


def _org_path(code: str) -> str:
    return Organization.objects.filter(code=code).values_list("path", flat=True).first() or "no such body"


ROW = (
    "uid", "app", "number", "title", "state", "outcome", "is_urgent", "area_path", "address", "matter_version", "reported_at",
    "due_at", "closed_at", "suspended_until", "supervise_count", "org__name",
)  # fmt: skip


def as_rows(rows: QuerySet[Case]) -> QuerySet[Case]:
    """Read only what a row of a list or a point of a map shows: a case has sixty columns, some of them long."""
    return rows.select_related("org").annotate(**lonlat()).only(*ROW)


def shown() -> QuerySet[Case]:
    """Return rows as a page shows them, for those that were chosen by `cases`."""
    return as_rows(Case.all_modes.all())


def words(wanted: CaseFilter) -> list[tuple[str, str, str]]:
    """Return the filters in words: (parameter, label, value); a handful of small queries at most."""
    version = _config_version() if wanted.state or wanted.outcome or wanted.channel else None
    config = configs.of_version(version) if version else None
    found: list[tuple[str, str, str]] = []

    def add(name: str, label: str, value: str) -> None:
        if value:
            found.append((name, label, value))

    add("q", _("with"), f"“{wanted.q}”" if wanted.q else "")
    add("district", "", _area_name(wanted.district))
    flags = (("overdue", wanted.overdue, _("Overdue")), ("urgent", wanted.urgent, _("Urgent")), ("supervised", wanted.supervised, _("Supervised")))
    for name, on, label in flags:
        add(name, "", label if on else "")
    if wanted.state:
        add("state", "", state_words().get(wanted.state) or (config.state_name(wanted.state) if config else wanted.state))
    if wanted.outcome and config:
        add("outcome", _("Outcome"), config.state_name(wanted.outcome))
    add("class", "", class_name(wanted.class_code))
    add("org", "", _org_name(wanted.org))
    add("channel", _("by"), names.channel_label(config, wanted.channel) if config and wanted.channel else "")
    if wanted.on:
        label = {"reported": _("reported"), "filed": _("filed"), "closed": _("closed")}[wanted.on]
        span = wanted.since if wanted.since == wanted.until else f"{wanted.since or '…'} – {wanted.until or '…'}"
        add("since", label, span)
    if wanted.hour:
        add("hour", _("reported at"), f"{wanted.hour}:00–{wanted.hour}:59")
    add("box", "", _("in a cell of the map") if wanted.box else "")
    return found


def state_words() -> dict[str, str]:
    """Return the groups of states as people say them."""
    return {
        "open": _("Open"), "ended": pgettext("state", "Ended"), "intake": _("In intake"), "dispatch": _("Waiting for dispatch"),
        "handling": _("With the departments"), "suspended": _("Suspended"), "checking": _("Being checked"),
    }  # fmt: skip


def _config_version() -> int | None:
    from yiwang.kernel.base.errors import NotFound

    try:
        return matters.current_version(MATTER).pk
    except NotFound:
        return None


def _area_name(code: str) -> str:
    if not code:
        return ""
    name = Area.objects.filter(code=code, valid_to__isnull=True).values_list("name", flat=True).first()
    return texts.pick(name) or code


def _org_name(code: str) -> str:
    if not code:
        return ""
    return texts.pick(Organization.objects.filter(code=code).values_list("name", flat=True).first()) or code


def class_name(given: str) -> str:
    """Return the words of "matter:06001" or of a major "matter:06"."""
    if not given:
        return ""
    kind, _colon, code = given.replace("\0", "").partition(":")
    row = CityClass.objects.filter(kind=kind, code__startswith=code).order_by("code").first()
    if row is None:
        return given
    return texts.pick(row.name if row.code == code else row.major_name)


@dataclass(frozen=True)
class Choices:
    """What the filter form offers, each as (value, words)."""

    states: list[tuple[str, str]]
    classes: list[tuple[str, str]]
    districts: list[tuple[str, str]]
    orgs: list[tuple[str, str]]
    channels: list[tuple[str, str]]


def choices(actor: Actor) -> Choices:
    """Return the choices of the filter form: the actor's own part of the tree of areas, every body, every major class."""
    version = _config_version()
    config = configs.of_version(version) if version else None
    states = list(state_words().items())
    if config:
        known = {"draft"}
        states += [(s, config.state_name(s)) for s in config.raw.get("states", {}) if s not in known]
    majors = CityClass.objects.order_by("kind", "major").values_list("kind", "major", "major_name").distinct()
    seen: dict[str, str] = {}
    kind_names = {"component": _("components"), "matter": _("matters")}
    for kind, major, name in majors:
        seen.setdefault(f"{kind}:{major}", f"{texts.pick(name)} ({kind_names.get(kind, kind)})")
    return Choices(
        states=states, classes=list(seen.items()), districts=area_choices(actor), orgs=org_choices(),
        channels=[(c, names.channel_label(config, c)) for c in config.channels()] if config else [],
    )


def area_choices(actor: Actor) -> list[tuple[str, str]]:
    """Return districts and streets below the actor's own areas, streets indented."""
    scopes = [s.area_path for s in actor.scopes("city.case.view")]
    rows = Area.objects.filter(level__in=(AreaLevel.DISTRICT, AreaLevel.STREET), valid_to__isnull=True)
    if scopes and "" not in scopes:
        own = Q()
        for path in scopes:
            own |= Q(path__startswith=path)
        rows = rows.filter(own)
    indent = {AreaLevel.DISTRICT: "", AreaLevel.STREET: "　"}
    found = rows.order_by("path").values_list("level", "code", "name")
    return [(code, indent[AreaLevel(level)] + texts.pick(name)) for level, code, name in found]


def org_choices() -> list[tuple[str, str]]:
    rows = Organization.objects.filter(is_active=True).order_by("path").values_list("code", "name")
    return [(code, texts.pick(name)) for code, name in rows]


def typed(case: Case) -> CityCase:
    """Return the city's own columns of a case, with what a page names; read once for each case object."""
    kept: CityCase | None = getattr(case, "_city_typed", None)
    if kept is None:
        kept = CityCase.objects.select_related(
            "component", "nearest_asset", "district", "street", "community", "unit_grid", "responsibility_grid", "condition",
            "recurrence_of", "same_picture_case",
        ).get(case=case)
        case._city_typed = kept  # type: ignore[attr-defined]
    return kept


def open_cases(actor: Actor, most: int = 2000) -> QuerySet[Case]:
    """Return open cases by what runs out first, for maps and boards."""
    rows = as_rows(cases(actor, CaseFilter(state="open"))).order_by(F("due_at").asc(nulls_last=True), "pk")
    return rows[:most]


_EXPORTED = (
    "matter_version_id", "number", "title", "state", "channel", "address", "city__class_code", "city__class_name", "city__district__name",
    "city__street__name", "org__name", "filing_row__condition", "reported_at", "filed_at", "handled_at", "closed_at", "due_at",
    "return_count", "rework_count", "extension_count",
)  # fmt: skip


def export_rows(actor: Actor, wanted: CaseFilter, most: int) -> list[dict[str, Any]]:
    """Return the rows of an export in the list's order; one query, no personal values."""
    rows = cases(actor, wanted).order_by("-reported_at", "-pk").values(*_EXPORTED)[:most]
    zone = local_zone()

    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone).replace(tzinfo=None) if moment else None

    found, moment, language = [], now(), get_language()
    for r in rows.iterator(chunk_size=2000):
        config = configs.of_version(r["matter_version_id"])
        found.append({
            "number": r["number"] or "", "title": r["title"], "class": f"{r['city__class_code']} {texts.pick(r['city__class_name'], language)}".strip(),
            "state": config.state_name(r["state"], language), "channel": names.channel_label(config, r["channel"]),
            "district": texts.pick(r["city__district__name"], language), "street": texts.pick(r["city__street__name"], language),
            "address": r["address"], "department": texts.pick(r["org__name"], language),
            "condition": texts.pick(r["filing_row__condition"], language),
            **{at: local(r[at]) for at in ("reported_at", "filed_at", "handled_at", "closed_at", "due_at")},
            "overdue": bool(r["due_at"] and r["closed_at"] is None and r["due_at"] < moment),
            "returns": r["return_count"], "reworks": r["rework_count"], "extensions": r["extension_count"],
        })  # fmt: skip
    return found
