"""Writing the event of an action onto the case's chain, under the case's row lock."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from yiwang.kernel.audit.contracts import CaseRef, ChainHead, EventRef
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case, Task

_LEFT = "_tasks_left"


def note_left(case: Case, tasks: Iterable[Task]) -> None:
    """Remember that these tasks ended beside the one at hand; the case's next event names them, so that it can be replayed."""
    case.__dict__.setdefault(_LEFT, []).extend(str(t.uid) for t in tasks)


def write(
    actor: Actor,
    case: Case,
    action: str,
    *,
    at: datetime,
    step: str = "",
    task_uid: UUID | None = None,
    from_state: str = "",
    outcome: str = "",
    data: Mapping[str, Any] | None = None,
    point: tuple[float, float] | None = None,
) -> EventRef:
    """Record one line and move the case's head; the caller saves the case (`event_count`, `event_head`)."""
    if left := case.__dict__.pop(_LEFT, None):
        data = {**(data or {}), "left": left}
    ref = record(
        actor,
        action=action,
        region=case.region,
        case=CaseRef(
            id=case.pk, uid=case.uid, area_path=case.area_path, org_id=case.org_id, matter=_matter_code(case),
            mode=case.mode,
        ),
        chain=ChainHead(count=case.event_count, head=bytes(case.event_head)),
        occurred_at=at,
        step=step,
        task_uid=task_uid,
        from_state=from_state,
        to_state=case.state,
        outcome=outcome,
        data=data,
        point=point,
    )
    case.event_count, case.event_head = ref.chain.count, ref.hash
    return ref


def _matter_code(case: Case) -> str:
    from yiwang.kernel.cases.queries.matters import code_of

    return code_of(case.matter_id)
