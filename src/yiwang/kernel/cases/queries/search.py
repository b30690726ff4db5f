"""Finding cases by words: bigrams of number, title, text and address, because two-character words are the rule in Chinese."""

from django.db import connection
from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import Case
from yiwang.kernel.cases.queries import work

MOST_TEXT = 100


def search(rows: QuerySet[Case], words: str) -> QuerySet[Case]:
    """Keep the cases in which every pair of neighbouring characters of the words occurs; all words, in any order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(yw_bigrams(%s))", [words.replace("\0", "")[:MOST_TEXT]])
        # Longer grams are whole Latin words and numbers: their pairs are there too, and find the middle of a number.
        grams = [g for g in (cursor.fetchone()[0] or []) if len(g) <= 2]
    if not grams:
        return rows.none()
    query = " & ".join("'" + g.replace("\\", "").replace("'", "''") + "'" for g in grams)
    return rows.extra(where=["yw_cases_case.search @@ %s::tsquery"], params=[query])  # noqa: S610 - a value, not SQL


def find(actor: Actor, words: str, most: int = 50) -> list[Case]:
    """Return the actor's cases of every app that hold the words, newest first."""
    if not words.strip():
        return []
    rows = search(work.visible_cases(actor), words).select_related("matter_version", "org").order_by("-reported_at", "-pk")
    return list(rows[:most])
