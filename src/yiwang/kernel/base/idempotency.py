"""Doing a request once: same client and key, same body -> the first answer; another body -> refused."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, KeyReused
from yiwang.kernel.base.models import IdempotentRequest

Answer = dict[str, Any]


def body_hash(body: object) -> str:
    """Return a keyed SHA-256 of the body in canonical JSON: a body may hold a telephone number, which a plain hash gives away."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":"))
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def client_of(actor: Actor) -> str:
    """Name who owns the key: keys of two clients never meet."""
    if actor.client_id is not None:
        return f"client:{actor.client_id}"
    if actor.account_id is not None:
        return f"account:{actor.account_id}"
    return f"{actor.kind}:{actor.name}"[:80]


def once(actor: Actor, key: str, body: object, do: Callable[[], Answer]) -> tuple[Answer, bool]:
    """Run `do` in one transaction with the key, or return the kept answer; the flag says it was a repeat.

    An empty key means that the caller has no network between (a test, a job): it simply runs. Two requests
    with one key at the same instant wait on the unique index, and the second gets the first one's answer.
    """
    if not key:
        with transaction.atomic():
            return do(), False
    if len(key) > 80 or not key.isprintable():
        raise BadInput.one("Idempotency-Key", "key", _("Give the key in 1 to 80 printable characters."))
    client, digest = client_of(actor), body_hash(body)
    with transaction.atomic():
        # Somebody else with this key at this instant: the insert waits for his transaction, then yields to it.
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO yw_base_idempotentrequest (client, key, body_hash, status, answer, created_at) "
                "VALUES (%s, %s, %s, 200, '{}', now()) ON CONFLICT (client, key) DO NOTHING RETURNING id",
                [client, key, digest],
            )
            row = cursor.fetchone()
        if row is not None:
            answer = do()
            IdempotentRequest.objects.filter(pk=row[0]).update(answer=answer)
            return answer, False
    kept = IdempotentRequest.objects.get(client=client, key=key)
    if kept.body_hash != digest:
        raise KeyReused(key=key)
    return kept.answer, True


def kept_answer(actor: Actor, key: str) -> Answer | None:
    """Return what a request was answered, or None when it was not done (a page asks before it says "too late")."""
    if not key.isprintable():
        return None
    found = IdempotentRequest.objects.filter(client=client_of(actor), key=key).values_list("answer", flat=True).first()
    return found or None
