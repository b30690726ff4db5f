"""The census (专项普查): ordered with a preview, answered grid by grid, accepted, closed with a summary; the undone stays visible."""

import io
from datetime import date, timedelta

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from tests import walk
from tests.world import DIRECT, THIRD, TWO_LEVEL
from yiwang.apps.city.errors import AnsweredMeanwhile
from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusOrder, CensusPart
from yiwang.apps.city.queries import census as reads
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.rules.census import Answer, Asked, Progress
from yiwang.apps.city.services import census
from yiwang.apps.city.services.census import Receipt
from yiwang.apps.city.tests.census_town import FOLDER, part_of, staff, wanted, workday
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.errors import ActionNotAllowed, SameHands, TaskGone
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import act, load_matter
from yiwang.kernel.geography.errors import ListChanged
from yiwang.kernel.geography.models import Asset, AssetPast, ResponsibilityGrid
from yiwang.kernel.geography.services import assign_inspector
from yiwang.kernel.worktime.queries import calendar_for

ASKED = Asked(("status", "address"), metres=30, classes=("01001",))


@pytest.fixture
def ordered(world):
    """Three covers of the first grid of the district are looked at by its inspector."""
    staff(world)
    uid = census.order(actor=world.actor("shift_leader"), wanted=wanted(world), expected=3)
    return Case.objects.get(uid=uid)


def say(world, case, what, asset=None, who="inspector", **more):
    return census.answer(actor=world.actor(who), task=part_of(case).task.uid, asset=world.assets[asset].uid if asset else None, answer=what, **more)


# --- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "values", "more", "expected"), [
    ("confirm", {}, {}, []),
    ("confirm", {"status": "lost"}, {}, [("status", "unknown")]),
    ("correct", {}, {}, [("values", "nothing")]),
    ("correct", {"status": "damaged"}, {}, []),
    ("correct", {"status": "removed"}, {}, [("status", "choice")]),
    ("correct", {"owner_org": "x"}, {}, [("owner_org", "unknown"), ("values", "nothing")]),
    ("correct", {}, {"place": True, "moved_m": 30.0}, []),
    ("correct", {}, {"place": True, "moved_m": 30.1}, [("place", "far")]),
    ("add", {"class_code": "01001"}, {"place": True, "photos": 1}, []),
    ("add", {"class_code": "01002"}, {"photos": 1}, [("class_code", "choice"), ("place", "required")]),
    ("add", {"class_code": "01001"}, {"place": True}, [("photos", "required")]),
    ("retire", {"reason": "拆除", "status": "intact"}, {"photos": 1}, [("status", "choice")]),
    ("retire", {"reason": " "}, {"photos": 1}, [("reason", "required")]),
    ("not_found", {"reason": "已被占压"}, {}, []),
])  # fmt: skip
def test_what_an_answer_needs(answer, values, more, expected):
    assert rules.faults(Answer(answer), ASKED, values, **{"photos": 0, "place": False, **more}) == expected


def test_a_photo_of_everything_when_the_order_asks_for_it():
    asked = Asked(photo=True)
    assert rules.faults(Answer.CONFIRM, asked, {}, photos=0, place=False) == [("photos", "required")]
    assert rules.faults(Answer.CONFIRM, asked, {}, photos=1, place=False) == []


def test_what_is_written_at_once():
    for corrections in (True, False):
        for additions in (True, False):
            how = {"corrections": corrections, "additions": additions}
            assert rules.at_once(Answer.CONFIRM, **how)
            assert rules.at_once(Answer.NOT_FOUND, **how)
            assert rules.at_once(Answer.CORRECT, **how) is corrections
            assert rules.at_once(Answer.ADD, **how) is rules.at_once(Answer.RETIRE, **how) is additions


def test_progress_and_its_colour():
    empty, half, all_ = Progress(), Progress(total=4, confirmed=1, corrected=1), Progress(total=2, confirmed=2)
    assert (empty.percent, half.percent, half.left, all_.percent) == (100, 50, 2, 100)
    assert (half + all_).left == 2
    assert [rules.tone("open", s, late=False) for s in (Progress(total=3), half, all_)] == ["neutral", "soon", "in_time"]
    assert rules.tone("open", half, late=True) == rules.tone("undone", half, late=False) == "overdue"
    assert rules.tone("given_back", all_, late=True) == "paused"
    found = rules.summary({"corrected": 2, "asked": 3, "dropped": 5}, [{"status": 1, "place": 1}, {"status": 1}], {"waiting": 1})
    assert (found.fields, found.undone, found.waiting, found.progress.total) == ({"status": 2, "place": 1}, 3, 1, 5)


def test_an_order_travels_as_plain_values():
    given = rules.Wanted(classes=("01001",), areas=("371592",), due_on=date(2026, 11, 27))
    assert rules.Wanted.read(given.plain()) == given
    for wrong in ({}, {**given.plain(), "due_on": "x"}, {**given.plain(), "classes": None}):
        with pytest.raises(ValueError):
            rules.Wanted.read(wrong)


# --- ordering ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_preview_says_who_gets_what(world):
    staff(world)
    plan = census.plan(world.actor("leader"), wanted(world, areas=(DIRECT, TWO_LEVEL, THIRD), asks_new=True))
    shown = [(p.grid.code, len(p.share.assets), p.inspector.name if p.inspector else "") for p in plan.parts]
    assert shown == [(f"{DIRECT}Z0001", 3, "丁巡"), (f"{TWO_LEVEL}Z0001", 0, "宋看"), (f"{THIRD}Z0001", 0, "")]
    assert (plan.count, dict(plan.by_class), len(plan.without)) == (3, {"01001": 2, "01002": 1}, 1)
    assert timezone.localtime(plan.due_at).strftime("%H:%M") in ("17:00", "17:30", "18:00")
    assert not Case.objects.exists()
    only = census.plan(world.actor("leader"), wanted(world, areas=(DIRECT, TWO_LEVEL, THIRD)))
    assert [p.grid.code for p in only.parts] == [f"{DIRECT}Z0001"], "grids without a component have nothing to do"


@pytest.mark.django_db
def test_what_cannot_be_ordered(world):
    staff(world)
    leader = world.actor("shift_leader")
    with pytest.raises(NotPermitted):
        census.order(actor=world.actor("acceptor"), wanted=wanted(world))
    sunday = workday(world)
    while calendar_for(world.city.path).is_working_day(sunday):
        sunday += timedelta(days=1)
    for field, more in (
        ("areas", {"areas": ()}), ("areas", {"areas": ("999999",)}), ("classes", {"classes": ()}), ("classes", {"classes": ("99999",)}),
        ("due_on", {"due_on": timezone.localdate() - timedelta(days=1)}), ("due_on", {"due_on": timezone.localdate() + timedelta(days=400)}),
        ("due_on", {"due_on": sunday}), ("most_metres", {"most_metres": 900}), ("asks", {"asks": ("owner",)}), ("classes", {"areas": (THIRD,)}),
    ):  # fmt: skip
        with pytest.raises(BadInput) as refused:
            census.order(actor=leader, wanted=wanted(world, **more))
        assert refused.value.errors[0]["field"] == field, more
    for key in ("", "k-1"):
        with pytest.raises(ListChanged):
            census.order(actor=leader, wanted=wanted(world), expected=9, key=key)
    assert not Case.objects.exists()
    assert not CensusOrder.objects.exists()
    once = census.order(actor=leader, wanted=wanted(world), expected=3, key="k-2")
    assert census.order(actor=leader, wanted=wanted(world), expected=3, key="k-2") == once
    assert (Case.objects.count(), Task.objects.filter(kind="census").count()) == (1, 1)


# --- the whole life ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_census_from_order_to_summary(world, ordered):
    task = Task.objects.get(kind="census")
    assert (task.account, task.permission, task.due_at) == (world.account("inspector"), "city.task.census", ordered.census.due_at)
    assert (ordered.state, ordered.due_at) == ("surveying", ordered.census.due_at)
    cover2, drain = world.assets["cover2"], world.assets["drain"]
    assert say(world, ordered, "confirm", "cover").left == 2
    moved = (cover2.point.x + 0.0001, cover2.point.y)
    done = say(world, ordered, "correct", "cover2", values={"status": "damaged", "address": "望湖路20号"}, place=moved)
    assert (done.state, done.left) == ("applied", 1)
    cover2 = Asset.objects.get(pk=cover2.pk)
    assert (cover2.status, cover2.address, round(cover2.point.x, 6)) == ("damaged", "望湖路20号", round(moved[0], 6))
    assert set(AssetPast.objects.filter(asset_id=cover2.pk).values_list("by_name", flat=True)) == {"丁巡"}, "the inspector stands in the history"
    inspector = world.actor("inspector")
    gone = say(world, ordered, "retire", "drain", values={"reason": "已拆除"}, files=[walk.upload(inspector, "gone")])
    assert (gone.state, gone.part_state) == ("waiting", "done"), "the last answer ends the part"
    ordered = Case.objects.get(pk=ordered.pk)
    assert (ordered.state, Asset.objects.get(pk=drain.pk).status) == ("to_accept", "intact")
    leader = world.actor("shift_leader")
    with pytest.raises(ActionNotAllowed):
        walk.do(world, ordered, "shift_leader", "complete", "accept", "close")
    assert census.decide(actor=leader, case_uid=ordered.uid, answers=[gone.uid], accept=True) == 1
    drain = Asset.objects.get(pk=drain.pk)
    assert drain.status == "removed"
    assert "丁巡" in AssetPast.objects.get(asset_id=drain.pk).reason
    ordered = walk.do(world, ordered, "shift_leader", "complete", "accept", "close")
    assert (ordered.state, ordered.closed_at is not None) == ("closed", True)
    found = reads.summary_of(CensusOrder.objects.get(case=ordered))
    assert (found.progress.confirmed, found.progress.corrected, found.progress.retired, found.undone) == (1, 1, 1, 0)
    assert found.fields == {"address": 1, "place": 1, "status": 1}
    assert Event.objects.filter(action__startswith="city.census.").count() == 4
    with pytest.raises(TaskGone):
        say(world, ordered, "confirm", "cover")


@pytest.mark.django_db
def test_added_ones_get_a_code_by_rule_after_acceptance(world):
    staff(world)
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world, asks_new=True)))
    inspector, lon, lat = world.actor("inspector"), *world.point(3, 3)
    photo = walk.upload(inspector, "new")
    new = {"values": {"class_code": "01001", "address": "望湖路26号"}, "place": (lon, lat), "files": [photo]}
    with pytest.raises(BadInput):
        say(world, case, "add", **{**new, "files": []})
    with pytest.raises(BadInput) as refused:
        say(world, case, "add", **{**new, "place": world.point(3, 3, district=TWO_LEVEL)})
    assert refused.value.errors[0]["code"] == "grid"
    first = say(world, case, "add", **new, key="phone-1")
    again = say(world, case, "add", **new, key="phone-1")
    assert (again.uid, again.repeated, first.asset, first.state) == (first.uid, True, "", "waiting")
    with pytest.raises(KeyReused):
        say(world, case, "add", **{**new, "values": {"class_code": "01002"}}, key="phone-1")
    other = say(world, case, "add", **{**new, "files": [walk.upload(inspector, "new2")]})
    assert CensusItem.objects.filter(state="added").count() == 2
    before = Asset.objects.count()
    with pytest.raises(NotFound):
        census.decide(actor=inspector, case_uid=case.uid, answers=[first.uid], accept=True)
    with pytest.raises(NotPermitted):
        census.decide(actor=world.actor("acceptor"), case_uid=case.uid, answers=[first.uid], accept=True)
    census.decide(actor=world.actor("leader"), case_uid=case.uid, answers=[first.uid], accept=True)
    with pytest.raises(BadInput):
        census.decide(actor=world.actor("leader"), case_uid=case.uid, answers=[other.uid], accept=False)
    census.decide(actor=world.actor("leader"), case_uid=case.uid, answers=[other.uid], accept=False, reason="与已登记的重复")
    made = CensusAnswer.objects.get(uid=first.uid).item.asset
    assert (Asset.objects.count(), made.code, made.address, made.name["zh-Hans"]) == (before + 1, f"{DIRECT}01001000003", "望湖路26号", "供水井盖")
    from yiwang.kernel.files.models import Attachment

    assert Attachment.objects.get(uid=photo).subject_uid == made.uid, "its photo is the component's now"
    with pytest.raises(ActionNotAllowed):
        census.decide(actor=world.actor("leader"), case_uid=case.uid, answers=[other.uid], accept=True)
    share = census.states_of(part_of(case))
    assert (share.added, share.left) == (1, 3), "what was not accepted is not counted as added"
    with pytest.raises(BadInput) as left:
        census.end_part(actor=inspector, task=part_of(case).task.uid, outcome="done")
    assert left.value.errors[0]["code"] == "left"


@pytest.mark.django_db
def test_what_is_given_back_stays_visible_and_goes_to_somebody_else(world):
    staff(world)
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world, areas=(DIRECT, THIRD), asks_new=True)))
    unmanned = part_of(case, THIRD)
    assert (unmanned.task.account, unmanned.task.permission) == (None, "city.task.census_lead")
    assert [t.pk for t in reads.work.open_tasks(world.actor("shift_leader"), "city").filter(kind="census")] == [unmanned.task_id]
    say(world, case, "confirm", "cover")
    first, inspector = part_of(case).task.uid, world.actor("inspector")
    with pytest.raises(BadInput):
        census.end_part(actor=inspector, task=first, outcome="give_back")
    census.end_part(actor=inspector, task=first, outcome="give_back", reason="道路封闭施工")
    part = part_of(case)
    assert (part.state, part.reason) == ("given_back", "道路封闭施工")
    assert [(r.word, r.share.left) for r in reads.parts_of(CensusOrder.objects.get(case=case)) if r.reason] == [("交回", 2)]
    leader = world.actor("shift_leader")
    for wrong in (str(world.account("acceptor").uid), "x"):
        with pytest.raises(BadInput):
            census.give_to(actor=leader, case_uid=case.uid, part_uid=part.uid, account=wrong)
    census.give_to(actor=leader, case_uid=case.uid, part_uid=part.uid, account=str(world.account("inspector2").uid))
    with pytest.raises(TaskGone):
        census.answer(actor=inspector, task=first, asset=world.assets["cover2"].uid, answer="confirm")
    with pytest.raises(NotFound):
        say(world, case, "confirm", "cover2")
    say(world, case, "confirm", "cover2", who="inspector2")
    say(world, case, "not_found", "drain", who="inspector2")
    census.end_part(actor=world.actor("inspector2"), task=part_of(case).task.uid, outcome="done")
    census.end_part(actor=leader, task=unmanned.task.uid, outcome="done")
    assert Case.objects.get(pk=case.pk).state == "closed", "nothing waits and nothing is undone"
    names = [(p.name, p.answers) for p in reads.people_of(CensusOrder.objects.get(case=case), reads.parts_of(CensusOrder.objects.get(case=case)))]
    assert ("林查", 2) in names
    assert ("丁巡", 1) in names


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["stop", "force"])
def test_an_order_that_ends_before_keeps_what_is_undone(world, ordered, how):
    say(world, ordered, "confirm", "cover")
    with pytest.raises(BadInput):
        walk.do(world, ordered, "shift_leader", "complete", "survey", "done")
    if how == "stop":
        with pytest.raises(BadInput):
            walk.do(world, ordered, "shift_leader", "complete", "survey", "stop")
        case = walk.do(world, ordered, "shift_leader", "complete", "survey", "stop", reason="防汛抽调人员")
        assert case.state == "to_accept"
        case = walk.do(world, case, "shift_leader2", "complete", "accept", "close")
    else:
        walk.do(world, ordered, "shift_leader", "force_close", reason="任务取消")
        asked = Task.objects.get(case=ordered, kind="force_close")
        act(world.actor("leader"), ActionRequest(action="complete", task_uid=asked.uid, outcome="agree", reason="同意"))
        case = Case.objects.get(pk=ordered.pk)
        assert case.state == "forced_close"
    part = part_of(case)
    assert (part.state, bool(part.reason), census.states_of(part).left) == ("undone", True, 2)
    assert reads.summary_of(CensusOrder.objects.get(case=case)).undone == 2
    with pytest.raises(TaskGone):
        say(world, case, "confirm", "cover2")


@pytest.mark.django_db
def test_what_an_answer_may_not_do(world, ordered):
    task = part_of(ordered).task.uid
    lamp, cover = world.assets["lamp"], world.assets["cover"]
    for error, more in (
        (NotFound, {"asset": lamp.uid}), (NotFound, {"asset": None}), (BadInput, {"asset": "x"}), (BadInput, {"answer": "destroy"}),
        (BadInput, {"answer": "correct", "values": {"owner_org": "x"}}), (BadInput, {"answer": "correct", "values": {"status": cover.status}}),
        (BadInput, {"answer": "correct", "place": (cover.point.x + 0.001, cover.point.y)}), (BadInput, {"answer": "retire", "values": {"reason": "无"}}),
        (BadInput, {"occurred_at": timezone.now() + timedelta(hours=2)}), (BadInput, {"occurred_at": timezone.now() - timedelta(days=2)}),
        (BadInput, {"place": (200.0, 36.0)}), (BadInput, {"answer": "correct", "values": {"address": "x" * 300}}),
    ):  # fmt: skip
        with pytest.raises(error):
            census.answer(**{"actor": world.actor("inspector"), "task": task, "asset": cover.uid, "answer": "confirm", **more})
    for who in ("inspector2", "acceptor", "handler", "leader"):
        with pytest.raises(NotFound):
            say(world, ordered, "confirm", "cover", who=who)
    assert not CensusAnswer.objects.exists()
    assert Asset.objects.get(pk=cover.pk).version == cover.version
    at = timezone.now() - timedelta(seconds=90)
    say(world, ordered, "confirm", "cover", occurred_at=at)
    row = CensusAnswer.objects.get()
    assert (row.occurred_at, row.recorded_at > at) == (at, True), "both times are kept"


@pytest.mark.django_db
def test_corrections_after_acceptance_and_a_later_answer(world):
    staff(world)
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world, corrects_at_once=False, asks_new=True)))
    first = say(world, case, "correct", "cover", values={"status": "damaged"})
    second = say(world, case, "correct", "cover", values={"status": "lost"})
    assert [r.state for r in CensusAnswer.objects.order_by("pk")] == ["replaced", "waiting"]
    assert Asset.objects.get(pk=world.assets["cover"].pk).status == "intact"
    leader = world.actor("leader")
    with pytest.raises(ActionNotAllowed):
        census.decide(actor=leader, case_uid=case.uid, answers=[first.uid], accept=True)
    census.decide(actor=leader, case_uid=case.uid, answers=[second.uid], accept=True)
    assert Asset.objects.get(pk=world.assets["cover"].pk).status == "lost"
    CensusAnswer.objects.create(
        order_id=case.pk, item=CensusItem.objects.get(asset=world.assets["drain"]), answer="retire", state="waiting", by=world.account("leader"),
        occurred_at=timezone.now(), recorded_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(SameHands):
        census.decide(actor=leader, case_uid=case.uid, answers=[CensusAnswer.objects.last().uid], accept=True)


@pytest.mark.django_db
def test_every_shift_of_a_grid_gets_its_share(world):
    staff(world)
    grid = ResponsibilityGrid.objects.get(code=f"{DIRECT}Z0001")
    assign_inspector(actor=system("test"), account=world.account("inspector2"), grid=grid, shift="night")
    assign_inspector(actor=system("test"), account=world.account("inspector3"), grid=grid, shift="noon", is_substitute=True)
    plan = census.plan(world.actor("leader"), wanted(world))
    assert [(p.inspector.name, len(p.share.assets), [o.name for o in p.others]) for p in plan.parts] == [("丁巡", 2, ["宋看"]), ("林查", 1, ["宋看"])]
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world), expected=3))
    held = {p.inspector.name: p for p in CensusPart.objects.filter(order_id=case.pk).select_related("inspector", "task")}
    for name, who in (("丁巡", "inspector"), ("林查", "inspector2")):
        tasks = list(reads.work.open_tasks(world.actor(who), "city").filter(kind="census"))
        assert [t.pk for t in tasks] == [held[name].task_id]
    rows = reads.parts_of(CensusOrder.objects.get(case=case), shapes=True)
    assert [r.share.total for r in rows] == [2, 1]
    layers = reads.part_layers(rows)
    assert [f["properties"]["code"] for layer in layers for f in layer["data"]["features"]] == [f"{DIRECT}Z0001"], "one grid, drawn once"


@pytest.mark.django_db
def test_what_nobody_began_is_told_apart_from_what_is_undone(world):
    staff(world)
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world, areas=(DIRECT, TWO_LEVEL, THIRD), asks_new=True)))
    order = CensusOrder.objects.get(case=case)

    def words():
        return [r.word for r in reads.parts_of(CensusOrder.objects.select_related("case").get(pk=order.pk))]

    assert words() == ["尚未开始"] * 3
    say(world, case, "confirm", "cover")
    assert words() == ["普查中", "尚未开始", "尚未开始"]
    CensusOrder.objects.filter(pk=order.pk).update(due_at=timezone.now() - timedelta(hours=1))
    assert words() == ["超期", "未开展", "未开展"]
    page = world.client("shift_leader").get(f"/city/census/{case.uid}/").content.decode()
    assert "未开展：2 个网格" in page
    assert "超期：1 个网格" in page
    walk.do(world, case, "shift_leader", "complete", "survey", "stop", reason="防汛抽调人员")
    case = walk.do(world, Case.objects.get(pk=case.pk), "shift_leader2", "complete", "accept", "close")
    assert words() == ["未完成", "未开展", "未开展"]
    numbers = dict(census.numbers(CensusOrder.objects.get(pk=order.pk)))
    assert (numbers["未开展的网格"], numbers["未完成的网格"], numbers["　其中未开展网格内"], numbers["未完成"]) == (2, 1, 0, 2)
    book = world.client("shift_leader").get(f"/city/census/{case.uid}/summary.xlsx").content
    said = {str(c.value) for sheet in load_workbook(io.BytesIO(book)) for line in sheet.iter_rows() for c in line if c.value is not None}
    assert any("未开展" in word for word in said)


def test_two_who_answer_at_once(committed, committed_world):
    """Case, task, component: in this order everybody locks, so one wins and the other is told; nobody waits for ever."""
    world = committed_world
    load_matter(system("test"), FOLDER)
    leaders = {who: world.actor(who) for who in ("shift_leader", "shift_leader2")}

    def ordered_of(*classes):
        uid = census.order(actor=leaders["shift_leader"], wanted=wanted(world, classes=classes))
        return part_of(Case.objects.get(uid=uid)).task.uid

    def saying(task, who, asset, what):
        return lambda: census.answer(actor=leaders[who], task=task, asset=world.assets[asset].uid, answer=what, key=f"{who}-{task}-{asset}")

    task = ordered_of("01001", "01002")
    got = committed.in_threads(saying(task, "shift_leader", "cover", "confirm"), saying(task, "shift_leader2", "cover", "not_found"))
    told = [one for one in got if isinstance(one, AnsweredMeanwhile)]
    won = [one for one in got if isinstance(one, Receipt)]
    assert (len(told), len(won)) == (1, 1), got
    first = CensusAnswer.objects.get()
    assert told[0].by == first.by_name
    other = next(who for who, actor in leaders.items() if actor.account_id != first.by_id)
    census.answer(actor=leaders[other], task=task, asset=world.assets["cover"].uid, answer="confirm", over=first.uid)
    assert CensusAnswer.objects.count() == 2, "whoever has seen it may say something else"
    got = committed.in_threads(saying(task, "shift_leader", "cover2", "confirm"), saying(task, "shift_leader2", "drain", "confirm"))
    assert [type(one) for one in got] == [Receipt, Receipt], got
    assert CensusPart.objects.get(task__uid=task).state == "done", "the part ends although neither knew that his answer was the last"
    task = ordered_of("01002")
    got = committed.in_threads(saying(task, "shift_leader", "drain", "confirm"), saying(task, "shift_leader2", "drain", "not_found"))
    assert sorted(type(one).__name__ for one in got) in (["Receipt", "TaskGone"], ["AnsweredMeanwhile", "Receipt"]), got
    assert CensusPart.objects.get(task__uid=task).state == "done"


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_pages_of_the_leader(world, django_assert_max_num_queries):
    staff(world)
    desk = world.client("shift_leader")
    assert "还没有下达" in desk.get("/city/census/").content.decode()
    form = {"classes": ["01001", "01002"], "areas": [DIRECT, THIRD], "due_on": workday(world).isoformat(), "asks": ["status"], "most_metres": 30, "asks_new": "on",
            "corrects_at_once": "on", "idempotency_key": "form-1"}  # fmt: skip
    assert desk.post("/city/census/new/", {"do": "preview"}).status_code == 422
    page = desk.post("/city/census/new/", {**form, "do": "preview"}).content.decode()
    assert 'name="expected" value="3"' in page
    assert "值班长" in page
    assert desk.post("/city/census/new/", {**form, "do": "send", "expected": 7}).status_code == 422
    sent = desk.post("/city/census/new/", {**form, "do": "send", "expected": 3})
    assert sent.status_code == 302
    case = Case.objects.get(matter__code="city.census")
    inspector = world.actor("inspector")
    say(world, case, "retire", "drain", values={"reason": "已拆除"}, files=[walk.upload(inspector, "gone")])
    say(world, case, "correct", "cover", values={"status": "damaged"})
    with django_assert_max_num_queries(45):
        page = desk.get(sent.url).content.decode()
    for word in ("等待验收", "已拆除", "丁巡", "完好 → 破损"):
        assert word in page, word
    answer = CensusAnswer.objects.get(answer="retire").uid
    assert desk.post(sent.url, {"do": "refuse", "answer": str(answer)}).status_code == 422
    assert desk.post(sent.url, {"do": "accept", "answer": str(answer)}).status_code == 302
    part = part_of(case)
    assert desk.post(sent.url, {"do": "give", "part": str(part.uid), "account": str(world.account("inspector2").uid)}).status_code == 302
    assert part_of(case).inspector == world.account("inspector2")
    assert "data-row" in desk.get("/city/census/").content.decode()
    sheet = desk.get(f"{sent.url}summary.xlsx")
    import io

    book = load_workbook(io.BytesIO(sheet.content))
    assert len(book.sheetnames) >= 3
    assert 'id="census"' in desk.get(f"/city/cases/{case.uid}/").content.decode()
    for who in ("acceptor", "inspector", "handler"):
        assert world.client(who).get("/city/census/").status_code == 403


@pytest.mark.django_db
def test_the_inspectors_page(world):
    staff(world)
    case = Case.objects.get(uid=census.order(actor=world.actor("shift_leader"), wanted=wanted(world, areas=(DIRECT, THIRD), asks_new=True)))
    task, cover = part_of(case).task, world.assets["cover"]
    url = f"/city/census/parts/{task.uid}/"
    phone = world.client("inspector")
    assert phone.get(f"/city/cases/{case.uid}/").url == url, "beyond his streets he sees his own part"
    assert cover.code in phone.get(url).content.decode()
    assert Task.objects.get(pk=task.pk).seen_at is not None
    assert "与登记一致" in phone.get(f"{url}?asset={cover.uid}").content.decode()
    form = {"do": "answer", "asset": str(cover.uid), "idempotency_key": "one"}
    assert phone.post(url, {**form, "answer": "correct", "status": "intact", "address": cover.address}).status_code == 422
    for _twice in (1, 2):
        assert phone.post(url, {**form, "answer": "confirm"}).status_code == 302
    assert CensusAnswer.objects.count() == 1
    assert "确认" in phone.get(f"{url}?show=done").content.decode()
    assert phone.post(url, {"do": "answer", "answer": "add", "class_code": "01001"}).status_code == 422
    assert phone.post(url, {"do": "done"}).status_code == 422
    for who, status in (("inspector2", 404), ("acceptor", 403), ("leader", 200), ("shift_leader", 200)):
        assert world.client(who).get(url).status_code == status, who
    assert world.client("leader").post(url, {**form, "answer": "confirm"}).status_code == 404
    assert phone.post(url, {"do": "give_back", "reason": "封路"}).status_code == 302
    assert "封路" in phone.get(url).content.decode()
