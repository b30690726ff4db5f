"""What the jobs of the base databases do."""

from django.db import transaction

from yiwang.apps.datahub.models import Subject, SubjectState
from yiwang.apps.datahub.services.base import golden, merging, population
from yiwang.kernel.base.actor import system

CHUNK = 500


def end_locks() -> int:
    return merging.end_locks()


def link_population() -> population.Ran:
    return population.run(system("datahub.base_link"))


def rebuild_all(kind: str) -> int:
    """Work out every golden record anew, 500 in a transaction, in the order of their numbers; returns how many."""
    last, done = 0, 0
    while True:
        with transaction.atomic():
            rows = list(Subject.objects.select_for_update().filter(kind=kind, state=SubjectState.LIVE, pk__gt=last).order_by("pk")[:CHUNK])
            golden.rebuild(rows)
        if not rows:
            return done
        last, done = rows[-1].pk, done + len(rows)
