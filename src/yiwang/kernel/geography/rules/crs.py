"""Coordinate reference systems that features are given in (OGC API - Features Part 2): names and order of axes.

CGCS2000 (国家大地坐标系 2000, GB 22021) is EPSG:4490; its Gauss-Kruger zones are 4491-4501 (6 degrees, numbered),
4502-4512 (6 degrees, by meridian), 4513-4533 (3 degrees, numbered) and 4534-4554 (3 degrees, by meridian).
"""

from dataclasses import dataclass

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
STORED, CGCS2000, MERCATOR = 4326, 4490, 3857
ZONES = range(4491, 4555)


class CrsError(ValueError):
    """We do not give features in this system."""


@dataclass(frozen=True, slots=True)
class Crs:
    """One system. `swapped`: its own order of axes is north before east, the other way round than GeoJSON's."""

    uri: str
    srid: int
    swapped: bool

    @property
    def is_degrees(self) -> bool:
        return self.srid in (STORED, CGCS2000)

    @property
    def transforms(self) -> bool:
        """Say whether stored coordinates have to be computed anew; CGCS2000 degrees are stored as they are."""
        return not self.is_degrees


def _epsg(srid: int) -> Crs:
    return Crs(f"{_EPSG}{srid}", srid, srid != MERCATOR)


DEFAULT = Crs(CRS84, STORED, False)
ALL: tuple[Crs, ...] = (DEFAULT, *(_epsg(n) for n in (STORED, CGCS2000, MERCATOR, *ZONES)))
_BY_URI = {one.uri: one for one in ALL}


def parse_crs(text: str) -> Crs:
    """Return the system of a URI, a CURIE or a plain code; CRS84 for an empty text.

    >>> parse_crs("http://www.opengis.net/def/crs/EPSG/0/4490").swapped, parse_crs("EPSG:4549").srid
    (True, 4549)
    """
    given = text.strip().strip("[]")
    if not given:
        return DEFAULT
    if given in _BY_URI:
        return _BY_URI[given]
    name = given.upper().replace("URN:OGC:DEF:CRS:", "").replace("::", ":")
    if name in ("OGC:CRS84", "CRS84", "OGC:1.3:CRS84"):
        return DEFAULT
    code = name.removeprefix("EPSG:").removeprefix("0:")
    if code.isascii() and code.isdigit() and (found := _BY_URI.get(f"{_EPSG}{int(code)}")) is not None:
        return found
    raise CrsError(given)
