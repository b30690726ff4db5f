"""How many requests and how many on time (按时率), by department and day; each answer is one statement.

What is on time and what counts, is what the indicator engine says (`rules/vocabulary.py`). Imported requests are judged as of
the moment their file was drawn, live ones as of now; what an import's rules leave out is not counted in shares.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection

from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.indicators.contracts import Source
from yiwang.kernel.indicators.rules.vocabulary import WORDS

# Rows as the facts of the indicator engine have them, straight from the tables (facts follow an import by moments); what
# counts and what is on time, the engine's own words say.
_WORDS = WORDS[Source.CASE]
_JUDGED = f"""
WITH judged AS (
    SELECT f.org_id, f.day, {_WORDS["counted"].sql} AS counted, {_WORDS["on_time"].sql} AS on_time
    FROM (
        SELECT c.org_id, c.closed_at, i.as_of, k.due_at, coalesce(i.is_counted, true) AS is_counted,
            (c.reported_at AT TIME ZONE coalesce(nullif(root.time_zone, ''), %(zone)s))::date AS day,
            ARRAY(SELECT a.contests FROM city_cityappeal a WHERE a.case_id = c.id AND a.org_id = c.org_id AND a.accepted)::varchar[] AS lifted
        FROM yw_cases_case c
        JOIN city_citycase t ON t.case_id = c.id
        JOIN yw_areas_area root ON root.id = split_part(c.area_path, '.', 1)::bigint
        LEFT JOIN city_importedrequest i ON i.case_id = c.id
        LEFT JOIN LATERAL (
            SELECT due_at FROM yw_cases_clock WHERE case_id = c.id AND name = 'case' ORDER BY id DESC LIMIT 1
        ) k ON true
        WHERE c.mode = ANY(%(modes)s)
          AND c.area_path LIKE %(area_path)s
          AND (%(profile)s = '' OR i.profile = %(profile)s)
          AND (%(since)s::timestamptz IS NULL OR c.reported_at >= %(since)s)
          AND (%(until)s::timestamptz IS NULL OR c.reported_at < %(until)s)
          AND (c.mode = 'imported' OR c.filed_at IS NOT NULL)
    ) f
)
"""
LIVE = ("live",)


@dataclass(frozen=True)
class DayCount:
    """Requests of a department opened on a day of the area's own zone. `department` is the organisation's code."""

    department: str
    name: str
    day: date
    requests: int


@dataclass(frozen=True)
class OnTime:
    """`requests` is all, `counted` what counts towards the share, `on_time` those of them that are."""

    department: str
    name: str
    requests: int
    counted: int
    on_time: int

    @property
    def share(self) -> float | None:
        """Percent of the counted ones; None when none counts."""
        return 100 * self.on_time / self.counted if self.counted else None


def _rows(select: str, **filters: Any) -> list[tuple[Any, ...]]:
    values = {
        "zone": settings.TIME_ZONE, "as_of": now(), "modes": list(filters.get("modes", LIVE)),
        "area_path": str(filters.get("area_path", "")).replace("%", "") + "%", "profile": filters.get("profile", ""),
        "since": filters.get("since"), "until": filters.get("until"),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED + select, values)
        return list(cursor.fetchall())


def requests_by_department_and_day(*, modes: Sequence[str] = LIVE, **filters: Any) -> list[DayCount]:
    """Count requests by department and local day. Filters: area_path, profile (of an import), since, until."""
    found = _rows(
        """SELECT o.code, o.name, j.day, count(*) FROM judged j LEFT JOIN yw_identity_organization o ON o.id = j.org_id
           GROUP BY o.id, o.code, o.name, j.day ORDER BY o.code, j.day""",
        modes=modes, **filters,
    )
    return [DayCount(code or "", texts.pick(_json(name)), day, count) for code, name, day, count in found]


def on_time_by_department(*, modes: Sequence[str] = LIVE, **filters: Any) -> list[OnTime]:
    """Return the on-time share of each department, by its code; the same filters."""
    found = _rows(
        """SELECT o.code, o.name, count(*), count(*) FILTER (WHERE counted), count(*) FILTER (WHERE counted AND on_time)
           FROM judged j LEFT JOIN yw_identity_organization o ON o.id = j.org_id
           GROUP BY o.id, o.code, o.name ORDER BY o.code""",
        modes=modes, **filters,
    )
    return [OnTime(code or "", texts.pick(_json(name)), *counts) for code, name, *counts in found]


def on_time_rate(*, modes: Sequence[str] = LIVE, **filters: Any) -> OnTime:
    """Return the share over all departments (indicator `city.on_time_rate`)."""
    found = _rows(
        "SELECT count(*), count(*) FILTER (WHERE counted), count(*) FILTER (WHERE counted AND on_time) FROM judged",
        modes=modes, **filters,
    )
    return OnTime("", "", *found[0])


def _json(value: Any) -> Any:
    import json

    return json.loads(value) if isinstance(value, str) else value
