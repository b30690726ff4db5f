"""When and where cases come: places to which the same problem comes back, and cases by the hour of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.translation import gettext as _

from yiwang.apps.city.queries.lists import CaseFilter, cases
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.geography.queries.sources import text_sql

DAYS, TIMES, NEAR_M = 30, 3, 25  # the same class three times in thirty days, each within 25 m of another
SIZE = 50
MOST_CELLS = 4000
CELL_DEGREES = 0.001  # about 100 m
_SALT = "yiwang.city.again"
_NO_PROBLEM = ("refused", "void", "merged")  # what was none, or was told of a case that counts already


@dataclass(frozen=True)
class Again:
    """A place and class that keep coming back. `cases` are (uid, number, reported_at), the newest first, at most eight."""

    class_code: str
    class_name: str
    times: int
    open: int
    first_at: datetime
    last_at: datetime
    lon: float
    lat: float
    address: str
    cases: tuple[tuple[str, str, datetime], ...]
    key: int


@dataclass(frozen=True)
class Hours:
    """Cases by hour: all 24 counts, and cells (lon, lat, count) of the hours chosen."""

    counts: tuple[int, ...]
    cells: tuple[tuple[float, float, int], ...]
    total: int


def _seen(actor: Actor, district: str = "") -> tuple[str, list[Any]]:
    """Return the ids of the cases that concern the reader, of one area when that is named, as SQL."""
    try:
        sql, values = cases(actor, CaseFilter(district=district)).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL::bigint", []
    return sql, list(values)


_AGAIN = """
WITH seen AS MATERIALIZED (
    SELECT c.id, c.uid, c.number, c.point, c.reported_at, c.closed_at, c.address, cc.class_code, {name} AS class_name
    FROM yw_cases_case c JOIN city_citycase cc ON cc.case_id = c.id
    WHERE c.reported_at >= %s AND c.point IS NOT NULL AND NOT c.outcome = ANY(%s) AND cc.class_code <> '' AND c.id IN ({seen})
), often AS MATERIALIZED (
    SELECT * FROM seen WHERE class_code IN (SELECT class_code FROM seen GROUP BY class_code HAVING count(*) >= %s)
), placed AS (
    SELECT *, ST_ClusterDBSCAN(ST_Transform(point, 3857), (SELECT %s / cos(radians(avg(ST_Y(point)))) FROM often), %s)
              OVER (PARTITION BY class_code) AS place
    FROM often
)
SELECT class_code, min(class_name), count(*), count(*) FILTER (WHERE closed_at IS NULL), min(reported_at), max(reported_at),
       avg(ST_X(point)), avg(ST_Y(point)), (array_agg(address ORDER BY reported_at DESC))[1],
       (array_agg(uid::text ORDER BY reported_at DESC))[1:8], (array_agg(coalesce(number, '') ORDER BY reported_at DESC))[1:8],
       (array_agg(reported_at ORDER BY reported_at DESC))[1:8], min(id)
FROM placed WHERE place IS NOT NULL GROUP BY class_code, place
HAVING count(*) < %s OR (count(*) = %s AND min(id) > %s)
ORDER BY count(*) DESC, min(id) LIMIT %s"""


def comes_back(actor: Actor, *, cursor: str = "", district: str = "") -> tuple[list[Again], str]:
    """Return the places to which the same class came back, most often first, and the cursor of the next page.

    Raises
    ------
    BadInput
        The cursor is not one of ours.
    """
    most, key = 1 << 40, 0
    if cursor:
        try:
            most, key = (int(part) for part in signing.loads(cursor, salt=_SALT))
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise BadInput.one("after", "cursor", _("This page link is no longer valid. Start from the first page.")) from error
    seen, values = _seen(actor, district)
    since = now() - timedelta(days=DAYS)
    with connection.cursor() as db:
        db.execute(
            _AGAIN.format(name=text_sql("cc.class_name"), seen=seen),
            [since, list(_NO_PROBLEM), *values, TIMES, float(NEAR_M), TIMES, most, most, key, SIZE + 1],
        )
        rows = db.fetchall()
    found = [_again(row) for row in rows[:SIZE]]
    more = signing.dumps([found[-1].times, found[-1].key], salt=_SALT) if len(rows) > SIZE else ""
    return found, more


def _again(row: Sequence[Any]) -> Again:
    facts = [*row[:9], tuple(zip(row[9], row[10], row[11], strict=True)), row[12]]
    return Again(*facts)


_HOURS = """
WITH seen AS MATERIALIZED (
    SELECT c.point, extract(hour FROM c.reported_at AT TIME ZONE %s)::int AS hour
    FROM yw_cases_case c WHERE c.reported_at >= %s AND c.point IS NOT NULL AND c.id IN ({seen})
)
(SELECT 'hour', hour::float8, NULL::float8, count(*) FROM seen GROUP BY hour)
UNION ALL
(SELECT 'cell', avg(ST_X(point)), avg(ST_Y(point)), count(*) FROM seen
 WHERE CASE WHEN %s < %s THEN hour >= %s AND hour < %s ELSE hour >= %s OR hour < %s END
 GROUP BY floor(ST_X(point) / %s), floor(ST_Y(point) / %s) ORDER BY 4 DESC LIMIT %s)"""


def by_hour(actor: Actor, *, days: int, first: int, last: int) -> Hours:
    """Return when and where cases were reported in so many days, from hour `first` until before `last` (local; may pass midnight)."""
    seen, values = _seen(actor)
    with connection.cursor() as db:
        db.execute(_HOURS.format(seen=seen), [
            settings.TIME_ZONE, now() - timedelta(days=days), *values, first, last, first, last, first, last, CELL_DEGREES, CELL_DEGREES, MOST_CELLS,
        ])  # fmt: skip
        rows = db.fetchall()
    counts = {int(hour): count for kind, hour, _y, count in rows if kind == "hour"}
    cells = tuple((x, y, count) for kind, x, y, count in rows if kind == "cell")
    return Hours(tuple(counts.get(hour, 0) for hour in range(24)), cells, sum(count for _x, _y, count in cells))
