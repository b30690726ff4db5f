"""Refusals of accounts, posts and delegations."""

from dataclasses import dataclass
from typing import Any, ClassVar

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
