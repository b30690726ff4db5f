"""Models written as Ibis expressions, for what is clearer in Python than in SQL; each becomes one SELECT.

A function gets its tables by name and returns a table. It only describes: nothing is read here, and no engine is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ibis

from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.transforms.models import table_of

_TYPES = {"integer": "int64", "decimal": "float64", "date": "date", "datetime": "timestamp", "boolean": "boolean"}
Tables = Mapping[str, Any]


def relief_by_month(tables: Tables) -> Any:
    """Return what each town paid month by month, and how much more or less than the month before."""
    paid = tables["relief-paid"]
    months = paid.group_by([paid.town, paid.month]).aggregate(persons=paid.id_number.nunique(), amount=paid.amount.sum())
    line = ibis.window(group_by=months.town, order_by=months.month)
    before = months.amount.lag(1).over(line)
    return months.mutate(change=(months.amount - before)).order_by([months.town, months.month])


EXPRESSIONS: dict[str, Callable[[Tables], Any]] = {"relief_by_month": relief_by_month}


def compiled(name: str, contracts: Mapping[str, Contract]) -> str:
    """Return an expression's SELECT in DuckDB's dialect; KeyError when a contract is not there."""
    tables = {code: _table(contract) for code, contract in contracts.items()}
    return str(ibis.to_sql(EXPRESSIONS[name](tables), dialect="duckdb", pretty=True))


def _table(contract: Contract) -> Any:
    schema = {c.name: f"decimal(18, {c.decimals})" if c.kind == "decimal" and c.decimals is not None else _TYPES.get(c.kind, "string") for c in contract.columns}
    return ibis.table(schema, name=table_of(contract.dataset))
