"""Refusals about places."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError


@dataclass(kw_only=True, eq=False)
class OutsideArea(ProblemError):
    lon: float
    lat: float
    code: ClassVar[str] = "geography.outside-area"
    title: ClassVar[Any] = _("This place is outside the area that we serve")
    hint: ClassVar[Any] = _(
        "Move the pin on the map into the marked boundary, or report it to the city or county where the place is."
    )
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class BadShape(ProblemError):
    reason: str
    code: ClassVar[str] = "geography.bad-shape"
    title: ClassVar[Any] = _("This shape cannot be used")
    hint: ClassVar[Any] = _("Nothing has been changed. Correct this and save again: %(reason)s")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class GridTaken(ProblemError):
    grid_codes: tuple[str, ...]
    code: ClassVar[str] = "geography.grid-taken"
    title: ClassVar[Any] = _("Some unit grids already belong to another responsibility grid")
    hint: ClassVar[Any] = _("A unit grid belongs to one responsibility grid at a time. Take these out first: %(grid_codes)s")
