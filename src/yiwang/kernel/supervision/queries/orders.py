"""Orders and notes as lists and pages show them; who sees one, who answers it, who judges."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.files import queries as files
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.supervision.models import Order, OrderReply, OrderState, OrderTarget, TargetState

VIEW, GIVE, CHECK, ANSWER = "supervision.order.view", "supervision.order.give", "supervision.order.check", "supervision.order.answer"
OPEN = (TargetState.WAITING, TargetState.REPLIED)


def visible_to(actor: Actor, *, modes: tuple[str, ...] = ("live",)) -> QuerySet[Order]:
    """Return the orders that concern the actor: given by him, inside his areas, to be answered by his body or by himself."""
    rows = Order.all_modes.filter(mode__in=modes)
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return rows
    wanted = _concerns(actor)
    return rows.none() if wanted is None else rows.filter(wanted)


def _concerns(actor: Actor) -> Q | None:
    if not actor.may_anywhere(VIEW):
        return None
    wanted = Q(given_by_id=actor.account_id) if actor.account_id is not None else Q(pk__in=[])
    for scope in actor.scopes(VIEW):
        if scope.org_path:
            here = Q(org_path__startswith=scope.org_path)
            here &= Q(area_path__startswith=scope.area_path) if scope.area_path else Q()
            wanted |= Q(Exists(OrderTarget.all_modes.filter(here, order=OuterRef("pk"))))
        elif scope.area_path:
            wanted |= Q(area_path__startswith=scope.area_path) | Q(Exists(OrderTarget.all_modes.filter(order=OuterRef("pk"), area_path__startswith=scope.area_path)))
        else:
            return Q()
    if actor.account_id is not None:
        wanted |= Q(Exists(OrderTarget.all_modes.filter(order=OuterRef("pk"), account_id=actor.account_id)))
    return wanted


def is_visible(actor: Actor, order: Order) -> bool:
    """Say whether one order concerns the actor (the rule of `visible_to`, asked of one row)."""
    return visible_to(actor, modes=(order.mode,)).filter(pk=order.pk).exists()


def may_see_files(actor: Actor, uid: UUID) -> bool:
    """Say whether the actor may see the files of an order (registered with the files room)."""
    order = Order.all_modes.filter(uid=uid).first()
    return order is not None and is_visible(actor, order)


def may_see_part_files(actor: Actor, uid: UUID) -> bool:
    """Say whether the actor may see what was sent with the answer of one part: bodies do not see each other's."""
    part = OrderTarget.all_modes.select_related("order").filter(uid=uid).first()
    return part is not None and is_part_visible(actor, part)


def one(actor: Actor, uid: UUID) -> Order:
    """Return an order with its parts and their replies, or NotFound; four queries whatever their number."""
    replies = Prefetch("replies", OrderReply.objects.order_by("pk"))
    targets = Prefetch("targets", OrderTarget.all_modes.select_related("case", "org", "account").prefetch_related(replies).order_by("pk"))
    rows = visible_to(actor, modes=("live", "trial", "imported")).filter(uid=uid)
    found = rows.select_related("given_by", "giver_org").prefetch_related(targets).first()
    if found is None:
        raise NotFound(what="order")
    return found


def shown_targets(actor: Actor, order: Order, rows: list[OrderTarget] | None = None) -> list[OrderTarget]:
    """Return the parts of an order that concern the actor: who sees a body alone is shown what that body has to answer."""
    rows = list(order.targets.all()) if rows is None else rows
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER) or (order.given_by_id is not None and order.given_by_id == actor.account_id):
        return rows
    return [t for t in rows if actor.may(VIEW, area_path=t.area_path, org_path=t.org_path) or (t.account_id is not None and t.account_id == actor.account_id)]


def target(actor: Actor, uid: UUID) -> OrderTarget:
    """Return one part of an order that the actor sees, or NotFound."""
    found = OrderTarget.all_modes.select_related("order", "case", "org", "account").filter(uid=uid).first()
    if found is None or not is_part_visible(actor, found):
        raise NotFound(what="order")
    return found


def is_part_visible(actor: Actor, part: OrderTarget) -> bool:
    """Say whether one part concerns the actor: another body's part of the same order does not."""
    return is_visible(actor, part.order) and bool(shown_targets(actor, part.order, [part]))


def is_giver(actor: Actor, order: Order) -> bool:
    return order.given_by_id is not None and order.given_by_id == actor.account_id


def require_giver(actor: Actor, order: Order) -> None:
    """Refuse who neither gave the order nor may give one for the whole of its area."""
    if not is_giver(actor, order):
        actor.require(GIVE, area_path=order.area_path)


def require_check(actor: Actor, order: Order) -> None:
    """Refuse who neither gave the order nor checks orders in its area."""
    if not is_giver(actor, order):
        actor.require(CHECK, area_path=order.area_path)


def may_check(actor: Actor, order: Order) -> bool:
    return is_giver(actor, order) or actor.may(CHECK, area_path=order.area_path)


def may_urge(actor: Actor, order: Order) -> bool:
    return is_giver(actor, order) or actor.may(GIVE, area_path=order.area_path)


def require_answer(actor: Actor, part: OrderTarget) -> None:
    actor.require(ANSWER, area_path=part.area_path, org_path=part.org_path)


def may_answer(actor: Actor, part: OrderTarget, tasks: dict[UUID, Task]) -> bool:
    """Say whether the actor may answer this part; `tasks` are the open tasks of the order's cases."""
    if part.state != TargetState.WAITING:
        return False
    if part.task_uid is not None:
        task = tasks.get(part.task_uid)
        return task is not None and work.may_do(actor, task)
    return actor.may(ANSWER, area_path=part.area_path, org_path=part.org_path)


def tasks_of(parts: list[OrderTarget]) -> dict[UUID, Task]:
    """Return the open tasks by which cases ask for an answer; one query."""
    wanted = [p.task_uid for p in parts if p.task_uid is not None]
    return {t.uid: t for t in Task.all_modes.filter(uid__in=wanted, state="open")} if wanted else {}


def filtered(actor: Actor, *, form: str = "", state: str = "", late: str = "", mine: str = "") -> QuerySet[Order]:
    """Return the orders of a list: by form, by state (open, closed, withdrawn, or to_judge), late ones, those given by the reader."""
    rows = visible_to(actor)
    if form:
        rows = rows.filter(form=form)
    if state == "to_judge":
        rows = rows.filter(Exists(OrderTarget.objects.filter(order=OuterRef("pk"), state=TargetState.REPLIED)))
    elif state:
        rows = rows.filter(state=state)
    if late:

        rows = rows.filter(Exists(OrderTarget.objects.filter(order=OuterRef("pk"), state=TargetState.WAITING, due_at__lt=now())))
    return rows.filter(given_by_id=actor.account_id) if mine else rows


def page(actor: Actor, wanted: Mapping[str, str], *, cursor: str = "", size: int = 50) -> Page:
    """Return one page of orders, newest first, with how far each is; one query."""
    shown = Order.objects.select_related("giver_org").annotate(
        parts=Count("targets"), waiting=Count("targets", filter=Q(targets__state=TargetState.WAITING)), replied=Count("targets", filter=Q(targets__state=TargetState.REPLIED)),
    )  # fmt: skip
    return page_by_key(filtered(actor, **wanted), sort="given_at", cursor=cursor, size=size, shown=shown)


def counts(actor: Actor) -> dict[str, int]:
    """Return how many orders are open, late, and to be judged; one query."""

    waiting = OrderTarget.objects.filter(order=OuterRef("pk"), state=TargetState.WAITING)
    found: dict[str, int] = visible_to(actor).order_by().aggregate(
        open=Count("pk", filter=Q(state=OrderState.OPEN)), late=Count("pk", filter=Q(Exists(waiting.filter(due_at__lt=now())))),
        to_judge=Count("pk", filter=Q(Exists(OrderTarget.objects.filter(order=OuterRef("pk"), state=TargetState.REPLIED)))),
    )  # fmt: skip
    return found


def of_case(actor: Actor, case: Case) -> list[OrderTarget]:
    """Return the orders and notes of a case that concern the reader, newest first; one query, none without the right."""
    seen = visible_to(actor, modes=(case.mode,)).filter(targets__case=case)
    rows = OrderTarget.all_modes.filter(case=case, order__in=seen) if actor.may_anywhere(VIEW) else OrderTarget.all_modes.none()
    return list(rows.select_related("order").order_by("-asked_at", "-pk")[:50])


def open_of_task(task_uid: UUID) -> OrderTarget | None:
    return OrderTarget.all_modes.filter(task_uid=task_uid).select_related("order").first()


def files_of(order: Order) -> list[Attachment]:
    """Return the files that came with the order itself; those of replies are named by the replies."""
    return list(files.of_subject("supervision_order", order.uid))
