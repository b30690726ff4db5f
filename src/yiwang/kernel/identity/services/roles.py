"""Roles: shipped by manifests, kept by the administrator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit.services import record
from yiwang.kernel.base import registry
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.errors import OwnRights
from yiwang.kernel.identity.models import Holding, Role, RoleGrant
from yiwang.kernel.identity.services import checks, offices


@dataclass(frozen=True)
class SyncResult:
    """What became of one shipped role; `kept` means that local edits stand and the lists say how they differ."""

    code: str
    outcome: str  # created, updated, unchanged, kept
    missing: tuple[str, ...] = ()  # shipped, not granted here
    extra: tuple[str, ...] = ()  # granted here, not shipped


def shipped_roles() -> dict[str, tuple[dict[str, str], frozenset[str]]]:
    """Return label and permissions by role code; several manifests may add to one role."""
    found: dict[str, tuple[dict[str, str], frozenset[str]]] = {}
    for manifest in registry.manifests().values():
        for declared in manifest.roles:
            label = declared.label if isinstance(declared.label, dict) else {"zh-Hans": str(declared.label)}
            name, permissions = found.get(declared.code, (label, frozenset()))
            found[declared.code] = (name, permissions | set(declared.permissions))
    return found


def _grant(role: Role, wanted: Iterable[str]) -> None:
    wanted = set(wanted)
    present = set(role.grants.values_list("permission", flat=True))
    role.grants.filter(permission__in=present - wanted).delete()
    RoleGrant.objects.bulk_create(RoleGrant(role=role, permission=p) for p in sorted(wanted - present))


@transaction.atomic
def sync_shipped_roles(actor: Actor) -> list[SyncResult]:
    """Bring the roles of the installed apps into the database, never over what an administrator changed.

    A role counts as changed when its grants are not those that were shipped last.
    """
    checks.require_security(actor)
    offices.one_at_a_time()
    results = []
    for code, (name, wanted) in shipped_roles().items():
        offices.require_apart(wanted)
        role, created = Role.objects.get_or_create(code=code, defaults={"name": name, "is_shipped": True})
        present = set(role.grants.values_list("permission", flat=True))
        if not created and present != set(role.shipped):
            missing, extra = tuple(sorted(wanted - present)), tuple(sorted(present - wanted))
            results.append(SyncResult(code, "kept" if missing or extra else "unchanged", missing, extra))
            continue
        if not created and present == wanted:
            results.append(SyncResult(code, "unchanged"))
            continue
        _grant(role, wanted)
        role.shipped, role.is_shipped = sorted(wanted), True
        role.save(update_fields=["shipped", "is_shipped"])
        outcome = "created" if created else "updated"
        record(actor, action=f"identity.role.{outcome}", data={"role": code, "permissions": sorted(wanted)})
        results.append(SyncResult(code, outcome))
    return results


@transaction.atomic
def create_role(actor: Actor, *, code: str, name: Mapping[str, str]) -> Role:
    """Add a local role without any permission yet."""
    checks.require_security(actor)
    cleaned = checks.code(code)
    checks.free(Role.objects.filter(code=cleaned).exists(), "code")
    made = Role.objects.create(code=cleaned, name=checks.texts(name))
    record(actor, action="identity.role.created", data={"role": cleaned, "permissions": []})
    return made


@transaction.atomic
def set_role_permissions(actor: Actor, role: Role, permissions: Iterable[str]) -> Role:
    """Let the role grant exactly these named actions.

    Raises
    ------
    BadInput
        One of them is declared by no app.
    OwnRights
        The actor holds a post with this role.
    OfficesJoined, OfficeWithBusiness
        It would join two of the three administrators, or one of them with business.
    """
    checks.require_security(actor)
    own = actor.account_id
    if own is not None and Holding.objects.filter(account_id=own, post__role=role).exists():
        raise OwnRights
    wanted = set(permissions)
    if unknown := wanted - registry.permissions().keys():
        message = _("Unknown permission: %(names)s") % {"names": ", ".join(sorted(unknown))}
        raise BadInput.one("permissions", "unknown", message)
    offices.one_at_a_time()
    locked = Role.objects.select_for_update().get(pk=role.pk)
    offices.require_holders_apart(locked, wanted)
    before = set(locked.grants.values_list("permission", flat=True))
    _grant(locked, wanted)
    data = {"role": role.code, "added": sorted(wanted - before), "removed": sorted(before - wanted)}
    record(actor, action="identity.role.changed", data=data)
    return locked
