"""The ground: a bent lattice of about 100 x 100 m cells, and areas as sets of adjoining cells (单元网格, 责任网格).

Neighbouring cells share their vertices, and every larger area is drawn along cell edges, so that everything is seamless:
no gap, no overlap, at no level. Metres east and north of the origin become WGS 84 degrees by one linear map.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from math import atan2, cos, pi, radians, sin
from random import Random

from sample.spec import CITY, DISTRICTS, Spec

LON, LAT = 115.98, 36.45
METRES_PER_LAT = 110_976.0  # at 36.45 degrees north
METRES_PER_LON = 111_320.0 * cos(radians(LAT)) * 1.00113
CELL_M, JITTER_M = 100.0, 14.0
Cell = tuple[int, int]  # column (east), row (north)
Vertex = tuple[int, int]
Ring = list[tuple[float, float]]  # longitude, latitude; closed
LEVELS = {"371591": "A", "371592": "B", "371593": "C"}
# Names made for the county, with their English (pinyin) form for the second language.
DISTRICT_NAMES = {"371591": ("云东区", "Yundong District"), "371592": ("望川区", "Wangchuan District"), "371593": ("南陌区", "Nanmo District")}
STREET_NAMES = {
    "371591": (("朝霞街道", "Zhaoxia"), ("听河街道", "Tinghe"), ("云门街道", "Yunmen")),
    "371592": (("望湖街道", "Wanghu"), ("柳岸街道", "Liuan"), ("长桥街道", "Changqiao")),
    "371593": (("南陌街道", "Nanmo"), ("麦香街道", "Maixiang"), ("新铺街道", "Xinpu")),
}
FIRST = (("安", "An"), ("和", "He"), ("兴", "Xing"), ("康", "Kang"), ("文", "Wen"), ("清", "Qing"), ("永", "Yong"), ("嘉", "Jia"),
         ("瑞", "Rui"), ("平", "Ping"))  # fmt: skip
LAST = (("泰", "tai"), ("园", "yuan"), ("桥", "qiao"), ("里", "li"), ("苑", "yuan"), ("庄", "zhuang"), ("坊", "fang"), ("荷", "he"),
        ("源", "yuan"), ("岭", "ling"), ("林", "lin"), ("堤", "di"))  # fmt: skip


@dataclass(slots=True)
class Area:
    """One jurisdiction; `parent` is its parent's code."""

    code: str
    level: str
    parent: str
    name_zh: str
    name_en: str
    rings: list[Ring]
    area_m2: float
    centroid: tuple[float, float]
    manual_level: str = "A"
    two_level: bool = False


@dataclass(slots=True)
class Patrol:
    """A responsibility grid: adjoining unit grids of one street."""

    code: str
    name_zh: str
    name_en: str
    street: str
    grids: list[str]
    rings: list[Ring]
    area_m2: float


@dataclass(slots=True)
class Land:
    cells: list[Cell]
    areas: list[Area]  # parents before children
    patrols: list[Patrol]
    grid_of: dict[Cell, str]
    district_of: dict[Cell, str]
    street_of: dict[Cell, str]
    patrol_of: dict[Cell, str]
    vertices: dict[Vertex, tuple[float, float]]  # metres


def degrees(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude with 7 decimals (a centimetre)."""
    return round(LON + x / METRES_PER_LON, 7), round(LAT + y / METRES_PER_LAT, 7)


def neighbours(cell: Cell) -> tuple[Cell, Cell, Cell, Cell]:
    column, row = cell
    return (column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)


def parts(cells: Iterable[Cell]) -> list[set[Cell]]:
    """Return the connected parts, largest first."""
    left, found = set(cells), []
    while left:
        seed = min(left)
        left.discard(seed)
        part, queue = {seed}, deque([seed])
        while queue:
            for other in neighbours(queue.popleft()):
                if other in left:
                    left.discard(other)
                    part.add(other)
                    queue.append(other)
        found.append(part)
    return sorted(found, key=lambda p: (-len(p), min(p)))


def town(count: int, rng: Random) -> list[Cell]:
    """Return `count` adjoining cells in the shape of a town: a wide blot with a wavy edge."""
    waves = [(k, rng.uniform(0.02, 0.07), rng.uniform(0, 2 * pi)) for k in (2, 3, 5)]
    half = int((count / 2.2) ** 0.5) * 2

    def reach(cell: Cell) -> float:
        x, y = cell[0] / 1.35, cell[1] / 0.95
        angle = atan2(y, x)
        return (x * x + y * y) ** 0.5 / (1 + sum(a * sin(k * angle + p) for k, a, p in waves))

    ordered = sorted((reach((c, r)), c, r) for c in range(-half, half) for r in range(-half, half))
    chosen = {(c, r) for _, c, r in ordered[:count]}
    # Whatever does not hang together is exchanged for the next nearest cells that do.
    whole = parts(chosen)[0]
    for _, c, r in ordered:
        if len(whole) == count:
            break
        if (c, r) not in whole and any(n in whole for n in neighbours((c, r))):
            whole.add((c, r))
    return sorted(whole)


def split(cells: set[Cell], count: int, rng: Random) -> list[set[Cell]]:
    """Cut a connected set into `count` connected parts of nearly the same size (they differ by one or two)."""
    if count == 1:
        return [cells]
    left = count // 2
    target = round(len(cells) * left / count)
    for _ in range(60):
        grown = _grow(cells, target, rng)
        rest = cells - grown
        if len(parts(rest)) == 1:
            return split(grown, left, rng) + split(rest, count - left, rng)
    raise RuntimeError("these cells cannot be cut into connected parts")


def _grow(cells: set[Cell], target: int, rng: Random) -> set[Cell]:
    columns, rows = [c for c, _ in cells], [r for _, r in cells]
    wide = max(columns) - min(columns) >= max(rows) - min(rows)
    tilt, side = rng.uniform(-0.35, 0.35), rng.choice((1, -1))

    def order(cell: Cell) -> float:
        along, across = cell if wide else (cell[1], cell[0])
        return side * (along + tilt * across) + (cell[0] * 7919 + cell[1] * 104_729) % 13 / 16  # a little frayed

    start = min(cells, key=lambda c: (order(c), c))
    taken: set[Cell] = set()
    queue = [(order(start), start)]
    seen = {start}
    while len(taken) < target:
        _, cell = heappop(queue)
        taken.add(cell)
        for other in neighbours(cell):
            if other in cells and other not in seen:
                seen.add(other)
                heappush(queue, (order(other), other))
    return taken


def outline(cells: Iterable[Cell], vertices: dict[Vertex, tuple[float, float]]) -> tuple[list[Ring], float, tuple[float, float]]:
    """Return outer rings (counter-clockwise), area in m2 and centroid of a set of cells, drawn along their edges.

    Cells that touch only at a corner become rings of their own there, so that no ring crosses itself.
    """
    inside = set(cells)
    following: dict[Vertex, list[Vertex]] = {}
    for c, r in sorted(inside):
        corners = ((c, r), (c + 1, r), (c + 1, r + 1), (c, r + 1))
        across = ((c, r - 1), (c + 1, r), (c, r + 1), (c - 1, r))
        for i, other in enumerate(across):
            if other not in inside:
                following.setdefault(corners[i], []).append(corners[(i + 1) % 4])
    rings, area, cx, cy = [], 0.0, 0.0, 0.0
    while following:
        first = min(following)
        ring, here, came = [first], first, None
        while True:
            options = following[here]
            step = options[0] if len(options) == 1 or came is None else _leftmost(came, here, options)
            options.remove(step)
            if not options:
                del following[here]
            came, here = here, step
            if here == first:
                break
            ring.append(here)
        metres = [vertices[v] for v in ring]
        twice = 0.0
        for (x1, y1), (x2, y2) in zip(metres, [*metres[1:], metres[0]], strict=True):
            cross = x1 * y2 - x2 * y1
            twice += cross
            cx += (x1 + x2) * cross
            cy += (y1 + y2) * cross
        area += twice / 2
        if twice > 0:
            rings.append([degrees(*m) for m in [*metres, metres[0]]])
    return rings, area, degrees(cx / (6 * area), cy / (6 * area))


def _leftmost(came: Vertex, here: Vertex, options: list[Vertex]) -> Vertex:
    """At a corner shared by two cells turn left, so that each keeps its own ring."""
    dx, dy = here[0] - came[0], here[1] - came[1]
    return max(options, key=lambda o: dx * (o[1] - here[1]) - dy * (o[0] - here[0]))


def build(spec: Spec) -> Land:
    """Return the ground of the county."""
    rng = spec.stream("land")
    cells = town(spec.size.grids, rng)
    corners = sorted({(c + dc, r + dr) for c, r in cells for dc in (0, 1) for dr in (0, 1)})
    vertices = {
        (c, r): (c * CELL_M + rng.uniform(-JITTER_M, JITTER_M), r * CELL_M + rng.uniform(-JITTER_M, JITTER_M)) for c, r in corners
    }
    land = Land(cells, [], [], {}, {}, {}, {}, vertices)
    everything = set(cells)
    _add(land, CITY, "city", "", "云望市", "Yunwang City", everything)
    districts = split(everything, 3, rng)
    districts.sort(key=lambda d: -sum(c for c, _ in d) / len(d))  # east first, as the names say
    names = [(f + last, fe + le) for f, fe in FIRST for last, le in LAST]
    rng.shuffle(names)
    for code, district in zip(DISTRICTS, districts, strict=True):
        zh, en = DISTRICT_NAMES[code]
        area = _add(land, code, "district", CITY, zh, en, district)
        area.manual_level, area.two_level = LEVELS[code], code == "371591"
        sequence = 0
        for number, street in enumerate(split(district, 3, rng), 1):
            street_code = f"{code}{number:03d}"
            zh, en = STREET_NAMES[code][number - 1]
            _add(land, street_code, "street", code, zh, f"{en} Subdistrict", street).manual_level = LEVELS[code]
            land.street_of.update(dict.fromkeys(street, street_code))
            land.district_of.update(dict.fromkeys(street, code))
            count = max(1, round(len(street) / 50))
            _communities(land, street_code, split(street, count, rng), names)
            for patrol in split(street, count, rng):
                sequence += 1
                _patrol(land, f"{code}Z{sequence:04d}", street_code, zh, en, sequence, patrol)
    land.areas.sort(key=lambda a: (len(a.code), a.code) if a.level != "city" else (0, ""))
    return land


def _add(land: Land, code: str, level: str, parent: str, zh: str, en: str, cells: Iterable[Cell]) -> Area:
    rings, area_m2, centroid = outline(cells, land.vertices)
    area = Area(code, level, parent, zh, en, rings, round(area_m2, 2), centroid)
    land.areas.append(area)
    return area


def _communities(land: Land, street: str, found: list[set[Cell]], names: list[tuple[str, str]]) -> None:
    """Add communities with their unit grids, numbered west to east, then north to south."""
    for number, cells in enumerate(found, 1):
        code = f"{street}{number:03d}"
        zh, en = names.pop()
        level = LEVELS[street[:6]]
        _add(land, code, "community", street, f"{zh}社区", f"{en} Community", cells).manual_level = level
        for sequence, cell in enumerate(sorted(cells, key=lambda c: (-c[1], c[0])), 1):
            grid = f"{code}{sequence:03d}"
            _add(land, grid, "grid", code, f"{zh}{sequence:03d}网格", f"{en} grid {sequence:03d}", [cell]).manual_level = level
            land.grid_of[cell] = grid


def _patrol(land: Land, code: str, street: str, zh: str, en: str, number: int, cells: set[Cell]) -> None:
    rings, area_m2, _ = outline(cells, land.vertices)
    grids = sorted(land.grid_of[c] for c in cells)
    land.patrols.append(Patrol(code, f"{zh}责任网格{number}", f"{en} patrol {number}", street, grids, rings, round(area_m2, 2)))
    land.patrol_of.update(dict.fromkeys(cells, code))
