"""Who may see a file: the room that owns its subject decides, through a function registered here."""

import hashlib
from collections.abc import Callable
from uuid import UUID

from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.idempotency import client_of
from yiwang.kernel.files.models import Attachment

Resolver = Callable[[Actor, UUID], bool]
_resolvers: dict[str, tuple[Resolver, Resolver]] = {}


def register_access(subject_kind: str, may_see: Resolver, *, may_see_personal: Resolver | None = None) -> None:
    """Let `may_see(actor, subject_uid)` decide about files of this kind of subject.

    `may_see_personal` decides about files marked personal (a caller's voice); without it only the uploader and the
    system see them.
    """
    _resolvers[subject_kind] = (may_see, may_see_personal or (lambda _actor, _uid: False))


def uploader_of(actor: Actor, token: str = "") -> str:
    """Name who sent a file, so that only he can attach it. The public is known by a token of its form or session."""
    if actor.kind is ActorKind.PUBLIC:
        return "public:" + hashlib.sha256(token.encode()).hexdigest()[:40] if token else ""
    return client_of(actor)[:80]


def may_see(actor: Actor, attachment: Attachment, token: str = "") -> bool:
    """Say whether the actor may see the file. Files of nobody yet are seen by who sent them."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
        return True
    if attachment.subject_uid is None:
        sender = uploader_of(actor, token)
        return bool(sender) and attachment.uploader == sender
    found = _resolvers.get(attachment.subject_kind)
    if found is None:
        return False
    ordinary, personal = found
    if not ordinary(actor, attachment.subject_uid):
        return False
    return not attachment.is_personal or personal(actor, attachment.subject_uid)


def sees_exif(actor: Actor) -> bool:
    """Officials in a post get the copy with time and position, everybody else the stripped one."""
    return actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER) or (actor.is_person and actor.post_id is not None)
