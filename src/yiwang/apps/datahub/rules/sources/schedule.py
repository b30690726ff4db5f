"""When a source runs next: five fields as of cron, in the platform's time zone.

Examples
--------
>>> from datetime import datetime, UTC
>>> next_after("0 2 * * *", datetime(2026, 11, 23, 20, tzinfo=UTC), "Asia/Shanghai").isoformat()
'2026-11-24T18:00:00+00:00'
>>> is_cron("0 2 * * *"), is_cron("* * * *"), is_cron("@every"), is_cron("61 * * * *")
(True, False, False, False)
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from croniter import croniter


def is_cron(text: str) -> bool:
    return len(text.split()) == 5 and bool(croniter.is_valid(text))


def next_after(cron: str, moment: datetime, zone: str) -> datetime:
    found: datetime = croniter(cron, moment.astimezone(ZoneInfo(zone))).get_next(datetime)
    return found.astimezone(UTC)
