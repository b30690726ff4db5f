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


def let_pass(case: Any, hours: float) -> None:
    """Move the case's clocks back, as if so many hours had passed; what then is over is overdue."""
    from datetime import timedelta

    from django.db.models import F

    from yiwang.kernel.cases.models import Case, Clock, Task, Timer

    span = timedelta(hours=hours)
    Clock.objects.filter(case=case, running_since__isnull=False).update(running_since=F("running_since") - span, due_at=F("due_at") - span)
    Task.all_modes.filter(case=case, state="open", due_at__isnull=False).update(due_at=F("due_at") - span, opened_at=F("opened_at") - span)
    Timer.objects.filter(case=case, fired_at__isnull=True).update(due_at=F("due_at") - span)
    Case.all_modes.filter(pk=case.pk, due_at__isnull=False).update(due_at=F("due_at") - span)


def town(world: World) -> dict[str, Any]:
    """Fill the world with a case at every stop and the things that make pages interesting; returns them by name."""
    from yiwang.kernel.cases.contracts import PersonDraft

    caller = PersonDraft(name="张晓明", phone="13800001234", secret=True)
    found = {
        "new": report(world, who="", channel="public", text="望湖路路口有个井盖不见了，晚上很危险", at=(2, 2), class_="", photo="public-1"),
        "twin": report(world, text="井盖缺失，望湖路路口", at=(2, 2), photo="street-1"),
        "call": report(world, who="acceptor2", channel="hotline", text="小区门口的垃圾好几天没人清运，味道很大", at=(1, 3), class_="matter:02001",
                       photo="", person=caller),
        "to_file": advance(world, report(world, text="井盖松动，车过有响声", at=(3, 1), photo="f1"), "pending_file"),
        "to_dispatch": advance(world, report(world, text="井盖破损，边缘缺角", at=(4, 4), photo="f2"), "pending_dispatch"),
        "to_handle": advance(world, report(world, text="井盖破损约三十厘米", at=(0, 4), photo="f3"), "pending_handle"),
        "late": advance(world, report(world, text="井盖移位，危及行人", at=(1, 1), photo="f4"), "pending_handle", condition=COVER_MISSING),
        "handled": advance(world, report(world, text="井盖破损", at=(4, 0), photo="f5"), "handled"),
        "to_check": advance(world, report(world, text="井盖破损，已派单", at=(0, 0), photo="f6"), "checking"),
        "to_close": advance(world, report(world, text="井盖破裂", at=(3, 3), photo="f7"), "pending_close"),
        "closed": advance(world, report(world, text="井盖缺角", at=(2, 0), photo="f8"), "closed"),
    }  # fmt: skip
    let_pass(found["late"], 30)
    do(world, found["late"], "leader", "supervise", reason="请今日内办结并报告原因")
    do(world, found["late"], "dispatcher", "urge")
    do(world, found["to_handle"], "handler2", "extend", "handle", reason="配件到货需要两天")
    return found
