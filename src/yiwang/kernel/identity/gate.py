"""What an account owes before anything else: a password of its own, and the second factor that its posts ask for.

Pages lead there and back; the API and everything that is sent are refused with the address. The few doors in `OPEN`
stay open, or nobody could do what he owes.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.http import problem_response, wants_json
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import PasswordDue, SecondFactorDue
from yiwang.kernel.identity.middleware import api_key
from yiwang.kernel.identity.services import passwords
from yiwang.kernel.identity.sessions import SessionStore, account_of

FACTOR_KEY = "yw_second_factor"  # in the session: a second factor was shown, or set up, in it
_ALWAYS = {
    "account_login", "account_logout", "account_reauthenticate", "account_change_password", "account_inactive",
    "ui_language", "ui_large_print", "ui_theme", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_authenticate",
}  # fmt: skip
_SETTING_UP = {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"}


def second_factor_shown(request: HttpRequest) -> bool:
    """Say whether this session showed a second factor, or its account has one."""
    if request.session.get(FACTOR_KEY) or any(
        r.get("method") == "mfa" for r in get_authentication_records(request, request.user)
    ):
        return True
    return queries.has_second_factor(int(request.user.pk or 0))


def owed(request: HttpRequest) -> tuple[ProblemError, set[str]] | None:
    """Return what the signed-in person owes, with the doors that he needs for it; None when nothing."""
    if passwords.is_due(request.user):  # type: ignore[arg-type]
        return PasswordDue(address=reverse("account_change_password")), set()
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.needs_second_factor and not second_factor_shown(request):
        return SecondFactorDue(address=reverse("mfa_index")), _SETTING_UP
    return None


class AccountGateMiddleware:
    """Ask before every view whether the signed-in person may go on, and note that his session is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if api_key(request) or not request.user.is_authenticated:
            return None
        if isinstance(request.session, SessionStore):
            request.session.touch()
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in _ALWAYS:
            return None
        debt = owed(request)
        if debt is None or name in debt[1]:
            return None
        problem, _doors = debt
        if request.method in ("GET", "HEAD") and not wants_json(request):
            here = {"next": request.get_full_path()} if request.path != "/" else {}
            return HttpResponseRedirect(f"{problem.address}?{urlencode(here)}" if here else problem.address)  # type: ignore[attr-defined]
        return problem_response(request, problem)


def actor_of_session(session_key: str) -> Actor | None:
    """Return who is signed in with a session and owes nothing; for doors without a request (the live stream)."""
    account = account_of(session_key)
    if account is None or passwords.is_due(account):
        return None
    actor = queries.actor_for(account)
    return None if actor.needs_second_factor and not queries.has_second_factor(account.pk) else actor
