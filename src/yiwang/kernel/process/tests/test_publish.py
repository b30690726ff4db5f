"""What keeps a process or a table from being published: each fault is found where it is, with what to do."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiwang.kernel.process import checking, diagram, engine, feel, overlap, svg
from yiwang.kernel.process.errors import DefinitionRefused
from yiwang.kernel.process.tests.samples import END, START, bpmn, dmn, user

GOOD = (START + user("a") + END, ["start > a", "a > end"])
GATE = '<bpmn:exclusiveGateway id="g"/>'
CITY = Path(__file__).parents[3] / "apps" / "city" / "matters" / "problem"


def findings(xml: bytes, *tables: bytes):
    with override("en"):
        return checking.validate(xml, tables)


def messages(xml: bytes, *tables: bytes) -> list[str]:
    return [f"{f.element}: {f.message}" for f in findings(xml, *tables)]


def test_a_good_process_has_no_findings():
    assert findings(bpmn(*GOOD)) == []


def test_the_shipped_process_and_tables_have_none():
    assert findings((CITY / "process.bpmn").read_bytes(), (CITY / "decisions.dmn").read_bytes()) == []


TASK = "\n<bpmn:{}/>"
BPMN_FAULTS = {
    "script": (bpmn(START + '\n<bpmn:scriptTask id="s"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>' + END, ["start > s", "s > end"]), "s: Script tasks are never run."),
    "subprocess": (bpmn(START + '\n<bpmn:subProcess id="s"/>' + END, ["start > s", "s > end"]), "s: “subProcess” is not supported."),
    "message": (bpmn(START + '\n<bpmn:intermediateCatchEvent id="m"><bpmn:messageEventDefinition/></bpmn:intermediateCatchEvent>' + END, ["start > m", "m > end"]), "m: This kind of event is not supported here: message."),
    "no name": (bpmn(START + '\n<bpmn:userTask id="a"/>' + END, GOOD[1]), "a: The step has no name."),
    "no lane": (bpmn(START + '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="l"/></bpmn:laneSet>' + user("a") + END, GOOD[1]), "a: The step lies in no lane, so nobody would get it."),
    "no handler": (bpmn(START + '\n<bpmn:serviceTask id="s"/>' + END, ["start > s", "s > end"]), "s: The service task names no handler."),
    "unknown handler": (bpmn(START + '\n<bpmn:serviceTask id="s" yiwang:handler="city.fly"/>' + END, ["start > s", "s > end"]), "s: There is no handler city.fly."),
    "unknown table": (bpmn(START + '\n<bpmn:businessRuleTask id="s" yiwang:decision="x"/>' + END, ["start > s", "s > end"]), "s: There is no decision table “x”."),
    "bad condition": (bpmn(START + user("a") + GATE + END, ["start > a", "a > g", "g > end [a ==]"]), "g-end: “a ==” cannot be read"),
    "python": (bpmn(START + user("a") + GATE + END, ["start > a", "a > g", "g > end [__import__('os')]"]), "cannot be read"),
    "no condition": (bpmn(START + user("a") + GATE + user("b") + END, ["start > a", "a > g", "g > end", "g > b [a = 1]", "b > end"]), "g-end: The arrow leaves a gateway without a condition."),
    "condition at a task": (bpmn(START + user("a") + END, ["start > a", "a > end [x = 1]"]), "a-end: A condition is only asked behind a gateway."),
    "two ways from a task": (bpmn(START + user("a") + user("b") + END, ["start > a", "a > end", "a > b", "b > end"]), "a: Several arrows leave an element that is no gateway."),
    "arrow to nowhere": (bpmn(*GOOD[:1], [*GOOD[1], "a > lost"]), "a-lost: The arrow has no beginning or no end."),
    "no start": (bpmn(user("a") + END, ["a > end"]), "p: The process has 0 start events."),
    "no end": (bpmn(START + user("a"), ["start > a"]), "p: The process has no end event."),
    "unreachable": (bpmn(START + user("a") + user("b") + END, ["start > a", "a > end", "b > end"]), "b: No way leads to this element."),
    "dead end": (bpmn(START + GATE + user("a") + user("b") + END, ["start > g", "g > a [x = 1]", "g > b [x = 2]", "a > end"]), "b: No way leads from this element to an end."),
    "circle": (bpmn(START + GATE + '<bpmn:exclusiveGateway id="h"/>' + END, ["start > g", "g > h", "h > g [x = 1]", "h > end [x = 2]"]), "The process would go round here"),
    "waits for itself": (bpmn(START + '<bpmn:parallelGateway id="f"/>' + user("a") + GATE + END, ["start > f", "f > a", "a > g", "g > f [x = 1]", "g > end [x = 2]"]), "f: The parallel gateway waits for an arrow that only it can set off."),
    "not drawn": (bpmn(*GOOD, skip_drawing="a"), "a: The element is not drawn."),
    "arrow not drawn": (bpmn(*GOOD, skip_drawing="a-end"), "a-end: The arrow is not drawn."),
    "timer": (bpmn(START + '\n<bpmn:intermediateCatchEvent id="t"><bpmn:timerEventDefinition><bpmn:timeDuration>4 hours</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>' + END, ["start > t", "t > end"]), "t: “4 hours” cannot be read"),
    "cycle timer": (bpmn(START + '\n<bpmn:intermediateCatchEvent id="t"><bpmn:timerEventDefinition><bpmn:timeCycle>R3/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>' + END, ["start > t", "t > end"]), "t: Repeating timers are not supported."),
    "boundary at nothing": (bpmn(START + user("a") + '\n<bpmn:boundaryEvent id="t" attachedToRef="start"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>' + END, [*GOOD[1], "t > end"]), "t: The timer is not attached to a step that waits."),
    "multi without list": (bpmn(START + user("a", "<bpmn:multiInstanceLoopCharacteristics/>") + END, GOOD[1]), "a: The step does not say for what it is done several times."),
    "multi one by one": (bpmn(START + user("a", '<bpmn:multiInstanceLoopCharacteristics isSequential="true" yiwang:collection="l"/>') + END, GOOD[1]), "a: Only user tasks can be done several times, and only in parallel."),
    "loop": (bpmn(START + user("a", "<bpmn:standardLoopCharacteristics/>") + END, GOOD[1]), "a: “standardLoopCharacteristics” is not supported."),
    "id twice": (bpmn(START + user("a") + user("a") + END, GOOD[1]), "a: The id is used more than once."),
    "not executable": (bpmn(*GOOD).replace(b'isExecutable="true"', b'isExecutable="false"'), "p: The process is marked as not executable."),
}  # fmt: skip


@pytest.mark.parametrize("fault", BPMN_FAULTS)
def test_a_fault_of_the_diagram_is_found(fault):
    xml, message = BPMN_FAULTS[fault]
    found = findings(xml)
    assert any(message in f"{f.element}: {f.message}" for f in found), [str(f) for f in found]
    assert all(f.mend and f.file == "process.bpmn" for f in found)
    with pytest.raises(DefinitionRefused):
        engine.load(xml, (), f"fault:{fault}")


def test_the_line_is_the_one_in_the_file():
    xml = bpmn(START + '\n\n\n<bpmn:scriptTask id="s"/>' + END, ["start > s", "s > end"])
    (finding,) = [f for f in findings(xml) if f.element == "s"]
    assert finding.line == next(n for n, line in enumerate(xml.decode().splitlines(), 1) if "scriptTask" in line)


@pytest.mark.parametrize("bad", [
    b"", b"<a", b"no xml", b"<a/>", b"\xff\xfe\x00", bpmn(*GOOD)[:-20], b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
    b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
])  # fmt: skip
def test_what_is_no_diagram_is_told(bad):
    for found in (findings(bad), checking.validate_decisions(bad)):
        assert len(found) == 1
        assert found[0].message
        assert found[0].mend


def test_an_entity_is_not_resolved():
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><l>&c;</l>'
    (found,) = findings(bomb)
    assert "DTD" in found.message or "well-formed" in found.message


ONE = ["kind"], ["org"]
ASK = bpmn(
    START + '<bpmn:businessRuleTask id="ask" yiwang:decision="route"/>' + user("a") + END,
    ["start > ask", "ask > a", "a > end"],
)
DMN_FAULTS = {
    "cell": (dmn("FIRST", *ONE, [['"a"', '"x"'], ["井盖 坏", '"y"']]), "route, row 2, column kind: “井盖 坏” cannot be read"),
    "python cell": (dmn("FIRST", *ONE, [["__import__('os')", '"x"']]), "route, row 1, column kind: “__import__('os')” cannot be read"),
    "output": (dmn("FIRST", *ONE, [["-", "x y"]]), "route, row 1, column org: “x y” cannot be read"),
    "condition without ?": (dmn("FIRST", *ONE, [["kind = 1", "1"]]), "route, row 1, column kind: “kind = 1” cannot be read: a condition in a cell has to name the input"),
    "input": (dmn("FIRST", ["a b"], ["org"], []), "route, input a b: “a b” cannot be read"),
    "policy": (dmn("PRIORITY", *ONE, []), "route: The hit policy PRIORITY is not supported."),
    "aggregation": (dmn("COLLECT", *ONE, [], extra=' aggregation="AVG"'), "route: The aggregation AVG is not supported here."),
    "two outputs summed": (dmn("COLLECT", ["a"], ["x", "y"], [], extra=' aggregation="SUM"'), "route: A table that aggregates needs exactly one output."),
    "no output": (dmn("FIRST", ["a"], [], []), "route: The table has no output."),
    "output twice": (dmn("FIRST", ["a"], ["x", "x"], []), "The output has no name of its own."),
    "cells": (dmn("FIRST", *ONE, [["1"]]), "route, row 1: The row has another number of cells than the table has columns."),
    "overlap": (dmn("UNIQUE", ["a", "b"], ["org"], [["[1..5]", '"x","y"', "1"], ["> 4", "-", "2"], ["> 5", '"z"', "3"]]), "route, row 2: Rows 1 and 2 can both fit"),
    "id": (dmn("FIRST", *ONE, [], decision="1 x"), "1 x: The decision has no usable id."),
}  # fmt: skip


@pytest.mark.parametrize("fault", DMN_FAULTS)
def test_a_fault_of_a_table_is_found_with_its_cell(fault):
    table, message = DMN_FAULTS[fault]
    found = [f for f in findings(ASK, table) if f.file == "decisions.dmn"]
    assert any(message in f"{f.element}: {f.message}" for f in found), [str(f) for f in found]
    assert all(f.mend and f.line for f in found)


def test_the_overlap_is_told_once_and_apart_rows_are_not():
    table = dmn(
        "UNIQUE",
        ["a", "b"],
        ["o"],
        [["< 3", '"x"', "1"], [">= 3", '"x"', "2"], ["-", 'not("x")', "3"], ["f(1)", "-", "4"]],
    )
    assert not [f for f in findings(ASK, table) if "can both fit" in f.message]


_numbers = st.integers(-4, 8)
_cells = st.one_of(
    st.just("-"),
    st.lists(st.sampled_from(['"x"', '"y"', '"z"']), min_size=1, max_size=2).map(",".join),
    st.lists(st.sampled_from(['"x"', '"y"']), min_size=1, max_size=2).map(lambda v: f"not({','.join(v)})"),
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), _numbers).map(lambda v: f"{v[0]} {v[1]}"),
    st.tuples(st.sampled_from("[]"), _numbers, _numbers, st.sampled_from("[]")).map(
        lambda v: f"{v[0]}{v[1]}..{v[2]}{v[3]}"
    ),
    _numbers.map(str),
    _numbers.map(lambda n: f"not({n})"),
)


@given(_cells, _cells)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whether_two_cells_share_a_value_is_judged_rightly(one, two):
    """Against trying: never "apart" when some value fits both; "shared" only where one was found or may lie outside the try."""
    tried = ["x", "y", "z", "w", True, *[n / 2 for n in range(-12, 22)]]
    both = [v for v in tried if feel.matches(one, v, {}) and feel.matches(two, v, {})]
    verdict = overlap.rows_overlap([one], [two])
    if both:
        assert verdict is not False
    elif verdict is True:
        pytest.fail(f"{one} and {two} share nothing")


def test_the_ways_out_of_a_step_are_read_from_its_gateway():
    drawn = diagram.read(bpmn(
        START + user("a") + GATE + '<bpmn:exclusiveGateway id="h" default="h-end"/>' + user("b") + END,
        ["start > a", "a > g", 'g > b [outcome = "left"]', 'g > h [outcome in ("right", "far") and n > 1]', 'h > b [outcome = "never seen"]', "h > end", "b > end"],
    ))  # fmt: skip
    first = checking.steps(drawn)[0]
    assert [(o.value, o.target, o.when) for o in first.outcomes] == [
        ("left", "b", ""), ("right", "h", 'outcome in ("right", "far") and n > 1'), ("far", "h", 'outcome in ("right", "far") and n > 1'),
    ]  # fmt: skip


def test_steps_carry_names_lanes_and_documentation():
    drawn = diagram.read((CITY / "process.bpmn").read_bytes())
    steps = {s.spec: s for s in checking.steps(drawn)}
    assert list(steps)[:2] == ["self_audit", "accept"]
    assert (steps["file"].name, steps["file"].lane, steps["file"].lane_name["en"]) == (
        {"zh-Hans": "立案", "en": "File"},
        "shift_leader",
        "Shift leader",
    )
    assert steps["handle"].multiple
    assert not steps["close"].multiple
    assert all(s.documentation.keys() == {"zh-Hans", "en"} for s in steps.values())
    assert [o.value for o in steps["close"].outcomes] == ["close", "back_check", "rework"]


def test_the_picture_lights_the_present_step_and_marks_the_past():
    drawn = diagram.read((CITY / "process.bpmn").read_bytes())
    picture = svg.draw(drawn, now=["handle"], done=["accept", "file"], language="zh-Hans", prefix="p1")
    assert picture.startswith("<svg ")
    assert re.search(r'class="bpmn-task bpmn-now" data-step="handle" aria-current="step"', picture)
    assert len(re.findall(r"bpmn-task bpmn-done", picture)) == 2
    assert (
        picture.count("bpmn-task bpmn-idle")
        == len(drawn.nodes) - len([n for n in drawn.nodes.values() if not n.tag.endswith("Task")]) - 3
    )
    assert 'aria-labelledby="p1-title p1-desc"' in picture
    assert '<title id="p1-title">城市管理问题</title>' in picture
    assert "派遣员" in picture
    english = svg.draw(drawn, language="en")
    assert "Handling department" in english
    assert "派遣" not in english
    assert "<script" not in picture


def test_names_cannot_break_out_of_the_picture():
    xml = bpmn(START + user("a") + END, GOOD[1]).replace(
        b'name="a"', b'name="&lt;script&gt;alert(1)&lt;/script&gt;&quot;"'
    )
    picture = svg.draw(diagram.read(xml), now=["a"])
    assert "<script" not in picture
    assert "&lt;script&gt;" in picture


@pytest.mark.parametrize(("text", "room", "lines"), [
    ("处置反馈审核", 8, ["处置反馈", "审核"]), ("Dispatch in the district", 16, ["Dispatch in the", "district"]), ("", 8, []), ("派A部门", 20, ["派A部门"]),
])  # fmt: skip
def test_texts_are_broken_to_the_box(text, room, lines):
    assert svg.wrap(text, room) == lines
