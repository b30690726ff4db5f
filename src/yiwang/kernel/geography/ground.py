"""Who stands on this ground: what apps have on a grid or a component, and photos of components.

The room knows neither cases nor files. An app names an object with the `GroundUser` protocol as `ground` in its manifest;
the room that keeps files registers itself by `register_photos`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor


@dataclass(frozen=True)
class Standing:
    """Something open, as a list shows it. `state` is already in the reader's language."""

    code: str
    title: str
    url: str = ""
    state: str = ""
    at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True)
class OpenWork:
    """What is open on some ground: how many in all, and those that the reader may see (at most fifty)."""

    count: int = 0
    rows: tuple[Standing, ...] = ()

    def __add__(self, other: "OpenWork") -> "OpenWork":
        return OpenWork(self.count + other.count, (*self.rows, *other.rows)[:50])


@dataclass(frozen=True)
class GridSwap:
    """Old unit grids and the live ones that took their place: whoever stands in an old one goes to where his point lies."""

    old_ids: tuple[int, ...]
    new_ids: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True)
class Figure:
    """One number of an app about a responsibility grid, and the page where it is opened (empty: the reader may not)."""

    label: str
    value: str
    url: str = ""


class GroundUser(Protocol):
    """What an app tells of itself."""

    def open_in(self, actor: Actor, area_ids: Sequence[int]) -> OpenWork:
        """Return what is open in these grids."""

    def move(self, actor: Actor, swap: GridSwap) -> int:
        """Take open work along to the new grids, inside the caller's transaction; ended work keeps the old ones."""

    def of_asset(self, actor: Actor, asset_id: int) -> list[Standing]:
        """Return what concerns a component and the reader may see, the newest first (at most fifty)."""

    def class_names(self) -> Mapping[str, str]:
        """Return the names of component classes in the reader's language by their five digits."""

    def patrol_permissions(self) -> Sequence[str]:
        """Return the permissions whose holders may be named as inspectors of a responsibility grid."""

    def of_beat(self, actor: Actor, grid_id: int) -> list[Figure]:
        """Return what the app has to say of a responsibility grid, as far as the reader may know it."""


class PhotoKeeper(Protocol):
    """The room of files, as this one sees it."""

    def keep(self, actor: Actor, files: Sequence[Any], *, subject_uid: UUID, area_path: str) -> int: ...

    def of(self, subject_uid: UUID) -> list[dict[str, Any]]: ...


_photos: list[PhotoKeeper] = []


def register_photos(keeper: PhotoKeeper) -> None:
    """Let this keeper hold the photos of components."""
    _photos[:] = [keeper]


def photos() -> PhotoKeeper | None:
    return _photos[0] if _photos else None


def users() -> Iterator[GroundUser]:
    """Yield what apps declare, in the order of their installation."""
    for manifest in registry.manifests().values():
        if manifest.ground:
            yield registry.dotted(manifest.ground)


def open_in(actor: Actor, area_ids: Sequence[int]) -> OpenWork:
    """Return what is open in these grids, of all apps together."""
    return sum((user.open_in(actor, area_ids) for user in users()), OpenWork()) if area_ids else OpenWork()


def move(actor: Actor, swap: GridSwap) -> int:
    return sum(user.move(actor, swap) for user in users())


def of_asset(actor: Actor, asset_id: int) -> list[Standing]:
    return [row for user in users() for row in user.of_asset(actor, asset_id)]


def class_names() -> dict[str, str]:
    """Return the names of component classes by code; empty where no app brings a dictionary."""
    return {code: name for user in users() for code, name in user.class_names().items()}


def patrol_permissions() -> list[str]:
    return sorted({code for user in users() for code in user.patrol_permissions()})


def of_beat(actor: Actor, grid_id: int) -> list[Figure]:
    return [figure for user in users() for figure in user.of_beat(actor, grid_id)]
