"""Virus scanning by Debian's own clamd with a signature of ours: refused in words, on record, nothing left; and when it is away."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.support import clamd
from tests.world import picture
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.files import errors, services
from yiwang.kernel.files.models import Attachment

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(bool(clamd.missing()), reason=clamd.missing())]
INFECTED = b"%PDF-1.7\n" + clamd.VIRUS + b"\n%%EOF"
CLEAN = b"%PDF-1.7\nnothing in it\n%%EOF"


@pytest.fixture(scope="module")
def scanner() -> Iterator[clamd.Clamd]:
    with tempfile.TemporaryDirectory(prefix="yw-clamd-") as folder, clamd.running(Path(folder)) as made:  # short: socket paths end at 107 bytes
        yield made


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Any, settings: Any, scanner: clamd.Clamd) -> None:
    settings.FILES_DIR, settings.CLAMD = tmp_path / "files", scanner.address


@pytest.fixture
def kept(settings: Any) -> Callable[[], list[str]]:
    return lambda: sorted(p.name for p in settings.FILES_DIR.rglob("*") if p.is_file())


def send(data: bytes, name: str = "报告.pdf") -> Attachment:
    return services.store_upload(actor=system("test"), file=ContentFile(data, name))


def seen() -> list[dict[str, Any]]:
    return [e.data for e in Event.objects.filter(action="files.infected").order_by("position")]


def test_a_clean_file_is_kept_as_clean(kept: Callable[[], list[str]]) -> None:
    assert send(CLEAN).scan_state == "clean"
    assert send(picture("clean"), "井盖.jpg").scan_state == "clean"
    assert len(kept()) == 3  # the document; of the photo the copy (without EXIF one for all) and the preview
    assert seen() == []


@pytest.mark.parametrize(("data", "name"), [(INFECTED, "a.pdf"), (picture("x") + clamd.VIRUS, "井盖.jpg")], ids=["document", "photo with a tail"])
def test_an_infected_file_is_refused_on_record_and_gone(kept: Callable[[], list[str]], data: bytes, name: str) -> None:
    with pytest.raises(errors.Infected) as refused:
        send(data, name)
    assert refused.value.signature.startswith(clamd.NAME)
    assert len(refused.value.detail()) > 10
    assert kept() == []
    assert not Attachment.objects.exists()
    assert [e["signature"] for e in seen()] == [refused.value.signature]
    assert len(seen()[0]["sha256"]) == 64
    assert name not in str(seen()[0]), "names of files may name people"


def test_over_http_by_page_and_by_open311(world: Any, settings: Any, client: Any, kept: Callable[[], list[str]]) -> None:
    answer = world.client("acceptor").post("/files/", {"file": SimpleUploadedFile("a.pdf", INFECTED)}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "files.infected"
    settings.OPEN311_KEY_REQUIRED = False
    lon, lat = world.point()
    sent = {"service_code": "C01001", "lat": lat, "long": lon, "description": "井盖破损",
            "media": SimpleUploadedFile("a.jpg", picture("y") + clamd.VIRUS, "image/jpeg")}  # fmt: skip
    reports = Event.objects.filter(action="report").count()
    refused = client.post("/open311/v2/requests.json", sent)
    assert refused.status_code == 400, refused.content
    assert Event.objects.filter(action="report").count() == reports
    assert len(seen()) == 2, "the second is on record although its request was taken back"
    assert kept() == []


def test_a_scanner_that_is_away_refuses(scanner: clamd.Clamd, kept: Callable[[], list[str]]) -> None:
    scanner.stop()
    try:
        with pytest.raises(errors.ScannerDown):
            send(CLEAN)
        assert kept() == []
    finally:
        scanner.start()
    assert send(CLEAN).scan_state == "clean"


def test_or_it_takes_in_and_shows_nobody_until_scanned(
    world: Any, settings: Any, scanner: clamd.Clamd, kept: Callable[[], list[str]]
) -> None:
    settings.SCANNER_DOWN = "quarantine"
    clerk = world.client("acceptor")
    scanner.stop()
    try:
        good, bad = (
            clerk.post("/files/", {"file": SimpleUploadedFile("a.pdf", data)}, headers={"Accept": "application/json"}).json()["url"]
            for data in (CLEAN, INFECTED)
        )
        assert {a.scan_state for a in Attachment.objects.filter(original_name="a.pdf")} == {"waiting"}
        for address in (good, bad):
            held = clerk.get(address, headers={"Accept": "application/json"})
            assert (held.status_code, held.json()["code"]) == (409, "files.not-yet-scanned")
        assert services.scan_waiting()["waiting"] == 2, "still away: nothing is decided"
    finally:
        scanner.start()
    assert services.scan_waiting() == {"clean": 1, "infected": 1, "waiting": 0}
    assert b"".join(clerk.get(good).streaming_content) == CLEAN
    assert clerk.get(bad, headers={"Accept": "application/json"}).status_code == 404
    assert len(kept()) == 1
    assert seen()[0]["file"]


def test_a_file_at_the_limit_is_scanned_to_its_end() -> None:
    with pytest.raises(errors.Infected):
        send(b"%PDF-1.7\n" + b"x" * (20 * 1024 * 1024) + clamd.VIRUS)
