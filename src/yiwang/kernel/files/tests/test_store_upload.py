"""Taking files in: what is kept of a photo, and every refusal with neither row nor bytes left behind."""

import random
import socket
import threading
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from yiwang.kernel.base.actor import public, system
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.files import errors, pictures, scanning, services, store
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.rules.names import safe_name
from yiwang.kernel.files.rules.sniffing import DOCX, XLSX, sniff
from yiwang.kernel.files.tests.conftest import encoded, gps_exif, office, street, wav

pytestmark = pytest.mark.django_db
BOSS = system("test")


def send(data, name="井盖.jpg", **more):
    return services.store_upload(actor=more.pop("actor", BOSS), file=ContentFile(data, name), **more)


def test_a_photo_is_made_small_upright_and_stripped_for_the_public():
    raw = encoded(street(size=(4000, 3000)), exif=gps_exif(orientation=6))
    row = send(raw, stage="before")
    assert (row.width, row.height) == (1440, 1920)  # turned by its EXIF, then made smaller
    assert (row.kind, row.stage, row.media_type, row.original_name) == ("photo", "before", "image/jpeg", "井盖.jpg")
    assert row.size < len(raw)
    assert (row.exif_lon, row.exif_lat) == (pytest.approx(115.985, abs=1e-6), pytest.approx(36.456, abs=1e-6))
    assert row.taken_at == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
    public_copy, full = store.read(row.public_sha256), store.read(row.sha256)
    assert not dict(Image.open(BytesIO(public_copy)).getexif())
    assert b"Exif" not in public_copy
    assert b"secret serial" not in full
    assert pictures._position(pictures._exif(Image.open(BytesIO(full)))) == (row.exif_lon, row.exif_lat)
    thumb = Image.open(BytesIO(store.read(row.thumb_sha256)))
    assert max(thumb.size) == 320
    assert row.phash is not None
    assert len(row.phash_bands) == 5


def test_png_and_webp_become_jpeg_and_clear_becomes_white():
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    for fmt in ("PNG", "WEBP"):
        row = send(encoded(clear, fmt), f"a.{fmt.lower()}")
        assert row.media_type == "image/jpeg"
        assert Image.open(BytesIO(store.read(row.sha256))).getpixel((5, 5)) == (255, 255, 255)
        assert row.phash is None  # an even surface has no hash worth comparing


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16", "RGBA"])
def test_every_mode_of_pictures(mode):
    image = street(size=(64, 48)).convert("L").convert("I;16") if mode == "I;16" else street(size=(64, 48)).convert(mode)
    assert send(encoded(image, "JPEG" if mode == "CMYK" else "PNG")).width == 64


@pytest.mark.parametrize(("data", "name", "kind", "media_type"), [
    (b"%PDF-1.7\n" + b"x" * 100, "报告.jpg", "document", "application/pdf"),
    (office("[Content_Types].xml", "word/document.xml"), "a.zip", "document", DOCX),
    (office("[Content_Types].xml", "xl/workbook.xml"), "a", "document", XLSX),
    (wav(), "录音.wav", "audio", "audio/wav"),
    (b"ID3\x04" + b"\0" * 200, "a.mp3", "audio", "audio/mpeg"),
    (b"\xff\xfb\x90\x64" + b"\0" * 400, "a.mp3", "audio", "audio/mpeg"),
    (b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom\0\0\0\0", "a.m4a", "audio", "audio/mp4"),
    (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a.mp4", "video", "video/mp4"),
    (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a.mov", "video", "video/quicktime"),
    (b"\x1a\x45\xdf\xa3\x01\0\0\0webm" + b"A_OPUS", "a.webm", "audio", "audio/webm"),
])  # fmt: skip
def test_the_content_decides_not_the_name(data, name, kind, media_type):
    row = send(data, name)
    assert (row.kind, row.media_type, row.width) == (kind, media_type, None)
    assert store.read(row.sha256) == data


def bomb_zip():
    return office("[Content_Types].xml", "word/document.xml", **{"word/media.bin": b"\0" * 30_000_000})


def png_of(width, height):
    """A PNG whose head claims a size; reading its size costs nothing, unpacking it would cost gigabytes."""
    import struct
    import zlib

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("make", "error"), [
    (lambda: b"", errors.EmptyFile),
    (lambda: b"x" * (26 * 1024 * 1024), errors.TooLarge),
    (lambda: b"MZ\x90\0" + b"\0" * 500, errors.UnsupportedType),
    (lambda: b"<html><script>alert(1)</script>", errors.UnsupportedType),
    (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", errors.UnsupportedType),
    (lambda: b"GIF89a" + b"\0" * 100, errors.UnsupportedType),
    (lambda: b"#!/bin/sh\n", errors.UnsupportedType),
    (lambda: office("a.txt"), errors.UnsupportedType),
    (lambda: office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), errors.UnsupportedType),
    (bomb_zip, errors.BrokenFile),
    (lambda: b"PK\x03\x04" + b"\0" * 100, errors.BrokenFile),
    (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", errors.HeicPhoto),
    (lambda: b"\xff\xd8\xff\xe0" + b"\0" * 500, errors.BrokenFile),
    (lambda: encoded(street())[:-5000], errors.BrokenFile),
    (lambda: b"\x89PNG\r\n\x1a\n", errors.BrokenFile),
    (lambda: png_of(50_000, 50_000), errors.TooManyPixels),
    (lambda: png_of(31_000, 10), errors.TooManyPixels),
    (lambda: png_of(0, 10), errors.BrokenFile),
])  # fmt: skip
def test_bad_files_are_refused_in_words_and_leave_nothing(make, error, kept):
    with pytest.raises(error) as refused:
        send(make(), "照片.jpg")
    assert refused.type is error
    assert str(refused.value.title)
    assert len(refused.value.detail()) > 20
    assert "%(" not in refused.value.detail()
    assert kept() == []
    assert not Attachment.objects.exists()


def test_no_photo_says_what_to_do():
    with pytest.raises(errors.PhotoNeeded):
        services.store_upload(actor=BOSS, file=None, photo_only=True)
    with pytest.raises(errors.NoFile):
        services.store_upload(actor=BOSS, file=None)
    with pytest.raises(errors.PhotoNeeded):
        send(b"%PDF-1.7", photo_only=True)
    with pytest.raises(BadInput):
        send(encoded(street()), stage="tomorrow")
    with pytest.raises(BadInput):
        send(encoded(street()), actor=public())
    assert not Attachment.objects.exists()


def test_a_rolled_back_row_leaves_bytes_only_for_the_sweeper(kept, monkeypatch):
    monkeypatch.setattr(Attachment, "save", lambda *a, **k: (_ for _ in ()).throw(RuntimeError("killed here")))
    with pytest.raises(RuntimeError):
        send(encoded(street()))
    assert not [name for name in kept() if name.startswith("incoming")]
    assert services.sweep(young_s=0)["blobs"] == 2
    assert kept() == []


def test_the_same_bytes_are_kept_once(kept):
    data = b"%PDF-1.7 same"
    assert send(data).sha256 == send(data).sha256
    assert len(kept()) == 1
    assert Attachment.objects.count() == 2


def test_a_full_disk_is_a_clear_refusal(monkeypatch, kept):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "replace", full)
    with pytest.raises(errors.StoreFull):
        send(b"%PDF-1.7")
    assert kept() == []


@pytest.mark.parametrize("time", ["", "1980:01:01 00:00:00", "2099:01:01 00:00:00", "2026:13:45 99:99:99", "yesterday"])
def test_times_that_cannot_be_are_not_believed(time):
    row = send(encoded(street(), exif=gps_exif(time=time)), taken_at=datetime(2026, 3, 2, tzinfo=UTC))
    assert row.taken_at == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_odd_exif_does_no_harm():
    rng = random.Random(3)
    base = encoded(street(size=(80, 60)), exif=gps_exif())
    start = base.index(b"Exif")
    for _ in range(60):
        broken = bytearray(base)
        for _ in range(8):
            broken[start + rng.randint(6, 250)] = rng.randint(0, 255)
        try:
            row = send(bytes(broken))
        except errors.BrokenFile:
            continue
        assert row.exif_lon is None or -180 <= row.exif_lon <= 180
    row = send(encoded(street(), exif=gps_exif(lon=-71.06, lat=-42.36)))
    assert (row.exif_lon, row.exif_lat) == (pytest.approx(-71.06, abs=1e-6), pytest.approx(-42.36, abs=1e-6))
    assert send(encoded(street(), exif=gps_exif(lon=0.0, lat=0.0))).exif_lon is None


@pytest.mark.parametrize(("given", "safe"), [
    ("../../etc/passwd", "passwd"), ("a\0b\r\n.jpg", "ab.jpg"), ("\u202egpj.exe", "gpj.exe"), (None, ""), ("  ..  ", ""),
    ("C:\\temp\\井盖.jpg", "井盖.jpg"), ("x" * 300 + ".jpg", "x" * 116 + ".jpg"), ('a"b;c.pdf', "a_b_c.pdf"),
])  # fmt: skip
def test_names(given, safe):
    assert safe_name(given) == safe


def test_sniffing_never_fails():
    rng = random.Random(1)
    for _ in range(300):
        found = sniff(rng.randbytes(rng.randint(0, 200)))
        assert found.kind or found.refused


class FakeClamd(threading.Thread):
    def __init__(self, path, answer):
        super().__init__(daemon=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)
        self.answer, self.got = answer, b""

    def run(self):
        connection, _ = self.server.accept()
        with self.server, connection:
            while not self.got.endswith(b"\0\0\0\0"):
                self.got += connection.recv(65536)
            connection.sendall(self.answer)


@pytest.mark.parametrize(("answer", "error"), [
    (b"stream: OK\0", None), (b"stream: Eicar-Signature FOUND\0", errors.Infected), (b"INSTREAM size limit exceeded. ERROR\0", errors.ScannerDown),
    (b"", errors.ScannerDown),
])  # fmt: skip
def test_clamd_is_asked_before_anything_is_kept(settings, tmp_path, answer, error, kept):
    settings.CLAMD = str(tmp_path / "c.sock")
    clamd = FakeClamd(settings.CLAMD, answer)
    clamd.start()
    if error is None:
        assert send(b"%PDF-1.7 clean").scan_state == "clean"
        assert b"%PDF-1.7 clean" in clamd.got
    else:
        with pytest.raises(error):
            send(b"%PDF-1.7 virus")
        assert kept() == []
    clamd.join(timeout=5)


def test_a_scanner_that_is_down_refuses(settings, tmp_path, kept):
    settings.CLAMD = str(tmp_path / "nobody.sock")
    with pytest.raises(errors.ScannerDown):
        send(b"%PDF-1.7")
    assert kept() == []
    assert isinstance(scanning.scanner(), scanning.ClamdScanner)
