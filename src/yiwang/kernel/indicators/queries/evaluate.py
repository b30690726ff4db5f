"""Counting: all measures over all objects of a period, one statement for each source of facts."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from yiwang.kernel.areas.models import Area
from yiwang.kernel.indicators.contracts import (
    NOBODY,
    Aggregate,
    Asked,
    Catalogue,
    Figure,
    Indicator,
    Judged,
    Measure,
    ObjectKind,
)
from yiwang.kernel.indicators.rules import conditions, formulas
from yiwang.kernel.indicators.rules.periods import bounds
from yiwang.kernel.indicators.rules.vocabulary import COLUMNS, TABLES, WORDS

Key = tuple[ObjectKind, str]
Numbers = dict[Key, dict[str, float | None]]
FAMILIES = (
    (ObjectKind.DISTRICT, ObjectKind.STREET, ObjectKind.COMMUNITY, ObjectKind.GRID, ObjectKind.BEAT),
    (ObjectKind.CLASS, ObjectKind.MAJOR, ObjectKind.CHANNEL),
    (ObjectKind.DEPARTMENT, ObjectKind.POST, ObjectKind.PERSON),
)
MOST_BITS = 60  # measures that fit into one number
_NAMED = re.compile(r"%\((\w+)\)s")


def zones() -> dict[int, str]:
    """Return the zone of each root area by its key: days and periods are cut in it."""
    rows = Area.objects.filter(parent__isnull=True).values_list("pk", "time_zone")
    return {pk: zone or settings.TIME_ZONE for pk, zone in rows}


def within(asked: Asked, moment: str, known: Mapping[int, str] | None = None) -> tuple[str, dict[str, Any]]:
    """Return the condition that a fact belongs to what is asked, by this moment of it (SQL of a column).

    `known` are the zones of the roots, for who asks for many at once.
    """
    span, values = _in_period(asked, moment, known)
    where, more = _belongs(asked)
    return f"{where} AND {span}", values | more


def _in_period(asked: Asked, moment: str, known: Mapping[int, str] | None) -> tuple[str, dict[str, Any]]:
    """Return the condition that a moment lies in the period, as each root's zone cuts it; the parameters are the same for every moment."""
    values: dict[str, Any] = {}
    by_zone: dict[str, list[int]] = defaultdict(list)
    for root, zone in (zones() if known is None else known).items():
        by_zone[zone].append(root)
    spans = []
    for n, (zone, roots) in enumerate(sorted(by_zone.items())):
        values[f"from{n}"], values[f"until{n}"] = bounds(asked.period, zone)
        span = f"{moment} >= %(from{n})s AND {moment} < %(until{n})s"
        if len(by_zone) > 1:
            values[f"roots{n}"] = roots
            span = f"({span} AND f.root_id = ANY(%(roots{n})s))"
        spans.append(span)
    return (spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})" if spans else "false"), values


def _belongs(asked: Asked) -> tuple[str, dict[str, Any]]:
    parts = ["f.mode = ANY(%(modes)s)"]
    values: dict[str, Any] = {"modes": list(asked.modes), "as_of": asked.as_of}
    for name, column in (("area", "area_path"), ("org", "org_path")):
        if path := getattr(asked, f"{name}_path"):
            parts.append(f"f.{column} LIKE %({name})s")
            values[name] = re.sub(r"[%_\\]", "", path) + "%"
    if asked.matter:
        parts.append("f.matter = %(matter)s")
        values["matter"] = asked.matter
    return " AND ".join(parts), values


def measures(asked: Asked, wanted: Iterable[Measure]) -> Numbers:
    """Count every measure for every object of the kinds asked; what no fact has is not in the answer.

    Parts add up to the whole: what belongs to no object of a kind is counted under the key `NOBODY`.
    """
    counts: dict[str, list[Measure]] = defaultdict(list)
    amounts: dict[tuple[str, str, str], list[Measure]] = defaultdict(list)
    for one in wanted:
        if one.aggregate is Aggregate.COUNT:
            counts[one.source].append(one)
        else:
            amounts[one.source, one.on, one.of].append(one)
    found: Numbers = {(ObjectKind.ALL, ""): {}} if ObjectKind.ALL in asked.kinds else {}
    known = zones()
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            # Grouped by hashing: what it takes is far less, the guess before far more. Facts come from parallel workers where
            # the server has some: a row is narrow, and costs less to hand over than the planner thinks.
            cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL parallel_tuple_cost = 0.01")
        for group in counts.values():
            for start in range(0, len(group), MOST_BITS):
                _count(asked, group[start : start + MOST_BITS], found, known)
        for group in amounts.values():
            _add_up(asked, group, found, known)
    return found


def _sets(asked: Asked) -> tuple[list[ObjectKind], list[str], str]:
    """Return the kinds that are grouped by, their columns and the GROUPING SETS without their brackets."""
    kinds: list[ObjectKind] = [k for k in asked.kinds if k is not ObjectKind.ALL]
    columns = [COLUMNS[k] for k in kinds]
    return kinds, columns, "GROUPING(" + ", ".join(f"f.{c}" for c in columns) + ")" if columns else "0"


def _keys(kinds: Sequence[ObjectKind], rows: Iterable[Any]) -> Iterator[tuple[Key, Any]]:
    """Yield each row with the object that it is about. GROUPING has a bit for each column, set where it is not grouped by."""
    every = (1 << len(kinds)) - 1
    which = {every & ~(1 << (len(kinds) - 1 - n)): (n, kind) for n, kind in enumerate(kinds)}
    for row in rows:
        if row[0] == every:  # no column is grouped by: all together
            yield (ObjectKind.ALL, ""), row[1 + len(kinds) :]
        else:
            place, kind = which[row[0]]
            yield (kind, NOBODY if row[1 + place] is None else row[1 + place]), row[1 + len(kinds) :]


def families(kinds: Iterable[ObjectKind]) -> list[list[ObjectKind]]:
    """Return the kinds that are counted together: a unit grid lies in one community, a class in one major class.

    Facts are grouped once by a whole family; who asks for its members adds them up, which is quicker than a pass for each.
    """
    wanted = set(kinds)
    found = [[k for k in family if k in wanted] for family in FAMILIES]
    return [family for family in found if family] or [[]]


def statement(asked: Asked, group: Sequence[Measure], known: Mapping[int, str] | None = None) -> tuple[str, dict[str, Any]]:
    """Return the one statement that counts measures of the same source, and its parameters.

    Each fact is asked once by each atom (a date in the period is one as well) which measures it cannot count any more; what
    is left is one number, a bit for each measure. Then facts are counted by objects and number: one step for each family of
    objects, not one for each kind and measure. Whatever dates the measures go by, the facts are read once.
    """
    source, words = group[0].source, WORDS[group[0].source]
    where, values = _belongs(asked)
    found = conditions.together(group)
    values |= found.values
    whole = (1 << len(group)) - 1
    asks = [(sql, {n for n, parts in enumerate(found.parts) if place in parts}) for place, sql in enumerate(found.atoms)]
    spans = {on: _in_period(asked, words[on].sql, known) for on in dict.fromkeys(m.on for m in group)}
    for on, (span, more) in spans.items():
        values |= more
        if len(spans) > 1:
            asks.append((span, {n for n, m in enumerate(group) if m.on == on}))
    # An atom that is unknown (null) counts as one that is not true.
    bits = " & ".join(
        [f"{whole}::bigint", *(f"CASE WHEN {sql} THEN {whole}::bigint ELSE {sum(1 << n for n in range(len(group)) if n not in by)}::bigint END" for sql, by in asks)]
    )
    sets = families(asked.kinds)
    columns = [COLUMNS[k] for family in sets for k in family]
    dims = "".join(f"f.{c}, " for c in columns)
    which = f"GROUPING({', '.join(columns)})" if columns else "0"
    keys = "".join(f", {c}::text" for c in columns)
    grouped = ", ".join(f"({', '.join([*(COLUMNS[k] for k in family), 'mask'])})" for family in sets)
    in_period = " OR ".join(span for span, _more in spans.values())
    # OFFSET 0: the planner must not put the asking off until after the grouping; so parallel workers do it.
    return (
        f"SELECT {which}{keys}, mask, count(*) FROM (SELECT {dims}{bits} AS mask "
        f"FROM {TABLES[source]} f WHERE {' AND '.join([where, f'({in_period})', *found.common])} OFFSET 0) facts "
        f"WHERE mask <> 0 GROUP BY GROUPING SETS ({grouped})"
    ), values


def _count(asked: Asked, group: Sequence[Measure], found: Numbers, known: Mapping[int, str]) -> None:
    sql, values = statement(asked, group, known)
    sets = families(asked.kinds)
    flat = [k for family in sets for k in family]
    places = [[(flat.index(k), k) for k in family] for family in sets]
    # GROUPING has a bit for each column, the first one highest, set where the set does not group by it.
    which = {sum(1 << (len(flat) - 1 - n) for n, k in enumerate(flat) if k not in family): number for number, family in enumerate(sets)}
    counts: dict[Key, Counter[int]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        for row in cursor:
            mask, count = row[-2], row[-1]
            number = which[row[0]]
            if number == 0 and ObjectKind.ALL in asked.kinds:
                counts[ObjectKind.ALL, ""][mask] += count
            for place, kind in places[number]:
                counts[kind, NOBODY if row[1 + place] is None else row[1 + place]][mask] += count
    for key, by_mask in counts.items():
        held = found.setdefault(key, {})
        for mask, count in by_mask.items():
            for n, one in enumerate(group):
                if mask >> n & 1:
                    held[one.code] = (held.get(one.code) or 0.0) + count


def _add_up(asked: Asked, group: Sequence[Measure], found: Numbers, known: Mapping[int, str]) -> None:
    """Sums, averages, medians of one number of the facts.

    A median of each kind of object by itself would sort all facts once for each kind. So they are sorted once, numbers are
    gathered by object, and each object's few are put in order again (at once, as they mostly are in it): a plan that groups by
    sorting, not by hashing, does not keep the order.
    """
    source, number = group[0].source, conditions.value(group[0].source, group[0].of)
    where, values = within(asked, WORDS[source][group[0].on].sql, known)
    asks, made, shown = [], [], []
    for n, one in enumerate(group):
        condition = conditions.condition(one.source, one.where, f"m{n}_")
        values |= condition.values
        asks.append(f", {condition.sql} AS c{n}")
        if one.aggregate is Aggregate.MEDIAN:
            made.append(f"array_agg(v::float8) FILTER (WHERE c{n} AND v IS NOT NULL) AS m{n}")
            shown.append(f"(SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM unnest(m{n}) x)")
        else:
            made.append(f"{'sum' if one.aggregate is Aggregate.SUM else 'avg'}(v) FILTER (WHERE c{n}) AS m{n}")
            shown.append(f"m{n}")
    kinds, columns, place = _sets(asked)
    sets = [*(f"(f.{c})" for c in columns), *(["()"] if ObjectKind.ALL in asked.kinds else [])]
    dims = "".join(f", f.{c}" for c in columns)
    keys = "".join(f", f.{c}::text AS k{n}" for n, c in enumerate(columns))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT place{''.join(f', k{n}' for n in range(len(columns)))}, {', '.join(shown)} FROM (SELECT {place} AS place{keys}, {', '.join(made)} "
            f"FROM (SELECT {number} AS v{''.join(asks)}{dims} FROM {TABLES[source]} f WHERE {where} ORDER BY v) f GROUP BY GROUPING SETS ({', '.join(sets)})) sums",
            values,
        )
        for key, numbers in _keys(kinds, cursor):
            held = found.setdefault(key, {})
            for one, value in zip(group, numbers, strict=True):
                held[one.code] = None if value is None else float(value)


def completed(numbers: Mapping[str, float | None], wanted: Iterable[Measure]) -> dict[str, float | None]:
    """Return the numbers with a zero for every count and sum of which there was no fact, None for the others."""
    empty = {m.code: 0.0 if m.aggregate in (Aggregate.COUNT, Aggregate.SUM) else None for m in wanted}
    return empty | {code: value if value is not None else empty.get(code) for code, value in numbers.items()}


def needed(catalogue: Catalogue, indicators: Iterable[Indicator]) -> list[Measure]:
    """Return the measures that indicators are made of, each once."""
    codes = dict.fromkeys(n for i in indicators if i.formula for n in formulas.names(i.formula))
    return [catalogue.measures[c] for c in codes]


def judged(
    key: Key, name: str, numbers: Mapping[str, float | None], indicators: Iterable[Indicator],
    told: Mapping[str, Mapping[str, Figure]],
) -> Judged:  # fmt: skip
    """Return an object with its indicators; `told` holds what named functions say, by indicator and key."""
    figures = {}
    for one in indicators:
        if one.function:
            figures[one.code] = told.get(one.code, {}).get(key[1], Figure(None))
        else:
            figures[one.code] = formulas.figure(one.formula, one.unit, numbers)
    return Judged(kind=key[0], key=key[1], name=name, measures=dict(numbers), figures=figures)


def positional(sql: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Return the statement with %s in place of names, for a place that takes no names."""
    order: list[Any] = []

    def take(match: re.Match[str]) -> str:
        order.append(values[match[1]])
        return "%s"

    return _NAMED.sub(take, sql), order
