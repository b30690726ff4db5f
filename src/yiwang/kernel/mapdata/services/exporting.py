"""A layer as a file, as far as its reader sees it; numbered, on record and marked as every export is."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.cells import safe
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.files.exports import Exported, marks
from yiwang.kernel.files.exports.contracts import Stamp
from yiwang.kernel.files.exports.services import ACTION
from yiwang.kernel.files.exports.writing import sentence
from yiwang.kernel.geography.models import GeometryKind, Layer
from yiwang.kernel.geography.queries import layers
from yiwang.kernel.mapdata import queries
from yiwang.kernel.mapdata.contents import Row, count_of, rows_of
from yiwang.kernel.mapdata.services.reading import environment

FORMS = ("gpkg", "shp", "geojson", "csv", "dxf")
ENCODINGS = {"UTF-8": "UTF-8", "GBK": "GBK"}
MOST_ROWS = 300_000
MARK = "export_no"  # the column that carries the number of the export
_TYPES = {
    "gpkg": "application/geopackage+sqlite3", "shp": "application/zip", "geojson": "application/geo+json", "csv": "text/csv",
    "dxf": "image/vnd.dxf",
}  # fmt: skip


def export(actor: Actor, layer_code: str, form: str, encoding: str = "UTF-8") -> Exported:
    """Return the file.

    Raises
    ------
    NotFound, NotPermitted
        The layer is not there for him (a secret one for nobody), or he takes nothing out.
    BadInput
        The format or encoding is none of ours, or there are too many rows.
    """
    if not actor.may_anywhere(queries.EXPORT):
        raise NotPermitted(permission=queries.EXPORT)
    layer = layers.layer(actor, layer_code)
    if form not in FORMS:
        raise BadInput.one("form", "unknown", _("Choose GeoPackage, Shapefile, GeoJSON, CSV or DXF."))
    if encoding not in ENCODINGS:
        raise BadInput.one("encoding", "unknown", _("Choose UTF-8 or GBK."))
    if (count := count_of(actor, layer)) > MOST_ROWS:
        raise BadInput.one("layer", "too-many", _("There are more than %(most)s rows; ask the administrator for a copy of the table.") % {"most": MOST_ROWS})
    with transaction.atomic():
        moment = now().astimezone(ZoneInfo(settings.TIME_ZONE))
        number = marks.new_number(moment.date())
        stamp = Stamp(number=number, name=actor.name, post=actor.post_name, at=moment, hidden=marks.hidden(number, settings.SEAL_KEY))
        content = _csv(actor, layer, stamp, encoding) if form == "csv" else _written(actor, layer, form, stamp, encoding)
        record(actor, action=ACTION, data={
            "what": f"layer.{layer.code}", "number": number, "form": form, "rows": count, "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(), "filters": {},
        })  # fmt: skip
    suffix = "zip" if form == "shp" else form
    return Exported(name=f"{layer.code}-{number}.{suffix}", content=content, content_type=_TYPES[form], number=number)


def _fields(layer: Layer) -> list[tuple[str, str]]:
    return [("code", "text"), *((a["name"], a["type"] if a["type"] in ("integer", "number") else "text") for a in layer.schema), (MARK, "text")]


def _plain(row: Row, names: list[str], stamp: Stamp, *, hide: bool) -> list[Any]:
    mark = stamp.number + (stamp.hidden if hide else "")
    return [row.code, *(row.values.get(name) for name in names), mark]


def _csv(actor: Actor, layer: Layer, stamp: Stamp, encoding: str) -> bytes:
    """Longitude and latitude for points, WKT for the rest; UTF-8 with a byte-order mark, so that sheets know."""
    out = io.StringIO()
    writer = csv.writer(out)
    labels = queries.labels(layer)
    names = [a["name"] for a in layer.schema]
    point = layer.geometry == GeometryKind.POINT
    writer.writerow([_("Code"), *(labels[n] for n in names), *((_("Longitude"), _("Latitude")) if point else ("WKT",)), MARK])
    for row in rows_of(actor, layer):
        *plain, mark = _plain(row, names, stamp, hide=encoding == "UTF-8")
        place = [f"{v:.8f}" for v in row.geometry.coords] if point else [row.geometry.wkt]
        writer.writerow([*(safe(v) for v in plain), *place, mark])
    return out.getvalue().encode("utf-8-sig" if encoding == "UTF-8" else "gb18030")


def _short(names: list[str]) -> list[str]:
    """Names of at most ten characters, each once: more a shapefile does not hold."""
    found: list[str] = []
    for name in names:
        short, at = name[:10], 1
        while short in found:
            short, at = f"{name[:8]}_{at}", at + 1
        found.append(short)
    return found


def _written(actor: Actor, layer: Layer, form: str, stamp: Stamp, encoding: str) -> bytes:
    fields = _fields(layer)
    names = [n for n, _t in fields][1:-1]
    shown = _short([n for n, _t in fields]) if form == "shp" else [n for n, _t in fields]
    hide = form in ("gpkg", "geojson")
    with tempfile.TemporaryDirectory(prefix="yw-write-") as scratch:
        path = Path(scratch) / f"{layer.code}.{form}"
        head = {
            "form": form, "path": str(path), "layer": layer.code, "fields": shown, "types": [t for _n, t in fields], "kind": layer.geometry,
            "encoding": encoding, "crs": "EPSG:4326" if form == "geojson" else "EPSG:4490",
        }  # fmt: skip
        lines = (json.dumps({"g": row.geometry.hex.decode(), "v": _plain(row, names, stamp, hide=hide)}, default=str) for row in rows_of(actor, layer))
        _run(json.dumps(head), lines)
        if form != "shp":
            return path.read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(scratch).iterdir()):
                archive.write(part, part.name)
            archive.writestr("export.txt", sentence(stamp) + stamp.hidden)
        return packed.getvalue()


def _run(head: str, lines: Iterator[str]) -> None:
    writer = subprocess.Popen(  # noqa: S603 our own program
        [sys.executable, "-P", "-m", "yiwang.kernel.mapdata.writer"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environment(), encoding="utf-8",
    )  # fmt: skip
    try:
        assert writer.stdin is not None
        assert writer.stderr is not None
        writer.stdin.write(head + "\n")
        for line in lines:
            writer.stdin.write(line + "\n")
        writer.stdin.close()
        said = writer.stderr.read()
        if writer.wait(timeout=600) != 0:
            raise RuntimeError(f"the writer of map files failed: {said[-500:]}")
    finally:
        if writer.poll() is None:
            writer.kill()
            writer.wait()
