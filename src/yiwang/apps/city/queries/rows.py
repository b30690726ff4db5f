"""Cases as rows of plain values, for the JSON API and other hot lists: one query a page, no model objects."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import Q, QuerySet

from yiwang.apps.city.models import CityCase
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.paging import Page, capped_count, page_by_key
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.queries.matters import current_version
from yiwang.kernel.cases.queries.search import search

MATTER = "city.problem"
_COLUMNS = (
    "pk", "uid", "number", "title", "state", "outcome", "is_urgent", "channel", "address", "reported_at", "filed_at",
    "due_at", "closed_at", "suspended_until", "version", "city__kind", "city__class_code", "city__class_name", "area__code",
    "area__name", "org__code", "org__name",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """What a list may be narrowed by; empty means not at all. `bbox` is west, south, east, north in degrees."""

    states: Collection[str] = ()
    is_open: bool | None = None
    classes: Collection[str] = ()  # "matter:06001", or a bare code of either kind
    area: str = ""  # code
    org: str = ""
    bbox: tuple[float, float, float, float] | None = None
    text: str = ""
    since: datetime | None = None  # reported
    until: datetime | None = None
    updated: datetime | None = None  # something was recorded on it
    modes: tuple[str, ...] = ("live",)


def cases_matching(actor: Actor, wanted: CaseFilter) -> QuerySet[Case]:
    """Return the actor's city cases that fit; an unknown area or organisation fits none."""
    rows = work.visible_cases(actor, modes=wanted.modes, app="city")
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.is_open is not None:
        rows = rows.filter(closed_at__isnull=wanted.is_open)
    if wanted.classes:
        rows = rows.filter(pk__in=_of_classes(wanted.classes))
    if wanted.area:
        path = Area.objects.filter(code=wanted.area, valid_to__isnull=True).values_list("path", flat=True).first()
        rows = rows.filter(area_path__startswith=path) if path else rows.none()
    if wanted.org:
        rows = rows.filter(orgs__org__code=wanted.org)
    if wanted.bbox is not None:
        box = Polygon.from_bbox(wanted.bbox)
        box.srid = 4326
        rows = rows.filter(point__bboverlaps=box)
    if wanted.text.strip():
        rows = search(rows, wanted.text)
    if wanted.since is not None:
        rows = rows.filter(reported_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(reported_at__lt=wanted.until)
    if wanted.updated is not None:
        touched = Event.all_modes.filter(recorded_at__gte=wanted.updated, case_id__isnull=False)
        rows = rows.filter(pk__in=touched.values("case_id"))
    return rows


def _of_classes(classes: Collection[str]) -> QuerySet[Any, int]:
    wanted = Q()
    for name in classes:
        kind, colon, code = name.rpartition(":")
        wanted |= Q(class_code=code, kind=kind) if colon else Q(class_code=code)
    return CityCase.objects.filter(wanted).values_list("case_id", flat=True)


def case_page(actor: Actor, wanted: CaseFilter, *, cursor: str = "", size: int = 50) -> Page:
    """Return one page, newest report first, as rows for JSON; one query."""
    shown = Case.all_modes.annotate(place=AsGeoJSON("point")).values(*_COLUMNS, "place")
    page = page_by_key(cases_matching(actor, wanted), sort="reported_at", cursor=cursor, size=size, shown=shown)
    names = state_names()
    return Page([_row(row, names) for row in page.rows], page.next, page.previous)


def case_count(actor: Actor, wanted: CaseFilter) -> tuple[int, bool]:
    """Return (how many, whether counting stopped at the cap)."""
    return capped_count(cases_matching(actor, wanted))


def state_names() -> Mapping[str, Any]:
    names: Mapping[str, Any] = configs.of_version(current_version(MATTER).pk).raw.get("states", {})
    return names


def _row(row: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "uid": row["uid"], "number": row["number"], "title": row["title"], "state": row["state"],
        "state_name": texts.pick(names.get(row["state"], row["state"])), "outcome": row["outcome"],
        "class": _class(row["city__kind"], row["city__class_code"]), "class_name": texts.pick(row["city__class_name"]),
        "is_urgent": row["is_urgent"], "channel": row["channel"], "address": row["address"],
        "point": _point(row["place"]), "area": row["area__code"], "area_name": texts.pick(row["area__name"]),
        "org": row["org__code"] or "", "org_name": texts.pick(row["org__name"]), "reported_at": row["reported_at"],
        "filed_at": row["filed_at"], "due_at": row["due_at"], "closed_at": row["closed_at"],
        "suspended_until": row["suspended_until"], "version": row["version"],
    }  # fmt: skip


def _class(kind: str | None, code: str | None) -> str:
    return f"{kind}:{code}" if kind and code else ""


def _point(place: str | None) -> list[float] | None:
    return json.loads(place)["coordinates"] if place else None


def case_row(case: Case) -> dict[str, Any]:
    """Return one case in the shape of a list's row."""
    columns = Case.all_modes.filter(pk=case.pk).annotate(place=AsGeoJSON("point")).values(*_COLUMNS, "place")
    return _row(columns.get(), state_names())


def last_recorded(case_ids: Collection[int]) -> dict[int, datetime]:
    """Return {case id: when something was last done to it}; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT case_id, max(occurred_at) FROM {Event._meta.db_table} WHERE case_id = ANY(%s) GROUP BY case_id",
            [list(case_ids)],
        )
        return dict(cursor.fetchall())


def task_page(actor: Actor, *, cursor: str = "", size: int = 50) -> Page:
    """Return what waits for the actor or his post, the newest first, as rows for JSON; one query."""
    shown = work.tasks().values(
        "pk", "uid", "kind", "step", "name", "is_urgent", "opened_at", "due_at", "seen_at", "case__uid", "case__number",
        "case__title", "case__state", "case__address",
    )  # fmt: skip
    page = page_by_key(work.open_tasks(actor, "city").select_related(None), sort="opened_at", cursor=cursor, size=size, shown=shown)
    return Page(
        [
            {
                "uid": r["uid"], "kind": r["kind"], "step": r["step"], "name": texts.pick(r["name"]),
                "is_urgent": r["is_urgent"], "opened_at": r["opened_at"], "due_at": r["due_at"], "seen_at": r["seen_at"],
                "case": {"uid": r["case__uid"], "number": r["case__number"], "title": r["case__title"],
                         "state": r["case__state"], "address": r["case__address"]},
            }
            for r in page.rows
        ],
        page.next, page.previous,
    )  # fmt: skip
