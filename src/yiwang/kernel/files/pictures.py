"""Photos made fit to keep: turned upright, made smaller, stripped for the public, hashed; position and time read before."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from PIL import ExifTags, Image, ImageOps, ImageStat, UnidentifiedImageError

from yiwang.kernel.files.errors import BrokenFile, TooManyPixels
from yiwang.kernel.files.rules.hashes import signed

MAX_SIDE, THUMB_SIDE = 1920, 320
QUALITY, THUMB_QUALITY = 85, 80
MAX_MEGAPIXELS = 80
FORMATS = ("JPEG", "PNG", "WEBP")
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, ZeroDivisionError)


@dataclass(frozen=True)
class Picture:
    """A photo after treatment. `full` keeps time and position in EXIF, `public` keeps nothing; both are JPEG."""

    full: bytes
    public: bytes
    thumb: bytes
    width: int
    height: int
    phash: int | None  # signed 64 bits; None for a picture without any drawing in it
    taken_at: datetime | None
    lon: float | None
    lat: float | None


def treat(data: bytes, *, name: str = "", zone: ZoneInfo | None = None, now: datetime | None = None) -> Picture:
    """Open, check and re-encode a photo. EXIF times without an offset are taken to be in `zone`.

    Raises
    ------
    BrokenFile
        It cannot be read to the end.
    TooManyPixels
        More than 80 million (a small file may unpack to gigabytes).
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_MEGAPIXELS * 1_000_000 or max(width, height) > 30_000:
                raise TooManyPixels(width=width, height=height, limit_mp=MAX_MEGAPIXELS)
            exif = _exif(opened)
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))  # JPEG only: decodes at a half, a quarter ... of the size
            upright = ImageOps.exif_transpose(opened)
            picture = _flat(upright)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(width=0, height=0, limit_mp=MAX_MEGAPIXELS) from error
    except _BROKEN as error:
        raise BrokenFile(name=name) from error
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    taken_at = _taken_at(exif, zone or ZoneInfo("UTC"), now or datetime.now(UTC))
    lon, lat = _position(exif)
    public = _jpeg(picture, QUALITY)
    small = picture.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    return Picture(
        full=_with_exif(public, exif), public=public, thumb=_jpeg(small, THUMB_QUALITY),
        width=picture.width, height=picture.height, phash=perceptual_hash(picture), taken_at=taken_at, lon=lon, lat=lat,
    )  # fmt: skip


def _flat(image: Image.Image) -> Image.Image:
    """Return RGB; what is transparent becomes white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", layer.size, "white")
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return image.convert("RGB")


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.info.clear()  # a comment in the original would be written into every copy
    image.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def perceptual_hash(image: Image.Image) -> int | None:
    """Return the 64-bit pHash as a signed number; None for an even surface, whose hash is noise."""
    import imagehash

    grey = image.convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    if ImageStat.Stat(grey).stddev[0] < 4:
        return None
    return signed(int(str(imagehash.phash(image)), 16))


def _exif(image: Image.Image) -> dict[str, Any]:
    """Return the few EXIF entries that we use, empty when there are none or they cannot be read."""
    try:
        exif = image.getexif()
        inner, gps = exif.get_ifd(ExifTags.IFD.Exif), exif.get_ifd(ExifTags.IFD.GPSInfo)
        return {
            "time": inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime),
            "offset": inner.get(ExifTags.Base.OffsetTimeOriginal) or inner.get(ExifTags.Base.OffsetTime),
            "gps": {key: gps[key] for key in (1, 2, 3, 4) if key in gps},
        }
    except Exception:  # Pillow raises whatever a broken block makes it raise; a photo without EXIF is a photo
        return {}


def _taken_at(exif: dict[str, Any], zone: ZoneInfo, now: datetime) -> datetime | None:
    raw = exif.get("time")
    if not isinstance(raw, str):
        return None
    try:
        naive = datetime.strptime(raw.strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")
        moment = naive.replace(tzinfo=zone)
        offset = str(exif.get("offset") or "").strip("\0 ")
        if offset[:1] in ("+", "-"):
            hours, minutes = int(offset[1:3]), int(offset[4:6])
            shift = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
            moment = (naive - shift).replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # A camera with a flat battery says 1980; one set wrong, next year. Neither is worth keeping.
    return moment if moment.year >= 1995 and moment <= now + timedelta(days=1) else None


def _position(exif: dict[str, Any]) -> tuple[float | None, float | None]:
    gps = exif.get("gps") or {}
    try:
        lat = _degrees(gps[2]) * (-1 if str(gps.get(1, "N")).upper().startswith("S") else 1)
        lon = _degrees(gps[4]) * (-1 if str(gps.get(3, "E")).upper().startswith("W") else 1)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    if not (-180 <= lon <= 180 and -90 <= lat <= 90) or (lon == 0 and lat == 0):
        return None, None
    return round(lon, 7), round(lat, 7)


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _with_exif(jpeg: bytes, exif: dict[str, Any]) -> bytes:
    """Return the JPEG with time and position put back, without encoding it again."""
    if not (exif.get("time") or exif.get("gps")):
        return jpeg
    try:
        kept = Image.Exif()
        if isinstance(exif.get("time"), str):
            kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = exif["time"]
            if isinstance(exif.get("offset"), str):
                kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = exif["offset"]
        kept.get_ifd(ExifTags.IFD.GPSInfo).update(exif.get("gps") or {})
        block = kept.tobytes()
    except Exception:  # what could be read cannot always be written; the values are in our columns anyway
        return jpeg
    if len(block) > 60_000:
        return jpeg
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]
