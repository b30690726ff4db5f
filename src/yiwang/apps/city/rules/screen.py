"""What the command screen (大屏幕监督指挥) may show where: layouts and cards, read from data/screen.toml."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LAYOUTS = ("auto", "standard", "ultra")  # auto: by the width of the wall


@dataclass(frozen=True)
class Spec:
    """The data of the screen. Times in milliseconds and seconds as their names say."""

    gap_ms: int
    idle_ms: int
    blind_ms: int
    points: int
    moved: int
    ticker: int
    ticker_hours: int
    rows: int
    class_days: int
    slow_s: int
    cards: tuple[str, ...]
    layouts: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Analysis:
    days: tuple[int, ...]
    cell_metres: tuple[int, ...]
    most_cells: int
    classes: int
    slowest: int
    rows: int


@dataclass(frozen=True)
class Setup:
    """What one wall shows: a layout, and the cards that are on."""

    layout: str
    cards: tuple[str, ...]


@cache
def _raw() -> dict[str, object]:
    return tomllib.loads(files("yiwang.apps.city").joinpath("data/screen.toml").read_text(encoding="utf-8"))


def read(raw: Mapping[str, object]) -> Spec:
    """Read the data of the screen.

    Raises
    ------
    ValueError
        A layout places a card that does not exist, or places one twice.
    """
    numbers = {name: int(str(raw[name])) for name in ("gap_ms", "idle_ms", "blind_ms", "points", "moved", "ticker", "ticker_hours", "rows", "class_days", "slow_s")}
    cards = tuple(str(c) for c in _list(raw["cards"]))
    layouts: dict[str, dict[str, tuple[str, ...]]] = {}
    given = raw["layouts"]
    for name, places in (given.items() if isinstance(given, Mapping) else ()):
        layouts[name] = {place: tuple(str(c) for c in _list(codes)) for place, codes in places.items()}
        placed = [c for codes in layouts[name].values() for c in codes]
        if len(set(placed)) != len(placed) or not set(placed) <= set(cards):
            raise ValueError(f"layout {name} places a card twice, or one that does not exist")
    return Spec(cards=cards, layouts=layouts, **numbers)


def _list(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


@cache
def spec() -> Spec:
    return read(_raw())


@cache
def analysis() -> Analysis:
    raw = _raw()["analysis"]
    if not isinstance(raw, Mapping):
        raise ValueError("analysis is a table")
    return Analysis(
        days=tuple(raw["days"]), cell_metres=tuple(raw["cell_metres"]), most_cells=int(raw["most_cells"]), classes=int(raw["classes"]),
        slowest=int(raw["slowest"]), rows=int(raw["rows"]),
    )  # fmt: skip


def usual() -> Setup:
    return Setup("auto", spec().cards)


def setup_of(layout: str, cards: Iterable[str]) -> Setup:
    """Return a setup as it is kept: cards in their order, each once.

    Raises
    ------
    ValueError
        An unknown layout or card.
    """
    wanted = set(cards)
    if layout not in LAYOUTS or not wanted <= set(spec().cards):
        raise ValueError("no such layout or card")
    return Setup(layout, tuple(c for c in spec().cards if c in wanted))
