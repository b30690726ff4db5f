"""The figures by which work is judged, as they hold now."""

from collections.abc import Mapping
from typing import Any

from yiwang.apps.city.models import JudgingSetting
from yiwang.apps.city.rules.judging.settings import shipped


def values(code: str) -> Mapping[str, Any]:
    """Return the figures of a subject: the newest version over what is shipped, so that a new figure has a value at once."""
    newest = JudgingSetting.objects.filter(code=code).order_by("-number").values_list("values", flat=True).first()
    return {**shipped().get(code, {}), **(newest or {})}
