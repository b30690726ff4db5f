"""What a leader ordered and what became of it; whom he may press."""

from datetime import timedelta
from typing import Any

from django.db.models import Case as When
from django.db.models import Count, IntegerField, Q, QuerySet, Value
from django.db.models import When as If

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.supervision.models import Card, CardState, OrderTarget, TargetState
from yiwang.kernel.supervision.queries import cards
from yiwang.kernel.supervision.queries import red as reds

TABS = ("late", "answered", "waiting", "settled")
MOST = 50


def mine(actor: Actor) -> QuerySet[OrderTarget]:
    """Return the parts of the orders that the actor gave."""
    return OrderTarget.objects.filter(order__given_by_id=actor.account_id) if actor.account_id is not None else OrderTarget.objects.none()


def _where(tab: str) -> Q:
    moment = now()
    return {
        "late": Q(state=TargetState.WAITING, due_at__lt=moment), "answered": Q(state=TargetState.REPLIED),
        "waiting": Q(state=TargetState.WAITING) & (Q(due_at__gte=moment) | Q(due_at__isnull=True)),
        "settled": Q(state__in=(TargetState.ACCEPTED, TargetState.LAPSED, TargetState.WITHDRAWN)),
    }[tab]  # fmt: skip


def tab_counts(actor: Actor) -> dict[str, int]:
    """Return how many parts are late, answered, waiting, settled; one query."""
    found: dict[str, int] = mine(actor).aggregate(**{tab: Count("pk", filter=_where(tab)) for tab in TABS})
    return found


def parts(actor: Actor, tab: str = "", most: int = MOST) -> list[OrderTarget]:
    """Return parts of one tab or of all that is open (late, then answered, then waiting), each with its replies; two queries."""
    rows = mine(actor).filter(_where(tab)) if tab in TABS else mine(actor).exclude(_where("settled"))
    order = When(If(_where("late"), then=Value(0)), If(_where("answered"), then=Value(1)), default=Value(2), output_field=IntegerField())
    found = rows.annotate(turn=order).select_related("order", "case", "org").prefetch_related("replies")
    return list(found.order_by("turn", "-asked_at" if tab == "settled" else "due_at", "pk")[:most])


def own_cards(actor: Actor, most: int = 20) -> list[Card]:
    """Return the cards that the actor gave by hand in the last thirty days, those that wait first; one query."""
    rows = cards.visible_to(actor).filter(given_by_id=actor.account_id, given_at__gte=now() - timedelta(days=30)).exclude(state=CardState.WITHDRAWN)
    first = When(If(state=CardState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(rows.annotate(turn=first).select_related("case", "org").order_by("turn", "-given_at")[:most])


def bodies(actor: Actor, most: int = 30) -> list[dict[str, Any]]:
    """Return the bodies that owe work in the actor's area, who owes most first: overdue tasks and unanswered orders; three queries."""
    late = dict(reds.late_tasks(actor).filter(org__isnull=False).order_by().values_list("org").annotate(n=Count("pk")))
    asked = dict(reds.unanswered(actor).filter(org__isnull=False, due_at__lt=now()).order_by().values_list("org").annotate(n=Count("pk")))
    rows = Organization.objects.filter(pk__in=[*late, *asked], is_active=True)
    found = [{"uid": str(o.uid), "name": o.name, "late": late.get(o.pk, 0), "orders": asked.get(o.pk, 0)} for o in rows]
    return sorted(found, key=lambda row: (-(row["late"] + row["orders"]), str(row["uid"])))[:most]


def other_bodies(actor: Actor) -> list[tuple[str, Any]]:
    """Return the active bodies whose area the actor may press in, as (uid, name); one query."""
    rows = Organization.objects.filter(is_active=True, kind__in=("bureau", "street", "crew", "company")).select_related("area").order_by("path")
    return [(str(o.uid), o.name) for o in rows if actor.may("supervision.card.give", area_path=o.area.path, org_path=o.path)]


def target_of(actor: Actor, case_uid: Any, org_uid: Any) -> tuple[Case | None, Organization | None]:
    """Return the case or the body to press. Raises NotFound for what does not concern the actor."""
    if case_uid is not None:
        return work.case_for(actor, case_uid), None
    if org_uid is None:
        return None, None
    org = Organization.objects.select_related("area").filter(uid=org_uid, is_active=True).first()
    if org is None or not actor.may("supervision.card.give", area_path=org.area.path, org_path=org.path):
        raise NotFound(what="organization")
    return None, org
