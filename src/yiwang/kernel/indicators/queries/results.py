"""Closed results (定格结果) as they were kept: which there are, their tables, what differs between versions and from now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.indicators.contracts import Asked, Catalogue, Figure, Judged, League, ObjectKind, Period
from yiwang.kernel.indicators.models import Result, ResultRow
from yiwang.kernel.indicators.queries import access, drill, evaluate, league
from yiwang.kernel.indicators.queries.access import VIEW
from yiwang.kernel.indicators.rules import definitions, periods, scoring
from yiwang.kernel.indicators.rules.vocabulary import KEYS

CLOSE, PUBLISH = "indicators.close", "indicators.publish"


def visible(actor: Actor) -> QuerySet[Result]:
    """Return the results that the actor may read: published ones with `indicators.view`, others where he closes, publishes or sees live figures."""
    wanted = Q(pk__in=[])
    if actor.may_anywhere(VIEW):
        wanted |= Q(published_at__isnull=False)
    for permission in (VIEW, CLOSE, PUBLISH):
        if access.covers(actor, permission):
            return Result.objects.all()
        for scope in actor.scopes(permission):
            if not scope.org_path:
                wanted |= Q(area_path__startswith=scope.area_path)
    return Result.objects.filter(wanted)


def one(actor: Actor, uid: str) -> Result:
    """Return a result that the actor may read. Raises NotFound."""
    try:
        found = visible(actor).filter(uid=UUID(str(uid))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(what="result")
    return found


def newest(actor: Actor, scheme: str, period: Period, area_path: str = "") -> Result | None:
    """Return the newest version that the actor may read."""
    return visible(actor).filter(scheme=scheme, period=period.code, area_path=area_path).order_by("-version").first()


def versions(result: Result) -> QuerySet[Result]:
    """Return all versions of the same scheme, period and area, newest first."""
    return Result.objects.filter(scheme=result.scheme, period=result.period, area_path=result.area_path).order_by("-version")


def catalogue_of(result: Result) -> Catalogue:
    """Return the very definitions that the result was computed by."""
    told = result.catalogue
    return Catalogue(
        measures={m["code"]: definitions.measure(m["code"], m) for m in told["measures"]},
        indicators={c: definitions.indicator(c, body) for c, body in told["indicators"].items()},
        schemes={result.scheme: definitions.scheme(result.scheme, told["scheme"], version=told["scheme"].get("version", 1))},
    )


def league_of(result: Result) -> League:
    """Return the table as it was kept; names as they were then. One query."""
    scheme = catalogue_of(result).schemes[result.scheme]
    rows = [_judged(row) for row in ResultRow.objects.filter(result=result)]
    whole = next(r for r in rows if r.kind is ObjectKind.ALL)
    return League(scheme, periods.parse(result.period), result.as_of, scoring.rank([r for r in rows if r.kind is not ObjectKind.ALL]), whole)


def _judged(row: ResultRow) -> Judged:
    return Judged(
        kind=ObjectKind(row.kind), key=row.key, name=row.name, measures=row.measures,
        figures={code: Figure(*values) for code, values in row.figures.items()}, points=row.points, score=row.score, grade=row.grade,
        colour=row.colour, rank=row.rank,
    )  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A row that differs between two tables."""

    name: str
    key: str
    score: float | None
    other_score: float | None
    rank: int | None
    other_rank: int | None
    figures: Mapping[str, tuple[float | None, float | None]]


def differences(one: League, other: League) -> list[Difference]:
    """Return the rows of which anything differs: (as in `one`, as in `other`), by name."""
    others = {r.key: r for r in other.rows}
    mine = {r.key: r for r in one.rows}
    found = []
    for key in dict.fromkeys([*mine, *others]):
        a, b = mine.get(key), others.get(key)
        codes = dict.fromkeys([*(a.figures if a else {}), *(b.figures if b else {})])
        pairs = {c: (_value(a, c), _value(b, c)) for c in codes}
        figures = {c: (x, y) for c, (x, y) in pairs.items() if _differs(x, y)}
        if figures or _differs(a.score if a else None, b.score if b else None) or (a.rank if a else None) != (b.rank if b else None):
            found.append(Difference((a or b).name, key, a.score if a else None, b.score if b else None,  # type: ignore[union-attr]
                                    a.rank if a else None, b.rank if b else None, figures))  # fmt: skip
    return sorted(found, key=lambda d: (d.name, d.key))


def _value(row: Judged | None, code: str) -> float | None:
    figure = row.figures.get(code) if row else None
    return figure.value if figure else None


def _differs(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > 1e-6


def live_again(result: Result) -> League:
    """Count the result's period anew by its own definitions and as of its own moment: what the facts say now."""
    return league.of_scheme(
        result.scheme, periods.parse(result.period), area_path=result.area_path, as_of=result.as_of, catalogue=catalogue_of(result)
    )


def changed_facts(result: Result) -> int:
    """Return how many facts came, went or are counted otherwise since the period was closed: one statement for each source."""
    told = catalogue_of(result)
    asked = Asked(period=periods.parse(result.period), as_of=result.as_of, area_path=result.area_path)
    by_source: dict[str, list[str]] = {}
    values: dict[str, Any] = {"result": result.pk}
    for place, measure in enumerate(told.measures.values()):
        sql, more = drill.facts_sql(asked, measure, ObjectKind.ALL, "")
        text = sql
        for name in sorted(more, key=len, reverse=True):
            text = text.replace(f"%({name})s", f"%(p{place}_{name})s")
        values |= {f"p{place}_{name}": value for name, value in more.items()}
        by_source.setdefault(measure.source, []).append(f"SELECT f.{KEYS[measure.source]} AS fact, {place} AS place {text}")
    changed = 0
    with connection.cursor() as cursor:
        for source, parts in by_source.items():
            cursor.execute(_CHANGED.format(now=" UNION ALL ".join(parts), source=source), values)
            changed += int(cursor.fetchone()[0])
    return changed


_CHANGED = """
WITH now AS ({now}),
     kept AS (SELECT fact_id AS fact, unnest(hits)::int AS place FROM yw_indicators_resultmember WHERE result_id = %(result)s AND source = '{source}')
SELECT count(DISTINCT fact) FROM (
    (SELECT fact, place FROM now EXCEPT SELECT fact, place FROM kept) UNION ALL (SELECT fact, place FROM kept EXCEPT SELECT fact, place FROM now)
) x"""


def zones_end(period: Period) -> bool:
    """Say whether the period's last day is over everywhere."""
    return max(periods.bounds(period, zone)[1] for zone in {*evaluate.zones().values()} or {"UTC"}) <= now()
