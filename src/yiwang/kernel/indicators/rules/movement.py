"""Why a score moved: what each indicator brings to it, and by how much that differs from the period before (得分变化构成)."""

from collections.abc import Mapping
from dataclasses import dataclass

from yiwang.kernel.indicators.contracts import Judged, Missing, Scheme


@dataclass(frozen=True)
class Move:
    """One indicator's part in the change of a score. `pull` is in points of the score; all pulls add up to the change."""

    indicator: str
    weight: float
    value: float | None
    was: float | None
    points: float | None
    were: float | None
    pull: float


def brought(scheme: Scheme, points: Mapping[str, float | None]) -> dict[str, float]:
    """Return how many points of the score each indicator brings; they add up to the score before rounding.

    An indicator without a value brings nothing: the others carry its weight, unless the scheme counts it as zero.
    """
    known = {i.indicator: i.weight for i in scheme.items if points.get(i.indicator) is not None}
    whole = sum(i.weight for i in scheme.items) if scheme.missing is Missing.ZERO else sum(known.values())
    return {i.indicator: known.get(i.indicator, 0.0) * (points.get(i.indicator) or 0.0) / whole if whole else 0.0 for i in scheme.items}


def moves(scheme: Scheme, now: Judged, before: Judged | None) -> list[Move]:
    """Return what moved the score since the period before, what pulled it down most first; nothing without both scores."""
    if before is None or now.score is None or before.score is None:
        return []
    present, past = brought(scheme, now.points), brought(scheme, before.points)
    found = []
    for item in scheme.items:
        code = item.indicator
        figure, old = now.figures.get(code), before.figures.get(code)
        found.append(Move(
            code, item.weight, figure.value if figure else None, old.value if old else None, now.points.get(code), before.points.get(code),
            present[code] - past[code],
        ))  # fmt: skip
    return sorted(found, key=lambda m: m.pull)
