"""Line charts as SVG files of their own, for the documentation: no script, no font of ours, readable in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 360, 64, 40, 200, 44
COLOURS = ("#1f5fa8", "#b4442a", "#2b7a4b", "#7a4a9c", "#a07a12", "#3a8a96", "#6b6b6b", "#c05a86")
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4", "4 4", "3 1")


@dataclass(frozen=True)
class Line:
    """One series: points as (x, y)."""

    name: str
    points: Sequence[tuple[float, float]]


def svg(title: str, lines: Sequence[Line], *, x: str, y: str, log_x: bool = False, log_y: bool = False) -> str:
    """Return the chart; axes begin at zero unless logarithmic."""
    xs = [p[0] for line in lines for p in line.points]
    ys = [p[1] for line in lines for p in line.points]
    low_x, high_x = (min(xs), max(xs)) if log_x else (0.0, max(xs) or 1.0)
    low_y, high_y = (10 ** math.floor(math.log10(max(min(ys), 1e-3))), 10 ** math.ceil(math.log10(max(ys)))) if log_y else (0.0, (max(ys) or 1.0) * 1.1)

    def at_x(value: float) -> float:
        share = _share(value, low_x, high_x, log_x)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def at_y(value: float) -> float:
        return HEIGHT - BOTTOM - _share(value, low_y, high_y, log_y) * (HEIGHT - TOP - BOTTOM)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" fill="#222">{escape(title)}</text>',
    ]  # fmt: skip
    for value in _ticks(low_y, high_y, log_y):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at_y(value):.1f}" y2="{at_y(value):.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{LEFT - 6}" y="{at_y(value) + 4:.1f}" text-anchor="end" fill="#444">{_short(value)}</text>')
    for value in sorted(set(xs)) if log_x else _ticks(low_x, high_x, False):
        out.append(f'<text x="{at_x(value):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#444">{_short(value)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle" fill="#444">{escape(x)}</text>')
    out.append(f'<text x="{LEFT}" y="{TOP - 6}" fill="#444">{escape(y)}</text>')
    for index, line in enumerate(lines):
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        points = " ".join(f"{at_x(a):.1f},{at_y(max(b, low_y)):.1f}" for a, b in line.points)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        place = TOP + 16 + index * 20
        out.append(f'<line x1="{WIDTH - RIGHT + 14}" x2="{WIDTH - RIGHT + 44}" y1="{place - 4}" y2="{place - 4}" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        out.append(f'<text x="{WIDTH - RIGHT + 50}" y="{place}" fill="#222">{escape(line.name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def _share(value: float, low: float, high: float, log: bool) -> float:
    if high <= low:
        return 0.5
    return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if log:
        return [10.0**n for n in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    step = next(s * step for s in (0.2, 0.5, 1, 2) if (high - low) / (s * step) <= 6)
    return [low + i * step for i in range(int((high - low) / step) + 1)]


def _short(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
