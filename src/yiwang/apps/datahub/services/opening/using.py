"""Counting what is taken: by day, kind and format, with the client's name where one called with a key."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from yiwang.apps.datahub.models import OpenSet
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

PAGE, DOWNLOAD, API = "page", "download", "api"


def count(actor: Actor, row: OpenSet, kind: str, form: str = "") -> None:
    """Count one use. A page that is looked at counts for its own figure, not for "most used"."""
    if settings.READ_ONLY:  # a copy of the platform that is only looked at
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO datahub_openuse (open_set_id, day, kind, format, client_id, client_name, times) VALUES (%s, %s, %s, %s, %s, %s, 1)"
            " ON CONFLICT (open_set_id, day, kind, format, client_id) DO UPDATE SET times = datahub_openuse.times + 1",
            [row.pk, now().date(), kind, form, actor.client_id or 0, actor.client_name[:120] if actor.client_id else ""],
        )
        if kind != PAGE:
            cursor.execute("UPDATE datahub_openset SET uses = uses + 1 WHERE id = %s", [row.pk])
