"""The engine on small diagrams: branches, instances, going back, joins, bounded cost."""

from datetime import datetime

import pytest

from yiwang.kernel.process import codec, engine
from yiwang.kernel.process.errors import (
    ExpressionFailed,
    NoWayOn,
    StateDamaged,
    StepGone,
    UnknownStep,
)
from yiwang.kernel.process.tests.runs import NOW, Run, load
from yiwang.kernel.process.tests.samples import END, START, bpmn, user

LINE = bpmn(START + user("a") + user("b") + END, ["start > a", "a > b", "b > end"])
CHOICE = bpmn(
    START + user("a") + '<bpmn:exclusiveGateway id="g"/>' + user("b") + user("c") + END,
    ["start > a", "a > g", 'g > b [outcome = "left"]', 'g > c [outcome = "right" and n > 2]', "b > end", "c > end"],
)


def test_a_line_is_walked_and_ends():
    run = Run(load(LINE))
    assert run.at == ["a"]
    first = run.step("a")
    assert (first.kind, first.name, first.index, first.group, first.due_at) == (
        "user",
        {"zh-Hans": "a", "en": "a en"},
        None,
        None,
        None,
    )
    run.do("a")
    assert (run.at, run.last.ended, run.last.end_id, len(run.last.opened), run.last.closed) == (
        ["b"],
        False,
        None,
        1,
        (),
    )
    run.do("b", x=1)
    assert (run.at, run.last.ended, run.last.end_id, run.last.variables["x"]) == ([], True, "end", 1)


def test_the_definition_is_read_once():
    one = engine.load(LINE, (), "once")
    assert engine.load(b"not even XML", (), "once") is one
    assert engine.cached("once") is one


@pytest.mark.parametrize(("outcome", "n", "at"), [("left", 0, ["b"]), ("right", 3, ["c"])])
def test_the_outcome_chooses(outcome, n, at):
    assert Run(load(CHOICE)).do("a", outcome, n=n).at == at


@pytest.mark.parametrize(("outcome", "n"), [("right", 2), ("other", 9), (None, 9)])
def test_without_a_way_on_nothing_moves(outcome, n):
    run = Run(load(CHOICE))
    before = run.last.state
    with pytest.raises(NoWayOn) as refused:
        run.do("a", outcome, n=n)
    assert refused.value.element == "g"
    assert run.last.state == before
    assert run.do("a", "left").at == ["b"]


def test_flows_are_asked_in_the_order_of_the_file():
    """Both conditions hold; where the boxes are drawn does not matter."""
    xml = bpmn(
        START + '<bpmn:exclusiveGateway id="g"/>' + user("b") + user("c") + END,
        ["start > g", "g > c [1 = 1]", "g > b [1 = 1]", "b > end", "c > end"],
    )
    assert Run(load(xml)).at == ["c"]


def test_a_step_is_completed_once():
    run = Run(load(LINE))
    done = run.step("a").engine_id
    run.do("a")
    for wrong in (done, "00000000-0000-0000-0000-000000000000", "nonsense"):
        with pytest.raises(StepGone):
            engine.complete(run.definition, run.last.state, wrong, {}, NOW)


PARALLEL = bpmn(
    START + '<bpmn:parallelGateway id="fork"/>' + user("a1") + user("a2") + user("b1") + user("b2") + '<bpmn:parallelGateway id="join"/>' + user("z") + END,
    ["start > fork", "fork > a1", "fork > b1", "a1 > a2", "b1 > b2", "a2 > join", "b2 > join", "join > z", "z > end"],
)  # fmt: skip


def test_parallel_branches_do_not_disturb_each_other():
    run = Run(load(PARALLEL))
    assert run.at == ["a1", "b1"]
    a, b = run.step("a1"), run.step("b1")
    assert a.group == b.group
    assert a.group
    run.do("b1", x=1)
    assert run.at == ["a1", "b2"]
    assert run.step("a1").engine_id == a.engine_id
    run.do("a1").do("a2")
    assert run.at == ["b2"]
    run.do("b2")
    assert run.at == ["z"]
    assert run.step("z").group is None
    assert run.do("z").last.ended


def test_going_back_inside_a_branch_leaves_the_siblings():
    run = Run(load(PARALLEL)).do("a1").do("b1")
    sibling = run.step("b2").engine_id
    old = run.step("a2").engine_id
    run.back("a1", from_step="a2", why="wrong")
    assert run.at == ["a1", "b2"]
    assert run.step("b2").engine_id == sibling
    assert run.last.closed == (old,)
    assert [s.spec for s in run.last.opened] == ["a1"]
    assert run.last.variables["why"] == "wrong"
    assert run.do("a1").do("a2").do("b2").at == ["z"]


def test_going_back_behind_a_join_opens_one_branch_again():
    run = Run(load(PARALLEL)).do("a1").do("b1").do("a2").do("b2")
    run.back("a2", from_step="z")
    assert run.at == ["a2"]
    assert run.do("a2").at == ["z"]


def test_going_back_before_the_split_closes_all_branches():
    xml = bpmn(
        START
        + user("first")
        + '<bpmn:parallelGateway id="fork"/>'
        + user("a")
        + user("b")
        + '<bpmn:parallelGateway id="join"/>'
        + END,
        ["start > first", "first > fork", "fork > a", "fork > b", "a > join", "b > join", "join > end"],
    )
    run = Run(load(xml))
    opened = run.step("first").engine_id
    run.do("first").do("a").back("first", from_step="b")
    assert run.at == ["first"]
    assert run.step("first").engine_id != opened
    assert run.do("first").at == ["a", "b"]
    assert run.do("a").do("b").last.ended


def test_a_loop_round_a_fork_waits_for_both_branches_again():
    xml = bpmn(
        START + '<bpmn:exclusiveGateway id="in"/><bpmn:parallelGateway id="fork"/>' + user("a") + user("b")
        + '<bpmn:parallelGateway id="join"/>' + user("z") + '<bpmn:exclusiveGateway id="g" default="g-end"/>' + END,
        ["start > in", "in > fork", "fork > a", "fork > b", "a > join", "b > join", "join > z", "z > g", 'g > in [outcome = "again"]', "g > end"],
    )  # fmt: skip
    run = Run(load(xml))
    for first, second in (("a", "b"), ("b", "a"), ("a", "b")):
        assert run.at == ["a", "b"]
        run.do(first)
        assert run.at == [second]
        run.do(second)
        assert run.at == ["z"]
        run.do("z", "again")
    assert run.do("a").do("b").do("z").last.ended


@pytest.mark.parametrize("kind", ["parallelGateway", "inclusiveGateway"])
def test_going_back_behind_two_joins_gives_the_tokens_back(kind):
    """Three branches; two meet first, then the third. The branch that goes back undoes both meetings, nothing else."""
    flows = ["start > fork", "fork > a [true]", "fork > b [true]", "fork > c [true]", "a > one", "b > one", "one > m", "m > two", "c > two",
             "two > z", "z > end"]  # fmt: skip
    if kind == "parallelGateway":
        flows = [f.replace(" [true]", "") for f in flows]
    xml = bpmn(
        START + f'<bpmn:{kind} id="fork"/>' + user("a") + user("b") + user("c") + f'<bpmn:{kind} id="one"/>' + user("m")
        + f'<bpmn:{kind} id="two"/>' + user("z") + END,
        flows,
    )  # fmt: skip
    for order in ("abmc", "bamc", "cabm", "acbm"):
        run = Run(load(xml))
        for name in order:
            run.do(name)
        assert run.at == ["z"]
        run.back("a", from_step="z")
        assert run.at == ["a"]
        assert run.do("a").at == ["m"]
        assert run.do("m").at == ["z"]
        run.back("c")
        assert run.at == ["c"]
        assert run.do("c").do("z").last.ended


def test_going_to_a_step_never_visited_is_a_jump():
    run = Run(load(LINE)).back("b")
    assert run.at == ["b"]
    assert run.do("b").last.ended


def test_an_ended_instance_can_be_opened_again():
    run = Run(load(LINE)).do("a").do("b", total=3)
    run.back("b", again=True)
    assert run.at == ["b"]
    assert not run.last.ended
    assert run.last.variables["total"] == 3
    assert run.do("b").last.end_id == "end"


def test_going_to_an_unknown_step_is_refused():
    run = Run(load(LINE))
    with pytest.raises(UnknownStep):
        run.back("nowhere")
    with pytest.raises(UnknownStep):
        run.back("end")
    with pytest.raises(StepGone):
        engine.go_back(run.definition, run.last.state, "a", {}, NOW, "nonsense")


def test_an_instance_can_start_at_a_step():
    advance = engine.start(load(LINE), {"x": 1}, NOW, at="b")
    assert [s.spec for s in advance.waiting] == ["b"]


MULTI = bpmn(
    START + user("work", '<bpmn:multiInstanceLoopCharacteristics yiwang:collection="crews" yiwang:item="crew">'
    '<bpmn:completionCondition>outcome = "return" and index = 0</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>')
    + '<bpmn:exclusiveGateway id="g" default="g-z"/>' + user("redo") + user("z") + END,
    ["start > work", "work > g", 'g > redo [outcome = "return"]', "g > z", "redo > work", "z > end"],
)  # fmt: skip


def test_each_member_of_a_list_gets_an_instance():
    run = Run(load(MULTI), crews=["lead", {"id": 2}, "third"])
    assert run.at == ["work0", "work1", "work2"]
    assert [dict(run.step(f"work{i}").data) for i in range(3)] == [
        {"crew": "lead"},
        {"crew": {"id": 2}},
        {"crew": "third"},
    ]
    assert len({s.group for s in run.last.waiting}) == 1
    run.do("work1", "return")
    assert run.at == ["work0", "work2"]
    run.do("work0", "done")
    assert run.do("work2", "return").at == ["z"]
    assert run.last.variables["outcome"] == "done"  # the lead's
    assert run.last.variables["outcomes"] == {"work": "done"}


def test_the_lead_ends_it_for_all():
    run = Run(load(MULTI), crews=["lead", "second", "third"])
    others = {run.step("work2").engine_id}
    run.do("work1", "done").do("work0", "return")
    assert run.at == ["redo"]
    assert set(run.last.closed) == others
    run.do("redo", crews=["new"])
    assert run.at == ["work0"]
    assert run.do("work0", "done").at == ["z"]


@pytest.mark.parametrize("crews", [None, [], "lead", 3])
def test_a_list_without_members_is_refused(crews):
    with pytest.raises(ExpressionFailed, match="crews"):
        Run(load(MULTI), crews=crews)


def test_a_number_of_instances():
    xml = bpmn(START + user("vote", "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>n * 2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>") + END,
               ["start > vote", "vote > end"])  # fmt: skip
    run = Run(load(xml), n=2)
    assert run.at == ["vote0", "vote1", "vote2", "vote3"]
    with pytest.raises(ExpressionFailed):
        Run(load(xml), n=1000)


INCLUSIVE = bpmn(
    START + user("a") + '<bpmn:inclusiveGateway id="some"/>' + user("beside") + user("main") + '<bpmn:inclusiveGateway id="meet"/>' + user("z")
    + '<bpmn:exclusiveGateway id="again" default="again-end"/>' + END,
    ["start > a", "a > some", "some > main [true]", 'some > beside [urgent = true and not(list contains(open_steps, "beside"))]', "main > meet",
     "beside > meet", "meet > z", "z > again", 'again > a [outcome = "again"]', "again > end"],
)  # fmt: skip


def test_an_inclusive_join_waits_only_for_what_can_still_come():
    run = Run(load(INCLUSIVE), urgent=False).do("a")
    assert run.at == ["main"]
    assert run.do("main").at == ["z"]
    run.do("z", "again").do("a", urgent=True)
    assert run.at == ["beside", "main"]
    run.do("main")
    assert run.at == ["beside"]
    assert run.do("beside").at == ["z"]
    run.do("z", "again").do("a", urgent=True)
    assert run.do("beside").at == ["main"]
    assert run.do("main").do("z").last.ended


def test_variables_are_set_without_moving():
    run = Run(load(LINE), a=1)
    state = engine.set_variables(run.definition, run.last.state, {"b": [2]})
    assert engine.waiting(run.definition, state) == run.last.waiting
    assert engine.variables_of(state) == {"a": 1, "b": [2]}


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"nonsense",
        codec.pack({"v": 99}),
        codec.pack({"v": 1, "vars": {}, "end": None, "done": False, "tasks": [[-1, "gone", 128, 0]]}),
    ],
)
def test_a_damaged_state_is_told(damage):
    with pytest.raises(StateDamaged):
        engine.waiting(load(LINE), damage)


def test_a_terminate_end_ends_all_branches():
    xml = bpmn(
        START
        + '<bpmn:parallelGateway id="fork"/>'
        + user("a")
        + user("b")
        + END
        + '<bpmn:endEvent id="stop"><bpmn:terminateEventDefinition/></bpmn:endEvent>',
        ["start > fork", "fork > a", "fork > b", "a > stop", "b > end"],
    )
    run = Run(load(xml))
    other = run.step("b").engine_id
    run.do("a")
    assert (run.last.ended, run.last.end_id, run.last.closed, run.at) == (True, "stop", (other,), [])


LOOP = bpmn(
    START + user("a") + user("b") + '<bpmn:exclusiveGateway id="g"/>' + END,
    ["start > a", "a > b", "b > g", 'g > a [outcome = "again"]', 'g > end [outcome = "done"]'],
)


def test_a_case_may_go_round_for_ever_and_its_state_stays_small():
    run = Run(load(LOOP), text="x")
    sizes = []
    for _round in range(150):
        run.do("a").do("b", "again")
        sizes.append(len(run.last.state))
    assert max(sizes) < 400
    assert run.back("b").at == ["b"]
    assert run.do("b", "done").last.ended


def test_a_loop_inside_an_open_branch_keeps_its_sibling():
    xml = bpmn(
        START
        + '<bpmn:parallelGateway id="fork"/>'
        + user("other")
        + user("a")
        + user("b")
        + '<bpmn:exclusiveGateway id="g"/><bpmn:parallelGateway id="join"/>'
        + END,
        [
            "start > fork",
            "fork > other",
            "fork > a",
            "a > b",
            "b > g",
            'g > a [outcome = "again"]',
            'g > join [outcome = "done"]',
            "other > join",
            "join > end",
        ],
    )
    run = Run(load(xml))
    sibling = run.step("other").engine_id
    for _round in range(300):
        run.do("a").do("b", "again")
    assert len(run.last.state) < 1500
    assert run.step("other").engine_id == sibling
    run.do("a").back("a", from_step="b")
    assert run.at == ["a", "other"]
    assert run.do("a").do("b", "done").do("other").last.ended


def test_now_has_to_be_aware():
    with pytest.raises(ValueError, match="aware"):
        engine.start(load(LINE), {}, datetime(2026, 7, 1))
