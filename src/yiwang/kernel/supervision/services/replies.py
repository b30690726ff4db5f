"""Answering an order, and judging the answer: accepted, or sent back to be answered again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.models import Task
from yiwang.kernel.files.services import claim
from yiwang.kernel.supervision.contracts import Form
from yiwang.kernel.supervision.errors import OrderNotOpen, OwnReply
from yiwang.kernel.supervision.models import OrderReply, OrderTarget, TargetState, Verdict
from yiwang.kernel.supervision.queries import orders
from yiwang.kernel.supervision.services import telling
from yiwang.kernel.supervision.services.cards import checked
from yiwang.kernel.supervision.services.orders import locked_target, look_again, people_of, say, settle


def reply(actor: Actor, target_uid: UUID, text: str, *, files: tuple[UUID, ...] = (), key: str = "") -> UUID:
    """Answer one part of an order; returns the part. On a case it is the answer to the case's task as well.

    Raises
    ------
    NotFound, NotPermitted
        The order is none of his, or he does not speak for who has to answer.
    OrderNotOpen, BadInput
        It waits for no answer; no text. Nothing was written.
    """
    body = {"do": "reply", "target": str(target_uid), "text": text, "files": [str(u) for u in files]}
    answer, _repeated = once(actor, key, body, lambda: _reply(actor, target_uid, text, files))
    return UUID(answer["target"])


def _reply(actor: Actor, target_uid: UUID, text: str, files: tuple[UUID, ...]) -> dict[str, Any]:
    """The case is locked before the order: whoever answers on the case's own page comes in that order too."""
    seen = orders.target(actor, target_uid)
    text = checked(text, "text", 2000)
    if seen.state != TargetState.WAITING:
        raise OrderNotOpen(number=seen.order.number, state=str(seen.get_state_display()))
    if seen.task_uid is not None:
        result = cases.act(actor, ActionRequest(action="complete", task_uid=seen.task_uid, reason=text, files=files))
        take(target_uid, actor_id=actor.account_id, name=actor.recorded_name, behalf=actor.on_behalf_of_id, text=text, files=[str(u) for u in files], at=now(), event_uid=result.event_uid)
        return {"target": str(target_uid)}
    target = locked_target(actor, target_uid)
    orders.require_answer(actor, target)
    if target.state != TargetState.WAITING:
        raise OrderNotOpen(number=target.order.number, state=str(target.get_state_display()))
    claim(actor=actor, uids=files, subject_kind="supervision_part", subject_uid=target.uid, area_path=target.area_path)
    behalf = actor.behalf(orders.ANSWER, area_path=target.area_path, org_path=target.org_path)
    event = audit.record(
        actor.standing_in_for(behalf), action="supervision.order.replied", mode=target.mode, area_path=target.area_path,
        data={"order": str(target.order.uid), "target": str(target.uid), "files": [str(u) for u in files]},
    )  # fmt: skip
    take(target_uid, actor_id=actor.account_id, name=actor.recorded_name, behalf=behalf, text=text, files=[str(u) for u in files], at=now(), event_uid=event.uid)
    return {"target": str(target_uid)}


def take(
    target_uid: UUID, *, actor_id: int | None, name: str, behalf: int | None, text: str, files: list[str], at: datetime, event_uid: UUID | None
) -> bool:  # fmt: skip
    """Store an answer, once for its event; says whether it was new. The caller answers for the right to give it."""
    target = OrderTarget.all_modes.select_for_update(of=("self",)).select_related("order__given_by").get(uid=target_uid)
    if event_uid is not None and OrderReply.objects.filter(event_uid=event_uid).exists():
        return False
    if target.state != TargetState.WAITING:
        return False
    OrderReply.objects.create(target=target, text=text[:4000], files=files, by_id=actor_id, by_name=name[:80], behalf_id=behalf, at=at, event_uid=event_uid)
    target.state, target.replied_at = TargetState.REPLIED, at
    target.save(update_fields=["state", "replied_at"])
    target.dues.filter(done_at__isnull=True).delete()
    if target.order.given_by is not None:
        say(target.order, [target.order.given_by], telling.REPLIED, event_uid)
    return True


def judge(actor: Actor, target_uid: UUID, *, accept: bool, reason: str = "", key: str = "") -> UUID:
    """Judge the last answer: accepted, or sent back with a reason, to be answered again. Returns the part.

    Raises
    ------
    NotFound, NotPermitted, OwnReply
        The order is none of his; he neither gave it nor checks orders there; he wrote the answer himself.
    OrderNotOpen, BadInput
        There is no answer to judge; sent back without a reason, or on a case that has ended.
    """
    body = {"do": "judge", "target": str(target_uid), "accept": accept, "reason": reason}
    answer, _repeated = once(actor, key, body, lambda: _judge(actor, target_uid, accept, reason))
    return UUID(answer["target"])


def _judge(actor: Actor, target_uid: UUID, accept: bool, reason: str) -> dict[str, Any]:
    seen = orders.target(actor, target_uid)
    task: Task | None = None
    if not accept and seen.case is not None and seen.state == TargetState.REPLIED:
        orders.require_check(actor, seen.order)
        reason = checked(reason, "reason", 1000)
        if not seen.case.is_open:
            raise BadInput.one("reason", "closed", _("The case has ended: nobody can answer there any more. Accept the answer, or give a new order to the body."))
        _refuse_own(actor, seen)
        task = _ask_again(actor, seen, reason)  # the case is locked before the order, as everywhere
    target = locked_target(actor, target_uid)
    orders.require_check(actor, target.order)
    last = target.replies.order_by("-pk").first()
    if target.state != TargetState.REPLIED or last is None:
        raise OrderNotOpen(number=target.order.number, state=str(target.get_state_display()))
    _refuse_own(actor, target)
    moment = now()
    last.verdict, last.judged_by_name, last.judged_at = Verdict.ACCEPTED if accept else Verdict.SENT_BACK, actor.recorded_name[:80], moment
    last.reason = checked(reason, "reason", 1000) if not accept else reason.strip()[:1000]
    last.save(update_fields=["verdict", "judged_by_name", "judged_at", "reason"])
    if accept:
        target.state, target.ended_at = TargetState.ACCEPTED, moment
    else:
        target.state, target.back_count = TargetState.WAITING, target.back_count + 1
        if task is not None:
            target.task_uid = task.uid
    target.save(update_fields=["state", "ended_at", "back_count", "task_uid"])
    event = audit.record(
        actor, action="supervision.order.judged", mode=target.mode, area_path=target.area_path, outcome="accepted" if accept else "sent_back",
        data={"order": str(target.order.uid), "target": str(target.uid), "reason": last.reason},
    )  # fmt: skip
    if accept:
        settle(target.order, moment)
        say(target.order, [last.by] if last.by else [], telling.ACCEPTED, event.uid)
    else:
        look_again(target, target.order)
        say(target.order, people_of(target), telling.SENT_BACK, event.uid, urgent=target.order.is_urgent)
    return {"target": str(target_uid)}


def _refuse_own(actor: Actor, target: OrderTarget) -> None:
    last = target.replies.order_by("-pk").first()
    if last is not None and actor.account_id is not None and actor.account_id in (last.by_id, last.behalf_id):
        raise OwnReply


def _ask_again(actor: Actor, target: OrderTarget, reason: str) -> Task:
    """Open a new task on the case: the answer is asked for again, by the same action."""
    assert target.case is not None
    data: dict[str, Any] = {"number": target.order.number}
    if target.due_at is not None and target.due_at > now():
        data["due_at"] = target.due_at.isoformat()
    if target.order.form == Form.NOTE:
        data["note"] = True
    words = _("Sent back: %(reason)s") % {"reason": reason}
    result = cases.act(actor, ActionRequest(action="supervise", case_uid=target.case.uid, reason=words, data=data))
    return Task.all_modes.get(uid=result.opened_tasks[0])


__all__ = ["judge", "reply", "take"]
