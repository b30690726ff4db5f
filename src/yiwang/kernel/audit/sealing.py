"""The sealer: takes committed lines of both logs into signed seals, and copies the latest outside the database.

No request waits for it and it locks no line: it reads what the tide says is final.
"""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from yiwang.kernel.audit import queries, rules, services
from yiwang.kernel.audit.contracts import EventRef
from yiwang.kernel.audit.errors import SealsDisagree
from yiwang.kernel.audit.models import AccessLog, Event, Seal
from yiwang.kernel.base import pulse
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

STREAMS: dict[str, type[Event] | type[AccessLog]] = {"event": Event, "access": AccessLog}
LINES_PER_SEAL = 5000
_LOCK = 0x59575345  # "YWSE"


def outside_path() -> Path:
    return Path(settings.DATA_DIR) / "seals" / "latest.json"


def outside_copy() -> dict[str, dict[str, Any]] | None:
    """Return the latest seals as copied outside the database; None when there is no copy or it cannot be read."""
    try:
        found = json.loads(outside_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def header(seal: Seal) -> dict[str, Any]:
    """Return what a seal's hash covers."""
    return {
        "stream": seal.stream,
        "number": seal.number,
        "after_position": seal.after_position,
        "upto_position": seal.upto_position,
        "count": seal.count,
        "total": seal.total,
        "root": bytes(seal.root),
        "previous": bytes(seal.previous),
        "sealed_at": seal.sealed_at,
    }


def _refuse_disagreement(stream: str, previous: Seal | None, outside: dict[str, dict[str, Any]] | None) -> None:
    """Evidence is never overwritten: where the outside copy knows another history, sealing stops."""
    known = (outside or {}).get(stream)
    if known is None:
        return
    number = int(known["number"])
    seal = previous if previous and previous.number == number else None
    seal = seal or Seal.objects.filter(stream=stream, number=number).first()
    if seal is None or bytes(seal.hash).hex() != known["hash"]:
        raise SealsDisagree(stream=stream, number=number, path=str(outside_path()))


def seal_next(stream: str, safe: int) -> Seal | None:
    """Seal the next lines of a stream up to the safe position; None when there are none.

    Raises
    ------
    SealsDisagree
        The copy outside says that seals were removed or changed.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        previous = queries.latest_seal(stream)
        _refuse_disagreement(stream, previous, outside_copy())
        after = previous.upto_position if previous else 0
        lines = list(
            STREAMS[stream]
            ._base_manager.filter(position__gt=after, position__lte=safe)
            .order_by("position", "uid")
            .values_list("position", "xid", "hash")[:LINES_PER_SEAL]
        )
        if not lines:
            return None
        leaves = [(position, xid, bytes(digest)) for position, xid, digest in lines]
        seal = Seal(
            stream=stream,
            number=previous.number + 1 if previous else 1,
            after_position=after,
            upto_position=leaves[-1][0] if len(leaves) == LINES_PER_SEAL else safe,
            count=len(leaves),
            total=(previous.total if previous else 0) + len(leaves),
            leaves=rules.pack_leaves(leaves),
            root=rules.merkle_root(leaves),
            previous=bytes(previous.hash) if previous else b"",
            sealed_at=now(),
        )
        seal.hash = rules.seal_hash(header(seal))
        seal.mac = rules.seal_mac(settings.SEAL_KEY, seal.hash)
        seal.save(force_insert=True)
        return seal


def copy_outside() -> None:
    """Write the latest seal of every stream beside the database, whole or not at all."""
    latest = {stream: seal for stream in STREAMS if (seal := queries.latest_seal(stream))}
    body = {
        stream: {
            "number": seal.number,
            "upto_position": seal.upto_position,
            "total": seal.total,
            "sealed_at": seal.sealed_at.isoformat(),
            "hash": bytes(seal.hash).hex(),
            "mac": bytes(seal.mac).hex(),
        }
        for stream, seal in latest.items()
    }
    path = outside_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    with fresh.open("w", encoding="utf-8") as stream_file:
        json.dump(body, stream_file, indent=1)
        stream_file.flush()
        os.fsync(stream_file.fileno())
    fresh.replace(path)


def seal_all() -> list[Seal]:
    """Seal everything that is final now, in both logs, and copy the result outside."""
    made: list[Seal] = []
    for stream in STREAMS:
        safe = services.advance_tide(stream)
        while seal := seal_next(stream, safe):
            made.append(seal)
            pulse.beat()
            copy_outside()  # each at once: a long first run leaves no time in which the copy is missing
    return made


def accept_restored(actor: Actor, reason: str) -> EventRef | None:
    """Accept that the database is older than the outside copy (a backup was restored), on record.

    The copy is kept under another name; what it knew of the lost lines stays readable there.
    """
    path = outside_path()
    known = outside_copy()
    with transaction.atomic():
        ref = services.record(actor, action="audit.restored", data={"reason": reason, "outside": known or {}})
        if known is not None:
            path.replace(path.with_name(f"before-{ref.recorded_at:%Y%m%dT%H%M%S}.json"))
    return ref
