"""Bodies for which somebody may do something."""

from django.db.models import Q, QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity.models import Organization


def where(actor: Actor, permission: str) -> QuerySet[Organization]:
    """Return the bodies in which the actor holds the permission, in the order of the tree."""
    wanted = Q(pk__in=[])
    for scope in actor.scopes(permission):
        wanted |= Q(path__startswith=scope.org_path, area__path__startswith=scope.area_path)
    return Organization.objects.filter(wanted, is_active=True).order_by("path")
