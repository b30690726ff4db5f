"""A password that an administrator gave works after a second hand released it (口令发放复核, 二人复核).

Whoever gives somebody a password knows it. So that no one person comes in as another, the security administrator
releases it, after asking its owner; until then the account has no password that works.
"""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yiwang.kernel.audit.services import record
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import OwnRights, PasswordWaits
from yiwang.kernel.identity.models import Account, GivenPassword
from yiwang.kernel.identity.services import checks, sessions

NEVER, BY_RIGHTS, ALWAYS = "off", "rights", "all"  # PASSWORD_RELEASE
RELEASED, REFUSED, REPLACED = "released", "refused", "replaced"


def is_needed(actor: Actor, account: Account) -> bool:
    """Say whether a password that this actor gives must be released by another hand.

    By default for everybody who opens more than the system administrator himself does: whoever sees business, holds
    another of the three offices, or stands in for such a person. Not for the server's own command line: who commands
    the machine needs no password.
    """
    if actor.kind is ActorKind.SYSTEM or account.pk == actor.account_id or settings.PASSWORD_RELEASE == NEVER:
        return False
    return settings.PASSWORD_RELEASE == ALWAYS or queries.opens_more_than_system(account.pk)


def ask(actor: Actor, account: Account) -> bool:
    """Let the password that was just given wait where that is asked; inside the caller's transaction, on a locked account."""
    moment = timezone.now()
    GivenPassword.objects.filter(account=account, outcome="").update(outcome=REPLACED, decided_at=moment)
    if not is_needed(actor, account):
        return False
    GivenPassword.objects.create(account=account, given_by_id=actor.account_id, given_at=moment)
    return True


def require_released(account: Account, address: str) -> None:
    """Refuse a sign-in whose password is right and still waits, and put it on record.

    Raises
    ------
    PasswordWaits
    """
    if not GivenPassword.objects.filter(account=account, outcome="").exists():
        return
    with transaction.atomic():
        record(actors.public(), action="identity.sign_in.waiting", data={"account": account.uid, "address": address})
    raise PasswordWaits


def _waiting(actor: Actor, given_id: int) -> GivenPassword:
    checks.require_security(actor)
    row = GivenPassword.objects.filter(pk=given_id, outcome="").first()
    if row is None:
        raise NotFound(what="given password")
    Account.objects.select_for_update().get(pk=row.account_id)  # a new one given at this moment comes before or after
    rows = GivenPassword.objects.select_for_update(of=("self",)).select_related("account")
    locked = rows.filter(pk=given_id, outcome="").first()
    if locked is None:
        raise NotFound(what="given password")
    if actor.account_id is not None and actor.account_id in (locked.account_id, locked.given_by_id):
        raise OwnRights
    return locked


def _decide(actor: Actor, row: GivenPassword, outcome: str, reason: str) -> None:
    row.outcome, row.reason, row.decided_at, row.decided_by_id = outcome, reason, timezone.now(), actor.account_id
    row.save(update_fields=["outcome", "reason", "decided_at", "decided_by"])
    record(actor, action=f"identity.password.{outcome}", data={"account": row.account.uid, "given": row.pk, "reason": reason})


@transaction.atomic
def release(actor: Actor, given_id: int, *, reason: str) -> GivenPassword:
    """Let a given password work, for one sign-in as ever; says how its owner was asked.

    Raises
    ------
    NotFound
        It waits no more.
    OwnRights
        It is the actor's own, or he gave it.
    """
    why = checks.line(reason, "reason", longest=200)
    row = _waiting(actor, given_id)
    _decide(actor, row, RELEASED, why)
    return row


@transaction.atomic
def refuse(actor: Actor, given_id: int, *, reason: str) -> GivenPassword:
    """Take a given password away: the account has none until another is given and released. As `release`."""
    why = checks.line(reason, "reason", longest=200)
    row = _waiting(actor, given_id)
    row.account.set_unusable_password()
    row.account.save(update_fields=["password"])
    sessions.remove(row.account)
    _decide(actor, row, REFUSED, why)
    return row
