"""The two things that the reader does: say what lies in a file, and give its rows."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
import shapely

from yiwang.kernel.geography.rules.offsets import BACK
from yiwang.kernel.mapdata.reader.packages import Package
from yiwang.kernel.mapdata.reader.places import Systems, mover, understand
from yiwang.kernel.mapdata.reader.refusals import Refused
from yiwang.kernel.mapdata.reader.rows import Batch, names_of, open_source, samples
from yiwang.kernel.mapdata.reader.shapes import treated

MOST_SOURCES = 40


def _county(request: dict[str, Any]) -> tuple[float, float, float, float] | None:
    extent = request.get("county")
    return tuple(extent) if extent else None


def look(package: Package, request: dict[str, Any]) -> dict[str, Any]:
    """Return format, layers, and of the chosen one: count, fields with samples, encoding, coordinate system, extent."""
    sources = names_of(package)[:MOST_SOURCES]
    choice = request.get("choice", {})
    chosen = choice.get("source") or sources[0]
    if chosen not in sources:
        chosen = sources[0]
    source = open_source(package, chosen, encoding=choice.get("encoding", ""), x=choice.get("x", ""), y=choice.get("y", ""), wkt=choice.get("wkt", ""))
    found = source.look()
    if found.count == 0:
        raise Refused("no_rows", name=chosen)
    most = int(request.get("limits", {}).get("rows", 2_000_000))
    if found.count > most:
        raise Refused("too_many_rows", count=found.count, most=most)
    shown, middle = samples(source)
    facts = asdict(found)
    facts["notes"] = [*package.notes, *found.notes]
    own = facts.pop("own_crs")
    named = {} if package.format != "csv" else {
        "x": found.names[source.x] if source.x is not None else "", "y": found.names[source.y] if source.y is not None else "",  # type: ignore[union-attr]
        "wkt": found.names[source.wkt] if source.wkt is not None else "",  # type: ignore[union-attr]
    }  # fmt: skip
    facts["fields"] = [{"name": n, "type": t, "samples": shown.get(n, [])} for n, t in zip(facts.pop("names"), facts.pop("types"), strict=True)]
    crs = understand(own, middle, _county(request), Systems(request.get("local", {})))
    return {"format": package.format, "sources": sources, "source": chosen, **facts, "crs": crs, "columns": named}


def read(package: Package, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield one line a row: n (from 1), v (values), g (WKB in hex, degrees) or None, p (problems), m (mended)."""
    choice = request["choice"]
    source = open_source(package, choice.get("source", ""), encoding=choice.get("encoding", ""), x=choice.get("x", ""), y=choice.get("y", ""), wkt=choice.get("wkt", ""))
    own = source.look().own_crs if choice.get("crs") == "file" else ""
    crs = Systems(request.get("local", {})).crs(choice["crs"], own)
    move = _moved(mover(crs, swap=bool(choice.get("swap"))), choice.get("offset", ""))
    number = 0
    most = int(request.get("limits", {}).get("rows", 2_000_000))
    for batch in source.batches():
        for line in _lines(batch, request["kind"], move, mend=bool(choice.get("mend"))):
            number += 1
            if number > most:
                raise Refused("too_many_rows", count=number, most=most)
            yield {"n": number, **line}
    yield {"end": number}


def _moved(move: Callable[[np.ndarray], np.ndarray], offset: str) -> Callable[[np.ndarray], np.ndarray]:
    if offset not in BACK:
        return move
    back = BACK[offset]

    def moved(xy: np.ndarray) -> np.ndarray:
        return np.array([back(float(x), float(y)) for x, y in move(xy)]).reshape(-1, 2)

    return moved


def _lines(batch: Batch, kind: str, move: Callable[[np.ndarray], np.ndarray], *, mend: bool) -> Iterator[dict[str, Any]]:
    shapes, problems, mended = treated(batch.geometries, kind, move, mend=mend)
    packed = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    for at in range(len(batch.geometries)):
        found = [[code, facts] for code, facts in problems[at]]
        if at in batch.garbled:
            found.append(["bad_text", {"field": batch.garbled[at]}])
        yield {"v": {name: column[at] for name, column in zip(batch.names, batch.columns, strict=True)},
               "g": packed[at], "p": found, "m": bool(mended[at])}  # fmt: skip
