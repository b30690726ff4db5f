"""Long-running processes say that they are alive, by the database's clock, which they all share."""

import json
import os
import socket

from django.db import connection

BEAT_S = 10.0
LATE_S = 45.0  # three beats and some patience for a loaded machine
FORGET_S = 600


def beat(process: str, **facts: object) -> None:
    """Say that this process of this kind lives, with facts that only it knows (how many viewers); what died is forgotten."""
    place = f"{socket.gethostname()}:{os.getpid()}"[:120]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM yw_base_heartbeat WHERE at < clock_timestamp() - make_interval(secs => %s)) "
            "INSERT INTO yw_base_heartbeat (process, place, at, facts) VALUES (%s, %s, clock_timestamp(), %s) "
            "ON CONFLICT (process, place) DO UPDATE SET at = excluded.at, facts = excluded.facts",
            [FORGET_S, process, place, json.dumps(facts)],
        )
