"""Refusals about places."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import BadInput, ProblemError


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


@dataclass(kw_only=True, eq=False)
class AssetChanged(ProblemError):
    """Two people had the same component open; the second is told who was first."""

    asset_code: str
    by: str
    at: str
    code: ClassVar[str] = "geography.asset-changed"
    title: ClassVar[Any] = _("Somebody else changed this component meanwhile")
    hint: ClassVar[Any] = _("%(by)s changed it at %(at)s. Nothing of yours has been saved: look at it as it is now, then enter your change again.")


@dataclass(kw_only=True, eq=False)
class AssetGone(ProblemError):
    asset_code: str
    code: ClassVar[str] = "geography.asset-gone"
    title: ClassVar[Any] = _("This component is no longer there")
    hint: ClassVar[Any] = _("%(asset_code)s was taken out of use. Enter what stands there now as a new component with a code of its own.")


@dataclass(kw_only=True, eq=False)
class ListChanged(ProblemError):
    expected: int
    found: int
    code: ClassVar[str] = "geography.list-changed"
    title: ClassVar[Any] = _("The list has changed since the preview")
    hint: ClassVar[Any] = _("The preview said %(expected)s components, now it is %(found)s. Nothing has been changed. Look at the preview again.")


@dataclass(kw_only=True, eq=False)
class GridChanged(ProblemError):
    """Two editors at the same grids; the second is told what the first made of them."""

    grid_codes: tuple[str, ...]
    happened: tuple[str, ...]
    code: ClassVar[str] = "geography.grid-changed"
    title: ClassVar[Any] = _("Somebody else changed these grids meanwhile")
    hint: ClassVar[Any] = _("Nothing of yours has been done. What happened: %(happened)s. Open the grids as they are now and begin again.")


@dataclass(kw_only=True, eq=False)
class BeatChanged(ProblemError):
    """Two people had the same responsibility grid open; the second is told who was first."""

    grid_code: str
    by: str
    at: str
    code: ClassVar[str] = "geography.beat-changed"
    title: ClassVar[Any] = _("Somebody else changed this responsibility grid meanwhile")
    hint: ClassVar[Any] = _("%(by)s changed %(grid_code)s at %(at)s. Nothing of yours has been done: look at it as it is now, then enter your change again.")


@dataclass(kw_only=True, eq=False)
class GridInUse(ProblemError):
    """A grid on which something stands is not removed."""

    grid_codes: tuple[str, ...]
    open_work: int
    components: int
    listed: tuple[str, ...] = ()
    code: ClassVar[str] = "geography.grid-in-use"
    title: ClassVar[Any] = _("This grid is in use and cannot be removed")
    hint: ClassVar[Any] = _("Open cases: %(open_work)s, components: %(components)s. Merge the grid with a neighbour, so that they move there. %(listed)s")


@dataclass(kw_only=True, eq=False)
class GridRefused(ProblemError):
    """The checks of grids say no; each sentence names its rule (G01-G13)."""

    reasons: tuple[str, ...]
    code: ClassVar[str] = "geography.grid-refused"
    title: ClassVar[Any] = _("The grids cannot be drawn so")
    hint: ClassVar[Any] = _("Nothing has been changed. %(reasons)s")
    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class SecretLayer(ProblemError):
    layer: str
    code: ClassVar[str] = "geography.secret-layer"
    title: ClassVar[Any] = _("This layer is not shown online")
    hint: ClassVar[Any] = _("%(layer)s is marked secret. Ask its keeper for it on paper; that you asked has been recorded.")
    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class BadQuery(BadInput):
    """A parameter that OGC API - Features does not take: its answer is 400."""

    code: ClassVar[str] = "geography.bad-query"
    title: ClassVar[Any] = _("This query cannot be understood")
    hint: ClassVar[Any] = _("Correct the parameters listed; the API page says which there are.")
    status: ClassVar[int] = 400
