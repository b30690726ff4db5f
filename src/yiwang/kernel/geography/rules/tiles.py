"""Arithmetic of the web's tile pyramid (WebMercatorQuad of OGC Two Dimensional Tile Matrix Set)."""

import math

MOST_ZOOM = 22
EXTENT = 4096  # units of one tile's side
BUFFER = 64  # units beyond each side, so that lines and labels meet
CELLS = 8  # groups of points along one side of a tile
_HALF = math.pi * 6378137.0


class TileError(ValueError):
    """There is no such tile."""


def checked_tile(z: int, x: int, y: int) -> tuple[int, int, int]:
    """Return the tile, or raise TileError when the pyramid has none."""
    if not 0 <= z <= MOST_ZOOM or not 0 <= x < 1 << z or not 0 <= y < 1 << z:
        raise TileError(f"{z}/{x}/{y}")
    return z, x, y


def mercator_box(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile in metres of EPSG:3857.

    >>> [round(v) for v in mercator_box(1, 0, 0)]
    [-20037508, 0, 0, 20037508]
    """
    size = 2 * _HALF / (1 << z)
    return -_HALF + x * size, _HALF - (y + 1) * size, -_HALF + (x + 1) * size, _HALF - y * size


def degree_box(z: int, x: int, y: int, margin: float = 0.0) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile in degrees, wider by `margin` of its side on each side.

    >>> [round(v, 4) for v in degree_box(1, 0, 0)]
    [-180.0, 0.0, 0.0, 85.0511]
    """
    west, south, east, north = mercator_box(z, x, y)
    more = (east - west) * margin
    west, south, east, north = west - more, south - more, east + more, north + more

    def lat(v: float) -> float:
        return math.degrees(2 * math.atan(math.exp(v / 6378137.0)) - math.pi / 2)

    def lon(v: float) -> float:
        return v / _HALF * 180.0

    return max(-180.0, lon(west)), lat(south), min(180.0, lon(east)), lat(north)


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Return x and y of the tile that holds a point.

    >>> tile_of(116.0, 36.45, 10)
    (841, 400)
    """
    n = 1 << z
    x = int((lon + 180.0) / 360.0 * n)
    y = int((1 - math.asinh(math.tan(math.radians(max(-85.05, min(85.05, lat))))) / math.pi) / 2 * n)
    return min(n - 1, max(0, x)), min(n - 1, max(0, y))
