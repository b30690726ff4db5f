"""Supervision orders (督办) and leaders' notes (批示): given, urged, withdrawn."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.services.numbering import next_in
from yiwang.kernel.files.services import claim
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.supervision.contracts import Form, OrderDraft, OrderReceipt
from yiwang.kernel.supervision.errors import OrderNotOpen
from yiwang.kernel.supervision.models import Due, Order, OrderState, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import orders, people, rulebook
from yiwang.kernel.supervision.rules import numbers, warnings
from yiwang.kernel.supervision.services import telling
from yiwang.kernel.supervision.services.cards import checked, named
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

GIVE, NOTE = "supervision.order.give", "supervision.note.give"
MOST_TARGETS = 50
MOST_UNITS = {Kind.WORK_DAY: 240, Kind.WORK_HOUR: 2000, Kind.NATURAL_DAY: 366, Kind.CALENDAR_DAY: 366, Kind.URGENT_HOUR: 8784, Kind.URGENT_MINUTE: 10_000}


def order(actor: Actor, draft: OrderDraft, *, key: str = "") -> OrderReceipt:
    """Give a supervision order: draws its number, opens a task on each of its cases, tells the bodies.

    On a case it needs what the case's own action `supervise` needs; to a body `supervision.order.give` where the body is.
    All of it or nothing: one case that is not the actor's to press, and no order is given. `key` makes a repeat harmless.

    Raises
    ------
    NotFound, NotPermitted, ActionNotAllowed
        A case does not concern the actor, may not be pressed by him, or has ended (then give the order to a body).
    BadInput
        No title or text, nobody to answer, more than fifty, a deadline that is past or more than a year away.
    """
    body = {"do": "order", **{k: str(v) for k, v in asdict(draft).items()}}
    answer, repeated = once(actor, key, body, lambda: _order(actor, draft))
    return OrderReceipt(UUID(answer["order"]), answer["number"], tuple(UUID(u) for u in answer["tasks"]), repeated)


def note(actor: Actor, case_uid: UUID, text: str, *, due_at: datetime | None = None, limit: int | None = None, unit: str = "work_day", files: tuple[UUID, ...] = (), key: str = "") -> OrderReceipt:
    """Write a leader's note (批示) on a case: whoever has the case must answer it.

    Needs `supervision.note.give` in the case's area, and what the case's action `supervise` needs; as `order` otherwise.
    """
    draft = OrderDraft(title="", text=text, form=Form.NOTE, cases=(case_uid,), due_at=due_at, limit=limit, unit=unit, files=files)
    return order(actor, draft, key=key)


def _order(actor: Actor, draft: OrderDraft) -> dict[str, Any]:
    if draft.form not in set(Form):
        raise BadInput.one("form", "choice", _("Choose one from the list."))
    chosen = [work.case_for(actor, uid) for uid in dict.fromkeys(draft.cases)]
    orgs = list(Organization.objects.filter(uid__in=draft.orgs, is_active=True).select_related("area").order_by("pk"))
    if len(orgs) != len(set(draft.orgs)):
        raise BadInput.one("orgs", "unknown", _("There is no such organization."))
    if not chosen and not orgs:
        raise BadInput.one("orgs", "required", _("Choose at least one case or one body that has to answer."))
    if len(chosen) + len(orgs) > MOST_TARGETS:
        raise BadInput.one("orgs", "too-many", _("At most %(most)s answer to one order.") % {"most": MOST_TARGETS})
    text = checked(draft.text, "text", 2000)
    title = checked(draft.title or (chosen[0].title if chosen else ""), "title", 200)
    area_path = common_area([c.area_path for c in chosen] + [o.area.path for o in orgs])
    modes = {c.mode for c in chosen} or {"live"}
    if len(modes) > 1:
        raise BadInput.one("cases", "modes", _("Real and trial cases do not go into one order."))
    for org in orgs:
        actor.require(GIVE, area_path=org.area.path, org_path=org.path)
    if draft.form == Form.NOTE:
        for case in chosen:
            actor.require(NOTE, area_path=case.area_path, org_path=case.org_path if not actor.may(NOTE, area_path=case.area_path) else "")
        for org in orgs:
            actor.require(NOTE, area_path=org.area.path, org_path=org.path)
    made = make(actor, draft, title=title, text=text, area_path=area_path, mode=modes.pop(), at=now(), sample=bool(chosen) and all(c.is_sample for c in chosen))
    tasks = [on_case(actor, made, case, draft).task_uid for case in sorted(chosen, key=lambda c: c.pk)]
    for org in orgs:
        target = OrderTarget.objects.create(
            order=made, org=org, org_path=org.path, org_name=dict(org.name), area_path=org.area.path, mode=made.mode, asked_at=made.given_at, due_at=made.due_at,
        )  # fmt: skip
        look_again(target, made)
    claim(actor=actor, uids=draft.files, subject_kind="supervision_order", subject_uid=made.uid, area_path=area_path)
    event = audit.record(
        actor, action="supervision.order.given", mode=made.mode, area_path=area_path,
        data={"order": str(made.uid), "number": made.number, "form": made.form, "cases": [str(c.uid) for c in chosen], "orgs": [o.code for o in orgs]},
    )  # fmt: skip
    for org in orgs:
        whom = {a.pk: a for a in [*people.of_body(org), *(people.leaders(org.path) or [[]])[0]]}
        say(made, list(whom.values()), telling.ORDERED, event.uid, urgent=made.is_urgent)
    return {"order": str(made.uid), "number": made.number, "tasks": [str(u) for u in tasks]}


def make(actor: Actor, draft: OrderDraft, *, title: str, text: str, area_path: str, mode: str, at: datetime, sample: bool = False, event_uid: UUID | None = None) -> Order:
    """Store the paper itself, with its number and its deadline."""
    due, provisional = deadline(draft, area_path, at)
    day = at.astimezone(zone_of(area_path)).date()
    number = numbers.number(draft.form, mode, day, next_in(numbers.series(draft.form, mode, settings.REGION, day)))
    giver = Organization.objects.filter(pk=actor.org_id).first() if actor.org_id else None
    return Order.objects.create(
        number=number, form=draft.form, mode=mode, is_sample=sample, title=title, text=text, is_urgent=draft.urgent, area_path=area_path, given_at=at,
        given_by_id=actor.account_id, given_by_name=actor.recorded_name[:80], given_by_post=actor.post_name[:120], giver_org=giver,
        giver_org_name=dict(giver.name) if giver else {}, due_at=due, limit=draft.limit if draft.due_at is None else None,
        unit=draft.unit if draft.limit and draft.due_at is None else "", is_provisional=provisional, event_uid=event_uid,
    )  # fmt: skip


def deadline(draft: OrderDraft, area_path: str, at: datetime) -> tuple[datetime | None, bool]:
    """Return when the answer is due, and whether the holidays up to then are still to be announced."""
    due = draft.due_at
    calendar = calendar_for(area_path)
    if due is None and draft.limit is not None:
        if draft.unit not in set(Kind) or not 0 < draft.limit <= MOST_UNITS[Kind(draft.unit)]:
            raise BadInput.one("limit", "range", _("Give a whole number of days or hours, at most one year."))
        due = deadlines.add(at, draft.limit, Kind(draft.unit), calendar)
    if due is None:
        return None, False
    if due.tzinfo is None or due <= at or due > at + timedelta(days=366):
        raise BadInput.one("due_at", "range", _("Give a date in the future, at most one year from today."))
    return due, calendar.is_provisional(at, due)


def on_case(actor: Actor, made: Order, case: Case, draft: OrderDraft, *, reason: str = "") -> OrderTarget:
    """Open the task on a case, by the case's own action, and remember who has to answer."""
    data: dict[str, Any] = {"number": made.number}
    if made.due_at is not None:
        data["due_at"] = made.due_at.isoformat()
    if made.form == Form.NOTE:
        data["note"] = True
    result = cases.act(actor, ActionRequest(action="supervise", case_uid=case.uid, reason=reason or made.text, data=data))
    return of_task(made, Task.all_modes.select_related("org", "account").get(uid=result.opened_tasks[0]), case)


def of_task(made: Order, task: Task, case: Case) -> OrderTarget:
    target = OrderTarget.objects.create(
        order=made, case=case, org=task.org, org_path=task.org_path, area_path=case.area_path, mode=made.mode, account=task.account, task_uid=task.uid,
        asked_at=task.opened_at, due_at=made.due_at or task.due_at,
        **{k: v for k, v in named(task.org, task.account).items() if k != "org_path"},
    )  # fmt: skip
    look_again(target, made)
    return target


def look_again(target: OrderTarget, made: Order) -> None:
    """Set the moments at which rules look at this part of the order; past ones are not set."""
    target.dues.filter(done_at__isnull=True).delete()
    if target.due_at is None:
        return
    unit = Kind(made.unit) if made.unit else Kind.WORK_HOUR
    calendar = calendar_for(target.area_path)
    total = deadlines.minutes_between(target.asked_at, target.due_at, unit, calendar)
    rows = []
    for mark in rulebook.order_marks(made.given_at):
        used = warnings.used_at(mark, total)
        if used <= 0:
            continue
        at = target.due_at if mark == warnings.AT else deadlines.add_minutes(target.asked_at, used, unit, calendar)
        rows.append(Due(target=target, mark=mark, due_at=at))
    Due.objects.bulk_create(rows)


def common_area(paths: Sequence[str]) -> str:
    """Return the smallest area that holds them all.

    >>> common_area(["1.4.17.", "1.4.18."])
    '1.4.'
    """
    parts = [path.rstrip(".").split(".") for path in paths if path]
    shared: list[str] = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return ".".join(shared) + "." if shared and shared[0] else ""


def say(made: Order, whom: Sequence[Any], words: Any, event_uid: UUID | None, *, urgent: bool = False, channels: Sequence[str] = ()) -> None:
    telling.tell(
        whom, kind=f"supervision.{made.form}", title=telling.fill(words, number=made.number, title=made.title[:80]), body={"zh-Hans": made.text[:500], "en": made.text[:500]},
        link=f"/supervision/orders/{made.uid}/", subject=("supervision_order", made.uid), event_uid=event_uid, channels=channels, urgent=urgent, is_sample=made.is_sample,
    )  # fmt: skip


def people_of(target: OrderTarget) -> list[Any]:
    """Return who has to answer this part: the people of its task, else of its body."""
    if target.task_uid is not None:
        task = Task.all_modes.select_related("account").filter(uid=target.task_uid, state="open").first()
        return people.of_task(task) if task is not None else []
    return people.of_body(target.org) if target.org is not None else []


def locked_target(actor: Actor, uid: UUID) -> OrderTarget:
    """Lock one part of an order that the actor sees: the order first, then the part."""
    found = OrderTarget.all_modes.filter(uid=uid).values_list("order_id", "pk").first()
    if found is None:
        raise NotFound(what="order")
    made = Order.all_modes.select_for_update(of=("self",)).get(pk=found[0])
    target = OrderTarget.all_modes.select_for_update(of=("self",)).select_related("case", "org", "account").get(pk=found[1])
    target.order = made
    if not orders.is_part_visible(actor, target):
        raise NotFound(what="order")
    return target


def urge(actor: Actor, target_uid: UUID, *, key: str = "") -> int:
    """Urge an answer (催办); returns how often this part has been urged by now.

    Raises
    ------
    NotFound, NotPermitted
        The order is none of his, or he neither gave it nor may give one there.
    OrderNotOpen
        It waits for no answer.
    """
    answer, _repeated = once(actor, key, {"do": "urge", "target": str(target_uid)}, lambda: _urge(actor, target_uid))
    return int(answer["count"])


def _urge(actor: Actor, target_uid: UUID) -> dict[str, Any]:
    target = locked_target(actor, target_uid)
    orders.require_giver(actor, target.order)
    if target.state != TargetState.WAITING:
        raise OrderNotOpen(number=target.order.number, state=str(target.get_state_display()))
    target.urge_count, target.urged_at = target.urge_count + 1, now()
    target.save(update_fields=["urge_count", "urged_at"])
    event = audit.record(
        actor, action="supervision.order.urged", mode=target.mode, area_path=target.area_path,
        data={"order": str(target.order.uid), "target": str(target.uid), "count": target.urge_count},
    )  # fmt: skip
    say(target.order, people_of(target), telling.URGED, event.uid, urgent=True, channels=("sms", "chat"))
    return {"count": target.urge_count}


def withdraw_order(actor: Actor, uid: UUID, reason: str, *, key: str = "") -> UUID:
    """Take an order back with a reason; what was answered stays. Tasks that are open on cases stay to be answered there.

    Raises
    ------
    NotFound, NotPermitted, OrderNotOpen, BadInput
        It is none of his; he may not; it was settled before; no reason.
    """
    answer, _repeated = once(actor, key, {"do": "withdraw_order", "order": str(uid), "reason": reason}, lambda: _withdraw(actor, uid, reason))
    return UUID(answer["order"])


def _withdraw(actor: Actor, uid: UUID, reason: str) -> dict[str, Any]:
    made = Order.all_modes.select_for_update(of=("self",)).filter(uid=uid).first()
    if made is None or not orders.is_visible(actor, made):
        raise NotFound(what="order")
    orders.require_giver(actor, made)
    reason = checked(reason, "reason", 500)
    if made.state != OrderState.OPEN:
        raise OrderNotOpen(number=made.number, state=str(made.get_state_display()))
    moment = now()
    made.state, made.closed_at, made.withdrawn_reason = OrderState.WITHDRAWN, moment, reason
    made.save(update_fields=["state", "closed_at", "withdrawn_reason"])
    open_targets = OrderTarget.all_modes.filter(order=made, state__in=(TargetState.WAITING, TargetState.REPLIED))
    Due.objects.filter(target__in=open_targets, done_at__isnull=True).delete()
    open_targets.update(state=TargetState.WITHDRAWN, ended_at=moment)
    audit.record(actor, action="supervision.order.withdrawn", mode=made.mode, area_path=made.area_path, data={"order": str(made.uid), "reason": reason})
    return {"order": str(made.uid)}


def settle(made: Order, at: datetime) -> bool:
    """Close the order when nobody has to answer any more."""
    if made.state != OrderState.OPEN or OrderTarget.all_modes.filter(order=made, state__in=(TargetState.WAITING, TargetState.REPLIED)).exists():
        return False
    made.state, made.closed_at = OrderState.CLOSED, at
    made.save(update_fields=["state", "closed_at"])
    return True


__all__ = ["note", "order", "urge", "withdraw_order"]
