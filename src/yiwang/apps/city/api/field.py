"""The inspector's phone (城管通): what it takes along, and what it sends when there is a network again."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from ninja import Query, Router

from yiwang.apps.city.api import field_schemas as schemas
from yiwang.apps.city.api.common import Key, actor_of, answers
from yiwang.apps.city.contracts import FieldAct, FieldPlace, Fix, NoFix
from yiwang.apps.city.errors import OtherPerson
from yiwang.apps.city.queries.field import start, work
from yiwang.apps.city.services import field
from yiwang.kernel.base.api import Text, answer
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["field"], by_alias=True)
USE, SEND = "city.field.use", "city.position.send"
BASE = "/city/field"


@router.get(f"{BASE}/me", auth=api_door(USE), summary="Who uses this phone", response=answers(ok200=schemas.FieldMe))
def field_me(request: HttpRequest) -> Any:
    """Return the person, the shift that runs, the phone's figures and our time."""
    return _fresh(answer({**start.me(actor_of(request)), "csrf": get_token(request)}))


@router.get(f"{BASE}/pack", auth=api_door(USE), summary="What is kept on the phone", response=answers(ok200=schemas.PackOut))
def field_pack(request: HttpRequest) -> Any:
    """Return grids, classes and layers; 304 when the phone has them."""
    found = start.pack(actor_of(request))
    etag = f'"{found["version"]}"'
    if etag in [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]:
        response = HttpResponse(status=304)
    else:
        response = answer(found)
    response["ETag"], response["Cache-Control"], response["Vary"] = etag, "private, no-cache", "Cookie, Accept-Language, Authorization"
    return response


@router.get(f"{BASE}/tasks", auth=api_door(USE), summary="What waits on the street", response=answers(ok200=schemas.FieldTasks))
def field_tasks(request: HttpRequest) -> Any:
    """Return what waits to be verified or checked, with the outcomes that can be chosen."""
    return _fresh(answer({"tasks": work.tasks(actor_of(request)), "as_of": now().isoformat()}))


@router.get(f"{BASE}/messages", auth=api_door(USE), summary="Messages and urgings", response=answers(ok200=schemas.FieldMessages))
def field_messages(request: HttpRequest, after: Annotated[Text, Query("", max_length=20)] = "") -> Any:
    """Return what came since; what came in the last half minute may come twice, and has the same uid then."""
    found, more = work.messages(actor_of(request), after)
    return _fresh(answer({"messages": found, "next": more}))


@router.get(f"{BASE}/figures", auth=api_door(USE), summary="One's own figures", response=answers(ok200=schemas.FieldFigures))
def field_figures(request: HttpRequest) -> Any:
    """Return what the person reported, verified and checked today and this month, and how much of his grids was walked."""
    return _fresh(answer(work.figures(actor_of(request))))


@router.post(f"{BASE}/acts", auth=api_door(USE), summary="Send what was done", response=answers(404, 409, ok200=schemas.ActOut, ok201=schemas.ActOut))
def field_act(request: HttpRequest, body: schemas.ActIn, key: Key = "") -> Any:
    """Do one act once: 201, or 200 with the same answer. 409 `field.too-late` is final; 422 naming `files`: send them again."""
    actor = actor_of(request)
    if body.person_uid is not None and str(body.person_uid) != actor.account_uid:
        raise OtherPerson
    if key and key != str(body.uid):
        raise BadInput.one("Idempotency-Key", "key", _("The key of an act is its own number."))
    place = FieldPlace(body.place.lon, body.place.lat, body.place.accuracy_m, body.place.source) if body.place else None
    act = FieldAct(
        uid=body.uid, kind=body.kind, occurred_at=body.occurred_at, sent_at=body.sent_at, place=place, no_place_reason=body.no_place_reason,
        files=tuple(body.files), data=body.data,
    )  # fmt: skip
    done, repeated = field.take(actor=actor, act=act)
    return answer(done, 200 if repeated else 201)


@router.post(f"{BASE}/tracks", auth=api_door(USE), summary="Send a piece of track", response=answers(409, ok200=schemas.KeptOut))
def field_track(request: HttpRequest, body: schemas.TrackIn, key: Key = "") -> Any:
    """Append positions of a shift; they are thinned, and what cannot be is refused and counted."""
    if key and key != str(body.uid):
        raise BadInput.one("Idempotency-Key", "key", _("The key of a piece of track is its own number."))
    points, gaps = [Fix(*p) for p in body.points], [NoFix(*g) for g in body.gaps]
    done, _repeated = field.take_track(
        actor=actor_of(request), uid=body.uid, shift_uid=body.shift_uid, sent_at=body.sent_at, points=points, gaps=gaps
    )
    return answer(done)


@router.post(f"{BASE}/positions", auth=api_door(SEND), summary="Positions of a wrapper app or badge", response=answers(409, ok200=schemas.KeptOut))
def field_positions(request: HttpRequest, body: schemas.PositionsIn, key: Key = "") -> Any:
    """Append positions of a person's device; only what falls into a shift of his is kept."""
    done, _repeated = field.take_positions(
        actor=actor_of(request), device=body.device, person_uid=body.person_uid, points=[Fix(*p) for p in body.points], key=key
    )
    return answer(done)


def _fresh(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
