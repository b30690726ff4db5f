"""What a diagram asks others: decision tables and named handlers."""


import pytest

from yiwang.kernel.process import handlers
from yiwang.kernel.process.errors import (
    DecisionUndecided,
    HandlerFailed,
)
from yiwang.kernel.process.tests.runs import Run, load
from yiwang.kernel.process.tests.samples import END, START, bpmn, dmn, user

TABLE = dmn("UNIQUE", ["kind", "size"], ["org", "why"], [
    ['"cover","lid"', "<= 2", '"water"', '"small"'],
    ['"cover"', "> 2", '"roads"', '"large " + kind'],
    ['not("cover","lid")', "-", '"street"', ""],
])  # fmt: skip
ASKING = bpmn(
    START
    + '<bpmn:businessRuleTask id="ask" yiwang:decision="route"/><bpmn:exclusiveGateway id="g" default="g-b"/>'
    + user("a")
    + user("b")
    + END,
    ["start > ask", "ask > g", 'g > a [route.org = "water"]', "g > b", "a > end", "b > end"],
)


@pytest.mark.parametrize(("kind", "size", "row", "org", "at"), [
    ("lid", 2, (1,), "water", ["a"]), ("cover", 3, (2,), "roads", ["b"]), ("tree", 0, (3,), "street", ["b"]), ("lid", 3, (), None, ["b"]),
])  # fmt: skip
def test_a_table_decides_and_says_which_row(kind, size, row, org, at):
    run = Run(load(ASKING, TABLE), kind=kind, size=size)
    (trace,) = run.last.decisions
    assert (trace.decision_id, trace.matched_rows, trace.inputs) == ("route", row, {"kind": kind, "size": size})
    assert trace.row_ids == tuple(f"r{n}" for n in row)
    assert trace.outputs["org"] == org
    assert run.last.variables["route"] == trace.outputs
    assert len(trace.table_version) == 16
    assert run.at == at


def test_a_unique_table_with_two_answers_refuses():
    table = dmn("UNIQUE", ["n"], ["org"], [["> low", '"a"'], ["< high", '"b"']])
    definition = load(ASKING, table)
    assert Run(definition, n=5, low=3, high=4).last.variables["route"] == {"org": "a"}
    with pytest.raises(DecisionUndecided) as refused:
        Run(definition, n=5, low=3, high=9)
    assert refused.value.rows == (1, 2)


@pytest.mark.parametrize(("policy", "extra", "rows", "outputs"), [
    ("FIRST", "", (2,), {"fee": 20}),
    ("COLLECT", "", (2, 3), [{"fee": 20}, {"fee": 30}]),
    ("RULE ORDER", "", (2, 3), [{"fee": 20}, {"fee": 30}]),
    ("COLLECT", ' aggregation="SUM"', (2, 3), {"fee": 50}),
    ("COLLECT", ' aggregation="MIN"', (2, 3), {"fee": 20}),
    ("COLLECT", ' aggregation="MAX"', (2, 3), {"fee": 30}),
    ("COLLECT", ' aggregation="COUNT"', (2, 3), {"fee": 2}),
])  # fmt: skip
def test_hit_policies(policy, extra, rows, outputs):
    table = dmn(policy, ["n"], ["fee"], [["< 3", "10"], [">= 3", "20"], ["-", "3 * 10"]], extra=extra)
    (trace,) = Run(load(ASKING, table), n=5).last.decisions
    if policy != "FIRST":
        assert trace.matched_rows == rows
    assert (trace.matched_rows, trace.outputs) == (rows, outputs)


SERVICE = bpmn(
    START + '<bpmn:serviceTask id="s" yiwang:handler="test.double"/>' + user("a") + END,
    ["start > s", "s > a", "a > end"],
)


@pytest.fixture
def double():
    handlers.register("test.double", lambda variables: {"n": variables["n"] * 2})
    yield
    handlers.unregister("test.double")


def test_a_handler_is_called_by_name(double):
    run = Run(load(SERVICE), n=4)
    assert run.last.variables["n"] == 8
    with pytest.raises(ValueError, match="already"):
        handlers.register("test.double", dict)
    with pytest.raises(HandlerFailed) as refused:
        Run(run.definition, m=1)
    assert (refused.value.handler, refused.value.element) == ("test.double", "s")


def test_a_service_step_can_wait_for_a_job():
    xml = bpmn(
        START + '<bpmn:serviceTask id="s" name="打印" yiwang:wait="true"/>' + user("a") + END,
        ["start > s", "s > a", "a > end"],
    )
    run = Run(load(xml))
    assert run.step("s").kind == "service"
    assert run.do("s", file="x").at == ["a"]
