"""Refusals of accounts, posts and delegations."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class OwnRights(ProblemError):
    """Nobody widens or narrows his own rights: another administrator does."""

    code: ClassVar[str] = "identity.own-rights"
    title: ClassVar[Any] = _("You cannot change your own rights")
    hint: ClassVar[Any] = _("Ask another administrator to do it.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class OfficesJoined(ProblemError):
    """Two of the three administrators in one person or one role (三员分立)."""

    offices: str = ""
    code: ClassVar[str] = "identity.offices-joined"
    title: ClassVar[Any] = _("Two of the three administrators cannot be joined")
    hint: ClassVar[Any] = _(
        "System, security and audit administrator are three different persons, and no role joins two of them. Choose "
        "another person, or end the other office first."
    )
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class OfficeWithBusiness(ProblemError):
    """An administrator's role that also shows business data."""

    permissions: str = ""
    code: ClassVar[str] = "identity.office-with-business"
    title: ClassVar[Any] = _("An administrator's role holds no business")
    hint: ClassVar[Any] = _("Put these into a role of their own: %(permissions)s")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class PostNotHeld(ProblemError):
    post: str = ""
    code: ClassVar[str] = "identity.post-not-held"
    title: ClassVar[Any] = _("You do not hold this post now")
    hint: ClassVar[Any] = _(
        "Choose one of the posts in the list; the administrator can tell when yours begins or ended."
    )
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class HoldingExists(ProblemError):
    post: str = ""
    code: ClassVar[str] = "identity.holding-exists"
    title: ClassVar[Any] = _("This person holds this post already")
    hint: ClassVar[Any] = _("End the present appointment first, or choose another post.")


@dataclass(kw_only=True, eq=False)
class DelegationOverlaps(ProblemError):
    code: ClassVar[str] = "identity.delegation-overlaps"
    title: ClassVar[Any] = _("This person already stands in for you in that time")
    hint: ClassVar[Any] = _("Revoke the earlier delegation first, or choose other dates.")


@dataclass(kw_only=True, eq=False)
class AlreadyEnded(ProblemError):
    code: ClassVar[str] = "identity.already-ended"
    title: ClassVar[Any] = _("This has already ended")
    hint: ClassVar[Any] = _("Open the page again to see the present state.")


@dataclass(kw_only=True, eq=False)
class ForgedRequest(ProblemError):
    code: ClassVar[str] = "identity.forged-request"
    title: ClassVar[Any] = _("This request did not come from our own page")
    hint: ClassVar[Any] = _(
        "Open the page again and repeat; programs sign in with an API key instead of a browser's session."
    )
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class SignInLocked(ProblemError):
    """Too many failures of a name or from an address; the words are the same whether anybody has that name."""

    until: datetime
    time: str = field(default="", init=False)
    minutes: int = field(default=0, init=False)
    retry_after_s: int = field(default=0, init=False)
    code: ClassVar[str] = "identity.sign-in-locked"
    title: ClassVar[Any] = _("Too many failed attempts")
    hint: ClassVar[Any] = _(
        "Too many failed attempts. The next one is possible at %(time)s, in %(minutes)s minutes. The security administrator "
        "can release it sooner."
    )
    status: ClassVar[int] = 429

    def __post_init__(self) -> None:
        left = (self.until - timezone.now()).total_seconds()
        self.retry_after_s = max(1, round(left))
        self.minutes = max(1, -int(-left // 60))
        self.time = formats.time_format(timezone.localtime(self.until), "H:i")


@dataclass(kw_only=True, eq=False)
class PasswordWaits(ProblemError):
    """The password is right, was given by an administrator, and nobody has released it yet."""

    code: ClassVar[str] = "identity.password-waits"
    title: ClassVar[Any] = _("This password is not released yet")
    hint: ClassVar[Any] = _(
        "An administrator gave you this password; it works as soon as the security administrator has released it. Ask the "
        "security administrator, then sign in again."
    )
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class PasswordDue(ProblemError):
    """The present password is known to somebody else, or older than is allowed here."""

    address: str = ""
    code: ClassVar[str] = "identity.password-due"
    title: ClassVar[Any] = _("Choose a new password first")
    hint: ClassVar[Any] = _("Your password was given to you by somebody else, or is too old. Open %(address)s to choose one; then everything is open again.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class SecondFactorDue(ProblemError):
    """A post of his asks for two factors, and he has one."""

    address: str = ""
    code: ClassVar[str] = "identity.second-factor-due"
    title: ClassVar[Any] = _("Your post asks for a second factor")
    hint: ClassVar[Any] = _("Open %(address)s to set one up: an authenticator app or a security key. Then everything is open again.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class NotHandedOver(ProblemError):
    """The person to whom work should go cannot take any of it."""

    code: ClassVar[str] = "identity.not-handed-over"
    title: ClassVar[Any] = _("The open tasks cannot be handed to this person")
    hint: ClassVar[Any] = _("Choose somebody active who holds a post now, or give the tasks back to the post.")
