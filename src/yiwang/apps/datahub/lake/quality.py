"""Running quality rules over a data set's present rows: one pass for all row rules, a query for each set rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from yiwang.apps.datahub.lake import beside
from yiwang.apps.datahub.lake.store import told
from yiwang.apps.datahub.rules.contract import Contract
from yiwang.apps.datahub.rules.landing.sql import named
from yiwang.apps.datahub.rules.quality.compiling import (
    ROW,
    SETS,
    Condition,
    pass_sql,
    row_condition,
    set_looks,
    set_sql,
)
from yiwang.apps.datahub.rules.quality.macros import statements
from yiwang.apps.datahub.rules.quality.rule import Rule
from yiwang.apps.datahub.rules.quality.scores import Result

SAMPLE = 100  # failing rows of a rule that are kept by their run and row
CYCLE_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "yearly": 366}
STRENGTH = 5.0  # spreads (1.4826 x MAD) from the median: under a normal distribution 6 of 10 million rows are told wrongly
Others = Callable[[str], str]  # SELECT over another data set's rows by its code
Reads = Callable[[Sequence[str]], list[Path]]  # the files of this data set and of others


@dataclass(kw_only=True)
class Checked:
    """What a run of the rules found; `samples` are (run, row) of failing rows by rule."""

    rows: int
    results: list[Result]
    samples: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    failed_to_run: dict[str, str] = field(default_factory=dict)


def check(
    con: Any, source: str, contract: Contract, rules: Sequence[Rule], *, codes: Mapping[str, Mapping[str, str]], other: Others, landed_at: datetime | None, today: date,
    reachable: bool = True, reads: Reads = lambda _codes: [],
) -> Checked:  # fmt: skip
    """Run the rules. `source` is a SELECT with the contract's columns, `_run` and `_row`; `reads` names the files that a declared SQL may read.

    A rule that cannot run says so; it does not pass.

    Raises
    ------
    LakeFull, LakeBusy
    """
    with told():
        for statement in statements():
            con.execute(statement)
        con.execute(f"CREATE OR REPLACE TEMP VIEW facts AS {source}")
        by_row = [r for r in rules if r.kind in ROW]
        facts = _spreads(con, by_row)
        conditions: list[tuple[Rule, Condition]] = [(r, row_condition(r, codes=codes, facts=facts, today=today.isoformat())) for r in by_row]
        counts = list(con.execute(pass_sql("facts", [c for _r, c in conditions])).fetchall()[0])
        made = Checked(rows=counts.pop(0), results=[])
        for number, (rule, condition) in enumerate(conditions):
            looked, failed = counts[2 * number], counts[2 * number + 1]
            money = None
            if failed:
                made.samples[rule.code] = con.execute(f"SELECT _run, _row FROM facts WHERE {condition.fails} LIMIT {SAMPLE}").fetchall()
                money = _money(con, rule, condition.fails)
            made.results.append(_result(rule, looked, failed, money, facts.get(rule.code)))
        for rule in rules:
            if rule.kind in ("contradiction", "near_duplicate"):
                _beside(con, rule, made, contract, source, other, reads)
            elif rule.kind in SETS:
                _set(con, rule, made, other)
            elif rule.kind not in ROW:
                made.results.append(_whole(con, rule, contract, made.rows, landed_at, today, reachable=reachable))
    order = {r.code: n for n, r in enumerate(rules)}
    made.results.sort(key=lambda r: order[r.code])
    return made


def _result(rule: Rule, checked: int, failed: int, money: float | None, facts: Any = None) -> Result:
    return Result(
        code=rule.code, kind=rule.kind, dimension=rule.dimension, checked=checked, failed=failed, weight=rule.weight, threshold=rule.threshold, severity=rule.severity,
        money=money, facts=facts,
    )  # fmt: skip


def _spreads(con: Any, rules: Sequence[Rule]) -> dict[str, tuple[float, float]]:
    """Return the limits of each outlier rule: median -/+ strength x 1.4826 x the median distance from it (MAD)."""
    found: dict[str, tuple[float, float]] = {}
    wanted = [r for r in rules if r.kind == "outlier"]
    if not wanted:
        return found
    middles = con.execute("SELECT " + ", ".join(f"approx_quantile({named(r.column)}, 0.5)" for r in wanted) + " FROM facts").fetchall()[0]
    asked = [(r, float(m)) for r, m in zip(wanted, middles, strict=True) if m is not None]
    if not asked:
        return found
    spreads = con.execute("SELECT " + ", ".join(f"approx_quantile(abs({named(r.column)} - {m!r}), 0.5)" for r, m in asked) + " FROM facts").fetchall()[0]
    for (rule, middle), spread in zip(asked, spreads, strict=True):
        if spread:  # half of the values are one value: nothing can be said of outliers
            reach = float(rule.more.get("strength") or STRENGTH) * 1.4826 * float(spread)
            found[rule.code] = (middle - reach, middle + reach)
    return found


def _money(con: Any, rule: Rule, fails: str) -> float | None:
    column = rule.more.get("money")
    if not column:
        return None
    return float(con.execute(f"SELECT coalesce(sum({named(str(column))}), 0) FROM facts WHERE {fails}").fetchall()[0][0])


def _set(con: Any, rule: Rule, made: Checked, other: Others) -> None:
    try:
        theirs = f"({other(str(rule.more['dataset']))})" if rule.more.get("dataset") else ""
        con.execute(f"CREATE OR REPLACE TEMP TABLE failing AS {set_sql(rule, 'facts', theirs)}")
        looked = con.execute(f"SELECT count(*) FROM facts WHERE {set_looks(rule)}").fetchall()[0][0]
        failed = con.execute("SELECT count(*) FROM failing").fetchall()[0][0]
    except (duckdb.BinderException, duckdb.CatalogException, KeyError) as error:
        made.failed_to_run[rule.code] = str(error)[:200]
        return
    money = None
    if failed:
        made.samples[rule.code] = con.execute(f"SELECT _run, _row FROM failing LIMIT {SAMPLE}").fetchall()
        if rule.more.get("money"):
            amount = named(str(rule.more["money"]))
            money = float(con.execute(f"SELECT coalesce(sum({amount}), 0) FROM facts WHERE (_run, _row) IN (SELECT _run, _row FROM failing)").fetchall()[0][0])
    made.results.append(_result(rule, looked, failed, money))
    con.execute("DROP TABLE failing")


def _beside(con: Any, rule: Rule, made: Checked, contract: Contract, source: str, other: Others, reads: Reads) -> None:
    facts, looked = None, made.rows
    try:
        if rule.kind == "contradiction":
            found = beside.contradiction(rule, source, {code: other(code) for code in rule.others}, reads(rule.others))
        else:
            found, groups, looked = beside.near_duplicates(con, rule, contract)
            facts = {"groups": groups}
    except (beside.CannotRunError, KeyError) as error:
        made.failed_to_run[rule.code] = str(error)[:200]
        return
    con.register("failing_rows", beside.as_table(found))
    here = con.execute("SELECT f._run, f._row FROM failing_rows f SEMI JOIN facts USING (_run, _row)").fetchall()  # a SQL may return what is no row
    money = None
    if here:
        known = set(here)
        made.samples[rule.code] = [pair for pair in found if pair in known][:SAMPLE]
        if rule.more.get("money"):
            money = float(con.execute(f"SELECT coalesce(sum({named(str(rule.more['money']))}), 0) FROM facts SEMI JOIN failing_rows USING (_run, _row)").fetchall()[0][0])
    con.unregister("failing_rows")
    made.results.append(_result(rule, looked, len(here), money, facts))


def _whole(con: Any, rule: Rule, contract: Contract, rows: int, landed_at: datetime | None, today: date, *, reachable: bool) -> Result:
    more = rule.more
    if rule.kind == "expected_count":
        low, high = float(more.get("low") or 0), float(more.get("high") or float("inf"))
        return _result(rule, 1, 0 if low <= rows <= high else 1, None, {"rows": rows})
    if rule.kind == "lag":
        days = CYCLE_DAYS.get(str(more.get("cycle") or contract.cycle), 31) + float(more.get("grace_days") or 3)
        age = None if landed_at is None else (today - landed_at.date()).days
        return _result(rule, 1, 0 if age is not None and age <= days else 1, None, {"days": age, "allowed": days})
    if rule.kind == "missing_periods":
        return _periods(con, rule, contract, today)
    return _result(rule, 1, 0 if reachable else 1, None)


def _periods(con: Any, rule: Rule, contract: Contract, today: date) -> Result:
    """Count periods (months, days ...) between the first and the last that have no row."""
    unit = {"daily": "day", "weekly": "week", "quarterly": "quarter", "yearly": "year"}.get(str(rule.more.get("cycle") or contract.cycle), "month")
    column = named(rule.column)
    found = con.execute(
        f"WITH p AS (SELECT DISTINCT date_trunc('{unit}', {column}::DATE)::DATE AS d FROM facts WHERE {column} IS NOT NULL),"
        f" w AS (SELECT unnest(generate_series(min(d)::TIMESTAMP, max(d)::TIMESTAMP, INTERVAL 1 {unit}))::DATE AS d FROM p)"
        " SELECT count(*), count(*) FILTER (d NOT IN (SELECT d FROM p)), list(d ORDER BY d) FILTER (d NOT IN (SELECT d FROM p)) FROM w"
    ).fetchall()[0]
    missing = [str(d) for d in (found[2] or [])[:50]]
    return _result(rule, found[0], found[1], None, {"missing": missing})
