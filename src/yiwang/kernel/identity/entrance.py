"""The forms at the entrance that are ours: codes, security keys and passwords, each try counted (kernel/.../lockout.py)."""

from typing import Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.rates import address_of
from yiwang.kernel.identity.adapter import SecondFactorAdapter, locked_sentence
from yiwang.kernel.identity.errors import SignInLocked
from yiwang.kernel.identity.passwords import LONGEST
from yiwang.kernel.identity.services import lockout, sign_ins

CODE_LONGEST = 40


def _code_field(field: forms.Field, label: Any) -> None:
    field.label = label
    assert isinstance(field, forms.CharField)
    field.max_length = CODE_LONGEST
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": str(CODE_LONGEST), "autofocus": True}
    field.widget = forms.TextInput(attrs=attributes)


class _Counted:
    """One try of a person who is known by name already; `step` names it on record."""

    step = "code"
    user: Any

    def counted(self, look: Any) -> Any:
        try:
            tried = lockout.begin(self.user.username, address_of(context.request))
            try:
                found = look()
            except ValidationError:
                lockout.wrong(tried, step=self.step)
                raise
            lockout.right(tried)
            return found
        except SignInLocked as problem:
            raise locked_sentence(problem) from problem


class _Code(_Counted):
    fields: dict[str, forms.Field]
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self.fields["code"], _("One-time code"))

    def clean_code(self) -> str:
        def look() -> str:
            code: str = super(_Code, self).clean_code()  # type: ignore[misc]
            if self.authenticator.type == Authenticator.Type.TOTP and not sign_ins.take_code(self.user, code):
                raise SecondFactorAdapter().validation_error("incorrect_code")
            return code

        return str(self.counted(look))


class CodeForm(_Code, AuthenticateForm):
    """The code after the password."""


class CodeAgainForm(_Code, ReauthenticateForm):
    """The code of somebody signed in who is asked again who he is."""


class ActivateCodeForm(_Counted, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self.fields["code"], _("Code that the app shows"))

    def clean_code(self) -> str:
        return str(self.counted(super().clean_code))


class _Key(_Counted):
    step = "key"

    def clean_credential(self) -> Authenticator:
        found: Authenticator = self.counted(super().clean_credential)  # type: ignore[misc]
        return found


class KeyForm(_Key, AuthenticateWebAuthnForm):
    """The security key after the password."""


class KeyAgainForm(_Key, ReauthenticateWebAuthnForm):
    """The security key of somebody signed in who is asked again who he is."""


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(
            label=_("What you call this key"), max_length=60, initial=self.fields["name"].initial or self.initial.get("name"),
            help_text=_("You may have several; a name tells them apart."),
        )  # fmt: skip


class NameKeyForm(EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=_("What you call this key"), max_length=60)


class ChangePasswordForm(AllauthChangePasswordForm):
    """A new password: the present one counted as at the sign-in, every rule told at its field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": _("Present password"), "password1": _("New password"), "password2": _("New password once more")}
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
            self.fields[name].widget.attrs.pop("placeholder", None)
            self.fields[name].widget.attrs["maxlength"] = str(LONGEST + 1)

    def clean_oldpassword(self) -> str:
        try:
            tried = lockout.begin(self.user.username, address_of(context.request))
            if not self.user.check_password(self.cleaned_data.get("oldpassword", "")):
                lockout.wrong(tried)
                raise ValidationError(_("This is not your present password."), code="password")
            lockout.right(tried)
        except SignInLocked as problem:
            raise locked_sentence(problem) from problem
        return str(self.cleaned_data["oldpassword"])


class PasswordAgainForm(AllauthReauthenticateForm):
    """The password of somebody signed in who is asked again who he is; counted by the adapter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label, self.fields["password"].help_text = _("Present password"), ""
        self.fields["password"].widget.attrs.pop("placeholder", None)
