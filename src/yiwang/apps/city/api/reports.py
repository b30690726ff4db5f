"""Handing in: a report, its files."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from yiwang.apps.city.api import schemas
from yiwang.apps.city.api.common import Key, actor_of, answers
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.api import answer
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.files import pages as files
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["reports"], by_alias=True)  # described by the names that go over the wire
MATTER = "city.problem"
REPORTERS = ("city.api.report", "city.inspector.report", "city.hotline.register", "city.citizen")


def default_channel(actor: Actor) -> str:
    """Return the channel in whose name the sender speaks when he names none."""
    if actor.kind is ActorKind.CLIENT:
        return "api"
    if actor.may_anywhere("city.inspector.report"):
        return "inspector"
    return "hotline" if actor.may_anywhere("city.hotline.register") else "public"


@router.post("/reports", auth=api_door(*REPORTERS), summary="Report a problem",
             response=answers(404, 409, ok200=schemas.ReportOut, ok201=schemas.ReportOut))  # fmt: skip
def create_report(request: HttpRequest, body: schemas.ReportIn, key: Key = "") -> Any:
    """Store a report; it opens a case at once, or joins the open one named in `case`. 201, or 200 for a repeat."""
    actor = actor_of(request)
    person = body.person
    draft = ReportDraft(
        channel=body.channel or default_channel(actor), text=body.text, lon=body.lon, lat=body.lat,
        accuracy_m=body.accuracy_m, address=body.address, files=tuple(body.files), occurred_at=body.occurred_at,
        uid=body.uid, answers={"class": body.class_, "component": body.component, "self_handled": body.self_handled},
        person=PersonDraft(
            name=person.name, phone=person.phone, address=person.address, secret=person.secret,
            wants_answer=person.wants_answer,
        ) if person else None,
    )  # fmt: skip
    receipt = cases.join_report(actor, body.case, draft, key=key) if body.case else cases.report(actor, MATTER, draft, key=key)
    return answer(
        {"report": receipt.report_uid, "case": receipt.case_uid, "query_code": receipt.query_code,
         "repeated": receipt.repeated},
        200 if receipt.repeated else 201,
    )  # fmt: skip


@router.post(
    "/files", auth=api_door(signed_in=True), summary="Send a file",
    response=answers(409, 413, 415, ok200=schemas.UploadOut, ok201=schemas.UploadOut),
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {
            "type": "object", "required": ["file"], "properties": {
                "file": {"type": "string", "format": "binary"},
                "stage": {"type": "string", "enum": ["before", "verify", "after", "check", "other"]},
                "taken_at": {"type": "string", "format": "date-time", "description": "by the sender's clock; what the picture itself says wins"},
            },
        }}}},
    },
)  # fmt: skip
def create_file(request: HttpRequest, key: Key = "") -> Any:
    """Take in one file. Name its `uid` in a report or action within a day, else it is swept away.

    The same key with the same file: 200 and the same `uid`, also after it was swept.
    """
    return files.upload(request)
