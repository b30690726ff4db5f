"""The JSON API: what programs hand in and read, what is refused and how, what a list costs."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.world import picture
from yiwang.apps.city.api import schemas
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.models import IdempotentRequest
from yiwang.kernel.cases.models import Case, CaseParty, Report, Task
from yiwang.kernel.identity.models import Role
from yiwang.kernel.identity.services import create_client

pytestmark = pytest.mark.django_db
REPORTS, CASES, TASKS = "/api/v1/reports", "/api/v1/cases", "/api/v1/tasks"


@pytest.fixture
def machine(world):
    """A program with a key, in English."""
    _client, key = create_client(system(), code="probe", name="Probe", role=Role.objects.get(code="open311_client"))
    return Client(headers={"x-api-key": key, "accept-language": "en"})


def body(world, **more):
    lon, lat = world.point()
    return {"text": "Cover missing on the pavement", "class": "component:01001", "lon": lon, "lat": lat, **more}


def post(client, url, data, **headers):
    return client.post(url, json.dumps(data), content_type="application/json", headers=headers)


def report(client, world, **more):
    response = post(client, REPORTS, body(world, **more))
    assert response.status_code == 201, response.content
    return response.json()


def refused(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    found = response.json()
    assert (found["status"], found["code"]) == (status, code)
    assert found["title"]
    assert found["instance"].startswith("urn:yiwang:request:")
    return found


def test_a_program_reports_and_the_answer_fits_its_schema(world, machine):
    found = report(machine, world, person={"name": "李四", "phone": "13912345678"})
    assert schemas.ReportOut(**found).repeated is False
    case = Case.objects.get(uid=found["case"])
    assert (case.channel, case.state, case.city.class_code) == ("api", "reported", "01001")
    assert Report.objects.get(uid=found["report"]).reporter_client_id is not None
    assert CaseParty.objects.get(case=case).party.name != "李四".encode()
    event = Event.objects.get(case_id=case.pk, action="report")
    assert (event.actor_kind, event.actor_name) == ("client", "Probe")


def test_a_bearer_token_is_as_good_as_the_other_header(world):
    _client, key = create_client(system(), code="bearer", name="Bearer", role=Role.objects.get(code="open311_client"))
    assert Client().get("/api/v1/me", headers={"authorization": f"Bearer {key}"}).json()["name"] == "Bearer"
    refused(Client().get("/api/v1/me", headers={"authorization": "Bearer wrong"}), 401, "base.not-signed-in")


def test_the_same_key_does_the_work_once(world, machine):
    first = post(machine, REPORTS, body(world), **{"idempotency-key": "k-1"})
    again = post(machine, REPORTS, body(world), **{"idempotency-key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "repeated": True}
    assert Case.objects.count() == IdempotentRequest.objects.count() == 1
    other = post(machine, REPORTS, body(world, text="another"), **{"idempotency-key": "k-1"})
    refused(other, 409, "base.key-reused")
    refused(post(machine, REPORTS, body(world), **{"idempotency-key": "k" * 81}), 422, "base.bad-input")
    assert Case.objects.count() == 1


@pytest.mark.parametrize(("change", "field"), [
    ({"lon": None}, "place"), ({"lat": 95}, "place"), ({"lon": "east"}, "lon"), ({"class": "matter:99998"}, "class"),
    ({"text": "a\x00b"}, "text"), ({"text": "x" * 2001}, "text"), ({"text": "x" * 10_001}, "text"),
    ({"occurred_at": "2026-01-01T10:00:00"}, "occurred_at"), ({"occurred_at": "2099-01-01T10:00:00Z"}, "occurred_at"),
    ({"occurred_at": "yesterday"}, "occurred_at"), ({"uid": "17"}, "uid"), ({"channel": "smoke"}, "channel"),
    ({"files": ["x"]}, "files.0"), ({"person": {"phone": "1\x072"}}, "person.phone"),
    ({"colour": "red"}, "colour"), ({"component": "nope"}, "component"), ({"address": "\ud800"}, "address"),
])  # fmt: skip
def test_bad_input_names_the_field_and_leaves_nothing(world, machine, change, field):
    if "address" in change:
        raw = json.dumps({**body(world), **change})
        response = machine.post(REPORTS, raw, content_type="application/json")
    else:
        response = post(machine, REPORTS, {**body(world), **change})
    if response.status_code == 404:
        pytest.fail(str(response.content))
    found = refused(response, 422, "base.bad-input")
    assert field in [e["field"] for e in found["errors"]]
    assert all(e["message"] and e["code"] for e in found["errors"])
    assert not Case.objects.exists()
    assert not Event.objects.filter(action="report").exists()
    assert not IdempotentRequest.objects.exists()


def test_a_point_outside_and_a_body_that_is_no_json(world, machine):
    lon, lat = world.outside
    response = post(machine, REPORTS, body(world, lon=lon, lat=lat))
    assert 400 <= response.status_code < 500
    assert response["Content-Type"] == "application/problem+json"
    for raw in (b"{", b"[1]", b"null", b"\xff\xfe"):
        answer = machine.post(REPORTS, raw, content_type="application/json")
        assert answer.status_code == 422, (raw, answer.content)
        assert answer["Content-Type"] == "application/problem+json"
    assert not Case.objects.exists()


def test_who_may_not_is_told_so(world, machine):
    nobody = Client()
    refused(nobody.get(CASES), 401, "base.not-signed-in")
    refused(post(nobody, REPORTS, body(world)), 401, "base.not-signed-in")
    refused(machine.get(CASES), 403, "base.not-permitted")
    refused(post(machine, REPORTS, body(world, channel="hotline")), 403, "base.not-permitted")
    refused(machine.get(f"{CASES}/{uuid4()}/nothing"), 404, "base.not-found")
    refused(machine.get("/api/v1/nothing"), 404, "base.not-found")
    wrong = refused(machine.delete(REPORTS), 405, "base.wrong-method")
    assert wrong["allowed"] == "POST"


def test_a_browser_session_needs_its_token_to_write(world):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.account("acceptor"))
    refused(post(strict, REPORTS, body(world, channel="hotline")), 403, "identity.forged-request")
    assert not Case.objects.exists()
    strict.get("/api/v1/me")
    strict.cookies["csrftoken"] = "a" * 32
    done = post(strict, REPORTS, body(world, channel="hotline"), **{"x-csrftoken": "a" * 32})
    assert done.status_code == 201, done.content


def test_the_problem_comes_in_the_readers_language(world, machine):
    found = machine.post(REPORTS, "{}", content_type="application/json", headers={"accept-language": "zh-hans"}).json()
    assert found["title"] == "请改正标出的地方" or any("一" <= c <= "鿿" for c in found["title"])


def test_our_own_fault_is_a_problem_with_a_number(world, machine, monkeypatch):
    from yiwang.apps.city.api import reference

    def broken(*args, **kwargs):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(reference.queries, "class_rows", broken)
    machine.raise_request_exception = False
    found = refused(machine.get("/api/v1/classes"), 500, "base.failed")
    assert "secret" not in json.dumps(found)


def test_lists_page_by_cursor_and_narrow(world, machine):
    made = [report(machine, world)["case"] for _ in range(5)]
    acceptor = world.client("acceptor")
    first = acceptor.get(CASES, {"size": 2, "total": "true"}).json()
    assert schemas.CasePage(**first)
    assert (len(first["items"]), first["total"], first["total_capped"]) == (2, 5, False)
    second = acceptor.get(CASES, {"size": 2, "cursor": first["next"]}).json()
    third = acceptor.get(CASES, {"size": 2, "cursor": second["next"]}).json()
    assert [i["uid"] for p in (first, second, third) for i in p["items"]] == made[::-1]
    assert third["next"] == ""
    lon, lat = world.point()
    moment = (now() - timedelta(hours=1)).isoformat()
    for query, count in (
        ({"state": "reported"}, 5), ({"state": "closed,handling"}, 0), ({"open": "true"}, 5), ({"open": "false"}, 0),
        ({"class": "component:01001"}, 5), ({"class": "matter:01001"}, 0), ({"class": "01001,06001"}, 5),
        ({"area": "371592"}, 5), ({"area": "371591"}, 0), ({"area": "nowhere"}, 0), ({"org": "company-water"}, 0),
        ({"bbox": f"{lon - 0.001},{lat - 0.001},{lon + 0.001},{lat + 0.001}"}, 5), ({"bbox": "0,0,1,1"}, 0),
        ({"text": "Cover"}, 5), ({"text": "井盖"}, 5), ({"text": "路灯"}, 0), ({"since": moment}, 5), ({"until": moment}, 0),
        ({"updated": moment}, 5), ({"updated": (now() + timedelta(minutes=1)).isoformat()}, 0),
    ):  # fmt: skip
        response = acceptor.get(CASES, query)
        assert response.status_code == 200, (query, response.content)
        assert len(response.json()["items"]) == count, query
    for query, field in (
        ({"bbox": "1,2,3"}, "bbox"), ({"bbox": "3,0,1,1"}, "bbox"), ({"size": 0}, "size"), ({"size": "many"}, "size"),
        ({"cursor": "x"}, "cursor"), ({"since": "2026-01-01"}, "since"), ({"text": "a\x00"}, "text"), ({"open": "perhaps"}, "open"),
    ):  # fmt: skip
        found = refused(acceptor.get(CASES, query), 422, "base.bad-input")
        assert found["errors"][0]["field"] == field, query


@pytest.mark.parametrize("size", [2, 12])
def test_a_list_costs_the_same_at_any_length(world, machine, django_assert_max_num_queries, size):
    for _ in range(size):
        report(machine, world)
    leader = world.client("leader")
    leader.get(CASES)
    # session, account, holdings, grants, matter version; one for the cases
    with django_assert_max_num_queries(9):
        assert len(leader.get(CASES).json()["items"]) == size


def test_a_case_is_shown_masked_with_its_record(world, machine):
    uid = report(machine, world, person={"name": "张三丰", "phone": "13812345678"})["case"]
    acceptor = world.client("acceptor")
    found = acceptor.get(f"{CASES}/{uid}").json()
    assert schemas.CaseOut(**found)
    assert found["parties"] == [{"role": "reporter", "name": "张**", "phone": "138****5678", "is_secret": False, "is_hidden": False}]
    assert "13812345678" not in json.dumps(found)
    assert {m["outcome"] for m in found["moves"] if m["action"] == "complete"} >= {"pass", "refuse"}
    assert found["clocks"][0]["name"] == "stage"
    record = acceptor.get(f"{CASES}/{uid}/events").json()
    assert schemas.EventList(**record)
    assert [(e["seq"], e["action"], e["actor_kind"]) for e in record["items"]] == [(1, "report", "client")]


def test_a_case_of_elsewhere_is_not_there(world, machine):
    uid = report(machine, world)["case"]
    elsewhere = world.client("inspector3")  # of another district
    refused(elsewhere.get(f"{CASES}/{uid}"), 404, "base.not-found")
    refused(elsewhere.get(f"{CASES}/{uid}/events"), 404, "base.not-found")
    refused(post(elsewhere, f"{CASES}/{uid}/actions", {"action": "note", "reason": "x"}), 404, "base.not-found")
    task = Task.objects.get(case__uid=uid)
    refused(post(elsewhere, f"{TASKS}/{task.uid}/actions", {"action": "complete", "outcome": "pass"}), 404, "base.not-found")


def test_a_task_is_done_over_the_api(world, machine):
    uid = report(machine, world)["case"]
    acceptor = world.client("acceptor")
    mine = acceptor.get(TASKS).json()
    assert schemas.TaskPage(**mine)
    task = next(t for t in mine["items"] if t["case"]["uid"] == uid)
    assert task["step"] == "accept"
    url = f"{TASKS}/{task['uid']}/actions"
    found = refused(post(acceptor, url, {"action": "complete", "outcome": "nonsense"}), 422, "base.bad-input")
    assert found["errors"][0]["field"] == "outcome"
    refused(post(acceptor, url, {"action": "complete", "outcome": "pass", "version": 99}), 409, "cases.changed")
    wanted = {"action": "complete", "outcome": "pass", "version": 0}
    done = post(acceptor, url, wanted, **{"idempotency-key": "t-1"})
    assert done.status_code == 200, done.content
    assert schemas.ActionOut(**done.json()).state == "pending_file"
    again = post(acceptor, url, wanted, **{"idempotency-key": "t-1"}).json()
    assert again == {**done.json(), "repeated": True}
    gone = refused(post(world.client("acceptor2"), url, wanted), 409, "cases.task-gone")
    assert gone["done_by"]
    # 监管分离: who accepted never files
    later = Task.objects.get(case__uid=uid, step="file", state="open")
    response = post(acceptor, f"{TASKS}/{later.uid}/actions", {"action": "complete", "outcome": "file", "data": {"condition": "x"}})
    assert response.status_code == 403


def test_an_action_on_the_case(world, machine):
    uid = report(machine, world)["case"]
    leader = world.client("leader")
    found = refused(post(leader, f"{CASES}/{uid}/actions", {"action": "fly"}), 422, "base.bad-input")
    assert found["errors"][0]["field"] == "action"
    done = post(leader, f"{CASES}/{uid}/actions", {"action": "note", "reason": "Seen on my way to work"})
    assert done.status_code == 200, done.content
    assert Event.objects.get(action="note").data["reason"] == "Seen on my way to work"


def test_a_further_report_joins_a_case(world, machine):
    first = report(machine, world)
    second = report(machine, world, text="Still missing", case=first["case"])
    assert second["case"] == first["case"]
    assert second["report"] != first["report"]
    assert Case.objects.count() == 1
    missing = post(machine, REPORTS, body(world, case=str(uuid4())))
    refused(missing, 404, "base.not-found")


def test_a_photo_goes_with_a_report(world, machine):
    def send(content, name="a.jpg"):
        return machine.post("/api/v1/files", {"file": SimpleUploadedFile(name, content, "image/jpeg"), "stage": "before"})

    sent = send(picture(exif=world.point()))
    assert sent.status_code == 201, sent.content
    uid = sent.json()["uid"]
    assert schemas.UploadOut(**sent.json())
    case = report(machine, world, files=[uid])["case"]
    shown = world.client("acceptor").get(f"{CASES}/{case}").json()
    assert [(f["uid"], f["stage"], f["url"]) for f in shown["files"]] == [(uid, "before", reverse("file", args=[uid]))]
    for content in (b"", b"no picture at all"):
        response = send(content)
        assert 400 <= response.status_code < 500
        assert response["Content-Type"] == "application/problem+json"
    refused(Client().post("/api/v1/files", {}), 401, "base.not-signed-in")
    # another client's upload cannot be attached
    _client, key = create_client(system(), code="other", name="Other", role=Role.objects.get(code="open311_client"))
    other = Client(headers={"x-api-key": key})
    theirs = send(picture("second")).json()["uid"]
    refused(post(other, REPORTS, body(world, files=[theirs])), 409, "files.not-yours")
    refused(post(machine, REPORTS, body(world, files=[str(uuid4())])), 409, "files.not-yours")
    assert Case.objects.count() == 1


def test_classes_and_me(world, machine):
    found = machine.get("/api/v1/classes").json()
    assert schemas.ClassList(**found)
    assert len([c for c in found["items"] if c["kind"] == "component" and c["standard"] == "GB/T 47678.5-2026"]) == 153
    only = Client().get("/api/v1/classes", {"text": "井盖", "kind": "component"}).json()["items"]
    assert only
    assert all("井盖" in c["name"]["zh-Hans"] for c in only)
    every = machine.get("/api/v1/classes", {"derived": "true"}).json()["items"]
    assert len([c for c in every if c["standard"] == "GB/T 47678.5-2026"]) == 153 + 250
    me = machine.get("/api/v1/me").json()
    assert schemas.MeOut(**me).kind == "client"
    assert "city.api.report" in [g["permission"] for g in me["permissions"]]
    person = world.client("inspector").get("/api/v1/me").json()
    assert (person["kind"], person["roles"]) == ("person", ["inspector"])


def test_the_description_names_every_permission_and_no_foreign_host(world):
    described = Client().get("/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["x-permission"], (method, path)
            assert operation["summary"]
            assert "422" in operation["responses"]
    assert described["paths"]["/api/v1/cases"]["get"]["x-permission"] == "city.case.list"
    page = Client().get("/api/v1/docs").content.decode()
    assert "POST /api/v1/reports" in page
    assert "http://" not in page.replace("http://testserver", "").replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_command_gives_a_key_that_works_and_takes_it_back(world, capsys):
    from django.core.management import call_command
    from django.core.management.base import CommandError

    call_command("client", "create", "neighbour", "--name", "Neighbour city", "--role", "open311_client", "--area", "371592")
    key = capsys.readouterr().out.strip().rsplit(" ", 1)[-1]
    client = Client(headers={"x-api-key": key})
    assert client.get("/api/v1/me").json()["name"] == "Neighbour city"
    call_command("client", "close", "neighbour")
    refused(client.get("/api/v1/me"), 401, "base.not-signed-in")
    call_command("client", "open", "neighbour")
    assert client.get("/api/v1/me").status_code == 200
    with pytest.raises(CommandError):
        call_command("client", "create", "neighbour", "--name", "Again", "--role", "open311_client")
    with pytest.raises(CommandError):
        call_command("client", "create", "other", "--name", "Other", "--role", "nobody-knows")
