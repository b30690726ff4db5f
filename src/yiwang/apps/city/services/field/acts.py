"""Acts of the street are the platform's own verbs: reporting, completing a task, signing in and out; done once, in both times."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.apps.city.contracts import FieldAct, FieldPlace
from yiwang.apps.city.errors import AnsweredMeanwhile, TooLate
from yiwang.apps.city.queries.census import own_part
from yiwang.apps.city.rules.field import fixes
from yiwang.apps.city.rules.field.times import Settled, settle
from yiwang.apps.city.services import census
from yiwang.apps.city.services.field import shifts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.base.idempotency import Answer, once
from yiwang.kernel.cases.contracts import ActionRequest, ReportDraft
from yiwang.kernel.cases.errors import ActionNotAllowed, CaseChanged, LimitReached, TaskGone
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import act as do_action
from yiwang.kernel.cases.services import report
from yiwang.kernel.files.errors import NotYours
from yiwang.kernel.geography.errors import AssetGone
from yiwang.kernel.geography.models import Asset

MATTER, USE = "city.problem", "city.field.use"
Do = Callable[[Actor, FieldAct, Settled, FieldPlace | None, dict[str, Any]], Answer]


def take(*, actor: Actor, act: FieldAct) -> tuple[Answer, bool]:
    """Do one act of the street; the flag says that it was done before, and the answer is that of then.

    The phone's clock may be wrong: its two moments, ours, and the place as it was sent stay with the event (`device`).

    Raises
    ------
    TooLate
        The task is done, the case closed or the shift over; says so in a sentence. Nothing was written.
    NotPermitted, SameHands, BadInput, KeyReused
        As the page would refuse it; files that are not known any more as BadInput too.
    """
    if not actor.may_anywhere(USE):
        raise NotPermitted(permission=USE)
    do = _DO.get(act.kind)
    if do is None:
        raise BadInput.one("kind", "unknown", _("This kind of act is not known: %(kind)s.") % {"kind": act.kind[:40]})
    received = now()
    # What has to be the same in a repeat: neither the clock at each try, nor the numbers of photos that were sent again.
    body = {name: value for name, value in asdict(act).items() if name not in ("sent_at", "files")}

    def work() -> Answer:
        moment = settle(act.occurred_at, act.sent_at, received, not_before=_opened(act))
        place, device = _placed(actor, act, moment, received)
        done = do(actor, act, moment, place, device)
        return {"uid": str(act.uid), "outcome": "done", "clock_off_s": moment.off_s, "case": None, **done}

    try:
        return once(actor, str(act.uid), body, work)
    except (TaskGone, CaseChanged, ActionNotAllowed, LimitReached, AssetGone, AnsweredMeanwhile) as refused:
        raise TooLate(told=str(refused)) from refused
    except NotYours as gone:  # swept after a day without a network: the phone sends them again
        raise BadInput.one("files", "gone", str(gone)) from gone


def _opened(act: FieldAct) -> datetime | None:
    """Return when the task was opened: nobody looked at the place for it before."""
    if not act.data.get("task_uid") or act.kind not in ("task", "census"):
        return None
    return Task.all_modes.filter(uid=_uid(act.data.get("task_uid"), "task_uid")).values_list("opened_at", flat=True).first()


def _uid(value: object, field: str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError as error:
        raise BadInput.one(field, "uid", _("This is not a number of ours.")) from error


def _placed(actor: Actor, act: FieldAct, moment: Settled, received: datetime) -> tuple[FieldPlace | None, dict[str, Any]]:
    """Return the true place, and what the device said: both times, how exact the place is, what it was before it was set right."""
    device: dict[str, Any] = {
        "said_at": moment.said.isoformat(), "sent_at": moment.sent.isoformat(), "received_at": received.isoformat(), "off_s": moment.off_s,
    }  # fmt: skip
    place = act.place
    if place is None:
        return None, device | {"no_place": act.no_place_reason[:200]}
    device |= {"source": place.source, "accuracy_m": place.accuracy_m}
    if place.source == "gps" and act.kind in ("report", "task", "census"):
        shift = shifts.running(actor.account_id, moment.at)
        verdict = fixes.Verdict(shift.fix_system, shift.fix_sure) if shift is not None else fixes.Verdict()
        if verdict.system and verdict.sure:
            lon, lat = fixes.true_place(place.lon, place.lat, verdict)
            device |= {"from_system": verdict.system, "said_place": [place.lon, place.lat]}
            place = FieldPlace(round(lon, 7), round(lat, 7), place.accuracy_m, place.source)
    return place, device


def _report(actor: Actor, act: FieldAct, moment: Settled, place: FieldPlace | None, device: dict[str, Any]) -> Answer:
    """上报: through the inspector's channel, as from the page."""
    data = act.data
    answers: dict[str, Any] = {}
    if data.get("class_code"):
        answers["class"] = str(data["class_code"])[:20]
    if data.get("asset_uid"):
        code = Asset.objects.filter(uid=_uid(data["asset_uid"], "asset_uid")).values_list("code", flat=True).first()
        if code is None:
            raise BadInput.one("asset_uid", "unknown", _("This component is not known any more. Choose another, or report without one."))
        answers["component"] = code
    if data.get("mode") == "self_handled":
        answers["self_handled"] = True
    draft = ReportDraft(
        channel="inspector", text=str(data.get("text") or ""), answers=answers, files=act.files, occurred_at=moment.at, uid=act.uid, device=device,
        lon=place.lon if place else None, lat=place.lat if place else None, accuracy_m=place.accuracy_m if place else None,
    )  # fmt: skip
    return {"case": _case(report(actor, MATTER, draft).case_uid)}


def _task(actor: Actor, act: FieldAct, moment: Settled, place: FieldPlace | None, device: dict[str, Any]) -> Answer:
    """核实、核查: the task is completed with the outcome that was chosen."""
    data = act.data
    values = data.get("values") or {}
    if not isinstance(values, Mapping):
        raise BadInput.one("values", "form", _("The answers are a list of names and values."))
    wanted = ActionRequest(
        action="complete", task_uid=_uid(data.get("task_uid"), "task_uid"), outcome=str(data.get("action") or ""), reason=str(data.get("reason") or ""),
        data=dict(values), files=act.files, occurred_at=moment.at, lon=place.lon if place else None, lat=place.lat if place else None, device=device,
    )  # fmt: skip
    try:
        done = do_action(actor, wanted)
    except NotFound as error:
        raise TooLate(told=_("This task is not yours, or not any more.")) from error
    return {"case": _case(done.case_uid)}


def _census(actor: Actor, act: FieldAct, moment: Settled, place: FieldPlace | None, device: dict[str, Any]) -> Answer:
    """普查: what is said of one component; a correction moves it only to a place that was pointed out, never to where one stood."""
    data = act.data
    values = data.get("values") or {}
    if not isinstance(values, Mapping):
        raise BadInput.one("values", "form", _("The answers are a list of names and values."))
    said = str(data.get("answer") or "")[:20]
    given = place if place is not None and (said != "correct" or place.source == "pin") else None
    asset = data.get("asset_uid")
    try:
        task = _uid(data["task_uid"], "task_uid") if data.get("task_uid") else _own_part(actor, _uid(data.get("order_uid"), "order_uid"))
        done = census.answer(
            actor=actor, task=task, asset=_uid(asset, "asset_uid") if asset else None, answer=said, values=dict(values), files=act.files,
            place=(given.lon, given.lat) if given else None, occurred_at=moment.at, device=device,
        )  # fmt: skip
    except NotFound as error:
        raise TooLate(told=_("This part of the census is not yours, or not any more.")) from error
    return {"census": {"state": done.state, "total": done.total, "left": done.left, "part_state": done.part_state}}


def _own_part(actor: Actor, order: UUID) -> UUID:
    found = own_part(actor, order)
    if found is None:
        raise NotFound(what="task")
    return found.uid


def _case(uid: UUID) -> dict[str, Any]:
    case = Case.all_modes.values("uid", "number", "state").get(uid=uid)
    return {"uid": str(case["uid"]), "number": case["number"], "state": case["state"]}


def _shift_in(actor: Actor, act: FieldAct, moment: Settled, place: FieldPlace | None, device: dict[str, Any]) -> Answer:
    grid = _uid(act.data["grid_uid"], "grid_uid") if act.data.get("grid_uid") else None
    return shifts.begin(actor=actor, act=act, moment=moment, grid_uid=grid)


def _shift_out(actor: Actor, act: FieldAct, moment: Settled, place: FieldPlace | None, device: dict[str, Any]) -> Answer:
    return shifts.end(actor=actor, act=act, moment=moment)


_DO: dict[str, Do] = {"report": _report, "task": _task, "census": _census, "shift_in": _shift_in, "shift_out": _shift_out}
