"""Which coordinate system a file is in: what it says, what its numbers allow, and what puts it into our county.

CGCS2000: EPSG 4490 in degrees; Gauss-Krueger 3 degrees 4513-4533 (zone number before the easting) and 4534-4554 (without), 6 degrees
4491-4501 and 4502-4512. WGS 84 4326, 3857. Local systems come from the server's settings by name; a wizard never asks for parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyproj

from yiwang.kernel.mapdata.reader.refusals import Refused

Extent = tuple[float, float, float, float]
TRIED = (
    "EPSG:4490", *(f"EPSG:{n}" for n in range(4513, 4534)), *(f"EPSG:{n}" for n in range(4534, 4555)),
    *(f"EPSG:{n}" for n in range(4491, 4502)), *(f"EPSG:{n}" for n in range(4502, 4513)), "EPSG:3857",
)  # fmt: skip
MARGIN = 0.05  # degrees around the county that still count as in it


@dataclass
class Systems:
    """The local systems of the installation by name: PROJ strings or WKT."""

    local: Mapping[str, str]

    def crs(self, name: str, own: str = "") -> pyproj.CRS:
        if name == "file":
            if not own:
                raise Refused("no_crs")
            return _crs(own)
        if name.startswith("LOCAL:"):
            if name[6:] not in self.local:
                raise Refused("unknown_crs", name=name[:60])
            return _crs(self.local[name[6:]])
        if name not in TRIED and name != "EPSG:4326":
            raise Refused("unknown_crs", name=name[:60])
        return _crs(name)


@cache
def _crs(text: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text).to_2d()
    except pyproj.exceptions.CRSError as error:
        raise Refused("unknown_crs", name=text[:60]) from error


def mover(crs: pyproj.CRS, *, swap: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that takes an array of (x, y) of the file to longitude and latitude."""
    to = _to_degrees(crs.to_wkt())

    def move(xy: np.ndarray) -> np.ndarray:
        pair = xy[:, ::-1] if swap else xy
        lon, lat = to.transform(pair[:, 0], pair[:, 1])
        return np.column_stack([lon, lat])

    return move


@cache
def _to_degrees(wkt: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(wkt, "EPSG:4326", always_xy=True)


def name_of(crs: pyproj.CRS) -> tuple[str, str]:
    """Return (EPSG:n or "file", name): the number only where the definition is that of the number."""
    epsg = crs.to_epsg(min_confidence=70)
    return (f"EPSG:{epsg}" if epsg else "file", crs.name)


def inside(crs: pyproj.CRS, middle: tuple[float, float], county: Extent | None, *, swap: bool) -> bool:
    """Say whether a place of the file lies in the county (anywhere on the globe where the county has no border)."""
    x, y = middle
    try:
        lon, lat = mover(crs, swap=swap)(np.array([[x, y]]))[0]
    except pyproj.exceptions.ProjError:
        return False
    if not (np.isfinite(lon) and np.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90:
        return False
    if county is None:
        return True
    west, south, east, north = county
    return bool(west - MARGIN <= lon <= east + MARGIN and south - MARGIN <= lat <= north + MARGIN)


def understand(own: str, middle: tuple[float, float] | None, county: Extent | None, systems: Systems) -> dict[str, Any]:
    """Return what the file says (`stated`), whether that puts it into the county, what would, and what we propose.

    `how`: stated, stated_swapped, magnitude (the file says nothing, one system fits), wrong (it says something that puts it
    elsewhere, another fits), unknown (nothing fits or several do: a person has to choose). `middle` is the median of some of
    its places: one row far away does not speak for all.
    """
    stated: dict[str, Any] | None = None
    crs: pyproj.CRS | None = None
    if own:
        try:
            crs = _crs(own)
            number, name = name_of(crs)
            number = number if number in TRIED or number == "EPSG:4326" else "file"
            stated = {"id": number, "name": name, "other_datum": _other_datum(crs)}
        except Refused:
            stated = None
    if middle is None:
        return {"stated": stated, "candidates": [], "how": "stated" if stated else "unknown", "proposed": stated["id"] if stated else "", "swap": False}
    if crs is not None and stated is not None:
        for swap in (False, True):
            if inside(crs, middle, county, swap=swap) and not (swap and county is None):
                how = "stated_swapped" if swap else "stated"
                return {"stated": stated, "candidates": [], "how": how, "proposed": stated["id"], "swap": swap}
    candidates = list(_candidates(middle, county, systems))
    proposed = candidates[0] if len(candidates) == 1 else None
    how = ("wrong" if stated else "magnitude") if proposed else "unknown"
    return {
        "stated": stated, "candidates": candidates, "how": how, "proposed": proposed["id"] if proposed else "",
        "swap": bool(proposed and proposed["swap"]),
    }  # fmt: skip


def _other_datum(crs: pyproj.CRS) -> bool:
    base = crs.geodetic_crs
    name = (base.datum.name if base is not None and base.datum is not None else crs.name).lower()
    return not any(known in name for known in ("world geodetic system 1984", "wgs", "china 2000", "china_2000", "china geodetic", "cgcs2000"))


def _candidates(middle: tuple[float, float], county: Extent | None, systems: Systems) -> Sequence[dict[str, Any]]:
    if county is None:
        degrees = abs(middle[0]) <= 180 and abs(middle[1]) <= 90
        return [{"id": "EPSG:4490", "name": _crs("EPSG:4490").name, "swap": False}] if degrees else []
    found: list[dict[str, Any]] = []
    spots: set[tuple[float, float]] = set()
    spot_of = np.array([middle])
    for name in [*_near(county), *(f"LOCAL:{n}" for n in systems.local)]:
        crs = systems.crs(name)
        for swap in (False, True):
            if not inside(crs, middle, county, swap=swap):
                continue
            lon, lat = mover(crs, swap=swap)(spot_of)[0]
            spot = (round(float(lon), 6), round(float(lat), 6))
            if spot not in spots:  # zones of 3 and 6 degrees share meridians: the same place is one answer
                spots.add(spot)
                found.append({"id": name, "name": name[6:] if name.startswith("LOCAL:") else crs.name, "swap": swap})
    return found


def _near(county: Extent) -> list[str]:
    """Return the systems whose meridian is near the county: each that is tried costs tens of milliseconds."""
    lon = (county[0] + county[2]) / 2
    reach = (county[2] - county[0]) / 2
    found = []
    for name in TRIED:
        number = int(name.removeprefix("EPSG:"))
        base, step = (4534, 3) if number >= 4534 else (4513, 3) if number >= 4513 else (4502, 6) if number >= 4502 else (4491, 6)
        if number in (4490, 3857) or abs(75 + step * (number - base) - lon) <= step + reach:
            found.append(name)
    return found
