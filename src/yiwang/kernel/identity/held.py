"""Who asks: the posts that a person holds now, those for which he stands in, and what each grants, in one statement.

Every request of somebody who is signed in asks this, so it is written by hand: putting it together from models and
reading five models a post cost more than the database needs to answer it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from yiwang.kernel.base.clock import now


@dataclass(frozen=True, slots=True)
class Held:
    """One holding of now. Paths are materialised, empty for everywhere; names by language."""

    account_id: int
    post_id: int
    post_uid: str
    post_name: Mapping[str, str]
    org_id: int
    org_path: str
    org_name: Mapping[str, str]
    role: str
    asks_second_factor: bool
    area_path: str
    scope_path: str
    permissions: tuple[str, ...]


# One row at least, because for whom somebody stands in counts for him who holds no post himself, too.
_HELD = """SELECT d.absent, h.account_id, p.id, p.uid::text, p.name::text, o.id, o.path, o.name::text, r.code, r.requires_second_factor,
       coalesce(a.path, ''), coalesce(s.path, ''),
       ARRAY(SELECT g.permission FROM yw_identity_rolegrant g WHERE g.role_id = p.role_id ORDER BY g.id)::text[]
FROM (SELECT ARRAY(SELECT absent_id FROM yw_identity_delegation
                   WHERE substitute_id = %(me)s AND starts_at <= %(now)s AND ends_at > %(now)s AND revoked_at IS NULL ORDER BY id) AS absent) d
LEFT JOIN (yw_identity_holding h
           JOIN yw_identity_post p ON p.id = h.post_id AND p.is_active
           JOIN yw_identity_role r ON r.id = p.role_id
           JOIN yw_identity_organization o ON o.id = p.organization_id
           LEFT JOIN yw_areas_area a ON a.id = h.area_id
           LEFT JOIN yw_identity_organization s ON s.id = h.org_scope_id)
       ON h.account_id = ANY(d.absent || %(me)s::bigint)
      AND (h.valid_from IS NULL OR h.valid_from <= %(now)s) AND (h.valid_to IS NULL OR h.valid_to > %(now)s)
ORDER BY h.id"""


def held_by(account_id: int) -> tuple[list[Held], tuple[int, ...]]:
    """Return what the account and those hold for whom it stands in (代理), and the keys of those accounts; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"me": account_id, "now": now()})
        rows = cursor.fetchall()
    found = [
        Held(owner, post, uid, json.loads(name), org, path, json.loads(org_name), role, asks, area, scope, tuple(granted))
        for _absent, owner, post, uid, name, org, path, org_name, role, asks, area, scope, granted in rows
        if owner is not None
    ]
    return found, tuple(rows[0][0])
