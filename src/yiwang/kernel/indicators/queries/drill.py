"""From a number to its very cases (反查)."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries.work import visible_cases
from yiwang.kernel.indicators.contracts import NOBODY, Asked, Measure, ObjectKind
from yiwang.kernel.indicators.models import ResultMember
from yiwang.kernel.indicators.queries import evaluate
from yiwang.kernel.indicators.rules import conditions
from yiwang.kernel.indicators.rules.vocabulary import COLUMNS, KEYS, TABLES, WORDS


@dataclass(frozen=True)
class Behind:
    """What stands behind a number: how many facts, how many different cases, and those of them the reader may see."""

    facts: int
    cases: int
    visible: QuerySet[Case]


def facts_sql(asked: Asked, measure: Measure, kind: ObjectKind, key: str) -> tuple[str, dict[str, Any]]:
    """Return FROM ... WHERE of the facts that the measure counts for one object, over the alias f."""
    where, values = evaluate.within(asked, WORDS[measure.source][measure.on].sql)
    found = conditions.condition(measure.source, measure.where, "c")
    values |= found.values
    if kind is not ObjectKind.ALL:
        column = f"f.{COLUMNS[kind]}"
        if key == NOBODY:
            where += f" AND coalesce({column}::text, '') = ''"
        else:
            where += f" AND {column} = %(key)s" if kind in _TEXTS else f" AND {column} = %(key)s::bigint"
            values["key"] = key
    return f"FROM {TABLES[measure.source]} f WHERE {where} AND {found.sql}", values


_TEXTS = (ObjectKind.CLASS, ObjectKind.MAJOR, ObjectKind.CHANNEL)


def behind(actor: Actor, asked: Asked, measure: Measure, kind: ObjectKind, key: str) -> Behind:
    """Return the facts and cases behind a number of the moment; the cases only as far as the actor may see them.

    Two queries for the counts; `visible` is a queryset for a list that pages by key.
    """
    sql, values = facts_sql(asked, measure, kind, key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*), count(DISTINCT f.case_id) {sql}", values)
        facts, cases = cursor.fetchone()
    text, parameters = evaluate.positional(f"SELECT f.case_id {sql}", values)
    chosen = RawSQL(text, parameters)  # noqa: S611  made of the vocabulary alone; what people write are parameters
    visible = visible_cases(actor, modes=asked.modes).filter(pk__in=chosen)
    return Behind(int(facts), int(cases), visible)


def fact_ids(asked: Asked, measure: Measure, kind: ObjectKind, key: str) -> list[int]:
    """Return the keys of the very facts (for tests and proofs)."""
    sql, values = facts_sql(asked, measure, kind, key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT f.{KEYS[measure.source]} {sql} ORDER BY 1", values)
        return [int(row[0]) for row in cursor.fetchall()]


def behind_closed(actor: Actor, result_id: int, place: int, key: str | None, modes: tuple[str, ...] = ("live",)) -> Behind:
    """Return what stands behind a number of a closed period: the cases of then, whatever became of them.

    `place` is the measure's place in the result's own list; a key of None means everybody together.
    """
    members = ResultMember.objects.filter(result_id=result_id, hits__contains=[place])
    if key is not None:
        members = members.filter(object_key=key)
    visible = visible_cases(actor, modes=modes).filter(pk__in=members.values("case_id"))
    return Behind(members.count(), members.values("case_id").distinct().count(), visible)
