"""Shifted coordinates of Chinese web maps (GCJ-02 火星坐标, BD-09 百度坐标): told by control points, and taken back.

Neither system is published by who made it. The formulas are those that have been public since 2010 and are used by every
open converter (wandergis/coordtransform, googollee/eviltransform); the inverse of GCJ-02 is found by iteration and holds to
centimetres. A file is never converted on suspicion: a place that we know has to lie where the shift would put it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_A, _EE = 6378245.0, 0.00669342162296594323  # Krassowsky's ellipsoid, as GCJ-02 uses it
_BD = math.pi * 3000.0 / 180.0
SYSTEMS = ("gcj02", "bd09")

Place = tuple[float, float]


def in_china(lon: float, lat: float) -> bool:
    """Say whether the shift is applied there at all."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def to_gcj02(lon: float, lat: float) -> Place:
    """Return what a web map shows for a true place (WGS 84, CGCS2000).

    >>> lon, lat = to_gcj02(116.0, 36.45)
    >>> 0.003 < lon - 116.0 < 0.008
    True
    """
    if not in_china(lon, lat):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    both = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + both
    d_lat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + both
    d_lon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1 - _EE * math.sin(phi) ** 2
    root = math.sqrt(magic)
    d_lat = d_lat * 180.0 / (_A * (1 - _EE) / (magic * root) * math.pi)
    d_lon = d_lon * 180.0 / (_A / root * math.cos(phi) * math.pi)
    return lon + d_lon, lat + d_lat


def from_gcj02(lon: float, lat: float) -> Place:
    """Take the shift back.

    >>> lon, lat = from_gcj02(*to_gcj02(116.0, 36.45))
    >>> abs(lon - 116.0) < 1e-8 and abs(lat - 36.45) < 1e-8
    True
    """
    x, y = lon, lat
    for _ in range(8):
        shown = to_gcj02(x, y)
        d_x, d_y = shown[0] - lon, shown[1] - lat
        x, y = x - d_x, y - d_y
        if abs(d_x) < 1e-10 and abs(d_y) < 1e-10:
            break
    return x, y


def to_bd09(lon: float, lat: float) -> Place:
    """Return what Baidu's map shows for a true place."""
    x, y = to_gcj02(lon, lat)
    z = math.hypot(x, y) + 0.00002 * math.sin(y * _BD)
    theta = math.atan2(y, x) + 0.000003 * math.cos(x * _BD)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def from_bd09(lon: float, lat: float) -> Place:
    """Take Baidu's shift back, to a metre or better."""
    x, y = lon, lat
    for _ in range(8):
        shown = to_bd09(x, y)
        d_x, d_y = shown[0] - lon, shown[1] - lat
        x, y = x - d_x, y - d_y
        if abs(d_x) < 1e-9 and abs(d_y) < 1e-9:
            break
    return x, y


BACK: dict[str, Callable[[float, float], Place]] = {"gcj02": from_gcj02, "bd09": from_bd09}


def metres(a: Place, b: Place) -> float:
    """Return the distance of two near places on the ground."""
    x = (a[0] - b[0]) * math.cos(math.radians((a[1] + b[1]) / 2)) * 111_320.0
    return math.hypot(x, (a[1] - b[1]) * 110_574.0)


@dataclass(frozen=True)
class Verdict:
    """Which system the places of a file speak for; `metres` is how far they lie from ours in it, `plain_m` unconverted."""

    system: str  # "", gcj02, bd09
    pairs: int
    metres: float
    plain_m: float


def judge(pairs: Sequence[tuple[Place, Place]], *, known: bool = False) -> Verdict | None:
    """Compare places as we know them with the file's: (ours, theirs). None when they say nothing.

    The middle of all distances decides, so that one wrong name among them does no harm. A shift is recognised when the places
    fall into place by it (within 60 m) and lie at least five times as far off without. Names that merely agree (`known` False)
    have to be three; one place that a person pointed out is enough.
    """
    if not pairs or (len(pairs) < 3 and not known):
        return None
    plain = _middle([metres(ours, theirs) for ours, theirs in pairs])
    best, far = "", plain
    for system, back in BACK.items():
        off = _middle([metres(ours, back(*theirs)) for ours, theirs in pairs])
        if off < far:
            best, far = system, off
    if best and far <= 60.0 and plain >= max(150.0, 5.0 * far):
        return Verdict(best, len(pairs), round(far, 1), round(plain, 1))
    return Verdict("", len(pairs), round(plain, 1), round(plain, 1))


def _middle(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
