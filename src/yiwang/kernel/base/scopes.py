"""Where an actor's permissions hold, as a condition on rows that stand in an area (and with a body)."""

from django.db.models import Q

from yiwang.kernel.base.actor import Actor


def held(actor: Actor, *permissions: str, area: str = "area_path", org: str = "") -> Q:
    """Return the condition on rows that one of the permissions reaches; nothing is reached without a scope.

    `area` names the column of the path, also of a related row (`case__area_path`). `org` names the column of the body's
    path; without it a scope that is narrowed to a body reaches nothing, since the rows belong to none.
    """
    wanted = Q(pk__in=[])
    for scope in dict.fromkeys(s for p in permissions for s in actor.scopes(p)):
        if scope.org_path and not org:
            continue
        where = Q(**{f"{area}__startswith": scope.area_path}) if scope.area_path else Q(**{f"{area}__isnull": False})
        wanted |= where & Q(**{f"{org}__startswith": scope.org_path}) if scope.org_path else where
    return wanted
