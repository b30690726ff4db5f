"""Deliveries, refused rows and the data sets of one's bureau: who sees which."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from yiwang.apps.datahub.models import Dataset, DatasetState, HandBack, Run
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.identity.permits import visible

HAND_IN, DESCRIBE = "datahub.run.hand_in", "datahub.dataset.edit"


def datasets(actor: Actor) -> QuerySet[Dataset]:
    """Return the data sets that the actor hands in for."""
    return visible(Dataset.objects.select_related("org", "contract"), actor, HAND_IN).exclude(state=DatasetState.WITHDRAWN)


def dataset_for(actor: Actor, code: str) -> Dataset:
    """Return one of them; raises NotFound."""
    found = datasets(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="dataset")
    return found


def runs(actor: Actor) -> QuerySet[Run]:
    """Return the deliveries of the actor's bodies."""
    return visible(Run.objects.select_related("dataset", "made_by", "contract"), actor, HAND_IN)


def runs_of(actor: Actor, dataset: Dataset) -> QuerySet[Run]:
    return runs(actor).filter(dataset=dataset)


def run_for(actor: Actor, uid: UUID) -> Run:
    """Return one of them; raises NotFound."""
    found = runs(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="run")
    return found


def hand_backs(actor: Actor, *, is_open: bool | None = None) -> QuerySet[HandBack]:
    """Return the rows given back to the actor's bodies."""
    found = visible(HandBack.objects.select_related("dataset", "run"), actor, HAND_IN)
    return found if is_open is None else found.filter(closed_at__isnull=is_open)


def hand_back(actor: Actor, uid: UUID) -> HandBack:
    """Return one of them; raises NotFound."""
    found = hand_backs(actor).filter(uid=uid).first()
    if found is None:
        raise NotFound(what="hand_back")
    return found


def described_for(actor: Actor, code: str) -> Dataset:
    """Return a data set that the actor may describe; raises NotFound."""
    found = visible(Dataset.objects.select_related("org", "contract"), actor, DESCRIBE).filter(code=code).first()
    if found is None:
        raise NotFound(what="dataset")
    return found
