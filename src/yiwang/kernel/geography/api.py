"""Geocoding for programs (`/api/v1/geocode`): words to points, a point to words, up to a thousand texts at once."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from yiwang.kernel.base import rates
from yiwang.kernel.base.api import InputProblem, Problem, Text, answer
from yiwang.kernel.geography import queries
from yiwang.kernel.geography.contracts import AddressMatch
from yiwang.kernel.geography.queries.places import address_text
from yiwang.kernel.geography.queries.runs import why_text
from yiwang.kernel.identity.doors import api_door

router = Router(tags=["addresses"], by_alias=True)
MOST_TEXTS = 1000
Address = Annotated[Text, Field(max_length=200)]


class EvidenceOut(Schema):
    part: str = Field(description="road, estate, poi, area, crossing, number, relation or rest")
    typed: str
    taken: str
    how: str = Field(description="exact, alias, sound, typing, whole, part, other-part, interpolated, nearest, moved, likeness; contradicted, ignored")


class MatchOut(Schema):
    name: str
    kind: str
    level: int = Field(description="of basic place names (GB/T 30428.3): 4 street, 5 community, 6 road, 7 estate, 8 door plate, 9 building, 10 landmark")
    score: float = Field(description="0 to 1")
    accuracy: str = Field(description="door, interpolated, crossing, poi, relative, road, community, street or area")
    enough: bool = Field(description="enough to send somebody there")
    lon: float
    lat: float
    why: list[EvidenceOut]
    said: str = Field(description="the reasons as a sentence, in the reader's language")


class MatchList(Schema):
    matches: list[MatchOut]


class BatchIn(Schema):
    model_config = {"extra": "forbid"}

    texts: Annotated[list[Address], Field(min_length=1, max_length=MOST_TEXTS)]


class BatchOut(Schema):
    items: list[MatchList] = Field(description="in the order of the texts; the best match of each, none where nothing was found")


class WordsOut(Schema):
    lon: float
    lat: float
    address: str = Field(description="柳园路42号, or 柳园路与东昌路路口东北30米; empty where nothing is near")
    inside: bool
    chain: list[dict[str, Any]]


def _told(match: AddressMatch) -> dict[str, Any]:
    return {
        "name": match.name, "kind": match.kind, "level": match.level, "score": round(match.score, 3), "accuracy": match.accuracy,
        "enough": match.is_enough, "lon": round(match.lon, 7), "lat": round(match.lat, 7),
        "why": [{"part": e.part, "typed": e.typed, "taken": e.taken, "how": e.how} for e in match.why], "said": why_text(match),
    }  # fmt: skip


_REFUSALS = {401: Problem, 403: Problem, 422: InputProblem, 429: Problem}


@router.get("/geocode", auth=api_door(public=True, limit=rates.SEARCH), summary="Words to points", response={200: MatchList, **_REFUSALS})
def geocode(request: HttpRequest, text: Annotated[Address, Query(..., description="an address, crossing or landmark")]) -> Any:
    """Return what the words may mean, best first, each with score, accuracy and why (地理编码)."""
    return answer({"matches": [_told(m) for m in queries.place_by_address(text)]})


@router.get("/geocode/reverse", auth=api_door(public=True, limit=rates.OPEN_DATA), summary="A point to words", response={200: WordsOut, **_REFUSALS})
def reverse_geocode(request: HttpRequest, lon: float, lat: float) -> Any:
    """Return the point as an address is written, with the areas that hold it (反向地理编码)."""
    facts = queries.place(lon, lat, strict=False)
    return answer({
        "lon": facts.lon, "lat": facts.lat, "address": address_text(facts), "inside": facts.inside,
        "chain": [{"level": a.level, "code": a.code, "name": a.name} for a in facts.chain],
    })  # fmt: skip


@router.post("/geocode/batch", auth=api_door("geography.geocode"), summary="Many texts at once", response={200: BatchOut, **_REFUSALS})
def geocode_batch(request: HttpRequest, body: BatchIn) -> Any:
    """Return the best match of up to 1,000 texts. Nothing is stored."""
    return answer({"items": [{"matches": [_told(m) for m in found]} for found in ([m[:1] for m in queries.geocode(body.texts, limit=2)])]})
