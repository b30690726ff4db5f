"""What the macro-economic base and the ground refuse."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class FigureDoubtful(ProblemError):
    """A figure that looks like a mistake; said again as meant it is kept."""

    said: str = ""
    code: ClassVar[str] = "datahub.figure.doubtful"
    title: ClassVar[Any] = _("This figure looks like a mistake.")
    hint: ClassVar[Any] = _("%(said)s Tick that you are sure, and it is kept.")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class FigureNotNow(ProblemError):
    state: str = ""
    code: ClassVar[str] = "datahub.figure.not-now"
    title: ClassVar[Any] = _("This figure does not wait for release.")
    hint: ClassVar[Any] = _("It stands at: %(state)s.")


@dataclass(kw_only=True, eq=False)
class GroundTooLarge(ProblemError):
    """So much lies there that it is not measured at once."""

    code: ClassVar[str] = "datahub.ground.too-large"
    title: ClassVar[Any] = _("Too much lies there to be measured at once.")
    hint: ClassVar[Any] = _("Draw a smaller area.")
    status: ClassVar[int] = 422
