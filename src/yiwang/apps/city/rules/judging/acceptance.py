"""Figures of an acceptance (验收): shares with their targets, and drawing components by a seed that is shown."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from yiwang.apps.city.rules.judging.lottery import rank


@dataclass(frozen=True)
class Share:
    """A part of a whole against what has to be reached; `reached` is None where there is nothing to judge."""

    part: int
    whole: int
    target: float

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def reached(self) -> bool | None:
        return None if self.value is None else self.value >= self.target


def draw(seed: str, codes: Iterable[str], size: int) -> list[str]:
    """Return the first `size` of the codes in the order of HMAC-SHA256 with the seed as key; how they were listed makes no difference.

    >>> draw("00" * 32, ["b", "a", "c"], 2) == draw("00" * 32, ["c", "b", "a"], 2)
    True
    """
    return sorted(set(codes), key=lambda code: (rank(seed, "component", code, 1, ""), code))[: max(0, size)]


def fingerprint(codes: Iterable[str]) -> str:
    """Return SHA-256 of all codes, sorted, a line each: says whether the components are still those of the draw.

    >>> fingerprint(["b", "a"]) == fingerprint(["a", "b"])
    True
    """
    return hashlib.sha256("\n".join(sorted(codes)).encode()).hexdigest()
