"""Other systems that call us by key."""

import secrets

from django.db import transaction

from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.services import record
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.errors import OfficesJoined
from yiwang.kernel.identity.models import ApiClient, Role
from yiwang.kernel.identity.permits import ADMIN, SECURITY
from yiwang.kernel.identity.services import checks, offices


@transaction.atomic
def create_client(
    actor: Actor, *, code: str, name: str, role: Role, area: Area | None = None, key: str = "", is_sample: bool = False
) -> tuple[ApiClient, str]:
    """Make another system's key; returns both; the key is kept only as a hash and shown this once.

    Made by the system administrator it opens nothing until the security administrator lets the system in.

    Raises
    ------
    OfficesJoined
        The role is that of one of the three administrators: no program is one.
    """
    checks.require_admin(actor)
    if held := offices.offices_by_role().get(role.pk):
        raise OfficesJoined(offices=", ".join(sorted(held)))
    cleaned = checks.code(code)
    checks.free(ApiClient.objects.filter(code=cleaned).exists(), "code")
    chosen = key or secrets.token_urlsafe(32)
    made = ApiClient.objects.create(
        code=cleaned, name=checks.line(name, "name", longest=120), key_hash=queries.hash_key(chosen), role=role,
        area=area, is_sample=is_sample, is_active=actor.may(SECURITY),
    )  # fmt: skip
    record(actor, action="identity.client.created", data={"client": made.uid, "role": role.code, "open": made.is_active})
    return made, chosen


@transaction.atomic
def set_client_active(actor: Actor, client: ApiClient, active: bool) -> None:
    """Shut another system out (either administrator), or let it in (the security administrator)."""
    if active or not actor.may(ADMIN):
        checks.require_security(actor)
    client.is_active = active
    client.save(update_fields=["is_active"])
    action = "identity.client.opened" if active else "identity.client.closed"
    record(actor, action=action, data={"client": client.uid})
