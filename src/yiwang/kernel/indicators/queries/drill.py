"""From a number to its very cases (反查)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import BigIntegerField, BooleanField, F, Func, QuerySet, Value

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.paging import Page, page_by_key, place_of
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries.work import visible_cases
from yiwang.kernel.indicators.contracts import NOBODY, Asked, Measure, ObjectKind
from yiwang.kernel.indicators.models import ResultMember
from yiwang.kernel.indicators.queries import evaluate
from yiwang.kernel.indicators.rules import conditions
from yiwang.kernel.indicators.rules.vocabulary import COLUMNS, KEYS, TABLES, WORDS


@dataclass(frozen=True)
class Behind:
    """What stands behind a number: how many facts, the keys of the different cases, newest first, and what the reader may see."""

    facts: int
    keys: list[int]
    readable: QuerySet[Case]

    @property
    def cases(self) -> int:
        return len(self.keys)

    @property
    def visible(self) -> QuerySet[Case]:
        """The cases behind the number, as far as the reader may see them."""
        return _among(self.readable, self.keys)

    def page(self, *, cursor: str = "", size: int = 50, shown: Callable[[QuerySet[Case]], QuerySet[Case]] | None = None) -> Page:
        """Return a page of the visible cases, newest first. Reads a few more than it shows: most readers may see most of a number's cases."""
        here = place_of(cursor, sort="id")
        keys = self.keys if here is None else [k for k in reversed(self.keys) if k > here.value] if here.backwards else [k for k in self.keys if k < here.value]
        width = size * 4
        while True:
            near = _among(self.readable, keys[:width])
            page = page_by_key(near, cursor=cursor, size=size, shown=shown(near) if shown else None)
            more = page.previous if here is not None and here.backwards else page.next
            if width >= len(keys) or (len(page.rows) == size and more):
                return page
            width *= 16


class OneOf(Func):
    """`key = ANY(keys)`: one parameter, however many keys there are."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def _among(rows: QuerySet[Case], keys: list[int]) -> QuerySet[Case]:
    return rows.filter(OneOf(F("pk"), Value(keys, output_field=ArrayField(BigIntegerField()))))


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
    return counted(actor, asked, *facts_sql(asked, measure, kind, key))


def counted(actor: Actor, asked: Asked, sql: str, values: dict[str, Any]) -> Behind:
    """Return facts and cases of FROM ... WHERE, read once; the list asks for the cases by their keys.

    A subquery would leave it to the planner how often the facts are read, and it guesses a formula's share badly: a list of
    a million cases took from 0.2 s to a minute.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Facts of a period lie close together: read by pages of the table (bitmap), not row by row. Four times quicker at a million cases.
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute(f"WITH hits AS MATERIALIZED (SELECT f.case_id {sql}) SELECT (SELECT count(*) FROM hits), ARRAY(SELECT DISTINCT case_id FROM hits ORDER BY 1 DESC)", values)
        facts, cases = cursor.fetchone()
        cursor.execute("SET LOCAL enable_indexscan = on")
    return Behind(int(facts), list(cases), visible_cases(actor, modes=asked.modes))


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
    return of_members(actor, members, modes)


def of_members(actor: Actor, members: QuerySet[ResultMember], modes: tuple[str, ...] = ("live",)) -> Behind:
    keys = members.order_by("-case_id").values_list("case_id", flat=True).distinct()
    return Behind(members.count(), list(keys), visible_cases(actor, modes=modes))
