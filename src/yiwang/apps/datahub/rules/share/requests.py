"""What a request for data must say, and what is missing when it does not (政务数据共享条例; data-sharing practice of the catalogue guide)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

OPS = ("=", "!=", "<", "<=", ">", ">=", "in", "starts")
_LAW = re.compile(r"(法|条例|规定|办法|决定|细则|规章|通知|意见|方案|Act|Law|Decree|Regulation)")
_PLACE = re.compile(r"(第?[0-9〇零一二三四五六七八九十百千]+\s*(条|款|项|号)|〔[0-9]{4}〕|(Art|art)\.? ?[0-9]+)")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: (field, code). The door knows the words."""

    field: str
    code: str


def basis_faults(basis: str, duty: str) -> list[Fault]:
    """Return what a legal basis lacks: a law by name, and the place in it.

    Examples
    --------
    >>> basis_faults("《社会救助暂行办法》第十二条", "低保审核确认")
    []
    >>> [f.code for f in basis_faults("工作需要", "")]
    ['no-law', 'no-place', 'no-duty']
    """
    found = []
    if not _LAW.search(basis):
        found.append(Fault("basis", "no-law"))
    if not _PLACE.search(basis):
        found.append(Fault("basis", "no-place"))
    if not duty.strip():
        found.append(Fault("duty", "no-duty"))
    return found


def faults(values: Mapping[str, Any], *, columns: Collection[str], today: date, most_days: int, per_minute: int, per_day: int) -> list[Fault]:
    """Return everything that the compliance check (合规性审查) finds; [] lets the request through."""
    found = basis_faults(str(values.get("basis", "")), str(values.get("duty", "")))
    found += [Fault(name, "required") for name in ("purpose", "contact") if not str(values.get(name, "")).strip()]
    asked = list(values.get("columns") or ())
    if not asked:
        found.append(Fault("columns", "none"))
    found += [Fault("columns", "unknown") for name in asked if name not in columns]
    until = values.get("valid_until")
    if until is None:
        found.append(Fault("valid_until", "required"))
    elif until <= today:
        found.append(Fault("valid_until", "past"))
    elif (until - today).days > most_days:
        found.append(Fault("valid_until", "too-long"))
    for name, most in (("per_minute", per_minute), ("per_day", per_day)):
        if not 1 <= int(values.get(name) or 0) <= most:
            found.append(Fault(name, "range"))
    if values.get("way") == "query" and not str(values.get("query", "")).strip():
        found.append(Fault("query", "required"))
    if not values.get("promise"):
        found.append(Fault("promise", "required"))
    return found + filter_faults(values.get("row_filter") or (), columns)


def filter_faults(parts: Sequence[Mapping[str, Any]], columns: Collection[str]) -> list[Fault]:
    """Return what is wrong with a row filter: a column that is not there, an operator that is none, a value of another kind."""
    found = []
    for part in parts:
        value = part.get("value")
        if part.get("column") not in columns or part.get("op") not in OPS:
            found.append(Fault("row_filter", "unknown"))
        elif (part["op"] == "in") != isinstance(value, list) or not isinstance(value, str | int | float | list):
            found.append(Fault("row_filter", "value"))
    return found


def read_filter(text: str) -> list[dict[str, Any]]:
    """Return a row filter from lines `column op value`; ValueError with the line that is none. All lines have to hold.

    Examples
    --------
    >>> read_filter("street = 望湖街道\\namount >= 500\\nkind in a, b")
    [{'column': 'street', 'op': '=', 'value': '望湖街道'}, {'column': 'amount', 'op': '>=', 'value': '500'}, {'column': 'kind', 'op': 'in', 'value': ['a', 'b']}]
    """
    made: list[dict[str, Any]] = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        found = re.fullmatch(r"([a-z][a-z0-9_]*)\s*(<=|>=|!=|=|<|>|\bin\b|\bstarts\b)\s*(.+)", line)
        if not found:
            raise ValueError(line)
        value: Any = [v.strip() for v in found[3].split(",") if v.strip()] if found[2] == "in" else found[3].strip()
        made.append({"column": found[1], "op": found[2], "value": value})
    return made


def filter_text(parts: Sequence[Mapping[str, Any]]) -> str:
    """Return a row filter as `read_filter` reads it."""
    return "\n".join(f"{p['column']} {p['op']} {', '.join(p['value']) if isinstance(p['value'], list) else p['value']}" for p in parts)


def filter_sql(parts: Sequence[Mapping[str, Any]], kinds: Mapping[str, str]) -> tuple[str, list[Any]]:
    """Return (condition, parameters) of a row filter for DuckDB; "TRUE" for none. `kinds`: column -> kind of the contract.

    Values are always parameters; a text is never compared as a number nor the other way round.
    """
    wheres: list[str] = []
    given: list[Any] = []
    for part in parts:
        name = '"' + str(part["column"]).replace('"', '""') + '"'
        cast = {"integer": "DOUBLE", "decimal": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMP"}.get(kinds.get(str(part["column"]), ""), "VARCHAR")
        left = f"TRY_CAST({name} AS {cast})"
        if part["op"] == "in":
            wheres.append(f"{left} IN ({', '.join([f'TRY_CAST(? AS {cast})'] * len(part['value']))})" if part["value"] else "FALSE")
            given += list(part["value"])
        elif part["op"] == "starts":
            wheres.append(f"starts_with(CAST({name} AS VARCHAR), ?)")
            given.append(str(part["value"]))
        else:
            wheres.append(f"{left} {part['op']} TRY_CAST(? AS {cast})")
            given.append(part["value"])
    return (" AND ".join(wheres) or "TRUE"), given
