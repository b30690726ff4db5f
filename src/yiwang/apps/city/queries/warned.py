"""What warning rules (预警规则) ask of the city: the class of a case."""

from collections.abc import Iterable

from yiwang.apps.city.models import CityCase


def classes_of(case_ids: Iterable[int]) -> dict[int, str]:
    """Return {case id: class code} for cases that have one; one query."""
    rows = CityCase.objects.filter(pk__in=list(case_ids)).exclude(class_code="")
    return dict(rows.values_list("pk", "class_code"))
