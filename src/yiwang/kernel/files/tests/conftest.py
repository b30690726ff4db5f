"""Synthetic pictures and files, made anew for every test."""

import random
import struct
import zipfile
from io import BytesIO

import pytest
from PIL import ExifTags, Image, ImageDraw, ImageFilter

from yiwang.kernel.files import access


def street(seed=1, size=(900, 700)):
    """A drawn street: enough corners for any algorithm, different for each seed."""
    rng = random.Random(seed)
    image = Image.new("RGB", size, (rng.randint(90, 160),) * 3)
    draw = ImageDraw.Draw(image)
    for _ in range(160):
        x, y = rng.randint(0, size[0]), rng.randint(0, size[1])
        w, h = rng.randint(8, 120), rng.randint(8, 120)
        colour = tuple(rng.randint(0, 255) for _ in range(3))
        (draw.rectangle if rng.random() < 0.7 else draw.ellipse)((x, y, x + w, y + h), fill=colour, outline="black")
    return image.filter(ImageFilter.GaussianBlur(0.7))


def encoded(image, fmt="JPEG", **options):
    out = BytesIO()
    image.save(out, fmt, **({"quality": 90} | options if fmt == "JPEG" else options))
    return out.getvalue()


def gps_exif(lon=115.985, lat=36.456, time="2026:03:02 09:30:00", offset="+08:00", orientation=1):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Phone with a secret serial number"
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    inner[ExifTags.Base.DateTimeOriginal] = time
    if offset:
        inner[ExifTags.Base.OffsetTimeOriginal] = offset

    def parts(value):
        value = abs(value)
        degrees = int(value)
        minutes = int((value - degrees) * 60)
        return (float(degrees), float(minutes), (value - degrees - minutes / 60) * 3600)

    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N" if lat >= 0 else "S", 2: parts(lat), 3: "E" if lon >= 0 else "W", 4: parts(lon)}
    )
    return exif


def office(*names, **contents):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "<xml/>")
        for name, data in contents.items():
            archive.writestr(name, data)
    return out.getvalue()


def wav(seconds=1):
    data = b"\0\0" * 8000 * seconds
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + (
        b"data" + struct.pack("<I", len(data)) + data
    )


@pytest.fixture(autouse=True)
def _own_store(tmp_path, settings, monkeypatch):
    settings.FILES_DIR = tmp_path / "files"
    monkeypatch.setattr(access, "_resolvers", dict(access._resolvers))


@pytest.fixture
def kept(settings):
    """Everything that lies in the store, temporary files too."""
    return lambda: sorted(str(p.relative_to(settings.FILES_DIR)) for p in settings.FILES_DIR.rglob("*") if p.is_file())
