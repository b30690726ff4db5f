"""Why a call to another system (对外请求) did not come about."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class OutgoingRefused(ProblemError):
    """We do not go there: a setting has to allow it first."""

    host: str
    reason: str
    code: ClassVar[str] = "base.outgoing-refused"
    title: ClassVar[Any] = _("This platform does not call that address")
    hint: ClassVar[Any] = _("%(host)s: %(reason)s. An administrator can allow it by YIWANG_OUTGOING_ALLOW.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class OutgoingFailed(ProblemError):
    """The other side did not answer as it should; trying later may help."""

    host: str
    reason: str
    code: ClassVar[str] = "base.outgoing-failed"
    title: ClassVar[Any] = _("The other system did not answer")
    hint: ClassVar[Any] = _("%(host)s: %(reason)s. Try again later.")
    status: ClassVar[int] = 502


@dataclass(kw_only=True, eq=False)
class OutgoingUntrusted(OutgoingFailed):
    """The other side could not show that it is who it should be: nothing was sent to it."""

    code: ClassVar[str] = "base.outgoing-untrusted"
    title: ClassVar[Any] = _("The other system cannot be trusted")
    hint: ClassVar[Any] = _(
        "%(host)s: %(reason)s. Nothing was sent. Whoever runs that system has to mend it; an issuer of your own is named by YIWANG_OUTGOING_CA."
    )
