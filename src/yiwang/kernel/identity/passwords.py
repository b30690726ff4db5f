"""What a password must be (口令规则), each rule with a sentence of its own, told at the field.

GB/T 22239-2019 level 3, 8.1.4.1 a): identity credentials are complex and changed; the last ones are not used again.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LONGEST = 128
LONG_ENOUGH = 15  # a phrase of this length may do with two kinds of characters


def kinds(password: str) -> int:
    """Return how many of these occur: small letters, capitals, figures, anything else."""
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum() or not c.isascii())
    return sum(any(test(c) for c in password) for test in tests)


class LongestValidator:
    """At most 128 characters: nobody makes us hash a book."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(_("At most %(count)s characters.") % {"count": LONGEST}, code="long")

    def get_help_text(self) -> str:
        return _("At most %(count)s characters.") % {"count": LONGEST}


class KindsValidator:
    """Three kinds of characters, or two in a long phrase."""

    def validate(self, password: str, user: Any = None) -> None:
        if kinds(password) < (2 if len(password) >= LONG_ENOUGH else 3):
            raise ValidationError(self.get_help_text(), code="kinds")

    def get_help_text(self) -> str:
        return _(
            "Use at least three of: small letters, capitals, figures, other signs; two will do from %(count)s characters on."
        ) % {"count": LONG_ENOUGH}


class OwnNameValidator:
    """One's own name or user name is the first that others try."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None:
            return
        lower = password.lower()
        names = (user.username, user.name, user.name_en.replace(" ", ""), user.duty_phone)
        if any(len(name) >= 3 and name.lower() in lower for name in names):
            raise ValidationError(self.get_help_text(), code="own-name")

    def get_help_text(self) -> str:
        return _("Leave out your own name, user name and telephone number.")


class HistoryValidator:
    """The last ones, and the present one, are not taken again (PASSWORD_HISTORY)."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None or not settings.PASSWORD_HISTORY:
            return
        from yiwang.kernel.identity.models import OldPassword

        last = OldPassword.objects.filter(account=user).order_by("-set_at", "-pk")[: settings.PASSWORD_HISTORY]
        stored = {user.password, *last.values_list("password", flat=True)}
        if any(check_password(password, known) for known in stored if known):
            raise ValidationError(self.get_help_text(), code="used-before")

    def get_help_text(self) -> str:
        count = settings.PASSWORD_HISTORY
        text = ngettext(
            "Choose one that is not your last password.", "Choose one that is none of your last %(count)s passwords.", count
        )
        return text % {"count": count}

    def password_changed(self, password: str, user: Any = None) -> None:
        """Keep the new one's hash; called by Django when an account with a fresh password was saved."""
        from yiwang.kernel.identity.models import OldPassword

        if user is None or user.pk is None:
            return
        OldPassword.objects.create(account=user, password=user.password, set_at=timezone.now())
        kept = OldPassword.objects.filter(account=user).order_by("-set_at", "-pk")
        most = max(settings.PASSWORD_HISTORY, 1)
        OldPassword.objects.filter(account=user).exclude(pk__in=list(kept.values_list("pk", flat=True)[:most])).delete()
