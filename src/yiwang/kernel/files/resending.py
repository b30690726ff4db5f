"""Taking in a file once, however often a phone with a bad line sends it."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_datetime

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.files.errors import Infected
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.services import record_infected, store_upload


def store_once(*, actor: Actor, key: str, file: Any, **how: Any) -> tuple[Attachment, bool]:
    """Take in one file under the sender's key; the flag says that it was here already.

    What nobody claimed within a day is swept; sent again under its key it comes back under its old number, so that the act
    that names it need not change. An empty key takes the file in anew each time.

    Raises
    ------
    KeyReused
        The key came before with another file.
    """
    if not key or file is None:
        return store_upload(actor=actor, file=file, **how), False
    body = {"sha256": digest_of(file), "stage": how.get("stage", "")}
    try:
        answer, repeated = once(actor, key, body, lambda: {"uid": str(store_upload(actor=actor, file=file, **how).uid)})
    except Infected as found:  # the line that says so went back with the transaction
        record_infected(actor, found)
        raise
    uid = UUID(answer["uid"])
    row = Attachment.objects.filter(uid=uid).first()
    if row is None:
        try:
            with transaction.atomic():
                row = store_upload(actor=actor, file=file, uid=uid, **how)
        except IntegrityError:  # the same, twice at this instant
            row = Attachment.objects.get(uid=uid)
    return row, repeated


def digest_of(file: Any) -> str:
    """Return the SHA-256 of a file that was sent (hexadecimal), and wind it back."""
    found = hashlib.sha256()
    for block in file.chunks():
        found.update(block)
    file.seek(0)
    return found.hexdigest()


def moment(text: str) -> datetime | None:
    """Return when a phone says that it took the picture; None for nonsense."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
