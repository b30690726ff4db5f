"""What is passed about a change of grids; plain Python and shapes."""

from dataclasses import dataclass, field

from shapely.geometry import Polygon

from yiwang.kernel.geography.ground import OpenWork

KINDS = ("split", "merge", "recode", "redraw", "draw", "remove")


@dataclass(frozen=True)
class GridChange:
    """What somebody wants: which live grids (uids), and how they shall be.

    `geometry` is GeoJSON or WKT: the cutting line of a split; the polygons of redraw and draw. `codes` are wished ones in
    the order of the pieces, west to east; empty gives the next free ones.
    """

    kind: str
    grids: tuple[str, ...] = ()
    community: str = ""  # code; only draw needs it
    geometry: str = ""
    codes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Remark:
    """One result of the checks in the reader's language; `level` is error or notice."""

    rule: str
    level: str
    text: str


@dataclass(frozen=True)
class PlannedGrid:
    """A grid that would be: its code, shape, size and the components in it. `heir_of` counts in `GridPlan.old_codes`."""

    code: str
    number: int
    shape: Polygon
    area_m2: float
    components: int = 0
    heir_of: int | None = None
    responsibility_code: str = ""


@dataclass(frozen=True)
class GridPlan:
    """What a change would do, before anybody does it."""

    change: GridChange
    community_id: int
    community_code: str
    community_path: str
    old_ids: tuple[int, ...]
    old_codes: tuple[str, ...]
    pieces: tuple[PlannedGrid, ...]
    remarks: tuple[Remark, ...] = ()
    components: int = 0
    left_over: int = 0  # components of the old grids that would lie in none
    work: OpenWork = field(default_factory=OpenWork)

    @property
    def errors(self) -> tuple[Remark, ...]:
        return tuple(r for r in self.remarks if r.level == "error")


@dataclass(frozen=True)
class GridsChanged:
    """What was done: codes, and how many components and open cases went along."""

    old_codes: tuple[str, ...]
    new_codes: tuple[str, ...]
    new_uids: tuple[str, ...]
    components: int
    work: int
