"""Suggested grades by who may decide them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from yiwang.apps.datahub.models import Dataset, GradeState, GradeSuggestion
from yiwang.apps.datahub.queries.landing.runs import DESCRIBE
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible

GRADE = DESCRIBE  # who describes a set grades it


def suggestions(actor: Actor, *, is_open: bool = True) -> QuerySet[GradeSuggestion]:
    """Return suggestions for the data sets that the actor describes."""
    rows = visible(GradeSuggestion.objects.select_related("dataset", "dataset__org"), actor, GRADE)
    return rows.filter(state=GradeState.OPEN) if is_open else rows.exclude(state=GradeState.OPEN)


def suggestion(actor: Actor, uid: UUID) -> GradeSuggestion:
    """Return one of them; raises NotFound."""
    found = visible(GradeSuggestion.objects.select_related("dataset", "dataset__org"), actor, GRADE).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="grade_suggestion")
    return found


def sets(actor: Actor) -> QuerySet[Dataset]:
    """Return the data sets that the actor may have looked at."""
    return visible(Dataset.objects.select_related("contract", "org"), actor, GRADE).filter(contract__isnull=False).exclude(state="withdrawn")


def one_set(actor: Actor, code: str) -> Dataset:
    """Return one of them; raises NotFound."""
    found = sets(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="dataset")
    return found
