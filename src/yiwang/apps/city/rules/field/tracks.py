"""What is kept of a track (轨迹): positions that can be, far enough from the last; and where there was none (无定位)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from yiwang.apps.city.contracts import Fix
from yiwang.kernel.geography.rules import offsets

FASTEST_M_S = 45.0  # 160 km/h: what is faster is a jump of the receiver
WORST_ACCURACY_M = 100.0
PRESENT_S = 60.0  # who stands still is told of once a minute


@dataclass(frozen=True, slots=True)
class Thinned:
    """`kept` in the order of time; `refused` cannot be (jump, no accuracy, outside the shift, no place on earth), the rest was thinned."""

    kept: tuple[Fix, ...]
    refused: int
    thinned: int


def thin(fixes: Iterable[Fix], *, begin: datetime, end: datetime, least_m: float, last: Fix | None = None) -> Thinned:
    """Return what is worth keeping of a batch; `last` is the position kept before it.

    A jump is judged against the position before it. Two jumps to the same place are no jump: then the one before was wrong.
    """
    kept: list[Fix] = []
    refused = thinned = 0
    doubted: Fix | None = None
    for fix in sorted(fixes, key=lambda f: f.at):
        if not (begin <= fix.at <= end) or not _possible(fix):
            refused += 1
            continue
        if last is not None:
            seconds = (fix.at - last.at).total_seconds()
            if seconds <= 0:
                thinned += 1
                continue
            far = offsets.metres((last.lon, last.lat), (fix.lon, fix.lat))
            if far > FASTEST_M_S * seconds + (fix.accuracy_m or 0) and not (doubted is not None and _agree(doubted, fix)):
                doubted = fix
                refused += 1
                continue
            if far < least_m and seconds < PRESENT_S:
                thinned += 1
                continue
        doubted, last = None, fix
        kept.append(fix)
    return Thinned(tuple(kept), refused, thinned)


def _possible(fix: Fix) -> bool:
    if not (math.isfinite(fix.lon) and math.isfinite(fix.lat) and -180 <= fix.lon <= 180 and -90 <= fix.lat <= 90):
        return False
    return fix.accuracy_m is None or 0 <= fix.accuracy_m <= WORST_ACCURACY_M


def _agree(a: Fix, b: Fix) -> bool:
    seconds = abs((b.at - a.at).total_seconds())
    return offsets.metres((a.lon, a.lat), (b.lon, b.lat)) <= FASTEST_M_S * seconds + (b.accuracy_m or 0)


def unseen(begin: datetime, end: datetime, fixes: Sequence[datetime], after_s: float) -> list[tuple[datetime, datetime]]:
    """Return the spans of a shift without a position for longer than `after_s`. They say 无定位 and nothing else: a locked screen
    gives no place, so nobody is ever said to have left his post (脱岗) by them.

    Examples
    --------
    >>> from datetime import timezone
    >>> nine = datetime(2026, 11, 23, 9, tzinfo=timezone.utc)
    >>> [b.hour for a, b in unseen(nine, nine + timedelta(hours=2), [nine + timedelta(hours=1)], 120)]
    [10, 11]
    """
    found: list[tuple[datetime, datetime]] = []
    least, before = timedelta(seconds=after_s), begin
    for at in [*sorted(f for f in fixes if begin <= f <= end), end]:
        if at - before > least:
            found.append((before, at))
        before = at
    return found
