"""Which backups are kept: the newest of each of the last days, weeks and months (日、周、月)."""

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import Any


def keep(made: Iterable[tuple[str, datetime]], *, daily: int, weekly: int, monthly: int, zone: tzinfo) -> set[str]:
    """Return the names to keep of (name, moment) pairs; the newest of all is always among them.

    Days, ISO weeks and months are cut in `zone`; only those that hold a backup count, so a pause loses nothing.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> days = [(f"d{i}", datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=i)) for i in range(20)]
    >>> sorted(keep(days, daily=2, weekly=2, monthly=1, zone=UTC))
    ['d14', 'd18', 'd19']
    """
    newest_first = sorted(made, key=lambda pair: (pair[1], pair[0]), reverse=True)  # of one second: names sort by time
    kept = {newest_first[0][0]} if newest_first else set()
    spans: tuple[tuple[int, Callable[[datetime], Any]], ...] = (
        (daily, lambda at: at.date()),
        (weekly, lambda at: at.isocalendar()[:2]),
        (monthly, lambda at: (at.year, at.month)),
    )
    for most, span in spans:
        seen: set[Any] = set()
        for name, moment in newest_first:
            key = span(moment.astimezone(zone))
            if key in seen:
                continue
            if len(seen) >= most:
                break
            seen.add(key)
            kept.add(name)
    return kept
