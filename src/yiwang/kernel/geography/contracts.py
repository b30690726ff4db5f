"""What rooms and apps pass about places; plain Python. Coordinates are (longitude, latitude) in WGS 84 degrees."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

SRID = 4326  # of everything stored


@dataclass(frozen=True, slots=True)
class AreaRef:
    """One jurisdiction of the chain that holds a point."""

    id: int
    uid: str
    level: str
    code: str
    path: str
    name: dict[str, str] = field(default_factory=dict, compare=False)
    manual_level: str = "A"
    two_level: bool = False


@dataclass(frozen=True, slots=True)
class GridRef:
    """A responsibility grid (责任网格)."""

    id: int
    uid: str
    code: str
    name: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class NearAsset:
    """An asset with its distance to the point asked, in metres on the ellipsoid."""

    id: int
    uid: str
    code: str
    class_code: str
    name: dict[str, str] = field(compare=False)
    distance_m: float
    status: str = "intact"
    lon: float = 0.0
    lat: float = 0.0


@dataclass(frozen=True, slots=True)
class NearAddress:
    """The nearest door plate, landmark or crossing."""

    name: str
    kind: str
    road: str
    distance_m: float
    lon: float = 0.0
    lat: float = 0.0


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """All that a point says about itself. `chain` runs from the root down to the deepest area that holds it."""

    lon: float
    lat: float
    inside: bool
    chain: tuple[AreaRef, ...] = ()
    responsibility_grid: GridRef | None = None
    nearest_asset: NearAsset | None = None
    address: NearAddress | None = None
    crossing: NearAddress | None = None

    def _level(self, level: str) -> AreaRef | None:
        return next((area for area in self.chain if area.level == level), None)

    @property
    def root(self) -> AreaRef | None:
        return self.chain[0] if self.chain else None

    @property
    def area(self) -> AreaRef | None:
        """The deepest area; its path is what scoped rows carry."""
        return self.chain[-1] if self.chain else None

    @property
    def area_path(self) -> str:
        return self.chain[-1].path if self.chain else ""

    @property
    def district(self) -> AreaRef | None:
        return self._level("district")

    @property
    def street(self) -> AreaRef | None:
        return self._level("street")

    @property
    def community(self) -> AreaRef | None:
        return self._level("community")

    @property
    def unit_grid(self) -> AreaRef | None:
        return self._level("grid")

    @property
    def no_grid(self) -> bool:
        """Inside the area, but no unit grid is drawn there: the report is taken, and the clerk is told."""
        return self.inside and self.unit_grid is None


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """What one point of many lies in: keys alone. `area_path` is empty outside; numbers are 0 where there is nothing."""

    area_path: str = ""
    level: str = ""
    responsibility_grid_id: int = 0
    nearest_asset_id: int = 0
    asset_m: float = 0.0

    @property
    def inside(self) -> bool:
        return bool(self.area_path)


class Accuracy(StrEnum):
    """How exactly a place is known that words named: from a door plate to the middle of a district."""

    DOOR = "door"
    INTERPOLATED = "interpolated"  # on the road between known numbers, or at the nearest of them
    CROSSING = "crossing"
    POI = "poi"
    RELATIVE = "relative"  # so many metres from a named place: a hint, never surveyed
    ROAD = "road"  # somewhere on it
    COMMUNITY = "community"
    STREET = "street"
    AREA = "area"


ENOUGH = 0.4  # below it, words were guessed more than read


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a place was taken: which part of the text, what it was taken for, and how.

    `how`: exact, alias, sound, typing (a letter wrong), whole or part (of a number), interpolated, nearest, moved,
    likeness; against it: contradicted, ignored.
    """

    part: str
    typed: str
    taken: str
    how: str


@dataclass(frozen=True, slots=True)
class AddressMatch:
    """A place that a text may mean. `level` is that of basic place names (GB/T 30428.3): 4 street, 5 community, 6 road,
    7 estate, 8 door plate, 9 building, 10 landmark. `score` is 0 to 1. `ambiguous`: another place fits the words as well."""

    name: str
    kind: str
    level: int
    score: float
    lon: float
    lat: float
    area_path: str = ""
    accuracy: str = ""
    why: tuple[Evidence, ...] = ()
    ambiguous: bool = False

    @property
    def is_enough(self) -> bool:
        """It is enough to send somebody there: below the level of a road, likely, and the only such place."""
        return self.level > 6 and self.score >= ENOUGH and not self.ambiguous


@dataclass(frozen=True, slots=True)
class Column:
    """One property of a layer's features: its name outside, and the SQL that gives it (never from outside).

    `type` is string, integer, number, boolean, date or date-time. `in_tile` says whether tiles carry it; every column can be
    filtered by equality unless `filterable` is off.
    """

    name: str
    sql: str
    type: str = "string"
    in_tile: bool = True
    filterable: bool = True
    label: Any = ""
    choices: tuple[tuple[str, Any], ...] = ()  # words for coded values, shown to people


@dataclass(frozen=True, slots=True)
class Levels:
    """What a layer shows at a zoom (of tiles of 512 pixels): a condition more, and its values."""

    where: str = "TRUE"
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A layer as a table, seen by one reader: what tiles and OGC API - Features read.

    `where` with its `values` holds the layer's own rows and the reader's scope, so nothing outside of it can be asked for.
    `id` is unique, ascending and never shown; `uid` names a feature outside. `time` is the SQL of begin and end, if any.
    """

    table: str
    geometry: str
    id: str
    uid: str
    columns: tuple[Column, ...]
    where: str = "TRUE"
    values: tuple[Any, ...] = ()
    time: tuple[str, str] = ("", "")
    by_zoom: Callable[[int], Levels] | None = None
