"""What Open311 shows: classes as services, reports as service requests. Public facts only, plain values, a few queries."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.db.models import Q, QuerySet

from yiwang.apps.city.models import CityClass
from yiwang.apps.city.queries.classes import active_classes
from yiwang.apps.city.queries.rows import MATTER, last_recorded, state_names
from yiwang.apps.city.rules import manual as manual_rules
from yiwang.apps.city.rules.public_text import mask_personal
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import CaseParty, ManualRow, Report
from yiwang.kernel.cases.queries.matters import current_version
from yiwang.kernel.files.models import Attachment

LETTERS = {"component": "C", "matter": "M"}
KINDS = {letter: kind for kind, letter in LETTERS.items()}
METRES_PER_DEGREE = 111_320.0


def service_code(kind: str, code: str) -> str:
    """Return a class's code to the outside: C01001, M06001; the number alone would stand for two classes."""
    return f"{LETTERS[kind]}{code}" if kind in LETTERS and code else ""


def class_of(code: str) -> CityClass | None:
    """Return the class in force of a service code; the codes of the JSON API (`matter:06001`) are taken too."""
    kind, number = KINDS.get(code[:1].upper(), ""), code[1:]
    if ":" in code:
        kind, _colon, number = code.partition(":")
    return active_classes(now().date()).filter(kind=kind, code=number, is_derived=False).first() if kind else None


def jurisdictions() -> set[str]:
    """Return the names under which this installation may be addressed: the setting's, else region and root areas."""
    if settings.OPEN311_JURISDICTION:
        return {settings.OPEN311_JURISDICTION}
    roots = Area.objects.filter(parent__isnull=True, valid_to__isnull=True).values_list("code", flat=True)
    return {settings.REGION, *roots}


def changeset() -> datetime:
    """Return when services or definitions last changed: clients that cache them refresh then."""
    version = current_version(MATTER)
    loaded = version.manual.loaded_at if version.manual else version.published_at
    return max(version.published_at, loaded)


def _conditions(kind: str = "", code: str = "") -> QuerySet[ManualRow]:
    rows = ManualRow.objects.filter(version_id=current_version(MATTER).manual_id).order_by("key")
    if code:
        asked_kind, asked = manual_rules.manual_key(kind, code)
        rows = rows.filter(class_kind=asked_kind, class_code=asked)
    return rows


def services() -> list[dict[str, Any]]:
    """Return the classes in force as services, components first."""
    asked = set(_conditions().values_list("class_kind", "class_code"))
    found = []
    for row in active_classes(now().date()).filter(is_derived=False):
        name, group = texts.pick(row.name), texts.pick(row.major_name)
        words = [w for w in (*row.name.values(), *row.major_name.values()) if w not in (name, group)]
        found.append({
            "service_code": service_code(row.kind, row.code), "service_name": name,
            "description": f"{name} ({row.standard_ref} {row.kind} {row.code})",
            "metadata": row.kind == "component" or tuple(manual_rules.manual_key(row.kind, row.code)) in asked,
            "type": "realtime", "keywords": ", ".join(dict.fromkeys(words)), "group": group,
        })  # fmt: skip
    return found


def conditions_of(city_class: CityClass) -> tuple[tuple[str, str], ...]:
    """Return the filing conditions (立案条件) of a class as (key, words), each wording once."""
    found: dict[str, str] = {}
    for row in _conditions(city_class.kind, city_class.code):
        words = texts.pick(row.condition)
        if words not in found.values():
            found[row.key] = words
    return tuple(found.items())


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """`ids` overrides everything else."""

    ids: Collection[UUID] | None = None
    classes: Collection[tuple[str, str]] | None = None
    since: datetime | None = None
    until: datetime | None = None
    is_open: bool | None = None
    bbox: tuple[float, float, float, float] | None = None
    near: tuple[float, float, float] | None = None  # lon, lat, metres


def _matching(wanted: RequestFilter) -> QuerySet[Report]:
    rows = Report.objects.filter(case__app="city").exclude(channel="ownership")  # lists among offices are no requests
    if wanted.ids is not None:
        return rows.filter(uid__in=wanted.ids)
    if wanted.since is not None:
        rows = rows.filter(received_at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(received_at__lte=wanted.until)
    if wanted.classes is not None:
        fits = Q(pk__in=[])
        for kind, code in wanted.classes:
            fits |= Q(case__city__kind=kind, case__city__class_code=code)
        rows = rows.filter(fits)
    if wanted.is_open is not None:
        rows = rows.filter(case__closed_at__isnull=wanted.is_open)
    if wanted.bbox is not None:
        rows = rows.filter(case__point__bboverlaps=_box(wanted.bbox))
    if wanted.near is not None:
        lon, lat, metres = wanted.near
        reach = metres / METRES_PER_DEGREE
        wide = min(180.0, reach * 20)  # of a degree of longitude near a pole; the exact distance is asked besides
        box = (max(-180, lon - wide), max(-90, lat - reach), min(180, lon + wide), min(90, lat + reach))
        rows = rows.filter(case__point__bboverlaps=_box(box)).extra(
            where=["ST_DWithin(yw_cases_case.point::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography, %s)"],
            params=[lon, lat, metres],
        )
    return rows


def _box(bounds: tuple[float, float, float, float]) -> Polygon:
    box = Polygon.from_bbox(bounds)
    box.srid = 4326
    return box


def requests(wanted: RequestFilter, *, offset: int = 0, limit: int = 1000, notes: bool = False) -> list[dict[str, Any]]:
    """Return service requests, newest first; five queries at most, however many.

    Words of somebody who asked to be kept secret are left out, numbers that name a person are masked in all others.
    """
    rows = list(
        _matching(wanted).annotate(place=AsGeoJSON("case__point")).order_by("-received_at", "-pk").values(
            "pk", "uid", "text", "received_at", "data", "place", "case_id", "case__uid", "case__number", "case__state",
            "case__closed_at", "case__due_at", "case__address", "case__channel", "case__org__name", "case__city__kind",
            "case__city__class_code", "case__city__class_name", "case__city__component__code",
        )[offset : offset + limit]
    )  # fmt: skip
    case_ids = {r["case_id"] for r in rows}
    hidden = set(
        CaseParty.objects.filter(case_id__in=case_ids, is_secret=True).values_list("report_id", flat=True)
    ) if rows else set()  # fmt: skip
    updated = last_recorded(case_ids) if rows else {}
    photos = _photos([r["case__uid"] for r in rows]) if rows else {}
    told = _notes(case_ids) if notes and rows else {}
    names = state_names()
    found = []
    for r in rows:
        row = _request(r, names, photos, hidden)
        row["updated_datetime"] = r["case__closed_at"] or updated.get(r["case_id"], r["received_at"])
        if notes:
            row["extended_attributes"] = {"case_number": r["case__number"], "state": r["case__state"],
                                          "channel": r["case__channel"]}  # fmt: skip
            row["notes"] = told.get(r["case_id"], [])
        found.append(row)
    return found


def _request(
    r: Mapping[str, Any], names: Mapping[str, Any], photos: Mapping[UUID, UUID], hidden: Collection[int | None]
) -> dict[str, Any]:
    lon, lat = json.loads(r["place"])["coordinates"] if r["place"] else (None, None)
    return {
        "service_request_id": str(r["uid"]), "status": "open" if r["case__closed_at"] is None else "closed",
        "status_notes": texts.pick(names.get(r["case__state"], r["case__state"])),
        "service_name": texts.pick(r["case__city__class_name"]) or None,
        "service_code": service_code(r["case__city__kind"] or "", r["case__city__class_code"] or "") or None,
        "description": None if r["pk"] in hidden else mask_personal(r["text"]) or None,
        "agency_responsible": texts.pick(r["case__org__name"]) or None, "service_notice": None,
        "requested_datetime": r["received_at"], "updated_datetime": None, "expected_datetime": r["case__due_at"],
        "address": mask_personal(r["case__address"]) or None, "address_id": r["case__city__component__code"],
        "zipcode": None, "lat": lat, "long": lon,
        "media_url": photos.get(r["case__uid"]) or (r["data"] or {}).get("media_url"),
    }  # fmt: skip


def _photos(uids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return {case: its first photo from before the work}, those that have a copy without position and time."""
    rows = Attachment.objects.filter(
        subject_kind="case", subject_uid__in=uids, kind="photo", stage="before", is_personal=False
    ).exclude(public_sha256="").exclude(scan_state="waiting").order_by("-uploaded_at", "-pk")  # fmt: skip
    return {case: uid for case, uid in rows.values_list("subject_uid", "uid") if case is not None}


def _notes(case_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Return how each case moved on, without anybody's name or words."""
    names = state_names()
    found: dict[int, list[dict[str, Any]]] = {}
    rows = Event.objects.filter(case_id__in=case_ids).exclude(to_state="").order_by("case_id", "case_seq")
    before: dict[int, str] = {}
    for case_id, at, state in rows.values_list("case_id", "occurred_at", "to_state"):
        if case_id is None:
            continue
        if before.get(case_id) != state:
            note = {"datetime": at, "description": texts.pick(names.get(state, state)), "type": state}
            found.setdefault(case_id, []).append(note)
        before[case_id] = state
    return found


def public_photo(uid: UUID) -> str | None:
    """Return the hash of a photo's copy without position and time, if it belongs to a live city case."""
    row = Attachment.objects.filter(uid=uid, subject_kind="case", kind="photo", stage="before", is_personal=False).first()
    if row is None or row.subject_uid is None or not row.public_sha256 or row.is_held:
        return None
    known = Report.objects.filter(case__uid=row.subject_uid, case__app="city").exists()
    return row.public_sha256 if known else None


def request_of_token(token: str) -> UUID | None:
    """Return the request that a token stands for: the reporter's query code, or the request's own number."""
    try:
        by = Q(uid=UUID(token))
    except ValueError:
        by = Q(query_code=token.upper()) if token.isalnum() else Q(pk__in=[])
    return Report.objects.filter(by, case__app="city").values_list("uid", flat=True).first()
