"""What the landed rows of each column look like: counts only, no value leaves this file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from yiwang.apps.datahub.lake.engine import quoted
from yiwang.apps.datahub.rules.standards import grading
from yiwang.apps.datahub.rules.standards.grading import Stats

CHECKED = 2000  # values whose check figures are worked out, of those that fit the pattern


def statistics(con: Any, select: str, columns: Sequence[str]) -> dict[str, Stats]:
    """Return the statistics of text columns of a SELECT, in one pass over at most `sample_rows` rows.

    A pattern with a check counts the part of its fitting values whose check figures are right.
    """
    if not columns:
        return {}
    patterns = grading.settings()["pattern"]
    most = int(grading.limit("sample_rows"))
    con.execute(f"CREATE OR REPLACE TEMP TABLE looked AS SELECT {', '.join(f'trim({quoted(c)}::VARCHAR) AS {quoted(c)}' for c in columns)} FROM ({select}) LIMIT {most}")
    parts = ["count(*)"]
    for column in columns:
        name = quoted(column)
        parts += [f"count(nullif({name}, ''))", f"approx_count_distinct({name})"]
        parts += [f"count(*) FILTER (WHERE regexp_full_match({name}, ?))" for _p in patterns]
    found = con.execute(f"SELECT {', '.join(parts)} FROM looked", [p["pattern"] for _c in columns for p in patterns]).fetchone()
    rows, at, made = int(found[0]), 1, {}
    for column in columns:
        values, different = int(found[at]), int(found[at + 1])
        fits = {p["code"]: int(n) for p, n in zip(patterns, found[at + 2 : at + 2 + len(patterns)], strict=True)}
        for pattern in patterns:
            if pattern.get("check") and fits[pattern["code"]]:
                fits[pattern["code"]] = round(fits[pattern["code"]] * _right(con, column, pattern))
        made[column] = Stats(rows=rows, values=values, different=min(different, values), fits=fits)
        at += 2 + len(patterns)
    con.execute("DROP TABLE looked")
    return made


def _right(con: Any, column: str, pattern: Any) -> float:
    name = quoted(column)
    values = con.execute(f"SELECT DISTINCT {name} FROM looked WHERE regexp_full_match({name}, ?) LIMIT {CHECKED}", [pattern["pattern"]]).fetchall()
    check = grading.CHECKS[pattern["check"]]
    return sum(check(text) for (text,) in values) / len(values) if values else 0.0
