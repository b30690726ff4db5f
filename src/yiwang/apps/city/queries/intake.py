"""Reads of those who take reports in: the intake list, likely duplicates of what is being typed, classes used lately."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityCase, CityClass
from yiwang.apps.city.queries.casepage import data_language
from yiwang.apps.city.queries.classes import active_classes
from yiwang.apps.city.queries.duplicates import Twin, candidates, sighting
from yiwang.apps.city.rules import duplicates as rules
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Report, Task
from yiwang.kernel.cases.queries import names, work
from yiwang.kernel.cases.queries.work import open_tasks
from yiwang.kernel.files import queries as files
from yiwang.kernel.geography import queries as geography


@dataclass(frozen=True)
class TwinView:
    """A likely duplicate in words."""

    uid: UUID
    number: str
    title: str
    state: str
    percent: int
    distance_m: int
    reasons: str
    certain: bool
    lon: float
    lat: float
    reported_at: Any
    thumb: UUID | None = None

    @property
    def percent_text(self) -> str:
        return _("%(percent)s %% alike") % {"percent": self.percent}


def twin_views(actor: Actor, found: Iterable[Twin]) -> list[TwinView]:
    """Return the twins that the actor may see, each with a thumbnail; two queries whatever their number."""
    from yiwang.kernel.cases import config as configs

    seen = [t for t in found if work.may_see(actor, t.case)]
    pictures = files.of_subjects("case", [t.case.uid for t in seen])
    language = data_language()
    return [
        TwinView(
            uid=t.case.uid, number=t.case.number or "", title=t.case.title,
            state=configs.of_version(t.case.matter_version_id).state_name(t.case.state), percent=t.percent,
            distance_m=round(t.likeness.distance_m), reasons="，".join(r.text(language) for r in t.likeness.reasons) if language != "en"
            else ", ".join(r.text(language) for r in t.likeness.reasons), certain=t.likeness.certain,
            lon=t.case.point.x if t.case.point else 0.0, lat=t.case.point.y if t.case.point else 0.0, reported_at=t.case.reported_at,
            thumb=next((f.uid for f in pictures.get(t.case.uid, []) if f.thumb_sha256), None),
        )
        for t in seen
    ]  # fmt: skip


def intake_tasks(actor: Actor) -> QuerySet[Task]:
    """Return the reports that wait to be accepted, oldest limit first, with their typed side."""
    rows = open_tasks(actor).filter(kind="process", step="accept", case__app="city")
    return rows.select_related("case__city", "case__matter_version").order_by("due_at", "pk")


def twins_of_draft(actor: Actor, *, lon: float | None, lat: float | None, given_class: str = "", text: str = "") -> list[TwinView]:
    """Return open cases that a report being typed may repeat; none without a place."""
    if lon is None or lat is None:
        return []
    kind, _colon, code = given_class.partition(":")
    moment = now()
    draft = Case(point=Point(lon, lat, srid=4326), reported_at=moment, title="", description=text[:2000], mode="live")
    side = CityCase(case=draft, kind=kind, class_code=code)
    limits = rules.Thresholds()
    near = {str(o.pk): o for o in candidates(side, limits, since=timedelta(hours=limits.reach_h)) if o.case.is_open}
    ranked = rules.rank(sighting(side), [(key, sighting(o)) for key, o in near.items()], limits)
    return twin_views(actor, [Twin(near[key].case, likeness) for key, likeness in ranked[:5]])


def recent_classes(actor: Actor, most: int = 6) -> list[tuple[str, str]]:
    """Return the classes that the person reported most in the last ninety days as ("matter:06001", name)."""
    since = now() - timedelta(days=90)
    ids = Report.objects.filter(reporter_account_id=actor.account_id, received_at__gte=since).values("case_id")
    used = (
        CityCase.objects.filter(case_id__in=ids).exclude(class_code="").values("kind", "class_code").annotate(n=Count("pk"))
        .order_by("-n", "class_code")[:most]
    )
    keys = [(u["kind"], u["class_code"]) for u in used]
    found = {(c.kind, c.code): c for c in CityClass.objects.filter(code__in=[k[1] for k in keys])}
    return [(f"{k}:{c}", texts.pick(found[(k, c)].name)) for k, c in keys if (k, c) in found]


def usual_classes(most: int = 6) -> list[tuple[str, str]]:
    """Return what a new inspector is offered: the classes reported most by everybody, else the first of the dictionary."""
    since = now() - timedelta(days=90)
    used = (
        CityCase.objects.filter(case__reported_at__gte=since, case__mode="live").exclude(class_code="")
        .values_list("kind", "class_code").annotate(n=Count("pk")).order_by("-n")[:most]
    )
    rows = [CityClass.objects.filter(kind=k, code=c).first() for k, c, _n in used]
    found = [r for r in rows if r is not None] or list(active_classes(now().date()).filter(kind="matter", is_derived=False)[:most])
    return [(f"{r.kind}:{r.code}", texts.pick(r.name)) for r in found]


def nearby_components(lon: object, lat: object, most: int = 8) -> list[tuple[str, str]]:
    """Return components within 30 m of a point as (code, "上水井盖 6 m")."""
    return [
        (a.code, _("%(name)s, %(m)s m away") % {"name": texts.pick(a.name), "m": round(a.distance_m)})
        for a in geography.assets_near(lon, lat, radius_m=30, limit=most)
    ]


@dataclass(frozen=True)
class ReportStanding:
    """Where a report stands, in words for the one who made it; nothing that is not his."""

    code: str
    title: str
    state: str
    steps: list[tuple[str, str, Any]]  # (words, done | now | later, when)
    holder: str
    due_at: Any
    is_open: bool
    outcome: str
    reported_at: Any
    closed_at: Any
    photos_before: list[UUID]
    photos_after: list[UUID]
    rated: int
    answer: str
    number: str
    case_uid: UUID

    @property
    def is_late(self) -> bool:
        return bool(self.due_at and self.due_at < now())


def standing(report: Report) -> ReportStanding:
    """Return where a report stands: received, being handled by whom until when, done, checked."""
    from yiwang.kernel.cases.queries import story

    case = report.case
    done = {step: at for step, _outcome, at in story.steps_done(case)}
    photos = list(files.of_subject("case", case.uid))
    result = (
        Task.all_modes.filter(case=case, step="handle", state="done", outcome="done").order_by("-done_at").first()
        if not case.is_open else None
    )
    rating = getattr(report, "rating", None)
    return ReportStanding(
        code=report.query_code, title=case.title, state=plain_state(case), steps=_plain_steps(case, done),
        holder=texts.pick(case.org.name) if case.org_id and case.org and case.is_open else "",
        due_at=case.due_at if case.is_open and case.dispatched_at else None, is_open=case.is_open, outcome=case.outcome,
        reported_at=report.received_at, closed_at=case.closed_at,
        photos_before=[f.uid for f in photos if f.kind == "photo" and f.stage == "before"],
        photos_after=[f.uid for f in photos if f.kind == "photo" and f.stage in ("after", "check")] if not case.is_open else [],
        rated=rating.score if rating is not None else 0, answer=_answer(case, result), number=case.number or "", case_uid=case.uid,
    )


def plain_state(case: Case) -> str:
    """Return the state as somebody outside the office understands it."""
    if case.state in ("closed", "forced_close"):
        return _("It is done")
    own = {
        "reported": _("We have received it and are looking at it"), "verifying": _("An inspector is on the way to look"),
        "pending_file": _("It is being checked before it goes to a department"), "refused": _("It was not taken on"),
        "void": _("It was withdrawn"), "merged": _("It was joined to another report of the same thing"),
        "pending_dispatch": _("The right department is being chosen"), "suspended": _("The work has been put off"),
        "handled": _("The work is done and will be checked"), "checking": _("An inspector checks the work on site"),
        "pending_close": _("The check has passed"), "rework": _("The work was not good enough and is done again"),
    }  # fmt: skip
    return own.get(case.state, _("A department is working on it"))


def _plain_steps(case: Case, done: dict[str, Any]) -> list[tuple[str, str, Any]]:
    ended = not case.is_open
    if ended and case.outcome in ("refused", "void"):
        return [(_("Received"), "done", case.reported_at), (_("Not taken on"), "done", case.closed_at)]
    points = [
        (_("Received"), "", case.reported_at), (_("Taken on"), _("Being looked at"), case.filed_at),
        (_("With the department"), _("The department is being chosen"), case.dispatched_at),
        (_("Work done"), _("Being worked on"), case.handled_at or done.get("handle")),
        (_("Checked and closed"), _("Being checked on site"), case.closed_at),
    ]  # fmt: skip
    found: list[tuple[str, str, Any]] = []
    now_shown = False
    for words, meanwhile, at in points:
        if at is not None:
            found.append((words, "done", at))
        elif now_shown or ended:
            found.append((words, "later", None))
        else:
            found.append((meanwhile, "now", None))
            now_shown = True
    return found


def _answer(case: Case, result: Task | None) -> str:
    """Return what was answered: the reason of a refusal, else nothing that an official wrote for colleagues."""
    if case.outcome not in ("refused",):
        return ""
    from yiwang.kernel.cases.queries import story

    lines = [line for line in story.story(case) if line.to_state == "refused" and line.data.get("reason")]
    return str(lines[-1].data["reason"]) if lines else ""


def report_of_code(code: str) -> Report | None:
    """Return the report of a query code; codes are long enough not to be tried out."""
    code = code.strip().upper().replace(" ", "").replace("-", "")[:16]
    if len(code) < 8:
        return None
    return Report.objects.filter(query_code=code).select_related("case__org", "case__matter_version", "rating").first()


def reports_of_account(actor: Actor) -> QuerySet[Report]:
    """Return what the person reported himself, newest first."""
    return (
        Report.objects.filter(reporter_account_id=actor.account_id).exclude(query_code="")
        .select_related("case__org", "case__matter_version", "rating").order_by("-received_at", "-pk")
    )


def channel_words(case: Case) -> str:
    from yiwang.kernel.cases import config as configs

    return names.channel_label(configs.of_version(case.matter_version_id), case.channel)
