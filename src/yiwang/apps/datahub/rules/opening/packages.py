"""The data package of an open set (Frictionless Data Package v1): its files with the meaning of each column.

>>> field_of({"name": "height", "label": "树高", "kind": "decimal", "unit": "米", "description": ""})
{'name': 'height', 'type': 'number', 'title': '树高', 'description': '单位：米'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TYPES = {
    "string": "string", "code": "string", "geometry": "string", "integer": "integer", "decimal": "number", "date": "date", "datetime": "datetime",
    "boolean": "boolean",
}  # fmt: skip


def field_of(column: Mapping[str, Any]) -> dict[str, Any]:
    """Return a column as a field of a table schema."""
    made: dict[str, Any] = {"name": column["name"], "type": TYPES[column["kind"]], "title": column["label"]}
    if column["kind"] == "datetime":
        made["format"] = "%Y-%m-%d %H:%M:%S"
    told = "；".join(t for t in (column.get("description", ""), f"单位：{column['unit']}" if column.get("unit") else "") if t)
    return made | ({"description": told} if told else {})


def descriptor(
    *, slug: str, uid: str, title: str, notes: str, licence: Mapping[str, str], tags: Sequence[str], created: str, version: str, publisher: str,
    homepage: str, columns: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Return the descriptor; `files` are {"format", "path", "media", "bytes", "sha256"}, paths below the descriptor."""
    resources = []
    for file in files:
        made: dict[str, Any] = {
            "name": f"{slug}-{file['format']}" if file["format"] != "plain" else slug, "path": file["path"], "format": "csv" if file["format"] == "plain" else file["format"],
            "mediatype": file["media"], "bytes": file["bytes"], "hash": f"sha256:{file['sha256']}",
        }  # fmt: skip
        if file["format"] == "plain":
            made |= {"profile": "tabular-data-resource", "encoding": "utf-8", "schema": {"fields": [field_of(c) for c in columns], "missingValues": [""]}}
        resources.append(made)
    return {
        "name": slug, "id": uid, "title": title, "description": notes, "homepage": homepage, "version": version, "created": created, "keywords": list(tags),
        "licenses": [{"name": licence["name"], "title": licence["title"], **({"path": licence["path"]} if licence["path"] else {})}],
        "contributors": [{"title": publisher, "role": "publisher"}], "resources": resources,
    }  # fmt: skip
