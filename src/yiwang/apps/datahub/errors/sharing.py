"""What the catalogue, requests and grants refuse."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class SamePerson(ProblemError):
    """Who handed something in judges it, or who asks for data grants it."""

    code: ClassVar[str] = "datahub.share.same-person"
    title: ClassVar[Any] = _("A second person has to judge this.")
    hint: ClassVar[Any] = _("Whoever handed it in does not judge it. Ask a colleague who may.")
# --- sources -----------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True, eq=False)
class NotNow(ProblemError):
    """The step does not fit the state: somebody was faster, or the page is old."""

    state: str = ""
    code: ClassVar[str] = "datahub.share.not-now"
    title: ClassVar[Any] = _("This does not fit its present state.")
    hint: ClassVar[Any] = _("It is now: %(state)s. Open the page again to see what can be done.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class NotShared(ProblemError):
    """The set is not shared at all; its law is named."""

    law: str = ""
    code: ClassVar[str] = "datahub.share.not-shared"
    title: ClassVar[Any] = _("This data set is not shared.")
    hint: ClassVar[Any] = _("The source bureau names as its reason: %(law)s. Ask whether a check (yes or no) is enough for you.")
    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class WrongKey(ProblemError):
    """No key, a key that is none, or a signature that does not fit: all look alike."""

    code: ClassVar[str] = "datahub.grant.wrong-key"
    title: ClassVar[Any] = _("This call is not signed as it has to be.")
    hint: ClassVar[Any] = _("Check key, clock and the text that is signed; the reference page on signed calls has an example.")
    status: ClassVar[int] = 401


@dataclass(kw_only=True, eq=False)
class GrantClosed(ProblemError):
    """A good signature of a grant that may not be used (any more)."""

    why: str = ""
    reason: str = ""
    code: ClassVar[str] = "datahub.grant.closed"
    title: ClassVar[Any] = _("This grant cannot be used.")
    hint: ClassVar[Any] = _("It is closed (%(why)s): %(reason)s Ask your bureau's data officer; calls with this key are refused and on record.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class RateExceeded(ProblemError):
    retry_after_s: int = 60
    most: int = 0
    per: str = "minute"
    code: ClassVar[str] = "datahub.grant.rate"
    title: ClassVar[Any] = _("More calls than this grant allows.")
    hint: ClassVar[Any] = _(
        "At most %(most)s calls each %(per)s. Wait %(retry_after_s)s seconds, ask for more rows at once, or ask the source bureau for a larger quota."
    )
    status: ClassVar[int] = 429


@dataclass(kw_only=True, eq=False)
class NotGranted(ProblemError):
    """A column, filter or way beyond the grant."""

    what: str = ""
    code: ClassVar[str] = "datahub.grant.beyond"
    title: ClassVar[Any] = _("This goes beyond what was granted.")
    hint: ClassVar[Any] = _("Not granted: %(what)s. Ask for what the grant names, or make another request.")
    status: ClassVar[int] = 403
