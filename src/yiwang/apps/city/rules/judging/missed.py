"""Whether somebody walked past a place, and what a judgement of a missed report (漏报) counts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from math import cos, hypot, radians

METRE_LAT = 110_940.0  # of one degree
METRE_LON = 111_320.0  # at the equator


class Verdict(StrEnum):
    """What a judge says."""

    MISSED = "missed"
    NOT_MISSED = "not_missed"
    UNCLEAR = "unclear"


def nearest_pass(track: Iterable[tuple[datetime, float, float]], place: tuple[float, float], until: datetime) -> tuple[float, datetime] | None:
    """Return how near a track (moment, lon, lat) came to a place before a moment, in metres, and when; None without a fix.

    Between two fixes nothing is supposed: what nobody saw is no evidence against anybody.
    """
    lon, lat = place
    scale = METRE_LON * cos(radians(lat))
    found = [(hypot((x - lon) * scale, (y - lat) * METRE_LAT), at) for at, x, y in track if at <= until]
    return min(found) if found else None


def counted(verdict: str, objected: bool, review: str) -> bool | None:
    """Say whether a judgement counts as a missed report: None while it is not final.

    >>> counted("missed", False, ""), counted("missed", True, ""), counted("missed", True, "not_missed"), counted("", False, "")
    (True, None, False, None)
    """
    if not verdict:
        return None
    if objected and not review:
        return None
    return (review or verdict) == Verdict.MISSED


def overlapping(shifts: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> list[int]:
    """Return which spans (begin, end) have a part in [since, until)."""
    return [n for n, (begin, end) in enumerate(shifts) if begin < until and end > since]
