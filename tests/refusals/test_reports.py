"""Reports that cannot be taken: over the service, the JSON API and Open311, in both languages, without a trace."""

import json
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.utils import translation

from tests.refusals.doors import EN, OPEN311, REPORTS, ZH, refused, refused_311
from tests.refusals.footprint import nothing_left
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted, NotSignedIn, ProblemError
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.cases.models import Case, Report
from yiwang.kernel.geography.errors import OutsideArea

FUTURE = (now() + timedelta(days=1)).isoformat()
LONG_AGO = "0001-01-01T00:00:00+14:00"  # before year 1 in UTC: stored once, never readable again
SURROGATE = '"\\ud800"'
BOTH = pytest.mark.parametrize("language", [ZH, EN])

# change to a good body -> the field that must be named
API_CASES = {
    "no place": ({"lon": None, "lat": None}, "place"), "half a place": ({"lon": None}, "place"),
    "no degrees": ({"lat": 95}, "place"), "metres": ({"lon": 500_000.0, "lat": 4_000_000.0}, "place"),
    "words for a number": ({"lon": "east"}, "lon"), "unknown class": ({"class": "matter:99998"}, "class"),
    "class without kind": ({"class": "06013"}, "class"), "class with injection": ({"class": "matter:' OR 1=1 --"}, "class"),
    "unknown component": ({"component": "3715920100109999"}, "component"),
    "text of 10,000": ({"text": "坑" * 10_000}, "text"), "text beyond": ({"text": "坑" * 10_001}, "text"),
    "nul": ({"text": "a\x00b"}, "text"), "escape": ({"text": "\x1b[31m"}, "text"), "bell in address": ({"address": "望湖路\x07"}, "address"),
    "address too long": ({"address": "路" * 257}, "address"),
    "future": ({"occurred_at": FUTURE}, "occurred_at"), "naive": ({"occurred_at": "2026-01-01T10:00:00"}, "occurred_at"),
    "no date": ({"occurred_at": "昨天"}, "occurred_at"), "before all time": ({"occurred_at": LONG_AGO}, "occurred_at"),
    "a phone with an empty battery": ({"occurred_at": "1970-01-01T00:00:00+08:00"}, "occurred_at"),
    "channel of nobody": ({"channel": "smoke"}, "channel"), "no uuid": ({"uid": "17"}, "uid"), "file no uuid": ({"files": ["x"]}, "files.0"),
    "too many files": ({"files": [str(uuid4()) for _i in range(10)]}, "files"),
    "number in name": ({"person": {"name": 5}}, "person.name"), "control in phone": ({"person": {"phone": "1\x072"}}, "person.phone"),
    "state": ({"state": "closed"}, "state"), "number": ({"number": "371592-1"}, "number"), "mode": ({"mode": "imported"}, "mode"),
    "filed_at": ({"filed_at": "2026-01-01T00:00:00Z"}, "filed_at"), "query_code": ({"query_code": "AAAAAAAAAA"}, "query_code"),
    "region": ({"region": "110000"}, "region"), "area_path": ({"area_path": "1."}, "area_path"),
    "field of the person": ({"person": {"name": "李", "account_id": 1}}, "person.account_id"),
    "neither text nor class": ({"text": " ", "class": ""}, "text"), "accuracy": ({"accuracy_m": -1}, "accuracy_m"),
}  # fmt: skip


@pytest.mark.parametrize("case", API_CASES)
def test_the_api_names_the_field_and_leaves_nothing(doors, case):
    change, field = API_CASES[case]
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.post(doors.client("machine", language), REPORTS, doors.report_body(**change))
            refused(answer, 422, "base.bad-input", language=language, field=field)


@BOTH
def test_every_wrong_field_is_named_at_once(doors, language):
    body = doors.report_body(text="\x01", component="nope", **{"class": "matter:1"})
    with nothing_left():
        found = refused(doors.post(doors.client("machine", language), REPORTS, {**body, "text": "坑" * 2001}), 422, language=language)
    assert {e["field"] for e in found["errors"]} == {"text", "class", "component"}


@BOTH
def test_a_point_outside_is_told_where_the_border_is(world, doors, language):
    lon, lat = world.outside
    with nothing_left():
        found = refused(doors.post(doors.client("machine", language), REPORTS, doors.report_body(lon=lon, lat=lat)), 422, language=language)
    assert found["code"] == OutsideArea.code
    with nothing_left():
        answer = doors.client(None, language).post(f"{OPEN311}/requests.json", {
            "api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": "x"})  # fmt: skip
        refused_311(answer, 400, language=language)


def test_a_place_without_a_grid_is_taken_and_told(world, doors):
    lon, lat = world.no_grid
    answer = doors.post(doors.client("machine"), REPORTS, doors.report_body(lon=lon, lat=lat))
    assert answer.status_code == 201, answer.content
    case = Case.objects.get(uid=answer.json()["case"])
    assert case.city.unit_grid_id is None
    assert case.area.level == "street", "the next border around it answers for it"
    said = doors.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()
    assert "网格" in said
    place = doors.client().get(f"/map/place.json?lon={lon}&lat={lat}").json()
    assert place["no_grid"] is True


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"null", b"1e999", b"\xff\xfe", b'{"text": "\xed\xa0\x80"}', b'{"a":' * 5000, b'"' * 99])
def test_a_body_that_is_no_json(doors, raw):
    with nothing_left():
        for language in (ZH, EN):
            refused(doors.post(doors.client("machine", language), REPORTS, raw), 422, language=language)


@pytest.mark.parametrize(("field", "raw"), [
    ("text", f'{{"text": {SURROGATE}, "class": "component:01001", "lon": 115.9725, "lat": 36.4425}}'),
    ("lon", '{"text": "x", "class": "component:01001", "lon": NaN, "lat": 36.4425}'),
    ("lon", '{"text": "x", "class": "component:01001", "lon": 1e999, "lat": 36.4425}'),
])  # fmt: skip
def test_what_json_lets_through_and_a_database_does_not(doors, field, raw):
    with nothing_left():
        refused(doors.post(doors.client("machine"), REPORTS, raw), 422, field=field)


@BOTH
def test_a_body_that_is_too_large_and_one_of_another_kind(doors, language):
    client = doors.client("machine", language)
    with nothing_left():
        large = doors.post(client, REPORTS, json.dumps({"text": "x" * (6 * 1024 * 1024)}))
        refused(large, 413, "base.too-large-body", language=language)
        form = client.post(REPORTS, urlencode({"text": "x"}), content_type="application/x-www-form-urlencoded")
        refused(form, 422, language=language)
        xml = client.post(REPORTS, "<text/>", content_type="text/xml")
        refused(xml, 422, language=language)


@BOTH
def test_the_same_key_with_another_body(doors, language):
    client = doors.client("machine", language)
    first = doors.post(client, REPORTS, doors.report_body(), **{"idempotency-key": "k-1"})
    assert first.status_code == 201
    with nothing_left():
        other = doors.post(client, REPORTS, doors.report_body(text="另一处"), **{"idempotency-key": "k-1"})
        refused(other, 409, KeyReused.code, language=language)
        again = doors.post(client, REPORTS, doors.report_body(), **{"idempotency-key": "k-1"})
        assert (again.status_code, again.json()["case"], again.json()["repeated"]) == (200, first.json()["case"], True)
        for key in ("k" * 81, "a\tb", "\x7f"):
            answer = doors.post(client, REPORTS, doors.report_body(), **{"idempotency-key": key})
            refused(answer, 422, language=language, field="Idempotency-Key")


def test_one_key_of_two_clients_never_meets(doors):
    before = Case.objects.count()
    for who in ("machine", "acceptor"):
        body = doors.report_body(**({"channel": "hotline"} if who == "acceptor" else {}))
        assert doors.post(doors.client(who), REPORTS, body, **{"idempotency-key": "same"}).status_code == 201
    assert Case.objects.count() == before + 2


def test_a_second_click_without_a_key_is_two_reports_with_the_same_number_one(doors):
    """Without a key nobody can tell a second click from a second report; the report's own number can."""
    uid, client = str(uuid4()), doors.client("machine")
    assert doors.post(client, REPORTS, doors.report_body(uid=uid)).status_code == 201
    with nothing_left():
        refused(doors.post(client, REPORTS, doors.report_body(uid=uid)), 422, field="uid")


# --- joining a case -----------------------------------------------------------------------------------------------------


def test_a_case_that_does_not_exist_and_one_of_others_look_the_same(world, doors):
    """A number of a case is no right to it: whoever may not see it cannot tell that it is there, nor write into it."""
    theirs = doors.town["call"]
    for who, channel in (("machine", "api"), ("citizen", "public"), ("inspector3", "inspector")):
        client, said = doors.client(who), []
        for uid in (theirs.uid, uuid4()):
            with nothing_left():
                body = doors.report_body(case=str(uid), channel=channel)
                found = refused(doors.post(client, REPORTS, body), 404, NotFound.code)
            said.append({k: v for k, v in found.items() if k != "instance"})
        assert said[0] == said[1]


def _hotline(world, **more):
    lon, lat = world.point()
    person = PersonDraft(name="王小花", phone="13900001111", secret=True)
    return ReportDraft(**{"channel": "hotline", "text": "井盖缺失", "answers": {"class": "component:01001"}, "lon": lon, "lat": lat,
                          "person": person, **more})  # fmt: skip


def test_joining_is_refused_when_the_case_is_closed_or_the_draft_is_bad(world, doors):
    receipt = cases.report(world.actor("acceptor"), "city.problem", _hotline(world))
    for change in ({"text": "坑" * 2001}, {"lon": 110.0, "lat": 30.0}, {"channel": "import"}, {"channel": "inspector"}):
        with nothing_left():
            body = doors.report_body(case=str(receipt.case_uid), **{"channel": "hotline", **change})
            answer = doors.post(doors.client("acceptor"), REPORTS, body)
            assert answer.status_code in (403, 422), answer.content
    Case.objects.filter(uid=receipt.case_uid).update(closed_at=now(), outcome="refused")
    with nothing_left():
        body = doors.report_body(case=str(receipt.case_uid), channel="hotline")
        refused(doors.post(doors.client("acceptor"), REPORTS, body), 404)


# --- who may speak in whose name ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "channel"), [
    ("machine", "inspector"), ("machine", "hotline"), ("machine", "import"), ("machine", "leader"), ("citizen", "hotline"),
    ("citizen", "inspector"), ("citizen", "api"), ("citizen", "import"), ("inspector", "hotline"), ("acceptor", "inspector"),
    ("acceptor", "import"),
])  # fmt: skip
def test_nobody_speaks_in_the_name_of_another_channel(doors, who, channel):
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.post(doors.client(who, language), REPORTS, doors.report_body(channel=channel))
            refused(answer, 403, NotPermitted.code, language=language)


@BOTH
def test_without_a_key_with_a_wrong_one_or_a_locked_one(doors, language):
    from yiwang.kernel.identity.models import ApiClient

    with nothing_left():
        refused(doors.post(doors.client(None, language), REPORTS, doors.report_body()), 401, NotSignedIn.code, language=language)
        for name in ({"x-api-key": "wrong"}, {"authorization": "Bearer wrong"}, {"x-api-key": "钥匙".encode().decode("latin-1")}):
            client = doors.client(None, language, **name)
            refused(doors.post(client, REPORTS, doors.report_body()), 401, NotSignedIn.code, language=language)
    client = doors.client("machine", language)
    ApiClient.objects.update(is_active=False)
    with nothing_left():
        refused(doors.post(client, REPORTS, doors.report_body()), 401, NotSignedIn.code, language=language)


# --- the service itself, which every door calls -------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "error"), [
    ({"lon": float("nan")}, BadInput), ({"lat": float("inf")}, BadInput), ({"lon": 110.0, "lat": 30.0}, OutsideArea),
    ({"text": "\ud800"}, BadInput), ({"text": "坑" * 10_000}, BadInput), ({"text": "a\x00"}, BadInput), ({"text": "a\x85b"}, BadInput),
    ({"address": "a\x00"}, BadInput), ({"address": "\ud800"}, BadInput), ({"address": "路" * 300}, BadInput),
    ({"answers": {"class": "matter:\x00"}}, BadInput), ({"answers": {"component": "\x00"}}, BadInput), ({"answers": {"class": ["x"]}}, BadInput),
    ({"person": PersonDraft(name="\x00")}, BadInput), ({"person": PersonDraft(name="王" * 500)}, BadInput),
    ({"person": PersonDraft(phone="\ud800")}, BadInput), ({"person": PersonDraft(address="x" * 5000)}, BadInput),
    ({"occurred_at": now() + timedelta(hours=1)}, BadInput), ({"occurred_at": now().replace(tzinfo=None)}, BadInput),
    ({"files": (uuid4(),)}, ProblemError), ({"channel": "smoke"}, BadInput), ({"accuracy_m": float("nan")}, BadInput),
])  # fmt: skip
def test_the_service_refuses_with_words_in_both_languages(world, change, error):
    said = {}
    for language in (ZH, EN):
        with translation.override(language), nothing_left(), pytest.raises(error) as refusal:
            cases.report(world.actor("acceptor"), "city.problem", _hotline(world, **change), key=str(uuid4()))
        with translation.override(language):
            said[language] = str(refusal.value)
    assert said[ZH] != said[EN]


def test_what_may_be_written_is_kept_as_it_was_written(world):
    """Emoji, right-to-left text, combining marks and every bracket of a script are words like others."""
    text = "🚧👷🏽‍♀️ مرحبا \u202eabc\u202c e\u0301 <script>alert(1)</script> {{ 7*7 }} {% load x %} ' OR 1=1; -- %s %(x)s ${jndi:x} ﷽ 𠮷 \n第二行\t制表"
    receipt = cases.report(world.actor("acceptor"), "city.problem", _hotline(world, text=text))
    assert Report.objects.get(uid=receipt.report_uid).text == text
    assert Case.objects.get(uid=receipt.case_uid).description == text
    assert Event.objects.filter(case_uid=receipt.case_uid).exists()


def test_one_word_of_two_thousand_letters_is_a_report_like_others(world):
    """Somebody pastes a link or a key: the search index takes no word of more than 2,047 bytes."""
    receipt = cases.report(world.public(), "city.problem", _hotline(world, channel="open311", text="x" * 4000, person=None))
    assert len(Report.objects.get(uid=receipt.report_uid).text) == 4000
