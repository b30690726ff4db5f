"""Personal values stay in the party: planted names and telephones are looked for in every answer, table, export and log."""

import io
import logging
import re
import zlib
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from openpyxl import load_workbook

from tests.refusals.doors import OPEN311, REPORTS
from tests.refusals.footprint import tables
from tests.refusals.walking import visits
from tests.walk import advance, do, upload
from yiwang.kernel.audit.models import AccessLog, Event
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.cases.models import Case, CaseParty
from yiwang.kernel.files.services import claim, store_upload

SECRET = PersonDraft(name="欧阳守密", phone="13911112222", id_number="371502199001011234", address="保密巷七号", secret=True)
OPEN = PersonDraft(name="司马公开", phone="13933334444", address="公开路八号")
MACHINE = {"name": "诸葛机器", "phone": "13955556666", "address": "接口街九号"}
CLIENT311 = {"first_name": "上官", "last_name": "接口", "phone": "13977778888", "email": "shangguan@example.org"}
PLAIN = ("欧阳守密", "13911112222", "371502199001011234", "保密巷七号", "司马公开", "13933334444", "公开路八号", "诸葛机器", "13955556666",
         "接口街九号", "上官 接口", "13977778888", "shangguan@example.org", "杨民")  # fmt: skip
# even a mask is enough to guess a neighbour: nothing of these is for a handling body
OF_SECRET = ("欧阳守密", "13911112222", "保密巷七号", "欧**", "139****2222", "2222")
NUMBERED = re.compile(r"\d\d:\d\d:\d\d\.\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # instants and uids hold any digits
HANDLERS = ("handler2", "handler", "handler:company-water", "inspector2", "inspector3")


def draft(doors, **more):
    lon, lat = doors.world.point(3, 2)
    return ReportDraft(**{"channel": "hotline", "text": "井盖破损", "answers": {"class": "component:01001"}, "lon": lon, "lat": lat, **more})


@pytest.fixture
def planted(doors, caplog):
    """Cases told by people of every kind, each carried to the handling body; what was logged meanwhile is in `caplog`."""
    caplog.set_level(logging.DEBUG)
    world, lon_lat = doors.world, doors.world.point(3, 2)
    found = {}
    receipt = cases.report(world.actor("acceptor"), "city.problem", draft(doors, person=SECRET), key="planted-secret")
    found["secret"] = advance(world, Case.objects.get(uid=receipt.case_uid), "pending_file")
    voice = store_upload(actor=world.actor("acceptor"), file=ContentFile(b"ID3\x03" + b"\0" * 3000, name="voice.mp3"), is_personal=True)
    claim(actor=world.actor("acceptor"), uids=[voice.uid], subject_kind="case", subject_uid=receipt.case_uid, area_path=found["secret"].area_path)
    found["voice"] = voice
    found["secret"] = do(world, found["secret"], "shift_leader", "complete", "file", "file", condition="C01001-01")
    found["secret"] = do(world, found["secret"], "dispatcher", "complete", "dispatch", "dispatch")
    receipt = cases.report(world.actor("acceptor2"), "city.problem", draft(doors, text="井盖移位", person=OPEN))
    found["open"] = Case.objects.get(uid=receipt.case_uid)
    answer = doors.post(doors.client("machine"), REPORTS, doors.report_body(text="机器上报", person=MACHINE), **{"idempotency-key": "planted"})
    found["machine"] = Case.objects.get(uid=answer.json()["case"])
    form = {"api_key": doors.key, "service_code": "C01001", "lat": lon_lat[1], "long": lon_lat[0], "description": "接口上报", **CLIENT311}
    answer = doors.client(None).post(f"{OPEN311}/requests.json", urlencode(form), content_type="application/x-www-form-urlencoded")
    found["open311"] = answer.json()[0]["service_request_id"]
    body = doors.report_body(channel="public", text="本人上报", person={"name": "杨民", "phone": "13999990000", "secret": True})
    answer = doors.post(doors.client("citizen"), REPORTS, body)
    assert answer.status_code == 201, answer.content
    case = Case.objects.get(uid=answer.json()["case"])
    case = advance(world, case, "pending_file")
    case = do(world, case, "shift_leader", "complete", "file", "file", condition="C01001-01", not_duplicate=True)
    found["citizen"] = do(world, case, "dispatcher", "complete", "dispatch", "dispatch")
    return found


def text_of(answer) -> str:
    """Return everything that an answer says, a sheet's cells too."""
    raw = answer.getvalue() if hasattr(answer, "streaming_content") else answer.content
    if "spreadsheet" in answer["Content-Type"]:
        book = load_workbook(io.BytesIO(raw))
        return "\n".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None)
    heads = "\n".join(f"{k}: {v}" for k, v in answer.items())
    return heads + raw.decode("utf-8", "replace")


def everything(doors, planted, who):
    """Yield (address, text) of all that somebody can ask for about the planted cases."""
    paths = []
    for case in (planted["secret"], planted["open"], planted["machine"], planted["citizen"]):
        paths += [f"/city/cases/{case.uid}/", f"/api/v1/cases/{case.uid}", f"/api/v1/cases/{case.uid}/events", f"/city/intake/?case={case.uid}"]
    for word in ("欧阳守密", "13911112222", "司马", "上官", "杨民", "井盖"):
        paths += [f"/search/?{urlencode({'q': word})}", f"/city/cases/?{urlencode({'q': word})}", f"/api/v1/cases?{urlencode({'text': word})}"]
    paths += ["/api/v1/tasks", "/api/v1/cases?size=200", "/city/cases/export.xlsx", "/city/map/", "/city/board/", "/city/desk/?tab=done",
              "/map/layers/city.open_cases.geojson?bbox=115.9,36.4,116.1,36.5&zoom=16", f"{OPEN311}/requests.json?extensions=true", f"{OPEN311}/requests.xml",
              f"{OPEN311}/requests/{planted['open311']}.json", "/notices/", "/my/reports/"]  # fmt: skip
    paths += [v.path for api in (False, True) for v in visits(doors, "GET", api=api) if "people" not in v.path]
    for path in dict.fromkeys(paths):
        with transaction.atomic():  # opening a case marks it as received; the next reader finds it as it was
            answer = doors.client(who).get(path)
            text = text_of(answer)
            transaction.set_rollback(True)
        if answer.status_code == 200:
            yield path, text.replace(urlencode({"q": ""})[2:], "")


def asked_words(path: str) -> str:
    from urllib.parse import parse_qsl, urlsplit

    return " ".join(value for _name, value in parse_qsl(urlsplit(path).query))


@pytest.mark.parametrize("who", [None, "citizen", "inspector", "inspector3", "acceptor", "shift_leader", "dispatcher", "district_dispatcher", "handler2", "leader",
                                 "administrator", "machine"])  # fmt: skip
def test_no_answer_holds_a_planted_value_in_full(doors, planted, who):
    seen = 0
    for path, text in everything(doors, planted, who):
        seen += 1
        own = {"杨民"} if who == "citizen" or path.startswith(("/accounts/", "/admin/")) else set()  # his own name above his own page
        for value in PLAIN:
            if value in own or value in asked_words(path):  # a page may repeat what was asked for
                continue
            assert value not in text, f"{who} reads {value} at {path}"
    assert seen > 10


@pytest.mark.parametrize("who", HANDLERS)
def test_a_secret_caller_is_nothing_to_a_handling_body(doors, planted, who):
    """No page, list, export, file, API or Open311 tells even a masked name or the last digits; asking for it is refused."""
    for path, text in everything(doors, planted, who):
        for value in OF_SECRET:
            if value in asked_words(path) or (value == "2222" and "/cases/" not in path):
                continue
            assert value not in NUMBERED.sub("", text), f"{who} reads {value} at {path}"
        assert "杨*" not in text, f"{who} reads the citizen's name at {path}"
    link = CaseParty.objects.get(case=planted["secret"])
    before = AccessLog.objects.count()
    answer = doors.client(who).post(f"/city/cases/{planted['secret'].uid}/reveal/", {"party": link.pk, "purpose": "联系"})
    assert answer.status_code in (403, 404)
    with pytest.raises((NotPermitted, NotFound)):
        cases.reveal(doors.world.actor(who), link, "联系")
    assert AccessLog.objects.count() == before
    for ending in ("", "thumb/"):
        assert doors.client(who).get(f"/files/{planted['voice'].uid}/{ending}").status_code == 404, "the caller's voice"


def test_the_handling_body_does_see_its_case(doors, planted):
    """The test above would pass on a locked door."""
    answer = doors.client("handler2").get(f"/city/cases/{planted['secret'].uid}/")
    assert answer.status_code == 200
    shown = doors.client("handler2").get(f"/api/v1/cases/{planted['secret'].uid}").json()
    assert [(p["name"], p["phone"], p["is_hidden"]) for p in shown["parties"]] == [("", "", True)]
    assert str(planted["voice"].uid) not in str(shown["files"])


def test_the_centre_sees_masks_and_reads_with_a_purpose_that_is_kept(doors, planted):
    case = planted["secret"]
    page = doors.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()
    assert "139****2222" in page
    link = CaseParty.objects.get(case=case)
    before = AccessLog.objects.count()
    shown = doors.client("acceptor").post(f"/city/cases/{case.uid}/reveal/", {"party": link.pk, "purpose": "回访"})
    assert SECRET.phone in shown.content.decode()
    assert "no-store" in shown["Cache-Control"], "not left in a browser that others use"
    line = AccessLog.objects.order_by("-recorded_at").first()
    assert AccessLog.objects.count() == before + 1
    assert (line.purpose, line.party_id) == ("回访", link.party_id)


def test_no_table_holds_a_planted_value(doors, planted):
    """Whole rows are searched, as text and as bytes in hexadecimal; the party's own are encrypted, the account keeps its name."""
    for name in tables():
        for value in PLAIN:
            if name == "yw_identity_account" and value == "杨民":
                continue
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT t::text FROM "{name}" t WHERE t::text LIKE %s OR t::text LIKE %s LIMIT 1', [f"%{value}%", f"%{value.encode().hex()}%"])
                row = cursor.fetchone()
            assert row is None, f"{value} in {name}: {row[0][:600]}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM yw_cases_enginestate")
        for (state,) in cursor.fetchall():
            try:
                text = zlib.decompress(bytes(state)).decode()
            except zlib.error:
                text = bytes(state).decode("utf-8", "replace")
            assert not [v for v in PLAIN if v in text]


def test_no_log_line_holds_one(doors, planted, caplog):
    for path in ("/city/hotline/caller/",):
        doors.client("acceptor").post(path, {"caller_phone": SECRET.phone})
    for body in ({"person": {"name": "欧阳守密\x00"}}, {"person": {"phone": 13911112222}}, {"person": {"name": ["欧阳守密"]}}):
        doors.post(doors.client("machine"), REPORTS, doors.report_body(**body))
    doors.client(None).post(f"{OPEN311}/requests.json", urlencode({"api_key": "x", **CLIENT311}), content_type="application/x-www-form-urlencoded")
    lines = "\n".join(f"{r.name} {r.getMessage()} {r.exc_text or ''}" for r in caplog.records if not r.name.startswith("django.db"))
    assert not [v for v in PLAIN if v in lines]


def test_a_refusal_does_not_repeat_what_it_refuses(doors):
    """A wrong value comes back as its field's name, not as itself: answers are kept in other systems' logs."""
    for person in ({"name": "欧阳守密\x00"}, {"phone": 13911112222}, {"name": ["欧阳守密"]}, {"phone": "1" * 29 + "39"}):
        answer = doors.post(doors.client("machine"), REPORTS, doors.report_body(person=person))
        assert answer.status_code == 422
        assert "欧阳守密" not in answer.content.decode()
        assert "13911112222" not in answer.content.decode()


def test_events_name_officials_but_no_citizen(doors, planted):
    line = Event.objects.filter(case_id=planted["citizen"].pk, action="report").get()
    assert (line.actor_kind, line.actor_name) == ("person", "")
    assert "杨" not in str(line.data)
    page = doors.client("handler2").get(f"/city/cases/{planted['citizen'].uid}/").content.decode()
    assert "市民" in page
    assert Event.objects.filter(case_id=planted["citizen"].pk, action="complete").exclude(actor_name="").exists()


def test_the_public_reads_numbers_of_people_masked(doors):
    """Somebody writes his telephone into the text: Open311 is read by everybody."""
    lon, lat = doors.world.point()
    form = {"api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon,
            "description": "请联系 138-1234-5678，身份证 37150219900101123X，邮箱 a.b@example.org"}  # fmt: skip
    made = doors.client(None).post(f"{OPEN311}/requests.json", urlencode(form), content_type="application/x-www-form-urlencoded").json()[0]
    text = doors.client(None).get(f"{OPEN311}/requests/{made['service_request_id']}.json").content.decode()
    for value in ("138-1234-5678", "37150219900101123X", "a.b@example.org"):
        assert value not in text


def test_who_rates_and_who_asks_stays_a_stranger(doors):
    report = doors.town["closed"].reports.first()
    client = doors.client("citizen")
    client.post("/report/query/rate/", {"code": report.query_code, "score": "4", "comment": "谢谢"})
    line = Event.objects.filter(case_id=doors.town["closed"].pk, action="rate").get()
    assert line.actor_name == ""


def test_a_file_with_a_voice_is_for_the_centre_alone(doors, planted):
    for who, status in (("acceptor", 200), ("shift_leader", 200), ("handler2", 404), ("inspector2", 404), ("leader", 404), ("citizen", 404), (None, 404), ("machine", 404)):
        assert doors.client(who).get(f"/files/{planted['voice'].uid}/").status_code == status, who


def test_a_photo_tells_strangers_neither_place_nor_time(doors):
    from PIL import Image

    lon, lat = doors.world.point()
    uid = upload(doors.world.actor("inspector"), "exif", exif=(lon, lat))
    receipt = cases.report(doors.world.actor("inspector"), "city.problem", draft(doors, channel="inspector", files=(uid,)))
    from yiwang.kernel.files.models import Attachment

    public = doors.client(None).get(f"{OPEN311}/media/{Attachment.objects.get(uid=uid).uid}.jpg")
    assert public.status_code == 200
    assert not Image.open(io.BytesIO(public.content)).getexif()
    code = Case.objects.get(uid=receipt.case_uid).reports.first().query_code
    shown = doors.client(None).get(f"/report/query/{code}/{uid}.jpg")
    assert shown.status_code == 200
    assert not Image.open(io.BytesIO(shown.content)).getexif()


# --- forms, faults and their reports ----------------------------------------------------------------------------------

TYPED = {"name": "欧阳守密", "phone": "13911112222", "id_number": "371502199001011234", "address": "保密巷七号",
         "person": {"name": "欧阳守密", "phone": "13911112222", "address": "保密巷七号"}}  # fmt: skip
NO_VALUE = {"phone": "139-1111-22222222", "id_number": "37150219900101123", "name": "欧阳守密\x00", "address": "保密巷七号\x00",
            "person": {"name": "欧阳守密\x00", "phone": "139-1111-22222222"}}  # fmt: skip


def personal_fields():
    """Yield (matter, form, field) of every field marked personal in what the installed apps ship."""
    import json

    from django.apps import apps

    from yiwang.kernel.base import registry
    from yiwang.kernel.forms.rules import answers, schema

    for manifest, matter in registry.matter_decls().values():
        found = next(c for c in apps.get_app_configs() if c.label == manifest.code)
        with open(f"{found.path}/{matter.folder}/form.json", encoding="utf-8") as stream:
            form = json.load(stream)
        for field in schema.fields_of(form):
            if answers.personal_kind(field):
                yield matter.code, form, field


def test_every_field_marked_personal_goes_to_the_party_alone():
    """What is typed there is parted from the answers that stand with the case, whatever the form is."""
    from yiwang.kernel.forms.rules import answers

    found = list(personal_fields())
    assert found
    for matter, form, field in found:
        kind = answers.personal_kind(field)
        plain, personal = answers.split_personal(form, {field["id"]: TYPED[kind], "else": "x"})
        assert plain == {"else": "x"}, (matter, field["id"])
        values = answers.person_values(form, personal)
        assert set(TYPED[kind].values() if kind == "person" else [TYPED[kind]]) <= set(values.values()), (matter, field["id"])


def test_no_refusal_of_a_personal_field_repeats_its_value():
    from django.utils import timezone

    from yiwang.kernel.forms.errors import FormErrors
    from yiwang.kernel.forms.rules import answers

    refused = 0
    for matter, form, field in personal_fields():
        try:
            answers.clean(form, {field["id"]: NO_VALUE[answers.personal_kind(field)]}, now=timezone.now())
        except FormErrors as errors:
            refused += any(e["field"] == field["id"] for e in errors.errors)
            said = str(errors.errors) + str(errors)
            assert not [v for v in ("欧阳守密", "139-1111", "保密巷", "37150219900101123") if v in said], (matter, field["id"], said)
    assert refused, "no field refused what cannot be"


FAULTY = ("yiwang.kernel.cases.services.report", "yiwang.kernel.cases.services.join_report", "yiwang.kernel.cases.queries.persons.cases_of_phone")


def faults(doors):
    """Send personal values through every door that takes a person; the service behind each breaks."""
    lon, lat = doors.world.point()
    person = {"name": SECRET.name, "phone": SECRET.phone, "address": SECRET.address}
    typed = {"text": "井盖破损", "lon": lon, "lat": lat, "name": SECRET.name, "phone": SECRET.phone, "idempotency_key": "fault"}
    yield doors.post(doors.client("machine"), REPORTS, doors.report_body(person=person))
    yield doors.client("acceptor").post("/city/hotline/", typed)
    yield doors.client("acceptor").post(f"/city/hotline/?phone={SECRET.phone}", typed)
    yield doors.client("acceptor").post("/city/hotline/caller/", {"caller_phone": SECRET.phone})
    form = {"api_key": doors.key, "service_code": "C01001", "lat": lat, "long": lon, "description": "接口", "first_name": SECRET.name, "phone": SECRET.phone}
    yield doors.client(None).post(f"{OPEN311}/requests.json", urlencode(form), content_type="application/x-www-form-urlencoded")


def test_a_fault_of_ours_tells_nobody_what_was_typed(doors, monkeypatch, caplog):
    """The page, the log as it is written and the report that is mailed: all say where it broke, none what somebody had typed."""
    import sys
    from logging.config import DictConfigurator

    from django.conf import settings
    from django.core.signals import got_request_exception
    from django.views.debug import get_exception_reporter_class

    def breaks(*given, **more):
        values = [SECRET.name, SECRET.phone, given, more]
        raise RuntimeError(f"broken with {SECRET.phone} of {SECRET.name}: {values[0]}")

    for name in FAULTY:
        monkeypatch.setattr(name, breaks)
    reports, caught = [], []

    def keep(request=None, **_more):
        reporter = get_exception_reporter_class(request)(request, *sys.exc_info(), is_email=True)
        reports.extend((reporter.get_traceback_text(), reporter.get_traceback_html()))
        caught.append(request.path)

    got_request_exception.connect(keep)
    caplog.set_level(logging.DEBUG)
    try:
        answers = []
        for answer in faults(doors):
            answers.append(answer)
    finally:
        got_request_exception.disconnect(keep)
    assert [a.status_code for a in answers] == [500] * 5
    assert len(caught) >= 3, "pages report their faults by Django's signal"
    formatters = [DictConfigurator(settings.LOGGING).configure_formatter(dict(f)) for f in settings.LOGGING["formatters"].values()]
    lines = [f.format(r) for f in formatters for r in caplog.records if not r.name.startswith("django.db")]
    for kind, texts in (("answer", [a.content.decode() for a in answers]), ("report", reports), ("log", lines)):
        assert texts, kind
        for text in texts:
            assert not [v for v in (SECRET.name, SECRET.phone, SECRET.address) if v in text], (kind, text[:1500])
