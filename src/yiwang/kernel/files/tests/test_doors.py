"""The doors of files over HTTP: sending, seeing, headers, ranges, limits."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from yiwang.kernel.base.actor import system
from yiwang.kernel.files import access, services, store
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.tests.conftest import encoded, gps_exif, street
from yiwang.kernel.identity.models import Account

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def person(client):
    account = Account.objects.create(username="clerk", name="李四")
    client.force_login(account)
    return client


def photo(name="井盖.jpg", **more):
    return SimpleUploadedFile(name, encoded(street(1, (400, 300)), **more), "image/png")


def post(client, data, **more):
    return client.post("/files/", data, headers=JSON, **more)


def test_a_clerk_sends_and_sees(person):
    answer = post(person, {"file": photo(exif=gps_exif()), "stage": "before"})
    assert answer.status_code == 201
    sent = answer.json()
    assert (sent["kind"], sent["stage"], sent["width"]) == ("photo", "before", 400)
    shown = person.get(sent["url"])
    assert shown.status_code == 200
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown["Content-Security-Policy"]
    assert shown["Content-Disposition"].startswith("inline; filename=\"__.jpg\"; filename*=UTF-8''%E4%BA%95")
    row = Attachment.objects.get()
    assert b"".join(shown.streaming_content) == store.read(row.public_sha256)  # in no post: the copy without EXIF
    assert person.get(sent["thumb_url"]).status_code == 200
    assert person.get(sent["url"], headers={"If-None-Match": shown["ETag"]}).status_code == 304


def test_a_stranger_sends_and_only_he_sees(client):
    sent = post(client, {"file": photo()}).json()
    assert client.get(sent["url"]).status_code == 200
    stranger = Client()
    assert stranger.get(sent["url"], headers=JSON).status_code == 404
    assert stranger.get(sent["thumb_url"], headers=JSON).status_code == 404
    assert stranger.get("/files/018f0000-0000-7000-8000-000000000001/", headers=JSON).status_code == 404


def test_a_public_form_has_its_own_token(client):
    sent = client.post("/files/", {"file": photo()}, headers={**JSON, "X-Upload-Token": "t" * 20}).json()
    assert Client().get(sent["url"], headers={"X-Upload-Token": "t" * 20}).status_code == 200
    assert Client().get(sent["url"], headers={**JSON, "X-Upload-Token": "u" * 20}).status_code == 404


@pytest.mark.parametrize(("data", "status", "code"), [
    ({}, 422, "files.none"),
    ({"photo_only": "1"}, 422, "files.photo-needed"),
    ({"file": ("a.jpg", b"")}, 422, "files.empty"),
    ({"file": ("a.jpg", b"<script>")}, 415, "files.unsupported-type"),
    ({"file": ("a.jpg", b"\xff\xd8\xff" + b"x" * 99)}, 422, "files.broken"),
    ({"file": ("a.jpg", b"%PDF-1.7"), "stage": "x"}, 422, "base.bad-input"),
    ({"file": "text in place of a file"}, 422, "files.none"),
])  # fmt: skip
def test_refusals_over_http(person, data, status, code, kept):
    data = {k: SimpleUploadedFile(*v) if isinstance(v, tuple) else v for k, v in data.items()}
    answer = post(person, data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]
    assert kept() == []


def test_sixty_megabytes_are_refused_by_the_announced_length_and_by_count(person, settings, kept):
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    large = SimpleUploadedFile("film.mp4", b"\0" * (3 * 1024 * 1024))
    answer = post(person, {"file": large})
    assert (answer.status_code, answer.json()["code"], answer.json()["limit_mb"]) == (413, "files.too-large", 1)
    # One that lies about its length is counted while it arrives.
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    settings.UPLOAD_MAX_BYTES = 2_000_000
    large.seek(0)
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("film.mp4", b"\0" * 2_050_000)})
    answer = person.generic("POST", "/files/", body, MULTIPART_CONTENT, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "files.too-large")
    assert kept() == []
    assert not Attachment.objects.exists()


def test_a_foreign_page_cannot_send_in_my_name():
    strict = Client(enforce_csrf_checks=True)
    account = Account.objects.create(username="victim")
    strict.force_login(account)
    assert strict.post("/files/", {"file": photo()}, headers=JSON).status_code == 403
    assert not Attachment.objects.exists()


def test_strangers_are_slowed_down(client, settings):
    settings.RATE_LIMITS = {"upload": (2, 600)}
    answers = [post(client, {"file": photo()}) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert 290 <= int(answers[2]["Retry-After"]) <= 300, "the next one comes after half of the window"


def test_documents_are_downloaded_never_shown(person):
    sent = post(person, {"file": SimpleUploadedFile("x.html", b"%PDF-1.7 <script>")}).json()
    shown = person.get(sent["url"])
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith('attachment; filename="x.pdf"')
    assert person.get(f"/files/{sent['uid']}/thumb/", headers=JSON).status_code == 404


@pytest.mark.parametrize(("asked", "status", "body"), [
    ("bytes=0-3", 206, b"%PDF"), ("bytes=4-", 206, b"-1.7 0123456789"), ("bytes=-3", 206, b"789"), ("bytes=5-9999", 206, b"1.7 0123456789"),
    ("bytes=99-", 416, b""), ("bytes=-0", 416, b""), ("bytes=9-3", 416, b""), ("bytes=-", 416, b""), ("lines=1", 200, b"%PDF-1.7 0123456789"),
])  # fmt: skip
def test_ranges(person, asked, status, body):
    sent = post(person, {"file": SimpleUploadedFile("x", b"%PDF-1.7 0123456789")}).json()
    answer = person.get(sent["url"], headers={"Range": asked})
    assert answer.status_code == status
    assert (b"".join(answer.streaming_content) if answer.streaming else answer.content) == body


def test_missing_bytes_are_not_found_rather_than_an_error(person):
    sent = post(person, {"file": photo()}).json()
    for sha256 in list(store.blobs()):
        store.remove(sha256)
    assert person.get(sent["url"], headers=JSON).status_code == 404


def test_officials_in_a_post_get_the_copy_with_exif():
    row = services.store_upload(actor=system(), file=photo(exif=gps_exif()))
    assert row.sha256 != row.public_sha256
    assert access.sees_exif(system())
