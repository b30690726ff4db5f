"""Who received a record while it was merged wrongly (流向追溯)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone

from yiwang.apps.datahub.models import Handed, Merge


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """One handing-out of the merged record."""

    at: object
    how: str
    org: dict[str, str]
    who: str
    case_number: str
    fields: tuple[str, ...]


def handed(merge: Merge) -> QuerySet[Handed]:
    """Return what of the kept record went out from the merge until it was undone (or until now)."""
    until = merge.undone_at or timezone.now()
    rows = Handed.objects.filter(subject_id=merge.kept_id, at__gte=merge.made_at, at__lte=until)
    return rows.exclude(how="feed", change_id__lt=merge.position).select_related("org").order_by("at", "pk")


def consequences(merge: Merge) -> list[Consequence]:
    """Return who received the merged record: readings, verifications, forms, and subscribers that heard of it."""
    return [
        Consequence(at=h.at, how=h.how, org=h.org.name if h.org else {}, who=h.actor_name, case_number=h.case_number, fields=tuple(h.fields))
        for h in handed(merge)[:1000]
    ]
