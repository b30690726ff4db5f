"""Does a phone's browser give the true place, or one that a Chinese web map would show (GCJ-02)? Told by its first fix."""

from collections.abc import Sequence
from dataclasses import dataclass

from yiwang.kernel.geography.rules import offsets

Place = tuple[float, float]
LEAST_SHIFT_M = 150.0  # nearer, nothing can be told apart; inland the shift is 300 to 700 m
WORST_ACCURACY_M = 200.0  # a fix of a mast says nothing


@dataclass(frozen=True, slots=True)
class Known:
    """A place whose position was surveyed, where shifts begin (岗亭、工作站)."""

    lon: float
    lat: float
    name: str = ""
    radius_m: float = 100.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`system` is "" (true, or nothing can be said) or "gcj02"; `sure` when a known point said so; `off_m` from that point."""

    system: str = ""
    sure: bool = False
    off_m: float | None = None


def recognise(fix: Place, accuracy_m: float | None, known: Known | None, *, own: Sequence[Place] = ()) -> Verdict:
    """Compare the first fix of a shift with the known point, else with the corners of one's own grid.

    Parameters
    ----------
    own : outline of the inspector's grid; a fix outside it that falls inside when the shift is taken back is a suspicion,
        never a proof: he may really stand there

    Examples
    --------
    >>> post = Known(116.0, 36.45, radius_m=50)
    >>> recognise(offsets.to_gcj02(116.0001, 36.4501), 10, post)
    Verdict(system='gcj02', sure=True, off_m=14.0)
    >>> recognise((116.0001, 36.4501), 10, post)
    Verdict(system='', sure=True, off_m=14.0)
    """
    accuracy = accuracy_m if accuracy_m is not None else 30.0
    if accuracy > WORST_ACCURACY_M or not offsets.in_china(*fix):
        return Verdict()
    back = offsets.from_gcj02(*fix)
    if known is not None:
        here = (known.lon, known.lat)
        plain, shifted = offsets.metres(here, fix), offsets.metres(here, back)
        near = known.radius_m + accuracy
        if plain <= near:
            return Verdict("", True, float(round(plain)))
        if shifted <= near and plain >= max(LEAST_SHIFT_M, 2 * shifted):
            return Verdict("gcj02", True, float(round(shifted)))
    if own and not inside(fix, own) and inside(back, own) and offsets.metres(fix, back) >= LEAST_SHIFT_M:
        return Verdict("gcj02", False)
    return Verdict()


def inside(place: Place, outline: Sequence[Place]) -> bool:
    """Say whether a place lies inside a closed outline (even-odd rule; the border counts by chance)."""
    x, y = place
    odd = False
    before = outline[-1]
    for corner in outline:
        if (corner[1] > y) != (before[1] > y) and x < (before[0] - corner[0]) * (y - corner[1]) / (before[1] - corner[1]) + corner[0]:
            odd = not odd
        before = corner
    return odd


def true_place(lon: float, lat: float, verdict: Verdict) -> Place:
    """Return the place in WGS 84: taken back where the shift is sure, as it came elsewhere."""
    return offsets.from_gcj02(lon, lat) if verdict.system == "gcj02" and verdict.sure else (lon, lat)


def read_known(text: str) -> tuple[Known, ...]:
    """Read the setting "NAME=lon,lat,metres;...".

    Raises
    ------
    ValueError
        Names the part that cannot be read.

    Examples
    --------
    >>> read_known("望湖岗亭=116.0,36.45,80")
    (Known(lon=116.0, lat=36.45, name='望湖岗亭', radius_m=80.0),)
    """
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _equals, numbers = part.partition("=")
        try:
            lon, lat, radius = (float(n) for n in numbers.split(","))
        except ValueError as error:
            raise ValueError(f"{part!r} is not NAME=lon,lat,metres") from error
        found.append(Known(lon, lat, name.strip(), radius))
    return tuple(found)


def nearest_known(points: Sequence[Known], place: Place | None) -> Known | None:
    """Return the known point nearest to a place (of one's grid); the only one where there is no place."""
    if place is None:
        return points[0] if len(points) == 1 else None
    near = min(points, key=lambda k: offsets.metres((k.lon, k.lat), place), default=None)
    return near if near is not None and offsets.metres((near.lon, near.lat), place) <= 20_000 else None
