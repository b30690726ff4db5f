"""What keeps the three administrators apart (三员分立): asked by every verb that gives somebody a right."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Q

from yiwang.kernel.base.clock import now
from yiwang.kernel.identity.errors import OfficesJoined, OfficeWithBusiness
from yiwang.kernel.identity.models import ApiClient, Holding, Role, RoleGrant
from yiwang.kernel.identity.offices import business_of, offices_of

_LOCK = 0x59574F46  # "YWOF"


def one_at_a_time() -> None:
    """Let rights be given one after the other: two appointments at once would each see only half of what comes out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def require_apart(permissions: Iterable[str]) -> set[str]:
    """Refuse a role that joins two offices, or an office and business; returns its office, if any.

    Raises
    ------
    OfficesJoined, OfficeWithBusiness
    """
    wanted = set(permissions)
    offices = offices_of(wanted)
    if len(offices) > 1:
        raise OfficesJoined(offices=", ".join(sorted(offices)))
    if offices and (business := business_of(wanted)):
        raise OfficeWithBusiness(permissions=", ".join(business[:10]))
    return offices


def offices_by_role() -> dict[int, set[str]]:
    """Return the offices of every role that has one."""
    found: dict[int, set[str]] = {}
    for role_id, permission in RoleGrant.objects.values_list("role_id", "permission"):
        if offices := offices_of([permission]):
            found.setdefault(role_id, set()).update(offices)
    return found


def require_holder_apart(account_id: int, role: Role, begins: datetime | None, ends: datetime | None) -> None:
    """Refuse an appointment whose office meets another office of the same person at any moment.

    Raises
    ------
    OfficesJoined
    """
    by_role = offices_by_role()
    wanted = by_role.get(role.pk, set())
    if not wanted:
        return
    overlapping = Holding.objects.filter(account_id=account_id).exclude(post__role=role)
    overlapping = overlapping.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=begins or now()))
    if ends is not None:
        overlapping = overlapping.filter(Q(valid_from__isnull=True) | Q(valid_from__lt=ends))
    held = {o for role_id in overlapping.values_list("post__role_id", flat=True) for o in by_role.get(role_id, ())}
    if held - wanted:
        raise OfficesJoined(offices=", ".join(sorted(held | wanted)))


def require_holders_apart(role: Role, permissions: Iterable[str]) -> None:
    """Refuse permissions that would join two offices in somebody who holds this role, or give an office to a program.

    Raises
    ------
    OfficesJoined, OfficeWithBusiness
    """
    wanted = require_apart(permissions)
    if not wanted:
        return
    if ApiClient.objects.filter(role=role).exists():
        raise OfficesJoined(offices=", ".join(sorted(wanted)))
    lasting = Holding.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now()))
    holders = lasting.filter(post__role=role).values("account_id")
    others = lasting.filter(account_id__in=holders).exclude(post__role=role).values_list("post__role_id", flat=True)
    by_role = offices_by_role()
    held = {o for role_id in set(others) for o in by_role.get(role_id, ())}
    if held - wanted:
        raise OfficesJoined(offices=", ".join(sorted(held | wanted)))
