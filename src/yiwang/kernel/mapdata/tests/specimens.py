"""Imports and layers for the sweeps: an import is its sender's and of those who keep the whole layer; layers are named by code."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import ImportBatch, Layer
from yiwang.kernel.geography.services.layers import install_layers

NOT_LISTS = {
    "ground/imports/": "the imports of the reader; each is swept by its number", "ground/layers/": "layers are named by code; each is swept by it",
    "ground/imports/<uuid:uid>/rows.geojson": "the rows of one import, which is swept by its number",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    """Make an import of each state of one layer, sent by nobody in the test."""
    install_layers()
    layer = Layer.objects.get(code="green_space")
    for state in ("checked", "discarded", "undone"):
        ImportBatch.objects.create(layer=layer, file_name=f"扫描{state}.csv", sha256="0" * 64, size=1, made_at=timezone.now(), state=state, format="csv",
                                   counts={"rows": 0, "bad": 0, "good": 0, "mended": 0}, understood={"fields": [], "crs": {}, "sources": []})  # fmt: skip
    return {}


def _whole(reader: Reader) -> bool:
    return reader.may("geography.import", "") and reader.may("geography.layer.edit", "") and reader.holds("geography.layer.view")


def kinds(made: Any) -> list[Kind]:
    batches = [Specimen(f"import {b.state}", {"uid": b.uid, "form": "csv"}, _whole, (str(b.uid),), b)
               for b in ImportBatch.objects.filter(file_name__startswith="扫描").order_by("pk")]  # fmt: skip
    layers = [Specimen(f"layer {layer.code}", {"code": layer.code}, lambda r, layer=layer: r.holds(layer.view_permission), (), layer)
              for layer in Layer.objects.filter(code__in=("green_space", "assets"))]  # fmt: skip
    definitions = [Specimen(f"definition {s.row.code}", s.values, lambda r: r.may("geography.layer.define"), (), s.row) for s in layers]
    return [
        Kind("import", ("ground/imports/<uuid:uid>/",), batches, {"uid": uuid7(), "form": "csv"}, {
            "mapdata:choose": Write(lambda s: {}, "administrator", batches[0].label, unproved="needs the file behind the import"),
            "mapdata:place": Write(lambda s: {}, "administrator", batches[0].label, unproved="needs rows of a file"),
            "mapdata:bring": Write(lambda s: {}, "administrator", batches[0].label, unproved="needs rows of a file"),
            "mapdata:undo": Write(lambda s: {}, "administrator", batches[2].label, lambda r, s: s.seen_by(r)),
            "mapdata:discard": Write(lambda s: {}, "administrator", batches[0].label, lambda r, s: s.seen_by(r)),
        }),
        Kind("layer to take out", ("ground/layers/<slug:code>/export/",), layers, {"code": "no_such"}, {
            "mapdata:export": Write(lambda s: {"form": "csv"}, "administrator", layers[0].label, lambda r, s: s.seen_by(r) and r.holds("geography.export")),
        }, known=True),
        Kind("layer definition", ("ground/layers/<slug:code>/",), definitions, {"code": "no_such"}, {
            "mapdata:layer": Write(lambda s: {"name_zh": "改名", "color": "#112233", "min_zoom": 1, "max_zoom": 9, "geometry": "polygon", "code_rule": "none"},
                                   "administrator", definitions[0].label, lambda r, s: s.seen_by(r)),
        }, known=True),
    ]  # fmt: skip
