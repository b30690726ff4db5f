"""Photos of components, kept here for the room geography, which knows no files (`PhotoKeeper` of kernel.geography.ground)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.files import services
from yiwang.kernel.files.access import register_access
from yiwang.kernel.files.queries import of_subject
from yiwang.kernel.geography.ground import register_photos
from yiwang.kernel.geography.queries import visible_assets

SUBJECT = "asset"


class Keeper:
    def keep(self, actor: Actor, files: Sequence[Any], *, subject_uid: UUID, area_path: str) -> int:
        """Store photos and tie them to the component; all of them or none."""
        uids = [services.store_upload(actor=actor, file=file, photo_only=True).uid for file in files[: services.MAX_CLAIM]]
        return len(services.claim(actor=actor, uids=uids, subject_kind=SUBJECT, subject_uid=subject_uid, area_path=area_path))

    def of(self, subject_uid: UUID) -> list[dict[str, Any]]:
        """Return what the page shows of each, the newest first."""
        rows = of_subject(SUBJECT, subject_uid).order_by("-uploaded_at", "-pk")[:30]
        return [
            {
                "uid": str(row.uid), "url": reverse("file", args=[row.uid]), "thumb_url": reverse("file_thumb", args=[row.uid]) if row.thumb_sha256 else "",
                "kind": row.kind, "name": row.original_name, "taken_at": row.taken_at or row.uploaded_at,
            }
            for row in rows
        ]  # fmt: skip


def may_see(actor: Actor, uid: UUID) -> bool:
    return visible_assets(actor).filter(uid=uid).exists()


def register() -> None:
    register_photos(Keeper())
    register_access(SUBJECT, may_see)
