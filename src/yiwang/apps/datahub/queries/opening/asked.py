"""Requests, corrections and challenges: for who holds a code, for everybody, and for who answers."""

from __future__ import annotations

from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import Challenge, ChallengeState, OpenRequest, RequestState
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.models import Account

ANSWER, POST, JUDGE = "datahub.open.answer", "datahub.open.challenge", "datahub.open.judge"


def by_code(code: str) -> OpenRequest | None:
    return OpenRequest.objects.select_related("org", "open_set").filter(code=code).first() if code.isalnum() else None


def shown(most: int = 20) -> list[OpenRequest]:
    """Return answered requests that may be read by everybody, the newest first."""
    rows = OpenRequest.objects.select_related("org", "open_set").filter(is_shown=True).exclude(state=RequestState.RECEIVED)
    return list(rows.order_by("-answered_at", "-pk")[:most])


def _reach(actor: Actor, permission: str) -> Q | None:
    scopes = actor.scopes(permission)
    return reduce(or_, (Q(area_path__startswith=s.area_path, org_path__startswith=s.org_path) for s in scopes)) if scopes else None


def requests_for(actor: Actor) -> QuerySet[OpenRequest]:
    """Return the requests that the actor may answer. One without a body waits for who governs all of them."""
    rows, reach = OpenRequest.objects.select_related("org", "open_set", "answered_by"), _reach(actor, ANSWER)
    return rows.none() if reach is None else rows.filter(reach)


def request_for(actor: Actor, uid: UUID) -> OpenRequest:
    found = requests_for(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="request")
    return found


def public_challenges() -> QuerySet[Challenge]:
    return Challenge.objects.select_related("org").exclude(state__in=[ChallengeState.DRAFT, ChallengeState.CANCELLED]).order_by("-posted_at", "-pk")


def takes_entries(row: Challenge) -> bool:
    return row.state == ChallengeState.OPEN and row.closes_at > now()


def challenges_for(actor: Actor) -> QuerySet[Challenge]:
    """Return the challenges that the actor posts, or judges."""
    rows, reach = Challenge.objects.select_related("org"), _reach(actor, POST)
    mine = Q(judges=actor.account_id) if actor.may_anywhere(JUDGE) and actor.account_id else Q(pk__in=[])
    return rows.filter(mine if reach is None else reach | mine).distinct()


def challenge_for(actor: Actor, uid: UUID) -> Challenge:
    found = challenges_for(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="challenge")
    return found


def possible_judges(actor: Actor) -> QuerySet[Account]:
    """Return everybody but the actor whose post lets him judge."""
    return Account.objects.filter(is_active=True, holdings__post__role__grants__permission=JUDGE).exclude(pk=actor.account_id or 0).distinct().order_by("name")
