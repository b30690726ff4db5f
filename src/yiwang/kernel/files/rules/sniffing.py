"""What a file is, by its content and never by its name."""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

HEAD_BYTES = 4096
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
MAX_ENTRIES = 5000
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_VIDEO_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
_OGG_SOUNDS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")
EXTENSIONS = {
    "image/jpeg": ".jpg", "application/pdf": ".pdf", DOCX: ".docx", XLSX: ".xlsx", "audio/mpeg": ".mp3", "audio/wav": ".wav",
    "audio/mp4": ".m4a", "audio/webm": ".weba", "audio/ogg": ".ogg", "video/mp4": ".mp4", "video/quicktime": ".mov", "video/webm": ".webm",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A media type, the kind of attachment (photo, audio, video, document), or `refused` with the reason as a word."""

    media_type: str
    kind: str = ""
    refused: str = ""


def sniff(head: bytes, whole: BinaryIO | None = None) -> Found:
    """Say what the content is out of its first 4 KB; `whole` is needed to look into office files.

    >>> sniff(b"%PDF-1.7")
    Found(media_type='application/pdf', kind='document', refused='')
    """
    if head.startswith(b"\xff\xd8\xff"):
        return Found("image/jpeg", "photo")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Found("image/png", "photo")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Found("image/webp", "photo")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return Found("audio/wav", "audio")
    if head.startswith(b"%PDF-"):
        return Found("application/pdf", "document")
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return Found("audio/mpeg", "audio")
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return Found("video/webm", "video") if b"V_VP" in head or b"V_AV1" in head else Found("audio/webm", "audio")
    if head.startswith(b"OggS"):
        return Found("audio/ogg", "audio") if any(codec in head[:200] for codec in _OGG_SOUNDS) else Found("application/ogg", refused="unknown")
    if head.startswith(b"PK\x03\x04"):
        return _office(whole if whole is not None else BytesIO(head))
    return Found("application/octet-stream", refused="unknown")


def _iso_media(head: bytes) -> Found:
    brand = head[8:12]
    brands = {brand, *(head[i : i + 4] for i in range(16, min(int.from_bytes(head[:4], "big"), 64), 4))}
    if brand in _HEIC_BRANDS or (b"heic" in brands and brand not in _VIDEO_BRANDS):
        return Found("image/heic", refused="heic")
    if brand in (b"M4A ", b"M4B "):
        return Found("audio/mp4", "audio")
    if brand == b"qt  ":
        return Found("video/quicktime", "video")
    if brand in _VIDEO_BRANDS and b"soun" in head and b"vide" not in head:  # a browser's recording: the list of tracks comes first
        return Found("audio/mp4", "audio")
    if brand in _VIDEO_BRANDS or brand[:3] == b"3gp":
        return Found("video/mp4", "video")
    return Found("application/octet-stream", refused="unknown")


def _is_mp3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bitrate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and 0 < bitrate < 15 and rate < 3


def _office(whole: BinaryIO) -> Found:
    """Look into a ZIP: Word or Excel without macros, and not a bomb. Only the list of contents is read."""
    nothing = "application/zip"
    try:
        with zipfile.ZipFile(whole) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return Found(nothing, refused="broken")
    if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
        return Found(nothing, refused="bomb")
    if any(e.file_size > MAX_RATIO * max(1, e.compress_size) and e.file_size > 1_000_000 for e in entries):
        return Found(nothing, refused="bomb")
    names = {e.filename for e in entries}
    if "[Content_Types].xml" not in names:
        return Found(nothing, refused="unknown")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return Found(nothing, refused="macro")
    if "word/document.xml" in names:
        return Found(DOCX, "document")
    if "xl/workbook.xml" in names:
        return Found(XLSX, "document")
    return Found(nothing, refused="unknown")
