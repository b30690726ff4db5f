"""What is passed about a change of grids; plain Python and shapes."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from yiwang.kernel.geography.ground import OpenWork

KINDS = ("split", "merge", "recode", "redraw", "draw", "remove")  # of the desk; `file` comes from a map file


@dataclass(frozen=True)
class GridPiece:
    """A grid as a row of a file has it; what is empty comes from the grid that it takes the place of, or from the community."""

    shape: Polygon
    code: str = ""
    name: str = ""
    manual_level: str = ""
    land_use: str = ""
    responsible_org_id: int | None = None
    remark: str = ""
    responsibility_code: str = ""
    valid_from: date | None = None


@dataclass(frozen=True)
class GridChange:
    """What somebody wants: which live grids (uids), and how they shall be.

    `geometry` is GeoJSON or WKT: the cutting line of a split; the polygons of redraw and draw. `codes` are wished ones in
    the order of the pieces, west to east; empty gives the next free ones. `file` takes `pieces` instead: they take the
    place of `grids` of one community, or lie where no grid is.
    """

    kind: str
    grids: tuple[str, ...] = ()
    community: str = ""  # code; only draw and file need it
    geometry: str = ""
    codes: tuple[str, ...] = ()
    reason: str = ""
    pieces: tuple[GridPiece, ...] = ()


@dataclass(frozen=True)
class Remark:
    """One result of the checks in the reader's language; `level` is error or notice.

    `reason`, `piece`, `facts` and `shape` are those of the check (rules.grids.Finding); other grids are named by code.
    """

    rule: str
    level: str
    text: str
    reason: str = ""
    piece: int | None = None
    facts: dict[str, object] = field(default_factory=dict)
    shape: BaseGeometry | None = None


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
    given: GridPiece | None = None
    over: tuple[int, ...] = ()  # of a file: all old ones with which it shares ground


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
    new_ids: tuple[int, ...] = ()
    event_uid: UUID | None = None
