"""From grants to rows: the condition that keeps a queryset inside an actor's scopes (权限 = 动作 x 范围)."""

from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from yiwang.kernel.base.actor import Actor

ADMIN = "identity.admin"  # the system administrator (系统管理员)
SECURITY = "identity.security"  # the security administrator (安全保密管理员)
M = TypeVar("M", bound=Model)


def within(actor: Actor, permission: str, *, area: str = "area_path", org: str = "org_path") -> Q | None:
    """Return the condition on rows inside the places where the actor holds the permission; None when nowhere.

    `area` and `org` are the fields (or joins) that hold materialised paths; an empty name means that the rows have no
    such side, so that a scope bound to it gives nothing: a handler bound to his bureau does not see what has no bureau.
    """
    wanted: Q | None = None
    for scope in actor.scopes(permission):
        if (scope.area_path and not area) or (scope.org_path and not org):
            continue
        here = Q()
        if scope.area_path:
            here &= Q(**{f"{area}__startswith": scope.area_path})
        if scope.org_path:
            here &= Q(**{f"{org}__startswith": scope.org_path})
        if not here:
            return here  # everywhere
        wanted = here if wanted is None else wanted | here
    return wanted


def administered(rows: QuerySet[M], actor: Actor, *, area: str = "area_path", org: str = "org_path") -> QuerySet[M]:
    """Return the rows that the actor administers, as system or as security administrator."""
    wanted = [
        found
        for permission in (ADMIN, SECURITY)
        if (found := within(actor, permission, area=area, org=org)) is not None
    ]
    if not wanted:
        return rows.none()
    return rows if not all(wanted) else rows.filter(reduce(or_, wanted))


def visible(
    rows: QuerySet[M], actor: Actor, permission: str, *, area: str = "area_path", org: str = "org_path"
) -> QuerySet[M]:
    """Return the rows inside the actor's scopes; none when he holds the permission nowhere."""
    wanted = within(actor, permission, area=area, org=org)
    return rows.none() if wanted is None else rows.filter(wanted)
