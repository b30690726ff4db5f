"""What the record tells this room: limits near or over, orders given on a case's own page, answers there, cases that end."""

from collections.abc import Sequence

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, system
from yiwang.kernel.cases.models import Case, Clock, Task
from yiwang.kernel.cases.services import mark_clocks
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.supervision.contracts import Form, OrderDraft
from yiwang.kernel.supervision.models import Card, Order, OrderState, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import people, rulebook
from yiwang.kernel.supervision.services import cards, replies, telling
from yiwang.kernel.supervision.services.orders import deadline, look_again, make, of_task, settle
from yiwang.kernel.supervision.services.rulebook import SAVED

HANDLING = ("process", "census")


def hear(events: Sequence[Event]) -> None:
    """Act on a batch of committed events, each once, in the transaction that moves the reader's cursor."""
    found = {c.pk: c for c in Case.all_modes.filter(pk__in={e.case_id for e in events if e.case_id}).select_related("org")}
    for event in events:
        case = found.get(event.case_id or 0)
        if case is None:
            _without_case(event)
            continue
        if event.action in rulebook.EVENTS:
            limit_spoke(event, case)
        elif event.action == "supervise":
            _ordered(event, case)
        elif event.action == "complete" and event.step == "supervise" and event.task_uid:
            _answered(event)
        elif event.action == "reopen":
            cards.case_reopened(case)
        if handed := event.data.get("handed"):
            _handed_over(handed)
        if case.closed_at is not None and event.to_state == case.outcome != event.from_state:
            _ended(case)


def _without_case(event: Event) -> None:
    if event.action == SAVED:
        app = str(event.data.get("app", ""))
        mark_clocks(app) if app else _orders_again()
    elif "calendar" in event.data:
        _deadlines_again(str(event.data["calendar"]))


def limit_spoke(event: Event, case: Case) -> None:
    """Give the card and tell the people that the rules of this moment name: one card and one message for each receiver."""
    speaking = rulebook.speaking(event, case)
    if speaking is None or case.mode != "live":
        return
    clock = rulebook.clock_of(case, speaking.facts.clock, speaking.facts.step)
    task, org, account = _whose(case, clock)
    card: Card | None = None
    whom: dict[int, Account] = {}
    channels: dict[str, None] = {}
    urgent = False
    for rule in speaking.rules:
        if rule.colour is not None and card is None and (org is not None or account is not None or task is not None):
            card = cards.by_rule(
                system("rules"), rule, speaking.version, event_uid=event.uid, at=event.occurred_at, case=case, task=task, org=org, account=account,
                clock=speaking.facts.clock, mark=speaking.facts.mark, step=speaking.facts.step, provisional=bool(clock and clock.is_provisional),
                fallback=None if org is not None else _post_name(task),
            )  # fmt: skip
        people_of_rule = people.chosen(rule.tell, task=task, account=account, org=org, org_path=task.org_path if task else case.org_path, area_path=case.area_path)
        whom |= {a.pk: a for a in people_of_rule}
        channels |= dict.fromkeys(rule.channels)
        urgent = urgent or rule.urgent
    if card is not None and card.colour != "green":
        cards.say(card, list(whom.values()), telling.CARD, event.uid, channels=tuple(channels), urgent=urgent)
        return
    title = telling.fill(telling.WARNED, title=case.title[:80], rule=speaking.rules[0].name)
    telling.tell(
        whom.values(), kind="supervision.warning", title=title, body={"zh-Hans": case.title, "en": case.title}, link=telling.case_link(case), subject=("case", case.uid),
        event_uid=event.uid, channels=tuple(channels), urgent=urgent, is_sample=case.is_sample,
    )  # fmt: skip


def _whose(case: Case, clock: Clock | None) -> tuple[Task | None, Organization | None, Account | None]:
    """Return whose limit it is: the task's, or that of whoever has the case now."""
    task = clock.task if clock is not None and clock.task is not None else None
    if task is None:
        rows = Task.all_modes.filter(case=case, state="open", kind__in=HANDLING).select_related("org", "account")
        task = rows.order_by("-pk").first()
    org = task.org if task is not None and task.org is not None else case.org if task is None or clock is None or clock.name != "stage" else None
    return task, org, task.account if task is not None else None


def _post_name(task: Task | None) -> dict[str, str]:
    """Return by what name a step of the centre gets its card: that of the step."""
    return dict(task.name) if task is not None else {"zh-Hans": "中心", "en": "Centre"}


def _ordered(event: Event, case: Case) -> None:
    """Make the paper of an order that was given on the case's own page or phone: it has a number like any other."""
    for uid in event.data.get("opened", ()):
        task = Task.all_modes.select_related("org", "account").filter(uid=uid).first()
        if task is None or OrderTarget.all_modes.filter(task_uid=task.uid).exists() or Order.all_modes.filter(event_uid=event.uid).exists():
            continue
        if event.data.get("order_number") and Order.all_modes.filter(number=str(event.data["order_number"])).exists():
            continue  # asked again by `judge`: the part has this task by now or had it
        draft = OrderDraft(title=case.title, text=str(event.data.get("reason", ""))[:2000] or "-", form=Form.ORDER)
        made = make(_giver(event), draft, title=case.title, text=draft.text, area_path=case.area_path, mode=case.mode, at=event.occurred_at, sample=case.is_sample, event_uid=event.uid)
        made.due_at = task.due_at
        made.save(update_fields=["due_at"])
        of_task(made, task, case)
        if task.state != "open" or not case.is_open:
            _ended(case)


def _giver(event: Event) -> Actor:
    kind = ActorKind(event.actor_kind)
    person = kind is ActorKind.PERSON
    return Actor(kind=kind, account_id=event.actor_id if person else None, name=event.actor_name, post_name=event.post_name, org_id=event.org_id)


def _answered(event: Event) -> None:
    target = OrderTarget.all_modes.filter(task_uid=event.task_uid).values_list("uid", flat=True).first()
    if target is not None:
        files = [str(u) for u in event.data.get("files", ())]
        replies.take(
            target, actor_id=event.actor_id if event.actor_kind == "person" else None, name=event.actor_name, behalf=event.on_behalf_of_id,
            text=str(event.data.get("reason", "")), files=files, at=event.occurred_at, event_uid=event.uid,
        )  # fmt: skip


def _handed_over(task_uids: Sequence[str]) -> None:
    """Somebody went, and his open task went to another or back to the post: so did what he had to answer."""
    for task in Task.all_modes.select_related("account").filter(uid__in=task_uids, kind="supervise", state="open"):
        OrderTarget.all_modes.filter(task_uid=task.uid, state=TargetState.WAITING).update(account=task.account, account_name=str(task.account or "")[:80])


def _ended(case: Case) -> None:
    """A case that ended: its cards say so and go no further up; what was not yet answered on it lapses."""
    cards.case_ended(case)
    if case.is_open:
        return
    waiting = OrderTarget.all_modes.filter(case=case, state=TargetState.WAITING)
    list(Order.all_modes.select_for_update(of=("self",)).filter(pk__in=waiting.values("order")).order_by("pk"))  # the order before its parts
    for target in waiting.select_for_update(of=("self",)).select_related("order").order_by("pk"):
        target.state, target.ended_at, target.ended_as = TargetState.LAPSED, case.closed_at, case.outcome
        target.save(update_fields=["state", "ended_at", "ended_as"])
        target.dues.filter(done_at__isnull=True).delete()
        settle(target.order, case.closed_at or target.asked_at)


def _orders_again() -> None:
    """The rules for orders changed: look at each open part by the new ones."""
    for target in OrderTarget.all_modes.filter(state=TargetState.WAITING, due_at__isnull=False).select_related("order"):
        look_again(target, target.order)


def _deadlines_again(calendar_code: str) -> None:
    """A calendar changed (调休公布): deadlines given in working time are counted again."""
    rows = Order.all_modes.select_for_update(of=("self",)).filter(state=OrderState.OPEN, limit__isnull=False).exclude(unit="")
    for made in rows:
        draft = OrderDraft(title="", text="", limit=made.limit, unit=made.unit)
        due, provisional = deadline(draft, made.area_path, made.given_at)
        if (due, provisional) == (made.due_at, made.is_provisional):
            continue
        made.due_at, made.is_provisional = due, provisional
        made.save(update_fields=["due_at", "is_provisional"])
        for target in OrderTarget.all_modes.filter(order=made, state=TargetState.WAITING):
            target.due_at = due
            target.save(update_fields=["due_at"])
            Task.all_modes.filter(uid=target.task_uid, state="open").update(due_at=due) if target.task_uid else None
            look_again(target, made)


__all__ = ["hear", "limit_spoke"]
