"""Locking a name, or an address, after failed sign-ins (登录失败锁定); counted in the database, shared by all processes.

Each try is counted before the password is looked at and taken back when it was right: however many tries arrive at
once, no more than the limit are looked at. Names that are nobody's count and lock just the same, so a refusal does
not tell whether an account exists.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from yiwang.kernel.audit.services import record
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.errors import SignInLocked
from yiwang.kernel.identity.models import Account, TryCount
from yiwang.kernel.identity.services import checks

NAME, ADDRESS = "name", "address"

_COUNT = """
INSERT INTO yw_identity_trycount AS t (kind, key, account_id, failures, window_from, locked_until)
VALUES (%(kind)s, %(key)s, %(account)s, 1, %(now)s, NULL)
ON CONFLICT (kind, key) DO UPDATE SET
    account_id = coalesce(excluded.account_id, t.account_id),
    failures = CASE WHEN t.locked_until > %(now)s THEN t.failures
                    WHEN t.locked_until IS NOT NULL OR t.window_from < %(oldest)s THEN 1
                    ELSE t.failures + 1 END,
    window_from = CASE WHEN t.locked_until > %(now)s THEN t.window_from
                       WHEN t.locked_until IS NOT NULL OR t.window_from < %(oldest)s THEN %(now)s
                       ELSE t.window_from END,
    locked_until = CASE WHEN t.locked_until > %(now)s THEN t.locked_until END
RETURNING failures, locked_until
"""


@dataclass(frozen=True)
class Try:
    """One try that is under way: what it was counted under, and how many there were with it."""

    username: str
    address: str
    account_id: int | None
    name_count: int
    address_count: int


def name_key(username: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), username.strip().lower().encode(), "sha256").hexdigest()


def address_key(address: str) -> str:
    """Return what one place is counted under: an address, of IPv6 the network that one household has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False))[:64] if found.ipv4_mapped is None else str(found.ipv4_mapped)
    return str(found)


def _count(kind: str, key: str, account_id: int | None, moment: datetime) -> tuple[int, datetime | None]:
    values = {
        "kind": kind, "key": key, "account": account_id, "now": moment,
        "oldest": moment - timedelta(seconds=settings.SIGN_IN_WINDOW_S),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        failures, locked_until = cursor.fetchone()
    return int(failures), locked_until


def begin(username: str, address: str) -> Try:
    """Count a try and let it go on.

    Raises
    ------
    SignInLocked
        The name or the address has failed too often; says until when.
    """
    moment = timezone.now()
    account_id = Account.objects.filter(username__iexact=username.strip()[:150]).values_list("pk", flat=True).first()
    counted = {
        NAME: _count(NAME, name_key(username), account_id, moment),
        ADDRESS: _count(ADDRESS, address_key(address), None, moment) if address else (0, None),
    }
    tried = Try(username, address, account_id, counted[NAME][0], counted[ADDRESS][0])
    if until := max((u for _, u in counted.values() if u), default=None):
        raise SignInLocked(until=until)
    if tried.name_count > settings.SIGN_IN_FAILURES_NAME or tried.address_count > settings.SIGN_IN_FAILURES_ADDRESS:
        _lock(tried, moment)  # those before this one are still being looked at
    return tried


def right(tried: Try) -> None:
    """Take the try back: it was no failure. Earlier failures stay until somebody is signed in whole (`forget`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE yw_identity_trycount SET failures = greatest(failures - 1, 0)"
            " WHERE (kind, key) IN ((%s, %s), (%s, %s)) AND locked_until IS NULL",
            [NAME, name_key(tried.username), ADDRESS, address_key(tried.address)],
        )


def wrong(tried: Try, *, step: str = "password") -> None:
    """Put a failure on record; `step` is password, code or key.

    Raises
    ------
    SignInLocked
        It was the last one allowed.
    """
    uid = Account.objects.filter(pk=tried.account_id).values_list("uid", flat=True).first() if tried.account_id else None
    with transaction.atomic():
        data = {"account": uid, "address": tried.address, "step": step}
        record(actors.public(), action="identity.sign_in.failed", data=data)
    if tried.name_count >= settings.SIGN_IN_FAILURES_NAME or tried.address_count >= settings.SIGN_IN_FAILURES_ADDRESS:
        _lock(tried, timezone.now())


def _lock(tried: Try, moment: datetime) -> None:
    """Lock whichever has failed too often, with an event each, and refuse."""
    until = moment + timedelta(seconds=settings.SIGN_IN_LOCK_S)
    with transaction.atomic():
        for kind, key, count, most in (
            (NAME, name_key(tried.username), tried.name_count, settings.SIGN_IN_FAILURES_NAME),
            (ADDRESS, address_key(tried.address), tried.address_count, settings.SIGN_IN_FAILURES_ADDRESS),
        ):
            if count < most:
                continue
            row = TryCount.objects.select_for_update(of=("self",)).filter(kind=kind, key=key).select_related("account").first()
            if row is None or (row.locked_until and row.locked_until > moment):
                continue  # released, or locked by another try of the same moment: one event is enough
            row.locked_until = until
            row.save(update_fields=["locked_until"])
            data = {"kind": kind, "account": row.account.uid if row.account else None, "failures": row.failures, "until": until}
            record(actors.public(), action="identity.sign_in.locked", data=data | ({"address": tried.address} if tried.address else {}))
    raise SignInLocked(until=until)


def forget(account: Account) -> None:
    """Forget the failures of a name whose owner has just signed in, with every factor that is asked of him."""
    TryCount.objects.filter(kind=NAME, key=name_key(account.username)).delete()


@transaction.atomic
def release(actor: Actor, lock_id: int, *, reason: str) -> None:
    """Let a locked name or address try again; the security administrator's (安全保密管理员) act.

    Raises
    ------
    NotFound
        It is locked no more.
    """
    checks.require_security(actor)
    why = checks.line(reason, "reason", longest=200)
    row = (
        TryCount.objects.select_for_update(of=("self",))
        .filter(pk=lock_id, locked_until__gt=timezone.now())
        .select_related("account")
        .first()
    )
    if row is None:
        raise NotFound(what="lock")
    data = {"kind": row.kind, "account": row.account.uid if row.account else None, "reason": why}
    record(actor, action="identity.sign_in.released", data=data | ({"address": row.key} if row.kind == ADDRESS else {}))
    row.delete()


def sweep() -> int:
    """Remove counts that mean nothing any more; daily work."""
    oldest = timezone.now() - timedelta(seconds=settings.SIGN_IN_WINDOW_S)
    rows = TryCount.objects.filter(window_from__lt=oldest).exclude(locked_until__gt=timezone.now())
    return rows.delete()[0]
