"""Rows of open sets by filters, words and order (CKAN's datastore)."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlencode

from yiwang.apps.datahub.api.opening.answers import flag, invalid, listed, mapping, needed, not_found, number, text
from yiwang.apps.datahub.lake import opened
from yiwang.apps.datahub.queries.opening import ckan
from yiwang.apps.datahub.queries.opening.kinds import OpenFile, OpenVersion
from yiwang.apps.datahub.services.opening import using

TYPES = {"string": "text", "code": "text", "geometry": "text", "integer": "int8", "decimal": "numeric", "date": "date", "datetime": "timestamp", "boolean": "bool"}
MOST, FORMATS = 32_000, ("objects", "lists", "csv", "tsv")


def _file(call: Any) -> tuple[OpenFile, OpenVersion]:
    name = text(call.data, "resource_id") or text(call.data, "id") or needed(call.data, "resource_id")
    file = ckan.file_by_id(name)
    if file is None or file.open_set.current is None:
        raise not_found(f'Resource "{name}" was not found.')
    return file, file.open_set.current


def datastore_info(call: Any) -> Any:
    """Return the columns of a file's rows and how many there are (id)."""
    file, version = _file(call)
    fields = [{"id": c["name"], "type": TYPES[c["kind"]], "schema": {"native_type": TYPES[c["kind"]], "notnull": False}, "info": _info(c)} for c in version.columns]
    return {"meta": {"id": str(file.uid), "count": version.rows, "size": version.bytes, "table_type": "BASE TABLE", "aliases": []}, "fields": fields}


def _info(column: dict[str, Any]) -> dict[str, str]:
    return {"label": column["label"], "notes": column["description"], "unit": column["unit"]}


def datastore_search(call: Any) -> Any:
    """Return rows of a file (resource_id, filters, q, fields, sort, limit up to 32000, offset, distinct, include_total, records_format)."""
    data, (file, version) = call.data, _file(call)
    kinds = {c["name"]: c["kind"] for c in version.columns}
    known = {"_id": "integer", **kinds}
    fields = _known(known, listed(data, "fields"), "fields")
    form = text(data, "records_format", "objects")
    if form not in FORMATS:
        raise invalid("records_format", f"must be one of {', '.join(FORMATS)}")
    question = opened.Question(
        filters=_filters(known, mapping(data, "filters")), words=_words(known, data), fields=tuple(fields or known), sort=_sort(known, data),
        limit=number(data, "limit", 100, MOST), offset=number(data, "offset", 0, 10**12), distinct=flag(data, "distinct"), total=flag(data, "include_total", True),
    )  # fmt: skip
    try:
        rows, total = opened.ask(opened.absolute(version.path), known, question)
    except opened.BadValue as error:
        raise invalid(error.column, str(error.value)) from error
    using.count(call.actor, file.open_set, using.API)
    made: dict[str, Any] = {
        "resource_id": str(file.uid), "fields": [{"id": f, "type": "int" if f == "_id" else TYPES[kinds[f]]} for f in question.fields], "records_format": form,
        "records": _records(form, question.fields, rows), "limit": question.limit, "offset": question.offset, "include_total": question.total,
        "filters": mapping(data, "filters"), "_links": _links(call, question),
    }  # fmt: skip
    return made | ({"total": total, "total_was_estimated": False} if question.total else {})


def _records(form: str, fields: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Any:
    if form == "objects":
        return [dict(zip(fields, row, strict=True)) for row in rows]
    if form == "lists":
        return [list(row) for row in rows]
    out = io.StringIO()
    csv.writer(out, delimiter="," if form == "csv" else "\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


def _known(known: dict[str, str], names: list[str], field: str) -> list[str]:
    for name in names:
        if name not in known:
            raise invalid(field, f'field "{name[:60]}" not in table')
    return list(dict.fromkeys(names))


def _filters(known: dict[str, str], given: dict[str, Any]) -> dict[str, list[Any]]:
    _known(known, list(given), "filters")
    made = {}
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > 1000 or any(isinstance(v, dict | list) for v in values):
            raise invalid("filters", f'"{name}": a value, or a list of up to 1000 values')
        for v in values:
            if isinstance(v, str):
                text({name: v}, name)
        made[name] = values
    return made


def _words(known: dict[str, str], data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    given = data.get("q")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        given = mapping(data, "q")
    if isinstance(given, dict):
        _known(known, list(given), "q")
        return tuple((name, text(given, name)[:200]) for name in given)
    words = text(data, "q")[:200]
    return (("", words),) if words.strip() else ()


def _sort(known: dict[str, str], data: dict[str, Any]) -> tuple[tuple[str, bool], ...]:
    given = data.get("sort")
    parts = [str(v) for v in given] if isinstance(given, list) else text(data, "sort").split(",")
    made = []
    for part in parts:
        words = part.strip().replace('"', "").split()
        if not words:
            continue
        if words[0] not in known or len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
            raise invalid("sort", f'field "{words[0][:60]}" not in table')
        made.append((words[0], len(words) == 2 and words[1].lower() == "desc"))
    return tuple(made)


def _links(call: Any, question: opened.Question) -> dict[str, str]:
    asked = {k: v for k, v in call.request.GET.items() if k != "offset"}
    start = f"{call.request.path}{f'?{urlencode(asked)}' if asked else ''}"
    following = f"{call.request.path}?{urlencode({**asked, 'offset': question.offset + question.limit})}"
    return {"start": start, "next": following}
