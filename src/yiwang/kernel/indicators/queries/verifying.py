"""Recomputing closed results: from the facts they kept, and against the hash that the record holds."""

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from yiwang.kernel.audit.models import Event
from yiwang.kernel.indicators.contracts import Figure, Judged, ObjectKind
from yiwang.kernel.indicators.models import Result, ResultMember, ResultRow
from yiwang.kernel.indicators.queries.hashing import hash_of
from yiwang.kernel.indicators.rules import definitions, formulas, scoring

CLOSE_ENOUGH = 1e-6


@dataclass(frozen=True)
class Verified:
    result: Result
    rows: int
    members: int
    faults: list[str]


def verify(results: Iterator[Result] | list[Result]) -> Iterator[Verified]:
    """Recompute each closed result from the facts it kept; names what does not agree."""
    for result in results:
        yield _verify(result)


def _verify(result: Result) -> Verified:
    faults = []
    if hash_of(result) != result.hash:
        faults.append("what lies in the database is not what the hash was taken of")
    told = Event.all_modes.filter(uid=result.event_uid).values_list("data", flat=True).first() if result.event_uid else None
    if told is None:
        faults.append("the record holds no line about it")
    elif told.get("hash") != result.hash:
        faults.append(f"the record holds another hash: {told.get('hash')}")
    numbers, members = _recounted(result)
    try:
        scheme = definitions.scheme(result.scheme, result.catalogue["scheme"])
        indicators = {c: definitions.indicator(c, body) for c, body in result.catalogue["indicators"].items()}
    except definitions.Fault as fault:
        return Verified(result, 0, members, [*faults, str(fault)])
    rows = list(ResultRow.objects.filter(result=result))
    judged = []
    for row in rows:
        counted = numbers.get(None if row.kind == ObjectKind.ALL else row.key, {})
        for code, value in row.measures.items():
            if not _same(counted.get(code, 0.0 if value == 0 else None), value):
                faults.append(f"{row.name}: {code} is {value}, its facts give {counted.get(code)}")
        figures = {
            code: Figure(row.figures[code][0]) if one.function else formulas.figure(one.formula, one.unit, row.measures)
            for code, one in indicators.items()
        }
        again = scoring.judge(scheme, Judged(ObjectKind(row.kind), row.key, row.name, row.measures, figures))
        judged.append(again)
        for code, figure in figures.items():
            if not _same(figure.value, row.figures[code][0]):
                faults.append(f"{row.name}: {code} is {row.figures[code][0]}, its formula gives {figure.value}")
        if not _same(again.score, row.score):
            faults.append(f"{row.name}: the score is {row.score}, its points give {again.score}")
    ranks = {r.key: r.rank for r in scoring.rank([j for j in judged if j.kind is not ObjectKind.ALL])}
    faults += [f"{r.name}: the rank is {r.rank}, the scores give {ranks.get(r.key)}" for r in rows if r.kind != ObjectKind.ALL and ranks.get(r.key) != r.rank]
    return Verified(result, len(rows), members, faults)


def _recounted(result: Result) -> tuple[dict[str | None, dict[str, float | None]], int]:
    """Count the kept facts again in Python: another way than the statement that made the figures."""
    measures = result.catalogue["measures"]
    lists: dict[str | None, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    rows = ResultMember.objects.filter(result=result).values_list("object_key", "hits", "amounts")
    for key, hits, amounts in rows.iterator(5000):
        count += 1
        for place in hits:
            if measures[place]["aggregate"] == "count":
                amount = 1.0
            elif str(place) in amounts:
                amount = float(amounts[str(place)])
            else:
                continue  # a fact without the number: it adds nothing to a sum or a mean
            lists[key][place].append(amount)
            lists[None][place].append(amount)
    return {key: {measures[p]["code"]: _put_together(measures[p]["aggregate"], values) for p, values in by.items()} for key, by in lists.items()}, count


def _put_together(aggregate: str, values: list[float]) -> float:
    match aggregate:
        case "average":
            return statistics.fmean(values)
        case "median":
            return statistics.median(values)
    return sum(values)


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= CLOSE_ENOUGH * max(1.0, abs(other))
