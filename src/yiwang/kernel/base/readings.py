"""A reading of the platform's figures each minute, kept two days: what the status page draws."""

import math
from datetime import datetime, timedelta

from yiwang.kernel.base import observing
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.models import Reading

KEPT = timedelta(days=2)


def take() -> Reading:
    """Keep the worst value of every gauge that is a number, and forget what is too old."""
    found = observing.look(fresh=True)
    values: dict[str, float] = {}
    for sample in found.samples:
        if math.isfinite(sample.value):
            key = ":".join((sample.gauge.removeprefix("yiwang_"), *sample.labels.values()))
            values[key] = round(sample.value, 3)
    at = now()
    Reading.objects.filter(at__lt=at - KEPT).delete()
    return Reading.objects.create(at=at, values=values)


def since(moment: datetime) -> list[tuple[datetime, dict[str, float]]]:
    """Return the readings from a moment on, oldest first."""
    return list(Reading.objects.filter(at__gte=moment).order_by("at").values_list("at", "values"))
