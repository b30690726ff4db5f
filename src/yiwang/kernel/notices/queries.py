"""Reads of messages; each person sees his own."""

from uuid import UUID

from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.paging import Page, page_by_key
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices.models import Channel, Notice, State

COUNT_CAP = 100


def mine(actor: Actor) -> QuerySet[Notice]:
    """Return the actor's messages in the platform."""
    if actor.account_id is None:
        return Notice.objects.none()
    return Notice.objects.filter(account_id=actor.account_id, channel=Channel.IN_APP)


def inbox(actor: Actor, *, unread: bool = False, cursor: str = "", size: int = 50) -> Page:
    """Return one page, newest first, in one query."""
    rows = mine(actor)
    if unread:
        rows = rows.filter(read_at__isnull=True)
    return page_by_key(rows, sort="created_at", cursor=cursor, size=size)


def unread_count(actor: Actor) -> int:
    """Return how many messages were not opened; counting stops at 100. One query on a small index."""
    return mine(actor).filter(read_at__isnull=True).order_by()[:COUNT_CAP].count()


def one(actor: Actor, uid: UUID | str) -> Notice:
    found = mine(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="message")
    return found


def sent_outside(actor: Actor, size: int = 20) -> list[Notice]:
    """Return the actor's last messages outside the platform, with their receipts; one query."""
    if actor.account_id is None:
        return []
    return list(Notice.objects.filter(account_id=actor.account_id).exclude(channel=Channel.IN_APP).order_by("-created_at", "-pk")[:size])


def account_of(actor: Actor) -> Account | None:
    return Account.objects.filter(pk=actor.account_id).first() if actor.account_id is not None else None


def failed() -> QuerySet[Notice]:
    """Return what could not be sent and waits for a person."""
    return Notice.objects.filter(state=State.FAILED).order_by("-created_at")
