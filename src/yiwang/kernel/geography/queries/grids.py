"""Who patrols where (责任网格与监督员)."""

from datetime import date

from django.db.models import Q, QuerySet

from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid, UnitGrid
from yiwang.kernel.identity.models import Account


def _holding(today: date) -> Q:
    return (Q(valid_from__isnull=True) | Q(valid_from__lte=today)) & (Q(valid_to__isnull=True) | Q(valid_to__gt=today))


def grid_of(unit_grid_id: int) -> ResponsibilityGrid | None:
    """Return the responsibility grid that a unit grid belongs to."""
    found = UnitGrid.objects.filter(area_id=unit_grid_id).select_related("responsibility_grid").first()
    return found.responsibility_grid if found else None


def inspectors_of(grid_id: int, today: date | None = None) -> QuerySet[Account]:
    """Return the inspectors of a grid, first the regular ones, then substitutes."""
    rows = GridInspector.objects.filter(_holding(today or date.today()), grid_id=grid_id)
    return Account.objects.filter(pk__in=rows.values("account_id"), is_active=True).order_by("pk")


def grids_of_inspector(account_id: int, today: date | None = None) -> QuerySet[ResponsibilityGrid]:
    rows = GridInspector.objects.filter(_holding(today or date.today()), account_id=account_id)
    return ResponsibilityGrid.objects.filter(pk__in=rows.values("grid_id"), valid_to__isnull=True).order_by("code")
