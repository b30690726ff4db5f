"""Where a column comes from (血缘): read from the SQL, column by column, down to the tables.

Examples
--------
>>> from yiwang.apps.datahub.rules.transforms.models import read
>>> made = read("b", "WITH t AS (SELECT town, amount * 2 AS twice FROM civil_relief) SELECT town, sum(twice) AS total, 1 AS one FROM t GROUP BY town")
>>> [(e.source, e.source_column, e.column, e.how) for e in edges_of(made, {"civil-relief": ["town", "amount"]})]
[('civil-relief', 'town', 'town', 'same'), ('civil-relief', 'amount', 'total', 'computed')]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from yiwang.apps.datahub.rules.transforms.models import DIALECT, Model, table_of

ROWS = "*"  # the rows themselves, in the place of a column


@dataclass(frozen=True)
class Edge:
    """A column of `target` made from a column of `source` (codes of data sets, or another place's name)."""

    source: str
    source_column: str
    target: str
    column: str
    how: str  # same, computed, rows (counted), and of other places their own words
    text: str = ""  # the expression


def columns_of(model: Model, schema: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names of the model's columns, stars resolved."""
    tree = qualify(sqlglot.parse_one(model.sql, read=DIALECT), schema=_schema(schema), dialect=DIALECT, validate_qualify_columns=False)
    assert isinstance(tree, exp.Query)
    return list(tree.named_selects)


def edges_of(model: Model, schema: Mapping[str, Sequence[str]]) -> list[Edge]:
    """Return the edges of a model's columns; `schema` has the columns of what it reads by code."""
    known, codes = _schema(schema), {table_of(code): code for code in schema}
    found: list[Edge] = []
    for column in columns_of(model, schema):
        root = lineage(column, model.sql, schema=known, dialect=DIALECT)
        text = _text(root)
        leaves: dict[tuple[str, str], bool] = {}
        for node in root.walk():
            if node.downstream or not isinstance(node.expression, exp.Table):
                continue
            table = node.expression.name
            if table in codes:
                leaves[(codes[table], node.name.rpartition(".")[2].strip('"'))] = True
        plain = len(leaves) == 1 and _is_plain(root)
        found += [Edge(code, name, model.code, column, "same" if plain else "computed", "" if plain else text) for code, name in leaves]
        if not leaves:  # count(*): of the rows, of no column
            found += [Edge(code, ROWS, model.code, column, "rows", text) for code in model.reads if code in schema]
    return found


def _is_plain(root: Node) -> bool:
    """Say whether a column passes through untouched from its table."""
    node = root
    while node.downstream:
        if not isinstance(_inner(node), exp.Column):
            return False
        node = node.downstream[0]
    return True


def _text(root: Node) -> str:
    """Return the expression that computes a column, below the SELECTs that only hand it on."""
    node = root
    while isinstance(inner := _inner(node), exp.Column) and node.downstream:
        node = node.downstream[0]
    return str(inner.sql(dialect=DIALECT))[:300]


def _inner(node: Node) -> exp.Expr:
    inner = node.expression
    while isinstance(inner, exp.Alias):
        inner = inner.this
    return inner


def _schema(schema: Mapping[str, Iterable[str]]) -> dict[str, object]:
    return {table_of(code): dict.fromkeys(columns, "VARCHAR") for code, columns in schema.items()}


def upstream(edges: Iterable[Edge], dataset: str, column: str) -> list[tuple[int, Edge]]:
    """Return the edges above a column with their distance, nearest first."""
    return _walk(edges, (dataset, column), lambda e: (e.target, e.column), lambda e: (e.source, e.source_column))


def downstream(edges: Iterable[Edge], dataset: str, column: str) -> list[tuple[int, Edge]]:
    """Return the edges below a column with their distance: every place it went."""
    return _walk(edges, (dataset, column), lambda e: (e.source, e.source_column), lambda e: (e.target, e.column))


def _walk(edges: Iterable[Edge], start: tuple[str, str], near: object, far: object) -> list[tuple[int, Edge]]:
    rows, seen, front, found, depth = list(edges), {start}, {start}, [], 0
    while front:
        depth += 1
        here = [e for e in rows if near(e) in front]  # type: ignore[operator]
        found += [(depth, e) for e in here]
        front = {far(e) for e in here} - seen  # type: ignore[operator]
        seen |= front
    return found
