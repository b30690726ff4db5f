"""Open sets: what everybody sees, found by words, filters and facets; and what offices prepare."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Lookup, Q, QuerySet

from yiwang.apps.datahub.errors import Retracted
from yiwang.apps.datahub.lake.folders import folder_of
from yiwang.apps.datahub.models import Dataset, DatasetState, OpenFile, Opening, OpenSet, OpenState, OpenVersion
from yiwang.apps.datahub.queries import landing
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound

PREPARE, RELEASE = "datahub.open.prepare", "datahub.open.release"
FORMATS = ("csv", "xlsx", "plain", "json", "parquet", "geojson")
MOST_WORDS = 100


def opened() -> QuerySet[OpenSet]:
    """Return what is open to everybody."""
    return OpenSet.objects.filter(state=OpenState.OPEN).select_related("org", "current")


def one(slug: str) -> OpenSet:
    """Return an open or a taken back set by its name; a prepared one is not there."""
    found = OpenSet.objects.exclude(state=OpenState.PREPARED).select_related("org", "current", "dataset").filter(slug=slug).first()
    if found is None:
        raise NotFound(what="open set")
    return found


def still_open(slug: str) -> OpenSet:
    """Return an open set by its name; one that was taken back is refused as gone."""
    row = one(slug)
    if row.state == OpenState.RETRACTED:
        raise Retracted
    return row


@SearchVectorField.register_lookup
class _Holds(Lookup):
    """``search__holds="'行道' & '道树'"`` in PostgreSQL's own form."""

    lookup_name = "holds"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} @@ {right}::tsquery", (*left_values, *right_values)


@lru_cache(maxsize=1024)
def grams(words: str) -> str:
    """Return the query for words as the database cuts texts; empty when nothing can be searched."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(yw_bigrams(%s))", [words.replace("\0", "")[:MOST_WORDS]])
        found = [g for g in (cursor.fetchone()[0] or []) if len(g) <= 2]
    kept = [g for g in found if len(g) == 2 or not any(g in pair for pair in found if len(pair) == 2)]
    return " & ".join("'" + g.replace("\\", "").replace("'", "''") + "'" for g in kept)


def with_words(rows: QuerySet[OpenSet], words: str) -> QuerySet[OpenSet]:
    """Keep the sets that hold every pair of neighbouring characters of the words."""
    if not words.strip():
        return rows
    query = grams(words.strip())
    return rows.filter(search__holds=query) if query else rows.none()


def related(row: OpenSet, most: int = 4) -> list[OpenSet]:
    """Return open sets of the same theme, the most used first."""
    return list(opened().filter(theme=row.theme).exclude(pk=row.pk).order_by("-uses", "-pk")[:most])


def files_of(row: OpenSet) -> list[OpenFile]:
    return sorted(row.files.all(), key=lambda f: FORMATS.index(f.format) if f.format in FORMATS else 99)


def file_of(row: OpenSet, form: str) -> OpenFile:
    found = row.files.filter(format=form).first()
    if found is None:
        raise NotFound(what="file")
    return found


def counts() -> dict[str, Any]:
    """Return the portal's own figures: sets, rows, bodies, uses, and sets of each theme."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT s.org_id), coalesce(sum(v.rows), 0), coalesce(sum(s.uses), 0) FROM datahub_openset s"
            " LEFT JOIN datahub_openversion v ON v.id = s.current_id WHERE s.state = 'open'"
        )
        sets, bodies, rows, uses = cursor.fetchone()
        cursor.execute("SELECT theme, count(*) FROM datahub_openset WHERE state = 'open' GROUP BY theme ORDER BY 2 DESC, 1")
        return {"sets": int(sets), "bodies": int(bodies), "rows": int(rows), "uses": int(uses), "themes": [(str(t), int(n)) for t, n in cursor.fetchall()]}


# ---------------------------------------------------------------- offices


def _reach(actor: Actor, permissions: tuple[str, ...]) -> Q | None:
    """Return the condition on area_path and org_path that the permissions give; None for nothing."""
    scopes = [s for p in permissions for s in actor.scopes(p)]
    if not scopes:
        return None
    return reduce(or_, (Q(area_path__startswith=s.area_path, org_path__startswith=s.org_path) for s in scopes))


def visible_to(actor: Actor) -> QuerySet[OpenSet]:
    """Return the sets that the actor prepares or releases, in every state."""
    reach = _reach(actor, (PREPARE, RELEASE))
    rows = OpenSet.objects.select_related("org", "current", "dataset")
    return rows.none() if reach is None else rows.filter(reach)


def set_for(actor: Actor, uid: UUID) -> OpenSet:
    found = visible_to(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="open set")
    return found


def versions_of(row: OpenSet) -> QuerySet[OpenVersion]:
    return row.versions.select_related("prepared_by", "decided_by").order_by("-number")


def version_of(row: OpenSet, uid: UUID) -> OpenVersion:
    found = row.versions.filter(uid=uid).first()
    if found is None:
        raise NotFound(what="version")
    return found


def openable(actor: Actor) -> QuerySet[Dataset]:
    """Return the catalogue's data sets that the actor may prepare for opening."""
    reach = _reach(actor, (PREPARE,))
    rows = Dataset.objects.select_related("org", "contract").filter(state=DatasetState.PUBLISHED, opening=Opening.UNCONDITIONAL)
    return rows.none() if reach is None else rows.filter(reach)


def dataset_for(actor: Actor, uid: UUID) -> Dataset:
    found = openable(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="data set")
    return found


def rows_of(dataset: Dataset) -> list[Path]:
    """Return the Parquet files of a data set's present rows."""
    # Rows that came without a delivery (the sample's) lie in the set's folder.
    return list(landing.paths(dataset)) or sorted((folder_of(dataset.code) / "rows").glob("*.parquet"))


def columns_of(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the contract's columns as the privacy check and the dictionary read them."""
    body: Mapping[str, Any] = dataset.contract.body if dataset.contract else {}
    return [
        {
            "name": c["name"], "label": c.get("label") or c["name"], "kind": c.get("kind") or c.get("type") or "string", "unit": c.get("unit", ""),
            "description": c.get("description", ""), "personal": c.get("personal", ""), "grade": c.get("grade", 1),
        }
        for c in body.get("columns", [])
    ]  # fmt: skip
