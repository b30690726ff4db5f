"""Emergency mode: one case raised, plan into tasks with persons and times, messages, the log, the end, the report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.walk import advance, report
from tests.world import SOUTH, WEST
from yiwang.apps.city.errors import AlreadyEmergency, EmergencyOver, NoPreplan
from yiwang.apps.city.models import Emergency, EmergencyLine, EmergencyTask, FieldMark, Preplan
from yiwang.apps.city.queries import emergency as queries
from yiwang.apps.city.rules import emergency as rules
from yiwang.apps.city.services import emergency as services
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db


def on_shift(world: Any, key: str, lon: float, lat: float) -> None:
    at = now() - timedelta(minutes=30)
    FieldMark.objects.create(region="371599", recorded_at=at, uid=uuid7(), kind="in", shift_uid=uuid7(), account_id=world.account(key).pk, occurred_at=at, said_at=at,
                             area_path=world.areas["371592001"].path, lon=lon, lat=lat)  # fmt: skip


@pytest.fixture
def case(world: Any) -> Case:
    """A case with a department; two inspectors on shift, the second one nearer."""
    found = advance(world, report(world, text="井盖破损，有燃气味", at=(2, 2), photo="em"), "pending_handle")
    on_shift(world, "inspector", WEST + 0.02, SOUTH + 0.02)
    on_shift(world, "inspector2", WEST + 0.0026, SOUTH + 0.0026)
    return found


def raised(world: Any, case: Case, **more: Any) -> Emergency:
    return services.raise_case(actor=world.actor("shift_leader"), case=case.uid, reason="燃气泄漏，需立即处置", **more)


def test_raising_hands_out_the_plan_and_tells_everybody_once(world, case):
    key = str(uuid4())
    made = raised(world, case, plan="gas", key=key)
    assert raised(world, case, plan="gas", key=key).pk == made.pk  # the network said it twice
    tasks = list(EmergencyTask.objects.filter(emergency=made))
    assert len(tasks) == len(made.plan.steps) == 5
    assert tasks[0].account == world.account("inspector2")  # the nearest on shift
    assert tasks[2].account == world.account("inspector")
    assert tasks[4].account == world.account("leader")
    body = tasks[1].account
    assert body is not None
    assert [round((t.due_at - made.raised_at).total_seconds() / 60) for t in tasks] == [15, 30, 30, 240, 300]
    told = Notice.objects.filter(kind="city.emergency.task")
    assert told.filter(channel="in_app").count() == len({t.account_id for t in tasks})
    assert set(told.values_list("channel", flat=True)) <= {"in_app", "sms", "chat"}
    assert told.filter(channel="chat", is_urgent=True).count() == len({t.account_id for t in tasks}), "urgent: through quiet hours too"
    assert [line.kind for line in EmergencyLine.objects.order_by("pk")] == ["raised", "told"]
    case.refresh_from_db()
    assert case.is_urgent
    assert Event.objects.filter(case_id=case.pk, action="escalate").count() == 1
    assert Event.objects.filter(action="city.emergency.raised").count() == 1
    with pytest.raises(KeyReused):
        services.raise_case(actor=world.actor("shift_leader"), case=case.uid, reason="别的原因", plan="gas", key=key)


def test_a_second_raising_and_a_wrong_one_write_nothing(world, case):
    for reason, plan, error in (("", "", BadInput), ("长" * 501, "", BadInput), ("没有这样的预案", "no-such", NoPreplan)):
        with pytest.raises(error):
            services.raise_case(actor=world.actor("shift_leader"), case=case.uid, reason=reason, plan=plan)
    with pytest.raises(NotPermitted):
        services.raise_case(actor=world.actor("dispatcher"), case=case.uid, reason="燃气泄漏")
    assert Emergency.objects.count() == EmergencyTask.objects.count() == Notice.objects.filter(kind__startswith="city.emergency").count() == 0
    assert not Event.objects.filter(action="escalate").exists()
    raised(world, case)
    with pytest.raises(AlreadyEmergency):
        raised(world, case)
    assert Emergency.objects.count() == 1


def test_the_plan_is_chosen_by_the_class():
    plans = {p.code: p for p in rules.shipped()}
    fit = {code: rules.fits(p.classes, "matter:10998") for code, p in plans.items()}
    assert max(fit, key=lambda c: fit[c]) == "gas"
    assert rules.fits(plans["water"].classes, "matter:01001") == -1
    assert rules.fits(plans["general"].classes, "matter:01001") == 0
    text = '[[plan]]\ncode="a"\nversion=1\nname={}\ntext={}\nclasses=[""]\ncomponents=[]\nradius_m=1\n'
    with pytest.raises(ValueError, match="no step"):
        rules.read(text)
    step = '[[plan.step]]\nwhat={en="x"}\nwho="body"\nminutes=5\n'
    with pytest.raises(ValueError, match="two plans"):
        rules.read((text + step) * 2)


def test_loading_plans_twice_keeps_what_is_there(world):
    Preplan.objects.all().delete()
    assert services.load_preplans() == len(rules.shipped())
    Preplan.objects.filter(code="gas").update(radius_m=77)
    assert services.load_preplans() == 0
    assert Preplan.objects.get(code="gas").radius_m == 77


def test_from_tasks_to_the_end(world, case):
    made = raised(world, case)
    chief, mine = world.actor("shift_leader"), world.actor("inspector2")
    first, second = EmergencyTask.objects.filter(emergency=made).order_by("seq")[:2]
    services.finish(actor=mine, emergency=made.uid, task=first.uid, note="已到场，设警戒 30 米")
    services.finish(actor=mine, emergency=made.uid, task=first.uid, note="再说一次")  # the first stands
    first.refresh_from_db()
    assert (first.done_by_name, first.note) == ("林查", "已到场，设警戒 30 米")
    with pytest.raises(NotPermitted):
        services.finish(actor=mine, emergency=made.uid, task=second.uid)
    services.assign(actor=chief, emergency=made.uid, task=second.uid, account=world.account("inspector2").uid)
    second.refresh_from_db()
    assert second.account == world.account("inspector2")
    with pytest.raises(BadInput):
        services.assign(actor=chief, emergency=made.uid, task=second.uid, account=world.account("citizen").uid)
    key = str(uuid4())
    for _time in range(2):
        services.say(actor=mine, emergency=made.uid, text="风向东南，燃气公司已到", key=key)
    services.tell(actor=chief, emergency=made.uid, accounts=[world.account("leader").uid], text="请到现场指挥")
    assert Notice.objects.filter(kind="city.emergency.said", channel="in_app", account=world.account("leader")).count() == 1
    with pytest.raises(NotPermitted):
        services.end(actor=mine, emergency=made.uid, summary="结束")
    with pytest.raises(BadInput):
        services.end(actor=chief, emergency=made.uid, summary="  ")
    services.end(actor=chief, emergency=made.uid, summary="阀门已关，检测合格")
    kinds = [line.kind for line in EmergencyLine.objects.filter(emergency=made).order_by("pk")]
    assert kinds == ["raised", "told", "done", "assigned", "said", "told", "ended"]
    assert Event.objects.filter(case_id=case.pk, action="note").count() == 1
    with pytest.raises(EmergencyOver):
        services.say(actor=chief, emergency=made.uid, text="太迟了")
    again = raised(world, case)  # and it may be raised again
    assert again.pk != made.pk


def test_who_has_a_task_sees_it_and_others_do_not(world, case):
    made = raised(world, case)
    for key, sees in (("inspector2", True), ("leader", True), ("dispatcher", True), ("inspector3", False), ("acceptor", False)):
        assert queries.visible_to(world.actor(key)).filter(pk=made.pk).exists() is sees, key
        answer = world.client(key).get(f"/city/emergency/{made.uid}/")
        assert answer.status_code == (200 if sees else 404), key
    page = world.client("inspector2").get(f"/city/emergency/{made.uid}/").content.decode()
    assert "丁巡" not in page.split("</form>")[-1]  # he has a task, but may not see where the others are
    with pytest.raises(NotFound):
        services.say(actor=world.actor("inspector3"), emergency=made.uid, text="旁人")


def test_components_near_by_are_those_of_the_plan(world, case):
    made = raised(world, case, plan="general")
    parts = queries.around(case, made.plan)
    assert parts
    assert all(p.metres <= made.plan.radius_m for p in parts)
    assert [p.metres for p in parts] == sorted(p.metres for p in parts)
    near = queries.near(case)
    assert [p.account_id for p in near] == [world.account("inspector2").pk, world.account("inspector").pk]


def test_the_pages_and_the_report(world, case):
    client = world.client("shift_leader")
    page = client.get(f"/city/emergency/raise/{case.uid}/").content.decode()
    assert "突发事件通用预案" in page
    refused = client.post(f"/city/emergency/raise/{case.uid}/", {"reason": "", "plan": "gas"})
    assert refused.status_code == 422
    answer = client.post(f"/city/emergency/raise/{case.uid}/", {"reason": "燃气泄漏", "plan": "gas"})
    url = answer["Location"]
    assert client.get(f"/city/emergency/raise/{case.uid}/")["Location"] == url
    one = client.get(url).content.decode()
    assert "林查" in one
    assert "关闭上下游阀门" in one
    assert client.post(url, {"do": "say", "text": ""}).status_code == 422
    assert client.post(url, {"do": "dance"}).status_code == 422
    client.post(url, {"do": "end", "summary": "已处置"})
    assert "已处置" in client.get(url).content.decode()
    assert "燃气管道破裂应急预案" in client.get("/city/emergency/").content.decode()
    report_ = client.get(f"{url}report.pdf")
    assert report_["Content-Type"] == "application/pdf"
    assert report_.content.startswith(b"%PDF")
    assert len(report_.content) > 5000
    from yiwang.apps.city.pages.emergency import report as sheet

    data = sheet(Emergency.objects.get(), world.actor("shift_leader"))
    assert data["summary"] == "已处置"
    assert [row[1] for row in data["log"]] == ["发起", "通知", "结束"]


def test_an_emergency_stands_above_everything_on_the_wall(world, case):
    from yiwang.apps.city.queries.screen import shared

    made = raised(world, case)
    shared.forget()
    beside = world.client("leader").get("/city/screen/numbers.json").json()
    assert [e["uid"] for e in beside["beside"]["emergencies"]] == [str(made.uid)]
    assert str(made.uid) in beside["cards"]["emergencies"]
    shared.forget()
    assert world.client("leader").get("/city/screen/numbers.json?area=371591").json()["beside"]["emergencies"] == []
