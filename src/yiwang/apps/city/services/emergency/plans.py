"""Loading the shipped plans (预案); safe to repeat, a version that is there stays as it is."""

from dataclasses import asdict

from django.db import transaction

from yiwang.apps.city.models import Preplan
from yiwang.apps.city.rules import emergency as rules
from yiwang.kernel.base.clock import now


@transaction.atomic
def load_preplans() -> int:
    """Load the versions that are not there yet; returns how many."""
    known = set(Preplan.objects.values_list("code", "version"))
    fresh = [
        Preplan(
            code=p.code, version=p.version, name=dict(p.name), text=dict(p.text), classes=list(p.classes), components=list(p.components), radius_m=p.radius_m,
            steps=[asdict(s) for s in p.steps], loaded_at=now(),
        )
        for p in rules.shipped() if (p.code, p.version) not in known
    ]  # fmt: skip
    Preplan.objects.bulk_create(fresh)
    return len(fresh)
