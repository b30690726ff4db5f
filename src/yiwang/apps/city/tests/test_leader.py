"""The leader's phone (领导移动督办): today, decisions, pressing with a voice message, following up, the weekly letter."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.walk import COVER_MISSING, advance, do, let_pass, report
from tests.world import TWO_LEVEL
from yiwang.apps.city.queries.leader import decisions, follow, ranking
from yiwang.apps.city.queries.leader import today as days
from yiwang.apps.city.queries.leader.settings import chips
from yiwang.apps.city.services import leader as services
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.files.models import Attachment
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.supervision import services as supervision
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Card, Order, OrderTarget
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

pytestmark = pytest.mark.django_db
KEY = re.compile(r'name="idempotency_key" value="([^"]+)"')


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()


def wav() -> SimpleUploadedFile:
    return SimpleUploadedFile("批示.wav", b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\x10\0\0\0\x01\0\x01\0" + b"\0" * 64, content_type="audio/wav")


def late_case(world, hours=30, **more):
    case = advance(world, report(world, **more), "pending_handle", condition=COVER_MISSING)
    let_pass(case, hours)
    return Case.objects.get(pk=case.pk)


def second_extension(world, **more):
    """A case whose second extension waits for the leader."""
    case = advance(world, report(world, **more), "pending_handle")
    do(world, case, "handler2", "extend", "handle", reason="配件到货需要两天")
    do(world, case, "shift_leader", "complete", "extension", "agree")
    do(world, case, "handler2", "extend", "handle", reason="供货商又推迟一天")
    return Task.objects.get(case=case, kind="extension", state="open")


# ---- today ----


def test_what_is_red_comes_first_with_its_working_time(world):
    newer, older = late_case(world, 20, at=(1, 1), photo="n"), late_case(world, 60, at=(3, 3), photo="o")
    supervision.give_card(world.actor("shift_leader"), case_uid=older.uid, colour="red", reason="严重超期")
    found = days.today(world.actor("leader"), oldest=12)
    assert [one.line.kind for one in found.late] == ["task", "task", "card"]
    assert [one.line.case_uid for one in found.late] == [older.uid, newer.uid, older.uid]
    task = Task.objects.get(case=older, kind="process", state="open")
    worked = deadlines.minutes_between(task.due_at, found.as_of, Kind.WORK_HOUR, calendar_for(world.city.path))
    assert found.late[0].minutes == pytest.approx(worked, abs=0.5)
    assert (found.overdue, found.red.red_cards, found.red.overdue_tasks) == (2, 1, 2)
    page = world.client("leader").get("/city/leader/").content.decode()
    assert page.index("红灯事项") < page.index("等我处理") < page.index("今日动态")
    assert f"/city/leader/press/?case={older.uid}" in page


def test_the_day_beside_yesterday_at_the_same_hour(world):
    made = [report(world, at=(n, 0), photo=f"d{n}") for n in range(3)]
    Case.objects.filter(pk=made[0].pk).update(reported_at=now() - timedelta(days=1, minutes=1))
    local = timezone.localtime(now(), days.local_zone())
    if local.hour == 0 and local.minute < 3:
        pytest.skip("yesterday at this hour has not begun to count")
    found = days.today(world.actor("leader"), oldest=3)
    assert (found.counts["reported"].now, found.counts["reported"].before) == (2, 1)
    today = found.day.isoformat()
    page = world.client("leader").get("/city/leader/").content.decode()
    assert f"/city/cases/?on=reported&amp;since={today}&amp;until={today}" in page
    assert len(re.findall(r'yw-late-press', page)) == 0
    assert "当前没有红灯事项" in page


def test_the_same_number_of_queries_whatever_the_county(world):
    client = world.client("leader")
    late_case(world, photo="q0")
    second_extension(world, at=(0, 0), photo="e0")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked(path: str) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    pages = ("/city/leader/", "/city/leader/decide/", "/city/leader/follow/", "/city/leader/week/", "/city/leader/press/", "/city/leader/red/")
    supervision.order(world.actor("leader"), OrderDraft(title="井盖专项", text="三日内报送", orgs=(world.orgs["company-water"].uid,), limit=3))
    for path in pages:
        asked(path)
    before = {path: asked(path) for path in pages}
    for n in range(1, 4):
        case = late_case(world, at=(n, 1), photo=f"q{n}")
        supervision.give_card(world.actor("leader"), case_uid=case.uid, colour="red", reason="严重超期")
        second_extension(world, at=(n, 3), photo=f"e{n}")
        supervision.order(world.actor("leader"), OrderDraft(title="井盖专项", text="三日内报送", orgs=(world.orgs["company-water"].uid,), limit=3))
    assert {path: asked(path) for path in pages} == before
    assert before["/city/leader/"] < 45


def test_only_his_own_area(world):
    from tests.world import _person

    case = late_case(world)
    east = _person("leader_east", "leader", world.orgs["city-government"], "东领", world.areas[TWO_LEVEL], None)
    world.people["leader_east"] = east
    found = days.today(world.actor("leader_east"), oldest=12)
    assert (found.overdue, found.late, found.red.total, found.counts["reported"].now) == (0, [], 0, 0)
    client = world.client("leader_east")
    assert client.get(f"/city/leader/press/?case={case.uid}").status_code == 404
    body = {"case": str(case.uid), "way": "red", "reason": "rework", "idempotency_key": "east-1"}
    assert client.post("/city/leader/press/", body).status_code == 404
    assert client.post("/city/leader/press/", {**body, "case": "", "org": str(world.orgs["company-water"].uid)}).status_code == 404
    assert not Card.objects.exists()
    assert world.client("handler2").get("/city/leader/").status_code == 403


def test_who_fell_in_the_ranking(world, monkeypatch):
    from yiwang.kernel.indicators.services import defining
    from yiwang.kernel.indicators.tests.month import HOUR, START, Month

    defining.load_shipped()
    month, water, crew = Month(world), world.orgs["company-water"], world.orgs["wangchuan-sanitation"]
    for org, before_late, now_late in ((water, False, True), (crew, True, False)):
        for start, is_late in ((START, before_late), (START + timedelta(days=30), now_late)):
            for n in range(4):
                at = start + n * HOUR
                month.stage("handle", at, due_h=4, done_h=40 if is_late else 2, org_id=org.pk, org_path=org.path)
    place = {p.code: p for p in ranking.places(world.actor("leader"), "department", periods.parse("month:2026-10-01"))}
    assert {"company-water", "wangchuan-sanitation"} <= set(place), "both did work in both months"
    assert place["company-water"].rank > place["wangchuan-sanitation"].rank
    assert place["company-water"].fell > 0
    assert place["wangchuan-sanitation"].rose > 0
    assert next(p.code for p in ranking.fallen(list(place.values()))) == "company-water"
    assert ranking.places(world.actor("citizen"), "department", periods.parse("month:2026-10-01")) == []


# ---- decisions ----


def test_a_double_tap_agrees_once(world):
    task = second_extension(world)
    due = Case.objects.get(pk=task.case_id).due_at
    client = world.client("leader")
    page = client.get("/city/leader/decide/").content.decode()
    assert "供货商又推迟一天" in page
    assert "第 2 次" in page
    assert "陈水" in page
    assert page.count("/thumb/") >= 1, "the photo to decide on"
    body = {"outcome": "agree", "agree_reason": "last_time", "version": Case.objects.get(pk=task.case_id).version, "idempotency_key": KEY.search(page).group(1)}
    for _tap in range(2):
        answer = client.post(f"/city/leader/decide/{task.uid}/", body)
        assert (answer.status_code, answer.url) == (302, "/city/leader/decide/")
    task.refresh_from_db()
    case = Case.objects.get(pk=task.case_id)
    assert (task.outcome, task.data["answer"], case.extension_count) == ("agree", "同意，仅此一次", 2)
    assert case.due_at is None or case.due_at >= due
    assert not decisions.waiting(world.actor("leader")).exists()


def test_refusals_in_words_on_the_same_page(world):
    task, client = second_extension(world), world.client("leader")
    answer = client.post(f"/city/leader/decide/{task.uid}/", {"outcome": "deny", "idempotency_key": "n1"})
    assert answer.status_code == 422
    assert "请说明不同意的理由" in answer.content.decode()
    assert Task.objects.get(pk=task.pk).state == "open"
    assert client.post(f"/city/leader/decide/{task.uid}/", {"outcome": "perhaps", "idempotency_key": "n2"}).status_code == 422
    stale = client.post(f"/city/leader/decide/{task.uid}/", {"outcome": "agree", "version": 1, "idempotency_key": "n3"})
    assert stale.status_code == 409
    assert "供货商又推迟一天" in stale.content.decode()
    services.decide(world.actor("leader"), task.uid, "deny", text="不能再拖", key="n4")
    late = client.post(f"/city/leader/decide/{task.uid}/", {"outcome": "agree", "idempotency_key": "n5"})
    assert late.status_code in (403, 409, 422)
    assert 'role="alert"' in late.content.decode()
    assert Task.objects.get(pk=task.pk).outcome == "deny"
    assert client.post("/city/leader/decide/0197f3c0-0000-7000-8000-000000000000/", {"outcome": "agree"}).status_code == 404


def test_who_asked_does_not_decide(world):
    """监管分离: the shift leader asked for it, so his card has no buttons and a forged tap is refused in words."""
    case = advance(world, report(world), "pending_handle")
    do(world, case, "shift_leader", "void", reason="重复立案")
    task = Task.objects.get(case=case, kind="void", state="open")
    client = world.client("shift_leader")
    page = client.get("/city/leader/decide/").content.decode()
    assert f"/city/leader/decide/{task.uid}/" not in page
    assert "由同事" in page or "同事" in page
    answer = client.post(f"/city/leader/decide/{task.uid}/", {"outcome": "agree", "idempotency_key": "own"})
    assert answer.status_code in (403, 409, 422)
    assert Task.objects.get(pk=task.pk).state == "open"


# ---- pressing ----


def test_a_red_card_in_three_taps_is_one_card(world):
    case, client = late_case(world), world.client("leader")
    page = client.get(f"/city/leader/press/?case={case.uid}").content.decode()
    assert re.search(r'value="red" checked', page), "the red card is chosen already: tap the line, a reason, the button"
    body = {"case": str(case.uid), "way": "red", "reason": "long_overdue", "idempotency_key": KEY.search(page).group(1)}
    for _tap in range(2):
        assert client.post("/city/leader/press/", body).status_code == 302
    card = Card.objects.get()
    assert (card.colour, card.reason, card.org.code, card.given_by_name) == ("red", "严重超期", "company-water", "沈领")
    assert "严重超期" in client.get("/city/leader/follow/").content.decode()


def test_a_note_with_his_voice_is_one_task_and_one_sound(world):
    case, leader = late_case(world), world.actor("leader")
    wanted = services.Press(way="note", case=case.uid, text="请今天到现场", limit="work_hour:4")
    first = services.press(leader, wanted, sound=wav(), key="voice")
    assert services.press(leader, wanted, sound=wav(), key="voice").repeated
    made = Order.objects.get(uid=first.uid)
    assert (Order.objects.count(), made.form, made.limit, made.unit) == (1, "note", 4, "work_hour")
    tied = Attachment.objects.get(subject_kind="supervision_order", subject_uid=made.uid)
    assert (tied.kind, tied.media_type) == ("audio", "audio/wav")
    client = world.client("leader")
    page = client.get(f"/city/leader/orders/{made.uid}/").content.decode()
    assert f'<audio controls preload="none" src="/files/{tied.uid}/"' in page
    assert client.get(f"/files/{tied.uid}/").status_code == 200
    assert world.client("handler2").get(f"/files/{tied.uid}/").status_code == 200, "who has to answer hears it"
    assert world.client("handler").get(f"/files/{tied.uid}/").status_code == 404
    spoken = services.press(leader, services.Press(way="order", org=world.orgs["company-water"].uid), sound=wav(), key="v2")
    assert Order.objects.get(uid=spoken.uid).text == "语音批示，请听录音。"


def test_what_is_wrong_is_said_and_nothing_is_given(world):
    case, leader = late_case(world), world.actor("leader")
    text = SimpleUploadedFile("a.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF", content_type="audio/wav")
    for wanted, sound, field in (
        (services.Press(way="red", case=case.uid), None, "text"), (services.Press(way="red", case=case.uid, reason="rework"), wav(), "sound"),
        (services.Press(way="blue", case=case.uid, reason="rework"), None, "way"), (services.Press(way="note", org=case.uid, text="x"), None, "way"),
        (services.Press(way="order", case=case.uid, text="x", limit="work_day:99"), None, "limit"), (services.Press(way="red", reason="rework"), None, "org"),
        (services.Press(way="order", case=case.uid, text="x"), text, "sound"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            services.press(leader, wanted, sound=sound)
        assert refused.value.errors[0]["field"] == field
    with pytest.raises(NotPermitted):
        services.press(world.actor("dispatcher"), services.Press(way="red", case=case.uid, reason="rework"))
    answer = world.client("leader").post("/city/leader/press/", {"case": str(case.uid), "way": "order", "text": "请说明" * 700, "idempotency_key": "long"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'role="alert"' in page
    assert "请说明请说明" in page, "what was typed is still there"
    assert not Card.objects.exists()
    assert not Order.objects.exists()


def test_whom_to_press_is_who_owes_most(world):
    for n in range(2):
        late_case(world, at=(n, 0), photo=f"w{n}")
    rows = follow.bodies(world.actor("leader"))
    assert [(row["name"]["en"] and row["late"]) for row in rows] == [2]
    page = world.client("leader").get("/city/leader/press/").content.decode()
    assert f"?org={world.orgs['company-water'].uid}" in page
    given = world.client("leader").post("/city/leader/press/", {"org": str(world.orgs["company-water"].uid), "way": "order", "reason": "shirking", "limit": "work_day:1"})
    made = Order.objects.get()
    assert (given.url, made.title, made.targets.get().org.code) == (f"/city/leader/orders/{made.uid}/", "推诿扯皮", "company-water")


# ---- following up ----


def test_urge_answer_and_judge(world):
    case, client = late_case(world), world.client("leader")
    made = supervision.order(world.actor("leader"), OrderDraft(title="井盖", text="请说明原因", cases=(case.uid,), limit=1))
    part = OrderTarget.objects.get(order__uid=made.uid)
    OrderTarget.objects.filter(pk=part.pk).update(due_at=now() - timedelta(hours=3))
    assert follow.tab_counts(world.actor("leader")) == {"late": 1, "answered": 0, "waiting": 0, "settled": 0}
    body = {"do": "urge", "part": str(part.uid), "idempotency_key": "u1", "next": "/city/leader/follow/"}
    for _tap in range(2):
        assert client.post(f"/city/leader/orders/{made.uid}/", body).url == "/city/leader/follow/"
    part.refresh_from_db()
    assert part.urge_count == 1
    assert client.post(f"/city/leader/orders/{made.uid}/", {**body, "idempotency_key": "u2", "next": "https://evil.example/"}).url == f"/city/leader/orders/{made.uid}/"
    supervision.reply(world.actor("handler2"), part.uid, "已派工，明早换好")
    page = client.get("/city/leader/follow/").content.decode()
    assert "已派工，明早换好" in page
    assert "查看并审核" in page
    assert days.today(world.actor("leader"), oldest=3).answers == 1
    judged = {"part": str(part.uid), "idempotency_key": "j1"}
    wrong = client.post(f"/city/leader/orders/{made.uid}/", {**judged, "do": "back", "text": " "})
    assert (wrong.status_code, 'role="alert"' in wrong.content.decode()) == (422, True)
    assert client.post(f"/city/leader/orders/{made.uid}/", {**judged, "do": "accept", "idempotency_key": "j2"}).status_code == 302
    assert Order.objects.get(uid=made.uid).state == "closed"
    assert client.post(f"/city/leader/orders/{made.uid}/", {**judged, "do": "urge", "idempotency_key": "j3"}).status_code in (409, 422)
    other = OrderTarget.objects.get(order__uid=supervision.order(world.actor("leader"), OrderDraft(title="另一件", text="另一件", cases=(case.uid,))).uid)
    assert client.post(f"/city/leader/orders/{made.uid}/", {"do": "urge", "part": str(other.uid), "idempotency_key": "j4"}).status_code == 422
    assert client.get("/city/leader/follow/?tab=settled").content.decode().count('class="yw-ask"') == 1


# ---- the week ----


def test_the_weekly_letter_is_sent_once_and_says_the_week(world):
    monday = services.monday(timezone.localtime(now(), days.local_zone()).date()) - timedelta(days=7)
    case = late_case(world)
    Case.objects.filter(pk=case.pk).update(reported_at=now() - timedelta(days=7))
    supervision.give_card(world.actor("leader"), case_uid=case.uid, colour="red", reason="严重超期")
    assert services.send_letters() >= 2  # leader and two shift leaders
    assert services.send_letters() == 0, "once a week and person"
    notice = Notice.objects.get(kind="city.leader.week", account=world.account("leader"), channel="in_app")
    assert notice.link == f"/city/leader/week/?of={monday.isoformat()}"
    assert "上报 1 件" in notice.body["zh-Hans"]
    assert "红牌 1 张" in notice.body["zh-Hans"]
    assert not Notice.objects.filter(kind="city.leader.week", account=world.account("handler2")).exists()
    client = world.client("leader")
    page = client.get(notice.link).content.decode()
    assert monday.isoformat() in page
    assert "截至此刻未办" in page
    found = days.week(world.actor("leader"), monday + timedelta(days=7), oldest=5)
    assert (sum(n for _name, n in found.red_cards), found.orders["given"]) == (1, 0)
    for given in ("x", "9999-99-99", "0001-01-01", "2026-02-30"):
        assert client.get(f"/city/leader/week/?of={given}").status_code == 200


def test_reasons_and_limits_are_data(world):
    from yiwang.apps.city.models import JudgingSetting
    from yiwang.apps.city.services import load_judging

    load_judging()
    row = JudgingSetting.objects.get(code="leader")
    JudgingSetting.objects.create(
        code="leader", number=row.number + 1, values={"press_reasons": [{"code": "fire", "name": {"zh-Hans": "消防隐患", "en": "Fire"}}]}, sha256="0" * 64, made_at=now(),
        made_by_name="",
    )  # fmt: skip
    assert chips().press == [("fire", "消防隐患")]
    assert chips().limits[0] == ("work_hour", 4), "what the new version does not name is as shipped"
    with pytest.raises(NotFound):
        follow.target_of(world.actor("leader"), None, uuid4())
