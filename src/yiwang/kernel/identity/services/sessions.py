"""Sessions that their owner, or an administrator, ends (会话)."""

from uuid import UUID

from django.db import transaction

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, NotSignedIn
from yiwang.kernel.identity.models import Account, Session
from yiwang.kernel.identity.permits import ADMIN, SECURITY
from yiwang.kernel.identity.services import checks


def remove(account: Account, *, but: str = "") -> int:
    """Remove the rows of an account's sessions, all but the one with this key; returns how many there were."""
    return Session.objects.filter(account=account).exclude(session_key=but).delete()[0]


@transaction.atomic
def end_own(actor: Actor, uid: UUID) -> bool:
    """End one session of one's own; says whether it was there.

    Raises
    ------
    NotFound
        It is somebody else's, or over.
    """
    if actor.account_id is None:
        raise NotSignedIn
    if not Session.objects.filter(account_id=actor.account_id, uid=uid).delete()[0]:
        raise NotFound(what="session")
    record(actor, action="identity.session.ended", data={"session": uid})
    return True


@transaction.atomic
def end_others(actor: Actor, *, present: str) -> int:
    """End every session of one's own but the present one (its key); returns how many."""
    if actor.account_id is None:
        raise NotSignedIn
    ended = Session.objects.filter(account_id=actor.account_id).exclude(session_key=present).delete()[0]
    record(actor, action="identity.session.others_ended", data={"count": ended})
    return ended


@transaction.atomic
def end_all(actor: Actor, account: Account, *, reason: str) -> int:
    """End every session of somebody, by the system or the security administrator; returns how many."""
    if not actor.may(ADMIN):
        actor.require(SECURITY)
    why = checks.line(reason, "reason", longest=200)
    ended = remove(account)
    record(actor, action="identity.session.all_ended", data={"account": account.uid, "count": ended, "reason": why})
    return ended
