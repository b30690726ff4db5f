"""Results of rules, the score from them, and its grade.

>>> rows = [Result(code="a", kind="not_null", dimension="completeness", checked=100, failed=5, weight=2), Result(code="b", kind="identity", dimension="conformity", checked=100, failed=0, weight=1)]
>>> score(rows), score(rows, "completeness"), grade_of(96.67, (90, 80, 70, 60))
(96.67, 95.0, 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one rule: how many were looked at, how many failed, and the money that hangs on those."""

    code: str
    kind: str
    dimension: str
    checked: int
    failed: int
    weight: float = 1.0
    threshold: float = 1.0
    severity: str = "normal"
    money: float | None = None
    facts: Any = None

    @property
    def rate(self) -> float:
        """The share that passed; 1 where nothing was there to look at."""
        return 1.0 if self.checked == 0 else 1.0 - self.failed / self.checked

    @property
    def is_kept(self) -> bool:
        return self.rate >= self.threshold


def score(results: Iterable[Result], dimension: str = "") -> float | None:
    """Return sum(weight x pass rate) of 100, of all rules or of one dimension; None without a rule that weighs."""
    rows = [r for r in results if r.weight > 0 and (not dimension or r.dimension == dimension)]
    weight = sum(r.weight for r in rows)
    return round(100 * sum(r.weight * r.rate for r in rows) / weight, 2) if weight else None


def grade_of(value: float, lines: Sequence[float]) -> int:
    """Return the grade 1 (best) to len(lines) + 1 by falling lines."""
    return next((n for n, line in enumerate(lines, 1) if value >= line), len(lines) + 1)
