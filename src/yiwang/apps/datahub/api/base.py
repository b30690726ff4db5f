"""The base databases over the JSON API (/api/v1/base/): verify, look up, fill, subscribe. Each call says what for."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from yiwang.apps.datahub.queries.base import subjects, subscriptions
from yiwang.apps.datahub.services.base import entities, filling, reading, subscribing, verifying
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.api import InputProblem, Problem, Text, answer
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["base"])
Kind = Annotated[str, Field(pattern="^(person|entity)$")]
Words = Annotated[Text, Field(max_length=400)]
Name = Annotated[Text, Field(max_length=40)]


class WhyIn(Schema):
    """What for, by what right, in which case: without all three nothing is read."""

    purpose: Annotated[Text, Field(max_length=200)] = ""
    basis: Annotated[Text, Field(max_length=500)] = ""
    case_number: Annotated[Text, Field(max_length=80)] = ""


class VerifyIn(WhyIn):
    claims: Annotated[list[dict[Name, Words]], Field(max_length=verifying.MOST)]


class VerifyOut(Schema):
    """One object for each claim: `found`, and each field true, false or null (the base does not know)."""

    answers: list[dict[str, bool | None]]


class LookupIn(WhyIn):
    number: Annotated[Text, Field(max_length=18)] = ""
    name: Annotated[Text, Field(max_length=60)] = ""
    birth_date: Annotated[Text, Field(max_length=10)] = ""
    fields: Annotated[list[Name], Field(max_length=60)] = []
    plain: bool = False


class FillIn(WhyIn):
    number: Annotated[Text, Field(max_length=18)]
    name: Annotated[Text, Field(max_length=60)]
    fields: Annotated[list[Name], Field(max_length=60)]


class ValueOut(Schema):
    field: str
    value: str
    masked: bool
    source: dict[str, str]
    bureau: dict[str, str]
    why: str
    at: str


class ReadOut(Schema):
    uid: str
    values: list[ValueOut]


class LookupOut(Schema):
    items: list[ReadOut]


class FillOut(Schema):
    values: list[ValueOut]


class SubscribeIn(WhyIn):
    kind: Kind = "person"
    name: Annotated[Text, Field(max_length=120)]
    fields: Annotated[list[Name], Field(max_length=60)]
    until: date


class SubscriptionOut(Schema):
    uid: str
    kind: str
    name: str
    fields: list[str]
    until: str
    position: int
    ended: bool


class SubscriptionList(Schema):
    items: list[SubscriptionOut]


class ChangeOut(Schema):
    """One change; `other` is what was merged into the subject, or split from it. No values."""

    position: int
    subject: str
    change: str
    fields: list[str]
    other: str
    at: str


class FeedOut(Schema):
    position: int
    changes: list[ChangeOut]


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _answers(*more: int, **ok: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {int(name.removeprefix("ok")): schema for name, schema in ok.items()}
    found |= dict.fromkeys((401, 403, 415, 429, *more), Problem)
    found[422] = InputProblem
    return found


def _why(given: WhyIn) -> reading.Why:
    return reading.Why(purpose=given.purpose, basis=given.basis, case_number=given.case_number)


def _value(v: reading.Value) -> dict[str, Any]:
    return {"field": v.field, "value": v.value, "masked": v.is_masked, "source": v.source, "bureau": v.org, "why": v.why, "at": v.at}


@router.post("/base/verify", auth=api_door(verifying.VERIFY["person"]), summary="Verify claims, yes or no", response=_answers(ok200=VerifyOut))
def verify_claims(request: HttpRequest, asked: VerifyIn) -> Any:
    """Say of up to 200 claims whether each field is so (核验). Nothing is opened, nothing given."""
    return answer({"answers": verifying.verify(_actor(request), "person", asked.claims, why=_why(asked))})


@router.post("/base/entities/verify", auth=api_door(verifying.VERIFY["entity"]), summary="Verify claims of legal entities", response=_answers(ok200=VerifyOut))
def verify_entities(request: HttpRequest, asked: VerifyIn) -> Any:
    """Say of up to 200 claims with a credit code each whether each field is so."""
    return answer({"answers": verifying.verify(_actor(request), "entity", asked.claims, why=_why(asked))})


@router.get("/base/entities/{credit_code}", auth=api_door(entities.LOOKUP), summary="A legal entity", response=_answers(404, ok200=ReadOut))
def show_entity(request: HttpRequest, credit_code: Annotated[str, Path(max_length=18, pattern="^[0-9A-Za-z]{1,18}$")]) -> Any:
    """Return what is published of the entity with this credit code; numbers and telephones of people are masked."""
    found = subjects.entity_by_code(_actor(request), credit_code.upper())
    return answer({"uid": str(found.uid), "values": [_value(v) for v in entities.open_entity(_actor(request), found)]})


@router.post("/base/lookup", auth=api_door(reading.LOOKUP), summary="Look persons up", response=_answers(404, ok200=LookupOut))
def look_up(request: HttpRequest, asked: LookupIn) -> Any:
    """Read persons by number, or by name and birth date; masked unless `plain` is asked and allowed."""
    found = reading.lookup(
        _actor(request), why=_why(asked), number=asked.number.strip(), name=asked.name.strip(), birth_date=asked.birth_date.strip(), fields=asked.fields, plain=asked.plain
    )
    return answer({"items": [{"uid": str(r.uid), "values": [_value(v) for v in r.values]} for r in found]})


@router.post("/base/fill", auth=api_door(filling.FILL), summary="Fill a form for a person", response=_answers(404, ok200=FillOut))
def fill_form(request: HttpRequest, asked: FillIn) -> Any:
    """Return the values for a form, each with whose it is; number and name must both fit."""
    found = filling.fill_form(_actor(request), number=asked.number, name=asked.name, fields=asked.fields, why=_why(asked))
    return answer({"values": [_value(v) for v in found.values()]})


@router.get("/base/subscriptions", auth=api_door(subscribing.SUBSCRIBE), summary="Subscriptions of my bureau", response=_answers(ok200=SubscriptionList))
def list_subscriptions(request: HttpRequest) -> Any:
    """Return who is told of changes, of the bodies that the reader answers for."""
    return answer({"items": [_row(s) for s in subscriptions.visible_to(_actor(request)).order_by("pk")[:500]]})


def _row(s: Any) -> dict[str, Any]:
    return {"uid": str(s.uid), "kind": s.kind, "name": s.name, "fields": s.fields, "until": s.until.isoformat(), "position": s.position, "ended": s.ended_at is not None}


@router.post("/base/subscriptions", auth=api_door(subscribing.SUBSCRIBE), summary="Be told of changes", response=_answers(ok201=SubscriptionOut))
def subscribe(request: HttpRequest, asked: SubscribeIn) -> Any:
    """Register the reader's bureau; changes from now on are told."""
    made = subscribing.subscribe(_actor(request), kind=asked.kind, name=asked.name, fields=asked.fields, why=_why(asked), until=asked.until)
    return answer(_row(made), status=201)


@router.get("/base/subscriptions/{uuid:uid}/changes", auth=api_door(subscribing.SUBSCRIBE), summary="Changes after a position", response=_answers(404, ok200=FeedOut))
def list_changes(
    request: HttpRequest, uid: UUID, after: Annotated[int | None, Query(None, ge=0, le=2**62, description="read from here; else from where was read last")] = None,
    limit: Annotated[int, Query(100, ge=1, le=subscribing.MOST)] = 100,
) -> Any:  # fmt: skip
    """Return changes in order: created, changed, merged, split, ended. Asking again from a position gives the same again."""
    feed = subscribing.read_on(_actor(request), uid, after=after, size=limit)
    return answer({"position": feed.position, "changes": [
        {"position": c.pk, "subject": str(c.subject.uid), "change": c.change, "fields": c.fields, "other": str(c.other.uid) if c.other else "", "at": c.at.isoformat()} for c in feed.changes
    ]})  # fmt: skip


@router.delete("/base/subscriptions/{uuid:uid}", auth=api_door(subscribing.SUBSCRIBE), summary="Be told no more", response=_answers(404, ok204=None))
def unsubscribe(request: HttpRequest, uid: UUID) -> Any:
    """End a subscription; twice is the same as once."""
    subscribing.unsubscribe(_actor(request), uid)
    return 204, None
