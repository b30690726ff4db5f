"""The address desk and its API: files in, answers out, nothing personal kept."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.geography.loading import copy_rows, point
from yiwang.kernel.geography.models import GeocodeRun
from yiwang.kernel.geography.services import geocoding

pytestmark = pytest.mark.django_db
LON, LAT = 115.985, 36.455


@pytest.fixture
def town(world):
    path = world.case_path if hasattr(world, "case_path") else ""
    copy_rows("yw_geography_addresspoint", ["kind", "name", "road", "number", "point", "area_path"], [
        ("address", f"听河路{n}号", "听河路", f"{n}号", point(LON + n * 0.0001, LAT), path) for n in (2, 4, 10)
    ])
    return world


@pytest.fixture
def clerk(town):
    return town.client("acceptor")


def csv_file(text, name="list.csv", encoding="utf-8"):
    return SimpleUploadedFile(name, text.encode(encoding), content_type="text/csv")


def test_a_short_file_is_answered_at_once_and_comes_back_whole(clerk):
    given = csv_file("编号,事发地址,联系电话,姓名\n1,听和路4号,13812345678,张三\n2,=听河路十号,13912345678,李四\n3,没有这里,,王五\n", encoding="gb18030")
    answer = clerk.post("/addresses/files/", {"file": given})
    assert answer.status_code == 302
    run = GeocodeRun.objects.get()
    assert (run.state, run.total, run.done) == ("done", 3, 3)
    assert run.header == ["编号", "事发地址"]
    assert run.dropped == ["联系电话", "姓名"]
    stored = json.dumps([run.rows, run.answers], ensure_ascii=False)
    assert "138" not in stored
    assert "张三" not in stored
    assert run.tally == {"door": 2, "none": 1}
    page = clerk.get(answer["Location"]).content.decode()
    assert "听河路4号" in page
    made = clerk.get(f"{answer['Location']}csv")
    lines = made.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "编号,事发地址,lon,lat,score,accuracy,found,why"
    assert "door,听河路4号" in lines[1]
    assert lines[2].startswith("2,'=听河路十号,")
    sheet = load_workbook(io.BytesIO(clerk.get(f"{answer['Location']}xlsx").content)).active
    assert sheet.max_row == 4
    assert sheet["F2"].value == "door"
    event = Event.objects.get(action="geography.addresses.uploaded")
    assert event.data["rows"] == 3
    assert event.data["dropped_columns"] == 2


def test_a_long_file_becomes_a_job_that_may_be_killed(clerk, town, monkeypatch):
    book = Workbook()
    book.active.append(["address"])
    for n in range(1, 1203):
        book.active.append([f"听河路{n % 12}号"])
    packed = io.BytesIO()
    book.save(packed)
    answer = clerk.post("/addresses/files/", {"file": SimpleUploadedFile("long.xlsx", packed.getvalue())})
    run = GeocodeRun.objects.get()
    assert (run.state, run.done) == ("waiting", 0)
    assert "hx-trigger" in clerk.get(answer["Location"]).content.decode()
    real, calls = geocoding.geocode, []

    def dying(texts, **more):
        calls.append(len(texts))
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(texts, **more)

    monkeypatch.setattr(geocoding, "geocode", dying)
    with pytest.raises(RuntimeError):
        geocoding.do_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, len(run.answers)) == ("running", 500, 500)
    geocoding.do_run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, len(run.answers)) == ("done", 1202, 1202)
    geocoding.do_run(run.pk)  # once more does nothing
    assert calls == [500, 500, 500, 202]


@pytest.mark.parametrize(("content", "name", "reason"), [
    (b"", "a.csv", "required"), (b"address\n", "a.csv", "empty"), (b"\x00\x01\x02", "a.csv", "format"), (b"PK\x03\x04nothing", "a.xlsx", "format"),
    (b"\xff\xfe\xff\xff\x00", "a.csv", "encoding"), (b"colour,size\nred,3\nblue,4\n", "a.csv", "unknown"),
    (b"address\n" + b"x\n" * 31, "a.csv", "rows"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_and_nothing_stored(clerk, settings, content, name, reason):
    settings.GEOCODE_MOST_ROWS = 30
    answer = clerk.post("/addresses/files/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert not GeocodeRun.objects.exists()
    if content:
        actor = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant("geography.geocode", Scope()),))
        with pytest.raises(BadInput) as refused:
            geocoding.start_run(actor, name, content)
        assert refused.value.errors[0]["code"] == reason


def test_a_file_is_its_owners_alone(clerk, town):
    where = clerk.post("/addresses/files/", {"file": csv_file("地址\n听河路4号\n")})["Location"]
    other = town.client("dispatcher")
    assert other.get(where).status_code == 404
    assert other.post(f"{where}remove/").status_code == 404
    assert other.get(f"{where}csv").status_code == 404
    assert clerk.get(f"{where}pdf").status_code == 404
    assert town.client("citizen").get("/addresses/").status_code == 403
    with pytest.raises(NotPermitted):
        geocoding.start_run(town.actor("citizen"), "a.csv", b"address\nx\n")
    assert clerk.post(f"{where}remove/").status_code == 302
    assert not GeocodeRun.objects.exists()


def test_files_are_forgotten_after_a_week(clerk):
    clerk.post("/addresses/files/", {"file": csv_file("地址\n听河路4号\n")})
    assert geocoding.clear_runs() == 0
    GeocodeRun.objects.update(asked_at="2026-01-01T00:00:00Z")
    assert geocoding.clear_runs() == 1


def test_the_page_says_why_and_the_list_costs_the_same(clerk, django_assert_max_num_queries):
    page = clerk.get("/addresses/", {"text": "听和路4号"}).content.decode()
    assert "听河路4号" in page
    assert "听和路" in page
    assert "sounds like" in page or "读音" in page
    page = clerk.get("/addresses/", {"lon": LON + 0.0004, "lat": LAT + 0.0003}).content.decode()
    assert "听河路4号" in page
    assert clerk.get("/addresses/", {"lon": "x", "lat": "1"}).status_code == 200
    assert clerk.get("/addresses/", {"text": "\0"}).status_code == 200
    for _ in range(3):
        clerk.post("/addresses/files/", {"file": csv_file("地址\n听河路4号\n")})
    clerk.get("/addresses/")
    with django_assert_max_num_queries(14):
        clerk.get("/addresses/")


def test_the_api_answers_one_many_and_backwards(clerk, town, client):
    one = client.get("/api/v1/geocode", {"text": "听河路4号对面"}).json()["matches"][0]
    assert (one["name"], one["accuracy"], one["enough"]) == ("听河路4号", "door", True)
    assert one["why"][0]["how"] == "exact"
    back = client.get("/api/v1/geocode/reverse", {"lon": LON + 0.0004, "lat": LAT + 0.0003}).json()
    assert "听河路4号" in back["address"]
    assert client.get("/api/v1/geocode/reverse", {"lon": "nan", "lat": 1}).status_code == 422
    body = json.dumps({"texts": ["听河路4号", "没有", "听河路8号"]})
    assert client.post("/api/v1/geocode/batch", body, content_type="application/json").status_code in (401, 403)
    items = clerk.post("/api/v1/geocode/batch", body, content_type="application/json").json()["items"]
    assert [len(i["matches"]) for i in items] == [1, 0, 1]
    assert items[2]["matches"][0]["accuracy"] == "interpolated"
    many = json.dumps({"texts": ["x"] * 1001})
    assert clerk.post("/api/v1/geocode/batch", many, content_type="application/json").status_code == 422
