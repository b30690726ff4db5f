"""Pages: nonsense in every parameter and form, forged and stale forms, refusals as pages in the reader's language."""

import io
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import transaction
from django.http.request import HttpRequest
from openpyxl import load_workbook

from tests.refusals.doors import EN, HAN, ZH, refused, refused_page
from tests.refusals.footprint import nothing_left
from tests.refusals.walking import Form, forms_of, shape, visits
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import PersonDraft, ReportDraft
from yiwang.kernel.cases.models import Case, Report

NAMES = ("q", "state", "class", "district", "org", "channel", "on", "since", "until", "after", "tab", "when", "page", "lon", "lat", "text", "code", "step",
         "bbox", "zoom", "year", "view", "next", "kind", "size", "sent", "search", "overdue", "urgent", "month", "show", "id", "uid", "post", "role",
         "cursor", "area", "days", "layer", "number", "name", "part", "major", "date", "from", "to")  # fmt: skip
NONSENSE = ("\x00", "²", "-1", "9" * 400, "NaN", "9999-12-31", "0001-01-01", "' OR 1=1 --", "<script>alert(1)</script>", "%s%(x)s{{7*7}}{0.__class__}",
            "../../etc/passwd", "\u202e🚧", "坑" * 3000, "[]", "1e999", "true", " ")  # fmt: skip
MARK = "<script>alert(1)</script>"


def undone(client, method, path, **how):
    """Call and undo what was written."""
    with transaction.atomic():
        answer = getattr(client, method)(path, **how)
        if hasattr(answer, "streaming_content"):
            answer.getvalue()
        transaction.set_rollback(True)
    return answer


def fault(answer, what: str) -> list[str]:
    """Return what is wrong with an answer: a fault of ours, a refusal without words, a text shown as markup."""
    kind, found = answer["Content-Type"] if answer.has_header("Content-Type") else "", []
    if answer.status_code >= 500:
        found.append(f"{what}: {answer.status_code}")
    if 400 <= answer.status_code < 500 and not (kind.startswith(("text/html", "application/problem+json")) and answer.content):
        found.append(f"{what}: {answer.status_code} without words")
    if kind.startswith("text/html") and MARK.encode() in answer.content:
        found.append(f"{what}: shown unescaped")
    return found


def rounds(names, count: int = 5):
    """Yield forms filled with nonsense so that each name meets other nonsense in each round."""
    for turn in range(count):
        yield {name: NONSENSE[(at * 5 + turn * 7) % len(NONSENSE)] for at, name in enumerate(names)}


def test_nonsense_in_every_parameter_of_every_page(doors):
    faults = []
    with nothing_left("yw_audit_event"):  # an export goes on record
        for visit in visits(doors, "GET"):
            for query in rounds(NAMES):
                faults += fault(undone(doors.client(visit.who), "get", visit.path, data=query), f"GET {visit.path}?{urlencode(query)}")
    assert not faults, "\n".join(faults)


def all_forms(doors) -> list[Form]:
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    pages = [(v.path, v.who) for v in visits(doors, "GET")]
    pages += [(f"/city/cases/{case.uid}/", who) for case in doors.town.values() for who in ("acceptor", "shift_leader", "dispatcher", "leader", "inspector2", "handler2")]
    for path, who in pages:
        answer = undone(doors.client(who), "get", path)
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and answer.content.strip():
            for form in forms_of(answer.content, path, who):
                found.setdefault((shape(form.action), tuple(shape(n) for n in form.names)), form)
    return list(found.values())


def test_nonsense_in_every_form(doors):
    """Each form that a page shows is sent with every field as nonsense, hidden ones too, and empty."""
    forms = all_forms(doors)
    assert len(forms) > 40, "the walk lost its way"
    faults = []
    for form in forms:
        if form.action.startswith("/accounts/logout"):
            continue
        client = doors.client(form.who)
        bodies = [*rounds(form.names, 1), *(body | dict(form.hidden) for body in rounds(form.names, 1)), {}]
        for body in bodies:
            faults += fault(undone(client, "post", form.action, data=body), f"POST {form.action} seen at {form.seen_at} with {body!r:.300}")
    assert not faults, "\n".join(faults)


def test_every_form_asks_for_its_secret(doors):
    """A page of another site cannot send our forms: without the token each is refused, and says what to do."""
    count = 0
    for visit in visits(doors, "POST"):
        client = doors.client(visit.who, csrf=True)
        with nothing_left():
            answer = client.post(visit.path, {"x": "1"})
        if answer.status_code == 405:
            continue
        count += 1
        assert answer.status_code == 403, (visit.path, answer.status_code)
        if visit.path.startswith("/ogc/"):  # read by programs: its refusals are JSON
            refused(answer, 403)
        else:
            refused_page(answer, 403, "重新提交")
    assert count > 25


READ_BY_POST = ("/api/3/action/", "/api/action/")  # CKAN's clients send a long question as a body; whoever asks is answered alike and nothing changes


def test_the_api_asks_for_it_too_when_a_browser_calls(doors):
    asked = 0
    for visit in visits(doors, "POST", api=True):
        client = doors.client("acceptor" if visit.who is None else visit.who, csrf=True)
        with nothing_left():
            for language in (ZH, EN):
                answer = client.post(visit.path, "{}", content_type="application/json", headers={"accept-language": language})
                if answer.status_code == 405 or visit.path.startswith(READ_BY_POST):
                    continue
                refused(answer, 403, language=language)
                asked += 1
    assert asked > 10


# --- refusals as pages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing/", "/city/", "/city/cases/17/", "/.env", "/admin/", "/city/cases/%00/", "/static/../settings.py", "/wp-login.php", "/报告/"])
def test_an_address_that_does_not_exist(doors, path):
    for who in (None, "acceptor"):
        text = refused_page(doors.client(who).get(path), 404, "这里没有")
        assert "网址" in text, "says what may be the reason"
        english = refused_page(doors.client(who, EN).get(path), 404, language=EN)
        assert "There is nothing here for you" in english
        refused(doors.client(who).get(path, headers={"accept": "application/json"}), 404, "base.not-found")


@pytest.mark.parametrize("path", ["/api/", "/api/v1/nothing", "/api/v2/cases", "/api/v1/cases/17", "/api/v1/cases/x/actions", "/api/v1/%00"])
def test_an_address_below_the_api_that_does_not_exist(doors, path):
    for language in (ZH, EN):
        refused(doors.client("acceptor", language).get(path), 404, "base.not-found", language=language)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "post", "head"])
def test_a_method_that_an_address_does_not_have(doors, method):
    for path in ("/city/desk/", "/report/query/", "/map/place.json", "/city/cases/export.xlsx"):
        with nothing_left():
            answer = getattr(doors.client("shift_leader"), method)(path)
        if method == "head":
            assert answer.status_code in (200, 405, 422)
            continue
        refused_page(answer, 405)
        assert "GET" in answer["Allow"]
    with nothing_left():
        for language in (ZH, EN):
            refused(getattr(doors.client("acceptor", language), "put")("/api/v1/cases"), 405, "base.wrong-method", language=language)


def test_a_wrong_key_at_a_page_and_a_host_that_is_not_ours(doors):
    for language in (ZH, EN):
        answer = doors.client(None, language, **{"x-api-key": "wrong"}).post("/city/report/", {})
        refused_page(answer, 401, language=language)
        refused(doors.client(None, language, **{"x-api-key": "wrong"}).get("/api/v1/me"), 401, language=language)
        answer = doors.client(None, language).get("/city/desk/", headers={"host": "evil.example"})
        refused_page(answer, 400, language=language)
        refused(doors.client(None, language).get("/api/v1/classes", headers={"host": "evil.example"}), 400, language=language)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"])
def test_nobody_is_sent_to_another_site(doors, target):
    from tests.world import PASSWORD

    client = doors.client(None)
    for path, data in (("/ui/language/", {"language": "en"}), ("/ui/theme/", {"theme": "dark"}), ("/ui/large-print/", {"on": "1"}),
                       ("/accounts/login/", {"login": "acceptor", "password": PASSWORD})):  # fmt: skip
        answer = client.post(path, {**data, "next": target}, headers={"referer": target if target.startswith("http") else "http://testserver/"})
        assert answer.status_code == 302, (path, answer.status_code)
        assert answer["Location"].startswith("/"), (path, answer["Location"])
        assert "evil" not in answer["Location"]


def test_after_signing_in_one_comes_to_where_one_wanted(doors):
    answer = doors.client(None).get("/city/cases/?state=open&class=matter:06&q=x+y%26z")
    from urllib.parse import parse_qs, urlsplit

    wanted = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    assert parse_qs(urlsplit(wanted).query) == {"state": ["open"], "class": ["matter:06"], "q": ["x y&z"]}


@pytest.mark.parametrize("who", ["acceptor", "nobody-there", "acceptor\x00", "' OR 1=1 --", "坑" * 5000])
def test_signing_in_with_the_wrong_words(doors, who):
    from yiwang.kernel.identity.models import Account

    answer = doors.client(None).post("/accounts/login/", {"login": who, "password": "wrong-password"})
    text = refused_page(answer, 200)
    assert HAN.search(text)
    if who in ("acceptor", "nobody-there"):
        # the same words whether the account exists or not
        assert ("不正确" in text) or ("错误" in text), text[:400]
    Account.objects.filter(username="acceptor").update(is_active=False)
    from tests.world import PASSWORD

    locked = doors.client(None).post("/accounts/login/", {"login": "acceptor", "password": PASSWORD}, follow=True)
    assert not locked.wsgi_request.user.is_authenticated


def test_too_many_tries_to_sign_in(doors):
    client = doors.client(None)
    answers = [client.post("/accounts/login/", {"login": "leader", "password": f"wrong-{i}"}) for i in range(12)]
    assert all(a.status_code < 500 for a in answers)
    from tests.world import PASSWORD

    right = client.post("/accounts/login/", {"login": "leader", "password": PASSWORD})
    assert right.status_code != 302, "the right word is no use for a while"
    assert HAN.search(right.content.decode())


# --- what was typed is shown as it was typed ----------------------------------------------------------------------------

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'--{{ 7*7 }}{% debug %}=cmd|' /C calc'!A0 \u202e"


@pytest.fixture
def poisoned(doors):
    """A case whose every text was typed by somebody who means harm."""
    lon, lat = doors.world.point()
    draft = ReportDraft(channel="hotline", text="=1+1 " + EVIL, address="@SUM(1) " + EVIL[:200], answers={"class": "component:01001"}, lon=lon, lat=lat,
                        person=PersonDraft(name=EVIL[:60], phone="+1<b>2</b>", address=EVIL[:200]))  # fmt: skip
    return cases.report(doors.world.actor("acceptor"), "city.problem", draft)


def test_every_text_is_escaped_on_every_page(doors, poisoned):
    from yiwang.kernel.cases.contracts import ActionRequest

    case = Case.objects.get(uid=poisoned.case_uid)
    cases.act(doors.world.actor("acceptor"), ActionRequest(action="note", case_uid=case.uid, reason=EVIL))
    cases.save_view(doors.world.actor("acceptor"), "city.cases", EVIL[:60], "state=open&q=" + EVIL)
    for who, path in (
        ("acceptor", f"/city/cases/{case.uid}/"), ("acceptor", "/city/cases/"), ("acceptor", "/city/intake/"), ("acceptor", f"/city/intake/?case={case.uid}"),
        ("acceptor", "/city/desk/"), ("acceptor", "/search/?q=script"), ("shift_leader", "/city/cases/?q=script"), ("acceptor", "/city/map/"),
        (None, f"/report/query/?code={poisoned.query_code}"), ("acceptor", "/city/hotline/twins/?lon=115.9725&lat=36.4425&text=script"),
        ("dispatcher", f"/city/cases/{case.uid}/"),
    ):  # fmt: skip
        answer = doors.client(who).get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        raw = answer.content.decode()
        assert "<script>alert(1)" not in raw, path
        assert "<img src=x" not in raw, path
        assert "49" not in raw.split("7*7")[0][-3:], path
    for path in (f"/api/v1/cases/{case.uid}", "/map/layers/city.open_cases.geojson?bbox=115.9,36.4,116.1,36.5&zoom=16"):
        answer = doors.client("acceptor").get(path)
        assert answer.status_code == 200
        assert "html" not in answer["Content-Type"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_no_cell_of_an_export_is_a_formula(doors, poisoned):
    Case.objects.filter(uid=poisoned.case_uid).update(title="=HYPERLINK(1)", address="@SUM(1)")
    answer = doors.client("shift_leader").get("/city/cases/export.xlsx")
    assert answer.status_code == 200
    raw = answer.getvalue() if hasattr(answer, "getvalue") else answer.content
    sheet = load_workbook(io.BytesIO(raw)).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any("HYPERLINK" in str(c.value) for c in cells)
    assert not [c.value for c in cells if c.data_type == "f"]


# --- public pages -------------------------------------------------------------------------------------------------------


def test_a_strangers_report_step_by_step_with_bad_answers(doors):
    client = doors.client(None)
    for text, said in (("", "一句话"), ("a\x00b", ""), ("坑" * 2001, "2000")):
        with nothing_left():
            refused_page(client.post("/report/", {"step": "what", "text": text}), 422, said)
    assert client.post("/report/", {"step": "what", "text": "路面有坑"}).status_code == 302
    lon, lat = doors.world.outside
    for place, said in (({}, "地图"), ({"lon": lon, "lat": lat}, "范围"), ({"lon": "NaN", "lat": "NaN"}, ""), ({"lon": "1e9", "lat": "x"}, ""),
                        ({"address": "没有这条路9999号"}, ""), ({"address": "\x01"}, "")):  # fmt: skip
        with nothing_left():
            refused_page(client.post("/report/", {"step": "where", **place}), 422, said)
    lon, lat = doors.world.point()
    assert client.post("/report/", {"step": "where", "lon": lon, "lat": lat}).status_code == 302
    for person, said in (({"caller_phone": "abc"}, "138"), ({"caller_name": "王" * 61}, ""), ({"caller_name": "a\x07"}, ""), ({"caller_phone": "1"}, "")):
        with nothing_left():
            refused_page(client.post("/report/", {"step": "who", **person}), 422, said)
    before = Report.objects.count()
    sent = client.post("/report/", {"step": "who"})
    assert sent.status_code == 302
    assert Report.objects.count() == before + 1


def test_a_strangers_report_is_sent_once_however_often_one_clicks(doors):
    client, (lon, lat) = doors.client(None), doors.world.point()
    client.post("/report/", {"step": "what", "text": "路面有坑"})
    client.post("/report/", {"step": "where", "lon": lon, "lat": lat})
    session = dict(client.session)
    before = Report.objects.count()
    codes = []
    for _i in range(3):
        store = client.session
        store.update(session)  # the second click left before the first one's answer came
        store.save()
        codes.append(client.post("/report/", {"step": "who"})["Location"])
    assert len(set(codes)) == 1
    assert Report.objects.count() == before + 1


def test_strangers_are_counted(doors):
    lon, lat = doors.world.point()
    statuses = []
    for i in range(8):
        client = doors.client(None)
        client.post("/report/", {"step": "what", "text": f"路面有坑 {i}"})
        client.post("/report/", {"step": "where", "lon": lon, "lat": lat})
        statuses.append(client.post("/report/", {"step": "who"}))
    assert [s.status_code for s in statuses[:6]] == [302] * 6
    with nothing_left():
        refused_page(statuses[6], statuses[6].status_code, "秒")
    assert statuses[6].status_code in (422, 429)
    for _i in range(41):
        asked = doors.client(None).get("/report/query/?code=AAAAAAAAAA")
    refused_page(asked, 429, "秒")
    assert int(asked["Retry-After"]) > 0


@pytest.mark.parametrize("code", ["AAAAAAAAAA", "\x00", "' OR ''='", "%", "_________", "坑" * 30, "²" * 10, "../x"])
def test_query_codes_that_are_none(doors, code):
    with nothing_left():
        refused_page(doors.client(None).get("/report/query/", {"code": code}), 404)
        answer = doors.client(None).post("/report/query/rate/", {"code": code, "score": "5"})
        assert answer.status_code in (302, 404)


@pytest.mark.parametrize("form", [{"score": "0"}, {"score": "6"}, {"score": "²"}, {"score": "-1"}, {"score": "x"}, {}, {"score": "5", "comment": "好" * 501},
                                  {"score": "5", "comment": "a\x00"}, {"score": "5", "comment": "a\x1b"}])  # fmt: skip
def test_ratings_that_are_none(doors, form):
    code = doors.town["closed"].reports.first().query_code
    with nothing_left():
        answer = doors.client(None).post("/report/query/rate/", {"code": code, **form}, follow=True)
        assert answer.status_code == 200
        assert HAN.search(answer.content.decode())
    early = doors.town["new"].reports.first().query_code
    with nothing_left():
        doors.client(None).post("/report/query/rate/", {"code": early, "score": "5"})


# --- clerks' pages ------------------------------------------------------------------------------------------------------


def hotline_form(doors, **more):
    lon, lat = doors.world.point()
    return {"text": "路灯不亮", "class": "component:01001", "lon": lon, "lat": lat, "idempotency_key": str(uuid4()), "caller_name": "赵六",
            "caller_phone": "13700001111", **more}  # fmt: skip


@pytest.mark.parametrize("change", [
    {"text": "坑" * 10_000}, {"text": "a\x00"}, {"text": "a\x1b"}, {"class": "matter:99999"}, {"class": "x\x00"}, {"lon": "110", "lat": "30"}, {"lon": "NaN"},
    {"caller_phone": "abc"}, {"caller_name": "王\x07"}, {"caller_name": "王" * 61}, {"caller_phone": "1" * 31}, {"text": "", "class": ""}, {"address": "路" * 300},
    {"lon": "", "lat": "", "address": "\x01"}, {"idempotency_key": "a\tb"},
], ids=lambda c: repr(c)[:30])  # fmt: skip
def test_a_call_that_cannot_be_registered(doors, change):
    with nothing_left():
        for language in (ZH, EN):
            refused_page(doors.client("acceptor", language).post("/city/hotline/", hotline_form(doors, **change)), 422, language=language)


def test_a_call_is_registered_once_and_joins_only_what_is_seen(doors):
    client, form = doors.client("acceptor"), hotline_form(doors)
    first = client.post("/city/hotline/", form)
    assert first.status_code == 302
    with nothing_left():
        assert client.post("/city/hotline/", form)["Location"] == first["Location"]
        refused_page(client.post("/city/hotline/", {**form, "text": "另一处"}), 422, "编号")
        refused_page(client.post("/city/hotline/", hotline_form(doors, join=str(uuid4()))), 422)


@pytest.mark.parametrize("change", [
    {"text": "坑" * 10_000}, {"class": "matter:99999"}, {"lon": "110", "lat": "30"}, {"uploaded": "44ae2c63-0243-4a5e-9c1d-2f3a4b5c6d7e"}, {"uploaded": "x"}, {"component": "\x00"}, {},
], ids=lambda c: repr(c)[:30])  # fmt: skip
def test_an_inspectors_report_that_cannot_be_taken(doors, change):
    lon, lat = doors.world.point()
    form = {"text": "路面有坑", "class": "matter:06013", "lon": lon, "lat": lat, "idempotency_key": str(uuid4()), **change}
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client("inspector", language).post("/city/report/", form)  # and without a photo, in every one of them
            refused_page(answer, answer.status_code, language=language)
            assert answer.status_code in (404, 422), answer.status_code


@pytest.mark.parametrize(("name", "query"), [("", "state=open"), ("名" * 61, "state=open"), ("\x00", "x=1"), ("a\x1b", "x=1")])
def test_saved_views_that_are_none(doors, name, query):
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client("acceptor", language).post("/city/cases/views/", {"name": name, "query": query})
            refused_page(answer, 422, language=language)


def test_nobody_deletes_anothers_view(doors):
    view = cases.save_view(doors.world.actor("acceptor"), "city.cases", "我的", "state=open")
    with nothing_left():
        for who in ("acceptor2", "leader"):
            doors.client(who).post(f"/city/cases/views/{view.pk}/delete/")
        doors.client("acceptor").post(f"/city/cases/views/{'9' * 30}/delete/")


@pytest.mark.parametrize("form", [{}, {"party": "²", "purpose": "x"}, {"party": "9" * 30, "purpose": "x"}, {"party": "x"}, {"party": "1\x00"}])
def test_who_reported_is_not_shown_for_nothing(doors, form):
    with nothing_left():
        refused_page(doors.client("acceptor").post(f"/city/cases/{doors.town['call'].uid}/reveal/", form), 404)


@pytest.mark.parametrize("purpose", ["", "   ", "a\x00", "\x1b"])
def test_who_reported_is_shown_for_a_purpose_only(doors, purpose):
    link = doors.town["call"].parties.first()
    with nothing_left():
        for language in (ZH, EN):
            answer = doors.client("acceptor", language).post(f"/city/cases/{link.case.uid}/reveal/", {"party": link.pk, "purpose": purpose})
            refused_page(answer, 422, language=language)
            assert "张晓明" not in answer.content.decode()


def test_no_page_is_built_from_a_request_that_breaks_off(doors, monkeypatch):
    """A phone in a tunnel: the body ends in the middle."""
    from django.http import UnreadablePostError

    def broken(self):
        raise UnreadablePostError("gone")

    monkeypatch.setattr(HttpRequest, "body", property(broken))
    with nothing_left():
        answer = doors.client("machine").post("/api/v1/reports", "{}", content_type="application/json")
        assert 400 <= answer.status_code < 500
