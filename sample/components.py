"""Components along the streets (部件普查): classes in realistic shares, codes by rule, three bodies each."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sample.land import Cell, Land, degrees
from sample.spec import CITY, Picker, Spec
from sample.streets import Edge, Streets, door_number, spot
from yiwang.apps.city.rules import dictionary, manual
from yiwang.apps.city.rules.codes import component_code
from yiwang.apps.city.rules.dictionary import Kind

MANUAL = Path(manual.__file__).parents[1] / "matters" / "problem" / "manual.csv"
# Shares in per mille of all components; every class not named here still gets a few.
SHARES = {
    "04002": 290, "01037": 118, "01004": 116, "01002": 80, "01003": 78, "01007": 52, "01001": 50, "03005": 40, "02010": 30,
    "03007": 26, "01005": 24, "02017": 18, "01011": 18, "02021": 15, "01006": 13, "01010": 13, "02012": 10, "02038": 10,
    "04011": 9, "01030": 9, "01031": 8, "01050": 8, "02014": 7, "04013": 7, "01013": 6, "01023": 5, "03006": 5, "02004": 5,
    "01046": 4, "04007": 4, "02025": 4, "01054": 3, "01027": 3, "01028": 3, "02020": 3, "03001": 1.5, "04001": 0.6,
}  # fmt: skip
OFFSETS = {"04": (3.0, 8.0), "03": (4.0, 12.0), "02": (1.0, 6.0)}  # metres from the road's middle line
OWNERS = {"company-water": "bureau-water", "company-gas": "bureau-housing", "company-heat": "bureau-housing",
          "company-bus": "bureau-transport"}  # fmt: skip
EXTRA = {
    "04002": lambda rng: {"species": rng.choice(("国槐", "法桐", "白蜡", "银杏", "女贞")), "diameter_cm": rng.randint(8, 45)},
    "01037": lambda rng: {"pole": f"LD{rng.randint(1, 99999):05d}", "power_w": rng.choice((90, 120, 150, 180))},
    "03005": lambda rng: {"volume_l": rng.choice((50, 100, 240)), "sorted": rng.random() < 0.7},
}  # fmt: skip


@dataclass(slots=True)
class AssetRow:
    """One component; bodies are organisation codes, "" where unknown."""

    code: str
    class_code: str
    name_zh: str
    name_en: str
    status: str
    supervisor: str
    owner: str
    keeper: str
    grid: str
    cell: Cell
    road: str
    address: str
    point: tuple[float, float]
    accuracy: str
    surveyed_on: date
    extra: dict[str, object]


@dataclass(slots=True)
class Duties:
    """Who answers for a component class, as the manual and the duties table say."""

    rows: dict[str, tuple[str, str]]  # class -> supervisor, department
    table: dict[str, dict[str, str]]  # duty -> area -> organisation

    def of(self, class_code: str, cell: Cell, land: Land) -> tuple[str, str]:
        """Return (supervisor, keeper) of a class at a place."""
        supervisor, department = self.rows.get(class_code, _BY_MAJOR[class_code[:2]])
        return supervisor, self.resolve(department, cell, land)

    def resolve(self, department: str, cell: Cell, land: Land) -> str:
        """Return the organisation behind a department or @duty at a place."""
        if not department.startswith("@"):
            return department
        duty = "fallback" if department == "@street" else department[1:]
        named = self.table[duty]
        return next(named[a] for a in (land.street_of[cell], land.district_of[cell], CITY) if a in named)


_BY_MAJOR = {"01": ("bureau-urban", "bureau-municipal"), "02": ("bureau-traffic-police", "crew-roads"),
             "03": ("bureau-sanitation", "@sanitation"), "04": ("bureau-greening", "@greening"), "05": ("bureau-urban", "@street")}  # fmt: skip


def manual_rows() -> tuple[manual.ManualRow, ...]:
    return manual.read_csv(MANUAL.read_text(encoding="utf-8")).rows


def duties() -> Duties:
    """Return the duties that ship with the sample county."""
    table: dict[str, dict[str, str]] = {}
    for row in dictionary.rows("duties"):
        table.setdefault(row["duty"], {})[row["area"]] = row["organization"]
    bodies: dict[str, tuple[str, str]] = {}
    for row in manual_rows():
        if row.class_kind is Kind.COMPONENT:
            bodies.setdefault(row.class_code, (row.supervisor, row.department))
    return Duties(bodies, table)


def build(spec: Spec, land: Land, streets: Streets) -> list[AssetRow]:
    """Return the components, by code."""
    rng = spec.stream("components")
    book = dictionary.shipped()
    classes = list(book.of_kind(Kind.COMPONENT, extensions=False))
    answer = duties()
    wanted = {c.code: (3 if spec.size.name == "county" else 1) for c in classes}
    picker = Picker(list(SHARES.items()))
    for _ in range(spec.size.components - sum(wanted.values())):
        wanted[str(picker.draw(rng))] += 1
    numbers: Counter[tuple[str, str]] = Counter()
    first_survey = spec.as_of - timedelta(days=700)
    found: list[AssetRow] = []
    names = {c.code: c for c in classes}
    edges = streets.edges
    for code in sorted(wanted):
        row = names[code]
        near, far = OFFSETS.get(code[:2], (2.0, 9.0))
        extra = EXTRA.get(code)
        for _ in range(wanted[code]):
            edge, along, is_left, cell = _place(rng, edges)
            point = degrees(*spot(land, edge, along, rng.uniform(near, far), is_left))
            district = land.district_of[cell]
            numbers[district, code] += 1
            supervisor, keeper = answer.of(code, cell, land)
            owner = OWNERS.get(keeper, keeper if keeper.startswith("company-") else supervisor)
            chance = rng.random()
            if chance < 0.05:  # never settled who keeps it: the owner answers
                keeper = ""
            elif chance < 0.065:  # nor who owns it
                keeper = owner = ""
            found.append(
                AssetRow(
                    component_code(district, code, numbers[district, code]), code, row.name["zh-Hans"], row.name["en"],
                    _status(rng.random()), supervisor, owner, keeper, land.grid_of[cell], cell, edge.road,
                    f"{edge.road}{door_number(edge, along, is_left)}号", point, row.accuracy,
                    first_survey + timedelta(days=rng.randint(0, 300)), extra(rng) if extra else {},
                )
            )  # fmt: skip
    return sorted(found, key=lambda a: a.code)


def _place(rng, edges: list[Edge]) -> tuple[Edge, float, bool, Cell]:  # type: ignore[no-untyped-def]
    """Return a spot well inside the cell beside an edge (near a corner the jitter might put it into the next one)."""
    while True:
        edge = edges[int(rng.random() * len(edges))]
        is_left = rng.random() < 0.5
        cell = edge.left if is_left else edge.right
        if cell is not None:
            return edge, rng.uniform(0.22, 0.78), is_left, cell


def _status(chance: float) -> str:
    if chance < 0.97:
        return "intact"
    return "damaged" if chance < 0.99 else "lost" if chance < 0.993 else "abandoned" if chance < 0.998 else "removed"
