"""Small marks on tasks."""

from uuid import UUID

from django.db import transaction

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.services import events


@transaction.atomic
def mark_seen(actor: Actor, task_uid: UUID) -> bool:
    """签收: the first of those who may do the task has it before him; from here on it cannot be withdrawn."""
    found = Task.all_modes.filter(uid=task_uid, state="open", seen_at__isnull=True).values_list("case_id", flat=True).first()
    if found is None:
        return False
    case = Case.all_modes.select_for_update(of=("self",)).get(pk=found)
    task = Task.all_modes.select_for_update(of=("self",)).get(uid=task_uid)
    if task.state != "open" or task.seen_at is not None or not work.may_do(actor, task):
        return False
    at = now()
    task.seen_at = at
    task.save(update_fields=["seen_at"])
    events.write(actor, case, "receive", at=at, step=task.step, task_uid=task.uid, from_state=case.state)
    case.save(update_fields=["event_count", "event_head"])
    return True
