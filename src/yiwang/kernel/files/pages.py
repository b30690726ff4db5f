"""Doors of files: send one, see one, see its preview."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base import rates
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.files import access, queries, resending, store
from yiwang.kernel.files.errors import NotYetScanned, TooLarge
from yiwang.kernel.files.models import Attachment, Kind, Stage
from yiwang.kernel.files.rules.sniffing import EXTENSIONS
from yiwang.kernel.files.upload_limit import LimitedUpload
from yiwang.kernel.identity.doors import door

_FORM_BYTES = 64 * 1024  # what a form has besides its file
_INLINE = ("image/jpeg", "audio/mpeg", "audio/wav", "audio/mp4", "audio/webm", "audio/ogg", "video/mp4", "video/webm", "video/quicktime")
_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def token_of(request: HttpRequest) -> str:
    """Return what tells one stranger from another: the form's own token, else the session."""
    if given := request.headers.get("X-Upload-Token", ""):
        return given[:200]
    return request.session.session_key or ""


@csrf_exempt  # the check is done below, after the limit is in place: it reads the body
@require_POST
@door(public=True, limit=rates.UPLOAD)
def upload(request: HttpRequest) -> HttpResponse:
    """POST /files/ with the field `file` (and `stage`): 201 with the file's number and addresses."""
    limit: int = settings.UPLOAD_MAX_BYTES
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > limit + _FORM_BYTES:
        raise TooLarge(limit_mb=limit // (1024 * 1024))
    handler = LimitedUpload(request, limit=limit)
    request.upload_handlers.insert(0, handler)
    return _upload(request, handler)


def _checked(request: HttpRequest, handler: LimitedUpload) -> HttpResponse:
    actor = _actor(request)
    if actor.kind is ActorKind.PUBLIC and not token_of(request):
        request.session.create()
    file = request.FILES.get("file")
    if handler.exceeded:
        raise TooLarge(limit_mb=settings.UPLOAD_MAX_BYTES // (1024 * 1024))
    row, repeated = resending.store_once(
        actor=actor, key=request.headers.get("Idempotency-Key", ""), file=file, stage=request.POST.get("stage") or Stage.OTHER,
        token=token_of(request), photo_only=request.POST.get("photo_only") == "1", taken_at=resending.moment(request.POST.get("taken_at", "")),
    )  # fmt: skip
    return JsonResponse(describe(row), status=200 if repeated else 201)


_protected = csrf_protect(_checked)


def _upload(request: HttpRequest, handler: LimitedUpload) -> HttpResponse:
    # Other systems send a key, which no foreign page can make a browser send.
    return _checked(request, handler) if _actor(request).kind is ActorKind.CLIENT else _protected(request, handler)


def describe(row: Attachment) -> dict[str, Any]:
    """Return what a page needs to show a file just sent."""
    return {
        "uid": str(row.uid), "kind": row.kind, "stage": row.stage, "name": row.original_name, "media_type": row.media_type,
        "size": row.size, "width": row.width, "height": row.height, "lon": row.exif_lon, "lat": row.exif_lat,
        "taken_at": row.taken_at.isoformat() if row.taken_at else None, "url": reverse("file", args=[row.uid]),
        "thumb_url": reverse("file_thumb", args=[row.uid]) if row.thumb_sha256 else None,
    }  # fmt: skip


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /files/<uid>/: the bytes, for those who may see the subject; the public gets photos without EXIF."""
    actor = _actor(request)
    row = _shown(queries.attachment(actor, uid, token_of(request)))
    sha256 = row.sha256 if access.sees_exif(actor) or not row.public_sha256 else row.public_sha256
    return _send(request, sha256, row.media_type, _download_name(row), is_personal=row.is_personal)


@require_GET
@door(public=True, limit=rates.OPEN_DATA)
def thumb(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /files/<uid>/thumb/: the preview of a photo, 320 px."""
    row = _shown(queries.attachment(_actor(request), uid, token_of(request)))
    if not row.thumb_sha256:
        raise NotFound(what="preview")
    return _send(request, row.thumb_sha256, "image/jpeg", "preview.jpg", is_personal=row.is_personal)


def _shown(row: Attachment) -> Attachment:
    if row.is_held:
        raise NotYetScanned
    return row


def _download_name(row: Attachment) -> str:
    """Return the sender's name with the ending that the content has."""
    ending = EXTENSIONS.get(row.media_type, "")
    stem = row.original_name.rsplit(".", 1)[0] if "." in row.original_name else row.original_name
    return (stem or (_("photo") if row.kind == Kind.PHOTO else _("file"))) + ending


def _send(request: HttpRequest, sha256: str, media_type: str, name: str, *, is_personal: bool) -> HttpResponse:
    if not store.exists(sha256):
        raise NotFound(what="file")
    etag = f'"{sha256[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        return _guarded(HttpResponse(status=304), etag, is_personal)
    size = store.path_of(sha256).stat().st_size
    first, last, status = 0, size - 1, 200
    if found := _RANGE.match(request.headers.get("Range", "")):
        asked = _range(found.group(1), found.group(2), size)
        if asked is None:
            refused = HttpResponse(status=416)
            refused["Content-Range"] = f"bytes */{size}"
            return refused
        (first, last), status = asked, 206
    response = StreamingHttpResponse(_blocks(sha256, first, last), status=status, content_type=media_type)
    response["Content-Length"] = str(last - first + 1)
    if status == 206:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    way = "inline" if media_type in _INLINE else "attachment"
    ascii_name = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    response["Content-Disposition"] = f"{way}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
    return _guarded(response, etag, is_personal)


def _range(first: str, last: str, size: int) -> tuple[int, int] | None:
    if not first and not last:
        return None
    if not first:
        start = max(0, size - int(last))
        return (start, size - 1) if int(last) else None
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


def _blocks(sha256: str, first: int, last: int) -> Iterator[bytes]:
    with store.open_blob(sha256) as source:
        source.seek(first)
        left = last - first + 1
        while left > 0 and (block := source.read(min(65536, left))):
            left -= len(block)
            yield block


def _guarded(response: Any, etag: str, is_personal: bool) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "no-store" if is_personal else "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Accept-Ranges"] = "bytes"
    return response
