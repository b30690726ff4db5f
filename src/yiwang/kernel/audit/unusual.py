"""What counts as unusual activity (数据异常变动): pure rules on counts, no database.

Every person's counts of an hour and of a day are held against his own past and against his peers' (people in posts of the
same name), by median and median absolute deviation (MAD), which a few wild days do not move. A handful is never unusual:
below a minimum nothing is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import Any


class Family(StrEnum):
    EDIT = "edit"
    REMOVE = "remove"  # voided, joined away, closed by force, erased, taken away
    EXPORT = "export"
    EXPORT_ROWS = "export_rows"
    READ = "read"  # personal values
    READ_LATE = "read_late"  # the same outside the hours in which people work
    RELATION = "relation"  # of somebody near the reader, or of a public person
    READ_BY_MANY = "read_by_many"  # one person, by many readers


class Unit(StrEnum):
    HOUR = "hour"
    DAY = "day"


# Below these nothing is said, whatever the past was.
MINIMUM: Mapping[str, Mapping[str, int]] = {
    "hour": {"edit": 120, "remove": 15, "export": 6, "export_rows": 20_000, "read": 30, "read_late": 4},
    "day": {"edit": 400, "remove": 30, "export": 12, "export_rows": 50_000, "read": 80, "read_late": 5},
}


# Near the reader: himself, his household, the same house, the same family name in his street, a colleague; a person of public life.
RELATIONS: Mapping[str, int] = {"own": 1, "household": 1, "neighbour": 1, "relative": 1, "colleague": 1, "public": 1}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The figures of the watch; `settings.WATCH` replaces any of them by name (YIWANG_WATCH, JSON)."""

    days: int = 60  # how far back the past goes
    spread: float = 6.0  # so many (scaled) MADs above the median
    times: float = 3.0  # and at least so many times the median
    far: float = 4.0  # so many times beyond what peers do is unusual even for somebody whose habit it is
    alone: float = 3.0  # with no past and no peers: so many times the minimum
    own_periods: int = 5  # a past of fewer hours or days says nothing
    peer_periods: int = 8
    peer_people: int = 3
    minimum: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MINIMUM)
    late_from: int = 21  # o'clock: readings from here
    late_until: int = 6  # to here are at strange hours
    many_readers: int = 6  # so many different readers of one person within many_days are looked at
    many_days: int = 7
    relations: Mapping[str, int] = field(default_factory=lambda: RELATIONS)  # so many readings of one kind in a day

    @classmethod
    def of(cls, changed: Mapping[str, Any]) -> "Limits":
        """Return the shipped figures with those that an installation changed.

        Raises
        ------
        ValueError
            A name that is none of them.
        """
        known = set(cls.__dataclass_fields__)
        if unknown := set(changed) - known:
            raise ValueError(f"WATCH has no {', '.join(sorted(unknown))}; it has {', '.join(sorted(known))}")
        merged = {unit: {**MINIMUM[unit], **changed.get("minimum", {}).get(unit, {})} for unit in MINIMUM}
        near = {**RELATIONS, **changed.get("relations", {})}
        return replace(cls(), **{k: v for k, v in changed.items() if k not in ("minimum", "relations")}, minimum=merged, relations=near)

    def least(self, unit: str, family: str) -> int:
        return self.minimum[unit][family]


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was done in comparable periods in which anything was done at all."""

    periods: int = 0
    people: int = 0  # of whom; 1 for one's own
    median: float = 0.0
    mad: float = 0.0

    def bound(self, limits: Limits) -> float:
        """Return the count above which it is unusual. A very even past is given a quarter of its median as spread."""
        spread = max(1.4826 * self.mad, 0.25 * self.median, 1.0)
        return max(self.median + limits.spread * spread, limits.times * self.median)


@dataclass(frozen=True, kw_only=True)
class Count:
    """What one person did of one kind in one hour or day."""

    unit: str
    starts_at: datetime
    actor_kind: str
    actor_id: int
    actor_name: str
    post_name: str
    family: str
    subject: str  # the matter, the kind of rows, or "party"
    amount: int
    own: Past
    peers: Past
    beside: Past = Past()  # the peers in the very same hour or day


@dataclass(frozen=True)
class Verdict:
    """Why it is unusual: the bounds that were passed (None where there is nothing to compare with)."""

    own_bound: float | None
    peer_bound: float | None


def many_bound(readers: Sequence[int], limits: Limits) -> float:
    """Return how many different readers one person must have to be news, from the numbers that people have (each at least 1).

    Median and MAD over the people, half the spread of other counts; never below `many_readers`.

    >>> round(many_bound([1, 1, 2, 2, 3], Limits()), 1)
    6.4
    """
    if not readers:
        return limits.many_readers - 1.0
    middle = float(median(readers))
    spread = max(1.4826 * median([abs(n - middle) for n in readers]), 0.25 * middle, 1.0)
    return max(limits.many_readers - 1.0, middle + limits.spread / 2 * spread)


def judge(count: Count, limits: Limits) -> Verdict | None:
    """Return why the count is unusual, or None when it is not.

    With both pasts known it must be beyond one's own and the peers', or far beyond the peers': a clerk who does much
    every day is no news, an office where everybody has much to do just now neither, and who leaks a little more than
    everybody each day is still seen.
    """
    if count.amount < limits.least(count.unit, count.family):
        return None
    if count.beside.people >= limits.peer_people and count.amount <= count.beside.bound(limits):
        return None  # a storm: everybody has much to do just now
    own = count.own.bound(limits) if count.own.periods >= limits.own_periods else None
    enough = count.peers.periods >= limits.peer_periods and count.peers.people >= limits.peer_people
    peer = count.peers.bound(limits) if enough else None
    verdict = Verdict(own, peer)
    if own is None and peer is None:
        times = 1.0 if count.family == Family.READ_LATE else limits.alone  # that nobody reads at night is a past of its own
        return verdict if count.amount >= times * limits.least(count.unit, count.family) else None
    if own is None or peer is None:
        return verdict if count.amount > (own if own is not None else peer or 0) else None
    beyond_both = count.amount > own and count.amount > peer
    return verdict if beyond_both or count.amount > limits.far * peer else None
