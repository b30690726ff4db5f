"""What lies in a file, and its rows one after the other, in batches that fit into memory."""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from yiwang.kernel.mapdata.reader import geojson, texts
from yiwang.kernel.mapdata.reader.packages import Package
from yiwang.kernel.mapdata.reader.refusals import Refused

BATCH = 5000
WHOLE_BYTES = 4 << 20  # a GeoJSON up to this is read at once
MOST_UNPARTED = 2_000_000
SAMPLES = 4
_LON = re.compile(r"^(lon|lng|long|longitude|x|经度|东经|经度坐标|x坐标|坐标x|lon_.*|.*经度)$", re.I)
_LAT = re.compile(r"^(lat|latitude|y|纬度|北纬|纬度坐标|y坐标|坐标y|lat_.*|.*纬度)$", re.I)
_WKT = re.compile(r"^(wkt|geom|geometry|the_geom|shape|geom_wkt|几何|图形)$", re.I)
_LOST = re.compile("[\ud800-\udfff]")  # a byte that the encoding does not know (surrogateescape)
_DEGREES = re.compile(r"^\s*[EWNSeswn东西南北经纬]*\s*(\d{1,3})\s*[°度]\s*(\d{1,2})\s*[′'分]\s*(\d{1,2}(?:\.\d+)?)\s*[″\"秒]?\s*[EWNSeswn]*\s*$")


@dataclass
class Batch:
    """Rows as they stand in the file: field names, columns of plain values, WKB or None, and words that could not be decoded."""

    names: list[str]
    columns: list[list[Any]]
    geometries: np.ndarray
    garbled: dict[int, str] = field(default_factory=dict)  # row in the batch -> field


@dataclass
class Source:
    """One layer of a file."""

    name: str
    count: int
    names: list[str]
    types: list[str]
    geometry: str
    extent: tuple[float, float, float, float] | None
    own_crs: str = ""
    encoding: str = ""
    encoding_how: str = ""
    notes: list[str] = field(default_factory=list)


def names_of(package: Package) -> list[str]:
    """Return the names of the layers with geometry."""
    if package.format in ("shp", "csv"):
        return list(package.sources)
    found: list[str] = []
    for path in package.sources.values():
        layers = _gdal(lambda p=path: _pyogrio().list_layers(p))
        found += [str(name) for name, kind in layers if kind is not None]
    if not found:
        raise Refused("no_layers")
    return found if package.format == "gpkg" or len(found) > 1 else list(package.sources)


def _pyogrio() -> Any:
    import pyogrio

    return pyogrio


def _gdal(call: Any) -> Any:
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        return call()
    except (DataSourceError, DataLayerError, RuntimeError, ValueError, IndexError, OverflowError) as error:
        raise Refused("unreadable", detail=re.sub(r"[^\s]*/", "", str(error))[:200]) from error


class GdalSource:
    """A layer that GDAL reads: GeoPackage, shapefile, GeoJSON, DXF."""

    def __init__(self, package: Package, name: str, encoding: str) -> None:
        if package.format == "shp":
            if name not in package.sources:
                raise Refused("no_layers")
            self.path, self.layer = package.sources[name], None
        else:
            self.path = next(iter(package.sources.values()))
            self.layer = name if package.format == "gpkg" or name not in package.sources else None
        self.format, self.name = package.format, name
        self.encoding, self.how = encoding, "chosen" if encoding else ""
        if self.format == "shp" and not encoding:
            self.encoding, self.how = texts.of_dbf(self.path)
        if self.format == "geojson":
            self._as_utf8()

    def _as_utf8(self) -> None:
        """JSON is UTF-8 by its standard; what is not is rewritten, where it is whole in another encoding."""
        with self.path.open("rb") as source:
            found, how = texts.guess(source.read(texts.SCAN_BYTES))
        encoding = self.encoding or found
        self.encoding, self.how = encoding, self.how or how
        plain = encoding == "UTF-8" and how != "bom"
        self.path = geojson.as_utf8(self.path, "utf-8-sig" if encoding == "UTF-8" and not plain else encoding, rewrite=not plain)

    def _options(self) -> dict[str, Any]:
        return {"encoding": "ISO-8859-1"} if self.format == "shp" else {}

    def look(self) -> Source:
        info = _gdal(lambda: _pyogrio().read_info(self.path, layer=self.layer, force_feature_count=True, force_total_bounds=True, **self._options()))
        bounds = info.get("total_bounds")
        extent = tuple(float(v) for v in bounds) if bounds is not None and all(math.isfinite(v) for v in bounds) else None
        notes = []
        kind = str(info.get("geometry_type") or "Unknown")
        if kind.endswith(("Z", "M", "ZM")) or " Z" in kind or "2.5D" in kind:
            notes.append("flattened")
        if "Curve" in kind or "Circular" in kind or "Surface" in kind:
            notes.append("curves")
        own = str(info.get("crs") or "")
        if self.format == "geojson" and own.startswith("EPSG:4979"):
            own = "EPSG:4326"  # GDAL's name for RFC 7946 with heights
        names = [self._word(str(n)) for n in info["fields"]]
        return Source(self.name, int(info["features"]), names, [str(t).replace("OFT", "") for t in info["ogr_types"]], kind,
                      extent, own, self.encoding if self.format in ("shp", "geojson") else "UTF-8", self.how, notes)  # type: ignore[arg-type]  # fmt: skip

    def _word(self, text: str) -> str:
        if self.format != "shp":
            return text
        found = texts.decoded(text, self.encoding)
        return text if found is None else found

    def batches(self, limit: int | None = None) -> Iterator[Batch]:
        """Yield the rows. Each way takes up where it stopped: to count on from the first row again costs the square of the rows."""
        if self.format == "geojson" and limit is None and self.path.stat().st_size > WHOLE_BYTES:
            yield from self._parts()
            return
        key = self._key() if self.format == "gpkg" and limit is None else ""
        at, last = 0, None
        while True:
            size = BATCH if limit is None else min(BATCH, limit - at)
            if size <= 0:
                return
            where = {"where": f'"{key}" > {last}'} if key and last is not None else {"skip_features": 0 if key else at}
            batch, count, last = self._read(self.path, size, self.layer, fids=bool(key), **where)
            if batch is None:
                return
            yield batch
            at += count
            if count < size:
                return

    def _key(self) -> str:
        """Return the column of the row numbers, in whose order a table is read; empty for a view, which has none."""
        found = _gdal(lambda: _pyogrio().read_info(self.path, layer=self.layer)).get("fid_column") or ""
        return "" if '"' in found else str(found)

    def _parts(self) -> Iterator[Batch]:
        part, seen = self.path.with_name("part.geojson"), False
        for expected, text in geojson.parts(self.path, BATCH):
            part.write_text(text, encoding="utf-8")
            batch, count, _last = self._read(part, expected + 1, None)
            if batch is None or count != expected:
                raise Refused("unreadable", detail="")
            seen = True
            yield batch
        if not seen:  # no collection: one shape, or features line by line
            batch, _count, _last = self._read(self.path, MOST_UNPARTED, self.layer)
            if batch is not None:
                yield batch

    def _read(self, path: Path, size: int, layer: str | None, *, fids: bool = False, **which: Any) -> tuple[Batch | None, int, int | None]:
        """Return rows, how many they are, and the number of the last one."""
        meta, keys, geometries, columns = _gdal(lambda: _pyogrio().raw.read(
            path, layer=layer, max_features=size, datetime_as_string=True, return_fids=fids, **which, **self._options()))  # fmt: skip
        count = len(geometries) if geometries is not None else (len(columns[0]) if columns else 0)
        if count == 0:
            return None, 0, None
        if geometries is None:
            geometries = np.full(count, None, dtype=object)
        names = [self._word(str(n)) for n in meta["fields"]]
        garbled: dict[int, str] = {}
        plain = [self._column(name, column, garbled) for name, column in zip(names, columns, strict=True)]
        return Batch(names, plain, geometries, garbled), count, int(keys[-1]) if fids else None

    def _column(self, name: str, column: np.ndarray, garbled: dict[int, str]) -> list[Any]:
        values = [_plain(v) for v in column.tolist()] if column.dtype.kind != "M" else [None if np.isnat(v) else str(v)[:19] for v in column]
        if self.format != "shp":
            return values
        for at, value in enumerate(values):
            if isinstance(value, str):
                found = texts.decoded(value, self.encoding)
                if found is None:
                    garbled.setdefault(at, name)
                    found = value.encode("latin-1", "replace").decode(self.encoding, "replace")
                values[at] = found
        return values


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return None
    if isinstance(value, np.ndarray | list):
        return "; ".join(str(v) for v in value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


class CsvSource:
    """A table with columns of longitude and latitude, or of WKT."""

    def __init__(self, package: Package, name: str, encoding: str, *, x: str = "", y: str = "", wkt: str = "") -> None:
        self.name, self.path = name, next(iter(package.sources.values()))
        with self.path.open("rb") as source:
            head = source.read(texts.SCAN_BYTES)
        self.encoding, self.how = (encoding, "chosen") if encoding else texts.guess(head)
        codec = "utf-8-sig" if self.encoding == "UTF-8" else self.encoding
        self.codec = codec
        sample = head[:65536].decode(codec, "replace")
        first = sample.splitlines()[0] if sample.splitlines() else ""
        self.delimiter = max(",;\t|", key=first.count)
        try:
            with self._open() as lines:
                self.names = _unique([c.strip() for c in next(csv.reader(lines, delimiter=self.delimiter))])
        except (StopIteration, csv.Error) as error:
            raise Refused("empty") from error
        self.wkt = self._at(wkt, _WKT if not (x or y) else None)
        self.x = None if self.wkt is not None else self._at(x, _LON)
        self.y = None if self.wkt is not None else self._at(y, _LAT)

    def _open(self) -> io.TextIOWrapper:
        csv.field_size_limit(16 * 1024 * 1024)
        return self.path.open(encoding=self.codec, errors="surrogateescape", newline="")

    def _at(self, name: str, pattern: re.Pattern[str] | None) -> int | None:
        if name:
            return self.names.index(name) if name in self.names else None
        if pattern is None:
            return None
        return next((at for at, column in enumerate(self.names) if pattern.match(column)), None)

    def look(self) -> Source:
        west = south = math.inf
        east = north = -math.inf
        count = 0
        for batch in self.batches(moved=False):
            count += len(batch.geometries)
            shapes = shapely.from_wkb(batch.geometries, on_invalid="ignore")
            if not shapely.is_missing(shapes).all():
                w, s, e, n = shapely.total_bounds(shapes)
                if math.isfinite(w):
                    west, south, east, north = min(west, w), min(south, s), max(east, e), max(north, n)
        extent = (west, south, east, north) if math.isfinite(west) else None
        notes = [] if self.wkt is not None or (self.x is not None and self.y is not None) else ["no_coordinates"]
        kind = "WKT" if self.wkt is not None else "Point"
        return Source(self.name, count, self.names, ["String"] * len(self.names), kind, extent, "", self.encoding, self.how, notes)

    def batches(self, limit: int | None = None, *, moved: bool = True) -> Iterator[Batch]:
        rows: list[list[str]] = []
        seen = 0
        try:
            with self._open() as lines:
                reader = csv.reader(lines, delimiter=self.delimiter)
                next(reader, None)
                for row in reader:
                    if not any(cell.strip() for cell in row):
                        continue
                    rows.append(row)
                    seen += 1
                    if len(rows) == BATCH or seen == limit:
                        yield self._batch(rows)
                        rows = []
                    if seen == limit:
                        return
        except csv.Error as error:
            raise Refused("unreadable", detail=str(error)[:200]) from error
        if rows:
            yield self._batch(rows)

    def _batch(self, rows: list[list[str]]) -> Batch:
        width = len(self.names)
        garbled: dict[int, str] = {}
        columns: list[list[Any]] = [[] for _ in self.names]
        geometries = np.full(len(rows), None, dtype=object)
        for at, row in enumerate(rows):
            cells = [*row[:width], *([""] * (width - len(row)))]
            for to, cell in enumerate(cells):
                if not cell.isascii() and _LOST.search(cell):
                    garbled.setdefault(at, self.names[to])
                    cell = _LOST.sub("\ufffd", cell)
                columns[to].append(cell)
            geometries[at] = self._geometry(cells)
        return Batch(self.names, columns, geometries, garbled)

    def _geometry(self, cells: list[str]) -> bytes | None:
        if self.wkt is not None:
            text = cells[self.wkt].strip()
            if not text:
                return None
            found = shapely.from_wkt(re.sub(r"^SRID=\d+;", "", text), on_invalid="ignore")
            return b"?" if found is None else shapely.to_wkb(found)
        if self.x is None or self.y is None:
            return None
        if not cells[self.x].strip() and not cells[self.y].strip():
            return None
        x, y = _coordinate(cells[self.x]), _coordinate(cells[self.y])
        if x is None or y is None:
            return b"?"  # something stands there that is no number
        return shapely.to_wkb(shapely.Point(x, y))


def _coordinate(text: str) -> float | None:
    text = text.strip()
    if found := _DEGREES.match(text):
        degrees, minutes, seconds = (float(part) for part in found.groups())
        return degrees + minutes / 60 + seconds / 3600
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for at, raw in enumerate(names, 1):
        name = raw[:80] or f"#{at}"
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result


def open_source(package: Package, name: str, *, encoding: str = "", x: str = "", y: str = "", wkt: str = "") -> "GdalSource | CsvSource":
    """Return the layer of that name (the first when empty).

    Raises
    ------
    Refused
        no_layers, unreadable, mixed_encoding, empty.
    """
    name = name or names_of(package)[0]
    if package.format == "csv":
        return CsvSource(package, name, encoding, x=x, y=y, wkt=wkt)
    return GdalSource(package, name, encoding)


def samples(source: "GdalSource | CsvSource") -> tuple[dict[str, list[str]], tuple[float, float] | None]:
    """Return up to four different values of each field, and the median place, of the first rows."""
    found: dict[str, list[str]] = {}
    spots: list[np.ndarray] = []
    for batch in source.batches(limit=400):
        shapes = shapely.from_wkb(batch.geometries, on_invalid="ignore")
        bounds = shapely.bounds(shapes)
        spots.append(bounds[np.isfinite(bounds).all(axis=1)])
        for name, column in zip(batch.names, batch.columns, strict=True):
            kept = found.setdefault(name, [])
            for value in column:
                text = "" if value is None else str(value).strip()[:60]
                if text and text not in kept and len(kept) < SAMPLES:
                    kept.append(text)
    boxes = np.concatenate(spots) if spots else np.empty((0, 4))
    if not len(boxes):
        return found, None
    west, south, east, north = np.median(boxes, axis=0)
    return found, (float(west + east) / 2, float(south + north) / 2)
