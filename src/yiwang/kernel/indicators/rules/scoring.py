"""Points, composite scores, grades and ranks (综合评分、分级、排名). What has no value is told, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from yiwang.kernel.indicators.contracts import Band, Judged, Missing, Scheme, SchemeItem

DECIMALS = 2  # scores are compared as they are printed: equal print, equal rank


def band_of(bands: Sequence[Band], value: float | None) -> Band | None:
    """Return the band with the highest `least` that the value reaches; None for no value or below all of them."""
    if value is None:
        return None
    fitting = [b for b in bands if value >= b.least]
    return max(fitting, key=lambda b: b.least) if fitting else None


def points(item: SchemeItem, value: float | None) -> float | None:
    """Return 0 to 100 for an indicator's value; None for none."""
    if value is None:
        return None
    if item.score == "bands":
        band = band_of(item.bands, value)
        return band.points if band is not None and band.points is not None else 0.0
    return min(100.0, max(0.0, 100.0 - value if item.score == "inverse" else value))


def composite(scheme: Scheme, values: Mapping[str, float | None]) -> tuple[float | None, dict[str, float | None]]:
    """Return the score (0 to 100, None = not ranked) and each indicator's points."""
    each = {item.indicator: points(item, values.get(item.indicator)) for item in scheme.items}
    whole = sum(item.weight for item in scheme.items)
    known = [(item.weight, each[item.indicator]) for item in scheme.items if each[item.indicator] is not None]
    carried = sum(weight for weight, _points in known)
    if not known or not whole:
        return None, each
    total = sum(weight * (found or 0.0) for weight, found in known)
    if scheme.missing is Missing.ZERO:
        return round(total / whole, DECIMALS), each
    if carried < whole and (scheme.missing is Missing.UNRANKED or carried / whole < scheme.least_share):
        return None, each
    return round(total / carried, DECIMALS), each


def judge(scheme: Scheme, row: Judged) -> Judged:
    """Return the row with score, grade and colour."""
    score, each = composite(scheme, {code: figure.value for code, figure in row.figures.items()})
    band = band_of(scheme.grades, score)
    return replace(row, points=each, score=score, grade=band.grade if band else "", colour=band.colour if band else "")


def rank(rows: Sequence[Judged]) -> list[Judged]:
    """Return the rows best first with their ranks; equal scores share a rank (1, 2, 2, 4), those without come last."""
    scored = sorted((r for r in rows if r.score is not None), key=lambda r: (-(r.score or 0.0), r.name, r.key))
    found: list[Judged] = []
    for place, row in enumerate(scored, 1):
        same = bool(found) and found[-1].score == row.score
        found.append(replace(row, rank=found[-1].rank if same else place))
    rest = sorted((r for r in rows if r.score is None), key=lambda r: (r.name, r.key))
    return [*found, *rest]
