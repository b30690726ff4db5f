"""Versions of the rules of a base database."""

from yiwang.apps.datahub.models import RuleBook


def versions(kind: str) -> list[RuleBook]:
    """Return the last twenty versions, the newest first."""
    return list(RuleBook.objects.filter(kind=kind).select_related("made_by").order_by("-version")[:20])
