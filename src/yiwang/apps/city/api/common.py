"""What the operations share: the actor, the key of a request, the answers that every one may give."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Header

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.api import InputProblem, Problem, Text
from yiwang.kernel.base.errors import BadInput

Key = Annotated[
    Text,
    Header("", alias="Idempotency-Key", max_length=80, description="the same key with the same body does the work once"),
]


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def answers(*more: int, **ok: Any) -> dict[Any, Any]:
    """Return the answers of an operation: `ok200=Schema` and the refusals; 401, 403, 422 and 429 always."""
    found: dict[Any, Any] = {int(name.removeprefix("ok")): schema for name, schema in ok.items()}
    for status in (401, 403, 429, *more):
        found[status] = Problem
    found[422] = InputProblem
    return found


def bbox(text: str) -> tuple[float, float, float, float] | None:
    """Read `west,south,east,north`."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput.one("bbox", "bbox", "west,south,east,north") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput.one("bbox", "range", "west,south,east,north")
    return west, south, east, north


def parts(text: str) -> tuple[str, ...]:
    return tuple(p.strip() for p in text.split(",") if p.strip())
