"""Writes to files: take one in, tie it to a case, sweep what nobody claimed."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, ActorKind, system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.files import pictures, scanning, store
from yiwang.kernel.files.access import uploader_of
from yiwang.kernel.files.errors import (
    BrokenFile,
    HeicPhoto,
    Infected,
    NoFile,
    NotYours,
    PhotoNeeded,
    ScannerDown,
    UnsupportedType,
)
from yiwang.kernel.files.models import Attachment, Kind, ScanState, Stage
from yiwang.kernel.files.pictures import Picture
from yiwang.kernel.files.rules.hashes import bands
from yiwang.kernel.files.rules.names import safe_name
from yiwang.kernel.files.rules.sniffing import HEAD_BYTES, Found, sniff
from yiwang.kernel.files.store import Incoming

log = logging.getLogger("yiwang.files")
UNCLAIMED_HOURS = 24
YOUNG_S = 3600.0
MAX_CLAIM = 20
_LOCK = 0x79770F11  # uploads share it, the sweeper takes it alone


class Upload(Protocol):
    """What Django's UploadedFile, ContentFile and File offer."""

    name: str | None

    def chunks(self) -> Iterable[bytes]: ...


def store_upload(
    *, actor: Actor, file: Upload | None, stage: str = Stage.OTHER, token: str = "", taken_at: datetime | None = None,
    photo_only: bool = False, is_personal: bool = False, zone: ZoneInfo | None = None, is_sample: bool = False, uid: UUID | None = None,
) -> Attachment:  # fmt: skip
    """Take in one file that belongs to nothing yet; `claim` ties it. Returns the row.

    Photos are re-encoded as JPEG (at most 1920 px a side, upright), with a copy for the public without EXIF, a preview
    and a perceptual hash. Everything else is kept as it came. `taken_at` is what the phone says; EXIF wins. `uid` is of a file
    that was here before and was swept (resending.py).

    Raises
    ------
    NoFile, EmptyFile, TooLarge, UnsupportedType, HeicPhoto, BrokenFile, TooManyPixels
        Nothing is left behind: neither row nor bytes.
    PhotoNeeded
        `photo_only`, and it is no photo.
    Infected, ScannerDown, StoreFull
        An infected file is on record afterwards (`files.infected`), by hash and signature.
    BadInput
        An unknown stage, or a public caller without a token.
    """
    if file is None:
        raise PhotoNeeded if photo_only else NoFile
    if stage not in Stage.values:
        raise BadInput.one("stage", "stage", _("The stage is before, verify, after, check or other."))
    sender = uploader_of(actor, token)
    if not sender:
        raise BadInput.one("token", "missing", _("This page is too old to send files. Open it again."))
    name = safe_name(file.name)
    incoming = store.receive(file.chunks(), limit=settings.UPLOAD_MAX_BYTES, name=name)
    try:
        found = _identify(incoming, name, photo_only=photo_only)
        scan_state = _scan(actor, incoming, name)
        picture = None
        if found.kind == Kind.PHOTO:
            zone = zone or ZoneInfo(settings.TIME_ZONE)
            picture = pictures.treat(incoming.path.read_bytes(), name=name, zone=zone, now=now())
        with transaction.atomic():
            _share_lock()
            row = Attachment(
                original_sha256=incoming.sha256, original_name=name, kind=found.kind, stage=stage, uploader=sender,
                uploaded_by_id=actor.account_id, org_id=actor.org_id, scan_state=scan_state, is_personal=is_personal,
                is_sample=is_sample, taken_at=taken_at, uid=uid or uuid7(),
            )  # fmt: skip
            if picture is None:
                row.sha256, row.size, row.media_type = store.put_incoming(incoming), incoming.size, found.media_type
            else:
                _fill_photo(row, picture)
            row.save()
        return row
    finally:
        incoming.discard()


def _scan(actor: Actor, incoming: Incoming, name: str) -> str:
    try:
        return scanning.scanner().scan(incoming.path, name)
    except ScannerDown:
        if settings.SCANNER_DOWN != "quarantine":
            raise
        log.warning("the virus scanner does not answer; a file waits for it")
        return ScanState.WAITING
    except Infected as found:
        found.sha256 = incoming.sha256
        record_infected(actor, found)
        raise


def record_infected(actor: Actor, found: Infected, *, file_uid: UUID | None = None, subject: str = "") -> None:
    """Put on record that somebody sent a virus. Who works in a transaction of his own calls it again after rolling back."""
    log.warning("infected file refused", extra={"facts": {"signature": found.signature, "sha256": found.sha256}})
    data = {"signature": found.signature, "sha256": found.sha256, "file": str(file_uid or ""), "subject": subject}
    with transaction.atomic():
        audit.record(actor, action="files.infected", data={k: v for k, v in data.items() if v})


def scan_waiting(limit: int = 500) -> dict[str, int]:
    """Scan what was taken in while the scanner was away: clean files are shown from now on, infected ones removed.

    Returns counts of clean, infected and still waiting; stops at the first sign that the scanner is away again.
    """
    done = {"clean": 0, "infected": 0}
    for row in Attachment.objects.filter(scan_state=ScanState.WAITING).order_by("uploaded_at")[:limit]:
        try:
            state = scanning.scanner().scan(store.path_of(row.sha256), row.original_name)
        except ScannerDown:
            break
        except Infected as found:
            found.sha256 = row.original_sha256
            with transaction.atomic():
                subject = f"{row.subject_kind} {row.subject_uid}" if row.subject_uid else ""
                record_infected(system("files.scan"), found, file_uid=row.uid, subject=subject)
                row.delete()
            discard_unnamed([row])
            done["infected"] += 1
        else:
            Attachment.objects.filter(pk=row.pk).update(scan_state=state)
            done["clean"] += 1
    return {**done, "waiting": Attachment.objects.filter(scan_state=ScanState.WAITING).count()}


def _identify(incoming: Incoming, name: str, *, photo_only: bool) -> Found:
    with incoming.path.open("rb") as source:
        head = source.read(HEAD_BYTES)
        source.seek(0)
        found = sniff(head, source)
    if found.refused == "heic":
        raise HeicPhoto(name=name, found=found.media_type)
    if found.refused in ("broken", "bomb"):
        raise BrokenFile(name=name)
    if found.refused:
        raise UnsupportedType(name=name, found=found.media_type)
    if photo_only and found.kind != Kind.PHOTO:
        raise PhotoNeeded
    return found


def _fill_photo(row: Attachment, picture: Picture) -> None:
    row.sha256, row.public_sha256 = store.put(picture.full), store.put(picture.public)
    row.thumb_sha256 = store.put(picture.thumb)
    row.size, row.media_type = len(picture.full), "image/jpeg"
    row.width, row.height = picture.width, picture.height
    row.exif_lon, row.exif_lat = picture.lon, picture.lat
    row.taken_at = picture.taken_at or row.taken_at
    row.phash = picture.phash
    row.phash_bands = [] if picture.phash is None else bands(picture.phash)


def _share_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def claim(
    *, actor: Actor, uids: Sequence[UUID | str], subject_kind: str, subject_uid: UUID, area_path: str = "",
    org_id: int | None = None, stage: str = "", token: str = "", retain_until: date | None = None,
) -> list[Attachment]:  # fmt: skip
    """Tie uploaded files to a subject, inside the caller's transaction. Safe to repeat for the same subject.

    Raises
    ------
    BadInput
        More than twenty files, or an id that is none.
    NotYours
        One of them was sent by somebody else, belongs elsewhere or is gone; none is tied.
    """
    if not uids:
        return []
    if len(uids) > MAX_CLAIM:
        raise BadInput.one("files", "too-many", _("At most %(most)s files go with one report.") % {"most": MAX_CLAIM})
    wanted = list(dict.fromkeys(_uuid(uid) for uid in uids))
    trusted = actor.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER)
    sender = uploader_of(actor, token)
    with transaction.atomic():
        rows = {row.uid: row for row in Attachment.objects.select_for_update().filter(uid__in=wanted).order_by("pk")}
        bad = [uid for uid in wanted if not _claimable(rows.get(uid), subject_kind, subject_uid, sender, trusted)]
        if bad:
            raise NotYours(uids=tuple(str(uid) for uid in bad))
        moment = now()
        for row in rows.values():
            if row.subject_uid is not None:
                continue
            row.subject_kind, row.subject_uid, row.claimed_at = subject_kind, subject_uid, moment
            row.area_path, row.retain_until = area_path, retain_until
            row.org_id = org_id if org_id is not None else row.org_id
            row.stage = stage or row.stage
            row.save(update_fields=["subject_kind", "subject_uid", "claimed_at", "area_path", "retain_until", "org_id", "stage"])
    return [rows[uid] for uid in wanted]


def pass_on(
    *, uids: Sequence[UUID], from_subject: tuple[str, UUID], to_subject: tuple[str, UUID], area_path: str = ""
) -> int:
    """Hand files on from the subject that they came with to the one that they show, now that it is there; returns how many.

    The caller answers for the permission. What belongs elsewhere is left alone.
    """
    (kind, uid), (new_kind, new_uid) = from_subject, to_subject
    rows = Attachment.objects.filter(uid__in=list(uids), subject_kind=kind, subject_uid=uid)
    return rows.update(subject_kind=new_kind, subject_uid=new_uid, area_path=area_path)


def _uuid(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError as error:
        raise BadInput.one("files", "uid", _("This is not the number of a file.")) from error


def _claimable(row: Attachment | None, kind: str, uid: UUID, sender: str, trusted: bool) -> bool:
    if row is None:
        return False
    if row.subject_uid is not None:
        return (row.subject_kind, row.subject_uid) == (kind, uid) and (trusted or row.uploader == sender)
    return trusted or (bool(sender) and row.uploader == sender)


def sweep(*, young_s: float = YOUNG_S, unclaimed_hours: float = UNCLAIMED_HOURS) -> dict[str, int]:
    """Remove uploads that nobody claimed in a day, bytes that no row names, and temporary files of killed processes.

    Safe beside running uploads: they share a lock that the sweeper takes alone for each batch, and what was touched in
    the last hour is spared. Returns counts.
    """
    border = now() - timedelta(hours=unclaimed_hours)
    rows, _ignored = Attachment.objects.filter(subject_uid__isnull=True, uploaded_at__lt=border, is_sample=False).delete()
    removed = {"rows": rows, "blobs": 0, "temporary": 0}
    batch: list[str] = []
    for sha256 in store.blobs(young_s):
        batch.append(sha256)
        if len(batch) == 500:
            removed["blobs"] += _sweep_batch(batch, young_s)
            batch = []
    removed["blobs"] += _sweep_batch(batch, young_s)
    for path in store.stale(young_s):
        path.unlink(missing_ok=True)
        removed["temporary"] += 1
    return removed


def discard_unnamed(rows: Iterable[Attachment]) -> None:
    """Remove the bytes of uploads whose rows were taken back with the refused report that they came with.

    Bytes that another row names stay.
    """
    _sweep_batch(sorted({sha for row in rows for sha in (row.sha256, row.public_sha256, row.thumb_sha256) if sha}), 0)


def _sweep_batch(batch: list[str], young_s: float) -> int:
    if not batch:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(
            "SELECT sha FROM unnest(%s::text[]) AS sha WHERE NOT EXISTS (SELECT 1 FROM yw_files_attachment a"
            " WHERE a.sha256 = sha OR a.public_sha256 = sha OR a.thumb_sha256 = sha)",
            [batch],
        )
        unnamed: list[Any] = [row[0] for row in cursor.fetchall() if store.is_older(row[0], young_s)]
        for sha256 in unnamed:
            store.remove(sha256)
    return len(unnamed)


def verify(limit: int = 0) -> list[str]:
    """Return the SHA-256 of rows whose bytes are missing or changed; `limit` 0 looks at all."""
    found = []
    rows = Attachment.objects.order_by("pk").values_list("sha256", flat=True)
    for sha256 in rows[:limit] if limit else rows.iterator():
        if not store.exists(sha256) or hashlib.sha256(store.read(sha256)).hexdigest() != sha256:
            found.append(sha256)
    return found
