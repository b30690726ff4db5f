"""Letting one caller do so much in a while (限流): what stands open is counted, in one place for all web processes.

A limit has a name and is declared where its door stands; `@door(public=True, limit=LIMIT)` counts each call. One
installation changes a figure by its name (`YIWANG_RATES="public-report=20/600,search=off"`).

The count is one row a caller in an UNLOGGED table, moved by one upsert: the moment until which his allowance is used up
(generic cell rate algorithm). So `most` calls may come at once, afterwards one each `window / most`; a refused call
writes nothing; and the seconds to wait are exact. Where a limit is generous, a process takes a few calls at a time and
hands them out from memory until they would have grown again anyway, so hot doors ask the database rarely.
"""

import hashlib
import hmac
import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import TooMany

_ONE_ROUND = 50  # a process takes at most this share (1/50) of an allowance at once
_MOST_LEASES = 20_000


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` calls in `window_s` seconds, of one caller.

    `by` says who counts as one: `address` (whoever calls from it), `caller` (the account or client, a stranger by his
    address), `stranger` (as `caller`, but only who has not signed in is counted). `methods` empty counts all.
    """

    name: str
    most: int
    window_s: int
    by: str = "address"
    methods: tuple[str, ...] = ()


_declared: dict[str, Limit] = {}


def declare(name: str, most: int, window_s: int, *, by: str = "address", methods: Iterable[str] = ()) -> Limit:
    """Name a limit; the same name twice with other figures is a mistake."""
    made = Limit(name, most, window_s, by, tuple(methods))
    if _declared.setdefault(name, made) != made:
        raise ValueError(f"the limit {name} is declared twice")
    return made


# A page that anybody may open: far above what a person does, below what harms.
OPEN_PAGE = declare("open-page", 600, 60)
OPEN_DATA = declare("open-data", 1200, 60, by="caller")  # what maps, pages and programs fetch
SIGN_IN = declare("sign-in", 600, 300, methods=("POST",))  # an office may have one address; failures are counted besides
PASSWORD = declare("password", 20, 600, by="caller", methods=("POST",))
UPLOAD = declare("upload", 30, 600, by="stranger", methods=("POST",))
API_KEY = declare("api", 12_000, 60, by="caller")  # each client, by its key
WRONG_KEY = declare("wrong-key", 30, 300)
SEARCH = declare("search", 120, 60, by="caller")


def declared() -> dict[str, Limit]:
    """Return every limit by name, with the figures of this installation."""
    return {name: in_force(limit) for name, limit in sorted(_declared.items())}


def in_force(limit: Limit) -> Limit:
    """Return the limit with this installation's figures; `most` 0 means that it is switched off."""
    found = settings.RATE_LIMITS.get(limit.name, settings.RATE_LIMITS.get("*"))
    if found is None:
        return limit
    return Limit(limit.name, found[0], found[1] or limit.window_s, limit.by, limit.methods)


def address_of(request: HttpRequest) -> str:
    """Return the caller's address; behind a proxy of ours its own one (base/proxies.py)."""
    return str(request.META.get("REMOTE_ADDR", ""))


def who(request: HttpRequest, by: str) -> str:
    """Name the caller as the limit counts him; empty when he is not counted."""
    if by != "address":
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.kind is not ActorKind.PUBLIC:
            return "" if by == "stranger" else f"{actor.kind}:{actor.client_id or actor.account_id or actor.name}"
    address = address_of(request)
    try:
        found = ip_address(address)
    except ValueError:
        return address
    # One household has a whole /64 of IPv6 addresses.
    return str(ip_network(f"{found}/64", strict=False)) if found.version == 6 else address


def count(limit: Limit, request: HttpRequest) -> None:
    """Count one call, before anything else is done for it and outside of any transaction.

    Raises
    ------
    TooMany
        With the seconds to wait.
    """
    figures = in_force(limit)
    if not figures.most or (figures.methods and request.method not in figures.methods):
        return
    if caller := who(request, figures.by):
        take(figures, caller)


def take(limit: Limit, caller: str) -> None:
    """Use up one call of the caller's allowance, or refuse with `TooMany`."""
    digest = hmac.new(settings.BLIND_INDEX_KEY.encode(), caller.encode(), hashlib.sha256).hexdigest()[:32]
    key, round_ = f"{limit.name}:{digest}", max(1, limit.most // _ONE_ROUND)
    if round_ > 1 and _from_lease(key):
        return
    if round_ > 1 and _draw(key, limit, round_):
        _lease(key, round_ - 1, round_ * limit.window_s / limit.most)
        return
    if not _draw(key, limit, 1):
        raise TooMany(retry_after_s=_wait(key, limit))


# key -> [calls left, until when (monotonic seconds)]: what this process has drawn and not yet handed out
_leases: dict[str, list[float]] = {}
_lock = threading.Lock()


def _from_lease(key: str) -> bool:
    with _lock:
        found = _leases.get(key)
        if found is None or found[0] < 1 or found[1] < time.monotonic():
            return False
        found[0] -= 1
        return True


def _lease(key: str, calls: int, seconds: float) -> None:
    with _lock:
        if len(_leases) > _MOST_LEASES:
            _leases.clear()
        _leases[key] = [calls, time.monotonic() + seconds]


def _draw(key: str, limit: Limit, calls: int) -> bool:
    cost = calls * limit.window_s / limit.most
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO yw_base_ratecount AS r (key, used_until)"
            " VALUES (%(key)s, clock_timestamp() + %(cost)s * interval '1 second')"
            " ON CONFLICT (key) DO UPDATE SET used_until ="
            " GREATEST(r.used_until, clock_timestamp()) + %(cost)s * interval '1 second'"
            " WHERE r.used_until <= clock_timestamp() + %(room)s * interval '1 second' RETURNING 1",
            {"key": key, "cost": cost, "room": limit.window_s - cost + 0.001},
        )
        return cursor.fetchone() is not None


def _wait(key: str, limit: Limit) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM used_until - clock_timestamp()) FROM yw_base_ratecount WHERE key = %s", [key]
        )
        row = cursor.fetchone()
    return max(1, math.ceil(float(row[0]) - limit.window_s * (1 - 1 / limit.most))) if row else 1


def forget() -> None:
    """Forget what this process has drawn, and every count (tests)."""
    with _lock:
        _leases.clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM yw_base_ratecount")


def sweep() -> int:
    """Remove the rows of callers whose allowance is whole again; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM yw_base_ratecount WHERE used_until < clock_timestamp()")
        return int(cursor.rowcount)
