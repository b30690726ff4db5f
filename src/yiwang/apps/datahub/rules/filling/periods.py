"""Periods of a reporting task, and when somebody is reminded.

Examples
--------
>>> next_period("2026-11", "monthly"), next_period("2026-12", "monthly"), next_period("2026Q4", "quarterly"), next_period("2026", "yearly")
('2026-12', '2027-01', '2027Q1', '2027')
>>> is_period("2026-13", "monthly"), is_period("2026Q2", "quarterly"), is_period("现场", "once")
(False, True, True)
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_FORMS = {"monthly": r"\d{4}-(0[1-9]|1[0-2])", "quarterly": r"\d{4}Q[1-4]", "yearly": r"\d{4}", "once": r".{1,20}"}
MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
AFTER_DAYS = (1, 3, 7)


def is_period(text: str, cycle: str) -> bool:
    return re.fullmatch(_FORMS[cycle], text) is not None


def next_period(period: str, cycle: str) -> str:
    """Return the period after this one; ValueError for a task that comes once."""
    if cycle == "monthly":
        year, month = int(period[:4]), int(period[5:])
        return f"{year + month // 12}-{month % 12 + 1:02d}"
    if cycle == "quarterly":
        year, quarter = int(period[:4]), int(period[5:])
        return f"{year + quarter // 4}Q{quarter % 4 + 1}"
    if cycle == "yearly":
        return str(int(period) + 1)
    raise ValueError("it comes once")


def stages(due_at: datetime, moment: datetime, urge_hours: int) -> list[str]:
    """Return the reminders that should have gone out by now: before, at, after1, after3, after7.

    >>> due = datetime(2026, 11, 20)
    >>> stages(due, datetime(2026, 11, 18), 24), stages(due, datetime(2026, 11, 19, 1), 24), stages(due, datetime(2026, 11, 23, 1), 24)
    ([], ['before'], ['before', 'at', 'after1', 'after3'])
    """
    found = ["before"] if moment >= due_at - timedelta(hours=urge_hours) else []
    if moment >= due_at:
        found.append("at")
    return found + [f"after{days}" for days in AFTER_DAYS if moment >= due_at + timedelta(days=days)]
