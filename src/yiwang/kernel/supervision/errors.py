"""Refusals of supervision."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class OrderNotOpen(ProblemError):
    """The order, or this part of it, has come to its end."""

    number: str
    state: str
    code: ClassVar[str] = "supervision.order-not-open"
    title: ClassVar[Any] = _("Nothing more is done on this order")
    hint: ClassVar[Any] = _("%(number)s: %(state)s. Open its page to see what was done and by whom.")


@dataclass(kw_only=True, eq=False)
class CardNotOpen(ProblemError):
    """The card was withdrawn or explained before."""

    state: str
    code: ClassVar[str] = "supervision.card-not-open"
    title: ClassVar[Any] = _("Nothing more is done on this card")
    hint: ClassVar[Any] = _("It stands as: %(state)s. Open its page to see what was done and by whom.")


@dataclass(kw_only=True, eq=False)
class OwnReply(ProblemError):
    """Who answers does not judge his own answer (监管分离)."""

    code: ClassVar[str] = "supervision.own-reply"
    title: ClassVar[Any] = _("You do not judge your own answer")
    hint: ClassVar[Any] = _("You, or somebody for whom you stand in, wrote this answer. Another person judges it.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class BookChanged(ProblemError):
    """Somebody else saved the rules in between."""

    shown: int
    present: int
    code: ClassVar[str] = "supervision.book-changed"
    title: ClassVar[Any] = _("The rules were changed in the meantime")
    hint: ClassVar[Any] = _("You saw version %(shown)s, now it is version %(present)s. Open the page again and make your change there.")
