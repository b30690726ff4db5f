"""Reads of attachments."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.files.access import may_see
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.rules.hashes import MAX_DISTANCE, bands


@dataclass(frozen=True)
class SamePicture:
    """A picture that was used before: byte for byte (`exact`) or alike (`distance` bits of 64)."""

    uid: UUID
    subject_kind: str
    subject_uid: UUID
    exact: bool
    distance: int


def attachment(actor: Actor, uid: UUID | str, token: str = "") -> Attachment:
    """Return a file that the actor may see.

    Raises
    ------
    NotFound
        There is none, or it is none of his business: both look the same.
    """
    try:
        found = Attachment.objects.filter(uid=UUID(str(uid))).first()
    except ValueError as error:
        raise NotFound(what="file") from error
    if found is None or not may_see(actor, found, token):
        raise NotFound(what="file")
    return found


def visible(actor: Actor, uids: Collection[UUID]) -> list[Attachment]:
    """Return those of the files that the actor may see, for lists; their subjects are asked once each."""
    asked: dict[tuple[str, UUID | None], bool] = {}
    found = []
    for row in Attachment.objects.filter(uid__in=list(uids), is_personal=False).order_by("uploaded_at", "pk"):
        subject = (row.subject_kind, row.subject_uid)
        if subject not in asked:
            asked[subject] = may_see(actor, row)
        if asked[subject]:
            found.append(row)
    return found


def hashes(uids: Collection[UUID]) -> list[str]:
    """Return the hashes of what was uploaded, in order of content: they say whether two requests carry the same files."""
    return sorted(Attachment.objects.filter(uid__in=list(uids)).values_list("original_sha256", flat=True))


def of_subject(kind: str, uid: UUID | str, *, personal: bool = False) -> QuerySet[Attachment]:
    """Return the files of a case or report in the order of their making; personal ones only when asked for."""
    found = Attachment.objects.filter(subject_kind=kind, subject_uid=uid)
    return (found if personal else found.filter(is_personal=False)).order_by("stage", "uploaded_at", "pk")


def of_subjects(kind: str, uids: Collection[UUID]) -> dict[UUID, list[Attachment]]:
    """Return the files of many subjects in one query, for lists."""
    grouped: dict[UUID, list[Attachment]] = {}
    rows = Attachment.objects.filter(subject_kind=kind, subject_uid__in=uids, is_personal=False).order_by("uploaded_at", "pk")
    for row in rows:
        if row.subject_uid is not None:
            grouped.setdefault(row.subject_uid, []).append(row)
    return grouped


def photos_among(uids: Collection[UUID]) -> int:
    """Return how many of these files are photos: a sound or a paper does not show the place."""
    return Attachment.objects.filter(uid__in=uids, kind="photo").count() if uids else 0


def others_among(uids: Collection[UUID]) -> int:
    """Return how many of these files are known and no photos."""
    return Attachment.objects.filter(uid__in=uids).exclude(kind="photo").count() if uids else 0


_SAME = """
SELECT uid, subject_kind, subject_uid, original_sha256 = %(sha)s,
       CASE WHEN phash IS NULL OR %(phash)s::bigint IS NULL THEN 0
            ELSE bit_count((phash # %(phash)s::bigint)::bit(64)) END AS distance
FROM yw_files_attachment
WHERE kind = 'photo' AND subject_uid IS NOT NULL AND subject_uid <> ALL(%(exclude)s::uuid[])
  AND (original_sha256 = %(sha)s
       OR (phash_bands && %(bands)s::int[] AND bit_count((phash # %(phash)s::bigint)::bit(64)) <= %(most)s))
ORDER BY 4 DESC, distance, id LIMIT %(limit)s
"""


def same_picture(
    sha256: str, phash: int | None, exclude: Collection[UUID] = (), *, limit: int = 10, most: int = MAX_DISTANCE
) -> list[SamePicture]:
    """Return where this picture was used before, exact ones first.

    Parameters
    ----------
    sha256 : of the bytes as they were sent (`original_sha256`)
    phash : the picture's own, None to compare bytes only
    exclude : uids of subjects that do not count (the case itself and its reports)
    most : at most four bits, which is what the bands can find
    """
    values = {
        "sha": sha256, "phash": phash, "bands": [] if phash is None else bands(phash), "exclude": list(exclude),
        "most": min(most, MAX_DISTANCE), "limit": limit,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SAME, values)
        return [SamePicture(*row) for row in cursor.fetchall()]


def used_before(attachment: Attachment, exclude: Collection[UUID] = ()) -> list[SamePicture]:
    """Return other subjects that this photo was already used in (重复图片)."""
    own = [attachment.subject_uid] if attachment.subject_uid else []
    if attachment.kind != "photo":
        return []
    return same_picture(attachment.original_sha256, attachment.phash, [*own, *exclude])
