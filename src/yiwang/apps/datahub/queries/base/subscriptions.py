"""Subscriptions to changes."""

from django.db.models import Q, QuerySet

from yiwang.apps.datahub.models import SubjectKind, Subscription
from yiwang.kernel.base.actor import Actor

KINDS = dict(SubjectKind.choices)  # the bases that can be subscribed to, with their names


def visible_to(actor: Actor) -> QuerySet[Subscription]:
    """Return subscriptions of bodies that the actor answers for."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes("datahub.base.subscribe"):
        wanted |= Q(org_path__startswith=scope.org_path, org__area__path__startswith=scope.area_path)
    return Subscription.objects.filter(wanted)
