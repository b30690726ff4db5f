"""Passwords: set by their owner, given by an administrator, too old (口令)."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.services import sessions


def check(password: str, account: Account, field: str = "password") -> None:
    """Hold a password against every rule.

    Raises
    ------
    BadInput
        With one line for each rule that it breaks.
    """
    try:
        validate_password(password, account)
    except ValidationError as error:
        errors = tuple({"field": field, "code": "password", "message": str(m)} for m in error.messages)
        raise BadInput(errors=errors) from error


def put(account: Account, password: str, *, given: bool) -> None:
    """Set a password on an account that is about to be saved; `given` by somebody else, it holds for one sign-in."""
    account.set_password(password)
    account.must_change_password = given
    account.password_set_at = timezone.now()


@transaction.atomic
def choose(actor: Actor, account: Account, password: str, *, keep_session: str = "") -> None:
    """Let a person set his own password; every other session of his ends."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    check(password, locked, "password1")
    put(account, password, given=False)
    account.save(update_fields=["password", "must_change_password", "password_set_at"])
    sessions.remove(account, but=keep_session)
    record(actor, action="identity.account.password_changed", data={"account": account.uid})


def is_due(account: Account) -> bool:
    """Say whether the account must have a new password before anything else."""
    if account.must_change_password:
        return True
    days = settings.PASSWORD_MAX_AGE_DAYS
    if not days or not account.has_usable_password():
        return False
    set_at = account.password_set_at or account.date_joined
    return timezone.now() - set_at > timedelta(days=days)
