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


@dataclass(kw_only=True, eq=False)
class NoPurpose(ProblemError):
    """Nobody reads a person's values without saying what for."""

    code: ClassVar[str] = "audit.no-purpose"
    title: ClassVar[Any] = _("Personal data is not read without a purpose")
    hint: ClassVar[Any] = _("Say for which task you need it. The person concerned can see it.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class NothingToRelease(ProblemError):
    code: ClassVar[str] = "audit.nothing-to-release"
    title: ClassVar[Any] = _("There is no secret reading to release here")
    hint: ClassVar[Any] = _("It was released already, or was never secret. Open the list again.")
    status: ClassVar[int] = 409
