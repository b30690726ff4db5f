"""A picture of who gives what to whom: two columns of boxes and bands between them (桑基图), as numbers for an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A body in the left (gives) or right (gets) column; in pixels."""

    label: str
    x: float
    y: float
    height: float
    value: int
    anchor: str
    text_x: float


@dataclass(frozen=True)
class Band:
    """One stream as an SVG path of the given width."""

    path: str
    width: float
    label: str
    shade: int  # 1 to 6, by who gives


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    bands: tuple[Band, ...]


def draw(links: Sequence[tuple[str, str, int]], *, width: float = 720, row: float = 22, gap: float = 14) -> Drawing:
    """Lay out (giver, getter, how many) streams; the thickest bodies stand above.

    Examples
    --------
    >>> made = draw([("民政局", "卫健局", 2), ("民政局", "教育局", 1)])
    >>> [(b.label, b.value, b.anchor) for b in made.boxes]
    [('民政局', 3, 'end'), ('卫健局', 2, 'start'), ('教育局', 1, 'start')]
    """
    left: dict[str, int] = {}
    right: dict[str, int] = {}
    for giver, getter, many in links:
        left[giver] = left.get(giver, 0) + many
        right[getter] = right.get(getter, 0) + many
    most = max([*left.values(), *right.values(), 1])
    unit = min(row, 90 / most)
    x0, x1 = 170.0, width - 180.0
    boxes: list[Box] = []
    tops: dict[tuple[str, str], float] = {}
    heights = []
    for side, totals, x in (("l", left, x0), ("r", right, x1)):
        y = 8.0
        for name, value in sorted(totals.items(), key=lambda p: (-p[1], p[0])):
            height = max(value * unit, 4.0)
            boxes.append(Box(name, x, y, height, value, "end" if side == "l" else "start", x - 8 if side == "l" else x + 18))
            tops[side, name] = y
            y += max(height, row) + gap
        heights.append(y)
    bands = []
    shades = {name: n % 6 + 1 for n, name in enumerate(sorted(left, key=lambda n: (-left[n], n)))}
    middle = (x0 + 10 + x1) / 2
    for giver, getter, many in sorted(links, key=lambda s: (-left[s[0]], s[0], -right[s[1]], s[1])):
        thick = many * unit
        a, b = tops["l", giver] + thick / 2, tops["r", getter] + thick / 2
        tops["l", giver] += thick
        tops["r", getter] += thick
        path = f"M{x0 + 10:.1f},{a:.1f} C{middle:.1f},{a:.1f} {middle:.1f},{b:.1f} {x1:.1f},{b:.1f}"
        bands.append(Band(path, round(max(thick, 1.5), 1), f"{giver} → {getter}: {many}", shades[giver]))
    return Drawing(width, max([*heights, 40.0]), tuple(boxes), tuple(bands))


def lineage(links: Sequence[tuple[str, str, int]], *, width: float = 720, row: float = 30) -> Drawing:
    """Lay out what a set is made of (left), the set (middle) and what uses it (right): each link names the set on one side.

    Examples
    --------
    >>> made = lineage([("系统", "低保", 1), ("低保", "卫健局", 1), ("低保", "教育局", 1)])
    >>> [(b.label, round(b.x)) for b in made.boxes]
    [('低保', 355), ('系统', 170), ('卫健局', 540), ('教育局', 540)]
    """
    names = [n for link in links for n in link[:2]]
    here = max(dict.fromkeys(names), key=names.count) if len(links) > 1 else links[0][1]
    before = list(dict.fromkeys(a for a, b, _many in links if b == here))
    after = list(dict.fromkeys(b for a, b, _many in links if a == here))
    height = max(len(before), len(after), 1) * row + 16
    x0, x1, middle, y = 170.0, width - 180.0, width / 2 - 5, height / 2
    boxes = [Box(here, middle, y - 10, 20, len(links), "middle", middle + 5)]
    bands = []
    for side, found, x in (("l", before, x0), ("r", after, x1)):
        for n, name in enumerate(found):
            top = 8 + n * row + (height - 16 - len(found) * row) / 2
            boxes.append(Box(name, x, top, 20, 1, "end" if side == "l" else "start", x - 8 if side == "l" else x + 18))
            a, b = (x + 10, middle) if side == "l" else (middle + 10, x)
            ya, yb = (top + 10, y) if side == "l" else (y, top + 10)
            half = (a + b) / 2
            bands.append(Band(f"M{a:.1f},{ya:.1f} C{half:.1f},{ya:.1f} {half:.1f},{yb:.1f} {b:.1f},{yb:.1f}", 3, f"{name}", 1 if side == "l" else 2))
    return Drawing(width, height, tuple(boxes), tuple(bands))
