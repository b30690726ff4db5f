"""Where one point lies from another, in metres, winds and words."""

import math

WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_M_PER_DEGREE = 111_320.0


def metres_between(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the distance on the ground; within a county good to a thousandth.

    >>> round(metres_between(116.0, 36.0, 116.001, 36.0))
    90
    """
    x = (lon2 - lon1) * math.cos(math.radians((lat1 + lat2) / 2))
    return math.hypot(x, lat2 - lat1) * _M_PER_DEGREE


def wind(from_lon: float, from_lat: float, to_lon: float, to_lat: float) -> str:
    """Return in which of the eight winds the second point lies from the first.

    >>> wind(116, 36, 116.001, 36.001), wind(116, 36, 116, 35.9), wind(116, 36, 115.9, 36)
    ('NE', 'S', 'W')
    """
    x = (to_lon - from_lon) * math.cos(math.radians((from_lat + to_lat) / 2))
    turn = math.degrees(math.atan2(x, to_lat - from_lat)) % 360
    return WINDS[int((turn + 22.5) // 45) % 8]


def moved(lon: float, lat: float, to: str, metres: float) -> tuple[float, float]:
    """Return the point so many metres away in one of the eight winds.

    >>> [round(v, 5) for v in moved(116, 36, "E", 90)]
    [116.001, 36.0]
    """
    turn = math.radians(WINDS.index(to) * 45)
    north, east = math.cos(turn) * metres, math.sin(turn) * metres
    return lon + east / (_M_PER_DEGREE * math.cos(math.radians(lat))), lat + north / _M_PER_DEGREE


def between(low: tuple[int, float, float], high: tuple[int, float, float], number: int) -> tuple[float, float]:
    """Return where a house number should stand between two known ones, as (number, longitude, latitude)."""
    share = (number - low[0]) / (high[0] - low[0])
    return low[1] + (high[1] - low[1]) * share, low[2] + (high[2] - low[2]) * share
