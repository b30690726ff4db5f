"""Requests of people about their data: of the person himself, and those that wait for a body."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import RightsRequest, RightsState
from yiwang.kernel.audit.models import AccessLog
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.services.parties import decrypt

OWN, ANSWER = "datahub.rights.own", "datahub.rights.answer"


def require(actor: Actor, permission: str) -> None:
    """Refuse who does not hold the permission anywhere: one's own data lies in no area."""
    if not actor.may_anywhere(permission):
        actor.require(permission)


def of_account(account_id: int) -> QuerySet[RightsRequest]:
    return RightsRequest.objects.filter(account_id=account_id).select_related("org")


def own(actor: Actor, uid: UUID) -> RightsRequest:
    """Return one of the reader's own requests; NotFound for another's."""
    found = of_account(actor.account_id or 0).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="request")
    return found


def visible_to(actor: Actor) -> QuerySet[RightsRequest]:
    """Return the requests that the actor's body answers. What names no body is the authority's (no organisation bound)."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(ANSWER):
        wanted |= Q(org_path__startswith=scope.org_path) & (Q(area_path__startswith=scope.area_path) | Q(area_path=""))
    return RightsRequest.objects.filter(wanted).select_related("org")


def waiting(actor: Actor, uid: UUID) -> RightsRequest:
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="request")
    return found


def overdue(rows: QuerySet[RightsRequest]) -> QuerySet[RightsRequest]:
    return rows.filter(state=RightsState.OPEN, due_at__lt=now())


def counts(actor: Actor) -> dict[str, int]:
    """Return how many wait, are overdue, and are done, for the counts above the list."""
    rows = visible_to(actor)
    return {
        "open": rows.filter(state=RightsState.OPEN).count(), "overdue": overdue(rows).count(),
        "done": rows.exclude(state=RightsState.OPEN).count(),
    }  # fmt: skip


def values(row: RightsRequest) -> dict[str, Any]:
    """Return what was given with a request and is personal: the right value, the dead relative. Reading it for an answer is logged."""
    text = decrypt(bytes(row.values), "rights")
    return dict(json.loads(text)) if text else {}


def line(row: RightsRequest) -> AccessLog | None:
    """Return the reading that is asked about."""
    return AccessLog.objects.filter(position=row.position).first() if row.position is not None else None


def case_number(line: AccessLog | None) -> str:
    """Return the number of the matter for which a line was read; empty for none."""
    if line is None or line.case_id is None:
        return ""
    return Case.all_modes.filter(pk=line.case_id).values_list("number", flat=True).first() or ""
