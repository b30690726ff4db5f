"""Missed reports (漏报): raised by facts, judged by a person who sees the track, contested once; and what then counts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import walk
from yiwang.apps.city.errors import AlreadyDone
from yiwang.apps.city.models import CityCase, FieldMark, MissedReport, Position
from yiwang.apps.city.queries.judging import missed
from yiwang.apps.city.rules.judging import missed as rules
from yiwang.apps.city.services.judging import missed as services
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.errors import SameHands
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.notices.models import Notice

NOW = timezone.now()


@pytest.mark.parametrize(("verdict", "objected", "review", "expected"), [
    ("", False, "", None), ("missed", False, "", True), ("not_missed", False, "", False), ("unclear", False, "", False),
    ("missed", True, "", None), ("missed", True, "missed", True), ("missed", True, "not_missed", False), ("missed", True, "unclear", False),
])  # fmt: skip
def test_what_counts(verdict, objected, review, expected):
    assert rules.counted(verdict, objected, review) is expected


def test_how_near_somebody_came_before_the_report():
    at = [NOW + timedelta(minutes=n) for n in range(4)]
    track = [(at[0], 116.0, 36.45), (at[1], 116.001, 36.45), (at[2], 116.002, 36.45), (at[3], 116.0, 36.4501)]
    found = rules.nearest_pass(track, (116.0, 36.4501), at[2])
    assert found is not None
    assert (round(found[0]), found[1]) == (11, at[0]), "what came after the report is not looked at"
    assert rules.nearest_pass([], (116.0, 36.45), at[0]) is None


def patrol(world, who, began, *, hours=2.0, near=True, grid="371592Z0001"):
    """A shift that ended, with a track past the place of the case or far from it."""
    uid, account, lon, lat = uuid7(), world.account(who), *world.point(2, 2)
    beat = ResponsibilityGrid.objects.get(code=grid)
    for kind, moment in (("in", began), ("out", began + timedelta(hours=hours))):
        FieldMark.objects.create(
            region="371592", recorded_at=moment, uid=uuid7(), kind=kind, shift_uid=uid, account_id=account.pk, grid_id=beat.pk, area_path=beat.area_path,
            occurred_at=moment, said_at=moment,
        )  # fmt: skip
    for n in range(4):
        moment = began + timedelta(minutes=10 * n)
        Position.objects.create(
            region="371592", recorded_at=moment, uid=uuid7(), shift_uid=uid, account_id=account.pk, occurred_at=moment, lon=lon + (0.0001 * n if near else 0.01), lat=lat
        )
    return uid


def verified(world, outcome="confirmed", **more):
    case = walk.report(world, who="", channel="public", text="井盖破损", **more)
    case = walk.do(world, case, "acceptor", "complete", "accept", "verify", **{"class": "component:01001"})
    return walk.do(world, case, "inspector2", "complete", "verify", outcome, reason="看过", files=(walk.upload(world.actor("inspector2"), f"v{case.pk}", stage="verify"),))


@pytest.mark.django_db
def test_a_true_report_in_a_grid_just_patrolled_raises_the_question(world):
    patrol(world, "inspector", timezone.now() - timedelta(hours=5))
    patrol(world, "inspector", timezone.now() - timedelta(hours=2.5))  # the last one counts, once a person
    patrol(world, "inspector3", timezone.now() - timedelta(hours=5), grid="371591Z0001")  # another grid
    case = verified(world)
    row = MissedReport.objects.get()
    assert (row.case, row.account, row.verdict, row.counted) == (case, world.account("inspector"), "", None)
    assert row.passed_m is not None
    assert row.passed_m < 15
    assert abs((row.reported_at - case.reported_at).total_seconds()) < 1
    assert missed.counted().count() == 0, "a question is no judgement"
    assert list(missed.mine(world.actor("inspector"))) == []


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["untrue", "long ago", "later", "own report", "elsewhere"])
def test_no_question_where_nothing_could_have_been_seen(world, why):
    began = {"long ago": timezone.now() - timedelta(hours=40), "later": timezone.now() + timedelta(hours=1)}.get(why, timezone.now() - timedelta(hours=3))
    patrol(world, "inspector", began, grid="371591Z0001" if why == "elsewhere" else "371592Z0001")
    if why == "own report":
        walk.advance(world, walk.report(world), "pending_dispatch")
    else:
        verified(world, "not_true" if why == "untrue" else "confirmed")
    assert MissedReport.objects.count() == 0


@pytest.fixture
def question(world):
    patrol(world, "inspector", timezone.now() - timedelta(hours=3))
    verified(world)
    return MissedReport.objects.get()


@pytest.mark.django_db
def test_judged_contested_and_judged_again_by_somebody_else(world, question):
    with pytest.raises(BadInput):
        services.judge(world.actor("leader"), question.uid, verdict="missed", reason=" ")
    with pytest.raises(NotFound):
        services.judge(world.actor("acceptor"), question.uid, verdict="missed", reason="x")
    services.judge(world.actor("shift_leader"), question.uid, verdict="missed", reason="轨迹距井盖不足十五米")
    assert [r.pk for r in missed.counted(accounts=[question.account_id], since=question.reported_at)] == [question.pk]
    assert missed.counted(until=question.reported_at).count() == 0
    assert Notice.objects.filter(account=world.account("inspector"), kind="city.missed").count() == 1
    with pytest.raises(AlreadyDone):
        services.judge(world.actor("leader"), question.uid, verdict="not_missed", reason="x")
    with pytest.raises(NotFound):
        services.object_to(world.actor("inspector2"), question.uid, "不是我")
    services.object_to(world.actor("inspector"), question.uid, "当时井盖完好，有照片")
    assert missed.counted().count() == 0, "while it is contested it does not count"
    with pytest.raises(AlreadyDone):
        services.object_to(world.actor("inspector"), question.uid, "再说一次")
    with pytest.raises(SameHands):
        services.judge(world.actor("shift_leader"), question.uid, verdict="missed", reason="维持")
    services.judge(world.actor("leader"), question.uid, verdict="not_missed", reason="照片属实")
    row = MissedReport.objects.get()
    assert (row.verdict, row.review, row.counted) == ("missed", "not_missed", False)
    assert list(Event.objects.filter(action__startswith="city.missed").order_by("position").values_list("action", "outcome")) == [
        ("city.missed.judged", "missed"), ("city.missed.objected", ""), ("city.missed.judged", "not_missed"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_objection_comes_in_time_and_only_against_a_judgement(world, question):
    with pytest.raises(NotFound):
        services.object_to(world.actor("inspector"), question.uid, "太早")
    services.judge(world.actor("leader"), question.uid, verdict="unclear", reason="无轨迹")
    with pytest.raises(BadInput):
        services.object_to(world.actor("inspector"), question.uid, "无需")
    MissedReport.objects.update(verdict="missed", counted=True, judged_at=timezone.now() - timedelta(days=8))
    with pytest.raises(BadInput) as late:
        services.object_to(world.actor("inspector"), question.uid, "太晚")
    assert late.value.errors[0]["code"] == "late" if "code" in late.value.errors[0] else True
    assert MissedReport.objects.get().counted is True


@pytest.mark.django_db
def test_wrong_reports_are_those_found_untrue(world):
    case = walk.report(world)
    case = walk.do(world, case, "acceptor", "complete", "accept", "verify", **{"class": "component:01001"})
    walk.do(world, case, "inspector2", "complete", "verify", "not_true", reason="完好", files=(walk.upload(world.actor("inspector2"), "w", stage="verify"),))
    walk.report(world, at=(1, 1), photo="fine")
    assert [(c.case_id, c.reported_by_inspector_id) for c in missed.wrong_reports()] == [(case.pk, world.account("inspector").pk)]
    assert missed.wrong_reports(until=case.reported_at).count() == 0
    assert CityCase.objects.count() == 2


@pytest.mark.django_db
def test_the_pages(world, question):
    client, url = world.client("leader"), reverse("city:missed_one", args=[question.uid])
    assert [r["uid"] for r in client.get(reverse("city:missed")).context["rows"]] == [str(question.uid)]
    assert client.get(reverse("city:missed") + "?state=counted").context["rows"] == []
    page = client.get(url)
    assert {layer["id"] for layer in page.context["map"]["layers"]} == {"track", "place"}
    assert Event.objects.filter(action="city.track.read").count() == 1, "who looked at a track is on record"
    assert client.post(url, {"verdict": "missed"}).status_code == 422
    assert client.post(url, {"verdict": "missed", "reason": "轨迹经过"}).status_code == 302
    own = reverse("city:own_missed", args=[question.uid])
    mine = world.client("inspector")
    shown = mine.get(own).content.decode()
    assert "轨迹经过" in shown
    assert world.account("leader").name not in shown[shown.index("<main"):], "who judged is not the inspector's to know"
    assert mine.post(own, {"reason": "当时完好"}).status_code == 302
    assert world.client("inspector2").get(own).status_code == 404
    assert world.client("inspector").get(url).status_code == 403
    assert len(mine.get(reverse("city:own_missed_list")).context["rows"]) == 1
