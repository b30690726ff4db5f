"""Which value a golden record holds, and why (存活规则): lock, trust, freshness, completeness, number of voices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One source's value of a field. `rank` 1 is the most trusted; `at` an ISO moment, empty when the source does not say."""

    value: str
    source: int
    record: int
    rank: int = 50
    at: str = ""
    why: str = ""  # of a winner: what decided; of a loser: on what it lost


def choose(claims: Sequence[Claim], ways: Sequence[str]) -> tuple[Claim, list[Claim]]:
    """Return the winner with what decided, and the losers with what they lost on. At least one claim is needed.

    The outcome does not depend on the order of the claims.

    Examples
    --------
    >>> old, new = Claim(value="甲", source=1, record=1, rank=1, at="2020"), Claim(value="乙", source=2, record=2, rank=9, at="2025")
    >>> choose([old, new], ["rank"])[0].value, choose([new, old], ["newest"])[0].value
    ('甲', '乙')
    """
    voices = Counter(c.value for c in claims)
    keys = {
        "rank": lambda c: -c.rank, "newest": lambda c: c.at, "complete": lambda c: len(c.value), "frequent": lambda c: voices[c.value],
    }  # fmt: skip
    ordered = sorted(claims, key=lambda c: (c.value, c.source, c.record))
    left, lost, decided = ordered, [], "only" if len(voices) == 1 else ""
    for way in ways:
        if len({c.value for c in left}) == 1:
            break
        best = max(keys[way](c) for c in left)
        lost += [replace(c, why=way) for c in left if keys[way](c) != best]
        left = [c for c in left if keys[way](c) == best]
        decided = way
    winner = left[0]
    if len({c.value for c in left}) > 1:
        decided = "order"
    others = [replace(c, why="same" if c.value == winner.value else "order") for c in left[1:]]
    return replace(winner, why=decided), [replace(c, why="same") if c.value == winner.value else c for c in lost] + others
