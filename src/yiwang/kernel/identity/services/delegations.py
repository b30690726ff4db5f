"""Standing in for somebody who is away (代理)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotSignedIn
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import AlreadyEnded, DelegationOverlaps
from yiwang.kernel.identity.models import Account, Delegation
from yiwang.kernel.identity.permits import SECURITY
from yiwang.kernel.identity.services import checks

LONGEST = timedelta(days=366)


@transaction.atomic
def delegate(
    actor: Actor, *, absent: Account, substitute: Account, starts_at: datetime, ends_at: datetime, reason: str
) -> Delegation:
    """Let `substitute` do the tasks of `absent` for a time; one gives one's own, an administrator anybody's.

    It passes on once only: who stands in for the substitute does not get the absent one's tasks.

    Raises
    ------
    BadInput
        The dates make no sense, no reason is given, or the substitute cannot act.
    DelegationOverlaps
        The same two are already bound in that time.
    """
    if actor.account_id is None and not actor.may_anywhere(SECURITY):
        raise NotSignedIn
    if absent.pk != actor.account_id:
        checks.require_security(actor)
    why = checks.line(reason, "reason", longest=200)
    if absent.pk == substitute.pk:
        raise BadInput.one("substitute", "self", _("Choose somebody else: nobody stands in for himself."))
    if not substitute.is_active or not queries.current_holdings(substitute.pk, max(starts_at, now())).exists():
        raise BadInput.one("substitute", "inactive", _("This person holds no post in that time."))
    if ends_at <= starts_at:
        raise BadInput.one("ends_at", "order", _("The end must lie after the beginning."))
    if ends_at <= now():
        raise BadInput.one("ends_at", "past", _("The end lies in the past."))
    if ends_at - starts_at > LONGEST:
        raise BadInput.one("ends_at", "long", _("A delegation lasts at most a year."))
    Account.objects.select_for_update().get(pk=absent.pk)  # two requests at once: the second sees the first
    overlapping = Delegation.objects.filter(
        absent=absent, substitute=substitute, revoked_at__isnull=True, starts_at__lt=ends_at, ends_at__gt=starts_at
    )
    if overlapping.exists():
        raise DelegationOverlaps
    made = Delegation.objects.create(
        absent=absent, substitute=substitute, starts_at=starts_at, ends_at=ends_at, reason=why
    )
    data = {
        "delegation": made.pk, "absent": absent.uid, "substitute": substitute.uid, "starts_at": starts_at,
        "ends_at": ends_at, "reason": why,
    }  # fmt: skip
    record(actor, action="identity.delegation.created", data=data)
    return made


@transaction.atomic
def revoke_delegation(actor: Actor, delegation_id: int) -> Delegation:
    """End a delegation now: the absent one, the substitute, or an administrator.

    Raises
    ------
    NotFound
        There is none, or it is none of the actor's affair.
    AlreadyEnded
        It is over.
    """
    found = queries.one(Delegation.objects.select_for_update(of=("self",)).select_related("absent"), pk=delegation_id)
    if actor.account_id not in (found.absent_id, found.substitute_id) and not actor.may(SECURITY):
        raise NotFound(what="delegation")
    moment = now()
    if found.revoked_at or found.ends_at <= moment:
        raise AlreadyEnded
    found.revoked_at = moment
    found.save(update_fields=["revoked_at"])
    record(actor, action="identity.delegation.revoked", data={"delegation": found.pk, "absent": found.absent.uid})
    return found
