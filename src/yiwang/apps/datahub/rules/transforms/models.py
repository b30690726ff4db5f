"""A transformation as a file: one SELECT over data sets, named by their codes, and the data set that it makes.

A file `relief-by-town.sql` makes the data set `relief-by-town`. In its SQL a data set is a table whose hyphens are
underscores. What it reads is taken from the SQL itself, so that a declared dependency cannot be forgotten. A comment at its
head says in YAML what it is for; with `expression:` the SELECT comes from a function of `rules.transforms.expressions` and
`reads:` names its tables.

Examples
--------
>>> made = read("relief-by-town", "-- name: {zh-Hans: 各镇街低保}\\nSELECT town, count(*) AS persons FROM civil_relief GROUP BY town")
>>> made.reads, made.name["zh-Hans"]
(('civil-relief',), '各镇街低保')
>>> read("x", "DELETE FROM civil_relief")
Traceback (most recent call last):
yiwang.apps.datahub.rules.transforms.models.ModelError: x: not-select
>>> [m.code for m in order([read("c", "SELECT a FROM b"), made, read("b", "SELECT a FROM relief_by_town")])]
['relief-by-town', 'b', 'c']
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlglot
import yaml
from sqlglot import exp

from yiwang.apps.datahub.rules.sources.reading_sql import refusal

DIALECT = "duckdb"
_CODE = re.compile(r"[a-z][a-z0-9-]{0,79}")
# Functions that read places instead of data sets: nothing of the kind stands in a model.
_PLACES = re.compile(r"^(read_|scan_|glob|parquet_|sniff_|duckdb_|sqlite_|postgres_|mysql_|iceberg_|delta_|query|getenv|current_setting)")


class ModelError(ValueError):
    """A file that is no model; `what` is a code."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(frozen=True, kw_only=True)
class Model:
    """One transformation. `code` is the data set that it makes; `sql` one SELECT in DuckDB's dialect."""

    code: str
    sql: str
    reads: tuple[str, ...]
    name: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    expression: str = ""


def table_of(code: str) -> str:
    """Return the name of a data set's table in SQL."""
    return code.replace("-", "_")


def read(code: str, text: str, compiled: Mapping[str, str] | None = None) -> Model:
    """Read a model; `compiled` has the SQL of expressions by their names.

    Raises
    ------
    ModelError
        name, yaml, unreadable, one, not-select, writes, function, place, table, itself.
    """
    if not _CODE.fullmatch(code):
        raise ModelError(code, "name")
    head, sql = _parted(code, text)
    expression = str(head.get("expression") or "")
    if expression and not sql:
        sql = (compiled or {}).get(expression, "")
        if not sql:
            return Model(code=code, sql="", reads=tuple(head.get("reads") or ()), name=head.get("name") or {}, about=head.get("about") or {}, expression=expression)
    why = refusal(sql, DIALECT)
    if why:
        raise ModelError(code, why)
    reads = _reads(code, sqlglot.parse_one(sql, read=DIALECT))
    return Model(code=code, sql=sql, reads=reads, name=head.get("name") or {}, about=head.get("about") or {}, expression=expression)


def _parted(code: str, text: str) -> tuple[dict[str, Any], str]:
    lines = text.strip().splitlines()
    count = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    try:
        head = yaml.safe_load("\n".join(line[2:].removeprefix(" ") for line in lines[:count])) or {}
    except yaml.YAMLError as error:
        raise ModelError(code, "yaml") from error
    return (head if isinstance(head, dict) else {}), "\n".join(lines[count:]).strip().rstrip(";")


def _reads(code: str, tree: exp.Expr) -> tuple[str, ...]:
    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    found: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.db or table.catalog:
            raise ModelError(code, "table")
        if table.name in own:
            continue
        name = table.name.replace("_", "-")
        if not _CODE.fullmatch(name):
            raise ModelError(code, "table")
        if name == code:
            raise ModelError(code, "itself")
        found[name] = None
    for call in tree.find_all(exp.Func):
        called = (call.name if isinstance(call, exp.Anonymous) else call.sql_name()).lower()
        if _PLACES.match(called):
            raise ModelError(code, "place")
    return tuple(found)


def order(models: Iterable[Model]) -> list[Model]:
    """Return the models so that each comes after what it reads.

    Raises
    ------
    ModelError
        circle: some wait for each other.
    """
    left, made, done = {m.code: m for m in sorted(models, key=lambda m: m.code)}, [], set[str]()
    while left:
        ready = [m for m in left.values() if not any(r in left for r in m.reads)]
        if not ready:
            raise ModelError(", ".join(left), "circle")
        for model in ready:
            made.append(left.pop(model.code))
            done.add(model.code)
    return made


def waiting(model: Model, there: Collection[str], models: Mapping[str, Model]) -> tuple[str, ...]:
    """Return the data sets that a model wants and that neither are there nor made by a model that can run."""
    missing: dict[str, None] = {}
    for code in model.reads:
        if code in there:
            continue
        if code not in models:
            missing[code] = None
        else:
            missing |= dict.fromkeys(waiting(models[code], there, models))
    return tuple(missing)
