"""Rows of a set as a grant shows them: its columns, masks and row filter, the caller's filters, pages by key."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from yiwang.apps.datahub.errors import NotGranted
from yiwang.apps.datahub.lake import connect, quoted
from yiwang.apps.datahub.models.share import SharingGrant
from yiwang.apps.datahub.queries.share import rows as lake_rows
from yiwang.apps.datahub.queries.share import settings
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.services.share import sandboxing, sealing
from yiwang.kernel.base.errors import BadInput

_OPS = {"": "=", "gte": ">=", "lte": "<=", "gt": ">", "lt": "<", "ne": "!=", "starts": "starts"}


def read(grant: SharingGrant, query: list[tuple[str, str]], served: Any) -> None:
    """Put a page of rows into `served` (services.share.calls.Served), with what is noted of it.

    Raises
    ------
    NotGranted, BadInput, LakeBusy
        A column that was not granted, or a comparison that would undo its mask; a wrong number or mark; too much to read.
    """
    contract, files = lake_rows.contract_of(grant.dataset), lake_rows.paths(grant.dataset)
    most = int(settings.in_force()["limits"]["grants"]["page_rows"])
    asked = dict(query)
    try:
        limit = min(int(asked.get("limit", "100")), most)
    except ValueError as error:
        raise BadInput.one("limit", "number", _("This is no number.")) from error
    if limit < 1:
        raise BadInput.one("limit", "number", _("This is no number."))
    fields = [f for f in asked.get("fields", "").split(",") if f] or list(grant.masks)
    for name in fields:
        if name not in grant.masks:
            raise NotGranted(what=name)
    served.columns = fields
    parts = _filters(grant, contract, query, served)
    if contract is None or not files:
        return
    kinds = {c.name: c.kind for c in contract.columns}
    where, given = rules.filter_sql([*grant.row_filter, *parts], kinds)
    with connect(memory_mb=256, threads=1, reads=files) as con:
        source = lake_rows.source_of(files)
        there = set(lake_rows.columns_in(con, source))
        keys = [k for k in contract.key if k in there]
        order = [f"CAST({quoted(k)} AS VARCHAR)" for k in keys]
        if not keys:
            source, order = source.replace("union_by_name = true", "union_by_name = true, filename = true, file_row_number = true"), [
                "filename", "lpad(CAST(file_row_number AS VARCHAR), 12, '0')"]  # fmt: skip
        if mark := asked.get("after", ""):
            raw = sealing.unseal(f"cursor.{grant.pk}", mark)
            if raw is None:
                raise BadInput.one("after", "mark", _("This mark of a page is none of ours."))
            where, given = f"({where}) AND ({', '.join(order)}) > ({', '.join('?' * len(order))})", [*given, *json.loads(raw)]
        shown = masking.select_list(contract.columns, {f: grant.masks[f] for f in fields if f in there})
        marks = ", ".join(f"{o} AS __k{n}" for n, o in enumerate(order))
        sql = f"SELECT {shown or 'NULL'}, {marks} FROM {source} WHERE {where} ORDER BY {', '.join(order)} LIMIT {limit + 1}"
        found, names = sandboxing.bounded_with(con, sql, given, 20.0, limit + 1)
    wide = len(names) - len(order)
    served.rows = [{n: _json(v) for n, v in zip(names[:wide], row[:wide], strict=True)} for row in found[:limit]]
    if len(found) > limit:
        served.next = sealing.seal(f"cursor.{grant.pk}", json.dumps([str(v) for v in found[limit - 1][wide:]]).encode())


def _json(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)


def _filters(grant: SharingGrant, contract: Contract | None, query: list[tuple[str, str]], served: Any) -> list[dict[str, Any]]:
    """Return the caller's filters. A masked column is never compared, save one by which single persons may be asked: by its exact value."""
    parts = []
    for name, value in query:
        if name in ("limit", "fields", "after"):
            continue
        column, _dot, op = name.partition(".")
        if op not in _OPS:
            raise BadInput.one(name[:60], "op", _("There is no such column, or no such comparison."))
        if column not in grant.masks:
            raise NotGranted(what=column[:60])
        plain = grant.masks[column] == masking.PLAIN
        if not plain and (op or column not in grant.lookups):
            raise NotGranted(what=f"{column}.{op}" if op else column)
        found = next((c for c in contract.columns if c.name == column), None) if contract else None
        kind = masking.kind_of(found) if found is not None else ""
        if kind:
            served.subjects.append(sealing.subject_hash(kind, value))
        served.params[name] = masking.mask(kind, value, masking.STRONG) if kind else value[:80]
        parts.append({"column": column, "op": _OPS[op], "value": value})
    return parts
