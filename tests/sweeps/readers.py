"""Who may what, worked out slowly from the rows: holdings, roles, delegations, clients. Written apart from kernel/identity.

Nothing here uses a queryset's conditions: every table is read whole and looked through with plain loops, so that a
fault in the fast way does not repeat itself here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reader:
    """Somebody at a door. `grants` are (permission, area path, organisation path); the empty path is everywhere."""

    key: str | None  # of the made world; `machine` a program, None nobody
    kind: str = "public"  # public | person | client
    account_id: int | None = None
    client_id: int | None = None
    grants: frozenset[tuple[str, str, str]] = frozenset()
    roles: frozenset[str] = frozenset()
    stands_in_for: frozenset[int] = frozenset()
    more: Any = field(default=None, compare=False)

    @property
    def is_citizen(self) -> bool:
        return self.kind == "person" and self.roles == {"citizen"}

    def places(self, permission: str) -> set[tuple[str, str]]:
        return {(area, org) for held, area, org in self.grants if held == permission}

    def holds(self, *permissions: str) -> bool:
        return any(self.places(p) for p in permissions)

    def may(self, permission: str, area_path: str = "", org_path: str = "") -> bool:
        return any(area_path.startswith(area) and org_path.startswith(org) for area, org in self.places(permission))

    def let_in(self, door: Any) -> bool:
        """Say whether an address's door opens at all."""
        if door is None or door.public:
            return True
        return self.kind != "public" if door.signed_in else self.holds(*door.permissions)

    def __str__(self) -> str:
        return self.key or "nobody"


def holds_now(holding: Any, moment: Any) -> bool:
    return (
        holding.post.is_active and (holding.valid_from is None or holding.valid_from <= moment)
        and (holding.valid_to is None or holding.valid_to > moment)
    )


def readers(world: Any, keys: Any) -> dict[str | None, Reader]:
    """Return the readers by their keys, with what the rows of this moment give them."""
    from django.utils import timezone

    from yiwang.kernel.base import registry
    from yiwang.kernel.identity.models import ApiClient, Delegation, Holding, RoleGrant

    moment = timezone.now()
    public = {(p.code, "", "") for m in registry.manifests().values() for p in m.permissions if p.public}
    of_role: dict[int, list[str]] = {}
    for grant in RoleGrant.objects.all():
        of_role.setdefault(grant.role_id, []).append(grant.permission)
    holdings = list(Holding.objects.select_related("post__role", "area", "org_scope"))
    absences = list(Delegation.objects.all())
    found: dict[str | None, Reader] = {None: Reader(None, grants=frozenset(public))}
    for key in keys:
        if key in (None, "machine"):
            continue
        me = world.people[key].account.pk
        behalf = {d.absent_id for d in absences if d.substitute_id == me and d.starts_at <= moment < d.ends_at and d.revoked_at is None}
        grants, roles = set(public), set()
        for holding in holdings:
            if not holds_now(holding, moment):
                continue
            place = (holding.area.path if holding.area else "", holding.org_scope.path if holding.org_scope else "")
            if holding.account_id == me:
                roles.add(holding.post.role.code)
                grants |= {(p, *place) for p in of_role.get(holding.post.role_id, [])}
            elif holding.account_id in behalf:  # a substitute does tasks and sees cases; he administers nothing
                grants |= {(p, *place) for p in of_role.get(holding.post.role_id, []) if ".task." in p or ".case." in p}
        found[key] = Reader(key, "person", me, None, frozenset(grants), frozenset(roles), frozenset(behalf))
    if "machine" in keys:
        client = ApiClient.objects.select_related("area").get(code="probe")
        area = client.area.path if client.area else ""
        grants = public | {(p, area, "") for p in of_role.get(client.role_id, [])}
        found["machine"] = Reader("machine", "client", None, client.pk, frozenset(grants))
    return found
