"""Drawing case numbers (案卷编号): gapless inside a series, because a rolled-back filing gives its number back."""

from datetime import datetime

from django.db import connection

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.models import Case


def next_in(series: str) -> int:
    """Return the next number of the series; others who draw from it wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO yw_cases_numberseries AS s (series, last) VALUES (%s, 1) "
            "ON CONFLICT (series) DO UPDATE SET last = s.last + 1 RETURNING last",
            [series],
        )
        return int(cursor.fetchone()[0])


def draw(case: Case, config: MatterConfig, at: datetime) -> str:
    """Return a new number by the matter's pattern; the day is cut in the area's zone."""
    day = at.astimezone(zone_of(case.area_path)).strftime("%Y%m%d")
    prefix = {"live": "", "trial": "T", "imported": "I"}[case.mode]
    seq = next_in(f"{config.raw.get('code', '')}:{prefix}{case.region}:{day}")
    return prefix + config.numbering().format(region=case.region, date=day, seq=seq)
