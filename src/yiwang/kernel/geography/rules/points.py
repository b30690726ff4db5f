"""Checks of coordinates and boxes as they come in from outside."""

import math


class PointError(ValueError):
    """What was sent is no place on earth; `reason` is a word: missing, number, range, swapped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def checked_point(lon: object, lat: object) -> tuple[float, float]:
    """Return (longitude, latitude) as floats of seven decimals (about 1 cm).

    Raises
    ------
    PointError
        Missing, no number, not finite, beyond the globe, or latitude and longitude changed places.

    >>> checked_point("115.98", 36.45)
    (115.98, 36.45)
    """
    if lon is None or lat is None or lon == "" or lat == "":
        raise PointError("missing")
    if isinstance(lon, bool) or isinstance(lat, bool):
        raise PointError("number")
    try:
        x, y = float(lon), float(lat)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise PointError("number") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise PointError("number")
    if abs(y) > 90 and abs(x) <= 90 and abs(y) <= 180:
        raise PointError("swapped")
    if abs(x) > 180 or abs(y) > 90:
        raise PointError("range")
    return round(x, 7), round(y, 7)


def parse_bbox(text: str) -> tuple[float, float, float, float]:
    """Return (west, south, east, north) out of ``"115.9,36.4,116.0,36.5"``; boxes over the date line are not taken."""
    parts = text.split(",")
    if len(parts) != 4:
        raise PointError("number")
    west, south = checked_point(parts[0], parts[1])
    east, north = checked_point(parts[2], parts[3])
    if west >= east or south >= north:
        raise PointError("range")
    return west, south, east, north


def parse_zoom(text: str) -> float:
    try:
        zoom = float(text)
    except ValueError as error:
        raise PointError("number") from error
    if not 0 <= zoom <= 24:
        raise PointError("range")
    return zoom
