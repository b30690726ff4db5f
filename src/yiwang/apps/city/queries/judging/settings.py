"""The figures by which work is judged, as they hold now."""

from collections.abc import Mapping
from typing import Any

from yiwang.apps.city.models import JudgingSetting
from yiwang.apps.city.rules.judging.settings import shipped
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor

SETTLE = "city.judging.settle"
VERSIONS = 8


def may_change(actor: Actor) -> bool:
    """Say whether the actor settles checks everywhere: the figures hold for all areas, so who has but a district changes none."""
    roots = list(Area.objects.filter(parent__isnull=True, valid_to__isnull=True).values_list("path", flat=True))
    return actor.may(SETTLE) or (bool(roots) and all(actor.may(SETTLE, area_path=path) for path in roots))


def versions(code: str) -> list[JudgingSetting]:
    """Return the last versions of a subject's figures, the newest first."""
    return list(JudgingSetting.objects.filter(code=code).order_by("-number")[:VERSIONS])


def values(code: str) -> Mapping[str, Any]:
    """Return the figures of a subject: the newest version over what is shipped, so that a new figure has a value at once."""
    newest = JudgingSetting.objects.filter(code=code).order_by("-number").values_list("values", flat=True).first()
    return {**shipped().get(code, {}), **(newest or {})}
