"""Plates: the code on a pole is the place; what is printed is what a phone reads, and it opens the right page."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import cv2
import numpy as np
import pytest
import typst

from tests import walk
from tests.world import World
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.models import Case
from yiwang.kernel.geography.errors import OutsideArea
from yiwang.kernel.paper import printing, queries, services
from yiwang.kernel.paper.errors import NothingToPrint
from yiwang.kernel.paper.models import Plate
from yiwang.kernel.paper.rules.serials import read_code

SITE = "https://yiwang.example.gov.cn"


def read_by_phone(sheet: dict[str, Any], plate: dict[str, Any]) -> str:
    """Draw one label of the sheet as a picture, as a phone sees it, and read its QR code."""
    source = files("yiwang.kernel.paper").joinpath("sheets/plates.typ").read_bytes()
    data = json.dumps({**sheet, "plates": [plate]}, ensure_ascii=False)
    png = typst.compile(source, format="png", ppi=220, sys_inputs={"data": data, "font": printing.font()})
    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    label = image[: image.shape[0] // 5, : image.shape[1] // 3]
    text, _points, _straight = cv2.QRCodeDetector().detectAndDecode(label)
    return text


def test_plates_for_assets_decode_to_their_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = world.actor("shift_leader")
    made = services.asset_plates(actor)
    assert {p.asset for p in made} == set(world.assets.values())
    sheets: list[dict[str, Any]] = []
    monkeypatch.setattr(printing, "pdf", lambda name, data: sheets.append(data) or b"%PDF")
    services.plates_pdf(made, site=SITE)
    read = [read_by_phone(sheets[0], plate) for plate in sheets[0]["plates"]]
    assert read == [f"{SITE}/p/{p.code}" for p in made]
    cover = next(p for p in made if p.asset == world.assets["cover"])
    place = queries.place_of(queries.plate(cover.code.lower()))
    assert place["component"] == world.assets["cover"].code
    assert place["class"] == "component:01001"
    assert (place["lon"], place["lat"]) == pytest.approx((world.assets["cover"].point.x, world.assets["cover"].point.y), abs=1e-7)
    with pytest.raises(NothingToPrint):
        services.asset_plates(actor)  # each asset has one


def test_label_sheet_is_a_pdf(world: World) -> None:
    made = services.asset_plates(world.actor("shift_leader"))
    assert services.plates_pdf(made * 11, site=SITE).startswith(b"%PDF"), "44 plates are three sheets"


def test_a_village_without_gps(world: World) -> None:
    actor = world.actor("shift_leader")
    lon, lat = world.point(0, 0)
    plate = services.place_plate(actor, label="柳岸村村口大槐树", lon=lon, lat=lat, address="望湖街道")
    assert plate.area_path.startswith(world.district.path)
    assert queries.place_of(queries.plate(plate.code))["component"] == ""
    for wrong in ({"label": " "}, {"label": "x\x00"}, {"label": "长" * 121}):
        with pytest.raises(BadInput):
            services.place_plate(actor, **({"label": "村口", "lon": lon, "lat": lat} | wrong))
    with pytest.raises(OutsideArea):
        services.place_plate(actor, label="外地", lon=world.outside[0], lat=world.outside[1])
    with pytest.raises(NotPermitted):
        services.place_plate(world.actor("inspector"), label="村口", lon=lon, lat=lat)
    assert Plate.objects.count() == 1


def test_inspector_scans_and_the_page_is_filled(world: World) -> None:
    """From the pole to the report: asset, class and place stand there, and the case is at the asset."""
    (plate,) = [p for p in services.asset_plates(world.actor("shift_leader")) if p.asset == world.assets["lamp"]]
    client = world.client("inspector")
    answer = client.get(f"/p/{plate.code}")
    assert answer.headers["Location"] == f"/city/report/?plate={plate.code}"
    page = client.get(answer.headers["Location"]).content.decode()
    assert f'name="component" value="{world.assets["lamp"].code}"' in page
    assert f'value="{queries.place_of(plate)["lon"]}"' in page
    assert "望湖路12号门前" in page


def test_citizen_scans_and_reports_without_gps(world: World) -> None:
    (plate,) = [p for p in services.asset_plates(world.actor("shift_leader")) if p.asset == world.assets["cover"]]
    client = world.client()
    answer = client.get(f"/p/{plate.code}")
    assert answer.headers["Location"] == f"/report/?plate={plate.code}"
    client.get(answer.headers["Location"])
    client.post("/report/", {"step": "what", "text": "井盖响了好几天"})
    where = client.get("/report/?step=where").content.decode()
    lon, lat = (re.search(rf'id="id_{k}" name="{k}" value="([^"]+)"', where)[1] for k in ("lon", "lat"))  # type: ignore[index]
    client.post("/report/", {"step": "where", "lon": lon, "lat": lat, "address": "望湖路12号门前"})
    sent = client.post("/report/", {"step": "who"})
    assert sent.status_code in (200, 302), sent.content.decode()[:500]
    case = Case.all_modes.get()
    assert (case.point.x, case.point.y) == pytest.approx((world.assets["cover"].point.x, world.assets["cover"].point.y), abs=1e-6)
    facts = client.get("/p/" + plate.code)
    assert facts.status_code == 302
    shown = world.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()
    assert world.assets["cover"].code in shown, "the case is tied to the asset"


def test_retired_and_unknown_codes(world: World) -> None:
    actor = world.actor("shift_leader")
    plate = services.asset_plates(actor)[0]
    services.retire(actor, plate.code)
    client = world.client()
    assert client.get(f"/p/{plate.code}").status_code == 404
    assert client.get("/p/AAAAAAAA").status_code == 404
    assert client.get("/p/%00").status_code == 404
    with pytest.raises(NotFound):
        services.retire(actor, plate.code)
    assert services.asset_plates(actor)[0].code != plate.code, "a new plate for the asset"


def test_codes_as_people_type_them() -> None:
    assert read_code(" abcd 2345 ") == "ABCD2345"
    assert read_code("ABCD-2345-zzz") == "ABCD2345"


def test_pages(world: World) -> None:
    """Print, enter and plates through the browser's forms."""
    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    client = world.client("shift_leader")
    assert "1" in client.get("/paper/").content.decode()
    pdf = client.post("/paper/cases.pdf")
    assert (pdf.status_code, pdf.headers["Content-Type"], pdf.content[:4]) == (200, "application/pdf", b"%PDF")
    form = queries.forms(world.actor("shift_leader")).get()
    found = client.get("/paper/", {"number": form.serial.lower().replace("-", " ")})
    assert found.headers["Location"] == f"/paper/{form.serial}/"
    page = client.get(f"/paper/{form.serial}/", {"by": world.people["handler2"].username}).content.decode()
    assert "complete|" in page
    assert case.title in page
    assert client.get("/paper/P26-999999-X/").status_code == 404
    assert world.client("inspector").get("/paper/").status_code == 403
    assert client.post("/plates/print.pdf").content[:4] == b"%PDF"
    assert client.post("/plates/", {"label": "村口", "lon": "115.9725", "lat": "36.4425"}).status_code == 302
    wrong = client.post("/plates/", {"label": "村口", "lon": "abc", "lat": "36"})
    assert wrong.status_code == 422
    assert client.get("/plates/").status_code == 200


def test_entering_through_the_page(world: World) -> None:
    from datetime import timedelta

    from django.core.files.base import ContentFile
    from django.utils import timezone

    from tests.world import picture
    from yiwang.kernel.paper.models import PaperForm

    case = walk.advance(world, walk.report(world, photo="x", at=(2, 2)), "pending_handle")
    walk.let_pass(case, 9)
    client = world.client("shift_leader")
    client.post("/paper/cases.pdf")
    PaperForm.objects.update(printed_at=timezone.now() - timedelta(hours=8))
    form, by = PaperForm.objects.get(), world.people["handler2"].username
    page = client.get(f"/paper/{form.serial}/", {"by": by}).content.decode()
    move = re.search(r'value="(complete\|[0-9a-f-]+\|done)"', page)[1]  # type: ignore[index]
    local = (timezone.now() - timedelta(hours=2)).astimezone(timezone.get_default_timezone())
    body = {"by": by, "line": "1", "move": move, "occurred_at": local.strftime("%Y-%m-%dT%H:%M"), "reason": "已更换井盖"}
    refused = client.post(f"/paper/{form.serial}/", body)
    assert refused.status_code == 422, "no scan"
    sent = client.post(f"/paper/{form.serial}/", body | {"scan": ContentFile(picture("s"), name="s.jpg")})
    assert sent.status_code == 302, sent.content.decode()
    assert Case.all_modes.get(pk=case.pk).state == "handled"
    again = client.post(f"/paper/{form.serial}/", body | {"scan": ContentFile(picture("s"), name="s.jpg")})
    assert again.status_code == 422
    assert client.post(f"/paper/{form.serial}/close/", {"void": "0"}).status_code == 302
    assert "已更换" not in client.get(f"/paper/{form.serial}/").content.decode()


def test_a_report_form_through_the_page(world: World) -> None:
    """The plate's code on the sheet gives the place; a refusal keeps the scan; the second time it is closed."""
    from datetime import timedelta

    from django.core.files.base import ContentFile
    from django.utils import timezone

    from tests.world import picture
    from yiwang.kernel.paper.models import PaperForm

    (plate,) = [p for p in services.asset_plates(world.actor("shift_leader")) if p.asset == world.assets["cover"]]
    client = world.client("acceptor")  # who registers calls
    client.post("/paper/blanks.pdf", {"count": "1"})
    PaperForm.objects.update(printed_at=timezone.now() - timedelta(hours=8))
    form = PaperForm.objects.get()
    local = timezone.localtime(timezone.now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    body = {"text": "井盖响了一夜", "occurred_at": local, "plate": "NOSUCH22"}
    refused = client.post(f"/paper/{form.serial}/", body | {"scan": ContentFile(picture("s"), name="s.jpg")})
    assert refused.status_code == 422
    sent = client.post(f"/paper/{form.serial}/", body | {"plate": plate.code, "scan": ContentFile(picture("s"), name="s.jpg")})
    assert sent.status_code == 302, sent.content.decode()
    case = Case.all_modes.get()
    assert (case.point.x, case.point.y) == pytest.approx((plate.point.x, plate.point.y), abs=1e-6)
    assert client.get(f"/paper/{form.serial}/").status_code == 200
