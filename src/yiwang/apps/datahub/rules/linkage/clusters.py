"""From pairs to persons (聚类): groups whose members agree with one another on the whole, not chains of look-alikes.

Connected components join everything that a single weak bridge touches. Here two groups are joined while the mean evidence between
their members speaks for it (average linkage), and never where it is forbidden: two valid identity numbers, two records of a source
that holds each person once, a group that would grow too large.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components


@dataclass
class Group:
    """A growing group: its members, and what of them must differ from the members of any other it joins."""

    members: list[int]
    numbers: set[str] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)


def components(count: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return for each of `count` records (0, 1, ...) the number of its connected component."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1])


def average_linkage(
    members: Sequence[int], bits: dict[tuple[int, int], float], *, absent: float, least: float, most: int,
    numbers: dict[int, str] | None = None, sources: dict[int, int] | None = None, forbidden: frozenset[tuple[int, int]] = frozenset(),
    clip: float = 12.0,
) -> list[list[int]]:  # fmt: skip
    """Return groups of `members`.

    Parameters
    ----------
    bits
        Evidence of pairs (lower, higher member), prior included; a pair that is not there counts `absent`.
    least
        Mean evidence from which groups are joined.
    numbers, sources
        A valid identity number, or a source that holds each person once, of some members: two different numbers, or the same
        source twice, never meet in a group. `forbidden` are pairs that may not.
    clip
        Evidence beyond this, either way, counts as this: no single pair decides for all.
    """
    groups = {m: Group([m], {numbers[m]} if numbers and m in numbers else set(), {sources[m]} if sources and m in sources else set()) for m in members}
    between: dict[tuple[int, int], float] = {}
    for n, a in enumerate(members):
        for b in members[n + 1 :]:
            pair = (a, b) if a < b else (b, a)
            between[pair] = max(-clip, min(clip, bits.get(pair, absent)))
    barred = {pair for pair in between if pair in forbidden}
    heap = [(-value, pair) for pair, value in between.items() if value >= least]
    heapq.heapify(heap)
    while heap:
        value, (a, b) = heapq.heappop(heap)
        if a not in groups or b not in groups or between.get((a, b)) != -value:
            continue
        one, two = groups[a], groups[b]
        if (
            len(one.members) + len(two.members) > most or (a, b) in barred or (one.sources & two.sources)
            or (one.numbers and two.numbers and one.numbers != two.numbers)
        ):  # fmt: skip
            barred.add((a, b))
            continue
        n_one, n_two = len(one.members), len(two.members)
        del groups[b]
        for c in groups:
            if c == a:
                continue
            to_a, to_b = (a, c) if a < c else (c, a), (b, c) if b < c else (c, b)
            mean = (between[to_a] * n_one + between.pop(to_b) * n_two) / (n_one + n_two)
            if to_b in barred:
                barred.add(to_a)
            between[to_a] = mean
            if mean >= least and to_a not in barred:
                heapq.heappush(heap, (-mean, to_a))
        between.pop((a, b), None)
        one.members += two.members
        one.numbers |= two.numbers
        one.sources |= two.sources
    return [sorted(g.members) for g in groups.values()]
