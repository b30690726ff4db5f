"""How allauth behaves here: accounts are made by administrators, failures counted for all, sign-ins put on record."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.kernel.base.rates import address_of
from yiwang.kernel.identity import cipher, queries
from yiwang.kernel.identity.errors import PasswordWaits, SignInLocked
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.services import lockout, passwords, releases, sign_ins
from yiwang.kernel.identity.sessions import FACTS

DEVICE_COOKIE = "__Host-yw_device" if settings.SESSION_COOKIE_SECURE else "yw_device"


def locked_sentence(problem: SignInLocked) -> ValidationError:
    """Return the refusal as a form says it."""
    return ValidationError(problem.detail(), code="locked")


class ClosedSignupAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "0.0.0.0"  # noqa: S104  (a socket file has no address; nothing is bound)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Look at a name and a password, counted; also when somebody signed in is asked again who he is."""
        try:
            tried = lockout.begin(str(credentials.get("username", "")), address_of(request))
            account = super().authenticate(request, **credentials)
            if account is None:
                lockout.wrong(tried)
            else:
                lockout.right(tried)
                releases.require_released(account, address_of(request))
        except SignInLocked as problem:
            raise locked_sentence(problem) from problem
        except PasswordWaits as problem:
            raise ValidationError(problem.detail(), code="waits") from problem
        return account

    def set_password(self, user: Any, password: str) -> None:
        """Set the password that the person chose for himself."""
        session = self.request.session.session_key if self.request is not None else ""
        actor = queries.actor_for(user, request_id=getattr(self.request, "request_id", ""))
        passwords.choose(actor, user, password, keep_session=session or "")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Put the sign-in on record, know the device from now on, give back the language that the person chose."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        facts = request.session.get(FACTS) or {}
        factors = sorted({str(r.get("type") or r["method"]) for r in get_authentication_records(request, user)})
        token = sign_ins.note_sign_in(
            queries.actor_for(user, request_id=getattr(request, "request_id", "")), user,
            token=request.COOKIES.get(DEVICE_COOKIE, ""), agent=str(facts.get("agent", "")),
            address=str(facts.get("address", "")), session=str(facts.get("uid", "")), factors=factors,
        )  # fmt: skip
        response.set_cookie(
            DEVICE_COOKIE, token, max_age=sign_ins.DEVICE_DAYS * 86400, httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
        if user.language:
            keep_language(response, user.language)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Account):
            sign_ins.note_sign_out(queries.actor_for(request.user, request_id=getattr(request, "request_id", "")), request.user)
        super().logout(request)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets encrypted, names ours, and the last factor stays where a post asks for one."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": gettext_lazy("Your post asks for a second factor. Set up another one before you take this one away."),
        "incorrect_code": gettext_lazy("This code is not right, or no longer valid."),
        "cannot_generate_recovery_codes": gettext_lazy("Set up an authenticator app or a security key first."),
    }

    def get_totp_issuer(self) -> str:
        return str(getattr(settings, "SITE_NAME", "") or _("Yiwang"))

    def _get_site_name(self) -> str:
        return self.get_totp_issuer()

    def encrypt(self, text: str) -> str:
        return cipher.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return cipher.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        account = authenticator.user
        if not queries.actor_for(account).needs_second_factor:
            return True
        others = queries.second_factors(account.pk).exclude(pk=authenticator.pk)
        return others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002  (allauth's name)
        return _("Security key %(number)s") % {"number": queries.second_factors(user.pk).filter(type=type).count() + 1}


def keep_language(response: HttpResponse, language: str) -> None:
    """Set the language cookie for a year."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
