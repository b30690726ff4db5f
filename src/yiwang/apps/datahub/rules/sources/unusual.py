"""When a run of a source is unusual: robust statistics with a false-alarm rate that is stated and can be proved.

Median and MAD do not follow a few bad runs among the last ones, as mean and deviation would. What is assumed: the good runs
before it are independent and alike; a source with a rhythm (every Monday much) will be called unusual more often.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import asin, expm1, log, log1p, sin, sqrt
from pathlib import Path
from statistics import NormalDist, median
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "data" / "alarms.toml"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What data/alarms.toml says."""

    alpha_volume: float
    alpha_nulls: float
    alpha_shift: float
    least_runs: int
    most_runs: int
    floor_volume: float
    floor_nulls: float
    least_nulls: float
    least_psi: float
    alphas: tuple[float, ...]
    table: Mapping[int, tuple[float, ...]]

    def robust_z(self, runs: int, alpha: float) -> float:
        """Return the limit for so many earlier runs; between the lines of the table the stricter one for us holds."""
        line = self.table[max((n for n in self.table if n <= runs), default=min(self.table))]
        if alpha < self.alphas[-1]:  # beyond the table: its tail falls about as a power of alpha
            slope = log(line[-1] / line[-2]) / log(self.alphas[-2] / self.alphas[-1])
            return line[-1] * float((self.alphas[-1] / alpha) ** slope)
        return next(z for a, z in zip(self.alphas, line, strict=True) if a <= alpha)


@dataclass(frozen=True)
class Finding:
    """One thing about a run that does not look like the runs before."""

    kind: str  # volume, nulls, shift, columns
    column: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@cache
def shipped() -> Limits:
    raw = tomllib.loads(FILE.read_text(encoding="utf-8"))
    table = raw.pop("limits")
    alphas = tuple(table.pop("alphas"))
    return Limits(**raw, alphas=alphas, table={int(n): tuple(line) for n, line in table.items()})


def _outside(past: Sequence[float], now: float, floor: float, limit: float) -> tuple[bool, float, float]:
    middle = median(past)
    spread = max(1.4826 * median(abs(v - middle) for v in past), floor)
    return abs(now - middle) > limit * spread, middle, spread


def volume(past: Sequence[int], now: int, limits: Limits) -> Finding | None:
    """Compare the number of rows with those of earlier runs, on a logarithmic scale.

    Examples
    --------
    >>> volume([1000, 1010, 990, 1005, 1002, 998, 1001, 1003], 1004, shipped()) is None
    True
    >>> volume([1000, 1010, 990, 1005, 1002, 998, 1001, 1003], 120, shipped()).facts["usual"]
    1001
    """
    if len(past) < limits.least_runs:
        return None
    z, values = limits.robust_z(len(past), limits.alpha_volume), [log1p(v) for v in past]
    floor = max(limits.floor_volume, 1 / sqrt(max(median(past), 1.0)))
    bad, middle, spread = _outside(values, log1p(now), floor, z)
    if not bad:
        return None
    low, high = expm1(max(middle - z * spread, 0)), expm1(min(middle + z * spread, 50))
    return Finding("volume", "", {"value": now, "usual": round(expm1(middle)), "low": round(low), "high": round(high), "runs": len(past)})


def nulls(past: Sequence[tuple[int, int]], now: tuple[int, int], column: str, columns: int, limits: Limits) -> Finding | None:
    """Compare the share of empty cells of one of `columns` columns; each is (empty, rows). On the arcsine scale."""
    known, (empty, rows) = [(e, n) for e, n in past if n > 0], now
    if len(known) < limits.least_runs or rows <= 0:
        return None
    share, shares = empty / rows, [e / n for e, n in known]
    z = limits.robust_z(len(known), limits.alpha_nulls / max(columns, 1))
    floor = max(limits.floor_nulls, 0.5 / sqrt(rows), 0.5 / sqrt(median(n for _e, n in known)))
    bad, middle, spread = _outside([asin(sqrt(s)) for s in shares], asin(sqrt(share)), floor, z)
    if not bad or abs(share - median(shares)) < limits.least_nulls:
        return None
    low, high = (sin(min(max(middle + sign * z * spread, 0.0), 1.5707)) ** 2 for sign in (-1, 1))
    return Finding("nulls", column, {"value": round(share, 4), "usual": round(median(shares), 4), "low": round(low, 4), "high": round(high, 4), "runs": len(known)})


def chi2_limit(freedom: int, alpha: float) -> float:
    """Return the value that a chi-squared variable exceeds with probability alpha (Wilson and Hilferty's approximation).

    Examples
    --------
    >>> round(chi2_limit(9, 0.01), 1)
    21.7
    """
    if freedom == 1:
        return NormalDist().inv_cdf(1 - alpha / 2) ** 2
    k = 2 / (9 * freedom)
    return freedom * float(1 - k + NormalDist().inv_cdf(1 - alpha) * sqrt(k)) ** 3


def psi(past: Sequence[int], now: Sequence[int]) -> float:
    """Return the population stability index of two lines of counts, half a count added to each so that no bin is empty."""
    total_past, total_now = sum(past) + 0.5 * len(past), sum(now) + 0.5 * len(now)
    pairs = [((p + 0.5) / total_past, (n + 0.5) / total_now) for p, n in zip(past, now, strict=True)]
    return sum((n - p) * log(n / p) for p, n in pairs)


def _merged(past: Sequence[int], now: Sequence[int]) -> list[tuple[int, int]]:
    """Return pairs of counts, thin bins put together until each may be expected five times in the smaller of the two."""
    share = min(sum(past), sum(now)) / max(sum(past) + sum(now), 1)
    merged, p, n = [], 0, 0
    for a, b in sorted(zip(past, now, strict=True), key=lambda pair: pair[0] + pair[1]):
        p, n = p + a, n + b
        if (p + n) * share >= 5:
            merged.append((p, n))
            p = n = 0
    if (p or n) and merged:
        merged[-1] = (merged[-1][0] + p, merged[-1][1] + n)
    return merged


def shift(past: Sequence[Sequence[int]], now: Sequence[int], column: str, columns: int, limits: Limits) -> Finding | None:
    """Compare one column's counts by bin with those of earlier runs together.

    It is told only when both hold: Pearson's test of homogeneity says that chance does not explain it (at
    alpha_shift / columns), and the index says that it is large enough to matter.
    """
    if len(past) < limits.least_runs or not sum(now):
        return None
    pooled = [sum(line) for line in zip(*past, strict=True)]
    pairs = _merged(pooled, now)
    if len(pairs) < 2:
        return None
    before, after = sum(p for p, _n in pairs), sum(n for _p, n in pairs)
    statistic = sum((sqrt(after / before) * p - sqrt(before / after) * n) ** 2 / (p + n) for p, n in pairs) if before and after else 0.0
    limit, index = chi2_limit(len(pairs) - 1, limits.alpha_shift / max(columns, 1)), psi(pooled, now)
    if statistic <= limit or index < limits.least_psi:
        return None
    return Finding("shift", column, {"value": round(index, 3), "usual": limits.least_psi, "statistic": round(statistic, 1), "limit": round(limit, 1), "runs": len(past)})


def judge(past: Sequence[Mapping[str, Any]], now: Mapping[str, Any], limits: Limits) -> list[Finding]:
    """Compare a run's profile (see lake.profiles) with those of good runs before it, newest last."""
    past = list(past)[-limits.most_runs :]
    found = [volume([int(p["rows"]) for p in past], int(now["rows"]), limits)]
    columns: Mapping[str, Any] = now.get("columns", {})
    binned = sum(1 for c in columns.values() if c.get("counts"))
    for name, column in columns.items():
        before = [(p["columns"][name], int(p["rows"])) for p in past if name in p.get("columns", {})]
        found.append(nulls([(int(c["nulls"]), n) for c, n in before], (int(column["nulls"]), int(now["rows"])), name, len(columns), limits))
        if column.get("counts"):
            alike = [c["counts"] for c, _n in before if c.get("bins") == column["bins"] and c.get("counts")]
            found.append(shift(alike, column["counts"], name, binned, limits))
    return [f for f in found if f is not None]


def changed_columns(before: Sequence[str], now: Sequence[str]) -> Finding | None:
    """Say which columns came and went since the last run.

    Examples
    --------
    >>> changed_columns(["id", "name"], ["id", "full_name"]).facts
    {'gone': ['name'], 'new': ['full_name']}
    """
    gone, new = [c for c in before if c not in now], [c for c in now if c not in before]
    return Finding("columns", "", {"gone": gone[:50], "new": new[:50]}) if before and (gone or new) else None
