"""Keeping the cover (巡查覆盖) of days that have ended, so that a page of a whole county reads rows instead of tracks."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from yiwang.apps.city.models import GridCover
from yiwang.apps.city.queries.field import cover
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.geography.models import ResponsibilityGrid

AT_ONCE = 100  # grids in one statement and one transaction: a job that is killed goes on where it was
NOTHING = cover.Cover(0, 0)

# Grids of which a phone told after their cover was kept; a hundredth of a degree of each late position is near enough.
_LATE = """
WITH late AS MATERIALIZED (
    SELECT DISTINCT floor(lon * 100)::int AS x, floor(lat * 100)::int AS y FROM city_position
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s + %(late)s AND occurred_at >= %(begin)s AND occurred_at < %(until)s
)
SELECT g.id FROM yw_geography_responsibilitygrid g
WHERE g.valid_to IS NULL AND EXISTS (
    SELECT 1 FROM late WHERE g.shape && ST_Expand(ST_MakeEnvelope(x / 100.0, y / 100.0, (x + 1) / 100.0, (y + 1) / 100.0, 4326), %(beside)s))
"""


def keep_cover(today: date | None = None) -> dict[str, int]:
    """Keep the cover of every live grid for the days that ended and of which phones may still tell; returns {day: grids written}.

    Safe to repeat and to break off: a grid that is kept is computed again only when positions of its day came after that.
    """
    today = today or timezone.localdate(now())
    written: dict[str, int] = {}
    for back in range(1, cover.LATE.days + 2):
        day = today - timedelta(days=back)
        if day >= cover.first_day() and (number := _keep_day(day)):
            written[day.isoformat()] = number
    return written


def _keep_day(day: date) -> int:
    begun = now()
    known = set(GridCover.objects.filter(day=day).values_list("grid_id", flat=True))
    live = ResponsibilityGrid.objects.filter(valid_to__isnull=True, shape__isnull=False).order_by("pk").values_list("pk", "area_path")
    paths = dict(live)
    again = _told_late(day) & known if known else set()
    wanted = [pk for pk in paths if pk not in known or pk in again]
    for some in _pieces(wanted):
        found = cover.of_grids(some, *cover.day_span(day))
        with transaction.atomic():
            GridCover.objects.bulk_create(
                (GridCover(grid_id=pk, day=day, area_path=paths[pk], cells=c.cells, seen=c.seen, kept_at=begun) for pk in some for c in (found.get(pk, NOTHING),)),
                update_conflicts=True, unique_fields=["day", "grid"], update_fields=["cells", "seen", "kept_at", "area_path"],
            )  # fmt: skip
    if wanted:
        with transaction.atomic():
            GridCover.objects.filter(day=day, grid_id__in=known - set(wanted)).update(kept_at=begun)
            audit.record(system("city.cover"), action="city.cover.kept", data={"day": day.isoformat(), "grids": len(wanted), "again": len(again)})
    return len(wanted)


def _told_late(day: date) -> set[int]:
    begin, end = cover.day_span(day)
    since: datetime = GridCover.objects.filter(day=day).aggregate(m=Min("kept_at"))["m"] or begin
    values: dict[str, Any] = {"since": since, "begin": begin, "until": end, "late": cover.LATE, "beside": cover.BESIDE}
    with connection.cursor() as cursor:
        cursor.execute(_LATE, values)
        return {row[0] for row in cursor.fetchall()}


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
