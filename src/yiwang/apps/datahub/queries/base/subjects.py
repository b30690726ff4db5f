"""Golden records and what lies under them, for whoever may see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from yiwang.apps.datahub.models import BaseSource, CandidatePair, IdMap, Merge, PairState, Subject
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound

VIEW = {"person": "datahub.person.lookup", "entity": "datahub.entity.lookup"}
REVIEW = "datahub.base.review"


def visible_to(actor: Actor, kind: str, permission: str = "") -> QuerySet[Subject]:
    """Return golden records of the actor's areas; of persons, whoever is bound to a bureau sees those of whom its registers tell.

    What is registered of a legal entity is public, so a bureau is not bound to its own registers there.
    """
    wanted = Q(pk__in=[])
    for scope in actor.scopes(permission or VIEW[kind]):
        place = Q(area_path__startswith=scope.area_path) if scope.area_path else Q()
        if scope.org_path and kind == "person":
            mine = IdMap.objects.filter(subject=OuterRef("pk"), valid_to=None, source__org_path__startswith=scope.org_path)
            place &= Q(Exists(mine))
        wanted |= place if place else Q(pk__isnull=False)
    return Subject.objects.filter(wanted, kind=kind)


def known_to(org_path: str, subject_ids: Iterable[int]) -> list[int]:
    """Return those of whom a register of the body, or of what is below it, has told; also those merged since."""
    found = IdMap.objects.filter(subject_id__in=set(subject_ids), source__org_path__startswith=org_path)
    return list(found.values_list("subject_id", flat=True).distinct())


def one(actor: Actor, kind: str, uid: UUID) -> Subject:
    """Return a golden record, merged ones too; NotFound for what the actor may not see."""
    row = visible_to(actor, kind).filter(uid=uid).select_related("redirect").first()
    if row is None:
        raise NotFound(what=kind)
    return row


def entity_by_code(actor: Actor, code: str) -> Subject:
    """Return the living legal entity with a credit code; NotFound for what there is not."""
    row = visible_to(actor, "entity").filter(number=code, state="live").order_by("pk").first()
    if row is None:
        raise NotFound(what="entity")
    return row


def pairs_for(actor: Actor, state: str = "") -> QuerySet[CandidatePair]:
    """Return questions of the actor's areas; without a state those that wait now."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(REVIEW):
        if not scope.org_path:
            wanted |= Q(area_path__startswith=scope.area_path)
    rows = CandidatePair.objects.filter(wanted)
    if state:
        return rows.filter(state=state)
    return rows.filter(Q(state__in=[PairState.OPEN, PairState.SECOND]) | Q(state=PairState.LATER, later_until__lte=timezone.now()))


def pair_for(actor: Actor, uid: UUID) -> CandidatePair:
    wanted = Q(pk__in=[])
    for scope in actor.scopes(REVIEW):
        if not scope.org_path:
            wanted |= Q(area_path__startswith=scope.area_path)
    row = CandidatePair.objects.filter(wanted, uid=uid).select_related("left", "right", "left_record__source__org", "right_record__source__org").first()
    if row is None:
        raise NotFound(what="pair")
    return row


def next_pair(actor: Actor, *, without: UUID | None = None) -> CandidatePair | None:
    """Return the question that is asked next: the surest first; what this very person has proposed waits for another."""
    rows = pairs_for(actor).exclude(state=PairState.SECOND, first_by_id=actor.account_id)
    if without is not None:
        rows = rows.exclude(uid=without)
    return rows.order_by("-score", "pk").first()


def pair_counts(actor: Actor) -> dict[str, int]:
    """Return how many questions there are in each state."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(REVIEW):
        if not scope.org_path:
            wanted |= Q(area_path__startswith=scope.area_path)
    return dict(CandidatePair.objects.filter(wanted).order_by().values_list("state").annotate(n=Count("pk")))


def sources(kind: str = "") -> QuerySet[Any]:
    """Return the registered sources, each with `rows_now`, how many rows it tells of at present."""
    rows: QuerySet[Any] = BaseSource.objects.select_related("org").order_by("kind", "code")
    rows = rows.filter(kind=kind) if kind else rows
    return rows.annotate(rows_now=Count("records", filter=Q(records__is_current=True, records__ended_at=None)))


def figures(kind: str) -> dict[str, int]:
    """Return how many golden records there are, of how many rows, and how many come from more than one source."""
    live = Subject.objects.filter(kind=kind, state="live")
    found: dict[str, Any] = live.aggregate(live=Count("pk"), several=Count("pk", filter=Q(source_count__gt=1)), numbered=Count("pk", filter=Q(number_index__gt="")))
    found["rows"] = IdMap.objects.filter(subject__kind=kind, valid_to=None).count()
    found["merged"] = Subject.objects.filter(kind=kind, state="merged").count()
    return found


def merges_of(subject: Subject) -> QuerySet[Merge]:
    return Merge.objects.filter(Q(kept=subject) | Q(gone=subject)).select_related("kept", "gone", "made_by", "undone_by").order_by("-made_at")
