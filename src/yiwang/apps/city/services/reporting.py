"""From a draft to a placed, classed report (信息收集): everything that is refused is refused here, before a row exists."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.apps.city import queries
from yiwang.apps.city.models import CityCase, CityClass
from yiwang.apps.city.rules import photos
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import BadInput, NotPermitted, NotSignedIn
from yiwang.kernel.cases.contracts import PreparedReport, ReportDraft
from yiwang.kernel.cases.models import Case, CaseActor, MatterVersion, Report
from yiwang.kernel.files import queries as files
from yiwang.kernel.geography import queries as geography
from yiwang.kernel.geography.contracts import AreaRef, GridRef, PlaceFacts
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.queries.places import address_text

MOST_TEXT = 2000
MOST_OPEN311 = 4000  # what GeoReport v2 promises its clients
MOST_PHOTOS = 9
# Which channels ask more than the right to report: who may speak in their name.
CHANNEL_PERMISSION = {
    "inspector": "city.inspector.report", "hotline": "city.hotline.register", "12345": "city.hotline.register",
    "leader": "city.hotline.register", "media": "city.hotline.register", "video": "city.hotline.register",
    "api": "city.api.report", "sensor": "city.api.report", "import": "city.import",
}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """What `after_open` writes into `city_case`."""

    place: PlaceFacts
    city_class: CityClass | None
    component: Asset | None
    self_handled: bool


def prepare(actor: Actor, version: MatterVersion, draft: ReportDraft) -> PreparedReport:
    """Check a draft and place it in one query.

    Raises
    ------
    BadInput
        Names every field that is wrong, all at once.
    OutsideArea
        The point lies outside every bounded area.
    """
    permission = CHANNEL_PERMISSION.get(draft.channel)
    if permission and not actor.may_anywhere(permission):  # what he sees across his border he may still report
        raise NotSignedIn if actor.kind is ActorKind.PUBLIC else NotPermitted(permission=permission)
    errors: list[dict[str, str]] = []
    text = _text(draft.text, errors, MOST_OPEN311 if draft.channel == "open311" else MOST_TEXT)
    city_class = _class(draft, errors)
    component = _component(draft, errors)
    _files(draft, errors)
    if not text and city_class is None:
        errors.append(_error("text", "required", _("Say in a sentence what is wrong, or choose a class.")))
    lon, lat, address = _place(draft, component, errors)
    if errors:
        raise BadInput(errors=tuple(errors))
    facts = geography.place(lon, lat)
    if component is not None and city_class is None:
        city_class = queries.city_class("component", component.class_code)
    area, district = facts.area, facts.district
    if area is None:
        raise BadInput.one("place", "no-area", _("No area has been set up yet."))
    self_handled = bool(draft.answers.get("self_handled")) and draft.channel == "inspector"
    name = texts.pick(city_class.name, "zh-hans") if city_class else ""
    return PreparedReport(
        title=_title(name, text), area_id=area.id, area_path=area.path, region=_region(facts),
        address=(address or address_text(facts))[:256], data=dict(draft.answers.get("told") or {}), person=draft.person,
        variables={
            "self_handled": self_handled, "verified": draft.channel == "inspector", "urgent": False,
            "two_level": bool(district and district.two_level), "area_level": district.manual_level if district else "A",
            "class_code": city_class.code if city_class else "", "class_major": city_class.major if city_class else "",
            "class_kind": city_class.kind if city_class else "", "departments": [], "reopened": False,
        },
        typed=Typed(facts, city_class, component, self_handled),
    )


def _region(facts: PlaceFacts) -> str:
    """Return the 6-digit county code of the place: the district's, else the root's, else the installation's."""
    for area in (facts.district, facts.root):
        if area is not None and len(area.code) >= 6 and area.code[:6].isdigit():
            return area.code[:6]
    return str(settings.REGION)


def _error(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}


def _title(class_name: str, text: str) -> str:
    first = re.split(r"[。！？\n]", text, maxsplit=1)[0][:40]
    return f"{class_name}：{first}" if class_name and first else class_name or first


def _text(text: str, errors: list[dict[str, str]], most: int = MOST_TEXT) -> str:
    if len(text) > most:
        errors.append(_error("text", "too-long", _("At most %(most)s characters; this has %(found)s. Shorten it.") % {
            "most": most, "found": len(text)}))
    if not texts.is_showable(text):
        errors.append(_error("text", "control", _("The text has characters that cannot be shown. Type it again.")))
    return text.strip()


def _class(draft: ReportDraft, errors: list[dict[str, str]]) -> CityClass | None:
    given = str(draft.answers.get("class") or "")
    if not given:
        return None
    kind, _colon, code = given.partition(":")
    found = queries.city_class(kind, code) if code else None
    if found is None:
        errors.append(_error("class", "unknown", _("There is no class %(code)s. Choose one from the list.") % {"code": given[:40]}))
    return found


def _component(draft: ReportDraft, errors: list[dict[str, str]]) -> Asset | None:
    code = str(draft.answers.get("component") or "").strip()
    if not code:
        return None
    found = Asset.objects.filter(code=code).first()
    if found is None:
        errors.append(_error("component", "unknown", _("There is no component with the code %(code)s.") % {"code": code[:40]}))
    return found


def _files(draft: ReportDraft, errors: list[dict[str, str]]) -> None:
    if len(draft.files) > MOST_PHOTOS:
        errors.append(_error("files", "too-many", _("At most %(most)s files.") % {"most": MOST_PHOTOS}))
    needed = 0
    if draft.channel == "inspector":
        needed = 2 if draft.answers.get("self_handled") else 1
    if needed and len(draft.files) - files.others_among(draft.files) < needed:  # unknown ones are the claim's to refuse
        message = _("A photo is needed.") if needed == 1 else _("Photos before and after are needed.")
        errors.append(_error("files", "required", message))


def _place(draft: ReportDraft, component: Asset | None, errors: list[dict[str, str]]) -> tuple[float, float, str]:
    """Return lon, lat and the address; from the pin, else the component, else the best hit of the address."""
    if draft.lon is not None and draft.lat is not None:
        if not (-180 <= draft.lon <= 180 and -90 <= draft.lat <= 90):
            errors.append(_error("place", "range", _("The coordinates are not degrees of longitude and latitude.")))
            return 0.0, 0.0, ""
        return draft.lon, draft.lat, draft.address.strip()
    if component is not None:
        return component.point.x, component.point.y, draft.address.strip() or component.address
    if draft.address.strip():
        hits = geography.place_by_address(draft.address.strip())
        if hits and hits[0].is_enough:
            return hits[0].lon, hits[0].lat, draft.address.strip()
        if hits:
            message = _("“%(name)s” alone sends nobody anywhere. Add a house number, a crossing or a landmark, or put the pin on the map.")
            errors.append(_error("address", "too-vague", message % {"name": hits[0].name}))
            return 0.0, 0.0, ""
        errors.append(_error("address", "unknown", _("This address was not found. Put the pin on the map instead.")))
        return 0.0, 0.0, ""
    errors.append(_error("place", "required", _("Say where: put the pin on the map, or type an address.")))
    return 0.0, 0.0, ""


def after_open(case: Case, report: Report, prepared: PreparedReport) -> None:
    """Write the typed side of the case and what is worth a second look: recurrence, re-used pictures, EXIF place."""
    typed: Typed = prepared.typed
    place, city_class = typed.place, typed.city_class
    row = CityCase(
        case=case, kind=city_class.kind if city_class else "", class_code=city_class.code if city_class else "",
        class_name=city_class.name if city_class else {}, component=typed.component,
        nearest_asset_id=place.nearest_asset.id if place.nearest_asset else None,
        nearest_m=place.nearest_asset.distance_m if place.nearest_asset else None,
        district_id=_id(place.district), street_id=_id(place.street), community_id=_id(place.community),
        unit_grid_id=_id(place.unit_grid), responsibility_grid_id=_id(place.responsibility_grid),
        self_handled=typed.self_handled,
        verified=case.channel == "inspector",
        reported_by_inspector_id=report.reporter_account_id if case.channel == "inspector" else None,
    )
    _look_at_photos(case, row)
    row.save(force_insert=True)
    if typed.city_class is not None:
        again = queries.recurrence_of(row)
        if again is not None:
            row.recurrence_of = again
            row.save(update_fields=["recurrence_of"])
    if case.channel == "inspector" and report.reporter_account_id:
        CaseActor.objects.get_or_create(case=case, account_id=report.reporter_account_id, step="report")


def _id(ref: AreaRef | GridRef | None) -> int | None:
    return ref.id if ref is not None else None


def _look_at_photos(case: Case, row: CityCase) -> None:
    for picture in files.of_subject("case", case.uid):
        for twin in files.used_before(picture):
            if row.same_picture_case_id is None and twin.subject_kind == "case":
                row.same_picture_case_id = Case.all_modes.filter(uid=twin.subject_uid).values_list("pk", flat=True).first()
        if row.exif_verdict or case.point is None or picture.exif_lon is None or picture.exif_lat is None:
            continue
        found = photos.judge(
            pin=(case.point.x, case.point.y), exif=(picture.exif_lon, picture.exif_lat), taken_at=picture.taken_at,
            reported_at=case.reported_at,
        )
        row.exif_verdict, row.exif_distance_m = found.verdict, found.distance_m
