"""Following cases: the list, one case, its record."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router
from pydantic import AwareDatetime, Field

from yiwang.apps.city.api import schemas
from yiwang.apps.city.api.common import actor_of, answers, bbox, parts
from yiwang.apps.city.queries import rows
from yiwang.kernel.base import texts
from yiwang.kernel.base.api import Text, answer
from yiwang.kernel.cases.queries import clocks, moves, persons, story, veils, work
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["cases"], by_alias=True)  # described by the names that go over the wire
SEE = ("city.case.view", "city.citizen")
Filter = Annotated[Text, Field(max_length=400)]


@router.get("/cases", auth=api_door("city.case.list"), summary="List cases", response=answers(ok200=schemas.CasePage))
def list_cases(
    request: HttpRequest,
    state: Annotated[Filter, Query("", description="states, comma-separated")] = "",
    open: Annotated[bool | None, Query(None, description="true: not closed yet")] = None,  # noqa: A002 - the API's word
    class_: Annotated[Filter, Query("", alias="class", description="kind:code or code, comma-separated")] = "",
    area: Annotated[Filter, Query("", description="code of an area; what lies below counts")] = "",
    org: Annotated[Filter, Query("", description="code of an organisation that the case concerns")] = "",
    bbox_: Annotated[Filter, Query("", alias="bbox", description="west,south,east,north in degrees")] = "",
    text: Annotated[Filter, Query("", description="words of number, title, text, address")] = "",
    since: Annotated[AwareDatetime | None, Query(None, description="reported at or after")] = None,
    until: Annotated[AwareDatetime | None, Query(None, description="reported before")] = None,
    updated: Annotated[AwareDatetime | None, Query(None, description="something was recorded at or after")] = None,
    cursor: Annotated[Text, Query("", max_length=2000)] = "",
    size: Annotated[int, Query(50, ge=1, le=200)] = 50,
    total: Annotated[bool, Query(False, description="count them too")] = False,
) -> Any:
    """Return the cases that concern the reader, newest report first."""
    wanted = rows.CaseFilter(
        states=parts(state), is_open=open, classes=parts(class_), area=area.strip(), org=org.strip(), bbox=bbox(bbox_),
        text=text, since=since, until=until, updated=updated,
    )  # fmt: skip
    actor = actor_of(request)
    page = rows.case_page(actor, wanted, cursor=cursor, size=size)
    count, capped = rows.case_count(actor, wanted) if total else (None, False)
    return answer({"items": page.rows, "next": page.next, "previous": page.previous, "total": count, "total_capped": capped})


@router.get("/cases/{uuid:uid}", auth=api_door(*SEE), summary="One case", response=answers(404, ok200=schemas.CaseOut))
def show_case(request: HttpRequest, uid: UUID) -> Any:
    """Return one case with its clocks, files, who reported (masked) and what the reader may do now."""
    actor = actor_of(request)
    case = work.case_for(actor, uid)
    pictures = files.of_subject("case", case.uid)
    row = rows.case_row(case)
    hides_bodies = veils.hides_department(case, veils.hidden_steps(actor, case))
    if hides_bodies:
        row = {**row, "org": "", "org_name": ""}
    return answer({
        **row, "description": case.description, "data": {k: v for k, v in case.data.items() if not hides_bodies or k != "_process"},
        "main_case": case.main_case.uid if case.main_case else None, "reports": len(story.reports_of(case)),
        "clocks": [
            {"name": c.name, "step": c.step, "unit": c.unit, "limit_value": c.limit_value, "state": c.state, "tone": c.tone,
             "started_at": c.started_at, "due_at": c.due_at, "stopped_at": c.stopped_at, "total_minutes": c.total_minutes,
             "consumed_minutes": round(c.consumed_minutes, 2), "rule": c.rule}
            for c in clocks.clocks_of(case)
        ],
        "parties": [
            {"role": p.role, "name": p.name, "phone": p.phone, "is_secret": p.is_secret, "is_hidden": p.is_hidden}
            for p in persons.parties_of(actor, case)
        ],
        "files": [
            {"uid": f.uid, "kind": f.kind, "stage": f.stage, "media_type": f.media_type, "url": reverse("file", args=[f.uid]),
             "thumb_url": reverse("file_thumb", args=[f.uid]) if f.thumb_sha256 else None}
            for f in pictures
        ],
        "moves": [
            {"action": m.action, "label": m.label, "task": m.task_uid, "outcome": m.outcome, "outcome_label": m.outcome_label,
             "needs_reason": m.needs_reason, "blocked": m.blocked}
            for m in moves.moves_for(actor, case)
        ],
    })  # fmt: skip


@router.get("/cases/{uuid:uid}/events", auth=api_door(*SEE), summary="What was done to a case",
            response=answers(404, ok200=schemas.EventList))  # fmt: skip
def list_events(request: HttpRequest, uid: UUID) -> Any:
    """Return the record of a case (过程留痕), oldest first. It holds no personal values."""
    actor = actor_of(request)
    case = work.case_for(actor, uid)
    return answer({"items": [
        {"seq": e.seq, "uid": e.uid, "action": e.action, "step": e.step, "outcome": e.outcome, "from_state": e.from_state,
         "to_state": e.to_state, "occurred_at": e.at, "recorded_at": e.recorded_at, "actor_kind": e.actor_kind,
         "actor_name": e.actor_name, "post_name": e.post_name, "org_name": texts.pick(e.organization), "data": e.data}
        for e in veils.veil_story(story.story(case), case, veils.hidden_steps(actor, case))
    ]})  # fmt: skip
