"""Accounts: made, changed and closed by administrators; language and print size by the person himself."""

import secrets
import string

from django.conf import settings
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotSignedIn
from yiwang.kernel.identity import handover
from yiwang.kernel.identity.errors import OwnRights
from yiwang.kernel.identity.models import Account, Standing
from yiwang.kernel.identity.services import checks, life, passwords, releases, sessions

_LETTERS = string.ascii_letters.translate(str.maketrans("", "", "lIO")) + "23456789"  # none that look alike


def random_password() -> str:
    """Return a password that can be read over the phone: 14 characters, about 80 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(14))


def _username(value: str) -> str:
    cleaned = checks.line(value, "username", longest=60)
    try:
        UnicodeUsernameValidator()(cleaned)
    except ValidationError as error:
        raise BadInput.one("username", "username", error.messages[0]) from error
    checks.free(Account.objects.filter(username__iexact=cleaned).exists(), "username")
    return cleaned


@transaction.atomic
def create_account(
    actor: Actor,
    *,
    username: str,
    name: str,
    name_en: str = "",
    password: str | None = None,
    duty_phone: str = "",
    language: str = "",
    is_citizen: bool = False,
    is_sample: bool = False,
    must_change: bool = True,
) -> tuple[Account, str]:
    """Make an account; returns it with its password (a random one when none was given), which is nowhere else.

    Whoever makes it knows the password, so its owner chooses another one at the first sign-in; `must_change` is False
    only where the owner himself typed it.

    Raises
    ------
    BadInput
        The name is taken or empty, or the password is too weak.
    """
    checks.require_admin(actor)
    account = Account(
        username=_username(username),
        name=checks.line(name, "name", longest=60),
        name_en=checks.line(name_en, "name_en", longest=80, required=False),
        duty_phone=checks.line(duty_phone, "duty_phone", longest=30, required=False),
        language=_language(language),
        is_citizen=is_citizen,
        is_sample=is_sample,
    )
    chosen = password or random_password()
    if password:
        passwords.check(password, account)
    passwords.put(account, chosen, given=must_change or not password)
    account.save()
    record(actor, action="identity.account.created", data={"account": account.uid})
    return account, chosen


@transaction.atomic
def update_account(actor: Actor, account: Account, *, name: str, name_en: str = "", duty_phone: str = "") -> Account:
    """Change what colleagues see of a person."""
    checks.require_admin(actor)
    account.name = checks.line(name, "name", longest=60)
    account.name_en = checks.line(name_en, "name_en", longest=80, required=False)
    account.duty_phone = checks.line(duty_phone, "duty_phone", longest=30, required=False)
    account.save(update_fields=["name", "name_en", "duty_phone"])
    record(actor, action="identity.account.changed", data={"account": account.uid})
    return account


@transaction.atomic
def reset_password(actor: Actor, account: Account) -> str:
    """Give a new random password and return it; it holds for one sign-in, and every session of the old one ends.

    Where a second hand is asked for (`releases.is_needed`) it does not work before that.
    """
    checks.require_admin(actor)
    Account.objects.select_for_update().get(pk=account.pk)
    password = random_password()
    passwords.put(account, password, given=True)
    account.save(update_fields=["password", "must_change_password", "password_set_at"])
    sessions.remove(account)
    waits = releases.ask(actor, account)
    record(actor, action="identity.account.password_reset", data={"account": account.uid, "waits": waits})
    return password


@transaction.atomic
def set_active(actor: Actor, account: Account, active: bool) -> None:
    """Close or open an account; what the person did stays on record, what waits in his name goes back to the post."""
    checks.require_admin(actor)
    if account.pk == actor.account_id:
        raise OwnRights
    life.stand(account, Standing.ACTIVE if active else Standing.CLOSED)
    if not active:
        sessions.remove(account)
        handover.pass_on_all(actor, account, None, "")
    action = "identity.account.opened" if active else "identity.account.closed"
    record(actor, action=action, data={"account": account.uid})


def _language(value: str) -> str:
    if value and value not in dict(settings.LANGUAGES):
        raise BadInput.one("language", "language", _("This language is not available."))
    return value


def _own(actor: Actor) -> Account:
    if actor.account_id is None:
        raise NotSignedIn
    return Account.objects.get(pk=actor.account_id)


def set_language(actor: Actor, language: str) -> str:
    """Keep the language for the next sign-in, too; somebody who is not signed in only has the cookie."""
    chosen = _language(language)
    if actor.account_id is not None:
        Account.objects.filter(pk=actor.account_id).update(language=chosen)
    return chosen


def set_large_print(actor: Actor, large: bool) -> None:
    account = _own(actor)
    account.large_print = large
    account.save(update_fields=["large_print"])
