"""Open311 GeoReport v2 with bad input: the specification's error body in both formats and languages, and nothing left."""

import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from lxml import etree

from tests.refusals.doors import EN, OPEN311, ZH, refused_311
from tests.refusals.footprint import nothing_left
from yiwang.kernel.cases.models import Report

FORM = "application/x-www-form-urlencoded"
BAD_POSTS = {
    "no key": ({"api_key": ""}, 403), "wrong key": ({"api_key": "x"}, 403), "key in Chinese": ({"api_key": "钥匙"}, 403), "no service": ({"service_code": ""}, 400),
    "unknown service": ({"service_code": "Z99999"}, 404), "service with nul": ({"service_code": "C\x00"}, 400), "no place": ({"lat": "", "long": ""}, 400),
    "half a place": ({"long": ""}, 400), "nan": ({"lat": "NaN"}, 400), "infinite": ({"long": "inf"}, 400), "word": ({"lat": "north"}, 400),
    "outside": ({"lat": "30", "long": "110"}, 400), "no degrees": ({"lat": "95"}, 400), "too long": ({"description": "坑" * 4001}, 400),
    "10,000": ({"description": "坑" * 10_000}, 400), "control": ({"description": "a\x07b"}, 400), "nul": ({"description": "a\x00b"}, 400),
    "unknown component": ({"address_id": "3715920100109999"}, 400), "nul in component": ({"address_id": "\x00"}, 400),
    "wrong jurisdiction": ({"jurisdiction_id": "110000"}, 404), "jurisdiction with nul": ({"jurisdiction_id": "\x00"}, 400),
    "script for a link": ({"media_url": "javascript:alert(1)"}, 400), "file for a link": ({"media_url": "file:///etc/passwd"}, 400),
    "link with newline": ({"media_url": "http://a/\r\nX: y"}, 400), "unknown condition": ({"attribute[CONDITION]": "nope"}, 400),
    "condition with nul": ({"attribute[CONDITION]": "\x00"}, 400), "control in name": ({"first_name": "王\x01"}, 400), "long name": ({"first_name": "王" * 61}, 400),
    "two names too long together": ({"first_name": "王" * 40, "last_name": "李" * 40}, 400), "phone too long": ({"phone": "1" * 31}, 400),
    "control in phone": ({"phone": "138\x07"}, 400), "nul in address": ({"address_string": "望湖路\x00"}, 400), "address too long": ({"address_string": "路" * 257}, 400),
}  # fmt: skip


def form(doors, **change):
    lon, lat = doors.world.point()
    return {"api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": "井盖缺失", **change}


@pytest.mark.parametrize("case", BAD_POSTS)
def test_a_request_that_cannot_be_taken(doors, case):
    change, status = BAD_POSTS[case]
    with nothing_left():
        for language, ending in ((ZH, "xml"), (EN, "json")):
            client = doors.client(None, language)
            refused_311(client.post(f"{OPEN311}/requests.{ending}", urlencode(form(doors, **change)), content_type=FORM), status, language=language)
        body = {k: v for k, v in form(doors, **change).items() if not k.startswith("attribute")}
        if "attribute[CONDITION]" in change:
            body["attribute"] = {"CONDITION": change["attribute[CONDITION]"]}
        refused_311(doors.post(doors.client(None), f"{OPEN311}/requests.json", body), status)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"[1]", b"\xff", b"[" * 100_000, b'{"a":' * 50_000, b'{"description": "\\ud800", "api_key": 1}', b"1" * 5000])
def test_bodies_that_are_no_json(doors, raw):
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client("machine", language).post(f"{OPEN311}/requests.json", raw, content_type="application/json")
            refused_311(answer, 400, language=language)


def test_what_json_lets_through_and_a_database_does_not(doors):
    with nothing_left():
        for field in ("description", "first_name", "address_string", "phone", "service_code", "jurisdiction_id", "address_id", "media_url"):
            raw = json.dumps({**form(doors), field: "x\ud800"})
            answer = doors.client(None).post(f"{OPEN311}/requests.json", raw, content_type="application/json", headers={"idempotency-key": "s"})
            assert 400 <= answer.status_code < 500, (field, answer.content)


def test_a_large_body_and_one_of_another_kind(doors):
    with nothing_left():
        for language in (ZH, EN):
            client = doors.client(None, language)
            refused_311(client.post(f"{OPEN311}/requests.json", "{" + " " * (6 * 1024 * 1024), content_type="application/json"), 413, language=language)
            refused_311(client.post(f"{OPEN311}/requests.xml", urlencode(form(doors, description="x" * (6 * 1024 * 1024))), content_type=FORM), 413, language=language)
            refused_311(client.post(f"{OPEN311}/requests.json", "<a/>", content_type="text/xml"), 403, language=language)
            many = urlencode([(f"attribute[A{i}]", "x") for i in range(2000)])
            refused_311(client.post(f"{OPEN311}/requests.xml", many, content_type=FORM), 400, language=language)


def test_an_attribute_and_a_field_that_nobody_knows_are_left_aside(doors):
    """The specification wants unknown arguments ignored; none of them becomes a fact of the case."""
    more = {"attribute[NOPE]": "x", "state": "closed", "status": "closed", "number": "1", "mode": "imported", "filed_at": "2020-01-01", "channel": "leader"}
    answer = doors.client(None).post(f"{OPEN311}/requests.json", urlencode(form(doors, **more)), content_type=FORM)
    assert answer.status_code == 200, answer.content
    report = Report.objects.get(uid=answer.json()[0]["service_request_id"])
    assert (report.case.state, report.case.number, report.case.mode, report.case.channel, report.case.filed_at) == ("reported", None, "live", "open311", None)


def test_the_same_key_with_another_body_and_with_the_same(doors):
    client = doors.client(None)

    def send(**change):
        return client.post(f"{OPEN311}/requests.json", urlencode(form(doors, **change)), content_type=FORM, headers={"idempotency-key": "k"})

    first = send()
    assert first.status_code == 200
    with nothing_left():
        assert send().json() == first.json()
        refused_311(send(description="另一处"), 400)


QUERIES = [
    "start_date=yesterday", "start_date=2026-13-01T00:00:00Z", "start_date=2026-01-01T00:00:00", "start_date=0001-01-01T00:00:00Z&end_date=0001-01-02T00:00:00Z",
    "end_date=0001-01-01T00:00:00%2B14:00", "start_date=9999-12-31T23:59:59-14:00", "start_date=2026-06-01T00:00:00Z&end_date=2026-01-01T00:00:00Z",
    "start_date=2020-01-01T00:00:00Z&end_date=2026-01-01T00:00:00Z", "status=done", "service_code=Z1", "service_code=%00", "bbox=1,2,3", "bbox=NaN,1,2,3",
    "bbox=120,30,110,40", "bbox=-1e9,0,1e9,1", "bbox=a,b,c,d", "lat=36", "lat=NaN&long=116", "lat=36&long=116&radius=-1", "lat=36&long=116&radius=1e12",
    "lat=36&long=116&radius=x", "page=0", "page=-1", "page=x", "page=1e300", "page_size=0", "page_size=x", "page=99999999", "start_date=%00", "extensions=%00&page=NaN",
    "jurisdiction_id=nope",
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_filters(doors, query):
    for language, ending in ((ZH, "json"), (EN, "xml")):
        answer = doors.client(None, language).get(f"{OPEN311}/requests.{ending}?{query}")
        if answer.status_code == 200:  # far away in time is a range like others, and empty
            assert "0001" in query or "9999" in query
            continue
        refused_311(answer, answer.status_code, language=language)
        assert answer.status_code in (400, 404)


@pytest.mark.parametrize("path", [
    "requests/x.json", "requests/%00.json", "requests/7b1f3c52-9d0e-4f6a-8c11-2a5e90d4b7f3.xml", "requests/' OR 1=1.json", "requests/..%2f..%2fetc%2fpasswd.json", "tokens/%00.json",
    "tokens/AAAAAAAAAA.xml", "tokens/' OR ''='.json", "services/%00.json", "services/Z.json", "services/C.xml", "nothing.json", "requests.pdf", "requests.%00",
    "services/C01001.exe", "media/7b1f3c52-9d0e-4f6a-8c11-2a5e90d4b7f3.jpg", "media/x.jpg", "a/b/c/d.json", "REQUESTS.json", "requests.json/", "%ff%fe",
])  # fmt: skip
def test_addresses_where_nothing_is(doors, path):
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client(None, language).get(f"{OPEN311}/{path}")
            refused_311(answer, answer.status_code, language=language)
            assert answer.status_code in (400, 404)


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace"])
def test_methods(doors, method):
    with nothing_left():
        for path in ("services.json", "requests.json", "discovery.xml", f"requests/{uuid4()}.json"):
            answer = getattr(doors.client(None), method)(f"{OPEN311}/{path}")
            refused_311(answer, 405)
            assert answer["Allow"]


def test_text_of_a_report_is_escaped_in_xml(doors):
    evil = "<script>alert(1)</script>]]><x>&amp;&lt; \"'{{ 7*7 }} \u202eabc"
    answer = doors.client(None).post(f"{OPEN311}/requests.xml", urlencode(form(doors, description=evil)), content_type=FORM)
    uid = etree.fromstring(answer.content).findtext("request/service_request_id")
    raw = doors.client(None).get(f"{OPEN311}/requests/{uid}.xml")
    assert b"<script" not in raw.content
    assert etree.fromstring(raw.content).findtext("request/description") == evil


def test_an_xml_body_reads_no_file_of_ours(doors):
    xxe = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><request><api_key>&x;</api_key></request>'
    with nothing_left():
        answer = doors.client("machine").post(f"{OPEN311}/requests.xml", xxe, content_type="application/xml")
        refused_311(answer, 400)
        assert b"root:" not in answer.content
