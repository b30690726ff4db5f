"""Carrying a case along in tests: report it, then do each step as the person whose work it is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.world import DIRECT, World, picture

MATTER = "city.problem"
COVER_MISSING = "C01001-01"  # urgent: 2 urgent hours
COVER_DAMAGED = "C01001-02"  # 4 working hours
WAY = ("reported", "pending_file", "pending_dispatch", "pending_handle", "handled", "sent", "checking", "pending_close", "closed")


def upload(actor: Any, text: str = "before", *, stage: str = "before", token: str = "", **how: Any) -> UUID:
    """Store a photo for the actor and return its number."""
    from django.core.files.base import ContentFile

    from yiwang.kernel.files.services import store_upload

    row = store_upload(actor=actor, file=ContentFile(picture(text, **how), name=f"{text}.jpg"), stage=stage, token=token)
    return row.uid


def report(world: World, *, who: str = "inspector", channel: str = "inspector", text: str = "井盖破损，有响声", at: tuple[int, int] = (2, 2),
           class_: str = "component:01001", component: str = "", photo: str = "before", district: str = DIRECT, **more: Any) -> Any:  # fmt: skip
    """Report a problem and return its case."""
    from yiwang.kernel.cases.contracts import ReportDraft
    from yiwang.kernel.cases.models import Case
    from yiwang.kernel.cases.services import report as report_case

    actor = world.actor(who) if who else world.public()
    lon, lat = world.point(*at, district=district)
    answers = {k: v for k, v in (("class", class_), ("component", component)) if v} | more.pop("answers", {})
    token = "" if who else "test-token"
    files = (upload(actor, photo, token=token),) if photo else ()
    draft = ReportDraft(channel=channel, text=text, answers=answers, lon=lon, lat=lat, files=files, files_token=token, **more)
    receipt = report_case(actor, MATTER, draft)
    return Case.all_modes.get(uid=receipt.case_uid)


def do(world: World, case: Any, who: Any, action: str, step: str = "", outcome: str = "", *, files: tuple[UUID, ...] = (),
       reason: str = "", **data: Any) -> Any:  # fmt: skip
    """Do one action as a person (a key of the world, or an actor) and return the case as it is then."""
    from yiwang.kernel.cases.contracts import ActionRequest
    from yiwang.kernel.cases.models import Case, Task
    from yiwang.kernel.cases.services import act

    actor = world.actor(who) if isinstance(who, str) else who
    task = Task.all_modes.filter(case=case, step=step, state="open").order_by("pk").first() if step else None
    assert not step or task is not None, f"no open task {step}; the case is {case.state}"
    wanted = ActionRequest(
        action=action, case_uid=case.uid, task_uid=task.uid if task else None, outcome=outcome, reason=reason, data=data, files=files,
    )  # fmt: skip
    act(actor, wanted)
    return Case.all_modes.get(pk=case.pk)


def advance(world: World, case: Any, to: str, *, condition: str = COVER_DAMAGED, handler: str = "handler2") -> Any:
    """Carry a reported case on to a state of the ordinary way (WAY), each step by its own person."""
    from yiwang.kernel.cases.models import Task

    steps = {
        "pending_file": lambda c: do(world, c, "acceptor", "complete", "accept", "pass"),
        "pending_dispatch": lambda c: do(world, c, "shift_leader", "complete", "file", "file", condition=condition),
        "pending_handle": lambda c: do(world, c, "dispatcher", "complete", "dispatch", "dispatch"),
        "handled": lambda c: do(world, c, handler, "complete", "handle", "done", reason="已更换井盖",
                                files=(upload(world.actor(handler), f"after-{c.pk}", stage="after"),)),
        "sent": lambda c: do(world, c, "dispatcher", "complete", "screen", "pass"),
        "checking": lambda c: do(world, c, "acceptor", "complete", "send_check", "send"),
        "pending_close": lambda c: do(world, c, "inspector2", "complete", "check", "pass",
                                      files=(upload(world.actor("inspector2"), f"check-{c.pk}", stage="check"),)),
        "closed": lambda c: do(world, c, "shift_leader2", "complete", "close", "close", closing=c.filing_row.key),
    }  # fmt: skip
    reached = {"accept": 0, "file": 1, "dispatch": 2, "handle": 3, "screen": 4, "send_check": 5, "check": 6, "close": 7}
    waiting = Task.all_modes.filter(case=case, kind="process", state="open").order_by("pk").values_list("step", flat=True).first()
    at = reached.get(str(waiting), 0)
    for name in WAY[at + 1 : WAY.index(to) + 1]:
        case = steps[name](case)
    return case
