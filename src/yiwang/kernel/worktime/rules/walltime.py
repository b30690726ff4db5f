"""The wall clock of a zone as a line that never runs backwards, over both changes of daylight saving time.

In the hour that is repeated in autumn the clock is taken to stand still; the hour that is skipped in spring is one
instant. So every wall time has exactly one first instant, and adding stays monotone.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 of an aware moment, exactly."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant (UTC) at which the clocks of the zone show `wall` (naive) or later."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return instant
    return _gap_end(wall, zone)


@lru_cache(maxsize=256)
def _gap_end(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of the change that skips `wall`, found by halving between the two readings of it."""
    late = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = late.astimezone(zone).utcoffset()
    low, high = 0, int((late - early).total_seconds())  # whole seconds: changes happen on them
    base = late - timedelta(seconds=high)
    while high - low > 1:
        middle = (low + high) // 2
        if (base + timedelta(seconds=middle)).astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return (base + timedelta(seconds=high)).replace(microsecond=0)


def running_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the latest wall time (naive) that the clocks have shown up to the moment."""
    local = moment.astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    if local.fold == 0:
        return naive
    # The repeated hour: its wall times were all shown before, up to where the clocks went back.
    edge = naive.replace(second=0, microsecond=0)
    while _is_repeated(edge, zone):
        edge += timedelta(minutes=1)
    return edge


def _is_repeated(wall: datetime, zone: ZoneInfo) -> bool:
    first = wall.replace(tzinfo=zone, fold=0).utcoffset()
    second = wall.replace(tzinfo=zone, fold=1).utcoffset()
    return first is not None and second is not None and first > second
