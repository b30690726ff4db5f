"""Inspectors on shift (在岗) and where they were last: only on shift, and only for whoever looks after patrols there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from yiwang.apps.city.queries.field.shifts import longest
from yiwang.apps.city.queries.screen.place import Place
from yiwang.kernel.base.actor import Actor

VIEW = "city.patrol.view"


@dataclass(frozen=True)
class Person:
    """Somebody on shift with his last position; `at` is when he was there."""

    uid: str  # of the shift
    account_id: int
    name: str
    grid: str
    since: datetime
    lon: float | None
    lat: float | None
    at: datetime | None
    metres: float | None = None  # from where somebody asked


_ON_SHIFT = """
WITH mark AS (
    SELECT DISTINCT ON (account_id) account_id, shift_uid, kind, occurred_at, grid_id, area_path, lon, lat, recorded_at
    FROM city_fieldmark WHERE recorded_at >= %(kept)s ORDER BY account_id, recorded_at DESC
)
SELECT m.shift_uid::text, m.account_id, coalesce(nullif(a.name, ''), a.username), coalesce(g.code, ''), m.occurred_at,
       coalesce(p.lon, m.lon), coalesce(p.lat, m.lat), coalesce(p.occurred_at, m.occurred_at)
FROM mark m JOIN yw_identity_account a ON a.id = m.account_id
LEFT JOIN yw_geography_responsibilitygrid g ON g.id = m.grid_id
LEFT JOIN LATERAL (
    SELECT lon, lat, occurred_at FROM city_position p
    WHERE p.shift_uid = m.shift_uid AND p.recorded_at >= %(kept)s ORDER BY p.occurred_at DESC LIMIT 1
) p ON true
WHERE m.kind = 'in' AND m.occurred_at >= %(since)s AND starts_with(m.area_path, %(path)s)
ORDER BY 3, 2"""


def may_see(actor: Actor, place: Place) -> bool:
    return any(place.path.startswith(s.area_path) for s in actor.scopes(VIEW) if not s.org_path)


def on_shift(place: Place, moment: datetime) -> list[Person]:
    """Return who is on shift in the area now; one statement."""
    values: dict[str, Any] = {"since": moment - longest(), "kept": moment - longest() - timedelta(hours=1), "path": place.path}
    with connection.cursor() as cursor:
        cursor.execute(_ON_SHIFT, values)
        return [Person(*row) for row in cursor.fetchall()]
