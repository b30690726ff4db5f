"""Reads of requests, doubts about rows and grants: who sees which."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.models.share import (
    Delivery,
    GrantCall,
    GrantState,
    RequestState,
    RowObjection,
    SharingGrant,
    SharingRequest,
)
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound

REQUEST, DECIDE, SETTLE, WATCH = "datahub.share.request", "datahub.share.decide", "datahub.share.settle", "datahub.share.watch"


def _concerned(actor: Actor) -> Q:
    """Both sides see what is between them; who watches or settles sees all of his area."""
    wanted = Q(pk__in=[])
    for permission, path in ((REQUEST, "org_path"), (DECIDE, "owner_path")):
        for scope in actor.scopes(permission):
            wanted |= Q(**{f"{path}__startswith": scope.org_path, "area_path__startswith": scope.area_path})
    for permission in (SETTLE, WATCH):
        for scope in actor.scopes(permission):
            wanted |= Q(owner_path__startswith=scope.org_path, area_path__startswith=scope.area_path)
    return wanted


def requests_of(actor: Actor, *, state: str = "", words: str = "", side: str = "") -> QuerySet[SharingRequest]:
    """Return the requests that concern the reader; `side`: `ours` asked by, `theirs` asked of his bureau."""
    rows = SharingRequest.objects.filter(_concerned(actor)).select_related("dataset", "org", "dataset__org")
    if state in RequestState.values:
        rows = rows.filter(state=state)
    if words := words.strip()[:100]:
        rows = rows.filter(Q(number__icontains=words) | Q(purpose__icontains=words) | Q(dataset__code__icontains=words) | Q(**{"dataset__name__zh-Hans__icontains": words}))
    if side in ("ours", "theirs"):
        permission, path = (REQUEST, "org_path") if side == "ours" else (DECIDE, "owner_path")
        wanted = Q(pk__in=[])
        for scope in actor.scopes(permission):
            wanted |= Q(**{f"{path}__startswith": scope.org_path})
        rows = rows.filter(wanted)
    return rows


def request_for(actor: Actor, uid: UUID) -> SharingRequest:
    found = requests_of(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="request")
    return found


def grants_of(actor: Actor) -> QuerySet[SharingGrant]:
    return SharingGrant.objects.filter(_concerned(actor)).select_related("dataset", "org", "request", "dataset__org")


def grant_for(actor: Actor, uid: UUID) -> SharingGrant:
    found = grants_of(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="grant")
    return found


def calls_of(grant: SharingGrant) -> QuerySet[GrantCall]:
    return GrantCall.objects.filter(grant=grant)


def deliveries_of(grant: SharingGrant) -> QuerySet[Delivery]:
    return Delivery.objects.filter(grant=grant).order_by("-seq")


def objections_of(actor: Actor, *, state: str = "") -> QuerySet[RowObjection]:
    rows = RowObjection.objects.filter(_concerned(actor)).select_related("dataset", "org", "dataset__org")
    return rows.filter(state=state) if state else rows


def objection_for(actor: Actor, uid: UUID) -> RowObjection:
    found = objections_of(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="objection")
    return found


def users_of(dataset: Dataset) -> QuerySet[SharingGrant]:
    """Return the grants of a set that are in use: its users."""
    return SharingGrant.objects.filter(dataset=dataset, state=GrantState.ACTIVE).select_related("org", "request")


def line_of(call: GrantCall, grant_uid: str) -> dict[str, Any]:
    """Return a call as its hash reads it."""
    return {
        "grant": grant_uid, "seq": call.seq, "at": call.at.isoformat(timespec="microseconds"), "nonce": call.nonce, "kind": call.kind, "purpose": call.purpose,
        "address": call.address, "params": call.params, "subjects": call.subjects, "columns": call.columns, "rows": call.rows, "bytes": call.bytes, "status": call.status,
        "code": call.code, "request_hash": call.request_hash, "payload_hash": call.payload_hash, "previous": call.previous, "hash": call.hash,
    }  # fmt: skip
