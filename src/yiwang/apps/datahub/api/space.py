"""Natural resources and space over the JSON API (/api/v1/space/): the catalogue, what lies at a place, how layers overlap."""

import json
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yiwang.apps.datahub.queries import space as reads
from yiwang.apps.datahub.services import space as services
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.api import InputProblem, Problem, Text, answer
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["space"])
Word = Annotated[Text, Field(max_length=60)]


class LayerOut(Schema):
    code: str
    name: str
    theme: str
    kind: str = Field(description="areas, lines or points")
    grade: int
    reference_on: date | None
    standard: str


class LayerList(Schema):
    items: list[LayerOut]


class PlaceIn(Schema):
    model_config = {"extra": "forbid"}

    shape: dict[str, Any] = Field(description="a GeoJSON Point, Polygon or MultiPolygon in degrees of CGCS2000")


class FoundOut(Schema):
    code: str
    theme: str
    rows: int
    area_m2: float | None
    length_m: float | None
    among: list[dict[str, str]]


class PlaceOut(Schema):
    area_m2: float | None
    layers: list[FoundOut]


class OverlapOut(Schema):
    area_m2: float
    first_m2: float
    second_m2: float
    pairs: int


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


_REFUSALS = {401: Problem, 403: Problem, 422: InputProblem, 429: Problem}


@router.get("/space/layers", auth=api_door(reads.VIEW), summary="Catalogue of ground layers", response={200: LayerList, **_REFUSALS})
def space_layers(request: HttpRequest) -> Any:
    """Return the layers that the caller sees."""
    return answer({"items": [
        {"code": e.open.code, "name": e.name, "theme": e.row.theme, "kind": e.open.kind, "grade": e.row.grade, "reference_on": e.row.reference_on, "standard": e.row.standard}
        for e in reads.entries(_actor(request))
    ]})  # fmt: skip


@router.post("/space/here", auth=api_door(reads.VIEW), summary="What lies at a place", response={200: PlaceOut, **_REFUSALS})
def space_here(request: HttpRequest, body: PlaceIn) -> Any:
    """Return what each layer says of a point or polygon. Nothing is stored."""
    point = body.shape.get("type") == "Point" and body.shape.get("coordinates")
    lon, lat = (str(point[0]), str(point[1])) if isinstance(point, list) and len(point) >= 2 else ("", "")
    shape = services.place(lon, lat, "" if lon else json.dumps(body.shape))
    if shape is None:
        raise BadInput.one("shape", "missing", "Point, Polygon, MultiPolygon")
    found = [
        {"code": f.entry.open.code, "theme": f.entry.row.theme, "rows": f.count, "area_m2": f.m2, "length_m": f.metres, "among": f.rows} for f in reads.here(_actor(request), shape) if f.count
    ]
    return answer({"area_m2": None if shape.geom_type == "Point" else reads.area_m2(shape), "layers": found})


@router.get("/space/overlap", auth=api_door(reads.VIEW), summary="Ground that two layers share", response={200: OverlapOut, 404: Problem, **_REFUSALS})
def space_overlap(request: HttpRequest, first: Annotated[Word, Query(...)], second: Annotated[Word, Query(...)]) -> Any:
    """Return the area that two layers of areas share, in square metres."""
    known = {e.open.code: e for e in reads.entries(_actor(request)) if e.open.kind == "areas"}
    if first not in known or second not in known:
        raise NotFound(what="layer")
    made = reads.overlap(_actor(request), known[first], known[second])
    return answer({"area_m2": made.m2, "first_m2": made.first_m2, "second_m2": made.second_m2, "pairs": made.pairs})
