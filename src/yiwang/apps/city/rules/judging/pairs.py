"""How often two people who checked the same case disagree."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Pair:
    """Two people, the smaller id first; `disagreed` of `both` cases that both have checked."""

    one: int
    other: int
    disagreed: int
    both: int

    @property
    def share(self) -> float | None:
        return self.disagreed / self.both if self.both else None


def by_pair(rows: Iterable[tuple[int, int, bool]]) -> list[Pair]:
    """Count (first, second, agrees) by unordered pairs, in the order of their ids.

    >>> by_pair([(2, 1, False), (1, 2, True), (1, 3, True)])
    [Pair(one=1, other=2, disagreed=1, both=2), Pair(one=1, other=3, disagreed=0, both=1)]
    """
    found: dict[tuple[int, int], list[int]] = {}
    for first, second, agrees in rows:
        counts = found.setdefault((min(first, second), max(first, second)), [0, 0])
        counts[0] += not agrees
        counts[1] += 1
    return [Pair(one, other, *counts) for (one, other), counts in sorted(found.items())]
