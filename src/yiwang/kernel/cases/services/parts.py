"""Parts of a step that many people do side by side without the process knowing each of them (census, 专项普查).

A part is a task of kind `census` below the process step that waits for all of them. It is answered `done` or `give_back`;
when its step is completed or the case ends, what is still open is cancelled with it. Whether a part may be called done, and
what follows when the last one is, says the matter's hooks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.contracts import ActionContext, TaskScope
from yiwang.kernel.cases.errors import ActionNotAllowed
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import events

KIND = "census"
DONE, GIVE_BACK = "done", "give_back"
NAME = {"zh-Hans": "专项普查", "en": "Census"}


@dataclass(frozen=True, kw_only=True)
class PartDraft:
    """One part to be given out; `name` is what its task is called, `data` what the task carries."""

    scope: TaskScope
    name: Mapping[str, str] = field(default_factory=lambda: dict(NAME))
    data: Mapping[str, Any] = field(default_factory=dict)


def open_parts(actor: Actor, case: Case, drafts: Sequence[PartDraft], *, due_at: datetime | None, instead_of: Task | None = None) -> list[Task]:
    """Give parts out, in the order of `drafts`, below the case's open step; one event tells whom.

    The caller holds the case's lock (or has just made it) and answers for the permission. `instead_of` is an open part that
    goes to somebody else: it is cancelled.

    Raises
    ------
    ActionNotAllowed
        No step of the case waits for parts.
    """
    step = Task.all_modes.filter(case=case, kind="process", state="open").order_by("pk").first()
    if step is None:
        raise ActionNotAllowed(action=KIND, state=case.state, why=_("The case waits for no parts any more."))
    moment = now()
    if instead_of is not None and instead_of.state == "open":
        instead_of.state, instead_of.done_at, instead_of.action = "cancelled", moment, "transfer"
        instead_of.save(update_fields=["state", "done_at", "action"])
        events.note_left(case, [instead_of])
    if step.due_at is None:
        step.due_at = due_at  # whoever waits for the parts sees on his desk until when
        step.save(update_fields=["due_at"])
    made = Task.all_modes.bulk_create(
        Task(
            case=case, kind=KIND, step=KIND, name=dict(draft.name), parent=step, permission=draft.scope.permission, area_path=draft.scope.area_path,
            org_id=draft.scope.org_id, org_path=draft.scope.org_path, account_id=draft.scope.account_id, mode=case.mode, is_urgent=case.is_urgent,
            opened_at=moment, due_at=due_at, data=dict(draft.data),
        )
        for draft in drafts
    )  # fmt: skip
    events.write(actor, case, "give_out", at=moment, step=step.step, from_state=case.state, data={"opened": [str(t.uid) for t in made], "parts": len(made)})
    case.version += 1
    case.save(update_fields=["version", "event_count", "event_head"])
    return made


def answer(context: ActionContext, config: MatterConfig) -> list[Task]:
    """End a part: everything done, or given back with the reason. The hooks have checked what `done` asks."""
    task, request = context.task, context.request
    if task is None or request.outcome not in (DONE, GIVE_BACK):
        raise BadInput.one("outcome", "unknown", _("Choose one of: %(list)s.") % {"list": f"{DONE}, {GIVE_BACK}"})
    if request.outcome == GIVE_BACK and not request.reason.strip():
        raise BadInput.one("reason", "required", _("Say why; the reason goes on record."))
    task.state, task.done_at = "done", context.at
    task.done_by_id, task.done_by_name = context.actor.account_id, context.actor.recorded_name
    task.action, task.outcome = request.action, request.outcome
    task.data = {**task.data, "answer": request.reason}
    task.save()
    return []
