"""Finding cases by words: bigrams of number, title, text and address, because two-character words are the rule in Chinese."""

import re
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Lookup, QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.queries.places import lonlat

MOST_TEXT = 100
_SHOWN = ("uid", "app", "number", "title", "state", "address", "matter_version", "reported_at", "closed_at")
_NUMBER = re.compile(r"[A-Z]?\d{12,31}")


def search(rows: QuerySet[Case], words: str) -> QuerySet[Case]:
    """Keep the cases in which every pair of neighbouring characters of the words occurs; all words, in any order."""
    given = words.replace("\0", "").strip()[:MOST_TEXT]
    if _NUMBER.fullmatch(given) and Case.all_modes.filter(number=given).exists():
        return rows.filter(number=given)  # every number is made of the same ten digits: their pairs would find half of all
    grams = _grams(given)
    if not grams:
        return rows.none()
    query = " & ".join("'" + g.replace("\\", "").replace("'", "''") + "'" for g in grams)
    return rows.filter(search__matches=query)


@SearchVectorField.register_lookup
class _Matches(Lookup):
    """``search__matches="'井盖' & '破损'"``: the vector holds what the query, in PostgreSQL's own form, asks for."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_values, *right_values)


@lru_cache(maxsize=512)
def _grams(words: str) -> tuple[str, ...]:
    """Return the grams to look for, as the database cuts them (yw_bigrams never changes what it returns)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(yw_bigrams(%s))", [words])
        # Longer grams are whole Latin words and numbers: their pairs are there too, and find the middle of a number.
        found = [g for g in (cursor.fetchone()[0] or []) if len(g) <= 2]
    # A character by itself says nothing more where a pair holds it; only words of one character need it.
    return tuple(g for g in found if len(g) == 2 or not any(g in pair for pair in found if len(pair) == 2))


def find(actor: Actor, words: str, most: int = 50) -> list[Case]:
    """Return the actor's cases of every app that hold the words, newest first."""
    if not words.strip():
        return []
    chosen = search(work.visible_cases(actor), words).order_by("-reported_at", "-pk")
    rows = Case.all_modes.filter(pk__in=chosen.values("pk")[:most]).annotate(**lonlat()).only(*_SHOWN).order_by("-reported_at", "-pk")
    return list(rows)
