"""Reads of saved views."""

from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.models import SavedView


def saved_views(actor: Actor, page: str) -> QuerySet[SavedView]:
    """Return the reader's own views of a list, by name."""
    if actor.account_id is None:
        return SavedView.objects.none()
    return SavedView.objects.filter(account_id=actor.account_id, page=page).order_by("name")
