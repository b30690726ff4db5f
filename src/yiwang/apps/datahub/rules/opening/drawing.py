"""What can be drawn of a table: where its rows lie, and which chart says something.

>>> columns = [{"name": "lon", "label": "经度", "kind": "decimal"}, {"name": "lat", "label": "纬度", "kind": "decimal"}]
>>> place = place_of(columns)
>>> geometry_of({"lon": 116.1, "lat": 36.4}, place)
{'type': 'Point', 'coordinates': [116.1, 36.4]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LON, _LAT = re.compile(r"^(lon|lng|longitude|x)$|经度", re.IGNORECASE), re.compile(r"^(lat|latitude|y)$|纬度", re.IGNORECASE)
_POINT = re.compile(r"^\s*POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Which columns hold the place: two of degrees (WGS 84), or one with GeoJSON or a point as WKT."""

    lon: str = ""
    lat: str = ""
    geometry: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(n for n in (self.lon, self.lat, self.geometry) if n)


def place_of(columns: Sequence[Mapping[str, Any]]) -> Place | None:
    """Return where a table's rows say that they lie; None when they do not."""
    for column in columns:
        if column["kind"] == "geometry":
            return Place(geometry=column["name"])
    found = {}
    for what, pattern in (("lon", _LON), ("lat", _LAT)):
        for column in columns:
            if column["kind"] == "decimal" and (pattern.search(column["name"]) or pattern.search(str(column.get("label", "")))):
                found[what] = column["name"]
                break
    return Place(**found) if len(found) == 2 else None


def geometry_of(values: Mapping[str, Any], place: Place) -> dict[str, Any] | None:
    """Return a row's geometry as GeoJSON, None when it has none."""
    if place.geometry:
        given = str(values.get(place.geometry) or "")
        if match := _POINT.match(given):
            return {"type": "Point", "coordinates": [float(match[1]), float(match[2])]}
        try:
            made = json.loads(given)
        except ValueError:
            return None
        return made if isinstance(made, dict) and "coordinates" in made else None
    lon, lat = values.get(place.lon), values.get(place.lat)
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    return {"type": "Point", "coordinates": [lon, lat]}


@dataclass(frozen=True)
class Chart:
    """A chart that is worth drawing: `sql` makes rows of x and one number, `{rows}` stands for the table."""

    kind: str  # line, bar
    x: str
    y: str  # column that is summed or averaged; empty: rows are counted
    sql: str


def chart_of(columns: Sequence[Mapping[str, Any]], *, most: int = 400) -> Chart | None:
    """Choose: a number over time, else a number by a kind, else how many of each kind."""
    place = place_of(columns)
    hidden = set(place.names) if place else set()
    times = [c for c in columns if c["kind"] in ("date", "datetime") or c.get("step") in ("month", "year") or re.search(r"^(year|month)$|年度|年份|月份", f"{c['name']}")]
    numbers = [
        c for c in columns
        if c["kind"] in ("integer", "decimal") and c["name"] not in hidden and c not in times and not re.search(r"(^|_)(code|id|no|year|order)$|编号|代码|年|序", f"{c['name']} {c.get('label', '')}")
    ]  # fmt: skip
    kinds = [c for c in columns if c["kind"] in ("string", "code") and 2 <= c.get("distinct", 0) <= 40 and c["name"] not in hidden]
    if times and numbers:
        x, y = times[0], numbers[0]
        step = f"CAST({_q(x)} AS DATE)" if x["kind"] == "datetime" else _q(x)
        how = "avg" if re.search(r"[/%℃]", str(y.get("unit", ""))) or (y["kind"] == "decimal" and not y.get("unit")) else "sum"
        return Chart("line", x["name"], y["name"], f"SELECT {step} AS x, round({how}({_q(y)}), 2) FROM {{rows}} WHERE {_q(x)} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {most}")
    if kinds:
        x = min(kinds, key=lambda c: c["distinct"])
        if numbers and place is None:  # rows with a place are things, and things are counted
            y = numbers[0]
            return Chart("bar", x["name"], y["name"], f"SELECT {_q(x)}, round(sum({_q(y)}), 2) AS n FROM {{rows}} WHERE {_q(x)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 20")
        return Chart("bar", x["name"], "", f"SELECT {_q(x)}, count(*) AS n FROM {{rows}} WHERE {_q(x)} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 20")
    return None


def _q(column: Mapping[str, Any]) -> str:
    return '"' + str(column["name"]).replace('"', '""') + '"'
