"""Second factors (双因素认证): which roles ask for one, and taking somebody's away when he has lost it."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.errors import OwnRights
from yiwang.kernel.identity.models import Account, Role
from yiwang.kernel.identity.services import checks, sessions


@transaction.atomic
def demand_second_factor(actor: Actor, role: Role, demanded: bool) -> Role:
    """Let a role ask its holders for two factors, or no longer; it holds from everybody's next click."""
    checks.require_security(actor)
    locked = Role.objects.select_for_update().get(pk=role.pk)
    if locked.requires_second_factor != demanded:
        locked.requires_second_factor = demanded
        locked.save(update_fields=["requires_second_factor"])
        record(actor, action="identity.role.second_factor", data={"role": role.code, "demanded": demanded})
    return locked


@transaction.atomic
def remove_second_factor(actor: Actor, account: Account, *, reason: str) -> int:
    """Take away every second factor of somebody who has lost his; he sets up a new one after his password.

    Raises
    ------
    OwnRights
        It is the administrator's own.
    """
    checks.require_security(actor)
    if account.pk == actor.account_id:
        raise OwnRights
    why = checks.line(reason, "reason", longest=200)
    removed = Authenticator.objects.filter(user=account).delete()[0]
    sessions.remove(account)
    record(actor, action="identity.second_factor.removed", data={"account": account.uid, "reason": why, "by_administrator": True})
    return removed
