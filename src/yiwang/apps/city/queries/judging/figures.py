"""Indicators that are no formula over facts (named functions of the definitions): missed reports, evaluation from outside.

Each is f(asked, kind) -> {object's key: Figure}; the empty key is all together. What is not known of an object is not in it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Count

from yiwang.apps.city.queries.judging import missed, outside
from yiwang.kernel.areas.models import Area
from yiwang.kernel.indicators.contracts import AREA_KINDS, Asked, Figure, ObjectKind
from yiwang.kernel.indicators.queries import catalogue, evaluate
from yiwang.kernel.indicators.rules.periods import bounds

Figures = Mapping[str, Figure]
MEDIA_POINTS = 5.0  # each exposure that was found true takes so many of 100 points (unconfirmed; a city's own rule is a new function)


def missed_rate(asked: Asked, kind: ObjectKind) -> Figures:
    """漏报率 = 漏报数 / (有效上报数 + 漏报数): of what an inspector should have reported, the share he did not; one query more.

    The standard's restatement divides by 立案数; with what he missed below the line as well it stays between 0 and 100.
    """
    zone = next(iter(evaluate.zones().values()), "UTC")
    since, until = bounds(asked.period, zone)
    rows = missed.counted(None, since, until).filter(area_path__startswith=asked.area_path)
    counts = {str(pk): n for pk, n in rows.values_list("account_id").annotate(n=Count("pk")).order_by()}
    measure = catalogue.on_day(asked.period.last).measures["valid_patrol_report"]
    numbers = evaluate.measures(asked, [measure])
    found: dict[str, Figure] = {}
    if kind is ObjectKind.PERSON:
        keys = set(counts) | {key for k, key in numbers if k is kind and key}
        found = {key: _share(counts.get(key, 0), numbers.get((kind, key), {}).get(measure.code) or 0.0) for key in keys}
    found[""] = _share(sum(counts.values()), numbers.get((ObjectKind.ALL, ""), {}).get(measure.code) or 0.0)
    return found


def _share(part: float, others: float) -> Figure:
    whole = part + others
    return Figure(100 * part / whole if whole else None, float(part), whole)


def survey_score(asked: Asked, kind: ObjectKind) -> Figures:
    """公众调查得分: the share of satisfied answers of surveys inside the period, by area or body."""
    return _counted("survey", asked, kind)


def published_satisfaction(asked: Asked, kind: ObjectKind) -> Figures:
    """公布的满意度: of citizens' ratings as they were published for periods inside the period."""
    return _counted("satisfaction", asked, kind)


def _counted(what: str, asked: Asked, kind: ObjectKind) -> Figures:
    rows = outside.current(what, asked.period.first, asked.period.last).filter(area_path__startswith=asked.area_path)
    return _by(kind, rows.values_list("area_path", "org_id", "numerator", "denominator"), lambda row: (row[2], row[3]), _percent)


def _percent(parts: list[tuple[float, float]]) -> Figure:
    part, whole = float(sum(p for p, _w in parts)), float(sum(w for _p, w in parts))
    return Figure(100 * part / whole if whole else None, part, whole)


def media_score(asked: Asked, kind: ObjectKind) -> Figures:
    """媒体曝光得分: 100 less some points for each exposure that was found true; who was not exposed has 100."""
    rows = outside.exposed(asked.period.first, asked.period.last).filter(area_path__startswith=asked.area_path)

    def points(parts: list[tuple[float, float]]) -> Figure:
        return Figure(max(0.0, 100.0 - MEDIA_POINTS * len(parts)), float(len(parts)))

    found = dict(_by(kind, rows.values_list("area_path", "org_id"), lambda _row: (1, 0), points))
    if kind in AREA_KINDS and kind is not ObjectKind.GRID:
        for pk in Area.objects.filter(level=kind.value, valid_to__isnull=True, path__startswith=asked.area_path).values_list("pk", flat=True):
            found.setdefault(str(pk), Figure(100.0, 0.0))
    return found


def _by(
    kind: ObjectKind, rows: Iterable[tuple[Any, ...]], parts: Callable[[tuple[Any, ...]], tuple[float, float]],
    put_together: Callable[[list[tuple[float, float]]], Figure],
) -> Figures:  # fmt: skip
    """Sort rows (area_path, org_id, ...) to their objects: a body's own, an area's with all below it."""
    held: dict[str, list[tuple[float, float]]] = defaultdict(list)
    levels = dict(Area.objects.filter(level=kind.value).values_list("pk", "path")) if kind in AREA_KINDS else {}
    for row in rows:
        held[""].append(parts(row))
        if kind is ObjectKind.DEPARTMENT and row[1] is not None:
            held[str(row[1])].append(parts(row))
        for pk in (int(p) for p in str(row[0]).split(".") if p):
            if pk in levels:
                held[str(pk)].append(parts(row))
    return {key: put_together(found) for key, found in held.items()}
