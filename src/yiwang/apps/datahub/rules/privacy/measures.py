"""How alone somebody stands among rows: k-anonymity, l-diversity, small cells, risk, all by SQL over a table of DuckDB.

A missing value counts as a value of its own: who is the only one without an age stands alone as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`k` is the size of the smallest group (0 of no rows), `diversity` the least number of different sensitive values
    in a group (None without a sensitive column). Risks after GB/T 42460: worst case 1/k, mean over rows."""

    rows: int
    groups: int
    k: int
    below: int  # rows in groups smaller than wanted
    diversity: int | None
    below_diversity: int  # rows in groups with too few sensitive values
    highest_risk: float
    mean_risk: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _q(names: Sequence[str]) -> str:
    return ", ".join('"' + n.replace('"', '""') + '"' for n in names)


def measure(connection: Any, source: str, alike: Sequence[str], *, sensitive: str = "", k: int = 5, diversity: int = 2) -> Measured:
    """Measure a table (or a parenthesised SELECT) over its quasi-identifiers (准标识符)."""
    many = f'count(DISTINCT "{sensitive}") + CAST(count(*) > count("{sensitive}") AS INTEGER)' if sensitive else "0"
    inner = f"SELECT count(*) AS n, {many} AS l FROM {source}" + (f" GROUP BY {_q(alike)}" if alike else "")
    rows, groups, least, below, least_l, below_l = connection.execute(
        f"SELECT coalesce(sum(n), 0), count(*) FILTER (n > 0), coalesce(min(n) FILTER (n > 0), 0), coalesce(sum(n) FILTER (n < {int(k)}), 0),"
        f" coalesce(min(l) FILTER (n > 0), 0), coalesce(sum(n) FILTER (l < {int(diversity)}), 0) FROM ({inner})"
    ).fetchone()
    return Measured(
        rows=int(rows), groups=int(groups), k=int(least), below=int(below), diversity=int(least_l) if sensitive else None,
        below_diversity=int(below_l) if sensitive else 0, highest_risk=round(1 / least, 6) if least else 0.0,
        mean_risk=round(groups / rows, 6) if rows else 0.0,
    )  # fmt: skip


def small_cells(connection: Any, source: str, alike: Sequence[str], *, below: int = 5, most: int = 8) -> list[dict[str, Any]]:
    """Return for each table that two of the columns make how many of its cells hold 1 to below-1 rows; worst first."""
    found: list[dict[str, Any]] = []
    for pair in list(combinations(alike, 2))[:28]:
        cells, small = connection.execute(
            f"SELECT count(*), count(*) FILTER (n < {int(below)}) FROM (SELECT count(*) AS n FROM {source} GROUP BY {_q(pair)})"
        ).fetchone()
        if small:
            found.append({"columns": list(pair), "cells": int(cells), "small": int(small)})
    return sorted(found, key=lambda row: -int(row["small"]))[:most]


def small_counts(connection: Any, source: str, columns: Sequence[str], *, below: int = 5) -> dict[str, int]:
    """Return for columns that count people how many of their values are 1 to below-1."""
    made = {}
    for name in columns:
        quoted = '"' + name.replace('"', '""') + '"'
        made[name] = int(connection.execute(f"SELECT count(*) FROM {source} WHERE {quoted} > 0 AND {quoted} < {int(below)}").fetchone()[0])
    return {name: n for name, n in made.items() if n}
