"""Files that cannot be taken, over each way to send one; what is refused leaves neither row nor byte."""

import io
import struct
import zipfile
import zlib
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.refusals.doors import EN, FILES, OPEN311, ZH, in_language, refused, refused_311
from tests.refusals.footprint import nothing_left
from tests.walk import upload
from tests.world import picture
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.files import services as files
from yiwang.kernel.files.models import Attachment


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that says these measures, whatever is inside."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data or zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"\0" * (40 * 1024 * 1024))
    return out.getvalue()


JPEG = picture("refusals")
BAD = {
    "none": (None, 422), "0 bytes": (b"", 422), "text": ("这不是照片".encode(), 415), "html": (b"<!doctype html><script>alert(1)</script>", 415),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 415), "exe": (b"MZ" + b"\0" * 500, 415),
    "elf": (b"\x7fELF" + b"\0" * 500, 415), "gif": (b"GIF89a" + b"\0" * 100, 415), "half a jpeg": (JPEG[: len(JPEG) // 2], 422),
    "jpeg of nothing": (b"\xff\xd8\xff\xe0" + b"\0" * 200, 422), "png that lies": (png(100_000, 100_000), 422), "png of 900 million": (png(30_000, 30_000), 422),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100, 415), "zip": (b"PK\x03\x04" + b"\0" * 100, (415, 422)), "zip bomb": (zip_bomb(), (415, 422)),
    "html behind jpeg's first bytes": (b"\xff\xd8\xff<html><script>alert(1)</script>", 422),
}  # fmt: skip


def send(client, url, content, name="photo.jpg", **more):
    data = dict(more)
    if content is not None:
        data["file"] = SimpleUploadedFile(name, content, "image/jpeg")
    return client.post(url, data, headers={"accept": "application/json"})


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("url", [FILES, "/files/"])
def test_a_photo_that_is_none(doors, kind, url):
    content, wanted = BAD[kind]
    with nothing_left():
        for language in (ZH, EN):
            answer = send(doors.client("machine", language), url, content)
            assert answer.status_code in (wanted if isinstance(wanted, tuple) else (wanted,)), (kind, answer.status_code, answer.content)
            refused(answer, answer.status_code, language=language)


@pytest.mark.parametrize("url", [FILES, "/files/"])
def test_sixty_megabytes(doors, url):
    big = JPEG + b"\0" * (60 * 1024 * 1024)
    with nothing_left():
        for language in (ZH, EN):
            found = refused(send(doors.client("machine", language), url, big), 413, "files.too-large", language=language)
            assert "25" in found["detail"], "says how much is taken"
    with nothing_left():  # the length lies: the stream is cut all the same
        answer = doors.client("machine").post(url, data=_multipart(JPEG + b"\0" * (27 * 1024 * 1024)), content_type="multipart/form-data; boundary=B",
                                              headers={"accept": "application/json"}, CONTENT_LENGTH="1000")  # fmt: skip
        assert answer.status_code in (413, 422), answer.content


def _multipart(content: bytes) -> bytes:
    return b'--B\r\nContent-Disposition: form-data; name="file"; filename="p.jpg"\r\n\r\n' + content + b"\r\n--B--\r\n"


@pytest.mark.parametrize("url", [FILES, "/files/", f"{OPEN311}/requests.json"])
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300])
def test_a_body_that_is_no_form(doors, url, kind):
    with nothing_left():
        for raw in (b"", b"x", b"--B\r\n\r\n--B--", b"\0" * 1000):
            answer = doors.client("machine").post(url, raw, content_type=kind, headers={"accept": "application/json"})
            assert 400 <= answer.status_code < 500, (url, kind, raw[:10], answer.content[:300])


def test_a_page_and_a_program_inside_a_photo_do_not_survive(doors):
    """A polyglot is a true photo with something behind it: what is kept is drawn anew, and nothing of it is there."""
    poison = b"<script>alert(document.cookie)</script><?php system('x'); ?>"
    image = io.BytesIO()
    Image.new("RGB", (200, 100), "red").save(image, "JPEG", comment=poison)
    answer = send(doors.client("machine"), FILES, image.getvalue() + poison + zip_bomb()[:5000], name="p.jpg.html")
    assert answer.status_code == 201, answer.content
    row = Attachment.objects.get(uid=answer.json()["uid"])
    for sha256 in (row.sha256, row.public_sha256, row.thumb_sha256):
        from yiwang.kernel.files import store

        assert b"script" not in store.read(sha256)
        assert b"PK\x03\x04" not in store.read(sha256)
    shown = doors.client("machine").get(f"/files/{row.uid}/")
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "html" not in shown["Content-Disposition"].split("filename")[1].split(";")[0].rsplit(".", 1)[-1]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nSet-Cookie: x=1.jpg", "\x00.jpg", "路" * 500 + ".jpg", "\u202egpj.exe", "<img src=x onerror=alert(1)>.jpg", ""])
def test_names_of_files(doors, name):
    answer = send(doors.client("machine"), FILES, JPEG, name=name or "x")
    assert answer.status_code == 201, answer.content
    row = Attachment.objects.get(uid=answer.json()["uid"])
    assert len(row.original_name) <= 200
    assert not {"/", "\\", "\0", "\r", "\n"} & set(row.original_name)
    shown = doors.client("machine").get(f"/files/{row.uid}/")
    assert "\n" not in shown["Content-Disposition"]
    assert "Set-Cookie" not in shown


@pytest.mark.parametrize("stage", ["later", "x" * 500, "\0", "before'--"])
def test_a_stage_that_is_none(doors, stage):
    with nothing_left():
        for language in (ZH, EN):
            refused(send(doors.client("machine", language), FILES, JPEG, stage=stage), 422, language=language, field="stage")


def test_nobody_sees_or_claims_what_he_did_not_send(doors):
    uid = send(doors.client("machine"), FILES, JPEG).json()["uid"]
    mine = upload(doors.world.actor("inspector"), "mine")
    for who, number in (("handler", uid), ("citizen", uid), (None, uid), ("machine", mine), ("acceptor", mine), (None, uuid4())):
        with nothing_left():
            for ending in ("", "thumb/"):
                answer = doors.client(who).get(f"/files/{number}/{ending}", headers={"accept": "application/json"})
                refused(answer, 404, NotFound.code)


def test_photos_of_a_case_are_seen_by_those_whom_it_concerns(doors):
    from yiwang.kernel.files.queries import of_subject

    photo = of_subject("case", doors.town["to_dispatch"].uid).first()
    for who, status in (("acceptor", 200), ("dispatcher", 200), ("handler", 404), ("inspector3", 404), ("citizen", 404), (None, 404), ("machine", 404)):
        assert doors.client(who).get(f"/files/{photo.uid}/").status_code == status, who


@pytest.mark.parametrize("header", ["bytes=9-1", "bytes=-0", "bytes=a-b", "bytes=" + "9" * 5000 + "-", "items=0-5", "bytes=0-5,6-9", "bytes=999999999-"])
def test_ranges(doors, header):
    uid = send(doors.client("machine"), FILES, JPEG).json()["uid"]
    answer = doors.client("machine").get(f"/files/{uid}/", headers={"range": header})
    assert answer.status_code in (200, 206, 416), answer.status_code


def test_strangers_send_so_many_and_no_more(doors):
    client = doors.client(None)
    for _i in range(30):
        assert client.post("/files/", {}, headers={"accept": "application/json"}).status_code == 422
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client(None, language).post("/files/", {}, headers={"accept": "application/json"})
            assert int(answer["Retry-After"]) > 0
            refused(answer, 429, "base.too-many", language=language)


def test_the_service_itself(doors):
    """Whoever calls it, in whatever way: the same refusals, and nothing of a file that was begun."""
    actor = doors.world.actor("inspector")
    for content, _status in BAD.values():
        with nothing_left(), pytest.raises(ProblemError) as refusal:
            files.store_upload(actor=actor, file=None if content is None else ContentFile(content, name="p.jpg"), stage="before", photo_only=True)
        assert refusal.value.detail()
    with nothing_left(), pytest.raises(ProblemError):
        files.store_upload(actor=doors.world.public(), file=ContentFile(JPEG, name="p.jpg"))  # a stranger without a token


# --- with a report ------------------------------------------------------------------------------------------------------


def test_photos_of_a_refused_report_over_open311_are_not_kept(doors):
    lon, lat = doors.world.point()
    for change in ({"lat": "30", "long": "110"}, {"description": "坑" * 4001}, {"address_id": "nope"}, {"first_name": "x\x07"}):
        for language in (ZH, EN):
            with nothing_left():
                form = {"api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": "x", **change,
                        "media": SimpleUploadedFile("p.jpg", picture("with a refused report"), "image/jpeg")}  # fmt: skip
                refused_311(doors.client(None, language).post(f"{OPEN311}/requests.json", form), 400, language=language)
    with nothing_left():
        two = [SimpleUploadedFile("p.jpg", picture("good one"), "image/jpeg"), SimpleUploadedFile("q.jpg", b"no photo", "image/jpeg")]
        form = {"api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": "x", "media": two}
        said = refused_311(doors.client(None).post(f"{OPEN311}/requests.json", form), 400)
        assert all(in_language(s, ZH) for s in said)
