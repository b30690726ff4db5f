"""Reads of imports: whose they are, what their rows say."""

import json
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.geography.models import ImportBatch, ImportRow, Layer
from yiwang.kernel.geography.queries import layers
from yiwang.kernel.mapdata import words
from yiwang.kernel.mapdata.targets import TARGETS

IMPORT, EXPORT = "geography.import", "geography.export"


def target(actor: Actor, code: str) -> Layer:
    """Return the layer into which the actor brings files.

    Raises
    ------
    NotFound, NotPermitted
    """
    if not actor.may_anywhere(IMPORT):
        raise NotPermitted(permission=IMPORT)
    found = layers.layer(actor, code)
    if found.backing not in TARGETS or not actor.may_anywhere(found.edit_permission):
        raise NotPermitted(permission=found.edit_permission)
    return found


def targets(actor: Actor) -> list[Layer]:
    """Return the layers that take files, for the choice on the page."""
    return [found for found in layers.editable_layers(actor) if found.backing in TARGETS]


def imports(actor: Actor) -> QuerySet[ImportBatch]:
    """Return the imports that concern the actor: his own, and all of a layer that he may change everywhere."""
    if not actor.may_anywhere(IMPORT):
        return ImportBatch.objects.none()
    whole = [found.pk for found in layers.editable_layers(actor) if actor.may(found.edit_permission) and actor.may(IMPORT)]
    own = Q(made_by_id=actor.account_id) if actor.account_id is not None else Q(pk__in=[])
    return ImportBatch.objects.select_related("layer", "made_by").filter(own | Q(layer__in=whole))


def batch(actor: Actor, uid: UUID) -> ImportBatch:
    found = imports(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="import")
    return found


def locked(actor: Actor, uid: UUID) -> ImportBatch:
    """Return an import that the actor may go on with, locked; the caller has a transaction."""
    pk = batch(actor, uid).pk
    found = ImportBatch.objects.select_for_update(of=("self",)).select_related("layer").get(pk=pk)
    target(actor, found.layer.code)
    return found


def bad_rows(found: ImportBatch) -> QuerySet[ImportRow]:
    return found.rows.exclude(problems=[]).defer("geometry").order_by("number")


def labels(layer: Layer) -> dict[str, str]:
    """Return the attributes' names in the reader's language."""
    language = "en" if (get_language() or "").startswith("en") else "zh-Hans"
    return {a["name"]: str(a["label"].get(language) or a["label"].get("zh-Hans") or a["name"]) for a in layer.schema}


def said(row: ImportRow, names: dict[str, str]) -> list[dict[str, str]]:
    """Return what is wrong with a row as sentences: {wrong, mend}."""
    result = []
    for problem in row.problems:
        facts = {**problem.get("facts", {})}
        if problem.get("field"):
            facts["field"] = names.get(problem["field"], problem["field"])
        wrong, mend = words.problem(problem["code"], facts)
        result.append({"code": problem["code"], "wrong": wrong, "mend": mend})
    return result


def kinds_of_problems(found: ImportBatch, names: dict[str, str]) -> list[dict[str, Any]]:
    """Return how often each kind of problem stands in the rows, most frequent first (at most 12)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p->>'code', count(*), min(r.number) FROM yw_geography_importrow r, jsonb_array_elements(r.problems) p"
            " WHERE r.batch_id = %s AND r.problems <> '[]' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12",
            [found.pk],
        )
        rows = cursor.fetchall()
    first = {r.number: r for r in found.rows.filter(number__in=[n for _c, _n, n in rows]).defer("geometry")}
    result = []
    for code, count, number in rows:
        example = next((s for s in said(first[number], names) if s["code"] == code), {"wrong": code, "mend": ""})
        result.append({"code": code, "count": count, "first": number, **example})
    return result


def counts(found: ImportBatch) -> dict[str, int]:
    """Count a batch's rows anew."""
    return found.rows.aggregate(
        rows=Count("id"), bad=Count("id", filter=~Q(problems=[])), mended=Count("id", filter=Q(mended=True, problems=[])),
    )  # fmt: skip


def preview(found: ImportBatch, *, bad: bool, limit: int) -> list[dict[str, Any]]:
    """Return rows with a place as GeoJSON features, six decimals; crossing shapes made valid, else no map draws them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, code, values->>'name', ST_AsGeoJSON(ST_MakeValid(geometry), 6)::text FROM yw_geography_importrow"
            f" WHERE batch_id = %s AND geometry IS NOT NULL AND problems {'<>' if bad else '='} '[]' ORDER BY number LIMIT %s",
            [found.pk, limit],
        )
        rows = cursor.fetchall()
    return [
        {"type": "Feature", "geometry": json.loads(shape), "properties": {"title": name or f"#{number}", "code": code or f"#{number}", "tone": "overdue" if bad else "in_time"}}
        for number, code, name, shape in rows
    ]


def standing_grids(found: ImportBatch, *, limit: int) -> list[dict[str, Any]]:
    """Return the unit grids in force of the communities that a file names, as GeoJSON features."""
    codes = [c["code"] for c in found.counts.get("grids", {}).get("communities", [])]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.code, ST_AsGeoJSON(sh.shape, 6)::text FROM yw_areas_area a JOIN yw_geography_areashape sh ON sh.area_id = a.id"
            " JOIN yw_areas_area c ON c.id = a.parent_id WHERE a.level = 'grid' AND a.valid_to IS NULL AND c.valid_to IS NULL AND c.code = ANY(%s)"
            " ORDER BY a.code LIMIT %s",
            [codes, limit],
        )
        rows = cursor.fetchall()
    return [{"type": "Feature", "geometry": json.loads(shape), "properties": {"title": code, "code": code, "label": code[-3:], "tone": "neutral"}} for code, shape in rows]
