"""Writing a layer as a file, in a program of its own as reading is: one line of JSON says what, then a line a row.

`python -m yiwang.kernel.mapdata.writer`; rows are `{"g": WKB in hex or null, "v": [values in the order of the fields]}`.
"""

import json
import os
import sys
import warnings
from typing import Any, TextIO

DRIVERS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "geojson": "GeoJSON", "dxf": "DXF"}
_KINDS = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


def write(head: dict[str, Any], lines: TextIO) -> int:
    """Write the file that `head` names (form, path, layer, fields, types, kind, encoding, crs) and return how many rows."""
    import numpy as np
    import shapely
    from pyogrio import raw

    shapes: list[str | None] = []
    columns: list[list[Any]] = [[] for _ in head["fields"]]
    for line in lines:
        row = json.loads(line)
        shapes.append(row["g"])
        for column, value in zip(columns, row["v"], strict=True):
            column.append(value)
    geometries = shapely.from_wkb(np.array([bytes.fromhex(s) if s else None for s in shapes], dtype=object))
    if head["kind"] != "point" and head["form"] != "dxf":
        multi = shapely.multilinestrings if head["kind"] == "line" else shapely.multipolygons
        geometries = np.array([None if g is None else (multi([g]) if g.geom_type in ("LineString", "Polygon") else g) for g in geometries], dtype=object)
    data, masks = [], []
    for column, kind in zip(columns, head["types"], strict=True):
        missing = np.array([v is None for v in column], dtype=bool)
        if kind in ("integer", "number"):
            data.append(np.array([0 if v is None else v for v in column], dtype="int64" if kind == "integer" else "float64"))
        else:
            data.append(np.array([None if v is None else str(v) for v in column], dtype=object))
        masks.append(missing)
    options: dict[str, Any] = {"encoding": head["encoding"]} if head["form"] == "shp" else {}
    fields = head["fields"]
    if head["form"] == "dxf":
        fields, data, masks = ["Layer"], [np.array([head["layer"]] * len(shapes), dtype=object)], [np.zeros(len(shapes), dtype=bool)]
    warnings.filterwarnings("ignore", message="'crs' was not provided")  # a drawing has none
    raw.write(
        head["path"], shapely.to_wkb(geometries), data, fields, field_mask=masks, layer=head["layer"] if head["form"] == "gpkg" else None,
        driver=DRIVERS[head["form"]], geometry_type="Unknown" if head["form"] == "dxf" else _KINDS[head["kind"]],
        crs=None if head["form"] == "dxf" else head["crs"], **options,
    )  # fmt: skip
    return len(shapes)


def main() -> None:
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PROJ_NETWORK": "OFF"}
    head = json.loads(sys.stdin.readline())
    print(json.dumps({"rows": write(head, sys.stdin)}))


if __name__ == "__main__":
    main()
