"""Which systems do the same: by the data elements they keep and the service items they serve (系统整合)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two systems by code: `share` of what either has that both have (0 to 1), and what that is."""

    one: str
    other: str
    share: float
    elements: tuple[str, ...]
    items: tuple[str, ...]


def pairs(systems: Mapping[str, tuple[Collection[str], Collection[str]]], *, least: float = 0.2) -> list[Pair]:
    """Return the pairs that overlap at least so much, the most alike first. `systems`: code -> (elements, items).

    A service item weighs as much as two elements: two systems for one item are what a citizen meets twice.

    Examples
    --------
    >>> [(p.one, p.other, round(p.share, 2)) for p in pairs({"a": (["id", "name"], ["x"]), "b": (["id", "name"], ["x"]), "c": (["tree"], [])})]
    [('a', 'b', 1.0)]
    """
    found = []
    codes = sorted(systems)
    for n, one in enumerate(codes):
        for other in codes[n + 1 :]:
            (e1, i1), (e2, i2) = systems[one], systems[other]
            elements, items = set(e1) & set(e2), set(i1) & set(i2)
            whole = len(set(e1) | set(e2)) + 2 * len(set(i1) | set(i2))
            share = (len(elements) + 2 * len(items)) / whole if whole else 0.0
            if share >= least:
                found.append(Pair(one, other, share, tuple(sorted(elements)), tuple(sorted(items))))
    return sorted(found, key=lambda p: (-p.share, p.one, p.other))


def advice(*, users: int, active: int, cost_year: float, overlap: float) -> tuple[str, tuple[str, ...]]:
    """Return (verdict, reasons) to begin an assessment with; a person decides.

    Examples
    --------
    >>> advice(users=1000, active=3, cost_year=200000, overlap=0.1)
    ('stop', ('hardly-used', 'dear'))
    >>> advice(users=100, active=60, cost_year=10000, overlap=0.7)[0], advice(users=100, active=60, cost_year=10000, overlap=0)[0]
    ('merge', 'keep')
    """
    reasons = []
    idle = active < max(5, users // 100)
    if idle:
        reasons.append("hardly-used")
    if cost_year / max(active, 1) > 5000:
        reasons.append("dear")
    if overlap >= 0.5:
        reasons.append("overlaps")
    return ("merge" if overlap >= 0.5 else "stop" if idle else "keep"), tuple(reasons)
