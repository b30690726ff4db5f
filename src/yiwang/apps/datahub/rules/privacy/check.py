"""The privacy check of a table: what each column is, who stands alone, what to do about it, and what forbids opening."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yiwang.apps.datahub.rules.privacy import patterns
from yiwang.apps.datahub.rules.privacy.measures import Measured, measure, small_cells, small_counts
from yiwang.apps.datahub.rules.privacy.steps import BadStep, select

DIRECT = ("name", "id_number", "phone", "address", "bank_card", "email", "plate")
# Words by which a column tells that with others it points at one person.
_QUASI = re.compile(
    r"性别|gender|\bsex|出生|birth|生日|年龄|\bage\b|民族|ethnic|婚姻|marital|学历|education|职业|occupation|户籍|籍贯|社区|村|街道|乡镇|区划|region|district|"
    r"street|town|village|邮编|postcode|家庭人口|household|政治面貌|单位|employer|residence|居住地|住址", re.IGNORECASE,
)  # fmt: skip
_SENSITIVE = re.compile(r"病|诊断|disease|diagnos|残疾|disab|金额|amount|收入|income|救助|relief|低保|信用|credit|处罚|penalty|宗教|religion|成绩|score", re.IGNORECASE)
_COUNTS = re.compile(r"人数|户数|例数|people|persons|count|cases", re.IGNORECASE)
_PERSONS = re.compile(r"性别|gender|\bsex|出生|birth|年龄|民族|ethnic|婚姻|学历|身份|姓名", re.IGNORECASE)
# Coarser and coarser, by what a column is; `drop` is the end of every ladder.
LADDERS: Mapping[str, tuple[str, ...]] = {
    "date": ("keep", "month", "year", "decade", "drop"),
    "birth": ("keep", "age5", "age10", "age20", "drop"),
    "age": ("keep", "age5", "age10", "age20", "drop"),
    "region": ("keep", "prefix:9", "prefix:6", "prefix:4", "drop"),
    "place": ("street", "county", "drop"),
    "number": ("keep", "round:10", "round:100", "round:1000", "round:10000", "drop"),
    "other": ("keep", "drop"),
}
_SHARE_DIRECT = 0.3  # of the values filled: above this the column is of that kind
_SHARE_NAME = 0.7  # short words of common families are often no names ("黄河", "高中")


@dataclass(frozen=True, kw_only=True)
class Limits:
    k: int = 5
    diversity: int = 2
    cell: int = 5
    most_suppressed: float = 0.05
    scan_rows: int = 200_000


@dataclass(frozen=True)
class Fault:
    """What forbids opening: `code` is direct, alone, alike, text, cell; `column` where there is one."""

    code: str
    column: str = ""
    n: int = 0


def inspect(connection: Any, source: str, columns: Sequence[Mapping[str, Any]], limits: Limits, *, chosen: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the report on a table: {"columns": {name: {...}}, "quasi", "sensitive", "measured", "cells", "counts"}.

    `columns` are {"name", "label", "kind", "personal"}. Roles: direct, quasi, sensitive, text, plain. `chosen` names
    the quasi-identifiers where a person has decided; else those that are suggested are measured.
    """
    rows = int(connection.execute(f"SELECT count(*) FROM {source}").fetchone()[0])
    seen = {c["name"]: _column(connection, source, c, rows, limits) for c in columns}
    about_people = any(s["role"] == "direct" for s in seen.values()) or any(
        _PERSONS.search(f"{c['name']} {c.get('label', '')}") or c.get("personal") in ("birth_date", "other") for c in columns
    )
    if not about_people:  # trees and stops have ages and streets too, and nobody stands alone by them
        for found in seen.values():
            if found["role"] in ("quasi", "sensitive"):
                found["role"] = "plain"
    quasi = [n for n in chosen if n in seen] if chosen is not None else [n for n, s in seen.items() if s["role"] == "quasi"]
    sensitive = next((n for n, s in seen.items() if s["role"] == "sensitive" and n not in quasi), "")
    measured = measure(connection, source, quasi, sensitive=sensitive, k=limits.k, diversity=limits.diversity) if quasi else None
    counting = [c["name"] for c in columns if c["kind"] == "integer" and _COUNTS.search(f"{c['name']} {c.get('label', '')}")]
    return {
        "rows": rows, "columns": seen, "quasi": quasi, "sensitive": sensitive, "about_people": about_people,
        "measured": measured.as_dict() if measured else None, "k": limits.k, "diversity": limits.diversity,
        "cells": small_cells(connection, source, quasi, below=limits.cell) if quasi else [],
        "counts": small_counts(connection, source, counting, below=limits.cell),
    }  # fmt: skip


def _column(connection: Any, source: str, column: Mapping[str, Any], rows: int, limits: Limits) -> dict[str, Any]:
    name, kind, personal = column["name"], column["kind"], column.get("personal") or ""
    quoted = '"' + name.replace('"', '""') + '"'
    filled, distinct = connection.execute(f"SELECT count({quoted}), count(DISTINCT {quoted}) FROM {source}").fetchone()
    found: dict[str, Any] = {"filled": int(filled), "distinct": int(distinct), "role": "plain", "kinds": {}, "why": ""}
    words = f"{name} {column.get('label', '')}"
    if kind in ("string", "code", "integer"):
        found |= _values(connection, source, quoted, int(filled), kind, limits)
    if personal in DIRECT:
        return found | {"role": "direct", "why": f"contract:{personal}"}
    if found.get("direct"):
        return found | {"role": "direct", "why": f"values:{found['direct']}"}
    if personal == "birth_date" or _QUASI.search(words):
        # A value that nearly everybody has alone points at a person by itself, whatever it is called.
        return found | {"role": "quasi", "why": "contract:birth_date" if personal == "birth_date" else "word"}
    if personal == "free_text" or found.get("hits"):
        return found | {"role": "text", "why": "contract:free_text" if personal == "free_text" else "values"}
    if personal == "other" or _SENSITIVE.search(words):
        return found | {"role": "sensitive", "why": "contract:other" if personal else "word"}
    return found


def _values(connection: Any, source: str, quoted: str, filled: int, kind: str, limits: Limits) -> dict[str, Any]:
    """Look at the values themselves: drawn evenly for what they are, and all that hold a suspicious sign for what they say."""
    if not filled:
        return {"kinds": {}}
    text = f"CAST({quoted} AS VARCHAR)"
    every = max(1, filled // 2000)
    drawn = [
        row[0] for row in connection.execute(
            f"SELECT v FROM (SELECT {text} AS v, row_number() OVER () AS n FROM {source} WHERE {quoted} IS NOT NULL) WHERE n % {every} = 0 LIMIT 2500"
        ).fetchall()
    ]  # fmt: skip
    kinds: dict[str, int] = {}
    for value in drawn:
        if what := patterns.kind_of(value):
            kinds[what] = kinds.get(what, 0) + 1
    made: dict[str, Any] = {"kinds": {k: round(n / len(drawn), 3) for k, n in kinds.items()} if drawn else {}}
    different = len(set(drawn)) / max(1, len(drawn))
    for what, share in made["kinds"].items():
        # A place's own address is no person's; it is one only where the contract says so.
        if what == "address" or (what == "name" and (share < _SHARE_NAME or different < 0.3)):
            continue
        if share >= _SHARE_DIRECT:
            return made | {"direct": what}
    if kind == "string":
        needle = patterns.NEEDLE.replace("'", "''")
        hits: dict[str, int] = {}
        cursor = connection.execute(f"SELECT {text} FROM {source} WHERE regexp_matches({text}, '{needle}') LIMIT {int(limits.scan_rows)}")
        for (value,) in cursor.fetchall():
            for what, _words in patterns.found_in(value):
                hits[what] = hits.get(what, 0) + 1
        made["hits"] = hits
    return made


def faults(report: Mapping[str, Any], limits: Limits) -> list[Fault]:
    """Return everything in a report on the prepared rows that forbids opening them."""
    made = []
    for name, column in report["columns"].items():
        if column["role"] == "direct":
            made.append(Fault("direct", name))
        elif column.get("hits"):
            made.append(Fault("text", name, sum(column["hits"].values())))
    measured = report["measured"]
    if measured and measured["rows"]:
        if measured["k"] < limits.k:
            made.append(Fault("alone", "", measured["below"]))
        if measured["diversity"] is not None and measured["below_diversity"]:
            made.append(Fault("alike", report["sensitive"], measured["below_diversity"]))
    made += [Fault("cell", name, n) for name, n in report["counts"].items() if report["about_people"]]
    return made


def ladder_of(column: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the steps of a column from as it is to left out."""
    words, kind = f"{column['name']} {column.get('label', '')}".lower(), column["kind"]
    if column.get("personal") == "birth_date" or re.search(r"birth|出生|生日", words):
        return LADDERS["birth"] if kind == "date" else ("keep", "prefix:4", "drop") if kind in ("string", "code") else ("keep", "drop")
    if kind == "integer" and re.search(r"\bage\b|年龄", words):
        return LADDERS["age"]
    if kind in ("date", "datetime"):
        return LADDERS["date"]
    if kind in ("string", "code") and re.search(r"code|区划|region", words):
        return LADDERS["region"]
    if kind == "string" and re.search(r"address|住址|地址|居住地|residence", words):
        return LADDERS["place"]
    if kind in ("integer", "decimal"):
        return LADDERS["number"]
    return LADDERS["other"]


def suggest(connection: Any, source: str, columns: Sequence[Mapping[str, Any]], limits: Limits, *, as_of: str = "2026-01-01") -> dict[str, Any]:
    """Return {"recipe", "quasi", "suppress", "measured"}: who is named is dropped, free text is scrubbed, and the column with
    the most values goes one step up its ladder until only few rows would have to be left out; these are left out then."""
    report = inspect(connection, source, columns, limits)
    kinds = {c["name"]: c["kind"] for c in columns}
    by_name = {c["name"]: c for c in columns}
    recipe: dict[str, str] = {}
    for name, found in report["columns"].items():
        if found["role"] == "direct" or (kinds[name] == "geometry" and report["about_people"]):
            continue
        recipe[name] = "scrub" if found["role"] == "text" or found.get("hits") else "keep"
    ladders = {name: ladder_of(by_name[name]) for name in report["quasi"]}
    for name in report["quasi"]:
        recipe[name] = ladders[name][0]
    measured: Measured | None = None
    for _turn in range(60):
        alike = [n for n in report["quasi"] if n in recipe]
        if not alike:
            break
        made = f"({select(recipe, kinds, source, as_of=as_of)})"
        measured = measure(connection, made, alike, sensitive=report["sensitive"], k=limits.k, diversity=limits.diversity)
        worst = max(measured.below, measured.below_diversity)
        if worst <= limits.most_suppressed * max(1, measured.rows):
            break
        many = {n: int(connection.execute(f'SELECT count(DISTINCT "{n}") FROM {made}').fetchone()[0]) for n in alike}
        coarse = max(alike, key=lambda n: (many[n], n))
        steps = ladders[coarse]
        following = steps[steps.index(recipe[coarse]) + 1] if recipe[coarse] in steps else "drop"
        if following == "drop":
            del recipe[coarse]
        else:
            recipe[coarse] = following
    return {
        "recipe": recipe, "quasi": [n for n in report["quasi"] if n in recipe], "sensitive": report["sensitive"] if report["sensitive"] in recipe else "", "suppress": bool(measured and max(measured.below, measured.below_diversity)),
        "measured": measured.as_dict() if measured else None, "before": report,
    }  # fmt: skip


__all__ = ["DIRECT", "LADDERS", "BadStep", "Fault", "Limits", "faults", "inspect", "ladder_of", "suggest"]
