"""Which counts of a case a body may contest (申诉), and what a judgement lifts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What counts against one body in one case. Minutes are of the clock's own kind."""

    over_minutes: float = 0.0  # beyond its limit; 0 when it was in time
    reworks: int = 0
    returns: int = 0

    def against(self) -> dict[str, float]:
        """Return {count: how much} of what can be contested at all.

        >>> Counted(over_minutes=30.0, reworks=1).against()
        {'overdue': 30.0, 'rework': 1}
        """
        found = {"overdue": self.over_minutes, "rework": self.reworks, "return": self.returns}
        return {name: amount for name, amount in found.items() if amount > 0}


class ContestError(ValueError):
    """`reason` is a word: none (nothing is contested), nothing (such a count does not stand against the body); `names` are those."""

    def __init__(self, reason: str, names: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason, self.names = reason, tuple(names)


def contested(given: object, possible: Iterable[str]) -> list[str]:
    """Return which counts are meant, in the order of `possible`, each once; a single word counts as a list of one.

    >>> contested(["rework", "overdue", "rework"], ["overdue", "rework", "return"])
    ['overdue', 'rework']

    Raises
    ------
    ContestError
        None is named, or one that is not possible.
    """
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, list | tuple) else []
    wanted = {str(n) for n in names if n}
    known = list(possible)
    if not wanted:
        raise ContestError("none")
    if strange := sorted(wanted - set(known)):
        raise ContestError("nothing", strange)
    return [name for name in known if name in wanted]
