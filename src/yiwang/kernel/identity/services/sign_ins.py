"""What follows a sign-in: failures forgotten, the device known from now on, the event (登录)."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity import agents
from yiwang.kernel.identity.models import Account, Device, UsedCode
from yiwang.kernel.identity.services import lockout

DEVICE_DAYS = 400  # how long a device that is not used stays known
CODE_MINUTES = 10  # longer than any one-time code is valid


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def note_sign_in(
    actor: Actor, account: Account, *, token: str, agent: str, address: str, session: UUID | str, factors: list[str]
) -> str:
    """Put a finished sign-in on record; returns the device's token, a new one where it had none that fits.

    The event says `new_device` when the account was used from others before and never from this one: its owner is told.
    """
    lockout.forget(account)
    moment = timezone.now()
    known = Device.objects.filter(account=account, token_hash=_hash(token)) if token else Device.objects.none()
    is_known = bool(known.update(last_at=moment, agent=agent[:200]))
    is_new = not is_known and Device.objects.filter(account=account).exists()
    if not is_known:
        token = token if len(token) == 43 else secrets.token_urlsafe(32)  # several people may share a browser
        facts = {"agent": agent[:200], "first_at": moment, "last_at": moment}
        Device.objects.get_or_create(account=account, token_hash=_hash(token), defaults=facts)
    data = {
        "account": account.uid, "session": str(session), "device": agents.describe(agent), "factors": factors,
        "new_device": is_new,
    }  # fmt: skip
    if not account.is_citizen:
        data["address"] = address
    record(actor, action="identity.signed_in", data=data)
    return token


@transaction.atomic
def note_sign_out(actor: Actor, account: Account) -> None:
    record(actor, action="identity.signed_out", data={"account": account.uid})


def take_code(account: Account, code: str) -> bool:
    """Use up a one-time code; False when it was taken before, in whatever process."""
    moment = timezone.now()
    UsedCode.objects.filter(account=account, used_at__lt=moment - timedelta(minutes=CODE_MINUTES)).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO yw_identity_usedcode (account_id, code_hash, used_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [account.pk, _hash("".join(code.split())), moment],
        )
        return bool(cursor.rowcount)


def sweep() -> None:
    """Forget devices that nobody used for a year and codes that are long invalid; daily work."""
    moment = timezone.now()
    Device.objects.filter(last_at__lt=moment - timedelta(days=DEVICE_DAYS)).delete()
    UsedCode.objects.filter(used_at__lt=moment - timedelta(minutes=CODE_MINUTES)).delete()
