"""Filling what a release added, in small steps, while people work (先扩、再补、后收: the middle one).

    @backfill("cases.short_address")
    def fill(after: int, most: int) -> tuple[int, int]: ...

A step handles the rows behind key `after`, at most `most` of them, in its own transaction, and returns the last key it
came to and how many rows it changed; the same key again ends it. Every step may be done twice. A migration that takes
the old way away names it in `needs_backfill = ("cases.short_address",)` and is refused until it is finished.
"""

from collections.abc import Callable

from django.db import transaction

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.models import Backfill

Step = Callable[[int, int], tuple[int, int]]
ROWS = 500
_steps: dict[str, Step] = {}


def backfill(name: str) -> Callable[[Step], Step]:
    """Register a backfill under a name that never changes."""

    def register(step: Step) -> Step:
        _steps[name] = step
        return step

    return register


def names() -> tuple[str, ...]:
    return tuple(_steps)


def run(name: str, *, most_steps: int = 1_000_000, rows: int = ROWS) -> Backfill:
    """Go on where the backfill was left; returns how it stands. Killed anywhere, it goes on from its last step."""
    step = _steps[name]
    Backfill.objects.get_or_create(name=name, defaults={"started_at": now()})
    for _count in range(most_steps):
        with transaction.atomic():
            kept = Backfill.objects.select_for_update().get(name=name)
            if kept.finished_at is not None:
                return kept
            position, changed = step(kept.position, rows)
            if position <= kept.position:
                kept.finished_at = now()
            kept.position, kept.rows = max(position, kept.position), kept.rows + changed
            kept.save()
    return Backfill.objects.get(name=name)


def unfinished(wanted: tuple[str, ...]) -> list[str]:
    """Return those of the names that are not finished here."""
    done = set(Backfill.objects.filter(name__in=wanted, finished_at__isnull=False).values_list("name", flat=True))
    return [name for name in wanted if name not in done]
