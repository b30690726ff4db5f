"""Refusals of the record."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class SealsDisagree(ProblemError):
    """The copy of the seals outside the database is not what the database says: somebody changed one of them."""

    stream: str
    number: int
    path: str
    code: ClassVar[str] = "audit.seals-disagree"
    title: ClassVar[Any] = _("The seals outside the database do not fit those inside")
    hint: ClassVar[Any] = _(
        "Seal %(number)s of %(stream)s in %(path)s is missing or different in the database. Nothing is sealed until "
        "this is cleared up: run `yiwang audit verify`. After restoring a backup on purpose run "
        "`yiwang audit restored --reason ...`."
    )


@dataclass(kw_only=True, eq=False)
class OwnWarning(ProblemError):
    """Nobody judges a warning about himself."""

    code: ClassVar[str] = "audit.own-warning"
    title: ClassVar[Any] = _("This warning is about yourself")
    hint: ClassVar[Any] = _("Another audit administrator judges it.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class AlreadyJudged(ProblemError):
    code: ClassVar[str] = "audit.already-judged"
    title: ClassVar[Any] = _("This warning has been judged already")
    hint: ClassVar[Any] = _("Open the page again to see by whom and why.")
    status: ClassVar[int] = 409
