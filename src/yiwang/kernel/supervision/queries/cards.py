"""Cards as lists and pages show them; who sees one, who explains it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.permits import within
from yiwang.kernel.supervision.models import Card, CardState

VIEW = "supervision.card.view"
OWN = "supervision.card.own"  # gets cards himself and explains them
ANSWER = "supervision.order.answer"
FILTERS = ("colour", "state", "org", "rule", "clock")


def visible_to(actor: Actor, *, modes: tuple[str, ...] = ("live",)) -> QuerySet[Card]:
    """Return the cards inside the actor's areas and bodies, and those that he got himself."""
    rows = Card.all_modes.filter(mode__in=modes)
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return rows
    wanted = within(actor, VIEW)
    own = Q(account_id=actor.account_id) if actor.account_id is not None else None
    if wanted is None:
        return rows.filter(own) if own is not None and actor.may_anywhere(OWN) else rows.none()
    return rows.filter(wanted | own) if wanted and own is not None else rows.filter(wanted)


def is_visible(actor: Actor, card: Card) -> bool:
    """Say whether one card concerns the actor (the same rule as `visible_to`)."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return True
    own = card.account_id is not None and card.account_id == actor.account_id and (actor.may_anywhere(OWN) or actor.may_anywhere(VIEW))
    return own or actor.may(VIEW, area_path=card.area_path, org_path=card.org_path)


def require_answer(actor: Actor, card: Card) -> None:
    """Refuse who does not speak for the body or person that got the card."""
    if card.account_id is not None and card.account_id == actor.account_id:
        return
    if card.org_id is None:
        raise NotPermitted(permission=ANSWER)
    actor.require(ANSWER, area_path=card.area_path, org_path=card.org_path)


def may_answer(actor: Actor, card: Card) -> bool:
    if card.state != CardState.OPEN or card.colour == "green":
        return False
    own = card.account_id is not None and card.account_id == actor.account_id
    return own or (card.org_id is not None and actor.may(ANSWER, area_path=card.area_path, org_path=card.org_path))


def filtered(actor: Actor, **wanted: str) -> QuerySet[Card]:
    """Return the cards of a list, by colour, state, body (uid), rule and clock; unknown words find nothing."""
    rows = visible_to(actor)
    for name in FILTERS:
        value = wanted.get(name, "")
        if not value:
            continue
        if name == "org":
            rows = rows.filter(org__uid=value) if _is_uuid(value) else rows.none()
        else:
            rows = rows.filter(**{{"rule": "rule_code"}.get(name, name): value})
    return rows


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def page(actor: Actor, wanted: Mapping[str, str], *, cursor: str = "", size: int = 50) -> Page:
    """Return one page of cards, newest first, in one query."""
    return page_by_key(filtered(actor, **wanted).select_related("case", "org", "target__order"), sort="given_at", cursor=cursor, size=size)


def counts(actor: Actor) -> dict[str, int]:
    """Return how many cards of each colour count (withdrawn ones do not), and how many wait, in one query."""
    found: dict[str, int] = visible_to(actor).order_by().aggregate(
        red=Count("pk", filter=Q(colour="red") & ~Q(state=CardState.WITHDRAWN)), yellow=Count("pk", filter=Q(colour="yellow") & ~Q(state=CardState.WITHDRAWN)),
        green=Count("pk", filter=Q(colour="green") & ~Q(state=CardState.WITHDRAWN)), waiting=Count("pk", filter=Q(state=CardState.OPEN) & ~Q(colour="green")),
    )  # fmt: skip
    return found


def by_body(actor: Actor, *, size: int = 20) -> list[dict[str, Any]]:
    """Return the bodies with most cards, by the names of the day: red first; one query."""
    rows = visible_to(actor).exclude(state=CardState.WITHDRAWN).exclude(org__isnull=True).order_by().values("org__uid", "org__name").annotate(
        red=Count("pk", filter=Q(colour="red")), yellow=Count("pk", filter=Q(colour="yellow")), green=Count("pk", filter=Q(colour="green")),
    )  # fmt: skip
    return [dict(row) for row in rows.order_by("-red", "-yellow", "-green", "org__uid")[:size]]


def one(actor: Actor, uid: UUID) -> Card:
    """Return a card, or NotFound when it does not concern the actor."""
    found = Card.all_modes.select_related("case", "org", "account", "target__order", "given_by").filter(uid=uid).first()
    if found is None or not is_visible(actor, found):
        raise NotFound(what="card")
    return found


def of_case(actor: Actor, case: Case) -> list[Card]:
    """Return the cards of a case that concern the reader, newest first; one query, none without the right. Green ones are left out."""
    return list(visible_to(actor, modes=(case.mode,)).filter(case=case).exclude(colour="green").order_by("-given_at", "-pk")[:50])
