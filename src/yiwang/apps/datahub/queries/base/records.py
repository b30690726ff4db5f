"""What lies under one golden record: whose rows, by whose word, what happened. No personal values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from yiwang.apps.datahub.models import Change, FieldValue, IdMap, Merge, SourceRecord, Subject
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.texts import pick

GOVERN = "datahub.base.govern"


def values_of(subject: Subject) -> QuerySet[FieldValue]:
    return FieldValue.objects.filter(subject=subject).select_related("source__org").order_by("pk")


def rows_of(subject: Subject) -> list[dict[str, Any]]:
    """Return the source rows of a golden record with whose they are and who mapped them."""
    maps = list(IdMap.objects.filter(subject=subject, valid_to=None).select_related("source__org", "account").order_by("pk"))
    rows = {(r.source_id, r.key_index): r for r in SourceRecord.objects.filter(is_current=True, key_index__in=[m.key_index for m in maps])}
    found = []
    for one in maps:
        row = rows.get((one.source_id, one.key_index))
        if row is not None:
            found.append({
                "uid": str(row.uid), "source": pick(one.source.name), "org": pick(one.source.org.name), "version": row.version, "loaded_at": row.loaded_at, "ended_at": row.ended_at,
                "method": one.method, "by": one.by, "who": one.account.name if one.account else "", "score": one.score, "since": one.valid_from,
            })  # fmt: skip
    return found


def changes_of(subject: Subject) -> list[Change]:
    return list(Change.objects.filter(subject=subject).select_related("other").order_by("-pk")[:20])


def merge_for(actor: Actor, uid: UUID) -> Merge:
    """Return a merge of the actor's areas; NotFound for others."""
    row = Merge.objects.select_related("kept", "gone", "made_by", "undone_by").filter(uid=uid).first()
    if row is None or not actor.may(GOVERN, area_path=row.kept.area_path):
        raise NotFound(what="merge")
    return row
