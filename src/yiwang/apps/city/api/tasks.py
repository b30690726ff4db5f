"""Working: my tasks, and actions on tasks and cases."""

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router

from yiwang.apps.city.api import schemas
from yiwang.apps.city.api.common import Key, actor_of, answers
from yiwang.apps.city.queries import rows
from yiwang.kernel.base.api import Text, answer
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["tasks"], by_alias=True)  # described by the names that go over the wire
DESK = "city.desk.view"


@router.get("/tasks", auth=api_door(DESK), summary="My tasks", response=answers(ok200=schemas.TaskPage))
def list_tasks(
    request: HttpRequest,
    cursor: Annotated[Text, Query("", max_length=2000)] = "",
    size: Annotated[int, Query(50, ge=1, le=200)] = 50,
) -> Any:
    """Return what waits for me or for my post (待办), the newest first."""
    page = rows.task_page(actor_of(request), cursor=cursor, size=size)
    return answer({"items": page.rows, "next": page.next, "previous": page.previous})


def _act(request: HttpRequest, body: schemas.ActionIn, key: str, **subject: Any) -> Any:
    wanted = ActionRequest(
        action=body.action, outcome=body.outcome, reason=body.reason, data=body.data, files=tuple(body.files),
        occurred_at=body.occurred_at, lon=body.lon, lat=body.lat, version=body.version, **subject,
    )  # fmt: skip
    done = cases.act(actor_of(request), wanted, key=key)
    return answer({
        "case": done.case_uid, "state": done.state, "version": done.version, "event": done.event_uid,
        "opened_tasks": done.opened_tasks, "repeated": done.repeated,
    })  # fmt: skip


@router.post("/tasks/{uuid:uid}/actions", auth=api_door(DESK), summary="Do something on a task",
             response=answers(404, 409, ok200=schemas.ActionOut))  # fmt: skip
def act_on_task(request: HttpRequest, uid: UUID, body: schemas.ActionIn, key: Key = "") -> Any:
    """Complete a step, return it, transfer it ...; 409 says who was faster, or what does not fit."""
    return _act(request, body, key, task_uid=uid)


@router.post("/cases/{uuid:uid}/actions", auth=api_door(DESK), summary="Do something on a case",
             response=answers(404, 409, ok200=schemas.ActionOut))  # fmt: skip
def act_on_case(request: HttpRequest, uid: UUID, body: schemas.ActionIn, key: Key = "") -> Any:
    """Urge, supervise, re-dispatch, note ...: what is done to the case, not to one of its tasks."""
    return _act(request, body, key, case_uid=uid)
