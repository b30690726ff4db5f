"""Open311 GeoReport v2: both formats as the specification prints them, every filter and error, the public clients unchanged."""

import itertools
import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.http import urlencode
from lxml import etree

from tests.world import picture
from yiwang.apps.city.rules.public_text import mask_personal
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest, PersonDraft, ReportDraft
from yiwang.kernel.cases.models import Case, CaseParty, Report, Task
from yiwang.kernel.cases.services.parties import decrypt
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.identity.models import Role
from yiwang.kernel.identity.services import create_client

BASE, KEY = "/open311/v2", "sample-key-of-tests"
REQUEST_FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode", "lat",
    "long", "media_url",
]  # fmt: skip


def install_key():
    create_client(system(), code="open311-test", name="Report app", role=Role.objects.get(code="open311_client"), key=KEY)


@pytest.fixture
def web(world):
    install_key()
    return Client(headers={"accept-language": "en"})


def form(world, **more):
    lon, lat = world.point()
    return {"api_key": KEY, "service_code": "C01001", "lat": lat, "long": lon, "description": "Cover missing", **more}


def send(web, data, ending="json", **headers):
    return web.post(f"{BASE}/requests.{ending}", urlencode(data, doseq=True),
                    content_type="application/x-www-form-urlencoded; charset=utf-8", headers=headers)  # fmt: skip


def made(web, world, **more) -> str:
    response = send(web, form(world, **more))
    assert response.status_code == 200, response.content
    return response.json()[0]["service_request_id"]


def xml(response):
    assert response["Content-Type"] == "text/xml; charset=utf-8"
    assert response.content.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    return etree.fromstring(response.content)


def refused(response, status):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json; charset=utf-8"
    found = response.json()
    assert isinstance(found, list)
    assert found
    assert all(set(e) == {"code", "description"} and e["code"] == status and e["description"] for e in found)
    return found[0]["description"]


@pytest.mark.django_db
def test_discovery_in_both_formats(web):
    found = web.get(f"{BASE}/discovery.json").json()
    assert list(found) == ["changeset", "contact", "key_service", "endpoints"]
    [endpoint] = found["endpoints"]
    assert list(endpoint) == ["specification", "url", "changeset", "type", "formats"]
    assert endpoint["url"] == "http://testserver/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    root = xml(web.get(f"{BASE}/discovery.xml"))
    assert [c.tag for c in root] == list(found)
    assert root.findtext("endpoints/endpoint/specification") == "http://wiki.open311.org/GeoReport_v2"
    assert [f.text for f in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]
    assert all(c.text for c in root.iter() if not len(c))


@pytest.mark.django_db
def test_services_and_their_definitions(web, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        found = web.get(f"{BASE}/services.json").json()
    assert len(found) > 250
    assert all(
        list(s) == ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
        and s["type"] == "realtime" and isinstance(s["metadata"], bool) and s["service_name"] and s["group"]
        for s in found
    )  # fmt: skip
    assert len({s["service_code"] for s in found}) == len(found)
    root = xml(web.get(f"{BASE}/services.xml"))
    assert (root.tag, {c.tag for c in root}) == ("services", {"service"})
    assert [c.findtext("service_code") for c in root] == [s["service_code"] for s in found]
    assert {c.findtext("metadata") for c in root} <= {"true", "false"}
    cover = web.get(f"{BASE}/services/C01001.json").json()
    assert cover["service_code"] == "C01001"
    assert [a["code"] for a in cover["attributes"]] == ["CONDITION", "COMPONENT"]
    first = cover["attributes"][0]
    assert list(first) == ["variable", "code", "datatype", "required", "datatype_description", "order", "description", "values"]
    assert (first["datatype"], first["required"], first["order"]) == ("singlevaluelist", False, 1)
    assert {"key", "name"} == set(first["values"][0])
    assert "C01001-01" in [v["key"] for v in first["values"]]
    definition = xml(web.get(f"{BASE}/services/C01001.xml"))
    assert definition.tag == "service_definition"
    assert definition.findtext("attributes/attribute/values/value/key") == first["values"][0]["key"]
    assert definition.findtext("attributes/attribute/datatype_description") == ""
    plain = next(s for s in found if not s["metadata"])
    assert web.get(f"{BASE}/services/{plain['service_code']}.json").json()["attributes"] == []
    assert "not found" in refused(web.get(f"{BASE}/services/X99999.json"), 404)


@pytest.mark.django_db
def test_a_request_is_posted_as_a_form(web, world):
    response = send(web, {
        **form(world, first_name="小红", last_name="王", phone="13800001111", email="x@example.org", device_id="tt22",
               address_string="望湖路12号", media_url="https://example.org/p.jpg", jurisdiction_id="371599", account_id="7"),
        "attribute[CONDITION]": "C01001-01", "attribute[OTHER][]": ["a", "b"],
    })  # fmt: skip
    [answer] = response.json()
    assert list(answer) == ["service_request_id", "service_notice", "account_id"]
    report = Report.objects.get(uid=answer["service_request_id"])
    case = report.case
    assert (case.channel, case.state, case.city.class_code, case.city.kind) == ("open311", "reported", "01001", "component")
    assert (report.text, case.address) == ("Cover missing", "望湖路12号")
    assert report.data["condition"] == "C01001-01"
    assert report.data["media_url"] == "https://example.org/p.jpg"
    assert report.query_code in answer["service_notice"]
    party = CaseParty.objects.get(case=case).party
    assert (decrypt(party.name, "name"), decrypt(party.phone, "phone")) == ("小红 王", "13800001111")
    root = xml(send(web, form(world), "xml"))
    assert [c.tag for c in root[0]] == ["service_request_id", "service_notice", "account_id"]
    assert (root.tag, root[0].tag, root[0].findtext("account_id")) == ("service_requests", "request", "")


@pytest.mark.django_db
def test_a_request_is_posted_as_json_and_with_photos(web, world):
    body = {**form(world), "attribute": {"CONDITION": "C01001-01"}, "phone": None}
    response = web.post(f"{BASE}/requests.json", json.dumps(body), content_type="application/json")
    assert response.status_code == 200, response.content
    assert Report.objects.get(uid=response.json()[0]["service_request_id"]).data["condition"] == "C01001-01"
    lon, lat = world.point()
    photo = SimpleUploadedFile("p.jpg", picture("open311", exif=(lon, lat)), "image/jpeg")
    sent = web.post(f"{BASE}/requests.json", {**form(world), "media": photo})
    assert sent.status_code == 200, sent.content
    number = sent.json()[0]["service_request_id"]
    [found] = web.get(f"{BASE}/requests/{number}.json").json()
    assert found["media_url"].startswith("http://testserver/open311/v2/media/")
    public = web.get(found["media_url"].removeprefix("http://testserver"))
    assert (public.status_code, public["Content-Type"]) == (200, "image/jpeg")
    from PIL import Image

    assert Image.open(__import__("io").BytesIO(public.content)).getexif().get(0x8825) is None
    bad = SimpleUploadedFile("p.jpg", b"no picture", "image/jpeg")
    before = Case.objects.count()
    refused(web.post(f"{BASE}/requests.json", {**form(world), "media": bad}), 400)
    assert Case.objects.count() == before
    refused(web.get(f"{BASE}/media/{uuid4()}.jpg", headers={"accept": "application/json"}), 404)


@pytest.mark.django_db
def test_a_key_is_asked_for_unless_the_setting_says_no(web, world, settings):
    without = {k: v for k, v in form(world).items() if k != "api_key"}
    assert "Missing api_key" in refused(send(web, without), 403)
    assert "Invalid api_key" in refused(send(web, form(world, api_key="wrong")), 403)
    in_address = web.post(f"/open311/v2/requests.json?api_key={KEY}", without)
    assert "Missing api_key" in refused(in_address, 403), "an address stands in the log of every proxy"
    wrong = xml(send(web, form(world, api_key="wrong"), "xml"))
    assert wrong.tag == "errors"
    assert [(c.tag, c.findtext("code")) for c in wrong] == [("error", "403")]
    refused(web.get(f"{BASE}/services.json", headers={"x-api-key": "wrong"}), 403)  # before any view
    assert send(web, without, **{"x-api-key": KEY}).status_code == 200
    settings.OPEN311_KEY_REQUIRED = False
    photo = SimpleUploadedFile("p.jpg", picture("nobody"), "image/jpeg")
    sent = web.post(f"{BASE}/requests.json", {**without, "media": photo})
    assert sent.status_code == 200, sent.content
    assert Attachment.objects.filter(subject_uid=Report.objects.latest("pk").case.uid).count() == 1
    # A browser's session is never taken for a sender: another site could have sent the form.
    signed_in = world.client("acceptor")
    number = send(signed_in, without).json()[0]["service_request_id"]
    assert Report.objects.get(uid=number).reporter_account_id is None


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "status", "said"), [
    ({"service_code": ""}, 400, "service_code was not provided"), ({"service_code": "C99999"}, 404, "was not found"),
    ({"jurisdiction_id": "atlantis"}, 404, "jurisdiction_id atlantis"), ({"lat": "", "long": ""}, 400, "location is needed"),
    ({"lat": ""}, 400, "belong together"), ({"lat": "north"}, 400, "number from -90"), ({"lat": "nan"}, 400, "number from -90"),
    ({"long": "1e9"}, 400, "number from -180"), ({"lat": "30", "long": "110"}, 400, ""), ({"description": "x" * 4001}, 400, "4000"),
    ({"description": "a\x00b"}, 400, "cannot be shown"), ({"address_string": "a\x07"}, 400, "cannot be shown"),
    ({"media_url": "javascript:1"}, 400, "http://"), ({"attribute[CONDITION]": "nope"}, 400, "not one of the values"),
    ({"attribute[COMPONENT]": "123"}, 400, "component"), ({"phone": "1" * 31}, 400, "limited"),
    ({"lat": "", "long": "", "address_string": "Nowhere Street 99999"}, 400, ""),
])  # fmt: skip
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(web, world, change, status, said):
    assert said in refused(send(web, form(world, **change)), status)
    assert not Case.objects.exists()
    assert not Report.objects.exists()


@pytest.mark.django_db
def test_4000_characters_with_line_breaks_are_taken(web, world):
    text = ("line one\r\n" + "路" * 100 + "\r\n") * 35
    number = made(web, world, description=text)
    assert Report.objects.get(uid=number).text == text.replace("\r\n", "\n")


@pytest.mark.django_db
def test_a_repeated_post_with_its_key_creates_one(web, world):
    first = send(web, form(world), **{"idempotency-key": "a"}).json()
    assert send(web, form(world), **{"idempotency-key": "a"}).json() == first
    assert Case.objects.count() == 1
    refused(send(web, form(world, description="else"), **{"idempotency-key": "a"}), 400)
    photo = picture("twice")
    sent = [
        web.post(f"{BASE}/requests.json", {**form(world), "media": SimpleUploadedFile("p.jpg", photo, "image/jpeg")},
                 headers={"idempotency-key": "b"}).json()
        for _ in range(2)
    ]  # fmt: skip
    assert sent[0] == sent[1]
    assert (Case.objects.count(), Attachment.objects.count()) == (2, 1)


@pytest.mark.django_db
def test_requests_show_public_facts_in_both_formats(web, world):
    number = made(web, world, description="井盖缺失，联系13812345678", first_name="San", last_name="Zhang", phone="13912345678",
                  **{"attribute[COMPONENT]": world.assets["cover"].code})  # fmt: skip
    [found] = web.get(f"{BASE}/requests/{number}.json").json()
    assert list(found) == REQUEST_FIELDS
    assert (found["service_request_id"], found["status"], found["service_code"]) == (number, "open", "C01001")
    assert found["description"] == "井盖缺失，联系138****5678"
    assert "13912345678" not in json.dumps(found)
    assert "Zhang" not in json.dumps(found)
    assert found["address_id"] == world.assets["cover"].code
    lon, lat = world.point()
    assert (found["long"], found["lat"]) == (lon, lat)
    for name in ("requested_datetime", "updated_datetime"):
        assert datetime.fromisoformat(found[name]).tzinfo is not None
    assert found["expected_datetime"]  # the intake clock
    root = xml(web.get(f"{BASE}/requests/{number}.xml"))
    assert [c.tag for c in root[0]] == REQUEST_FIELDS
    assert root[0].findtext("lat") == repr(lat)
    assert root[0].findtext("zipcode") == ""
    assert "was not found" in refused(web.get(f"{BASE}/requests/{uuid4()}.json"), 404)
    refused(web.get(f"{BASE}/requests/17.json"), 404)


@pytest.mark.django_db
def test_of_a_secret_caller_no_word_is_shown(web, world):
    lon, lat = world.point()
    draft = ReportDraft(channel="hotline", text="My neighbour at number 7 burns waste", lon=lon, lat=lat,
                        person=PersonDraft(name="李四", phone="13800000000", secret=True), answers={"class": "matter:06001"})  # fmt: skip
    receipt = cases.report(world.actor("acceptor"), "city.problem", draft)
    [found] = web.get(f"{BASE}/requests/{receipt.report_uid}.json").json()
    assert found["description"] is None
    assert "neighbour" not in json.dumps(found)


@pytest.mark.django_db
def test_filters(web, world, django_assert_max_num_queries):
    numbers = [made(web, world), made(web, world, service_code="M06001"), made(web, world)]
    old = Report.objects.get(uid=numbers[0])
    Report.objects.filter(pk=old.pk).update(received_at=now() - timedelta(days=120))
    case = Report.objects.get(uid=numbers[1]).case
    cases.act(world.actor("acceptor"), ActionRequest(action="complete", outcome="refuse", reason="Not ours",
                                                     task_uid=Task.objects.get(case=case).uid))  # fmt: skip
    far = (now() - timedelta(days=121)).strftime("%Y-%m-%dT%H:%M:%SZ")
    lon, lat = world.point()
    box = f"{lon - 0.001},{lat - 0.001},{lon + 0.001},{lat + 0.001}"
    for query, expected in (
        ({}, {1, 2}), ({"status": "open"}, {2}), ({"status": "closed"}, {1}), ({"status": "open,closed"}, {1, 2}),
        ({"service_code": "C01001"}, {2}), ({"service_code": "C01001,M06001"}, {1, 2}), ({"service_code": "M06002"}, set()),
        ({"start_date": far}, {0}), ({"end_date": far}, set()), ({"start_date": now().date().isoformat()}, {1, 2}),
        ({"start_date": (now() - timedelta(hours=1)).astimezone(UTC).isoformat()}, {1, 2}),
        ({"service_request_id": f"{numbers[0]},{numbers[2]}", "status": "closed"}, {0, 2}),
        ({"service_request_id": "17, x"}, set()), ({"bbox": box}, {1, 2}), ({"bbox": "0,0,1,1"}, set()),
        ({"lat": lat, "long": lon, "radius": 50}, {1, 2}), ({"lat": lat + 0.01, "long": lon, "radius": 50}, set()),
        ({"status": "", "service_code": "", "start_date": ""}, {1, 2}),
    ):  # fmt: skip
        response = web.get(f"{BASE}/requests.json", query)
        assert response.status_code == 200, (query, response.content)
        assert {numbers.index(r["service_request_id"]) for r in response.json()} == expected, query
    [closed] = web.get(f"{BASE}/requests.json", {"status": "closed"}).json()
    case.refresh_from_db()
    assert datetime.fromisoformat(closed["updated_datetime"]) == case.closed_at.replace(microsecond=0)
    with django_assert_max_num_queries(8):
        web.get(f"{BASE}/requests.json")


@pytest.mark.django_db
@pytest.mark.parametrize(("query", "status"), [
    ({"start_date": "yesterday"}, 400), ({"start_date": "2026-01-01T00:00:00"}, 400), ({"end_date": "2026-13-01T00:00:00Z"}, 400),
    ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400),
    ({"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, 400),
    ({"start_date": "9999-12-31T00:00:00Z"}, 400), ({"end_date": "0001-01-02T00:00:00Z"}, 400), ({"status": "asleep"}, 400),
    ({"service_code": "C99999"}, 404), ({"bbox": "1,2,3"}, 400), ({"bbox": "3,2,1,4"}, 400), ({"lat": "1"}, 400),
    ({"lat": "1", "long": "1", "radius": "1e9"}, 400), ({"page": "0"}, 400), ({"page_size": "x"}, 400), ({"page": "999999"}, 400),
    ({"jurisdiction_id": "atlantis"}, 404), ({"service_code": "\x00"}, 400),
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(web, query, status):
    refused(web.get(f"{BASE}/requests.json", query), status)
    root = xml(web.get(f"{BASE}/requests.xml", query))
    assert root.tag == "errors"
    assert root.findtext("error/code") == str(status)


@pytest.mark.django_db
def test_pages_notes_and_an_unescaped_plus(web, world):
    numbers = [made(web, world) for _ in range(3)]
    pages = [web.get(f"{BASE}/requests.json", {"page": p, "page_size": 2}).json() for p in (1, 2, 3)]
    assert [[r["service_request_id"] for r in p] for p in pages] == [[numbers[2], numbers[1]], [numbers[0]], []]
    assert len(web.get(f"{BASE}/requests.json", {"page_size": 100_000}).json()) == 3
    [found] = web.get(f"{BASE}/requests/{numbers[0]}.json", {"extensions": "true"}).json()
    assert list(found) == [*REQUEST_FIELDS, "extended_attributes", "notes"]
    assert [n["type"] for n in found["notes"]] == ["reported"]
    assert xml(web.get(f"{BASE}/requests/{numbers[0]}.xml?extensions=true")).findtext("request/notes/note/type") == "reported"
    start = (now() - timedelta(hours=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(web.get(f"{BASE}/requests.json?start_date={start}+00:00").json()) == 3


@pytest.mark.django_db
def test_tokens(web, world):
    number = made(web, world)
    code = Report.objects.get(uid=number).query_code
    assert web.get(f"{BASE}/tokens/{code}.json").json() == [{"service_request_id": number, "token": code}]
    root = xml(web.get(f"{BASE}/tokens/{number}.xml"))
    assert [(c.tag, c.text) for c in root[0]] == [("service_request_id", number), ("token", number)]
    refused(web.get(f"{BASE}/tokens/NOPE.json"), 404)


@pytest.mark.django_db
def test_formats_methods_and_unknown_addresses(web):
    refused(web.get(f"{BASE}/services.yaml", headers={"accept": "application/json"}), 400)
    assert xml(web.get(f"{BASE}/services")).tag == "services"
    assert web.get(f"{BASE}/services", headers={"accept": "application/json"}).json()
    assert xml(web.get(f"{BASE}/")).tag == "discovery"
    gone = web.post(f"{BASE}/services.json")
    assert (gone.status_code, gone["Allow"]) == (405, "GET, HEAD")
    assert web.head(f"{BASE}/services.json").status_code == 200
    refused(web.get(f"{BASE}/nothing/here", headers={"accept": "application/json"}), 404)
    assert web.get(f"{BASE}/services.json")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.django_db
def test_our_own_fault_says_its_number_and_nothing_else(web, monkeypatch):
    from yiwang.apps.city.open311 import views

    def broken():
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(views.queries, "services", broken)
    said = refused(web.get(f"{BASE}/services.json"), 500)
    assert "secret" not in said


@pytest.mark.parametrize(("text", "shown"), [
    ("路灯不亮 2026-11-23 10:00", "路灯不亮 2026-11-23 10:00"), ("call 13812345678 now", "call 138****5678 now"),
    ("138 1234 5678", "138****5678"), ("37150219900101123X", "371***"), ("0635-8200000", "0635-***"),
    ("a@b.cn", "***"), ("部件37159201001000001", "部件37159201001000001"), ("", ""),
])  # fmt: skip
def test_words_are_masked(text, shown):
    assert mask_personal(text) == shown


def test_the_public_client_georeport_reads(committed_world, live_site):
    from georeport import GeoReport

    world = committed_world
    install_key()
    web = Client()
    numbers = [made(web, world), made(web, world, service_code="M06001")]
    for kind in ("json", "xml"):
        city = GeoReport(f"{live_site}/open311/v2", jurisdiction="371599", output_format=kind)
        services = city.get_service_list()
        assert len(services) > 250
        definition = city.get_service_definition("C01001")
        assert definition["service_code"] == "C01001"
        found = city.get_service_requests(status="open")
        assert {r["service_request_id"] for r in found} == set(numbers)
        start = (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        single = city.get_service_requests(service_code="M06001", start_date=start)
        single = single if isinstance(single, list) else [single]  # xmltodict unwraps a single one
        assert [r["service_request_id"] for r in single] == [numbers[1]]
        one = city.get_service_request(numbers[0])
        assert (one["service_request_id"], one["description"]) == (numbers[0], "Cover missing")


def test_the_public_client_three_makes_all_five_calls(committed_world, live_site, tmp_path):
    itertools.ifilter = filter  # the client was written for Python 2
    sys.modules.pop("three", None)
    from three import Three

    world = committed_world
    install_key()
    lon, lat = world.point()
    city = Three(f"{live_site}/open311/v2/", api_key=KEY)
    assert city.discovery()["endpoints"][0]["url"] == f"{live_site}/open311/v2"
    services = city.services()
    code = next(s["service_code"] for s in services if s["service_code"] == "C01001")
    assert city.services(code)["service_code"] == "C01001"
    [posted] = city.post(code, lat=lat, long=lon, name="Zach Williams", phone="555-5555", description="Cover is gone",
                         address="望湖路12号", **{"attribute[CONDITION]": "C01001-01"})  # fmt: skip
    number = posted["service_request_id"]
    (tmp_path / "photo.jpg").write_bytes(picture("three"))
    with (tmp_path / "photo.jpg").open("rb") as photo:
        [second] = city.post(code, address="望湖路12号", name="Zach Williams", description="With a photo", media=photo)
    [one] = city.request(number)
    assert (one["status"], one["description"], one["address"]) == ("open", "Cover is gone", "望湖路12号")
    assert {r["service_request_id"] for r in city.requests()} == {number, second["service_request_id"]}
    assert [r["service_request_id"] for r in city.requests(code, count=1)] == [second["service_request_id"]]
    today = now().strftime("%m-%d-%Y")
    before = (now() - timedelta(days=30)).strftime("%m-%d-%Y")
    assert city.requests(between=[before, today]) is not None
    assert city.request(second["service_request_id"])[0]["media_url"].startswith(f"{live_site}/open311/v2/media/")
    assert city.token(number) == [{"service_request_id": number, "token": number}]
    assert city.post("C99999", lat=lat, long=lon, description="x")[0]["code"] == 404
