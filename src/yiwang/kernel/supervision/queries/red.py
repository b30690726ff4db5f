"""What is red in somebody's area (领导移动督办、每日汇总): overdue work, unanswered orders and notes, cards that wait."""

from typing import TypeVar

from django.db.models import Count, Model, Q, QuerySet

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Task
from yiwang.kernel.identity.permits import within
from yiwang.kernel.supervision.contracts import Form, Red, RedLine
from yiwang.kernel.supervision.models import CardState, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import cards

M = TypeVar("M", bound=Model)
WALL = "supervision.wall.view"
HELP = "consult"  # 会办: one body asked another


def late_tasks(actor: Actor) -> QuerySet[Task]:
    """Return the overdue open tasks of cases in the actor's areas and bodies; orders and requests for help are counted apart."""
    return in_scope(actor, Task.objects.filter(state="open", due_at__lt=now()).exclude(kind__in=("supervise", HELP)))


def helps(actor: Actor) -> QuerySet[Task]:
    """Return the requests for help (会办) that nobody has answered."""
    return in_scope(actor, Task.objects.filter(state="open", kind=HELP))


def unanswered(actor: Actor) -> QuerySet[OrderTarget]:
    """Return the parts of orders and notes that wait for an answer, in the actor's areas and bodies."""
    return in_scope(actor, OrderTarget.objects.filter(state=TargetState.WAITING))


def in_scope(actor: Actor, rows: QuerySet[M]) -> QuerySet[M]:
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return rows
    wanted = within(actor, WALL)
    return rows.none() if wanted is None else rows.filter(wanted)


def red(actor: Actor, *, area_path: str = "", size: int = 20) -> Red:
    """Return what is red in the actor's area, or in a part of it: counts of the whole, and the oldest lines.

    Needs `supervision.wall.view`, whose scope bounds what is counted; without it everything is zero. `size` is how many lines;
    0 asks for counts alone. Five queries whatever the size of the county (three for counts alone).
    """
    part = Q(area_path__startswith=area_path) if area_path else Q()
    tasks, parts, own_cards = late_tasks(actor).filter(part), unanswered(actor).filter(part), cards.visible_to(actor).filter(part, state=CardState.OPEN)
    if not actor.may_anywhere(WALL):
        return Red()
    moment = now()
    both = Task.objects.filter(Q(pk__in=tasks.values("pk")) | Q(pk__in=helps(actor).filter(part).values("pk"))).order_by().aggregate(
        late=Count("pk", filter=~Q(kind=HELP)), helps=Count("pk", filter=Q(kind=HELP)),
    )  # fmt: skip
    asked = parts.order_by().aggregate(orders=Count("pk", filter=Q(order__form=Form.ORDER)), notes=Count("pk", filter=Q(order__form=Form.NOTE)))
    given = own_cards.order_by().aggregate(red=Count("pk", filter=Q(colour="red")), yellow=Count("pk", filter=Q(colour="yellow")))
    lines: list[RedLine] = []
    if size > 0:
        shown = tasks.select_related("case", "org", "account").order_by("due_at", "pk")[:size]
        lines += [
            RedLine(
                kind="task", title=t.case.title, number=t.case.number or "", body=dict(t.org.name) if t.org else dict(t.name), person=str(t.account) if t.account else "",
                since=t.due_at or moment, url=f"/{t.case.app}/cases/{t.case.uid}/", case_uid=t.case.uid,
            )
            for t in shown
        ]  # fmt: skip
        lines += [
            RedLine(
                kind=str(p.order.form), title=p.order.title, number=p.order.number, body=dict(p.org_name), person=p.account_name, since=p.due_at or p.asked_at,
                url=f"/supervision/orders/{p.order.uid}/", case_uid=p.case.uid if p.case else None,
            )
            for p in parts.select_related("order", "case").order_by("due_at", "pk")[:size]
        ]  # fmt: skip
        lines.sort(key=lambda line: line.since)
    return Red(
        overdue_tasks=both["late"], helps=both["helps"], orders=asked["orders"], notes=asked["notes"], red_cards=given["red"], yellow_cards=given["yellow"],
        lines=tuple(lines[:size]),
    )  # fmt: skip
