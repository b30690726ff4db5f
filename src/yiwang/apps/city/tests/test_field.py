"""The inspector's phone, server's side: acts of the street are done once by the platform's own verbs, in both times."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import walk
from tests.world import picture
from yiwang.apps.city.models import CityCase, FieldMark
from yiwang.apps.city.rules.field.times import settle
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.models import IdempotentRequest
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Report, Task
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.files.rules.sniffing import sniff
from yiwang.kernel.files.services import sweep
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.notices import services as notices

BASE = "/api/v1/city/field/"
DAY = timedelta(days=1)


def send(client, path, body, key=None, **headers):
    key = str(body.get("uid")) if key is None else key
    return client.post(BASE + path, json.dumps(body, default=str), content_type="application/json", headers={"idempotency-key": key, **headers})


def act(kind, data=None, *, ago=timedelta(minutes=5), off=timedelta(), place=None, files=(), uid=None, **more):
    """One act of a phone whose clock is ahead of ours by `off`."""
    moment = now() + off
    return {
        "uid": str(uid or uuid7()), "kind": kind, "occurred_at": (moment - ago).isoformat(), "sent_at": moment.isoformat(), "place": place,
        "files": [str(f) for f in files], "data": data or {}, **more,
    }  # fmt: skip


def gps(lon, lat, accuracy=8):
    return {"lon": lon, "lat": lat, "accuracy_m": accuracy, "source": "gps"}


@pytest.fixture
def phone(world):
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    GridInspector.objects.create(account=world.account("inspector"), grid=grid)
    return world.client("inspector")


def photo_of(client, name="street", stage="before", key=None):
    body = {"file": SimpleUploadedFile(f"{name}.jpg", picture(name), "image/jpeg"), "stage": stage}
    return client.post("/api/v1/files", body, headers={"idempotency-key": key or str(uuid7())})


@pytest.mark.parametrize(("case", "said", "sent", "at", "off"), [
    ("a true clock is believed", -60, 0, -60, 0), ("a minute is nothing", -60, 60, -60, 0), ("a day slow", -1500, -1440, -60, 86400),
    ("an hour fast", 0, 60, -60, -3600), ("set right in between: not in the future", 1440, 0, 0, 0), ("of 1970", -60 * 24 * 20000, 0, -60 * 24 * 30, 0),
])  # fmt: skip
def test_whose_clock_counts(case, said, sent, at, off):
    moment = now()
    minutes = lambda n: moment + timedelta(minutes=n)  # noqa: E731
    found = settle(minutes(said), minutes(sent) if abs(sent) != 60 or off else minutes(sent / 60), moment)
    assert (found.at, found.off_s, found.said) == (minutes(at), off, minutes(said)), case
    opened = minutes(-10)
    assert settle(minutes(-30), moment, moment, not_before=opened).at == opened


@pytest.mark.django_db
def test_a_report_of_yesterdays_clock_arrives_once_with_both_times(world, phone):
    lon, lat = world.point()
    uploaded = photo_of(phone)
    assert uploaded.status_code == 201, uploaded.content
    body = act("report", {"class_code": "component:01001", "text": "井盖破损", "mode": "inspector", "asset_uid": str(world.assets["cover"].uid)},
               ago=timedelta(hours=2), off=-DAY, place=gps(lon, lat), files=[uploaded.json()["uid"]])  # fmt: skip
    first = send(phone, "acts", body)
    assert first.status_code == 201, first.content
    told = first.json()
    case = Case.objects.get(uid=told["case"]["uid"])
    assert (told["uid"], told["outcome"], told["case"]["state"], case.channel) == (body["uid"], "done", "reported", "inspector")
    assert abs(told["clock_off_s"] - 86400) < 5
    side = CityCase.objects.get(case=case)
    assert (side.class_code, side.component_id, side.verified) == ("01001", world.assets["cover"].pk, True)
    told_at = Report.objects.get(case=case).occurred_at
    assert abs((now() - told_at) - timedelta(hours=2)) < timedelta(seconds=30), "set right by what the clock was off"
    later = {**body, "sent_at": now().isoformat()}
    again = send(phone, "acts", later)
    assert (again.status_code, again.json()) == (200, told)
    assert Case.objects.count() == Report.objects.count() == Event.objects.filter(action="report").count() == 1
    device = Event.objects.get(action="report").data["device"]
    assert (device["said_at"], device["source"], device["accuracy_m"]) == (body["occurred_at"], "gps", 8)
    page = world.client("acceptor").get(f"/city/cases/{case.uid}/").content.decode()
    said = (now() - DAY - timedelta(hours=2)).astimezone(told_at.tzinfo)
    assert "手机时钟" in page
    assert "±8 m" in page
    assert said is not None
    other = send(phone, "acts", {**body, "data": {**body["data"], "text": "另一件"}})
    assert (other.status_code, other.json()["code"]) == (409, "base.key-reused")


@pytest.mark.django_db
@pytest.mark.parametrize(("change", "status", "code"), [
    ({"place": None, "data": {"class_code": "component:01001"}}, 422, "base.bad-input"), ({"data": {"class_code": "component:99999"}}, 422, "base.bad-input"),
    ({"files": []}, 422, "base.bad-input"), ({"files": [str(uuid7())]}, 422, "base.bad-input"), ({"kind": "dance"}, 422, "base.bad-input"),
    ({"data": {"class_code": "component:01001", "asset_uid": str(uuid7())}}, 422, "base.bad-input"), ({"data": {"asset_uid": "x"}}, 422, "base.bad-input"),
    ({"place": gps(110.0, 30.0)}, 422, None), ({"sent_at": "2026-11-23T10:00:00"}, 422, "base.bad-input"), ({"place": {"lon": 500, "lat": 1}}, 422, "base.bad-input"),
    ({"kind": "task", "data": {"task_uid": "x"}}, 422, "base.bad-input"), ({"kind": "task", "data": {"task_uid": str(uuid7()), "action": "pass"}}, 409, "field.too-late"),
    ({"kind": "task", "data": {"task_uid": str(uuid7()), "action": "pass", "values": [1]}}, 422, "base.bad-input"), ({"kind": "shift_out"}, 409, "field.too-late"),
    ({"kind": "shift_in", "data": {"grid_uid": str(uuid7())}}, 422, "base.bad-input"), ({"person_uid": str(uuid7())}, 401, "field.other-person"),
    ({"occurred_at": "0001-01-01T00:00:00Z"}, 422, "base.bad-input"), ({"sent_at": "9999-12-31T23:59:59Z"}, 422, "base.bad-input"),
    ({"data": {"class_code": "component:01001", "text": "长" * 2001}}, 422, "base.bad-input"), ({"data": {"text": "a\x00b"}}, 422, "base.bad-input"),
])  # fmt: skip
def test_what_cannot_be_taken_is_said_and_leaves_nothing(world, phone, change, status, code):
    body = {**act("report", {"class_code": "component:01001"}, place=gps(*world.point()), files=[walk.upload(world.actor("inspector"))]), **change}
    found = send(phone, "acts", body)
    assert found.status_code == status or (code is None and 400 <= found.status_code < 500), found.content
    assert code is None or found.json()["code"] == code
    assert found["Content-Type"] == "application/problem+json"
    assert [model.objects.count() for model in (Case, FieldMark, IdempotentRequest)] == [0, 0, 0]


@pytest.mark.django_db
def test_others_and_strangers_cannot_send(world):
    body = act("report", {"class_code": "component:01001"}, place=gps(*world.point()))
    for who in ("acceptor", "handler", "citizen", "leader"):
        assert send(world.client(who), "acts", body).status_code == 403
    for path in ("me", "pack", "tasks", "messages", "figures"):
        assert world.client().get(BASE + path).status_code == 401
        assert world.client("acceptor").get(BASE + path).status_code == 403
    assert send(world.client(), "acts", body).status_code == 401
    wrong = send(world.client("inspector"), "acts", body, key=str(uuid7()))
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


@pytest.mark.django_db
def test_a_check_counts_from_when_it_was_done_and_a_late_one_is_told(world, phone):
    case = walk.advance(world, walk.report(world, who="inspector3"), "checking")
    task = Task.objects.get(case=case, step="check")
    Task.objects.filter(pk=task.pk).update(opened_at=now() - timedelta(minutes=40))
    listed = world.client("inspector2").get(BASE + "tasks").json()["tasks"]
    assert [(t["uid"], t["kind"], [a["code"] for a in t["actions"]]) for t in listed] == [(str(task.uid), "check", ["pass", "fail"])]
    assert listed[0]["photos_before"][0].startswith("/files/")
    assert [a["needs_reason"] for a in listed[0]["actions"]] == [False, True]
    second = world.client("inspector2")
    data = {"task_uid": str(task.uid), "action": "pass", "values": {}}
    bare = send(second, "acts", act("task", data, place=gps(*world.point())))
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "files")
    done = act("task", data, ago=timedelta(minutes=30), place=gps(*world.point()), files=[walk.upload(world.actor("inspector2"), "c", stage="check")])
    assert send(second, "acts", done).status_code == 201
    event = Event.objects.get(case_id=case.pk, action="complete", step="check")
    assert abs(now() - event.occurred_at - timedelta(minutes=30)) < timedelta(seconds=30)
    assert event.data["device"]["said_at"] == done["occurred_at"]
    assert Case.objects.get(pk=case.pk).state == "pending_close"
    assert second.get(BASE + "tasks").json()["tasks"] == []
    third = phone
    late = act("task", data, place=gps(*world.point()), files=[walk.upload(world.actor("inspector"), "d", stage="check")])
    before = Event.objects.count()
    refused = send(third, "acts", late)
    assert (refused.status_code, refused.json()["code"]) == (409, "field.too-late")
    assert "林查" in refused.json()["told"]
    assert Event.objects.count() == before
    assert Attachment.objects.get(uid=late["files"][0]).subject_uid is None, "the photo was not tied to anything"


@pytest.mark.django_db
def test_own_hands_see_no_task_and_a_colleague_is_asked(world, phone):
    walk.advance(world, walk.report(world), "checking")
    assert phone.get(BASE + "tasks").json()["tasks"] == [], "who reported it does not check it"
    assert len(world.client("inspector2").get(BASE + "tasks").json()["tasks"]) == 1


@pytest.mark.django_db
def test_lists_cost_the_same_at_any_length(world, phone, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(connection, ) as asked:
            assert phone.get(BASE + "tasks").status_code == 200
        return len(asked)

    walk.do(world, walk.report(world, who="", channel="public", photo="p0"), "acceptor", "complete", "accept", "verify", **{"class": "component:01001"})
    one = cost()
    for n in range(3):
        walk.do(world, walk.report(world, who="", channel="public", photo=f"p{n + 1}"), "acceptor", "complete", "accept", "verify", **{"class": "component:01001"})
    assert len(phone.get(BASE + "tasks").json()["tasks"]) == 4
    assert cost() == one


@pytest.mark.django_db
def test_what_the_phone_takes_along(world, phone):
    me = phone.get(BASE + "me").json()
    assert (me["person"]["name"], me["shift"], me["settings"]["photo_px"], bool(me["csrf"])) == ("丁巡", None, 1600, True)
    first = phone.get(BASE + "pack")
    pack = first.json()
    kinds = [g["kind"] for g in pack["grids"]]
    assert (kinds.count("responsibility"), kinds.count("unit")) == (1, 25)
    cover = next(c for c in pack["classes"] if c["code"] == "component:01001")
    assert (cover["name"], cover["pinyin_initials"], cover["kind"]) == ("供水井盖", "gsjg", "component")
    assert any(c["frequent"] for c in pack["classes"])
    assert {"assets", "roads", "unit_grids"} <= {one["code"] for one in pack["tiles"]["layers"]}
    assert pack["tiles"]["template"] == "/map/tiles/{layer}/{z}/{x}/{y}.mvt"
    west, south, east, north = pack["bounds"]
    assert west < world.point()[0] < east
    assert south < world.point()[1] < north
    again = phone.get(BASE + "pack", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = world.client("inspector3").get(BASE + "pack", headers={"if-none-match": first["ETag"]})
    assert other.status_code == 200, "another's grids"


@pytest.mark.django_db
def test_messages_come_once_and_in_order(world, phone):
    mine = world.account("inspector").pk
    for n, kind in enumerate(("case.task", "case.urge", "case.supervise")):
        notices.notify(account_id=mine, kind=kind, title={"zh-Hans": f"第{n}条", "en": f"No. {n}"}, body={"zh-Hans": "x", "en": "x"})
    notices.notify(account_id=world.account("inspector2").pk, kind="case.urge", title={"zh-Hans": "别人的", "en": "x"}, body={})
    first = phone.get(BASE + "messages").json()
    assert [m["kind"] for m in first["messages"]] == ["notice", "urge", "supervise"]
    assert first["next"] == "0", "so fresh that an earlier one may still be on its way"
    from yiwang.kernel.notices.models import Notice

    Notice.objects.update(created_at=now() - timedelta(minutes=5))
    settled = phone.get(BASE + "messages").json()["next"]
    assert phone.get(f"{BASE}messages?after={settled}").json() == {"messages": [], "next": settled}
    assert phone.get(f"{BASE}messages?after=drop").status_code == 200


@pytest.mark.django_db
def test_own_figures(world, phone):
    walk.report(world)
    walk.do(world, walk.do(world, walk.report(world, who="", channel="public"), "acceptor", "complete", "accept", "verify", **{"class": "component:01001"}),
            "inspector", "complete", "verify", "confirmed", files=(walk.upload(world.actor("inspector"), "v"),))  # fmt: skip
    found = phone.get(BASE + "figures").json()
    assert found["today"] == {"reports": 1, "verified": 1, "checked": 0, "in_time": 1} == found["month"]
    assert (found["cover"]["cells_seen"], found["cover"]["cells"] > 50) == (0, True)


@pytest.mark.django_db
def test_a_file_is_taken_in_once_and_comes_back_under_its_number(world, phone):
    key = str(uuid7())
    first, again = photo_of(phone, key=key), photo_of(phone, key=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Attachment.objects.count() == 1
    assert photo_of(phone, "another", key=key).json()["code"] == "base.key-reused"
    uid = first.json()["uid"]
    Attachment.objects.update(uploaded_at=now() - timedelta(hours=25))
    sweep()
    body = act("report", {"class_code": "component:01001"}, place=gps(*world.point()), files=[uid])
    refused = send(phone, "acts", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "files")
    assert photo_of(phone, key=key).json()["uid"] == uid
    made = send(phone, "acts", body)
    assert made.status_code == 201
    assert send(phone, "acts", {**body, "files": [str(uuid7())]}).json() == made.json(), "the first answer counts"


@pytest.mark.parametrize(("head", "found"), [
    (b"OggS" + bytes(24) + b"OpusHead", ("audio/ogg", "audio")), (b"OggS" + bytes(24) + b"\x80theora", ("application/ogg", "")),
    (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x86webm" + b"A_OPUS", ("audio/webm", "audio")),
    (b"\x00\x00\x00\x1cftypiso5\x00\x00\x02\x00iso5iso6mp41" + b"\x00moov....hdlr....soun", ("audio/mp4", "audio")),
    (b"\x00\x00\x00\x1cftypiso5\x00\x00\x02\x00iso5iso6mp41" + b"moov hdlr vide hdlr soun", ("video/mp4", "video")),
])  # fmt: skip
def test_sounds_are_known_by_their_content(head, found):
    seen = sniff(head)
    assert (seen.media_type, seen.kind) == found


@pytest.mark.django_db
def test_a_sound_goes_along_but_does_not_show_the_place(world, phone):
    sound = SimpleUploadedFile("note.ogg", b"OggS" + bytes(24) + b"OpusHead" + bytes(200), "audio/ogg")
    stored = phone.post("/api/v1/files", {"file": sound, "stage": "before"}, headers={"idempotency-key": str(uuid7())}).json()
    assert (stored["kind"], stored["media_type"]) == ("audio", "audio/ogg")
    alone = act("report", {"class_code": "component:01001"}, place=gps(*world.point()), files=[stored["uid"]])
    assert send(phone, "acts", alone).json()["errors"][0]["field"] == "files"
    both = act("report", {"class_code": "component:01001"}, place=gps(*world.point()), files=[stored["uid"], photo_of(phone).json()["uid"]])
    made = send(phone, "acts", both)
    assert made.status_code == 201
    page = world.client("acceptor").get(f"/city/cases/{made.json()['case']['uid']}/").content.decode()
    assert reverse("file", args=[stored["uid"]]) in page


@pytest.mark.django_db
def test_a_census_is_answered_from_the_phone(world, phone):
    from yiwang.apps.city.models import CensusAnswer
    from yiwang.apps.city.services import census
    from yiwang.apps.city.tests.census_town import staff, wanted

    staff(world)
    order = census.order(actor=world.actor("shift_leader"), wanted=wanted(world), expected=3)
    task = next(t for t in phone.get(BASE + "tasks").json()["tasks"] if t["kind"] == "census")
    assert (task["census"]["order_uid"], len(task["census"]["items"]), [a["code"] for a in task["actions"]]) == (str(order), 3, ["done", "give_back"])
    one, two, three = (i["uid"] for i in task["census"]["items"])
    first = act("census", {"task_uid": task["uid"], "asset_uid": one, "answer": "confirm"}, ago=timedelta(), off=-DAY, place=gps(*world.point()))
    made = send(phone, "acts", first)
    assert made.status_code == 201, made.content
    assert made.json()["census"]["left"] == 2
    assert send(phone, "acts", first).json() == made.json()
    by_order = {"order_uid": str(order), "asset_uid": two, "answer": "correct", "values": {"status": "damaged"}}
    assert send(phone, "acts", act("census", by_order, ago=timedelta(), place=gps(116.02, 36.46))).status_code == 201
    assert "place" not in CensusAnswer.objects.get(item__asset__uid=two).changed, "where one stood moves no component"
    event = Event.objects.get(action="city.census.confirm")
    assert abs(event.data["device"]["off_s"] - 86400) < 5
    for data, status in (({"asset_uid": str(uuid7())}, 409), ({"answer": "guess"}, 422), ({"task_uid": str(uuid7())}, 409), ({"values": 3}, 422)):
        body = {"task_uid": task["uid"], "asset_uid": three, "answer": "confirm", **data}
        assert send(phone, "acts", act("census", body, place=gps(*world.point()))).status_code == status, data
    assert send(world.client("inspector2"), "acts", act("census", {"order_uid": str(order), "asset_uid": three, "answer": "confirm"})).status_code == 409
    assert CensusAnswer.objects.count() == 2
    back = act("task", {"task_uid": task["uid"], "action": "give_back", "reason": "其余在工地内"}, ago=timedelta())
    assert send(phone, "acts", back).status_code == 201
    assert not [t for t in phone.get(BASE + "tasks").json()["tasks"] if t["kind"] == "census"]
