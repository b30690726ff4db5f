"""How a clock (时限) counts: a value that is started, paused, resumed, extended, restarted and stopped.

Minutes are of the clock's own kind (working or continuous). For every clock, at every moment,
``consumed + remaining == total``; suspending and resuming conserves `remaining`; extending adds to `total` only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

# (start, minutes) -> due ; (start, end) -> minutes: both already bound to kind and calendar
Add = Callable[[datetime, float], datetime]
Between = Callable[[datetime, datetime], float]


class ClockEffect(StrEnum):
    """What an action does to a clock; the words of `actions.toml`."""

    NONE = "none"
    STOP = "stop"  # keeps the rest: rework lets it run on
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"  # by one original limit
    RESTART = "restart"
    END = "end"


@dataclass(frozen=True, slots=True)
class ClockState:
    """One clock. `due_at` of a paused clock is what it was when paused; past due stays past due."""

    limit_minutes: float
    total_minutes: float
    consumed_minutes: float
    running_since: datetime | None
    due_at: datetime
    state: str = "running"

    def consumed_at(self, moment: datetime, between: Between) -> float:
        """Return the minutes used up to `moment`."""
        if self.running_since is None or moment <= self.running_since:
            return self.consumed_minutes
        return self.consumed_minutes + between(self.running_since, moment)

    def remaining_at(self, moment: datetime, between: Between) -> float:
        """Return the minutes left; negative when overdue."""
        return self.total_minutes - self.consumed_at(moment, between)


def start(limit_minutes: float, at: datetime, add: Add) -> ClockState:
    return ClockState(limit_minutes, limit_minutes, 0.0, at, add(at, limit_minutes))


def _halt(clock: ClockState, at: datetime, between: Between, word: str) -> ClockState:
    if clock.running_since is None:
        return replace(clock, state=word)
    return replace(clock, consumed_minutes=clock.consumed_at(at, between), running_since=None, state=word)


def _run(clock: ClockState, at: datetime, add: Add) -> ClockState:
    if clock.running_since is not None:
        return clock
    left = clock.total_minutes - clock.consumed_minutes
    due = add(at, left) if left > 0 else clock.due_at
    return replace(clock, running_since=at, due_at=due, state="running")


def apply(clock: ClockState, effect: ClockEffect, at: datetime, add: Add, between: Between) -> ClockState:
    """Return the clock after the effect; a clock that has ended stays as it is."""
    if effect is ClockEffect.NONE or clock.state == "ended":
        return clock
    if effect is ClockEffect.RESTART:
        return start(clock.limit_minutes, at, add)
    if effect is ClockEffect.EXTEND:
        more = replace(clock, total_minutes=clock.total_minutes + clock.limit_minutes)
        if more.running_since is None:
            return more
        left = more.total_minutes - more.consumed_minutes
        return replace(more, due_at=add(more.running_since, left))
    if effect is ClockEffect.RESUME:
        return _run(clock, at, add)
    word = {ClockEffect.PAUSE: "paused", ClockEffect.STOP: "stopped", ClockEffect.END: "ended"}[effect]
    return _halt(clock, at, between, word)


def recompute(clock: ClockState, add: Add) -> ClockState:
    """Return the clock with its due time under a changed calendar (an unknown year was announced)."""
    if clock.running_since is None:
        return clock
    left = clock.total_minutes - clock.consumed_minutes
    return replace(clock, due_at=add(clock.running_since, left)) if left > 0 else clock
