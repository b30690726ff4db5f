"""What Django and allauth say when somebody signs in or a second factor comes and goes, put where we need it."""

import time
from ipaddress import ip_address
from typing import Any

from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.rates import address_of
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.gate import FACTOR_KEY
from yiwang.kernel.identity.services import sessions
from yiwang.kernel.identity.sessions import FACTS


def _clean(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return ""


@receiver(user_logged_in, dispatch_uid="yw_session_facts")
def keep_facts(sender: Any, request: HttpRequest | None, user: Any, **more: Any) -> None:
    """Note in the session whose it is, from where, since when (kernel/identity/sessions.py makes columns of it)."""
    if request is None or not hasattr(request, "session"):
        return
    agent = request.META.get("HTTP_USER_AGENT", "")[:200]
    request.session[FACTS] = {"uid": str(uuid7()), "at": int(time.time()), "address": _clean(address_of(request)), "agent": agent}


def _record(request: HttpRequest, user: Any, action: str, kind: str) -> None:
    actor = queries.actor_for(user, request_id=getattr(request, "request_id", ""))
    with transaction.atomic():
        record(actor, action=action, data={"account": user.uid, "type": kind})


@receiver(mfa.authenticator_added, dispatch_uid="yw_factor_added")
def added(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **more: Any) -> None:
    """A session that has shown the new factor goes on; the others never saw it and end."""
    if authenticator.type != "recovery_codes":
        request.session[FACTOR_KEY] = True
        sessions.remove(user, but=request.session.session_key or "")
    _record(request, user, "identity.second_factor.added", authenticator.type)


@receiver(mfa.authenticator_removed, dispatch_uid="yw_factor_removed")
def removed(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **more: Any) -> None:
    if not queries.has_second_factor(user.pk):
        request.session.pop(FACTOR_KEY, None)
    _record(request, user, "identity.second_factor.removed", authenticator.type)


@receiver(mfa.authenticator_reset, dispatch_uid="yw_factor_reset")
def reset(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **more: Any) -> None:
    _record(request, user, "identity.second_factor.renewed", authenticator.type)
