"""From rules to SQL: all row by row rules in one pass over the rows, each set rule by a query of its own.

A row rule is two conditions: whether it looks at a row at all, and whether the row fails it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yiwang.apps.datahub.rules.landing.sql import named, text
from yiwang.apps.datahub.rules.quality.rule import Rule

ROW = ("type", "length", "regex", "codes", "identity", "credit_code", "not_null", "not_null_when", "range", "birth_matches_id", "sex_matches_id", "compare", "order", "not_future", "outlier")
SETS = ("unique", "depends", "foreign_key", "same_value", "absent_in", "monotone", "contradiction")
WHOLE = ("expected_count", "missing_periods", "lag", "reachable")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """`looks` and `fails` are SQL over the rows; a failing row is also looked at."""

    looks: str
    fails: str


def _literal(value: Any) -> str:
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(str(value))


def row_condition(rule: Rule, *, codes: Mapping[str, Mapping[str, str]], facts: Mapping[str, Any], today: str) -> Condition:
    """Return the two conditions of a row rule. `facts` holds the median and spread of outliers."""
    x, more = named(rule.column) if rule.column else "", rule.more
    there = f"{x} IS NOT NULL"
    made: dict[str, Callable[[], Condition]] = {
        "not_null": lambda: Condition(looks="true", fails=f"{x} IS NULL"),
        "not_null_when": lambda: Condition(looks=_when(more["when"]), fails=f"({_when(more['when'])}) AND {x} IS NULL"),
        "type": lambda: Condition(looks=there, fails=f"{x} IS NOT NULL AND try_cast({x} AS {_TYPES.get(str(more['type']), 'VARCHAR')}) IS NULL"),
        "length": lambda: Condition(looks=there, fails=f"length({x}::VARCHAR) NOT BETWEEN {int(more.get('low', 0))} AND {int(more.get('high', 1_000_000))}"),
        "regex": lambda: Condition(looks=there, fails=f"NOT regexp_full_match({x}::VARCHAR, {text(str(more['pattern']))})"),
        "codes": lambda: Condition(looks=there, fails=f"{x}::VARCHAR NOT IN ({', '.join(text(c) for c in codes.get(str(more['codes']), {})) or 'NULL'})"),
        "identity": lambda: Condition(looks=there, fails=f"NOT identity_ok({x})"),
        "credit_code": lambda: Condition(looks=there, fails=f"NOT credit_ok({x})"),
        "range": lambda: Condition(looks=there, fails=_range(x, more)),
        "birth_matches_id": lambda: Condition(looks=f"{there} AND {named(str(more['id']))} IS NOT NULL", fails=f"identity_birth({named(str(more['id']))}) <> {x}::DATE"),
        "sex_matches_id": lambda: Condition(
            looks=f"{x}::VARCHAR IN ('1', '2') AND {named(str(more['id']))} IS NOT NULL", fails=f"{x}::VARCHAR IN ('1', '2') AND identity_sex({named(str(more['id']))}) <> {x}::VARCHAR"
        ),
        "compare": lambda: Condition(looks=f"{there} AND {named(str(more['other']))} IS NOT NULL", fails=f"NOT ({x} {more['operator']} {named(str(more['other']))})"),
        "order": lambda: Condition(looks=" OR ".join(f"{named(c)} IS NOT NULL" for c in rule.columns), fails=_order(rule)),
        "not_future": lambda: Condition(looks=there, fails=f"{x}::DATE > DATE {text(today)}"),
        "outlier": lambda: Condition(looks=there, fails=_outlier(x, facts.get(rule.code))),
    }
    found = made[rule.kind]()
    if more.get("where"):
        only = _when(more["where"])
        return Condition(looks=f"({only}) AND ({found.looks})", fails=f"({only}) AND ({found.fails})")
    return found


_TYPES = {"integer": "BIGINT", "decimal": "DOUBLE", "number": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMP"}


def _when(given: Any) -> str:
    column, wanted = named(str(given["column"])), given.get("is")
    if wanted is None:
        return f"{column} IS NOT NULL"
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    return f"{column}::VARCHAR IN ({', '.join(text(str(v)) for v in values)})"


def _range(x: str, more: Mapping[str, Any]) -> str:
    parts = [f"{x} < {_literal(more['low'])}"] if more.get("low") is not None else []
    parts += [f"{x} > {_literal(more['high'])}"] if more.get("high") is not None else []
    return " OR ".join(parts) or "false"


def _order(rule: Rule) -> str:
    """Every later date is not before an earlier one (出生, 结婚, 死亡)."""
    names = [named(c) for c in rule.columns]
    return " OR ".join(f"{a} > {b}" for n, a in enumerate(names) for b in names[n + 1 :]) or "false"


def _outlier(x: str, facts: Any) -> str:
    if not facts:
        return "false"
    low, high = facts
    return f"({x} < {low!r} OR {x} > {high!r})"


def pass_sql(source: str, conditions: list[Condition]) -> str:
    """Return one SELECT that counts, for each condition in turn, the rows looked at and those that fail, after the number of rows."""
    counts = ", ".join(f"count(*) FILTER ({c.looks}), count(*) FILTER ({c.fails})" if c.looks != "true" else f"count(*), count(*) FILTER ({c.fails})" for c in conditions)
    return f"SELECT count(*){', ' + counts if counts else ''} FROM {source}"


def set_sql(rule: Rule, source: str, other: str) -> str:
    """Return a SELECT of the failing rows (`_run`, `_row`) of a set rule; `other` reads the other data set."""
    x = named(rule.column) if rule.column else ""
    keys = [named(c) for c in rule.columns]
    more = rule.more
    if rule.kind == "unique":
        h = f"hash({', '.join(keys)})"
        some = " AND ".join(f"{k} IS NOT NULL" for k in keys)
        return f"SELECT _run, _row FROM {source} WHERE {some} AND {h} IN (SELECT {h} FROM {source} WHERE {some} GROUP BY 1 HAVING count(*) > 1)"
    if rule.kind == "depends":
        h = f"hash({', '.join(keys)})"
        return f"SELECT _run, _row FROM {source} WHERE {h} IN (SELECT {h} FROM {source} WHERE {x} IS NOT NULL GROUP BY 1 HAVING min({x}) <> max({x}))"
    if rule.kind == "monotone":
        by = named(str(more["by"]))
        return f"SELECT _run, _row FROM (SELECT _run, _row, {x} < lag({x}) OVER (PARTITION BY {by} ORDER BY _run, _row) AS back FROM {source}) WHERE back"
    if rule.kind == "contradiction":  # its SQL names the data set `mine` and the others by their codes, and returns _run and _row of mine
        return f"WITH mine AS (SELECT * FROM {source}), found AS ({str(more['query']).rstrip().rstrip(';')}) SELECT DISTINCT _run, _row FROM found"
    there = named(str(more.get("key") if rule.kind == "same_value" else more.get("key") or rule.column))
    if rule.kind == "foreign_key":
        return f"SELECT _run, _row FROM {source} s WHERE {x} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {other} o WHERE o.{there} = s.{x})"
    if rule.kind == "absent_in":
        return f"SELECT _run, _row FROM {source} s WHERE {x} IS NOT NULL AND EXISTS (SELECT 1 FROM {other} o WHERE o.{there} = s.{x}{_other_where(more)})"
    mine = named(str(more["key"]))
    theirs = named(str(more.get("other") or rule.column))
    return f"SELECT DISTINCT s._run, s._row FROM {source} s JOIN {other} o ON o.{there} = s.{mine} WHERE o.{theirs}::VARCHAR <> s.{x}::VARCHAR"


def _other_where(more: Mapping[str, Any]) -> str:
    given = more.get("where")
    if not isinstance(given, Mapping):
        return ""
    values = given.get("is")
    column = f"o.{named(str(given['column']))}"
    if values is None:
        return f" AND {column} IS NOT NULL"
    wanted = values if isinstance(values, list | tuple) else [values]
    return f" AND {column}::VARCHAR IN ({', '.join(text(str(v)) for v in wanted)})"


def set_looks(rule: Rule) -> str:
    """Return which rows a set rule looks at."""
    if rule.kind == "contradiction":
        return "true"
    names = rule.columns or ((str(rule.more["key"]),) if rule.kind == "same_value" else (rule.column,))
    return " AND ".join(f"{named(c)} IS NOT NULL" for c in names)
