"""Pages of the city: who may enter, what they show, what they cost, what they refuse and what a refusal leaves behind."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from tests import walk
from tests.world import picture

PAGES = {
    "city:desk": ("inspector", "acceptor", "shift_leader", "dispatcher", "handler", "leader"),
    "city:intake": ("acceptor",),
    "city:inspector_report": ("inspector",),
    "city:hotline": ("acceptor",),
    "city:cases": ("acceptor", "shift_leader", "dispatcher", "handler", "leader"),
    "city:map": ("inspector", "acceptor", "leader"),
    "city:board": ("acceptor", "leader"),
    "city:supervised": ("shift_leader", "dispatcher", "leader"),
    "city:my_reports": ("citizen",),
}


def test_each_page_opens_for_its_people_and_no_one_else(world):
    walk.advance(world, walk.report(world), "pending_handle")
    walk.report(world, at=(1, 1), photo="second")
    for name, people in PAGES.items():
        nobody = world.client().get(reverse(name))
        assert nobody.status_code == 302, name
        assert nobody["Location"].startswith("/accounts/login/"), name
        for key in people:
            answer = world.client(key).get(reverse(name))
            assert answer.status_code == 200, (name, key, answer.status_code)
            assert 'lang="zh-Hans"' in answer.content.decode(), (name, key)
        for key in {"citizen", "administrator"} - set(people):
            assert world.client(key).get(reverse(name)).status_code == 403, (name, key)


def test_case_page_opens_for_those_whom_it_concerns(world):
    case = walk.advance(world, walk.report(world), "pending_handle")
    expected = {
        "inspector": 200, "acceptor": 200, "shift_leader": 200, "dispatcher": 200, "leader": 200, "handler2": 200,
        "handler": 404,  # another department
        "district_dispatcher": 404, "inspector3": 404,  # another district
        "administrator": 403, "citizen": 404,
    }  # fmt: skip
    for key, status in expected.items():
        answer = world.client(key).get(reverse("city:case", args=[case.uid]))
        assert answer.status_code == status, key
        if status == 200:
            page = answer.content.decode()
            assert case.title in page, key
            assert "%(" not in page, key


def post(world, key, case, move, step="", outcome="", **fields):
    """Send a move's form as the page would."""
    from yiwang.kernel.cases.contracts import Move
    from yiwang.kernel.cases.models import Task
    from yiwang.kernel.ui.desks.acting import dom_id

    task = Task.all_modes.filter(case=case, step=step, state="open").order_by("pk").first() if step else None
    prefix = dom_id(Move(action=move, label="", task_uid=task.uid if task else None, outcome=outcome))
    case.refresh_from_db()
    own = {"idempotency_key": fields.pop("idempotency_key", str(uuid.uuid4())), "version": fields.pop("version", case.version)}
    body = {"action": move, "outcome": outcome, "task": str(task.uid) if task else "", **own}
    body |= {f"{prefix}-{k}": v for k, v in fields.items()}
    return world.client(key).post(reverse("city:act", args=[case.uid]), body)


def test_a_move_without_script_goes_back_to_the_case(world):
    case = walk.report(world)
    answer = post(world, "acceptor", case, "complete", "accept", "pass", **{"class": "component:01001"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("city:case", args=[case.uid]))
    case.refresh_from_db()
    assert case.state == "pending_file"


def test_the_same_form_twice_is_done_once(world):
    case = walk.advance(world, walk.report(world), "pending_handle")
    key, photo = str(uuid.uuid4()), picture("after")
    version = case.version
    for _time in range(2):
        upload = SimpleUploadedFile("after.jpg", photo, "image/jpeg")
        answer = post(world, "handler2", case, "complete", "handle", "done", idempotency_key=key, version=version, reason="已更换", photos=upload)
        # The second time the task is gone: the page says that it was done, not that somebody else was faster.
        assert answer.status_code == 302, answer.content.decode()[:500]
    case.refresh_from_db()
    assert case.state == "handled"
    from yiwang.kernel.files.queries import of_subject

    assert [f.stage for f in of_subject("case", case.uid)].count("after") == 1


def test_filing_without_a_condition_is_refused_at_the_field(world):
    case = walk.advance(world, walk.report(world), "pending_file")
    answer = post(world, "shift_leader", case, "complete", "file", "file", reason="保留这句话")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "form-error" in page
    assert "保留这句话" in page
    case.refresh_from_db()
    assert (case.state, case.number) == ("pending_file", None)


def test_a_stale_page_is_told_what_happened(world):
    case = walk.advance(world, walk.report(world), "pending_dispatch")
    version = case.version
    from yiwang.kernel.cases.models import Task

    task = Task.all_modes.get(case=case, step="dispatch", state="open")
    walk.do(world, case, "dispatcher", "complete", "dispatch", "dispatch")
    body = {"action": "complete", "outcome": "dispatch", "task": str(task.uid), "version": version, "idempotency_key": str(uuid.uuid4())}
    answer = world.client("dispatcher").post(reverse("city:act", args=[case.uid]), body)
    assert answer.status_code == 409
    assert "吴派" in answer.content.decode()


@pytest.mark.parametrize(("who", "step", "outcome", "state"), [
    ("handler", "handle", "done", "pending_handle"),  # another department's task
    ("inspector", "check", "pass", "checking"),  # he reported it
    ("acceptor", "file", "file", "pending_file"),  # the acceptor never files
])  # fmt: skip
def test_who_may_not_is_refused_and_nothing_is_left(world, who, step, outcome, state):
    case = walk.advance(world, walk.report(world), state)
    before = case.event_count
    answer = post(world, who, case, "complete", step, outcome, reason="x")
    assert answer.status_code in (403, 404, 422), answer.status_code
    case.refresh_from_db()
    assert (case.state, case.event_count) == (state, before)


def test_forced_choice_of_another_department_needs_its_reason(world):
    case = walk.advance(world, walk.report(world), "pending_dispatch")
    street = world.orgs["street-wanghu"]
    answer = post(world, "dispatcher", case, "complete", "dispatch", "dispatch", lead="other", other=str(street.uid))
    assert answer.status_code == 422
    answer = post(world, "dispatcher", case, "complete", "dispatch", "dispatch", lead="other", other=str(street.uid), reason="供水公司已撤场")
    assert answer.status_code == 302
    case.refresh_from_db()
    assert case.org == street
    assert case.city.dispatch_rule in ("hand", "street")


def test_opening_a_task_receives_it(world):
    from yiwang.kernel.cases.models import Task

    case = walk.report(world)
    assert Task.all_modes.get(case=case, step="accept").seen_at is None
    world.client("leader").get(reverse("city:case", args=[case.uid]))
    assert Task.all_modes.get(case=case, step="accept").seen_at is None
    world.client("acceptor").get(reverse("city:case", args=[case.uid]))
    assert Task.all_modes.get(case=case, step="accept").seen_at is not None


# --- what pages cost -----------------------------------------------------------------------------------------------


def queries_of(client, address):
    client.get(address)  # sessions, content types and calendars are read once
    with CaptureQueriesContext(connection, ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["/city/cases/", "/city/cases/?state=open&district=371592&q=井盖", "/city/desk/", "/city/board/",
                                     "/city/map/", "/map/layers/city.open_cases.geojson?bbox=115.9,36.4,116.1,36.5&zoom=16"])  # fmt: skip
def test_lists_cost_the_same_at_any_length(world, address):
    walk.advance(world, walk.report(world, photo="p0"), "pending_dispatch")
    client = world.client("dispatcher")
    few = queries_of(client, address)
    for n in range(1, 7):
        walk.advance(world, walk.report(world, at=(n % 5, n // 5), photo=f"p{n}"), "pending_dispatch")
    assert queries_of(client, address) == few


def test_intake_costs_the_same_at_any_length(world):
    walk.report(world, at=(0, 0), photo="p0")
    client = world.client("acceptor")
    few = queries_of(client, "/city/intake/")
    for n in range(1, 6):
        walk.report(world, who="acceptor2", channel="hotline", at=(4, n - 1), photo="", class_="")
    assert queries_of(client, "/city/intake/") == few


# --- the list ------------------------------------------------------------------------------------------------------


def test_filters_in_words_find_the_rows(world):
    from yiwang.apps.city.queries.lists import CaseFilter, cases, words

    late = walk.advance(world, walk.report(world, photo="a"), "pending_handle")
    walk.let_pass(late, 60)
    other = walk.report(world, at=(0, 0), photo="b", text="路灯不亮", class_="component:01037", district="371591", who="inspector3")
    closed = walk.advance(world, walk.report(world, at=(4, 4), photo="c", text="井盖缺角"), "closed")
    actor = world.actor("leader")

    def found(**query):
        return {c.pk for c in cases(actor, CaseFilter.read(query))}

    assert found() == {late.pk, other.pk, closed.pk}
    assert found(overdue="1") == {late.pk}
    assert found(district="371591") == {other.pk}
    assert found(state="ended") == found(state="closed") == {closed.pk}
    assert found(q="路灯") == {other.pk}
    assert found(q="路灯 井盖") == set()
    assert found(q=late.number[4:14]) >= {late.pk}
    assert found(org="company-water") == {late.pk, closed.pk}
    assert found(**{"class": "component:01037"}) == {other.pk}
    assert found(district="no-such-code") == set()
    assert found(on="closed", since="2001-01-01", until="2001-12-31") == set()
    said = " ".join(value for _name, _label, value in words(CaseFilter.read({"overdue": "1", "district": "371592"})))
    assert "望川区" in said


def test_filters_take_no_harm_from_nonsense(world):
    client = world.client("leader")
    for query in ("since=31-31-31", "q=%00%27%22%5C", "state=';drop", "after=notacursor", "class=:", "q=%E5%8D%95"):
        assert client.get(f"/city/cases/?{query}").status_code in (200, 422), query


def test_export_holds_what_is_on_screen_and_who_took_it(world):
    walk.advance(world, walk.report(world, photo="a", text="=1+1 井盖"), "pending_handle")
    walk.report(world, at=(0, 0), photo="b", text="另一处", class_="")
    answer = world.client("leader").get("/city/cases/export.xlsx?state=handling")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert "沈领" in rows[0][0]
    assert len(rows) == 4  # who, filters, heads, one case
    assert not any(str(cell).startswith("=") for row in rows for cell in row if cell)
    from yiwang.kernel.audit.models import Event

    assert Event.objects.filter(action="export.taken", actor_name="沈领", data__what="city.cases", data__rows=1).count() == 1
    assert world.client("acceptor").get("/city/cases/export.xlsx").status_code == 403


def test_saved_views_are_the_readers_own(world):
    client = world.client("leader")
    client.post("/city/cases/views/", {"name": "本区超期", "query": "overdue=1&district=371592&after=x&evil=1"})
    page = client.get("/city/cases/").content.decode()
    assert "本区超期" in page
    assert "evil" not in page
    acceptor = world.client("acceptor")
    assert "本区超期" not in acceptor.get("/city/cases/").content.decode()
    from yiwang.kernel.cases.models import SavedView

    address = f"/city/cases/views/{SavedView.objects.get().pk}/delete/"
    acceptor.post(address)
    assert SavedView.objects.count() == 1  # another's view is not his to drop
    client.post(address)
    assert SavedView.objects.count() == 0


# --- persons -------------------------------------------------------------------------------------------------------


def test_a_secret_caller_is_seen_by_no_handling_body(world):
    from yiwang.kernel.audit.models import AccessLog
    from yiwang.kernel.cases.contracts import PersonDraft
    from yiwang.kernel.cases.models import CaseParty

    caller = PersonDraft(name="张晓明", phone="13800001234", secret=True)
    case = walk.report(world, who="acceptor2", channel="hotline", person=caller, photo="a")
    case = walk.advance(world, case, "pending_handle")
    page = world.client("handler2").get(reverse("city:case", args=[case.uid])).content.decode()
    assert "要求保密" in page
    assert "张" not in page.split('id="parties"')[1].split("</section>")[0]
    assert "1234" not in page.split('id="parties"')[1].split("</section>")[0]
    link = CaseParty.objects.get(case=case)
    address = reverse("city:reveal", args=[case.uid])
    assert world.client("handler2").post(address, {"party": link.pk, "purpose": "联系"}).status_code == 403
    assert AccessLog.objects.count() == 0
    refused = world.client("acceptor").post(address, {"party": link.pk, "purpose": " "})
    assert refused.status_code == 422
    assert AccessLog.objects.count() == 0
    shown = world.client("acceptor").post(address, {"party": link.pk, "purpose": "核对地址"})
    assert "13800001234" in shown.content.decode()
    assert AccessLog.objects.get().purpose == "核对地址"


# --- reporting -----------------------------------------------------------------------------------------------------


def street_form(world, **changed):
    lon, lat = world.point()
    body = {
        "idempotency_key": str(uuid.uuid4()), "text": "井盖破损", "class": "component:01001", "lon": str(lon), "lat": str(lat),
        "address": "", "photos": SimpleUploadedFile("a.jpg", picture("street"), "image/jpeg"),
    }  # fmt: skip
    return {k: v for k, v in (body | changed).items() if v is not None}


@pytest.mark.parametrize(("changed", "words"), [
    ({"photos": None}, "须有照片"),
    ({"photos": SimpleUploadedFile("a.jpg", b"", "image/jpeg")}, ""),
    ({"photos": SimpleUploadedFile("a.jpg", b"not a picture at all", "image/jpeg")}, ""),
    ({"lon": "110.0", "lat": "30.0"}, ""),
    ({"lon": "", "lat": "", "address": ""}, "请说明位置"),
    ({"class": "matter:99999"}, "没有分类"),
    ({"text": "x" * 2001}, ""),
    ({"component": "12345678901234567"}, "没有编码为"),
])  # fmt: skip
def test_a_bad_report_is_refused_in_words_and_leaves_nothing(world, changed, words):
    from yiwang.kernel.base.models import IdempotentRequest
    from yiwang.kernel.cases.models import Case

    answer = world.client("inspector").post("/city/report/", street_form(world, **changed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "form-error" in page
    assert Case.all_modes.count() == 0
    assert IdempotentRequest.objects.count() == 0


def test_photos_of_a_refused_report_need_not_be_sent_again(world):
    from yiwang.kernel.cases.models import Case
    from yiwang.kernel.files.models import Attachment

    client = world.client("inspector")
    refused = client.post("/city/report/", street_form(world, lon="", lat=""))
    sent = Attachment.objects.get()
    assert str(sent.uid) in refused.content.decode()
    accepted = client.post("/city/report/", street_form(world, photos=None, uploaded=str(sent.uid)))
    assert accepted.status_code == 302
    sent.refresh_from_db()
    assert sent.subject_uid == Case.all_modes.get().uid


def test_a_report_sent_twice_opens_one_case(world):
    from yiwang.kernel.cases.models import Case

    client, key = world.client("inspector"), str(uuid.uuid4())
    for _time in range(2):
        assert client.post("/city/report/", street_form(world, idempotency_key=key)).status_code == 302
    assert Case.all_modes.count() == 1


def test_handled_on_the_spot_needs_a_photo_after(world):
    from yiwang.kernel.cases.models import Case

    client = world.client("inspector")
    assert client.post("/city/report/", street_form(world, self_handled="on")).status_code == 422
    after = SimpleUploadedFile("b.jpg", picture("after"), "image/jpeg")
    assert client.post("/city/report/", street_form(world, self_handled="on", after=after)).status_code == 302
    case = Case.all_modes.get()
    assert case.state == "self_handled"
    from yiwang.kernel.files.queries import of_subject

    assert sorted(f.stage for f in of_subject("case", case.uid)) == ["after", "before"]


def test_classes_and_components_are_offered_near_the_place(world):
    client = world.client("inspector")
    lon, lat = world.point()
    assert world.assets["cover"].code in client.get(f"/city/report/near/?lon={lon}&lat={lat}").content.decode()
    assert client.get("/city/report/near/?lon=x&lat=").status_code == 200
    assert "component:01001" in client.get("/city/report/classes/?class_words=供水井盖").content.decode()
