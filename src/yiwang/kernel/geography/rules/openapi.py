"""The OpenAPI 3.0 document of the feature service, out of what layers there are for the reader."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_TYPES: Mapping[str, dict[str, str]] = {
    "string": {"type": "string"}, "integer": {"type": "integer"}, "number": {"type": "number"}, "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"}, "date-time": {"type": "string", "format": "date-time"},
}  # fmt: skip


@dataclass(frozen=True)
class Described:
    """A layer for the document: its name, its title and the names and types of its properties that can be asked for."""

    code: str
    title: str
    properties: tuple[tuple[str, str], ...]


def json_type(kind: str) -> dict[str, str]:
    return _TYPES.get(kind, _TYPES["string"])


def _parameter(name: str, schema: Mapping[str, Any], what: str, place: str = "query") -> dict[str, Any]:
    made = {"name": name, "in": place, "required": place == "path", "description": what, "schema": dict(schema)}
    return made if place == "path" else {**made, "style": "form", "explode": False}


_NUMBERS = {"type": "array", "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}], "items": {"type": "number"}}
COMMON = {
    "f": _parameter("f", {"type": "string", "enum": ["json", "html"]}, "The form of the answer"),
    "limit": _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 10000, "default": 100}, "How many features at most"),
    "bbox": _parameter("bbox", _NUMBERS, "Only features that meet this box"),
    "bbox-crs": _parameter("bbox-crs", {"type": "string", "format": "uri"}, "The system of the box"),
    "crs": _parameter("crs", {"type": "string", "format": "uri"}, "The system of the answer"),
    "datetime": _parameter("datetime", {"type": "string"}, "Only features of this moment or interval"),
    "after": _parameter("after", {"type": "string"}, "Where the page begins; out of the link `next`"),
}


def _answer(what: str, kind: str = "application/json") -> dict[str, Any]:
    return {
        "200": {"description": what, "content": {kind: {"schema": {"type": "object"}}, "text/html": {"schema": {"type": "string"}}}},
        "default": {"description": "A refusal (RFC 9457)", "content": {"application/problem+json": {"schema": {"type": "object"}}}},
    }  # fmt: skip


def _get(operation: str, summary: str, parameters: Iterable[Any], kind: str = "application/json") -> dict[str, Any]:
    return {"get": {"operationId": operation, "summary": summary, "parameters": list(parameters), "responses": _answer(summary, kind)}}


def document(title: str, about: str, server: str, version: str, layers: Iterable[Described]) -> dict[str, Any]:
    """Return the document; `server` is the address of the landing page."""
    form = {"$ref": "#/components/parameters/f"}
    paths: dict[str, Any] = {
        "/": _get("landing", "Landing page", [form]), "/conformance": _get("conformance", "What is conformed to", [form]),
        "/collections": _get("collections", "The layers", [form]),
    }  # fmt: skip
    for layer in layers:
        at, name = f"/collections/{layer.code}", layer.code.replace(".", "_")
        own = [_parameter(p, json_type(kind), f"Only features whose {p} is this") for p, kind in layer.properties]
        asked = [{"$ref": f"#/components/parameters/{p}"} for p in COMMON]
        paths[at] = _get(f"describe_{name}", layer.title, [form])
        paths[f"{at}/items"] = _get(f"list_{name}", f"{layer.title}: features", [*asked, *own], "application/geo+json")
        paths[f"{at}/items/{{featureId}}"] = _get(
            f"get_{name}", f"{layer.title}: one feature",
            [_parameter("featureId", {"type": "string", "format": "uuid"}, "The feature's uid", "path"), form, {"$ref": "#/components/parameters/crs"}],
            "application/geo+json",
        )  # fmt: skip
    return {
        "openapi": "3.0.3", "info": {"title": title, "description": about, "version": version}, "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "parameters": COMMON,
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}, "bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"key": []}, {"bearer": []}],
    }  # fmt: skip
