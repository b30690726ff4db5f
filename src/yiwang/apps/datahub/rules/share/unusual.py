"""Is a day's use of a grant unusual? Compared with its own past, by figures that single days do not move."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import median


def bound(past: Sequence[int], deviations: float) -> float:
    """Return the number of calls above which a day is unusual: median + deviations x spread.

    The spread is the greatest of 1.4826 x the median absolute deviation (a normal distribution's standard deviation), the
    square root of the median (calls that come by chance: Poisson) and 1. With 6 deviations fewer than one day in 10,000 of a
    steady use alarms (tests/test_share_sandbox draws 90,000 such days).

    Examples
    --------
    >>> bound([100] * 20, 6), bound([100] * 20 + [5000], 6), bound([], 6)
    (160.0, 160.0, inf)
    """
    if len(past) < 7:
        return float("inf")
    middle = median(past)
    return middle + deviations * max(1.4826 * median(abs(v - middle) for v in past), sqrt(middle), 1.0)


def is_unusual(today: int, past: Sequence[int], *, deviations: float, least: int) -> bool:
    """Say whether today's calls are far above the past; fewer than `least` never are."""
    return today >= least and today > bound(past, deviations)
