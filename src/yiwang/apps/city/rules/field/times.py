"""Whose clock counts: what a phone says of the time is kept, and set right by what its clock was off when it sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

TRUSTED = timedelta(minutes=2)  # a clock that is off by less is believed
LONGEST_AGO = timedelta(days=30)  # nothing waits longer in a phone that is in use


@dataclass(frozen=True, slots=True)
class Settled:
    """`at` is the moment that counts; `off_s` by how much the phone's clock was behind (+) or ahead (-) of ours.

    `moved` says that `at` is not what the phone said.
    """

    at: datetime
    said: datetime
    sent: datetime
    off_s: int
    moved: bool


def set_right(said: datetime, sent: datetime, received: datetime) -> datetime:
    """Return a moment of the phone's clock by ours; a clock that is off by less than two minutes is believed."""
    off = received - sent
    return said + off if abs(off) > TRUSTED else said


def settle(said: datetime, sent: datetime, received: datetime, *, not_before: datetime | None = None) -> Settled:
    """Return when it happened, out of the phone's word and the moment it reached us.

    The phone's clock is read twice, when it is done and when it is sent; the second reading against our own clock tells how
    wrong it is. A clock that was set right in between leads beyond what can be; so the moment is brought between `not_before`
    (the task's opening, or a month ago) and now, and nobody's work is lost by a clock.

    Examples
    --------
    >>> from datetime import timezone
    >>> now = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)
    >>> day = timedelta(days=1)
    >>> settle(now - day - timedelta(hours=1), now - day, now).at.hour
    8
    """
    off = received - sent
    at = set_right(said, sent, received)
    earliest = max(received - LONGEST_AGO, not_before) if not_before is not None else received - LONGEST_AGO
    at = min(max(at, min(earliest, received)), received)
    return Settled(at=at, said=said, sent=sent, off_s=round(off.total_seconds()) if abs(off) > TRUSTED else 0, moved=at != said)
