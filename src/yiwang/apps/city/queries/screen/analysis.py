"""What lies behind the numbers: where cases are dense, which class comes at which hour, which stage eats the time."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import cos, radians
from typing import Any

from django.db import connection
from django.db.models import Count, FloatField, Func, Q, Value
from django.db.models.functions import ExtractHour
from django.utils.translation import get_language

from yiwang.apps.city.queries.lists import CaseFilter, cases, local_zone
from yiwang.apps.city.queries.screen.place import Place
from yiwang.apps.city.rules.screen import analysis as spec
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.queries import matters, names
from yiwang.kernel.cases.queries.places import X, Y
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.worktime.contracts import Kind

MATTER = "city.problem"
BESIDE = 0.0000005  # borders of cells lie between the sixth decimals of points, so that a cell and its list agree


@dataclass(frozen=True)
class Span:
    """Days that are looked at, the last one today, as the list of cases filters them."""

    first: date
    last: date

    def query(self, place: Place) -> dict[str, str]:
        return {"on": "reported", "since": self.first.isoformat(), "until": self.last.isoformat(), "district": place.code}


@dataclass(frozen=True)
class Cell:
    """One square of the ground: cases reported in the span, how many are open, its box (west, south, east, north)."""

    count: int
    open: int
    box: tuple[float, float, float, float]

    @property
    def box_text(self) -> str:
        return ",".join(f"{n:.7f}" for n in self.box)


@dataclass(frozen=True)
class HourRow:
    code: str  # "matter:02001", as the list filters
    name: str
    hours: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.hours)


@dataclass(frozen=True)
class Delay:
    """Ended clocks of one stage and body: minutes of the clock's own kind. `share` of all time that was counted."""

    step: str
    name: str
    body: str
    is_working: bool
    count: int
    median: float
    p90: float
    total: float
    share: float
    slowest: tuple[tuple[str, str, float], ...]  # uid, number, minutes


def span_of(days: int) -> Span:
    last = now().astimezone(local_zone()).date()
    return Span(last - timedelta(days=days - 1), last)


def _rows(actor: Actor, place: Place, span: Span) -> Any:
    return cases(actor, CaseFilter.read(span.query(place))).order_by()


def density(actor: Actor, place: Place, span: Span, metres: int) -> tuple[list[Cell], int]:
    """Return squares of so many metres with cases in them, the fullest first, and how many cases have no place."""
    box = place.bounds()
    north = round(metres / 111_320, 6)
    east = round(north / max(0.1, cos(radians((box[1] + box[3]) / 2 if box else 0.0))), 6)
    rows = _rows(actor, place, span)

    found = (
        rows.filter(point__isnull=False).annotate(column=_Cell(X("point"), Value(BESIDE), Value(east)), line=_Cell(Y("point"), Value(BESIDE), Value(north))).values("column", "line")
        .annotate(n=Count("pk"), open=Count("pk", filter=Q(closed_at__isnull=True))).order_by("-n", "column", "line")[: spec().most_cells]
    )  # fmt: skip
    cells = [
        Cell(r["n"], r["open"], (r["column"] * east + BESIDE, r["line"] * north + BESIDE, (r["column"] + 1) * east + BESIDE, (r["line"] + 1) * north + BESIDE))
        for r in found
    ]
    return cells, rows.filter(point__isnull=True).count()


class _Cell(Func):
    """In which cell a coordinate lies: coordinate, shift, size."""

    output_field = FloatField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        bits = [compiler.compile(e) for e in self.source_expressions]
        sql = f"floor(({bits[0][0]} - {bits[1][0]}) / {bits[2][0]})"
        return sql, [p for _sql, params in bits for p in params]


def by_hour(actor: Actor, place: Place, span: Span) -> list[HourRow]:
    """Return the most frequent classes with their cases by hour of the day; one query."""
    rows = _rows(actor, place, span).exclude(city__class_code="").annotate(hour=ExtractHour("reported_at", tzinfo=local_zone()))
    found: dict[str, tuple[str, list[int]]] = {}
    for kind, code, name, hour, n in rows.values_list("city__kind", "city__class_code", "city__class_name", "hour").annotate(n=Count("pk")):
        row = found.setdefault(f"{kind}:{code}", (texts.pick(name) or code, [0] * 24))
        row[1][hour] += n
    made = [HourRow(code, name, tuple(hours)) for code, (name, hours) in found.items()]
    return sorted(made, key=lambda row: (-row.total, row.code))[: spec().classes]


_DELAYS = """
WITH seen (id) AS MATERIALIZED ({seen}), clock AS (
    SELECT c.step, c.unit = ANY(%s) AS working, c.consumed_minutes AS minutes, coalesce(t.org_id, 0) AS org_id, k.uid, coalesce(k.number, '') AS number
    FROM yw_cases_clock c JOIN seen ON seen.id = c.case_id JOIN yw_cases_case k ON k.id = c.case_id LEFT JOIN yw_cases_task t ON t.id = c.task_id
    WHERE c.state IN ('ended', 'stopped') AND c.name IN ('stage', 'department') AND c.stopped_at IS NOT NULL
)
SELECT step, working, org_id, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes), percentile_cont(0.9) WITHIN GROUP (ORDER BY minutes), sum(minutes),
       (array_agg(uid::text ORDER BY minutes DESC))[1:%s], (array_agg(number ORDER BY minutes DESC))[1:%s], (array_agg(minutes ORDER BY minutes DESC))[1:%s]
FROM clock GROUP BY step, working, org_id ORDER BY sum(minutes) DESC LIMIT %s"""


def delays(actor: Actor, place: Place, span: Span) -> list[Delay]:
    """Return where the time goes, by stage and body, the most first: median and nine tenths of what ended clocks counted."""
    try:
        version = matters.current_version(MATTER).pk
    except NotFound:
        return []
    sql, values = _rows(actor, place, span).values("pk").query.sql_with_params()
    working = [kind.value for kind in Kind if kind.is_working]
    most = spec().slowest
    with connection.cursor() as cursor:
        cursor.execute(_DELAYS.format(seen=sql), [*values, working, most, most, most, spec().rows])
        rows = cursor.fetchall()
    bodies = {pk: texts.pick(name, get_language()) for pk, name in Organization.objects.filter(pk__in={r[2] for r in rows}).values_list("pk", "name")}
    whole = sum(r[6] for r in rows) or 1
    return [
        Delay(
            step=r[0], name=names.step_name(version, r[0]), body=bodies.get(r[2], ""), is_working=r[1], count=r[3], median=r[4], p90=r[5], total=r[6], share=r[6] / whole,
            slowest=tuple(zip(r[7], r[8], r[9], strict=True)),
        )
        for r in rows
    ]  # fmt: skip

