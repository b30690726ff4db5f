"""Which SQL may be asked without taking data away (可用不可见), and which groups of an answer may be shown.

Only one SELECT over one granted table: groups by columns that are no person's, counted and summed. What is not on a list of
allowed forms is refused, so a form that nobody thought of is refused too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_AGGREGATES = (exp.Count, exp.Sum, exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop)
# Inside WHERE, GROUP BY and beside aggregates:
_FORMS = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.Between, exp.In, exp.Is, exp.Like, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Cast, exp.DataType, exp.Lower, exp.Upper, exp.Left, exp.Right, exp.Substring,
    exp.Year, exp.Month, exp.Quarter, exp.Extract, exp.Var, exp.Round, exp.Floor, exp.Abs, exp.Coalesce, exp.Alias, exp.Group, exp.Where, exp.Having, exp.Order,
    exp.Ordered, exp.Limit, exp.Select, exp.From, exp.Table, exp.TableAlias, exp.Star, exp.Distinct, exp.Tuple, exp.DateTrunc, exp.TimestampTrunc, *_AGGREGATES,
)  # fmt: skip
COUNT = "__persons"


@dataclass(frozen=True)
class Fault:
    """Why a query is refused: (code, what in it)."""

    code: str
    what: str = ""


def _read(sql: str) -> exp.Expression | Fault:
    if len(sql) > 8000:
        return Fault("syntax", "...")
    try:
        found = [s for s in sqlglot.parse(sql, read="duckdb") if s is not None]
    except (SqlglotError, RecursionError) as error:
        return Fault("syntax", str(error).split("\n", 1)[0][:120])
    if len(found) != 1 or type(found[0]) is not exp.Select:
        return Fault("not-select", type(found[0]).__name__ if found else "")
    return found[0]


def faults(sql: str, *, table: str, columns: Collection[str], personal: Collection[str]) -> list[Fault]:
    """Return why a query may not be asked; [] when it may.

    Examples
    --------
    >>> faults("SELECT street, count(*) FROM relief GROUP BY street", table="relief", columns=["street", "id"], personal=["id"])
    []
    >>> [f.code for f in faults("SELECT id FROM relief", table="relief", columns=["id"], personal=["id"])]
    ['personal-row', 'no-groups']
    """
    tree = _read(sql)
    if isinstance(tree, Fault):
        return [tree]
    made: list[Fault] = []
    for node in tree.walk():
        if node is not tree and isinstance(node, exp.Select | exp.Subquery | exp.With | exp.Union):
            made.append(Fault("form", "subquery"))
        elif isinstance(node, exp.Join | exp.Lateral | exp.Unnest):
            made.append(Fault("join", node.sql(dialect="duckdb")[:60]))
        elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            made.append(Fault("star"))
        elif isinstance(node, exp.Func) and not isinstance(node, _FORMS):
            made.append(Fault("function", node.sql(dialect="duckdb")[:60]))
        elif not isinstance(node, _FORMS):
            made.append(Fault("form", type(node).__name__))
    source = tree.args.get("from_") or tree.args.get("from")
    named = source.this if source is not None else None
    if not isinstance(named, exp.Table) or not isinstance(named.this, exp.Identifier) or named.name.lower() != table or named.args.get("db") or named.alias:
        made.append(Fault("table", named.sql(dialect="duckdb")[:60] if named is not None else ""))
    made += _columns(tree, {c.lower() for c in columns}, {c.lower() for c in personal})
    if tree.args.get("distinct"):
        made.append(Fault("form", "DISTINCT"))
    return list(dict.fromkeys(made))


def _columns(tree: exp.Expression, columns: set[str], personal: set[str]) -> list[Fault]:
    made: list[Fault] = []
    aliases = {e.alias.lower() for e in tree.expressions if isinstance(e, exp.Alias)}
    for column in tree.find_all(exp.Column):
        name = column.name.lower()
        ordered = column.find_ancestor(exp.Order) is not None
        if name not in columns and not (ordered and name in aliases):
            made.append(Fault("column", column.name))
        counted = isinstance(column.parent, exp.Count) or (isinstance(column.parent, exp.Distinct) and isinstance(column.parent.parent, exp.Count))
        if name in personal and not counted:
            made.append(Fault("personal-row", column.name))
    for aggregate in tree.find_all(*_AGGREGATES):  # a CASE inside would pick single persons out of a group that is large enough
        inner = aggregate.this
        if isinstance(inner, exp.Distinct) and isinstance(aggregate, exp.Count) and len(inner.expressions) == 1:
            inner = inner.expressions[0]
        if not isinstance(inner, exp.Column | exp.Star) or aggregate.find_ancestor(exp.Where) is not None:
            made.append(Fault("form", aggregate.sql(dialect="duckdb")[:60]))
    group = tree.args.get("group")
    by = {g.sql(dialect="duckdb").lower() for g in group.expressions} if group else set()
    if group and any(group.args.get(k) for k in ("cube", "rollup", "grouping_sets", "all", "totals")):
        made.append(Fault("form", "CUBE"))
    for one in tree.expressions:
        inner = one.this if isinstance(one, exp.Alias) else one
        if isinstance(one, exp.Alias) and one.alias.startswith("__"):
            made.append(Fault("form", one.alias))
        if inner.sql(dialect="duckdb").lower() not in by and not isinstance(inner, _AGGREGATES):
            made.append(Fault("no-groups", inner.sql(dialect="duckdb")[:60]))
    return made


def with_count(sql: str, person: str) -> tuple[str, int | None]:
    """Return (the query with the persons of each group as its last column and without its LIMIT, that LIMIT).

    `person` is the SQL that counts persons: `count(DISTINCT "id_number")`, or `count(*)` where a row is a person.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    limit = tree.args.get("limit")
    wanted = int(limit.expression.name) if limit is not None and str(limit.expression.name).isdecimal() else None
    tree.set("limit", None)
    tree = tree.select(f"{person} AS {COUNT}", dialect="duckdb")  # type: ignore[attr-defined]
    return tree.sql(dialect="duckdb"), wanted


def suppressed(counts: Sequence[int], k: int) -> set[int]:
    """Return which groups (by place) are not shown: those under k, and more until those hidden hold k persons together.

    Otherwise who knows the total would take the shown groups away from it and have the one that was hidden. A group of nobody
    tells nothing and counts for nothing.

    Examples
    --------
    >>> sorted(suppressed([100, 3, 40, 7], 5))
    [1, 3]
    >>> sorted(suppressed([100, 3, 4], 5)), suppressed([9, 8], 5)
    ([1, 2], set())
    """
    hidden = {n for n, many in enumerate(counts) if 0 < many < k}
    rest = sorted((many, n) for n, many in enumerate(counts) if many >= k)
    while hidden and rest and (sum(counts[n] for n in hidden) < k or len(hidden) < 2):
        hidden.add(rest.pop(0)[1])
    return hidden


def literal(value: Any) -> str:
    """Return a value as SQL writes it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "'" + str(value).replace("'", "''") + "'"
    return repr(value)
