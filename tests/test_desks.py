"""Desks and case pages of any app: what is offered is what the service takes, clocks and the record say it in words."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from tests import walk
from yiwang.kernel.base.actor import ActorKind
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, ProblemError
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.errors import ActionNotAllowed, SameHands
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries import moves, story
from yiwang.kernel.cases.services import act
from yiwang.kernel.ui.desks import clocks, states, timeline

PEOPLE = ("inspector", "inspector2", "acceptor", "acceptor2", "shift_leader", "shift_leader2", "dispatcher", "handler2", "leader")
POINTLESS = ("merge", "urge")  # joining needs a case to join; nobody urges himself, though he may
STOPS = ("reported", "pending_file", "pending_dispatch", "pending_handle", "handled", "checking", "pending_close", "closed")


def attempt(world, who, case, action, task_uid=None, outcome=""):
    """Try an action with a reason and nothing else, undo it, and return the refusal (None when it was taken)."""
    request = ActionRequest(action=action, case_uid=case.uid, task_uid=task_uid, outcome=outcome, reason="理由")
    try:
        with transaction.atomic():
            act(world.actor(who), request)
            transaction.set_rollback(True)
    except ProblemError as refusal:
        return refusal
    return None


@pytest.mark.parametrize("stop", STOPS)
def test_what_is_offered_is_taken_and_nothing_else_is_offered(world, stop):
    case = walk.advance(world, walk.report(world), stop)
    for who in PEOPLE:
        actor = world.actor(who)
        offered = moves.moves_for(actor, case)
        assert sum(m.primary for m in offered) <= 1, who
        for move in offered:
            refusal = attempt(world, who, case, move.action, move.task_uid, move.outcome)
            if move.blocked:
                assert isinstance(refusal, SameHands | ActionNotAllowed), (who, move, refusal)
            else:
                # A form may lack something still (a photo, a condition); permission and state are settled.
                assert not isinstance(refusal, NotPermitted | NotFound | SameHands | ActionNotAllowed), (who, move, refusal)
        known = {m.action for m in offered if m.task_uid is None}
        for action in set(configs.action_table()) - known:
            if configs.of_version(case.matter_version_id).action(action).get("on") != "case" or action in POINTLESS:
                continue
            assert attempt(world, who, case, action) is not None, f"{who} could {action} at {stop}, but the page does not offer it"


def test_hands_that_are_barred_are_told_why(world):
    case = walk.advance(world, walk.report(world, who="inspector2"), "checking")
    [passed, failed] = [m for m in moves.moves_for(world.actor("inspector2"), case) if m.step == "check" and m.action == "complete"]
    assert passed.blocked
    assert failed.blocked
    assert not passed.primary
    assert [m.blocked for m in moves.moves_for(world.actor("inspector"), case) if m.outcome == "pass"] == [""]


def test_nothing_moves_while_it_is_suspended(world):
    case = walk.advance(world, walk.report(world), "pending_handle")
    until = (date.today() + timedelta(days=30)).isoformat()
    case = walk.do(world, case, "handler2", "suspend", "handle", reason="等待管线迁改", until=until)
    case = walk.do(world, case, "dispatcher", "complete", "suspension", "agree")
    case = walk.do(world, case, "leader", "complete", "suspension", "agree")
    assert case.state == "suspended"
    mine = {m.action for m in moves.moves_for(world.actor("handler2"), case)}
    assert "complete" not in mine
    assert "resume" in mine
    chips = clocks.strip(clock_queries.clocks_of(case), configs.of_version(case.matter_version_id), case.matter_version_id, case.suspended_until)
    paused = [c for c in chips if c.tone == "paused"]
    assert len(paused) == 2  # the case's and the department's
    with translation.override("zh-hans"):
        chips = clocks.strip(clock_queries.clocks_of(case), configs.of_version(case.matter_version_id), case.matter_version_id)
        history = chips[0].changes
    assert [c.what for c in history] == ["起算", "暂停"]
    assert history[0].rule.startswith("示例政办发")  # the manual's row that set the limit
    assert "申请挂账" in history[1].rule
    assert history[1].by == "沈领"


def test_a_limit_is_what_is_left_of_it(world):
    case = walk.advance(world, walk.report(world), "pending_handle", condition=walk.COVER_MISSING)
    walk.let_pass(case, 1.0)
    now = clock_queries.current(clock_queries.clocks_of(case))
    assert (now.name, now.tone, now.is_working, now.ticking) == ("case", "in_time", False, True)
    assert 59 <= now.remaining_minutes <= 60
    walk.let_pass(case, 0.7)
    assert clock_queries.current(clock_queries.clocks_of(case)).tone == "soon"
    walk.let_pass(case, 1.0)
    late = clock_queries.current(clock_queries.clocks_of(case))
    assert (late.tone, round(late.remaining_minutes) // 10) == ("overdue", -5)
    assert clock_queries.of_cases([case])[case.pk].tone == "overdue"


def test_the_record_in_words(world):
    case = walk.advance(world, walk.report(world), "closed")
    config = configs.of_version(case.matter_version_id)
    with translation.override("zh-hans"):
        said = [item.what for item in reversed(timeline.timeline(story.story(case), config, case.matter_version_id))]
    assert said == [
        "上报：监督员上报", "受理：批转值班长", "立案", "派遣", "处置：处置完成", "处置反馈审核：反馈受理员", "发核查", "核查：核查通过", "结案",
    ]  # fmt: skip
    with translation.override("en"):
        items = timeline.timeline(story.story(case), config, case.matter_version_id)
    assert items[0].what == "Close"
    assert items[-1].who.name == "丁巡"
    assert items[-1].recorded_at is None


def test_the_strip_shows_where_it_stands(world):
    case = walk.advance(world, walk.report(world), "pending_handle")
    config = configs.of_version(case.matter_version_id)
    waiting = [t.step for t in story.open_tasks_of(case)]
    strip = states.strip(case, config, story.steps_done(case), waiting)
    assert [s.state for s in strip] == ["done", "done", "done", "now", "later", "later"]
    closed = walk.advance(world, case, "closed")
    assert {s.state for s in states.strip(closed, config, story.steps_done(closed), [])} == {"done"}


def test_search_finds_by_number_words_and_place(world):
    from yiwang.kernel.cases.queries.search import find

    case = walk.advance(world, walk.report(world, text="路面塌陷约两平方米"), "pending_dispatch")
    actor = world.actor("leader")
    for words in (case.number, case.number[6:14], "塌陷", "塌陷 平方", "望湖路"):
        assert find(actor, words) == [case], words
    assert find(actor, "塌方") == []
    assert find(world.actor("inspector3"), "塌陷") == []  # another district's
    page = world.client("leader").get("/search/", {"q": case.number})
    assert page["Location"].endswith(f"/{case.uid}/")


def test_a_person_of_the_public_sees_no_desk(world):
    assert world.public().kind is ActorKind.PUBLIC
    assert world.client().get("/search/?q=x").status_code == 302
    with pytest.raises(BadInput):
        moves_of_nothing(world)


def moves_of_nothing(world):
    case = walk.report(world)
    act(world.actor("acceptor"), ActionRequest(action="no-such-action", case_uid=case.uid))
