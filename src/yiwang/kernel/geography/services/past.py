"""Keeping what was: the state that ends is written down before it is changed, in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from yiwang.kernel.base.actor import Actor

_COLUMNS = (
    "version, code, class_code, name, status, supervisor_org_id, owner_org_id, keeper_org_id, ownership, area_path, grid_id,"
    " road, address, point, accuracy, extra, remark"
)
_KEEP = f"""
INSERT INTO yw_geography_assetpast (asset_id, {_COLUMNS}, valid_from, valid_to, action, by_name, reason, event_uid)
SELECT a.id, {", ".join(f"a.{c.strip()}" for c in _COLUMNS.split(","))},
       (SELECT max(p.valid_to) FROM yw_geography_assetpast p WHERE p.asset_id = a.id), %s, %s, %s, %s, %s
FROM yw_geography_asset a WHERE a.id = ANY(%s)
"""


def keep_assets(
    ids: Sequence[int], *, actor: Actor, at: datetime, action: str, reason: str = "", event_uid: UUID | None = None
) -> int:
    """Write down the present state of components whose rows the caller has locked, and count their versions up."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [at, action, actor.recorded_name[:120], reason[:500], event_uid, list(ids)])
        kept = int(cursor.rowcount)
        cursor.execute("UPDATE yw_geography_asset SET version = version + 1 WHERE id = ANY(%s)", [list(ids)])
    return kept
