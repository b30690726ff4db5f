"""Roads along the lattice, door plates, crossings and landmarks (道路、门牌、路口、标志物)."""

from dataclasses import dataclass
from random import Random

from sample.land import CELL_M, Cell, Land, Vertex, degrees
from sample.spec import Spec

EVERY = 3  # a road on every third lattice line
WORDS = (("云门", "Yunmen"), ("望湖", "Wanghu"), ("朝霞", "Zhaoxia"), ("听河", "Tinghe"), ("柳岸", "Liuan"), ("长桥", "Changqiao"),
         ("麦香", "Maixiang"), ("新铺", "Xinpu"), ("南陌", "Nanmo"), ("古槐", "Guhuai"), ("清源", "Qingyuan"), ("文昌", "Wenchang"),
         ("育才", "Yucai"), ("建设", "Jianshe"), ("站前", "Zhanqian"), ("滨河", "Binhe"), ("兴业", "Xingye"), ("和平", "Heping"),
         ("青年", "Qingnian"), ("胜利", "Shengli"), ("光岳", "Guangyue"), ("东升", "Dongsheng"), ("松林", "Songlin"), ("银杏", "Yinxing"),
         ("荷花", "Hehua"), ("凤台", "Fengtai"), ("龙泉", "Longquan"), ("花园", "Huayuan"), ("崇文", "Chongwen"), ("明德", "Mingde"),
         ("海棠", "Haitang"), ("丰收", "Fengshou"), ("团结", "Tuanjie"), ("工业", "Gongye"), ("科技", "Keji"), ("体育", "Tiyu"))  # fmt: skip
POI = (("第{n}小学", "No. {n} Primary School", "school"), ("第{n}中学", "No. {n} Middle School", "school"), ("{w}公园", "{e} Park", "park"),
       ("{w}农贸市场", "{e} Market", "market"), ("{w}社区卫生服务站", "{e} Clinic", "clinic"), ("{w}小区", "{e} Estate", "estate"),
       ("{w}广场", "{e} Square", "square"), ("{w}商场", "{e} Mall", "mall"), ("{w}加油站", "{e} Filling Station", "fuel"),
       ("{w}公交站", "{e} Bus Stop", "bus"))  # fmt: skip


@dataclass(slots=True)
class Edge:
    """One lattice edge that carries a road, with the cells on its two sides that exist."""

    road: str
    a: Vertex
    b: Vertex
    left: Cell | None
    right: Cell | None
    position: int  # along the road, in cells, for door numbers


@dataclass(slots=True)
class RoadRow:
    name: str
    name_en: str
    lines: list[list[tuple[float, float]]]


@dataclass(slots=True)
class PlaceRow:
    """A door plate, crossing or landmark; `cell` says where it lies."""

    kind: str
    name: str
    road: str
    number: str
    aliases: list[str]
    point: tuple[float, float]
    cell: Cell


@dataclass(slots=True)
class Streets:
    roads: list[RoadRow]
    edges: list[Edge]
    places: list[PlaceRow]


def door_number(edge: Edge, along: float, is_left: bool) -> int:
    """Return the plate number at a share of the edge: even on the left, odd on the right, one every 12.5 m."""
    step = int(edge.position * 8 + along * 8)
    return 2 * step + (2 if is_left else 1)


def spot(land: Land, edge: Edge, along: float, offset_m: float, is_left: bool) -> tuple[float, float]:
    """Return metres of a point beside the road."""
    (x1, y1), (x2, y2) = land.vertices[edge.a], land.vertices[edge.b]
    dx, dy = x2 - x1, y2 - y1
    length = (dx * dx + dy * dy) ** 0.5
    side = 1 if is_left else -1
    return x1 + along * dx - side * dy / length * offset_m, y1 + along * dy + side * dx / length * offset_m


def build(spec: Spec, land: Land) -> Streets:
    """Return roads, their edges and places, in a fixed order."""
    rng = spec.stream("streets")
    cells = set(land.cells)
    columns = sorted({c for c, _ in cells})
    rows = sorted({r for _, r in cells})
    names = [(w + kind, f"{e} {en}") for kind, en in (("路", "Road"), ("街", "Street"), ("大道", "Avenue")) for w, e in WORDS]
    rng.shuffle(names)
    roads: list[RoadRow] = []
    edges: list[Edge] = []
    crossings: dict[Vertex, list[str]] = {}
    for vertical in (True, False):
        for line in range((columns if vertical else rows)[0], (columns if vertical else rows)[-1] + 2):
            if line % EVERY:
                continue
            mine = list(_edges(cells, line, rows if vertical else columns, vertical))
            if len(mine) < 4:
                continue
            name, en = names.pop()
            first = min(p for *_, p in mine)
            for a, b, left, right, position in mine:
                edges.append(Edge(name, a, b, left, right, position - first))
                for vertex in (a, b):
                    crossings.setdefault(vertex, [])
                    if name not in crossings[vertex]:
                        crossings[vertex].append(name)
            roads.append(RoadRow(name, en, _lines(land, mine)))
    places = _crossings(land, crossings, cells) + _plates(spec, land, edges, rng) + _landmarks(spec, land, edges, rng)
    return Streets(roads, edges, places)


def _edges(cells: set[Cell], line: int, others: list[int], vertical: bool):  # type: ignore[no-untyped-def]
    for other in range(others[0], others[-1] + 1):
        if vertical:
            a, b, left, right = (line, other), (line, other + 1), (line - 1, other), (line, other)
        else:
            a, b, left, right = (other, line), (other + 1, line), (other, line), (other, line - 1)
        here = left if left in cells else None, right if right in cells else None
        if any(here):
            yield a, b, *here, other


def _lines(land: Land, mine: list[tuple[Vertex, Vertex, Cell | None, Cell | None, int]]) -> list[list[tuple[float, float]]]:
    found: list[list[tuple[float, float]]] = []
    last: Vertex | None = None
    for a, b, *_ in mine:
        if a != last:
            found.append([degrees(*land.vertices[a])])
        found[-1].append(degrees(*land.vertices[b]))
        last = b
    return found


def _around(vertex: Vertex, cells: set[Cell]) -> Cell | None:
    c, r = vertex
    return next((cell for cell in ((c, r), (c - 1, r), (c, r - 1), (c - 1, r - 1)) if cell in cells), None)


def _crossings(land: Land, crossings: dict[Vertex, list[str]], cells: set[Cell]) -> list[PlaceRow]:
    found = []
    for vertex in sorted(crossings):
        names, cell = crossings[vertex], _around(vertex, cells)
        if len(names) >= 2 and cell is not None:
            one, other = names[:2]
            aliases = [f"{other}与{one}路口", f"{one}{other}交叉口"]
            found.append(PlaceRow("crossing", f"{one}与{other}路口", one, "", aliases, degrees(*land.vertices[vertex]), cell))
    return found


def _plates(spec: Spec, land: Land, edges: list[Edge], rng: Random) -> list[PlaceRow]:
    found = []
    for edge in edges:
        for is_left, cell in ((True, edge.left), (False, edge.right)):
            if cell is None:
                continue
            for along in (0.3, 0.7) if spec.size.name == "county" else (0.5,):
                along += rng.uniform(-0.08, 0.08)
                number = door_number(edge, along, is_left)
                point = degrees(*spot(land, edge, along, rng.uniform(13, 16), is_left))
                found.append(PlaceRow("address", f"{edge.road}{number}号", edge.road, f"{number}号", [], point, cell))
    unique = {p.name: p for p in reversed(found)}
    return [p for p in found if unique[p.name] is p]


def _landmarks(spec: Spec, land: Land, edges: list[Edge], rng: Random) -> list[PlaceRow]:
    found, seen = [], set()
    for _ in range(320 if spec.size.name == "county" else 40):
        edge = rng.choice(edges)
        is_left = edge.left is not None
        cell = edge.left or edge.right
        zh, _en, kind = rng.choice(POI)
        word, _ = rng.choice(WORDS)
        name = zh.format(n=rng.randint(1, 60), w=word)
        if cell is None or name in seen:
            continue
        seen.add(name)
        along = rng.uniform(0.3, 0.7)
        point = degrees(*spot(land, edge, along, rng.uniform(17, CELL_M / 4), is_left))
        short = {"school": [name.replace("第", "").replace("小学", "小").replace("中学", "中")], "market": [name.replace("农贸", "")]}
        found.append(PlaceRow("poi", name, edge.road, f"{door_number(edge, along, is_left)}号", short.get(kind, []), point, cell))
    return found
