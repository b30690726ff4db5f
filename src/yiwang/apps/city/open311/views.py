"""The six calls of GeoReport v2, discovery, and the photos that `media_url` names."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.city.open311 import arguments
from yiwang.apps.city.open311.formats import Refusal, open311_door, respond
from yiwang.apps.city.queries import open311 as queries
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotSignedIn
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.files import services as files
from yiwang.kernel.files import store
from yiwang.kernel.files.errors import Infected
from yiwang.kernel.files.resending import digest_of
from yiwang.kernel.identity import queries as identity

MATTER = "city.problem"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CONDITION, COMPONENT = "CONDITION", "COMPONENT"
MOST_PHOTOS = 9
PHOTO_FIELDS = ("media", "media[]", "media_file", "photo", "image", "file")
MOST = {"description": 4000, "address_string": 256, "address_id": 40, "first_name": 60, "last_name": 60, "phone": 30,
        "email": 120, "media_url": 500}  # fmt: skip


def _query(request: HttpRequest) -> dict[str, str]:
    found = {k: str(v).strip() for k, v in request.GET.items()}
    arguments.check_jurisdiction(found.get("jurisdiction_id", ""))
    if any(arguments.is_broken(v) for v in found.values()):
        raise Refusal(400, _("The text has characters that cannot be shown. Type it again."))
    return found


@open311_door("GET", "HEAD")
def discovery(request: HttpRequest, kind: str) -> HttpResponse:
    """GET discovery: where the endpoint is, what it speaks, how to get a key."""
    _query(request)
    changed = queries.changeset().strftime("%Y-%m-%d %H:%M")
    url = request.build_absolute_uri(reverse("open311:root")).rstrip("/")
    endpoint = {"specification": SPECIFICATION, "url": url, "changeset": changed,
                "type": "production" if settings.PRODUCTION else "test", "formats": ["text/xml", "application/json"]}  # fmt: skip
    return respond(kind, "discovery", {
        "changeset": changed,
        "contact": settings.OPEN311_CONTACT or _("The administrator of this platform"),
        "key_service": _("Ask the administrator of this platform for a key."),
        "endpoints": [endpoint],
    })  # fmt: skip


@open311_door("GET", "HEAD")
def services(request: HttpRequest, kind: str) -> HttpResponse:
    """GET services: what can be reported."""
    _query(request)
    return respond(kind, "services", queries.services())


@open311_door("GET", "HEAD")
def definition(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """GET services/CODE: what to ask besides. The filing conditions are offered, because they tell how urgent it is."""
    _query(request)
    found = queries.class_of(code)
    if found is None:
        raise Refusal(404, _("service_code %(code)s was not found.") % {"code": code[:40]})
    attributes: list[dict[str, Any]] = []
    if conditions := queries.conditions_of(found):
        attributes.append({
            "variable": True, "code": CONDITION, "datatype": "singlevaluelist", "required": False,
            "datatype_description": None, "order": 1, "description": _("Which of these is it?"),
            "values": [{"key": key, "name": name} for key, name in conditions],
        })  # fmt: skip
    if found.kind == "component":
        attributes.append({
            "variable": True, "code": COMPONENT, "datatype": "string", "required": False,
            "datatype_description": _("16 or 17 digits, as on its plate"), "order": len(attributes) + 1,
            "description": _("The code of the component, if you can read it"), "values": [],
        })  # fmt: skip
    return respond(kind, "service_definition", {
        "service_code": queries.service_code(found.kind, found.code), "attributes": attributes,
    })  # fmt: skip


@open311_door("GET", "HEAD", "POST")
def requests(request: HttpRequest, kind: str) -> HttpResponse:
    """GET requests: the public ones that fit. POST requests: a new one."""
    if request.method == "POST":
        return _create(request, kind)
    given = _query(request)
    offset, limit = arguments.window(given)
    rows = queries.requests(arguments.wanted(given), offset=offset, limit=limit, notes=_extended(given))
    return respond(kind, "service_requests", [_with_address(request, r) for r in rows])


def _extended(given: dict[str, str]) -> bool:
    return given.get("extensions", "").lower() not in ("", "false", "0", "no")


def _with_address(request: HttpRequest, row: dict[str, Any]) -> dict[str, Any]:
    media = row["media_url"]
    if isinstance(media, UUID):
        media = request.build_absolute_uri(reverse("open311:media", args=[media]))
    return {**row, "media_url": media}


@open311_door("GET", "HEAD")
def one_request(request: HttpRequest, kind: str, number: str) -> HttpResponse:
    """GET requests/ID."""
    given = _query(request)
    rows = queries.requests(queries.RequestFilter(ids=arguments.ids(number) or []), limit=1, notes=_extended(given))
    if not rows:
        raise Refusal(404, _("service_request_id %(id)s was not found.") % {"id": number[:80]})
    return respond(kind, "service_requests", [_with_address(request, r) for r in rows])


@open311_door("GET", "HEAD")
def token(request: HttpRequest, kind: str, value: str) -> HttpResponse:
    """GET tokens/TOKEN: requests are numbered at once here, so a token is the reporter's query code."""
    _query(request)
    found = queries.request_of_token(value)
    if found is None:
        raise Refusal(404, _("token %(token)s was not found.") % {"token": value[:80]})
    return respond(kind, "service_requests", [{"service_request_id": found, "token": value}])


@open311_door("GET", "HEAD")
def media(request: HttpRequest, kind: str, uid: UUID) -> HttpResponse:
    """GET media/UID.jpg: the copy of a photo without position and time."""
    sha256 = queries.public_photo(uid)
    if sha256 is None or not store.exists(sha256):
        raise Refusal(404, _("There is no such photo."))
    response = HttpResponse(store.read(sha256), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=86400"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@open311_door("GET", "HEAD", "POST", "PUT", "DELETE")
def nothing(request: HttpRequest, kind: str, rest: str = "") -> HttpResponse:
    """Any other address below the endpoint."""
    raise Refusal(404, _("There is nothing at this address."))


def _sender(request: HttpRequest, key: str) -> Actor:
    """Return who posts: the client of the key, or the public where no key is asked for; never a browser's session."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if key:
        try:
            return identity.actor_for_key(key, request_id=actor.request_id, language=actor.language)
        except NotSignedIn as error:
            raise Refusal(403, _("Invalid api_key received; the request was not created.")) from error
    if actor.kind is ActorKind.CLIENT:
        return actor
    if settings.OPEN311_KEY_REQUIRED:
        raise Refusal(403, _("Missing api_key; the request was not created."))
    return identity.actor_for_public(request_id=actor.request_id, language=actor.language)


def _create(request: HttpRequest, kind: str) -> HttpResponse:
    given, attributes = arguments.posted(request)
    actor = _sender(request, given.get("api_key", "").strip())
    arguments.check_jurisdiction(given.get("jurisdiction_id", "").strip())
    code = given.get("service_code", "").strip()
    if not code:
        raise Refusal(400, _("service_code was not provided."))
    city_class = queries.class_of(code)
    if city_class is None:
        raise Refusal(404, _("service_code %(code)s was not found.") % {"code": code[:40]})
    for name, most in MOST.items():
        if len(given.get(name, "")) > most:
            raise Refusal(400, _("%(name)s is limited to %(most)s characters.") % {"name": name, "most": most})
    lon, lat = arguments.place(given)
    answers = {"class": f"{city_class.kind}:{city_class.code}", **_answers(city_class, attributes, given)}
    if lon is None and not given.get("address_string", "").strip() and not answers.get("component"):
        raise Refusal(400, _("A location is needed: lat and long, or address_string, or address_id."))
    draft = ReportDraft(
        channel="open311", text=given.get("description", "").replace("\r\n", "\n"), lon=lon, lat=lat,
        address=given.get("address_string", ""), answers=answers, person=_person(given),
    )  # fmt: skip
    sent = _sent_files(request)
    photos: list[Any] = []

    def do() -> dict[str, Any]:
        token = uuid4().hex  # for somebody without a key: ties these photos to this very request
        for file in sent:
            photos.append(files.store_upload(actor=actor, file=file, stage="before", token=token, photo_only=True))
        whole = replace(draft, files=tuple(p.uid for p in photos), files_token=token)
        receipt = cases.report(actor, MATTER, whole)
        return {"report": str(receipt.report_uid), "code": receipt.query_code}

    # The photos belong to the body that a key stands for, by their bytes: their numbers differ each time they are sent.
    body = {"draft": asdict(draft), "files": [digest_of(f) for f in sent]}
    try:
        done, _repeated = once(actor, request.headers.get("Idempotency-Key", ""), body, do)
    except Exception as error:
        files.discard_unnamed(photos)
        if isinstance(error, Infected):
            files.record_infected(actor, error)  # what was recorded went with the request
        raise
    notice = _("Ask how it stands with the code %(code)s.") % {"code": done["code"]}
    return respond(kind, "service_requests", [
        {"service_request_id": done["report"], "service_notice": notice, "account_id": None}
    ])  # fmt: skip


def _answers(city_class: Any, attributes: dict[str, list[str]], given: dict[str, str]) -> dict[str, Any]:
    """Return what the attributes say; a value outside its list is refused, an unknown attribute is left aside."""
    told: dict[str, Any] = {}
    condition = next(iter(attributes.get(CONDITION, [])), "")
    if condition:
        words = dict(queries.conditions_of(city_class)).get(condition)
        if words is None:
            raise Refusal(400, _("attribute %(code)s: %(value)s is not one of the values.") % {
                "code": CONDITION, "value": condition[:60]})  # fmt: skip
        told |= {"condition": condition, "condition_words": words}
    link = given.get("media_url", "").strip()
    if link:
        if not link.startswith(("http://", "https://")) or not link.isprintable() or " " in link:
            raise Refusal(400, _("media_url must be an address that begins with http:// or https://."))
        told["media_url"] = link  # kept as text; nobody here follows it
    component = next(iter(attributes.get(COMPONENT, [])), "") or given.get("address_id", "")
    return {"told": told, "component": component.strip()}


def _person(given: dict[str, str]) -> PersonDraft | None:
    names = [given.get(n, "").strip() for n in ("first_name", "last_name")]
    name, phone, email = " ".join(n for n in names if n), given.get("phone", "").strip(), given.get("email", "").strip()
    if not (name or phone or email):
        return None
    return PersonDraft(name=name, phone=phone, address=email)


def _sent_files(request: HttpRequest) -> list[Any]:
    sent = [f for name in PHOTO_FIELDS for f in request.FILES.getlist(name)]
    if len(sent) > MOST_PHOTOS:
        raise Refusal(400, _("At most %(most)s files.") % {"most": MOST_PHOTOS})
    return sent
